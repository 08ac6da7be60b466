"""Submissions on a shelf that are there for the same reason, told apart and counted."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.core.contract import Json
from relay.core.reason_rules import rule_of
from relay.runtime import Runtime
from relay.services import browse
from relay.services.browse import Cursor, Page
from relay.store.tables import sources, state_is, submissions

SHOWN = 50
"""Submissions on a page of a group."""

LOOKED_AT = 5000
"""Submissions of a shelf that are grouped, its newest; more are said to be more."""


@dataclass(slots=True)
class Group:
    """Submissions of one source with the same reason, as a rule that tells of nobody."""

    key: str
    source_id: UUID
    source: str
    rule: str
    count: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Shelf:
    """The groups of a shelf, the largest first; `whole` is false where it holds more."""

    groups: list[Group] = field(default_factory=list)
    whole: bool = True


def key_of(reasons: Sequence[Json]) -> str:
    """What two submissions have in common that are there for the same reason."""
    return hashlib.sha256(rule_of(reasons).encode("utf-8", "replace")).hexdigest()[:16]


def groups(rt: Runtime, project: UUID, state: str, source: UUID | None = None) -> Shelf:
    """What is on a shelf of a project, by source and reason."""
    newest = on_shelf(project, state, source).order_by(submissions.c.id.desc())
    inner = newest.limit(LOOKED_AT).subquery()
    query = (
        sa.select(
            inner.c.source_id,
            sources.c.name.label("source"),
            inner.c.reasons,
            sa.func.count().label("many"),
            sa.func.min(inner.c.received_at).label("first_at"),
            sa.func.max(inner.c.received_at).label("last_at"),
        )
        .join(sources, sources.c.id == inner.c.source_id)
        .group_by(inner.c.source_id, sources.c.name, inner.c.reasons)
    )
    with rt.database.read() as connection:
        rows = connection.execute(query).all()
    found: dict[tuple[UUID, str], Group] = {}
    for row in rows:
        _count(found, row)
    listed = sorted(found.values(), key=lambda one: (-one.count, one.key))
    return Shelf(listed, whole=sum(one.count for one in listed) < LOOKED_AT)


def group(rt: Runtime, project: UUID, state: str, source: UUID, key: str) -> Group | None:
    """One of the groups, or None where nothing is in it."""
    found = groups(rt, project, state, source).groups
    return next((one for one in found if one.key == key), None)


def members(rt: Runtime, project: UUID, state: str, found: Group) -> list[UUID]:
    """The submissions of a group, newest first, among as many of its source as are grouped."""
    query = on_shelf(project, state, found.source_id).order_by(submissions.c.id.desc())
    with rt.database.read() as connection:
        rows = connection.execute(query.limit(LOOKED_AT)).all()
    return [row.id for row in rows if key_of(row.reasons) == found.key]


def page(rt: Runtime, project: UUID, state: str, found: Group, cursor: Cursor) -> Page:
    """A page of a group's submissions, as `browse.shelved` shows them."""
    ids = members(rt, project, state, found)
    if cursor.before is not None:
        first = max(0, sum(one > cursor.before for one in ids) - SHOWN)
    else:
        first = 0 if cursor.after is None else sum(one >= cursor.after for one in ids)
    some = ids[first : first + SHOWN]
    rows = browse.shelved(rt, project, state, source=found.source_id, ids=some).rows
    older = some[-1] if first + SHOWN < len(ids) else None
    return Page(rows, older, some[0] if first and some else None)


def count(rt: Runtime, project: UUID, source: UUID, state: str = "quarantined") -> int:
    """How many of a source are on a shelf, at most LOOKED_AT."""
    few = on_shelf(project, state, source).order_by(submissions.c.id.desc())
    inner = few.limit(LOOKED_AT).subquery()
    with rt.database.read() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(inner)).scalar_one())


def newer(rt: Runtime, project: UUID, state: str, source: UUID | None, than: UUID) -> int:
    """How many of a shelf are newer than this one, counted as `browse.newer` does."""
    return browse.newer(rt, on_shelf(project, state, source), than)


def on_shelf(project: UUID, state: str, source: UUID | None) -> sa.Select[tuple[Any, ...]]:
    """The submissions of a shelf, of one source where it is named: id, source, reasons, time."""
    query = sa.select(*_COLUMNS).where(
        submissions.c.project_id == project, state_is(submissions, state)
    )
    return query if source is None else query.where(submissions.c.source_id == source)


_COLUMNS: Sequence[sa.ColumnElement[Any]] = (
    submissions.c.id,
    submissions.c.source_id,
    submissions.c.reasons,
    submissions.c.received_at,
)


def _count(found: dict[tuple[UUID, str], Group], row: Any) -> None:
    """Count the rows of one spelling into their group."""
    key = key_of(row.reasons)
    known = found.get((row.source_id, key))
    if known is None:
        known = found[row.source_id, key] = Group(
            key, row.source_id, row.source, rule_of(row.reasons), 0, row.first_at, row.last_at
        )
    known.count += row.many
    known.first_at = min(known.first_at, row.first_at)
    known.last_at = max(known.last_at, row.last_at)
