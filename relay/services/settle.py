"""Settling: what came of attempts is written, many at a time, naming the leases they were under."""

import json
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from relay.core.clean import clean
from relay.services.deliveries import promote
from relay.services.marks import mark_lanes
from relay.services.settlement import Lease, Settled, Settlement, short
from relay.store.insert import insert_new
from relay.store.tables import attempts, deliveries, state_is

TOO_LATE = "too late, another worker had taken over: "

UNDELIVERED = ("failed",)
"""Ends after which the target does not know the lead."""


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
    more = mark_lanes(connection, batch, ours, now)
    return [Settled(one, one.lease not in held, more) for one in batch]


def _attempt_row(one: Settlement, *, late: bool) -> dict[str, Any]:
    message = short(one.attempted.outcome.message) or ""
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
        "exchanges": clean(one.attempted.exchanges),
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
        last_outcome=_param("last_outcome"),
        last_status=_param("last_status"),
        noted=sa.case(
            (sa.bindparam("ended", type_=sa.Boolean), sa.null()),  # nobody goes on from there
            else_=sa.func.coalesce(sa.bindparam("new_noted", type_=sa.Text), deliveries.c.noted),
        ),
        tries=0,
        forced_at=None,  # one attempt's worth
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
        "new_reason": short(verdict.reason),
        "new_due_at": None if verdict.ended else one.ended_at + wait,
        "new_attempts": int(verdict.counts),
        "new_trigger": "replay" if one.job.replay else "scheduled",  # a manual try is one try
        "new_remote_id": short(outcome.remote_id),
        "new_remote_url": short(outcome.remote_url),
        "new_settled_at": now if verdict.ended else None,
        "new_last_outcome": outcome.kind.value,
        "new_last_status": one.attempted.status,
        "new_noted": None if verdict.ended else _noted(one),
        "ended": verdict.ended,
    }


def _noted(one: Settlement) -> str | None:
    """As text, so that what is alike can be told."""
    noted = one.attempted.noted
    return None if noted is None else json.dumps(clean(noted), ensure_ascii=False)
