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
from relay.services.claim import READY, Job
from relay.services.deliveries import promote
from relay.store.insert import insert_new
from relay.store.tables import attempts, deliveries, lanes, state_is

LONGEST_TEXT = 2000
"""Characters kept of a message, a remote id and a remote address."""

TOO_LATE = "too late, another worker had taken over: "

UNDELIVERED = ("failed",)
"""Ends after which the target does not know the lead."""


Lease = tuple[UUID, UUID]


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
    def lease(self) -> Lease:
        """The delivery and the token that it was claimed with."""
        return self.job.id, self.job.token

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
    now = max(one.ended_at for one in batch)
    held = _end(connection, batch, now)
    rows = [_attempt_row(one, late=one.lease not in held) for one in batch]
    insert_new(connection, attempts, rows)
    ours = [one for one in batch if one.lease in held]
    promote(
        connection,
        [
            one.job.id
            for one in ours
            if one.job.event == "created" and one.verdict.state in UNDELIVERED
        ],
    )
    more = _mark_lanes(connection, batch, ours, now)
    return [Settled(one, one.lease not in held, more) for one in batch]


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


def _param(name: str) -> sa.BindParameter[Any]:
    return sa.bindparam(f"new_{name}", type_=deliveries.c[name].type)


_SETTLE = (
    sa.update(deliveries)
    .where(
        deliveries.c.id.in_(sa.bindparam("ids", expanding=True)),
        sa.tuple_(deliveries.c.id, deliveries.c.lease_token).in_(
            sa.bindparam("leases", expanding=True)
        ),
        state_is(deliveries, "sending"),
    )
    .values(
        state=_param("state"),
        reason=_param("reason"),
        due_at=sa.func.coalesce(_param("due_at"), deliveries.c.due_at),
        attempts=deliveries.c.attempts + _param("attempts"),
        trigger=_param("trigger"),
        remote_id=sa.func.coalesce(_param("remote_id"), deliveries.c.remote_id),
        remote_url=sa.func.coalesce(_param("remote_url"), deliveries.c.remote_url),
        settled_at=_param("settled_at"),
        tries=0,
        lease_token=None,
        leased_until=None,
        rate_key=None,
    )
    .returning(deliveries.c.id)
)


def _end(connection: sa.Connection, batch: Sequence[Settlement], now: datetime) -> set[Lease]:
    """Settle the deliveries that are still leased as they were claimed; returns those leases.

    What ends alike is one statement, and most of it does.
    """
    alike: defaultdict[tuple[tuple[str, Any], ...], list[Lease]] = defaultdict(list)
    for one in batch:
        alike[tuple(_delivery_values(one, now).items())].append(one.lease)
    held: set[Lease] = set()
    for values, leases in alike.items():
        given = {"ids": [delivery_id for delivery_id, _token in leases], "leases": leases}
        ended = set(connection.execute(_SETTLE, {**dict(values), **given}).scalars())
        held |= {lease for lease in leases if lease[0] in ended}
    return held


def _delivery_values(one: Settlement, now: datetime) -> dict[str, Any]:
    outcome, verdict = one.attempted.outcome, one.verdict
    wait = timedelta(seconds=verdict.wait or 0.0)
    return {
        "new_state": verdict.state,
        "new_reason": _text(verdict.reason),
        "new_due_at": None if verdict.ended else one.ended_at + wait,
        "new_attempts": int(verdict.counts),
        "new_trigger": "replay" if one.job.replay else "scheduled",  # a manual try is one try
        "new_remote_id": _text(outcome.remote_id),
        "new_remote_url": _text(outcome.remote_url),
        "new_settled_at": now if verdict.ended else None,
    }


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


def _mark_lanes(
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


def _text(text: str | None) -> str | None:
    return None if text is None else clean_text(text)[:LONGEST_TEXT]


def _clean_exchanges(exchanges: list[Json]) -> Json:
    return clean(exchanges)
