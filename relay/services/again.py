"""Sending again, within a transaction: what waits is hurried, what has ended goes as a new one."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.core.ids import new_id
from relay.runtime import Runtime
from relay.services import configured
from relay.services.deliveries import ReplayCounts, last_open, lock_leads, replay_counts
from relay.services.owing import LONGEST_WAIT
from relay.store.tables import deliveries


def locked(connection: sa.Connection, delivery_id: UUID) -> Any | None:
    """A delivery's row, locked after its lead, as whoever owes locks them; None without one."""
    own = deliveries.c.id == delivery_id
    lead_id = connection.scalar(sa.select(deliveries.c.lead_id).where(own))
    if lead_id is None:
        return None
    lock_leads(connection, [lead_id])
    return connection.execute(sa.select(deliveries).where(own).with_for_update()).one_or_none()


def send_again(
    rt: Runtime,
    connection: sa.Connection,
    rows: Sequence[Any],
    *,
    forced: bool = False,
    run_id: UUID | None = None,
) -> list[UUID]:
    """Hurry what waits; make new deliveries for what has ended. Returns the ids that go.

    The rows come in the order of their versions, and their leads are locked. Those of a bulk run
    are marked as its own.
    """
    now = rt.clock.now()
    marks: dict[str, Any] = {"forced_at": now} if forced else {}
    marks |= {"run_id": run_id} if run_id else {}
    waiting = [row.id for row in rows if row.state == "waiting"]
    if waiting:
        connection.execute(
            sa.update(deliveries)
            .where(deliveries.c.id.in_(waiting), deliveries.c.state == "waiting")
            .values(due_at=now, trigger="manual", **marks)
        )
    ended = [row for row in rows if row.state not in {"waiting", "sending"}]
    leads = [row.lead_id for row in ended]
    counts = replay_counts(connection, leads)
    last = last_open(connection, leads)
    new = [_copy(rt, row, counts) | marks for row in ended]
    write_behind(connection, new, last)
    return [*waiting, *(row["id"] for row in new)]


def write_behind(
    connection: sa.Connection, new: Sequence[dict[str, Any]], last: dict[tuple[UUID, UUID], UUID]
) -> None:
    """Write new deliveries, each behind what is open of its lead for its target: they keep their
    order. `last` are those, by lead and target."""
    for row in new:
        lane = (row["lead_id"], row["target_id"])
        row["after_id"], last[lane] = last.get(lane), row["id"]
    if new:
        connection.execute(sa.insert(deliveries), new)


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
