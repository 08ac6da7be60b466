"""What people look at: lists of deliveries, leads and shelved submissions, newest first.

Lists are paged by key, never by offset: `Page.older` and `Page.newer` are the ids to ask for next.
Ids are UUID version 7, so their order is the order of arrival.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.runtime import Runtime
from relay.services.filtering import Filter, conditions, resolved
from relay.services.search import few_about
from relay.services.stretch import Stretch, stretch
from relay.store import tables

Row = Mapping[str, Any]
"""One row by column name."""

LANE = tuple(
    tables.lanes.c[name]
    for name in ("paused_at", "pause", "hold_until", "hold_reason", "breaker", "open_until")
)
"""What a target's lane says of why its deliveries wait."""

SHELVES = ("quarantined", "held", "refused")
"""The states of submissions that became no lead and can be looked through."""

NEWS = 99
"""Newer items that are counted; a list says "99+" of more."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page begins: rows older than `after`, or newer than `before`."""

    after: UUID | None = None
    before: UUID | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One page of rows, newest first, with the cursors of its neighbours where there are any.

    `stopped` is the time of the last row that was looked at, where the search did not go on.
    """

    rows: list[Row]
    older: UUID | None
    newer: UUID | None
    stopped: datetime | None = None


START = Cursor()


def deliveries(rt: Runtime, wanted: Filter, cursor: Cursor = START, limit: int = 50) -> Page:
    """Deliveries with the names of their lead, source and target.

    A page may be short, or empty, and yet have one after it, where looking further would take long.
    """
    wanted = resolved(rt, wanted)
    looked = stretch(rt, wanted, after=cursor.after, before=cursor.before)
    query = (
        sa.select(
            tables.deliveries,
            tables.leads.c.name.label("lead_name"),
            tables.leads.c.email.label("lead_email"),
            tables.leads.c.phone.label("lead_phone"),
            tables.leads.c.number.label("lead_number"),
            tables.leads.c.test,
            tables.sources.c.name.label("source"),
            tables.targets.c.name.label("target"),
            tables.targets.c.kind.label("target_kind"),
            *LANE,
        )
        .join(tables.leads, tables.leads.c.id == tables.deliveries.c.lead_id)
        .join(tables.sources, tables.sources.c.id == tables.deliveries.c.source_id)
        .join(tables.targets, tables.targets.c.id == tables.deliveries.c.target_id)
        .outerjoin(tables.lanes, tables.lanes.c.target_id == tables.deliveries.c.target_id)
        .where(*conditions(wanted), *looked.conditions)
    )
    page = page_of(rt, query, tables.deliveries.c.id, cursor, limit)
    return page if looked.last is None else _stopped(page, looked, cursor)


def _stopped(page: Page, looked: Stretch, cursor: Cursor) -> Page:
    """A page of which one can go on looking beyond the stretch that was looked through."""
    if cursor.before is not None:
        return page if page.newer else replace(page, newer=looked.last, stopped=looked.at)
    return page if page.older else replace(page, older=looked.last, stopped=looked.at)


def newer_deliveries(rt: Runtime, wanted: Filter, than: UUID) -> int:
    """How many deliveries that the filter names are newer than this one, counted up to NEWS + 1."""
    named = conditions(resolved(rt, wanted))
    return newer(rt, sa.select(tables.deliveries.c.id).where(*named), than)


def newer(rt: Runtime, query: sa.Select[*tuple[Any, ...]], than: UUID) -> int:
    """How many rows of a query newer than this one there are, counted up to NEWS + 1.

    The query's first column is the id that its list is in the order of.
    """
    key = query.selected_columns[0]
    few = query.where(key > than).limit(NEWS + 1).subquery()
    with rt.database.read() as connection:
        found = connection.execute(sa.select(sa.func.count()).select_from(few)).scalar_one()
    return int(found)


def newer_turned_away(rt: Runtime, project: UUID, source: UUID | None, than: UUID) -> int:
    """How many requests were refused at the door since this one, counted as `newer` does."""
    column = tables.turned_away.c
    query = sa.select(column.id).join(tables.sources, tables.sources.c.id == column.source_id)
    query = query.where(tables.sources.c.project_id == project)
    return newer(rt, query if source is None else query.where(column.source_id == source), than)


def leads(
    rt: Runtime,
    project: UUID | None,
    *,
    text: str = "",
    source: UUID | None = None,
    cursor: Cursor = START,
    limit: int = 50,
) -> Page:
    """Leads with their source's name; `text` is a name, address, number, company or id."""
    query = sa.select(tables.leads, tables.sources.c.name.label("source")).join(
        tables.sources, tables.sources.c.id == tables.leads.c.source_id
    )
    if project is not None:
        query = query.where(tables.leads.c.project_id == project)
    if text.strip():
        with rt.database.read() as connection:
            query = query.where(few_about(connection, text))
    if source is not None:
        query = query.where(tables.leads.c.source_id == source)
    return page_of(rt, query, tables.leads.c.id, cursor, limit)


def shelved(
    rt: Runtime,
    project: UUID | None,
    state: str = "quarantined",
    *,
    source: UUID | None = None,
    ids: Sequence[UUID] | None = None,
    cursor: Cursor = START,
    limit: int = 50,
) -> Page:
    """Submissions in one of SHELVES, with their reasons and their body's size and type.

    Where `ids` are given, those of them alone.
    """
    if state not in SHELVES:
        raise ValueError(f"{state!r} is none of {', '.join(SHELVES)}")
    query = (
        sa.select(
            tables.submissions,
            tables.sources.c.name.label("source"),
            tables.sources.c.kind.label("kind"),
            tables.bodies.c.size,
            tables.bodies.c.headers,
        )
        .join(tables.sources, tables.sources.c.id == tables.submissions.c.source_id)
        .join(tables.bodies, tables.bodies.c.id == tables.submissions.c.body_id)
        .where(tables.state_is(tables.submissions, state))
    )
    if project is not None:
        query = query.where(tables.submissions.c.project_id == project)
    if source is not None:
        query = query.where(tables.submissions.c.source_id == source)
    if ids is not None:
        query = query.where(tables.submissions.c.id.in_(ids))
    return page_of(rt, query, tables.submissions.c.id, cursor, limit)


def shelf(
    rt: Runtime, project: UUID | None, state: str, *, source: UUID | None = None
) -> list[UUID]:
    """The ids of all submissions in one of SHELVES, oldest first."""
    query = sa.select(tables.submissions.c.id).where(tables.state_is(tables.submissions, state))
    if project is not None:
        query = query.where(tables.submissions.c.project_id == project)
    if source is not None:
        query = query.where(tables.submissions.c.source_id == source)
    with rt.database.read() as connection:
        return list(connection.execute(query.order_by(tables.submissions.c.id)).scalars())


def quarantine(rt: Runtime, project: UUID | None, cursor: Cursor = START, limit: int = 50) -> Page:
    """Submissions that could not become leads, with every reason."""
    return shelved(rt, project, "quarantined", cursor=cursor, limit=limit)


def turned_away(
    rt: Runtime,
    project: UUID,
    *,
    source: UUID | None = None,
    cursor: Cursor = START,
    limit: int = 50,
) -> Page:
    """Requests refused at the door: reason, status, time, and the beginning of the body."""
    query = (
        sa.select(
            tables.turned_away,
            tables.sources.c.name.label("source"),
            tables.sources.c.kind.label("kind"),
        )
        .join(tables.sources, tables.sources.c.id == tables.turned_away.c.source_id)
        .where(tables.sources.c.project_id == project)
    )
    if source is not None:
        query = query.where(tables.turned_away.c.source_id == source)
    return page_of(rt, query, tables.turned_away.c.id, cursor, limit)


def page_of(
    rt: Runtime, query: sa.Select[Any], key: sa.ColumnElement[Any], cursor: Cursor, limit: int
) -> Page:
    """One row more than asked for is read, to know whether there is a page beyond."""
    backwards = cursor.before is not None
    if backwards:
        query = query.where(key > cursor.before).order_by(key.asc())
    else:
        query = query.order_by(key.desc())
        if cursor.after is not None:
            query = query.where(key < cursor.after)
    with rt.database.read() as connection:
        found = list(connection.execute(query.limit(limit + 1)).mappings())
    beyond = len(found) > limit
    rows: list[Row] = [dict(row) for row in found[:limit]]
    if backwards:
        rows.reverse()
    has_older = bool(rows) if backwards else beyond
    has_newer = beyond if backwards else bool(rows) and cursor.after is not None
    return Page(
        rows,
        older=rows[-1]["id"] if has_older else None,
        newer=rows[0]["id"] if has_newer else None,
    )


def delivery(rt: Runtime, delivery_id: UUID) -> Row | None:
    """One delivery's own row, or None."""
    with rt.database.read() as connection:
        found = connection.execute(
            sa.select(tables.deliveries).where(tables.deliveries.c.id == delivery_id)
        ).mappings()
        row = found.first()
    return None if row is None else dict(row)
