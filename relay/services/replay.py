"""Sending again and calling off: one delivery, or all that a filter names."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.core.conditions import matches
from relay.core.ids import new_id
from relay.runtime import Runtime
from relay.services import configured
from relay.services.browse import Filter, conditions
from relay.services.configured import ConfiguredTarget
from relay.services.deliveries import end
from relay.services.owing import LONGEST_WAIT
from relay.store.tables import deliveries, lead_versions, leads, state_is

BATCH = 500
"""Deliveries that one transaction takes up."""

Progress = Callable[[int], None]
"""Told how many more were done."""


def count(rt: Runtime, wanted: Filter) -> int:
    """How many deliveries the filter names."""
    with rt.database.read() as connection:
        statement = sa.select(sa.func.count()).where(*conditions(wanted))
        return int(connection.execute(statement.select_from(deliveries)).scalar_one())


def count_by_state(rt: Runtime, wanted: Filter) -> dict[str, int]:
    """How many deliveries the filter names in each state that there are any in."""
    statement = (
        sa.select(deliveries.c.state, sa.func.count())
        .where(*conditions(wanted))
        .group_by(deliveries.c.state)
        .order_by(deliveries.c.state)
    )
    with rt.database.read() as connection:
        return dict(connection.execute(statement).all())


def replay_one(rt: Runtime, delivery_id: UUID) -> UUID | None:
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
    rt.queue.wake_lane(row.target_id)
    return going[0] if going else delivery_id


def replay_all(rt: Runtime, wanted: Filter, progress: Progress | None = None) -> int:
    """Send again everything that the filter names; returns how many go."""
    done = 0
    for rows in _batches(rt, conditions(wanted)):
        with rt.database.write() as connection:
            going = _again(rt, connection, rows)
        for target_id in {row.target_id for row in rows}:
            rt.queue.wake_lane(target_id)
        done += len(going)
        if progress is not None:
            progress(len(rows))
    return done


def cancel(
    rt: Runtime, wanted: Filter, reason: str = "called off", progress: Progress | None = None
) -> int:
    """Call off what the filter names and still waits; returns how many. The lead stays."""
    done = 0
    for rows in _batches(rt, [*conditions(wanted), state_is(deliveries, "waiting")]):
        with rt.database.write() as connection:
            ids = [row.id for row in rows]
            done += end(connection, ids, "cancelled", reason, rt.clock.now())
        if progress is not None:
            progress(len(rows))
    return done


def missing(
    rt: Runtime, target_id: UUID, since: datetime | None = None, source: UUID | None = None
) -> list[Any]:
    """The leads that this target never got and that its routes would send it, oldest first."""
    target = configured.target(rt, target_id)
    if target is None:
        return []
    got = sa.exists().where(
        deliveries.c.lead_id == leads.c.id,
        deliveries.c.target_id == target_id,
        deliveries.c.state.in_(("waiting", "sending", "delivered", "ignored")),
    )
    statement = (
        sa.select(leads, lead_versions.c.document)
        .join(
            lead_versions,
            sa.and_(
                lead_versions.c.lead_id == leads.c.id, lead_versions.c.version == leads.c.version
            ),
        )
        .where(
            leads.c.project_id == target.project_id,
            leads.c.archived_at.is_(None),
            leads.c.test.is_(False),
            leads.c.partial.is_(False),
            ~got,
        )
        .order_by(leads.c.created_at)
    )
    if since is not None:
        statement = statement.where(leads.c.created_at >= since)
    if source is not None:
        statement = statement.where(leads.c.source_id == source)
    with rt.database.read() as connection:
        rows = connection.execute(statement).all()
    return [row for row in rows if _route_to(rt, row, target_id) is not None]


def replay_missing(
    rt: Runtime,
    target_id: UUID,
    since: datetime | None = None,
    source: UUID | None = None,
    progress: Progress | None = None,
) -> int:
    """Bring this target the leads that it never got; returns how many go."""
    target = configured.target(rt, target_id)
    rows = missing(rt, target_id, since, source)
    if target is None:
        return 0
    for start in range(0, len(rows), BATCH):
        batch = rows[start : start + BATCH]
        with rt.database.write() as connection:
            counts = _replay_counts(connection, [row.id for row in batch])
            new = [_first(rt, row, target, counts) for row in batch]
            connection.execute(sa.insert(deliveries), new)
        if progress is not None:
            progress(len(batch))
    rt.queue.wake_lane(target_id)
    return len(rows)


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
    counts = _replay_counts(connection, [row.lead_id for row in ended])
    new = [_copy(rt, row, counts) for row in ended]
    if new:
        connection.execute(sa.insert(deliveries), new)
    return [*waiting, *(row["id"] for row in new)]


_Counts = dict[tuple[UUID, int, UUID, str, str], int]


def _replay_counts(connection: sa.Connection, lead_ids: Sequence[UUID]) -> _Counts:
    """The highest replay number by lead, version, target, event and label; the leads are locked."""
    if not lead_ids:
        return {}
    connection.execute(
        sa.select(leads.c.id)
        .where(leads.c.id.in_(lead_ids))
        .order_by(leads.c.project_id, leads.c.lead_key)
        .with_for_update()
    ).all()
    key = (
        deliveries.c.lead_id,
        deliveries.c.version,
        deliveries.c.target_id,
        deliveries.c.event,
        deliveries.c.label,
    )
    statement = (
        sa.select(*key, sa.func.max(deliveries.c.replay))
        .where(deliveries.c.lead_id.in_(lead_ids))
        .group_by(*key)
    )
    return {tuple(row[:5]): row[5] for row in connection.execute(statement)}


def _copy(rt: Runtime, row: Any, counts: _Counts) -> dict[str, Any]:
    now = rt.clock.now()
    key = (row.lead_id, row.version, row.target_id, row.event, row.label)
    counts[key] = counts.get(key, 0) + 1
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
        "expires_at": now + LONGEST_WAIT,
        "max_attempts": row.max_attempts,
        "trigger": "replay",
    }


def _first(rt: Runtime, row: Any, target: ConfiguredTarget, counts: _Counts) -> dict[str, Any]:
    now = rt.clock.now()
    key = (row.id, row.version, target.id, "created", "")
    counts[key] = counts.get(key, 0) + 1
    age = target.max_age
    return {
        "id": new_id(),
        "project_id": row.project_id,
        "lead_id": row.id,
        "version": row.version,
        "target_id": target.id,
        "route_id": _route_to(rt, row, target.id),
        "source_id": row.source_id,
        "event": "created",
        "replay": counts[key],
        "state": "waiting",
        "created_at": now,
        "due_at": now,
        "expires_at": now + LONGEST_WAIT
        if age is None
        else row.created_at + timedelta(seconds=age),
        "trigger": "replay",
    }


def _route_to(rt: Runtime, lead: Any, target_id: UUID) -> UUID | None:
    """The route by which this lead would go to the target, or None."""
    for route in configured.routes_from(rt, lead.source_id):
        if route.target_id == target_id and matches(route.condition, lead.document):
            return route.id
    return None
