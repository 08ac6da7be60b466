"""Submissions on a shelf that are there for the same reason: told apart, counted, released."""

import hashlib
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.core.contract import Json
from relay.runtime import Runtime
from relay.services import quarantine
from relay.store.tables import sources, state_is, submissions

LOOKED_AT = 5000
"""Submissions of a shelf that are grouped, its newest; more are said to be more."""

AT_ONCE = 50
"""Submissions that are released between two looks at the time."""

PATIENCE = 4.0
"""Seconds that one step of a release takes; the next one goes on where it ended."""

_NUMBERS = re.compile(r"\d+")


@dataclass(slots=True)
class Group:
    """Submissions of one source with the same reason, but for the numbers in it."""

    key: str
    source_id: UUID
    source: str
    reasons: list[Json]
    count: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None


@dataclass(slots=True)
class Step:
    """How far a release is: go on after `after`, until that is None."""

    released: int = 0
    still: int = 0
    held: int = 0
    after: UUID | None = None


@dataclass(frozen=True, slots=True)
class Shelf:
    """The groups of a shelf, the largest first; `whole` is false where it holds more."""

    groups: list[Group] = field(default_factory=list)
    whole: bool = True


def key_of(reasons: Json) -> str:
    """What two submissions have in common that are there for the same reason."""
    first = reasons[0] if reasons else ""
    place, message = (
        (first.get("place", ""), first.get("message", ""))
        if isinstance(first, dict)
        else ("", first)
    )
    said = _NUMBERS.sub("#", f"{place}\n{message}")
    return hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()[:16]


def groups(rt: Runtime, project: UUID, state: str, source: UUID | None = None) -> Shelf:
    """What is on a shelf of a project, by source and reason."""
    newest = _on_shelf(project, state, source).order_by(submissions.c.id.desc())
    inner = newest.limit(LOOKED_AT).subquery()
    query = (
        sa.select(
            inner.c.source_id,
            sources.c.name,
            inner.c.reasons,
            sa.func.count().label("count"),
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
        key = key_of(row.reasons)
        group = found.setdefault(
            (row.source_id, key), Group(key, row.source_id, row.name, row.reasons)
        )
        _count(group, row)
    listed = sorted(found.values(), key=lambda one: (-one.count, one.key))
    return Shelf(listed, whole=sum(one.count for one in listed) < LOOKED_AT)


def group(rt: Runtime, project: UUID, state: str, source: UUID, key: str) -> Group | None:
    """One of the groups, or None where nothing is in it."""
    found = groups(rt, project, state, source).groups
    return next((one for one in found if one.key == key), None)


def count(rt: Runtime, project: UUID, source: UUID, state: str = "quarantined") -> int:
    """How many of a source are on a shelf, at most LOOKED_AT."""
    inner = _on_shelf(project, state, source).limit(LOOKED_AT).subquery()
    with rt.database.read() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(inner)).scalar_one())


def members(
    rt: Runtime,
    project: UUID,
    state: str,
    source: UUID,
    key: str,
    *,
    after: UUID | None = None,
) -> tuple[list[UUID], UUID | None]:
    """Some of a group, oldest first, and the id after which there are others, None at the end."""
    query = _on_shelf(project, state, source).order_by(submissions.c.id).limit(LOOKED_AT)
    if after is not None:
        query = query.where(submissions.c.id > after)
    with rt.database.read() as connection:
        rows = connection.execute(query).all()
    alike = [row.id for row in rows if key_of(row.reasons) == key]
    if len(alike) > AT_ONCE:
        return alike[:AT_ONCE], alike[AT_ONCE - 1]
    return alike, rows[-1].id if len(rows) == LOOKED_AT else None


def release(
    rt: Runtime,
    project: UUID,
    state: str,
    source: UUID,
    key: str,
    actor: str,
    *,
    after: UUID | None = None,
) -> Step:
    """Release a group from where the last step ended, as far as PATIENCE allows."""
    step = Step(after=after)
    until = time.monotonic() + PATIENCE
    while True:
        ids, step.after = members(rt, project, state, source, key, after=step.after)
        outcome = quarantine.release(rt, ids, actor)
        step.released += len(outcome.released)
        step.still += len(outcome.still)
        step.held += len(outcome.held)
        if step.after is None or time.monotonic() > until:
            return step


def _on_shelf(project: UUID, state: str, source: UUID | None) -> sa.Select[tuple[Any, ...]]:
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


def _count(group: Group, row: Any) -> None:
    group.count += row.count
    group.first_at = min(filter(None, (group.first_at, row.first_at)))
    group.last_at = max(filter(None, (group.last_at, row.last_at)))
