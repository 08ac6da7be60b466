"""Leads as the console lists them: found by a text and by filters, newest first, page by page.

A page is never slow, however many leads there are: where no index answers a filter, so many leads
are looked at and no more, and the page says how far it came.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from relay.runtime import Runtime
from relay.services import browse
from relay.services.browse import START, Cursor, Row
from relay.services.lead_filters import Wanted, all_of, by_index, by_looking, rare
from relay.services.lead_ids import Among, about
from relay.services.text_lookup import Beyond
from relay.store.tables import leads, sources

LOOKED_AT = 5_000
"""Leads that one page looks at."""

FEW = 2000
"""Leads of a rare sort that are looked up instead."""


@dataclass(frozen=True, slots=True)
class Found:
    """One page of leads with their sources' names, and the cursors of its neighbours.

    Where `cut`, no more leads were looked at than up to there: going on may find others.
    """

    rows: list[Row]
    older: UUID | None
    newer: UUID | None
    cut: bool = False


def find(rt: Runtime, wanted: Wanted, cursor: Cursor = START, limit: int = 50) -> Found:
    """One page of the leads that are wanted."""
    with rt.database.read() as connection:
        return _find(connection, wanted, cursor, limit)


def newer(rt: Runtime, wanted: Wanted, than: UUID) -> int:
    """How many leads of a list are newer than this one, counted up to NEWS + 1."""
    query = sa.select(leads.c.id).where(*all_of(wanted, leads))
    if wanted.text.strip():
        with rt.database.read() as connection:
            query = query.where(leads.c.id.in_(_named(connection, wanted, Beyond(before=than)).ids))
    return browse.newer(rt, query, than)


def neighbours(rt: Runtime, wanted: Wanted, lead_id: UUID) -> tuple[UUID | None, UUID | None]:
    """The next newer and the next older lead of a list beside one of it, None where it ends."""
    with rt.database.read() as connection:
        newer = _find(connection, wanted, Cursor(before=lead_id), 1).rows
        older = _find(connection, wanted, Cursor(after=lead_id), 1).rows
    return (newer[0]["id"] if newer else None, older[0]["id"] if older else None)


def _find(connection: sa.Connection, wanted: Wanted, cursor: Cursor, limit: int) -> Found:
    among = _among(connection, wanted, cursor)
    if among is None:
        return _walk(connection, wanted, cursor, limit)
    query = _leads(leads).where(leads.c.id.in_(among.ids), *all_of(wanted, leads))
    rows = _rows(
        connection, _in_order(query, cursor, (leads.c.id,), (cursor.after or cursor.before,)), limit
    )
    return _page(rows, cursor, limit, among.end)


def _among(connection: sa.Connection, wanted: Wanted, cursor: Cursor) -> Among | None:
    """The leads that come into question where they can be looked up."""
    found: set[UUID] | None = None
    end = None
    if wanted.text.strip():
        named = _named(connection, wanted, Beyond(cursor.after, cursor.before))
        found, end = named.ids, named.end
    for query in rare(wanted):
        ids = list(connection.execute(query.limit(FEW + 1)).scalars())
        if len(ids) <= FEW:
            found = set(ids) if found is None else found & set(ids)
    return None if found is None else Among(found, end)


def _named(connection: sa.Connection, wanted: Wanted, beyond: Beyond) -> Among:
    return about(connection, wanted.project, wanted.text, beyond, ids_only=wanted.ids_only)


class _End(NamedTuple):
    id: UUID
    created_at: datetime
    number: int


def _walk(connection: sa.Connection, wanted: Wanted, cursor: Cursor, limit: int) -> Found:
    """Look at so many leads in their order, and let those through that are wanted."""
    start = _place(connection, cursor.after or cursor.before)
    if start is None and cursor != START:
        return Found([], None, None)
    key = (leads.c.created_at, leads.c.number)
    given = None if start is None else (start.created_at, start.number)
    inner = _in_order(
        sa.select(leads).where(leads.c.project_id == wanted.project, *by_index(wanted, leads)),
        cursor,
        key,
        given,
    )
    looked_at = inner.limit(LOOKED_AT).subquery("looked_at")
    passing = by_looking(wanted, looked_at)
    order = _in_order(
        _leads(looked_at).where(*passing),
        cursor,
        (looked_at.c.created_at, looked_at.c.number),
        None,
    )
    rows = _rows(connection, order, limit)
    end = None
    if passing and len(rows) <= limit:
        ends = inner.with_only_columns(leads.c.id).offset(LOOKED_AT - 1).limit(1)
        end = connection.execute(ends).scalar()
    return _page(rows, cursor, limit, end)


def _place(connection: sa.Connection, lead_id: UUID | None) -> _End | None:
    if lead_id is None:
        return None
    query = sa.select(leads.c.id, leads.c.created_at, leads.c.number).where(leads.c.id == lead_id)
    found = connection.execute(query).one_or_none()
    return None if found is None else _End(*found)


def _leads(table: sa.FromClause) -> sa.Select[Any]:
    return sa.select(table, sources.c.name.label("source")).join(
        sources, sources.c.id == table.c.source_id
    )


def _in_order(
    query: sa.Select[Any],
    cursor: Cursor,
    key: Sequence[sa.ColumnElement[Any]],
    given: Sequence[Any] | None,
) -> sa.Select[Any]:
    """The query from the cursor on, in the order in which its page is read."""
    backwards = cursor.before is not None
    if given is not None and given[0] is not None:
        here = sa.tuple_(*key)
        there = sa.tuple_(*given, types=[one.type for one in key])
        query = query.where(here > there if backwards else here < there)
    return query.order_by(*(one.asc() if backwards else one.desc() for one in key))


def _rows(connection: sa.Connection, query: sa.Select[Any], limit: int) -> list[Row]:
    return [dict(row) for row in connection.execute(query.limit(limit + 1)).mappings()]


def _page(rows: list[Row], cursor: Cursor, limit: int, end: UUID | None) -> Found:
    """One row more than asked for was read, to know whether there is a page beyond."""
    beyond = len(rows) > limit
    rows = rows[:limit]
    backwards = cursor.before is not None
    further = rows[-1]["id"] if beyond else end
    back = (rows[0]["id"] if rows else cursor.before or cursor.after) if cursor != START else None
    if backwards:
        rows.reverse()
        return Found(rows, back, further, cut=not beyond and end is not None)
    return Found(rows, further, back, cut=not beyond and end is not None)
