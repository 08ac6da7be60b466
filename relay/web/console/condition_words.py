"""What conditions and their operators are called on the screen."""

from collections.abc import Iterable
from uuid import UUID

from relay.core.condition_fields import LeadField, field
from relay.core.condition_rows import OPERATORS, ConditionRow, rows_of
from relay.core.contract import Json
from relay.core.lead import LeadSchema
from relay.services.browse import Row

WORDS = {
    "is": "is",
    "is_not": "is not",
    "contains": "contains",
    "lacks": "does not contain",
    "begins": "begins with",
    "one_of": "is one of",
    "none_of": "is none of",
    "above": "is more than",
    "below": "is less than",
    "after": "is after",
    "before": "is before",
    "true": "is yes",
    "untrue": "is not yes",
    "false": "is no",
    "filled": "is filled in",
    "empty": "is empty",
}
OF_CONSENT = {"true": "is granted", "untrue": "is not granted", "false": "is denied"}
HINTS = {
    "one_of": "one, another",
    "none_of": "one, another",
    "above": "500",
    "below": "500",
    "after": "2026-03-31",
    "before": "2026-03-31",
}
"""What a value looks like, by operator."""

CUSTOM = "by a JSON Schema of its own"


def in_words(condition: Json, lead: LeadSchema) -> str:
    """A condition as words: “Company is Acme and Age is more than 3”; "" where all leads match."""
    rows = rows_of(condition, lead)
    if rows is None:
        return "nothing" if condition is False else CUSTOM
    joined = " and " if rows.join == "all" else " or "
    return joined.join(row_in_words(row, lead) for row in rows.rows)


def by_route(routes: Iterable[Row], lead: LeadSchema) -> dict[UUID, str]:
    """The conditions of routes in words, by the route's id."""
    return {row["id"]: in_words(row["condition"], lead) for row in routes}


def row_in_words(row: ConditionRow, lead: LeadSchema) -> str:
    """One row as words."""
    about = field(lead, row.field)
    said = labels(about).get(row.operator, row.operator)
    return " ".join(filter(None, (about.words if about else row.field, said, row.value)))


def labels(about: LeadField | None) -> dict[str, str]:
    """The operators that a field can be asked, with their words; all where none is chosen yet."""
    names = OPERATORS[about.sort] if about else tuple(WORDS)
    words = WORDS | (OF_CONSENT if about and about.sort == "consent" else {})
    return {name: words[name] for name in names}
