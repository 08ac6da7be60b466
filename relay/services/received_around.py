"""What each source of a project received around a time, for who misses somebody."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.runtime import Runtime
from relay.store.tables import sources, submissions, turned_away

MOST = 20_000
"""Submissions that are counted, the newest of the span."""

SILENT_FOR = 3 * 24 * 3600
"""Seconds after which a source that had something is said to be silent."""


@dataclass(frozen=True, slots=True)
class Around:
    """What one source received: submissions by state, with `turned away`, and its last arrival."""

    source: Any
    counts: Counter[str]
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class Received:
    """What each source received from `since` to before `until`; `cut` if not all is counted."""

    since: datetime
    until: datetime
    sources: list[Around]
    cut: bool


def around(rt: Runtime, project: UUID, since: datetime, until: datetime) -> Received:
    """Four questions, however many sources there are; those that received most come first."""
    with rt.database.read() as connection:
        owned = connection.execute(_SOURCES.where(sources.c.project_id == project)).mappings().all()
        states = connection.execute(_states(project, since, until)).all()
        refused = connection.execute(_refused(project, since, until)).all()
    counts: dict[UUID, Counter[str]] = {row["id"]: Counter() for row in owned}
    for source_id, state, number in (*states, *((one, "turned away", n) for one, n in refused)):
        if source_id in counts:
            counts[source_id][state] += number
    told = [Around(dict(row), counts[row["id"]], row["last_at"]) for row in owned]
    shown = [one for one in told if one.source["archived_at"] is None or one.counts]
    shown.sort(key=lambda one: (-one.counts.total(), one.source["name"]))
    return Received(since, until, shown, cut=sum(row.number for row in states) >= MOST)


_newest = (
    sa.select(submissions.c.received_at)
    .where(submissions.c.source_id == sources.c.id)
    .order_by(submissions.c.received_at.desc())
    .limit(1)
    .scalar_subquery()
)
_SOURCES = sa.select(
    sources.c.id,
    sources.c.name,
    sources.c.kind,
    sources.c.paused_at,
    sources.c.archived_at,
    _newest.label("last_at"),
)


def _states(project: UUID, since: datetime, until: datetime) -> sa.Select[Any]:
    span = (
        sa.select(submissions.c.source_id, submissions.c.state)
        .where(
            submissions.c.project_id == project,
            submissions.c.received_at >= since,
            submissions.c.received_at < until,
        )
        .order_by(submissions.c.received_at.desc())
        .limit(MOST)
        .subquery()
    )
    number = sa.func.count().label("number")
    return sa.select(span.c.source_id, span.c.state, number).group_by(
        span.c.source_id, span.c.state
    )


def _refused(project: UUID, since: datetime, until: datetime) -> sa.Select[Any]:
    return (
        sa.select(turned_away.c.source_id, sa.func.count())
        .join(sources, sources.c.id == turned_away.c.source_id)
        .where(sources.c.project_id == project, turned_away.c.at >= since, turned_away.c.at < until)
        .group_by(turned_away.c.source_id)
    )
