"""Settling: what came of attempts is written, many at a time, naming the leases they were under."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.core.breaker import Breaker, after
from relay.core.clean import clean, clean_text
from relay.core.contract import Json
from relay.core.ids import new_id
from relay.core.verdict import Verdict
from relay.net.client import Attempted
from relay.services.claim import Job, ready
from relay.services.deliveries import promote
from relay.store.insert import insert_new
from relay.store.tables import attempts, deliveries, lanes, state_is

LONGEST_TEXT = 2000
"""Characters kept of a message, a remote id and a remote address."""

TOO_LATE = "too late, another worker had taken over: "

UNDELIVERED = ("failed",)
"""Ends after which the target does not know the lead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """One attempt to be written; `attempt_id` makes writing it twice harmless."""

    job: Job
    attempted: Attempted
    verdict: Verdict
    started_at: datetime
    ended_at: datetime
    attempt_id: UUID = field(default_factory=new_id)

    @property
    def key(self) -> str:
        """What batches are sorted by."""
        return str(self.job.id)

    def without_exchanges(self) -> "Settlement":
        """The bare fact, for a database that refuses the rest of it."""
        bare = replace(self.attempted.outcome, message="", remote_id=None, remote_url=None)
        attempted = replace(self.attempted, exchanges=[], outcome=bare)
        return replace(self, attempted=attempted, verdict=replace(self.verdict, reason=None))


@dataclass(frozen=True, slots=True)
class Settled:
    """What was written. `late` attempts changed nothing but the log. `ready` are the lanes of the
    batch's accounts that have more to send."""

    settlement: Settlement
    late: bool
    ready: frozenset[UUID]


def settle(connection: sa.Connection, batch: Sequence[Settlement]) -> list[Settled]:
    """Write attempts, deliveries and lanes of a batch in the caller's transaction."""
    held = _held(connection, batch)
    _log(connection, batch, held)
    ours = [one for one in batch if one.job.id in held]
    if ours:
        _end(connection, ours)
        _mark_lanes(connection, ours)
    now = max(one.ended_at for one in batch)
    more = _ready(connection, {one.job.target.rate_key for one in batch}, now)
    return [Settled(one, one.job.id not in held, more) for one in batch]


def _held(connection: sa.Connection, batch: Sequence[Settlement]) -> set[UUID]:
    """The deliveries that are still leased under the token they were claimed with."""
    tokens = {one.job.id: one.job.token for one in batch}
    statement = (
        sa.select(deliveries.c.id, deliveries.c.lease_token)
        .where(deliveries.c.id.in_(tokens), state_is(deliveries, "sending"))
        .order_by(deliveries.c.id)
        .with_for_update()
    )
    rows = connection.execute(statement).all()
    return {row.id for row in rows if row.lease_token == tokens[row.id]}


def _log(connection: sa.Connection, batch: Sequence[Settlement], held: set[UUID]) -> None:
    rows = [_attempt_row(one, late=one.job.id not in held) for one in batch]
    insert_new(connection, attempts, rows)


def _attempt_row(one: Settlement, *, late: bool) -> dict[str, Any]:
    message = _text(one.attempted.outcome.message) or ""
    return {
        "id": one.attempt_id,
        "delivery_id": one.job.id,
        "number": one.job.number,
        "started_at": one.started_at,
        "milliseconds": one.attempted.milliseconds,
        "trigger": one.job.trigger,
        "outcome": one.attempted.outcome.kind.value,
        "error": one.attempted.error,
        "status": one.attempted.status,
        "message": (TOO_LATE + message if late else message) or None,
        "exchanges": _clean_exchanges(one.attempted.exchanges),
    }


_SETTLE = (
    sa.update(deliveries)
    .where(deliveries.c.id == sa.bindparam("row_id"))
    .values(
        state=sa.bindparam("new_state"),
        reason=sa.bindparam("new_reason"),
        due_at=sa.bindparam("new_due_at"),
        attempts=sa.bindparam("new_attempts"),
        trigger=sa.bindparam("new_trigger"),
        remote_id=sa.func.coalesce(
            sa.bindparam("new_remote_id", type_=sa.Text), deliveries.c.remote_id
        ),
        remote_url=sa.func.coalesce(
            sa.bindparam("new_remote_url", type_=sa.Text), deliveries.c.remote_url
        ),
        settled_at=sa.bindparam("new_settled_at"),
        tries=0,
        lease_token=None,
        leased_until=None,
        rate_key=None,
    )
)


def _end(connection: sa.Connection, ours: Sequence[Settlement]) -> None:
    connection.execute(_SETTLE, [_delivery_values(one) for one in ours])
    undelivered = [
        one.job.id
        for one in ours
        if one.job.event == "created" and one.verdict.state in UNDELIVERED
    ]
    promote(connection, undelivered)


def _delivery_values(one: Settlement) -> dict[str, Any]:
    outcome, verdict = one.attempted.outcome, one.verdict
    return {
        "row_id": one.job.id,
        "new_state": verdict.state,
        "new_reason": _text(verdict.reason),
        "new_due_at": one.ended_at + timedelta(seconds=verdict.wait or 0.0),
        "new_attempts": one.job.attempts + verdict.counts,
        "new_trigger": "replay" if one.job.replay else "scheduled",  # a manual try is one try
        "new_remote_id": _text(outcome.remote_id),
        "new_remote_url": _text(outcome.remote_url),
        "new_settled_at": one.ended_at if verdict.ended else None,
    }


def _mark_lanes(connection: sa.Connection, ours: Sequence[Settlement]) -> None:
    """Bring the lanes' breakers, pauses and holds up to date, touching only those that change."""
    by_lane: defaultdict[UUID, list[Settlement]] = defaultdict(list)
    for one in sorted(ours, key=lambda one: one.ended_at):
        by_lane[one.job.target.id].append(one)
    statement = sa.select(lanes).where(lanes.c.target_id.in_(by_lane))
    known = {row.target_id: row for row in connection.execute(statement)}
    changing = [
        lane_id
        for lane_id, settled in by_lane.items()
        if lane_id in known and _changes(known[lane_id], settled)
    ]
    if changing:
        _change_lanes(connection, {lane_id: by_lane[lane_id] for lane_id in changing})


def _changes(lane: Any, settled: Iterable[Settlement]) -> bool:
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
        .values(hold_until=until, hold_reason=_text(one.verdict.reason))
    )


def _pause(connection: sa.Connection, one: Settlement) -> None:
    connection.execute(
        sa.update(lanes)
        .where(lanes.c.target_id == one.job.target.id, lanes.c.paused_at.is_(None))
        .values(
            paused_at=one.ended_at,
            pause=one.verdict.pause,
            pause_reason=_text(one.verdict.reason),
        )
    )


def _ready(connection: sa.Connection, rate_keys: set[str], now: datetime) -> frozenset[UUID]:
    """The open lanes of these accounts that have something due."""
    due = sa.exists().where(deliveries.c.target_id == lanes.c.target_id, ready(now))
    statement = sa.select(lanes.c.target_id).where(
        lanes.c.rate_key.in_(rate_keys),
        lanes.c.paused_at.is_(None),
        sa.or_(lanes.c.hold_until.is_(None), lanes.c.hold_until <= now),
        sa.or_(lanes.c.open_until.is_(None), lanes.c.open_until <= now),
        due.correlate(lanes),
    )
    return frozenset(connection.execute(statement).scalars())


def _text(text: str | None) -> str | None:
    return None if text is None else clean_text(text)[:LONGEST_TEXT]


def _clean_exchanges(exchanges: list[Json]) -> Json:
    return clean(exchanges)
