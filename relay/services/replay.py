"""Sending again and calling off: one delivery, or all that a filter names."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.core.contract import Json
from relay.core.ids import new_id
from relay.runtime import Runtime
from relay.services import auditing, configured, filters
from relay.services.blocked import OF_NOBODY_BLOCKED
from relay.services.deliveries import (
    STALE,
    ReplayCounts,
    end,
    last_open,
    lock_leads,
    replay_counts,
)
from relay.services.filtering import Filter, conditions
from relay.services.owing import LONGEST_WAIT
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


def replay_one(rt: Runtime, delivery_id: UUID, actor: str) -> UUID | None:
    """Send one delivery again; returns the id of the one that goes, None where there is none.

    One that still waits goes at once, with its own key. One that has ended stays as it is, and a
    new delivery with a key of its own goes in its place. What is being sent is left alone.
    """
    with rt.database.write() as connection:
        row = connection.execute(
            sa.select(deliveries).where(deliveries.c.id == delivery_id).with_for_update()
        ).one_or_none()
        if row is None:
            return None
        going = _again(rt, connection, [row])
        if going:
            _note(rt, connection, row, actor, "replay", {"delivery": str(going[0])})
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
            going = _again(rt, connection, _still_going(connection, rows))
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


def _again(rt: Runtime, connection: sa.Connection, rows: Sequence[Any]) -> list[UUID]:
    """Hurry what waits; make new deliveries for what has ended. Returns the ids that go."""
    waiting = [row.id for row in rows if row.state == "waiting"]
    if waiting:
        connection.execute(
            sa.update(deliveries)
            .where(deliveries.c.id.in_(waiting), deliveries.c.state == "waiting")
            .values(due_at=rt.clock.now(), trigger="manual")
        )
    ended = [row for row in rows if row.state not in {"waiting", "sending"}]
    leads = [row.lead_id for row in ended]
    counts = replay_counts(connection, leads)
    last = last_open(connection, leads)
    new = [_copy(rt, row, counts) for row in ended]
    for copy in new:  # one lead's deliveries to one target keep their order
        lane = (copy["lead_id"], copy["target_id"])
        copy["after_id"], last[lane] = last.get(lane), copy["id"]
    if new:
        connection.execute(sa.insert(deliveries), new)
    return [*waiting, *(row["id"] for row in new)]


def _copy(rt: Runtime, row: Any, counts: ReplayCounts) -> dict[str, Any]:
    now = rt.clock.now()
    key = (row.lead_id, row.version, row.target_id, row.label)
    counts[key] = counts.get(key, 0) + 1
    target = configured.target(rt, row.target_id)
    aged = target is not None and target.max_age is not None  # by the lead's own time
    return {
        "id": new_id(),
        "project_id": row.project_id,
        "lead_id": row.lead_id,
        "version": row.version,
        "target_id": row.target_id,
        "route_id": row.route_id,
        "source_id": row.source_id,
        "event": row.event,
        "label": row.label,
        "replay": counts[key],
        "replay_of": row.id,
        "state": "waiting",
        "priority": row.priority,
        "created_at": now,
        "due_at": now,
        "expires_at": row.expires_at if aged else now + LONGEST_WAIT,
        "max_attempts": row.max_attempts,
        "trigger": "replay",
    }
