"""The whole project at a glance: sources, routes, targets, and what went through them lately."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.runtime import Runtime
from relay.services import inventory
from relay.services.browse import Row
from relay.services.figures import FAILED
from relay.store.tables import deliveries, submissions

LATELY = timedelta(hours=24)

COUNTED = 20_000
"""The newest submissions and deliveries that are counted: a picture need not read a million."""

OPEN = ("waiting", "sending")


@dataclass(frozen=True, slots=True)
class Count:
    """How many of the deliveries owed lately are where."""

    delivered: int = 0
    failed: int = 0
    waiting: int = 0


NOTHING = Count()


@dataclass(frozen=True, slots=True)
class Flow:
    """What is configured and how much went through it; `received` by source, the rest by route.

    `cut` says that there was more than is counted, so that the counts are of the newest.
    """

    sources: Sequence[Row]
    routes: Sequence[Row]
    targets: Sequence[Row]
    received: dict[UUID, int] = field(default_factory=dict)
    by_route: dict[UUID, Count] = field(default_factory=dict)
    by_target: dict[UUID, Count] = field(default_factory=dict)
    cut: bool = False


def flow(rt: Runtime, project: UUID) -> Flow:
    """The project with the counts of the last 24 hours; five queries whatever there is."""
    since = rt.clock.now() - LATELY
    arrived = _arrived(project, since)
    owed = _owed(project, since)
    with rt.database.read() as connection:
        received = {row.source_id: row.amount for row in connection.execute(arrived)}
        rows = connection.execute(owed).all()
    return Flow(
        sources=inventory.sources_of(rt, project),
        routes=inventory.routes_of(rt, project),
        targets=inventory.targets_of(rt, project),
        received=received,
        by_route=_counts(rows, "route_id"),
        by_target=_counts(rows, "target_id"),
        cut=sum(received.values()) >= COUNTED or sum(row.amount for row in rows) >= COUNTED,
    )


def _counts(rows: Sequence[Any], by: str) -> dict[UUID, Count]:
    found: dict[UUID, Counter[str]] = {}
    for row in rows:
        key = getattr(row, by)
        if key is not None:
            found.setdefault(key, Counter())[row.state] += row.amount
    return {key: _count(states) for key, states in found.items()}


def _count(states: Counter[str]) -> Count:
    return Count(
        delivered=states["delivered"] + states["ignored"],
        failed=sum(states[name] for name in FAILED),
        waiting=sum(states[name] for name in OPEN),
    )


def _arrived(project: UUID, since: Any) -> sa.Select[*tuple[Any, ...]]:
    column = submissions.c
    newest = (
        sa.select(column.source_id)
        .where(column.project_id == project, column.received_at >= since)
        .order_by(column.received_at.desc())
        .limit(COUNTED)
        .subquery()
    )
    query = sa.select(newest.c.source_id, sa.func.count().label("amount"))
    return query.group_by(newest.c.source_id)


def _owed(project: UUID, since: Any) -> sa.Select[*tuple[Any, ...]]:
    column = deliveries.c
    newest = (
        sa.select(column.route_id, column.target_id, column.state)
        .where(column.project_id == project, column.created_at >= since)
        .order_by(column.created_at.desc())
        .limit(COUNTED)
        .subquery()
    )
    by = (newest.c.route_id, newest.c.target_id, newest.c.state)
    return sa.select(*by, sa.func.count().label("amount")).group_by(*by)
