"""Everything that arrived, whatever became of it, newest first."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.runtime import Runtime
from relay.services.browse import START, Cursor, Page, Row
from relay.store.tables import leads, sources, submissions


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """Which submissions: of a project, and of a source or a time; `until` is exclusive."""

    project: UUID
    source: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None


def received(rt: Runtime, wanted: Arrived, cursor: Cursor = START, limit: int = 50) -> Page:
    """Submissions in the order of their arrival, with their lead's name and their source's."""
    query = (
        sa.select(
            *(submissions.c[name] for name in SHOWN),
            sources.c.name.label("source"),
            leads.c.name,
            leads.c.email,
            leads.c.phone,
            leads.c.number,
        )
        .join(sources, sources.c.id == submissions.c.source_id)
        .outerjoin(leads, leads.c.id == submissions.c.lead_id)
        .where(*_conditions(wanted))
    )
    backwards = cursor.before is not None
    if beginning := cursor.before or cursor.after:
        query = query.where(_beyond(beginning, backwards=backwards))
    order = (submissions.c.received_at, submissions.c.id)
    query = query.order_by(*(one if backwards else one.desc() for one in order))
    with rt.database.read() as connection:
        found = list(connection.execute(query.limit(limit + 1)).mappings())
    return _page([dict(row) for row in found], cursor, limit)


SHOWN = ("id", "received_at", "state", "test", "partial", "lead_id", "source_id")


def _conditions(wanted: Arrived) -> list[sa.ColumnElement[bool]]:
    column = submissions.c
    found = [column.project_id == wanted.project]
    if wanted.source is not None:
        found.append(column.source_id == wanted.source)
    if wanted.since is not None:
        found.append(column.received_at >= wanted.since)
    if wanted.until is not None:
        found.append(column.received_at < wanted.until)
    return found


def _beyond(submission_id: UUID, *, backwards: bool) -> sa.ColumnElement[bool]:
    """What comes after this one in the list, or before it. Ids alone are in no index of these."""
    one = submissions.alias("one")
    moment: Any = sa.select(one.c.received_at).where(one.c.id == submission_id).scalar_subquery()
    place = sa.tuple_(submissions.c.received_at, submissions.c.id)
    there = sa.tuple_(moment, sa.literal(submission_id, sa.Uuid))
    return place > there if backwards else place < there


def _page(found: list[Row], cursor: Cursor, limit: int) -> Page:
    beyond, rows = len(found) > limit, found[:limit]
    if cursor.before is not None:
        rows = rows[::-1]
    older = bool(rows) if cursor.before else beyond
    newer = beyond if cursor.before else bool(rows) and cursor.after is not None
    return Page(
        rows,
        older=rows[-1]["id"] if older else None,
        newer=rows[0]["id"] if newer else None,
    )
