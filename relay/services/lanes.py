"""Pausing, holding, resuming: a paused source accepts and holds, a target holds its deliveries."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from relay.core.contract import Json
from relay.runtime import Runtime
from relay.services import auditing, configured
from relay.store.tables import lanes, sources, submissions, targets


def free(now: datetime) -> sa.ColumnElement[bool]:
    """The condition on a lane that nothing holds back: its target is in use, and none of pause,
    hold and breaker is on."""
    in_use = sa.select(targets.c.id).where(targets.c.archived_at.is_(None))
    return sa.and_(
        lanes.c.target_id.in_(in_use),
        lanes.c.paused_at.is_(None),
        sa.or_(lanes.c.hold_until.is_(None), lanes.c.hold_until <= now),
        sa.or_(lanes.c.open_until.is_(None), lanes.c.open_until <= now),
    )


def pause_target(rt: Runtime, target_id: UUID, reason: str, actor: str) -> bool:
    """Hold this target's deliveries until it is resumed; False when somebody had done so already.

    What had paused by itself goes on with better settings; what a person pauses does not.
    """
    not_yet = sa.or_(lanes.c.paused_at.is_(None), lanes.c.pause != "manual")
    with rt.database.write() as connection:
        changed = connection.execute(
            sa.update(lanes)
            .where(lanes.c.target_id == target_id, not_yet)
            .values(paused_at=rt.clock.now(), pause="manual", pause_reason=reason)
        ).rowcount
        if changed:
            _note(rt, connection, actor, "pause", targets, target_id, {"reason": reason})
    return bool(changed)


def hold_target(rt: Runtime, target_id: UUID, until: datetime, reason: str, actor: str) -> bool:
    """Hold this target's deliveries until a time, after which they go by themselves.

    False when they are held longer anyway. What a vendor asks for later may lengthen the hold.
    """
    earlier = sa.or_(lanes.c.hold_until.is_(None), lanes.c.hold_until < until)
    with rt.database.write() as connection:
        changed = connection.execute(
            sa.update(lanes)
            .where(lanes.c.target_id == target_id, earlier)
            .values(hold_until=until, hold_reason=reason)
        ).rowcount
        if changed:
            after = {"until": until.isoformat(), "reason": reason}
            _note(rt, connection, actor, "hold", targets, target_id, after)
    return bool(changed)


def resume_target(rt: Runtime, target_id: UUID, actor: str) -> bool:
    """Let this target's deliveries go, whatever held them; False when nothing did."""
    held = sa.or_(
        lanes.c.paused_at.is_not(None), lanes.c.hold_until.is_not(None), lanes.c.failures > 0
    )
    with rt.database.write() as connection:
        changed = connection.execute(
            sa.update(lanes)
            .where(lanes.c.target_id == target_id, held)
            .values(
                paused_at=None,
                pause=None,
                pause_reason=None,
                hold_until=None,
                hold_reason=None,
                breaker="closed",
                failures=0,
                trips=0,
                open_until=None,
            )
        ).rowcount
        if changed:
            _note(rt, connection, actor, "resume", targets, target_id, None)
    rt.queue.wake_lane(target_id)
    return bool(changed)


def pause_source(rt: Runtime, source_id: UUID, actor: str) -> bool:
    """Accept and hold what arrives at this source; False when it was paused already."""
    with rt.database.write() as connection:
        changed = connection.execute(
            sa.update(sources)
            .where(sources.c.id == source_id, sources.c.paused_at.is_(None))
            .values(paused_at=rt.clock.now())
        ).rowcount
        if changed:
            _note(rt, connection, actor, "pause", sources, source_id, None)
    configured.forget(rt)
    return bool(changed)


def resume_source(rt: Runtime, source_id: UUID, actor: str) -> int:
    """Let this source's submissions go on; returns how many had been held for the pause."""
    with rt.database.write() as connection:
        changed = connection.execute(
            sa.update(sources)
            .where(sources.c.id == source_id, sources.c.paused_at.is_not(None))
            .values(paused_at=None)
        ).rowcount
        released = connection.execute(
            sa.update(submissions)
            .where(
                submissions.c.source_id == source_id,
                submissions.c.state == "held",
                submissions.c.hold == "paused",
            )
            .values(state="received", hold=None, reasons=[])
        ).rowcount
        if changed:
            _note(rt, connection, actor, "resume", sources, source_id, {"released": released})
    configured.forget(rt)
    rt.queue.wake_store()
    return released


def _note(
    rt: Runtime,
    connection: sa.Connection,
    actor: str,
    action: str,
    table: sa.Table,
    row_id: UUID,
    after: Json,
) -> None:
    row = connection.execute(
        sa.select(table.c.project_id, table.c.name).where(table.c.id == row_id)
    ).one()
    subject = f"{table.name.removesuffix('s')} {row.name}"
    auditing.note(connection, rt, row.project_id, actor, action, subject, after=after)
