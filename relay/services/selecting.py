"""Which leads a list is asked for, as conditions on their table."""

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.services.lead_rows import LARGEST, LONGEST
from relay.services.searching import folded, holding, looked_up
from relay.store.tables import lead_texts, leads

FLAGS = {
    "gclid": leads.c.has_gclid,
    "cid": leads.c.has_cid,
    "fbp": leads.c.has_fbp,
    "fbc": leads.c.has_fbc,
}
"""What of a lead it is known by a column of its own whether it is there."""

TEXTS = (
    "public_id",
    "name",
    "first_name",
    "last_name",
    "email",
    "phone",
    "company",
    "form_name",
    "unique_identifier",
    "status",
    "currency",
    "traffic_source_id",
    "sub_id",
)
MEASURES = ("number", "value_minor", "created_at", "updated_at")
"""Columns that can be asked for: texts for being equal, measures also for being more or less."""

_COMPARED: Mapping[str, Callable[[Any, Any], Any]] = {
    "eq": operator.eq,
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}


class Unfilterable(ValueError):  # noqa: N818 - what the field is
    """Leads cannot be chosen or sorted by this field in this way; `field` names it."""

    def __init__(self, field: str) -> None:
        super().__init__(f"leads cannot be chosen or sorted by {field!r} so")
        self.field = field


@dataclass(frozen=True, slots=True)
class Condition:
    """`operator` is eq, exists, gt, gte, lt or lte; `field` one of FLAGS, TEXTS or MEASURES.

    The value of `exists` is a bool, that of times has a zone, and money is in minor units.
    """

    field: str
    operator: str
    value: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A page of a project's leads; what is left out does not restrict.

    Both ends of the time span are inclusive. A phone is meant as written or in E.164. `search`
    is found anywhere in names, e-mail, phone and company, whatever the case. `sort` names fields
    as in TEXTS and MEASURES, at least one, with "asc" or "desc".
    """

    project_id: UUID
    statuses: Sequence[str] = ()
    form_name: str | None = None
    unique_identifier: str | None = None
    email: str | None = None
    phone: str | None = None
    created_from: datetime | None = None
    created_to: datetime | None = None
    exists: Mapping[str, bool] = field(default_factory=dict)
    search: str = ""
    conditions: Sequence[Condition] = ()
    sort: Sequence[tuple[str, str]] = (("created_at", "desc"),)
    page: int = 1
    limit: int = 50

    def __post_init__(self) -> None:
        """Raises Unfilterable where it is sorted by what no lead has."""
        for name, _direction in self.sort:
            column_of(name)

    @property
    def offset(self) -> int:
        """How many leads come before the page."""
        return min((max(self.page, 1) - 1) * self.limit, LARGEST)


def of_project(project_id: UUID) -> list[sa.ColumnElement[bool]]:
    """The leads of a project that are not archived."""
    return [leads.c.project_id == project_id, leads.c.archived_at.is_(None)]


def shared(query: Query) -> list[sa.ColumnElement[bool]]:
    """The conditions for which `lead_totals` has numbers. Raises Unfilterable."""
    if unknown := query.exists.keys() - FLAGS.keys():
        raise Unfilterable(min(unknown))
    found: list[sa.ColumnElement[bool]] = [
        FLAGS[name] == wanted for name, wanted in query.exists.items()
    ]
    if query.statuses:
        known = [status for status in query.statuses if _storable(status)]
        found.append(leads.c.status.in_(known))
    return found


def particular(query: Query, connection: sa.Connection) -> list[sa.ColumnElement[bool]]:
    """All other conditions. Raises Unfilterable."""
    found = [_condition(one) for one in query.conditions]
    if query.form_name is not None:
        found.append(is_text(leads.c.form_name, query.form_name))
    if query.unique_identifier is not None:
        found.append(is_text(leads.c.unique_identifier, query.unique_identifier))
    if query.email is not None:
        found.append(is_text(leads.c.email, query.email.lower()))
    if query.phone is not None:
        found.append(leads.c.id.in_(of_phone(query.project_id, query.phone)))
    if query.created_from is not None:
        found.append(leads.c.created_at >= query.created_from)
    if query.created_to is not None:
        found.append(leads.c.created_at <= query.created_to)
    if query.search.strip():
        text = (lead_texts.c.project_id == leads.c.project_id, lead_texts.c.lead_id == leads.c.id)
        found.append(sa.exists().where(*text, *texts_of(query, connection)))
    return found


def narrowest(query: Query, connection: sa.Connection) -> tuple[sa.Select[Any], Query] | None:
    """The ids of leads with the phone or the word that is wanted, and what else is wanted.

    No database finds by itself that it had best begin there.
    """
    if query.phone is not None:
        ids = sa.select(of_phone(query.project_id, query.phone).subquery())
        return ids, replace(query, phone=None)
    if query.search.strip():
        holding_it = texts_of(query, connection, looked_up)
        return sa.select(lead_texts.c.lead_id).where(*holding_it), replace(query, search="")
    return None


def texts_of(
    query: Query, connection: sa.Connection, conditions: Callable[..., Any] = holding
) -> list[sa.ColumnElement[bool]]:
    """The search as conditions on `lead_texts` alone."""
    if not _storable(query.search):
        return [sa.false()]
    found: list[sa.ColumnElement[bool]] = conditions(
        connection, query.project_id, folded(query.search)
    )
    return found


def of_phone(project_id: UUID, written: str) -> sa.CompoundSelect[Any]:
    """The ids of leads with this phone, in E.164 or as it was written.

    In an address a plus arrives as a space.
    """
    phone = f"+{written[1:]}" if written.startswith(" ") else written
    ids = sa.select(leads.c.id).where(*of_project(project_id))
    as_written = ids.where(is_text(leads.c.phone_raw, phone), leads.c.phone_raw != leads.c.phone)
    return sa.union_all(ids.where(is_text(leads.c.phone, phone)), as_written)


def is_text(column: sa.Column[Any], value: str) -> sa.ColumnElement[bool]:
    """Equality with what filing has kept of a text."""
    return column == value[:LONGEST] if _storable(value) else sa.false()


def column_of(name: str) -> sa.Column[Any]:
    """The column of a field in TEXTS or MEASURES. Raises Unfilterable."""
    if name not in TEXTS and name not in MEASURES:
        raise Unfilterable(name)
    return leads.c[name]


def _condition(one: Condition) -> sa.ColumnElement[bool]:
    if one.operator == "exists":
        return _exists(one)
    column = column_of(one.field)
    if one.operator == "eq" and one.field in TEXTS:
        value = one.value.lower() if one.field == "email" else one.value
        return is_text(column, value)
    if one.field in TEXTS:
        raise Unfilterable(one.field)
    value = one.value
    if isinstance(value, int):  # beyond what a column holds there is nothing either
        value = max(-LARGEST - 1, min(value, LARGEST))
    compare = _COMPARED.get(one.operator)
    if compare is None:
        raise Unfilterable(one.field)
    found: sa.ColumnElement[bool] = compare(column, value)
    return found


def _exists(one: Condition) -> sa.ColumnElement[bool]:
    if one.field in FLAGS:
        wanted: sa.ColumnElement[bool] = FLAGS[one.field] == one.value
        return wanted
    column = column_of(one.field)
    there: sa.ColumnElement[bool] = column.is_not(None)
    if one.field in TEXTS:
        there = sa.and_(there, column != "")
    return there if one.value else sa.not_(there)


def _storable(text: str) -> bool:
    """Whether a database could hold the text: else there is nothing like it in there."""
    try:
        return b"\0" not in text.encode()
    except UnicodeEncodeError:
        return False
