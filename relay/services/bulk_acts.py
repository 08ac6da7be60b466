"""What a bulk run does to some deliveries in one transaction, and why it leaves others out.

Two runs at once, or one that is begun again, send nothing twice: leads are locked first, and what
was sent anew since the run was counted, or is still on its way, is left out.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.runtime import Runtime
from relay.services import catching_up, configured
from relay.services.again import send_again
from relay.services.blocked import BLOCKED, OF_NOBODY_BLOCKED
from relay.services.deliveries import STALE, end, lock_leads
from relay.services.elsewhere import send_to
from relay.store.tables import deliveries, state_is

SENDING = "it was being sent at that moment"
NOT_WAITING = "it did not wait any more"
ARRIVED = "it had arrived already"
ARRIVED_SINCE = "it had arrived by another delivery"
ON_ITS_WAY = "it was on its way again already"
OVERTAKEN = "a newer version of the lead goes, or has gone, instead"
GONE = "its target was removed"
NOT_TRIED = {
    "skipped": "it was skipped by a rule; retry is for what was tried",
    "superseded": "a newer version of the lead went instead",
    "cancelled": "somebody had called it off",
}
BY_RETRY = ("waiting", "failed", "expired")
"""The states in which a retry takes a delivery up; a replay takes any."""


@dataclass(slots=True)
class Did:
    """How many a batch was done to, why the others were not, and the lanes to be woken."""

    done: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    lanes: set[UUID] = field(default_factory=set)


def act(rt: Runtime, connection: sa.Connection, run: Any, ids: Sequence[UUID]) -> Did:
    """Do what the run is for to these deliveries; for `catch_up` they are leads."""
    return _ACTS[run.action](rt, connection, run, ids)


def _again(rt: Runtime, connection: sa.Connection, run: Any, ids: Sequence[UUID]) -> Did:
    did = Did()
    going, sent = [], set()
    for row in _locked(connection, run, ids):
        same = (row.lead_id, row.target_id, row.version, row.label)
        reason = ON_ITS_WAY if same in sent else _why_not(rt, run, row)
        if reason is not None:
            did.skipped[reason] += 1
            continue
        going.append(row)
        sent.add(same)
    send_again(rt, connection, going, run_id=run.id)
    did.done = len(going)
    did.lanes = {row.target_id for row in going}
    return did


def _why_not(rt: Runtime, run: Any, row: Any) -> str | None:
    if row.state == "sending":
        return SENDING
    if configured.target(rt, row.target_id) is None:
        return GONE
    if not row.permitted:
        return BLOCKED
    if run.action == "retry" and row.state not in BY_RETRY:
        return NOT_TRIED.get(row.state, ARRIVED)
    if row.state == "waiting":
        return None
    if row.again:
        return ON_ITS_WAY
    if row.arrived and row.state not in ("delivered", "ignored"):
        return ARRIVED_SINCE
    return OVERTAKEN if row.stale else None


def _locked(connection: sa.Connection, run: Any, ids: Sequence[UUID]) -> Sequence[Any]:
    """The rows as they are now, in the order of their versions; their leads are locked."""
    named = deliveries.c.id.in_(ids)
    of_leads = sa.select(deliveries.c.lead_id).where(named).distinct()
    lock_leads(connection, list(connection.execute(of_leads).scalars()))
    statement = (
        sa.select(
            deliveries,
            OF_NOBODY_BLOCKED.label("permitted"),
            STALE.label("stale"),
            _same_sent_again(run).label("again"),
            _same_arrived().label("arrived"),
        )
        .where(named)
        .order_by(deliveries.c.version, deliveries.c.id)
    )
    return connection.execute(statement).all()


def _same(other: sa.FromClause) -> list[sa.ColumnElement[bool]]:
    """The conditions on another delivery that brings the same."""
    own = deliveries.c
    pairs = [other.c[name] == own[name] for name in ("lead_id", "target_id", "version", "label")]
    return [*pairs, other.c.id != own.id]


def _same_sent_again(run: Any) -> sa.ColumnElement[bool]:
    other = deliveries.alias("sent_again")
    since = sa.or_(other.c.id > run.newest, state_is(other, "waiting", "sending"))
    return sa.exists().where(*_same(other), since)


def _same_arrived() -> sa.ColumnElement[bool]:
    other = deliveries.alias("arrived")
    return sa.exists().where(*_same(other), state_is(other, "delivered", "ignored"))


def _elsewhere(rt: Runtime, connection: sa.Connection, run: Any, ids: Sequence[UUID]) -> Did:
    did = Did()
    target = configured.target(rt, run.target_id)
    if target is None:
        did.skipped[GONE] += len(ids)
        return did
    rows = _locked(connection, run, ids)
    allowed = [row for row in rows if row.permitted]
    sent = send_to(rt, connection, allowed, target, run_id=run.id)
    did.skipped.update(sent.why_not.values())
    did.skipped += Counter({BLOCKED: len(rows) - len(allowed)})
    did.done, did.lanes = len(sent.made), {target.id}
    return did


def _cancel(rt: Runtime, connection: sa.Connection, run: Any, ids: Sequence[UUID]) -> Did:
    waiting = (
        sa.select(deliveries.c.id)
        .where(deliveries.c.id.in_(ids), state_is(deliveries, "waiting"))
        .order_by(deliveries.c.id)
        .with_for_update()
    )
    found = list(connection.execute(waiting).scalars())
    reason = f"called off by {run.asked_by}"
    done = end(connection, found, "cancelled", reason, rt.clock.now())
    connection.execute(
        sa.update(deliveries).where(deliveries.c.id.in_(found)).values(run_id=run.id)
    )
    return Did(done, +Counter({NOT_WAITING: len(ids) - done}))


def _catch_up(rt: Runtime, connection: sa.Connection, run: Any, ids: Sequence[UUID]) -> Did:
    target = configured.target(rt, run.target_id)
    if target is None:
        return Did(skipped=Counter({GONE: len(ids)}))
    source = run.wanted.source
    owed = catching_up.owe(rt, connection, target, ids, source=source, run_id=run.id)
    return Did(owed.done, owed.why_not, {target.id})


_ACTS: dict[str, Callable[[Runtime, sa.Connection, Any, Sequence[UUID]], Did]] = {
    "retry": _again,
    "replay": _again,
    "replay_to": _elsewhere,
    "cancel": _cancel,
    "catch_up": _catch_up,
}
