"""Conditions as rows that people fill in: a field of the lead, an operator, a value.

Rows become the JSON Schema of a condition and are read back from it. A schema that no rows make is
not read at all, so that nothing of it can be lost.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from relay.core import condition_tests as tests
from relay.core import pointers
from relay.core.condition_fields import LeadField, field
from relay.core.condition_values import BadValueError
from relay.core.contract import Json
from relay.core.lead import LeadSchema

OPERATORS: dict[str, tuple[str, ...]] = {
    "text": (
        "is", "is_not", "contains", "lacks", "begins", "one_of", "none_of", "filled", "empty",
    ),
    "anything": (
        "is", "is_not", "contains", "lacks", "begins", "one_of", "none_of", "above", "below",
        "after", "before", "true", "false", "filled", "empty",
    ),
    "money": ("is", "is_not", "above", "below", "filled", "empty"),
    "day": ("after", "before", "filled", "empty"),
    "consent": ("true", "untrue", "false"),
    "list": ("filled", "empty"),
}  # fmt: skip
"""What can be asked, by the sort of the field."""

VALUELESS = frozenset({"filled", "empty", "true", "untrue", "false"})
"""Operators that compare with nothing."""

_OPPOSITE = {
    "is_not": "is",
    "lacks": "contains",
    "none_of": "one_of",
    "empty": "filled",
    "untrue": "true",
}
_TESTS = {
    "text": tests.text_test,
    "anything": tests.anything_test,
    "money": tests.money_test,
    "day": tests.day_test,
    "consent": tests.consent_test,
}


@dataclass(frozen=True, slots=True)
class ConditionRow:
    """One row as it is filled in: a field's pointer, an operator's name, and the value as typed."""

    field: str
    operator: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class ConditionRows:
    """Rows and whether a lead must fulfil all of them or any; no rows let every lead through."""

    rows: tuple[ConditionRow, ...] = ()
    join: Literal["all", "any"] = "all"


class RowError(ValueError):
    """The row at `position` means nothing; the text says what it should be."""

    def __init__(self, position: int, message: str) -> None:
        super().__init__(message)
        self.position = position


def schema_of(given: ConditionRows, lead: LeadSchema) -> Json:
    """The condition that these rows make. Raises RowError for the first that means nothing."""
    made = []
    for position, row in enumerate(given.rows):
        try:
            made.append(row_schema(row, lead))
        except BadValueError as error:
            raise RowError(position, str(error)) from error
    if len(made) < 2:
        return made[0] if made else {}
    return {"allOf" if given.join == "all" else "anyOf": made}


def rows_of(condition: Json, lead: LeadSchema) -> ConditionRows | None:
    """The rows that make this condition, or None where none do."""
    if condition in ({}, True):
        return ConditionRows()
    for keyword, join in (("allOf", "all"), ("anyOf", "any")):
        if isinstance(condition, dict) and isinstance(parts := condition.get(keyword), list):
            rows = [_row_of(part, lead) for part in parts]
            found = ConditionRows(tuple(row for row in rows if row), join)  # type: ignore[arg-type] # one of the two
            return found if _makes(found, condition, lead) else None
    row = _row_of(condition, lead)
    return None if row is None else ConditionRows((row,))


def row_schema(row: ConditionRow, lead: LeadSchema) -> Json:
    """The condition that one row makes. Raises condition_BadValueError."""
    about = field(lead, row.field)
    if about is None:
        raise BadValueError("Choose a field of the lead.")
    if row.operator not in OPERATORS[about.sort]:
        raise BadValueError("This field cannot be asked that.")
    positive = _OPPOSITE.get(row.operator)
    made = _asked(about, positive or row.operator, row.value)
    return {"not": made} if positive else made


def _asked(about: LeadField, operator: str, value: str) -> Json:
    if operator == "filled":
        return _within(about.steps, tests.FILLED)
    test = _TESTS[about.sort](operator, value)
    return _within(about.steps[:-1] if about.sort == "money" else about.steps, test)


def _within(steps: tuple[str, ...], test: Json) -> Json:
    """The test of what is at the end of these steps, and that it is there."""
    for step in reversed(steps):
        test = {"type": "object", "required": [step], "properties": {step: test}}
    return test


def _row_of(condition: Json, lead: LeadSchema) -> ConditionRow | None:
    """The row that makes exactly this, if there is one."""
    for row in _guesses(condition, lead):
        try:
            if tests.same(row_schema(row, lead), condition):
                return row
        except BadValueError:
            continue
    return None


def _guesses(condition: Json, lead: LeadSchema) -> Iterator[ConditionRow]:
    if not isinstance(condition, dict):
        return
    turned = set(condition) == {"not"}
    steps, test = _walked(condition["not"] if turned else condition)
    for end in (steps, steps[:-1], (*steps, "value_minor")):  # a consent's state, a state's value
        about = field(lead, pointers.joined(end)) if end else None
        if about is not None and isinstance(test, dict):
            for row in _rows_about(about, test):
                yield _turned(row) if turned else row


def _rows_about(about: LeadField, test: Json) -> Iterator[ConditionRow]:
    try:
        for operator, value in tests.guesses(about.sort, test):
            yield ConditionRow(about.pointer, operator, value)
    except (KeyError, TypeError, IndexError, ValueError, AttributeError, ArithmeticError):
        return  # a schema by another hand, of some other shape


def _turned(row: ConditionRow) -> ConditionRow:
    opposite = next((name for name, other in _OPPOSITE.items() if other == row.operator), "")
    return replace(row, operator=opposite)


def _walked(condition: Json) -> tuple[tuple[str, ...], Json]:
    """The steps that lead through objects of one needed member, and what is asked at their end."""
    steps: list[str] = []
    while isinstance(condition, dict) and set(condition) == {"type", "required", "properties"}:
        inner = condition["properties"]
        if not isinstance(inner, dict) or condition["required"] != list(inner) or len(inner) != 1:
            break
        [(step, condition)] = inner.items()
        steps.append(step)
    return tuple(steps), condition


def _makes(found: ConditionRows, condition: Json, lead: LeadSchema) -> bool:
    try:
        return tests.same(schema_of(found, lead), condition)
    except RowError:
        return False
