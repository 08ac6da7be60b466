"""Claiming: which of a lane's deliveries are sent now, leased to the one who sends them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.core.breaker import Breaker, gate
from relay.core.contract import Json
from relay.core.ids import new_id
from relay.runtime import Runtime
from relay.services.configured import ConfiguredTarget
from relay.services.deliveries import end
from relay.store.insert import insert_new
from relay.store.tables import (
    attempts,
    deliveries,
    lanes,
    lead_versions,
    leads,
    rate_keys,
    state_is,
)
from relay.store.types import Instant

MOST_TRIES = 3
"""A delivery whose worker died this often is given up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One claimed delivery with all that sending it needs; `number` counts its attempts from 1."""

    target: ConfiguredTarget
    token: UUID
    id: UUID
    lead_id: UUID
    version: int
    event: str
    label: str
    trigger: str
    replay: bool
    attempts: int
    max_attempts: int | None
    number: int
    remote_id: str | None
    document: Json
    lead_number: int
    lead_public_id: str
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class Claim:
    """What was claimed. `wait` is in how many seconds a closed limit opens again, if one is."""

    jobs: list[Job]
    wait: float | None = None
    again: bool = False
    """Whether more may be claimed at once: some of what was due had come to its end."""


def claim(rt: Runtime, target: ConfiguredTarget, most: int) -> Claim:
    """Lease up to `most` due deliveries of this target to the caller, in one transaction.

    No more than the in-flight cap of the target's account leaves free, judged under a lock, none
    while the lane is paused or held, and one at a time while the breaker probes.
    """
    now = rt.clock.now()
    with rt.database.write() as connection:
        lane = _locked_lane(connection, target)
        if lane is None or not _open(lane, now):
            return Claim([])
        account = {"target": target.id, "key": target.rate_key, "now": now}
        flying = connection.execute(_FLYING, account).one()
        rows = _due(connection, target, _share(lane, target, flying, most, now), now)
        fit = _end_unfit(connection, rows, now)
        alone = _one_suspect(fit, flying.suspects)
        permitted, wait = _permitted(rt, target, alone)
        if wait is not None:
            _hold(connection, target.id, now + timedelta(seconds=wait))
        token = new_id()
        _lease(rt, connection, target, token, permitted, now)
        if permitted and lane.breaker == "open":
            _set_half_open(connection, target.id)
    jobs = [_job(target, token, row) for row in permitted]
    return Claim(jobs, wait, again=len(fit) < len(rows))


def _ready() -> sa.ColumnElement[bool]:
    # One row by its key, for each row that waits: EXISTS would be hashed over the whole table.
    before = deliveries.alias()
    state_before = (
        sa.select(before.c.state).where(before.c.id == deliveries.c.after_id).scalar_subquery()
    )
    ended_before = sa.func.coalesce(state_before, "gone").not_in(("waiting", "sending"))
    return sa.and_(
        state_is(deliveries, "waiting"),
        deliveries.c.due_at <= sa.bindparam("now", type_=Instant),
        sa.or_(deliveries.c.after_id.is_(None), ended_before),
    )


READY = _ready()
"""The condition on a delivery that may be sent `now` as far as it alone is concerned."""


# The statements of the hot path are made once: making one costs more than running it.

_LOCKED_LANE = (
    sa.select(lanes)
    .join(rate_keys, sa.true())
    .where(lanes.c.target_id == sa.bindparam("target"), rate_keys.c.key == sa.bindparam("key"))
    .with_for_update(of=rate_keys)
)


def _locked_lane(connection: sa.Connection, target: ConfiguredTarget) -> Any:
    """The target's lane, and a lock by which one claim at a time counts what is under way for the
    account (SQLite always has one)."""
    names = {"target": target.id, "key": target.rate_key}
    lane = connection.execute(_LOCKED_LANE, names).first()
    if lane is None:
        insert_new(connection, rate_keys, [{"key": target.rate_key}])
        lane = connection.execute(_LOCKED_LANE, names).first()
    return lane


def _open(lane: Any, now: datetime) -> bool:
    held = lane.hold_until is not None and lane.hold_until > now
    return lane.paused_at is None and not held


_OWN = deliveries.c.target_id == sa.bindparam("target")
_FLYING = sa.select(
    sa.func.count().label("account"),
    sa.func.count().filter(_OWN).label("lane"),
    sa.func.count().filter(_OWN, deliveries.c.tries >= MOST_TRIES).label("suspects"),
).where(
    state_is(deliveries, "sending"),
    deliveries.c.rate_key == sa.bindparam("key"),
    deliveries.c.leased_until > sa.bindparam("now", type_=Instant),
)
"""Live leases: of the account, of the lane alone, and of suspects in the lane."""


def _share(lane: Any, target: ConfiguredTarget, flying: Any, most: int, now: datetime) -> int:
    free: int = min(most, target.in_flight - flying.account)
    passing = gate(Breaker(lane.breaker, lane.failures, lane.trips, lane.open_until), now)
    if passing == "shut":
        return 0
    if passing == "probe":
        return min(free, 1) if flying.lane == 0 else 0
    return free


def _due_deliveries() -> sa.Select[Any]:
    earlier = deliveries.alias()
    remote_id = (
        sa.select(earlier.c.remote_id)
        .where(
            earlier.c.lead_id == deliveries.c.lead_id,
            earlier.c.target_id == deliveries.c.target_id,
            earlier.c.remote_id.is_not(None),
        )
        .order_by(earlier.c.settled_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    number = (
        sa.select(sa.func.coalesce(sa.func.max(attempts.c.number), 0) + 1)
        .where(attempts.c.delivery_id == deliveries.c.id)
        .scalar_subquery()
    )
    return (
        sa.select(
            deliveries.c.id,
            deliveries.c.lead_id,
            deliveries.c.version,
            deliveries.c.event,
            deliveries.c.label,
            deliveries.c.trigger,
            deliveries.c.replay,
            deliveries.c.attempts,
            deliveries.c.max_attempts,
            deliveries.c.expires_at,
            deliveries.c.tries,
            number.label("number"),
            remote_id.label("known_remote_id"),
            lead_versions.c.document,
            lead_versions.c.created_at.label("occurred_at"),
            leads.c.number.label("lead_number"),
            leads.c.public_id.label("lead_public_id"),
        )
        .join(leads, leads.c.id == deliveries.c.lead_id)
        .join(
            lead_versions,
            sa.and_(
                lead_versions.c.lead_id == deliveries.c.lead_id,
                lead_versions.c.version == deliveries.c.version,
            ),
        )
        .where(_OWN, READY)
        .order_by(deliveries.c.priority.desc(), deliveries.c.due_at)
        .limit(sa.bindparam("share", type_=sa.Integer))
        .with_for_update(of=deliveries, skip_locked=True)
    )


_DUE = _due_deliveries()


def _due(
    connection: sa.Connection, target: ConfiguredTarget, share: int, now: datetime
) -> Sequence[Any]:
    if share <= 0:
        return []
    return connection.execute(_DUE, {"target": target.id, "share": share, "now": now}).all()


def _end_unfit(connection: sa.Connection, rows: Sequence[Any], now: datetime) -> list[Any]:
    """End what is too old and what kills its workers; returns the rest."""
    old = [row.id for row in rows if row.expires_at <= now]
    end(connection, old, "expired", "it became too old before it could be sent", now)
    deadly = [row.id for row in rows if row.expires_at > now and row.tries >= MOST_TRIES]
    end(connection, deadly, "failed", "its worker died three times", now)
    ended = {*old, *deadly}
    return [row for row in rows if row.id not in ended]


def _one_suspect(rows: list[Any], flying: int) -> list[Any]:
    """Let one delivery at a time go that may be what kills the worker: were they sent together
    again, the innocent would be given up with the guilty."""
    suspects = [row for row in rows if row.tries >= MOST_TRIES - 1]
    held_back = {row.id for row in suspects[0 if flying else 1 :]}
    return [row for row in rows if row.id not in held_back]


def _permitted(
    rt: Runtime, target: ConfiguredTarget, rows: list[Any]
) -> tuple[list[Any], float | None]:
    """The first rows for which the target's limits give permits, and the wait for the next one."""
    for count in range(len(rows) if target.limits else 0):
        wait = rt.limits.take(target.rate_key, target.limits)
        if wait is not None:
            return rows[:count], wait
    return rows, None


def _hold(connection: sa.Connection, target_id: UUID, until: datetime) -> None:
    connection.execute(
        sa.update(lanes)
        .where(lanes.c.target_id == target_id)
        .values(hold_until=until, hold_reason="rate limit")
    )


_LEASE = (
    sa.update(deliveries)
    .where(deliveries.c.id.in_(sa.bindparam("ids", expanding=True)))
    .values(
        state="sending",
        tries=deliveries.c.tries + 1,
        lease_token=sa.bindparam("token"),
        leased_until=sa.bindparam("until"),
        rate_key=sa.bindparam("key"),
    )
)


def _lease(
    rt: Runtime,
    connection: sa.Connection,
    target: ConfiguredTarget,
    token: UUID,
    rows: list[Any],
    now: datetime,
) -> None:
    """Write the lease and count the try, committed before the work begins."""
    if not rows:
        return
    lease = {
        "ids": [row.id for row in rows],
        "token": token,
        "until": now + timedelta(seconds=rt.config.lease_seconds),
        "key": target.rate_key,
    }
    connection.execute(_LEASE, lease)


def _set_half_open(connection: sa.Connection, target_id: UUID) -> None:
    connection.execute(
        sa.update(lanes).where(lanes.c.target_id == target_id).values(breaker="half_open")
    )


def _job(target: ConfiguredTarget, token: UUID, row: Any) -> Job:
    return Job(
        target=target,
        token=token,
        id=row.id,
        lead_id=row.lead_id,
        version=row.version,
        event=row.event,
        label=row.label,
        trigger=row.trigger,
        replay=row.replay > 0,
        attempts=row.attempts,
        max_attempts=row.max_attempts,
        number=row.number,
        remote_id=row.known_remote_id,
        document=row.document,
        lead_number=row.lead_number,
        lead_public_id=row.lead_public_id,
        occurred_at=row.occurred_at,
    )
