"""Sending again and calling off: one delivery, or all that a filter names."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.core.contract import Json
from relay.core.ids import new_id
from relay.runtime import Runtime
from relay.services import auditing, filters
from relay.services.again import locked, send_again
from relay.services.blocked import OF_NOBODY_BLOCKED
from relay.services.deliveries import STALE, end, lock_leads
from relay.services.filtering import Filter, conditions
from relay.store.tables import deliveries, state_is

BATCH = 500
"""Deliveries that one transaction takes up."""

Progress = Callable[[int], None]
"""Told how many more were done."""


GOING = (deliveries.c.state != "sending", sa.not_(STALE), OF_NOBODY_BLOCKED)
"""What a replay of many sends again, of all that its filter names."""


@dataclass(frozen=True, slots=True)
class Replayable:
    """What a replay would send again, by state; `left` are those of the filter that stay."""

    going: dict[str, int]
    left: int


@dataclass(frozen=True, slots=True)
class CalledOff:
    """How many were called off, and how many were being sent and go on."""

    ended: int
    sending: int


def count_by_state(rt: Runtime, wanted: Filter) -> dict[str, int]:
    """How many deliveries the filter names in each state that there are any in."""
    return _count(rt, conditions(wanted))


def replayable(rt: Runtime, wanted: Filter) -> Replayable:
    """What `replay_all` would send again of what the filter names."""
    going = _count(rt, [*conditions(wanted), *GOING])
    named = count_by_state(rt, wanted)
    return Replayable(going, max(0, sum(named.values()) - sum(going.values())))


def _count(rt: Runtime, wanted: Sequence[sa.ColumnElement[bool]]) -> dict[str, int]:
    statement = (
        sa.select(deliveries.c.state, sa.func.count())
        .where(*wanted)
        .group_by(deliveries.c.state)
        .order_by(deliveries.c.state)
    )
    with rt.database.read() as connection:
        return dict(connection.execute(statement).all())


def replay_one(rt: Runtime, delivery_id: UUID, actor: str, *, forced: bool = False) -> UUID | None:
    """Send one delivery again; returns the id of the one that goes, None where there is none.

    One that still waits goes at once, with its own key. One that has ended stays as it is, and a
    new delivery with a key of its own goes in its place. What is being sent is left alone. What is
    `forced` goes once even where its lane is shut.
    """
    with rt.database.write() as connection:
        row = locked(connection, delivery_id)
        if row is None:
            return None
        going = send_again(rt, connection, [row], forced=forced)
        if going:
            done = "force" if forced else "replay"
            _note(rt, connection, row, actor, done, {"delivery": str(going[0])})
    rt.queue.wake_lane(row.target_id)
    return going[0] if going else delivery_id


def replay_all(rt: Runtime, wanted: Filter, actor: str, progress: Progress | None = None) -> int:
    """Send again what the filter names; returns how many go.

    What is being sent is left alone. So is what has ended while a newer version of its lead waits,
    is being sent or was delivered there: the older one must not come last and stay. And so are
    deliveries to contacts that are blocked by now; one alone goes all the same (`replay_one`).
    """
    done = 0
    _note_all(rt, wanted, actor, "replay")
    for rows in _batches(rt, [*conditions(wanted), *GOING]):
        with rt.database.write() as connection:
            going = send_again(rt, connection, _still_going(connection, rows))
        for target_id in {row.target_id for row in rows}:
            rt.queue.wake_lane(target_id)
        done += len(going)
        if progress is not None:
            progress(len(rows))
    return done


def cancel(
    rt: Runtime,
    wanted: Filter,
    actor: str,
    reason: str = "called off",
    progress: Progress | None = None,
) -> CalledOff:
    """Call off what the filter names and still waits. The leads stay."""
    _note_all(rt, wanted, actor, "cancel")
    sending = count_by_state(rt, replace(wanted, states=("sending",))).get("sending", 0)
    done = 0
    for rows in _batches(rt, [*conditions(wanted), state_is(deliveries, "waiting")]):
        with rt.database.write() as connection:
            ids = [row.id for row in rows]
            ended = end(connection, ids, "cancelled", reason, rt.clock.now())
        done += ended
        sending += len(rows) - ended  # taken up meanwhile
        if progress is not None:
            progress(len(rows))
    return CalledOff(done, sending)


def cancel_one(rt: Runtime, delivery_id: UUID, actor: str, reason: str = "called off") -> bool:
    """Call off one delivery that waits; False where it does not wait any more."""
    with rt.database.write() as connection:
        if not end(connection, [delivery_id], "cancelled", reason, rt.clock.now()):
            return False
        row = connection.execute(sa.select(deliveries).where(deliveries.c.id == delivery_id)).one()
        _note(rt, connection, row, actor, "cancel", {"reason": reason})
    return True


def _note(
    rt: Runtime, connection: sa.Connection, row: Any, actor: str, action: str, after: Json
) -> None:
    subject = auditing.delivery_named(connection, row)
    auditing.note(connection, rt, row.project_id, actor, action, subject, after=after)


def _note_all(rt: Runtime, wanted: Filter, actor: str, action: str) -> None:
    """Before the first of them, so that it is known however this ends."""
    asked = {"filter": filters.impersonal(filters.to_json(wanted))}
    with rt.database.write() as connection:
        auditing.note(connection, rt, wanted.project, actor, action, "deliveries", after=asked)


def _batches(rt: Runtime, wanted: Sequence[sa.ColumnElement[bool]]) -> Iterator[Sequence[Any]]:
    """What was there at the beginning, batch by batch in the order of the ids."""
    newest = new_id()
    last: UUID | None = None
    while True:
        statement = sa.select(deliveries).where(*wanted, deliveries.c.id < newest)
        if last is not None:
            statement = statement.where(deliveries.c.id > last)
        with rt.database.read() as connection:
            rows = connection.execute(statement.order_by(deliveries.c.id).limit(BATCH)).all()
        if not rows:
            return
        yield rows
        last = rows[-1].id


def _still_going(connection: sa.Connection, rows: Sequence[Any]) -> Sequence[Any]:
    """Those that go even now, as they are now; no version of their leads can come meanwhile."""
    lock_leads(connection, [row.lead_id for row in rows])
    ids = [row.id for row in rows]
    statement = sa.select(deliveries).where(deliveries.c.id.in_(ids), *GOING)
    return connection.execute(statement.order_by(deliveries.c.version, deliveries.c.id)).all()
