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
from relay.services import configured
from relay.services.configured import ConfiguredTarget
from relay.services.consenting import permitted as consented
from relay.services.deliveries import end
from relay.services.due import (
    DUE,
    DUE_BY_FORCE,
    FLYING,
    GIVEN_UP,
    LEASE,
    LOCKED_LANE,
    MOST_TRIES,
)
from relay.store.insert import insert_new
from relay.store.tables import lanes, rate_keys


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
    again: bool
    noted: Json
    remote_id: str | None
    document: Json
    lead_number: int
    lead_public_id: str
    occurred_at: datetime
    lead_at: datetime
    trial: bool


@dataclass(frozen=True, slots=True)
class Claim:
    """What was claimed. `wait` is in how many seconds a closed limit opens again, if one is."""

    jobs: list[Job]
    wait: float | None = None
    again: bool = False
    """Whether more may be claimed at once: some of what was due had come to its end, or the
    target's settings have to be read anew."""


def claim(rt: Runtime, target: ConfiguredTarget, most: int) -> Claim:
    """Lease up to `most` due deliveries of this target to the caller, in one transaction.

    No more than the in-flight cap of the target's account leaves free, judged under a lock, none
    while the lane is paused or held, and one at a time while the breaker probes. What somebody has
    forced goes first and past all that, but for the cap. Nothing is sent by settings that were
    changed meanwhile: what was just put right would be paused again.
    """
    now = rt.clock.now()
    with rt.database.write() as connection:
        lane = _locked_lane(connection, target)
        if lane is None or not (lane.forced or _open(lane, now)):
            return Claim([])
        if lane.changed_at != target.changed_at:
            configured.forget(rt)
            return Claim([], again=True)
        account = {"target": target.id, "key": target.rate_key, "now": now}
        flying = connection.execute(FLYING, account).one()
        rows, forced = _waiting(connection, target, lane, flying, most, now)
        fit = consented(connection, target, _end_unfit(connection, rows, now), now)
        alone = _one_suspect(fit, flying.suspects)
        permitted, wait = _permitted(rt, target, alone, forced=forced)
        if wait is not None:
            _hold(connection, target.id, now + timedelta(seconds=wait))
        token = new_id()
        _lease(rt, connection, target, token, permitted, now)
        if permitted and not forced and lane.breaker == "open":
            _set_half_open(connection, target.id)
    jobs = [_job(target, token, row) for row in permitted]
    return Claim(jobs, wait, again=(forced and bool(jobs)) or len(fit) < len(rows))


def _locked_lane(connection: sa.Connection, target: ConfiguredTarget) -> Any:
    """The target's lane, and a lock by which one claim at a time counts what is under way for the
    account (SQLite always has one)."""
    names = {"target": target.id, "key": target.rate_key}
    lane = connection.execute(LOCKED_LANE, names).first()
    if lane is None:
        insert_new(connection, rate_keys, [{"key": target.rate_key}])
        lane = connection.execute(LOCKED_LANE, names).first()
    return lane


def _open(lane: Any, now: datetime) -> bool:
    held = lane.hold_until is not None and lane.hold_until > now
    return lane.paused_at is None and not held


def _share(lane: Any, target: ConfiguredTarget, flying: Any, most: int, now: datetime) -> int:
    free: int = min(most, target.in_flight - flying.account)
    passing = gate(Breaker(lane.breaker, lane.failures, lane.trips, lane.open_until), now)
    if passing == "shut":
        return 0
    if passing == "probe":
        return min(free, 1) if flying.lane == 0 else 0
    return free


def _waiting(
    connection: sa.Connection,
    target: ConfiguredTarget,
    lane: Any,
    flying: Any,
    most: int,
    now: datetime,
) -> tuple[Sequence[Any], bool]:
    """What may go now, and whether it is by force."""
    if lane.forced:
        free = min(most, target.in_flight - flying.account)
        if rows := _due(connection, DUE_BY_FORCE, target, free, now):
            return rows, True
    if not _open(lane, now):
        return [], False
    return _due(connection, DUE, target, _share(lane, target, flying, most, now), now), False


def _due(
    connection: sa.Connection,
    due: sa.Select[Any],
    target: ConfiguredTarget,
    share: int,
    now: datetime,
) -> Sequence[Any]:
    if share <= 0:
        return []
    return connection.execute(due, {"target": target.id, "share": share, "now": now}).all()


def _end_unfit(connection: sa.Connection, rows: Sequence[Any], now: datetime) -> list[Any]:
    """End what is too old and what kills its workers; returns the rest."""
    old = [row.id for row in rows if row.expires_at <= now]
    end(connection, old, "expired", "it became too old before it could be sent", now)
    deadly = [row.id for row in rows if row.expires_at > now and row.tries >= MOST_TRIES]
    end(connection, deadly, "failed", GIVEN_UP, now)
    ended = {*old, *deadly}
    return [row for row in rows if row.id not in ended]


def _one_suspect(rows: list[Any], flying: int) -> list[Any]:
    """Let one delivery at a time go that may be what kills the worker: were they sent together
    again, the innocent would be given up with the guilty."""
    suspects = [row for row in rows if row.tries >= MOST_TRIES - 1]
    held_back = {row.id for row in suspects[0 if flying else 1 :]}
    return [row for row in rows if row.id not in held_back]


def _permitted(
    rt: Runtime, target: ConfiguredTarget, rows: list[Any], *, forced: bool
) -> tuple[list[Any], float | None]:
    """The first rows for which the target's limits give permits, and the wait for the next one.

    What is forced uses up permits too, but does not wait for them.
    """
    for count in range(len(rows) if target.limits else 0):
        wait = rt.limits.take(target.rate_key, target.limits)
        if wait is not None and not forced:
            return rows[:count], wait
    return rows, None


def _hold(connection: sa.Connection, target_id: UUID, until: datetime) -> None:
    connection.execute(
        sa.update(lanes)
        .where(lanes.c.target_id == target_id)
        .values(hold_until=until, hold_reason="rate limit")
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
    connection.execute(LEASE, lease)


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
        again=row.number > 1 or row.tries > 0 or row.replay > 0,
        noted=row.noted,
        remote_id=row.known_remote_id,
        document=row.document,
        lead_number=row.lead_number,
        lead_public_id=row.lead_public_id,
        occurred_at=row.occurred_at,
        lead_at=row.lead_at,
        trial=row.trial,
    )
