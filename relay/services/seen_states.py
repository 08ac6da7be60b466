"""How things stand: lanes that do not go on, work that is too old, the machines of the relay."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from relay.runtime import Runtime
from relay.services.lanes import free
from relay.services.readiness import SEEN_SECONDS, oldest_of_relay
from relay.services.sightings import Seen
from relay.store.tables import (
    deliveries,
    lanes,
    notices,
    processes,
    projects,
    recipients,
    state_is,
    targets,
)

BY_HAND = timedelta(days=1)
"""How long a person may pause a target for whom leads wait, before that is a problem."""

NEEDED = ("worker", "clock")

MEGABYTE = 1024 * 1024
STEP = 100
"""Megabytes by which what is free is told, so that it does not change at each look."""


def lanes_held(rt: Runtime, _since: datetime, now: datetime) -> Sequence[Seen]:
    """Lanes that are paused, whose target does not answer, or whose oldest delivery is too old."""
    lane, late = lanes.c, now - timedelta(seconds=rt.config.overdue_seconds)
    oldest = (
        sa.select(deliveries.c.due_at)
        .where(deliveries.c.target_id == lane.target_id, state_is(deliveries, "waiting"))
        .order_by(deliveries.c.due_at)
        .limit(1)
        .correlate(lanes)
        .scalar_subquery()
    )
    query = (
        sa.select(lanes, targets.c.project_id, oldest.label("oldest"), free(now).label("free"))
        .join(targets, targets.c.id == lane.target_id)
        .join(projects, projects.c.id == targets.c.project_id)
        .where(targets.c.archived_at.is_(None), projects.c.archived_at.is_(None))
    )
    with rt.database.read() as connection:
        rows = connection.execute(query).all()
    return [seen for row in rows for seen in _of_lane(row, late, now)]


def _of_lane(row: Any, late: datetime, now: datetime) -> Iterator[Seen]:
    about = {"project_id": row.project_id, "target_id": row.target_id, "at": now}
    by_hand = row.pause == "manual"
    long = row.paused_at is not None and row.paused_at < now - BY_HAND and row.oldest is not None
    if row.paused_at is not None and (not by_hand or long):
        yield Seen(sort="paused", outcome=row.pause, since=row.paused_at, **about)
    elif row.paused_at is None and row.breaker != "closed" and row.trips:
        yield Seen(sort="unreachable", **about)
    if row.free and row.oldest is not None and row.oldest < late:
        yield Seen(sort="overdue", since=row.oldest, **about)


def house(rt: Runtime, _since: datetime, now: datetime) -> Sequence[Seen]:
    """What is wrong with the relay itself: processes, disks, Redis, old work, notices refused."""
    with rt.database.read() as connection:
        rows = connection.execute(sa.select(processes).where(_lately(now))).all()
        refused = connection.execute(_refused()).all()
        old = list(oldest_of_relay(connection, now))
    found = [*_missing(rt, rows, now), *_full(rt, rows, now)]
    for row in refused:
        facts = {"recipient": str(row.id)}
        about = {"project_id": row.project_id, "code": row.name, "since": row.settled_at}
        found.append(Seen(sort="notice", at=now, facts=facts, **about))
    for what, since in old:
        if now - since > timedelta(seconds=rt.config.overdue_seconds):
            found.append(_of_house("overdue", what, now, since=since))
    return found


def _lately(now: datetime) -> sa.ColumnElement[bool]:
    return processes.c.seen_at >= now - timedelta(seconds=SEEN_SECONDS)


def _of_house(sort: str, code: str, now: datetime, **more: Any) -> Seen:
    return Seen(sort=sort, project_id=None, code=code, at=now, **more)


def _missing(rt: Runtime, rows: Sequence[Any], now: datetime) -> Iterator[Seen]:
    running = {row.kind for row in rows}
    for kind in NEEDED:
        if kind not in running:
            yield _of_house("process", kind, now)
    if not rt.queue.answers():
        yield _of_house("process", "redis", now)


def _full(rt: Runtime, rows: Sequence[Any], now: datetime) -> Iterator[Seen]:
    least: dict[str, int] = {}
    for row in rows:
        if row.free_bytes is not None:
            free_mb = row.free_bytes // MEGABYTE
            least[row.host] = min(least.get(row.host, free_mb), free_mb)
    for host, free_mb in least.items():
        if free_mb < rt.config.disk_free_mb:
            yield _of_house("disk", host, now, facts={"free_mb": free_mb // STEP * STEP})


def _refused() -> sa.Select[Any, Any, Any, Any]:
    """Recipients in use whose newest notice failed."""
    newest = (
        sa.select(notices.c.id)
        .where(notices.c.recipient_id == recipients.c.id, state_is(notices, "sent", "failed"))
        .order_by(notices.c.id.desc())
        .limit(1)
        .correlate(recipients)
        .scalar_subquery()
    )
    return (
        sa.select(recipients.c.id, recipients.c.project_id, recipients.c.name, notices.c.settled_at)
        .select_from(recipients)
        .join(notices, notices.c.id == newest)
        .where(recipients.c.archived_at.is_(None), state_is(notices, "failed"))
        .where(notices.c.created_at >= recipients.c.updated_at)
    )
