"""What attempts say of their lanes: breakers, pauses and holds are brought up to date."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.core.breaker import Breaker, after
from relay.services.due import READY
from relay.services.settlement import Settlement, short
from relay.store.tables import deliveries, lanes, targets

_DUE = (  # in the order of the index, else the planner may look through other lanes' rows
    sa.select(deliveries.c.due_at)
    .where(deliveries.c.target_id == lanes.c.target_id, READY)
    .order_by(deliveries.c.due_at)
    .limit(1)
    .correlate(lanes)
    .scalar_subquery()
)
_LANES = sa.select(lanes, _DUE.label("due_at")).where(
    sa.or_(
        lanes.c.target_id.in_(sa.bindparam("targets", expanding=True)),
        lanes.c.rate_key.in_(sa.bindparam("rate_keys", expanding=True)),
    )
)
"""The lanes of a batch and of its accounts, and since when they have something due."""


def mark_lanes(
    connection: sa.Connection,
    batch: Sequence[Settlement],
    ours: Sequence[Settlement],
    now: datetime,
) -> frozenset[UUID]:
    """Bring breakers, pauses and holds up to date, touching only the lanes that change.

    Returns the open lanes that have something due.
    """
    by_lane: defaultdict[UUID, list[Settlement]] = defaultdict(list)
    for one in sorted(ours, key=lambda one: one.ended_at):
        by_lane[one.job.target.id].append(one)
    names = {
        "targets": list({one.job.target.id for one in batch}),
        "rate_keys": list({one.job.target.rate_key for one in batch}),
        "now": now,
    }
    rows = connection.execute(_LANES, names).all()
    changing = {
        row.target_id: by_lane[row.target_id]
        for row in rows
        if _changes(row, by_lane.get(row.target_id, ()))
    }
    if changing:
        _change_lanes(connection, changing)
        rows = connection.execute(_LANES, names).all()
    return frozenset(row.target_id for row in rows if row.due_at and _is_open(row, now))


def _is_open(lane: Any, now: datetime) -> bool:
    held = lane.hold_until is not None and lane.hold_until > now
    shut = lane.open_until is not None and lane.open_until > now
    return lane.paused_at is None and not held and not shut


def _changes(lane: Any, settled: Sequence[Settlement]) -> bool:
    if not settled:
        return False
    clean_lane = lane.breaker == "closed" and not lane.failures
    quiet = all(one.verdict.reached and not _holds(one) for one in settled)
    return not (clean_lane and quiet)


def _holds(one: Settlement) -> bool:
    return one.verdict.hold is not None or one.verdict.pause is not None


def _change_lanes(connection: sa.Connection, by_lane: dict[UUID, list[Settlement]]) -> None:
    rate_keys = {settled[0].job.target.rate_key for settled in by_lane.values()}
    touched = sa.or_(lanes.c.target_id.in_(by_lane), lanes.c.rate_key.in_(rate_keys))
    statement = sa.select(lanes).where(touched).order_by(lanes.c.target_id).with_for_update()
    for lane in connection.execute(statement).all():
        settled = by_lane.get(lane.target_id, [])
        if settled:
            _mark_breaker(connection, lane, settled)
        for one in settled:
            if one.verdict.hold is not None:
                _hold_account(connection, one, one.verdict.hold)
            if one.verdict.pause is not None:
                _pause(connection, one)


def _mark_breaker(connection: sa.Connection, lane: Any, settled: Iterable[Settlement]) -> None:
    before = Breaker(lane.breaker, lane.failures, lane.trips, lane.open_until)
    breaker = before
    for one in settled:
        breaker = after(breaker, reached=one.verdict.reached, now=one.ended_at)
    if breaker != before:
        connection.execute(
            sa.update(lanes)
            .where(lanes.c.target_id == lane.target_id)
            .values(
                breaker=breaker.state,
                failures=breaker.failures,
                trips=breaker.trips,
                open_until=breaker.open_until,
            )
        )


def _hold_account(connection: sa.Connection, one: Settlement, seconds: float) -> None:
    """Hold every lane that the vendor counts together, until the time it has asked for."""
    until = one.ended_at + timedelta(seconds=seconds)
    earlier = sa.or_(lanes.c.hold_until.is_(None), lanes.c.hold_until < until)
    connection.execute(
        sa.update(lanes)
        .where(lanes.c.rate_key == one.job.target.rate_key, earlier)
        .values(hold_until=until, hold_reason=short(one.verdict.reason) or "its limit is used up")
    )


def _pause(connection: sa.Connection, one: Settlement) -> None:
    """Pause the lane; not for what was sent by settings that were put right meanwhile."""
    target = one.job.target
    as_sent = sa.exists().where(
        targets.c.id == target.id, targets.c.updated_at == target.changed_at
    )
    connection.execute(
        sa.update(lanes)
        .where(lanes.c.target_id == target.id, lanes.c.paused_at.is_(None), as_sent)
        .values(
            paused_at=one.ended_at,
            pause=one.verdict.pause,
            pause_reason=short(one.verdict.reason),
        )
    )
