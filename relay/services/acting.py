"""What a person does to one delivery: sends it now, by force, elsewhere, or calls it off."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.runtime import Runtime
from relay.services import auditing, configured, replay
from relay.services.blocked import NOT_BLOCKED
from relay.services.configured import ConfiguredTarget
from relay.services.deliveries import last_open
from relay.services.elsewhere import send_to
from relay.store.tables import deliveries, lanes, leads

GONE = "its target was removed"
UNDER_WAY = "it is being sent at this moment"
FIRST = "an earlier delivery of this lead to this target has to end first"
NOT_FORCED = {
    "unauthorized": "its credentials are not accepted; put them right, then resume the target",
    "gone": "the target says that it is gone; put its address right, then resume it",
}


class Refused(Exception):  # noqa: N818 - the text says why, for a person
    """It is not done; the text says why."""


class Blocked(Refused):
    """The lead's contact is blocked: nothing goes to it unless a person says so once more."""

    def __init__(self) -> None:
        super().__init__("this contact is blocked")


@dataclass(frozen=True, slots=True)
class Acted:
    """The delivery that goes, and what still holds it back, where something does."""

    delivery_id: UUID
    waits_for: str | None


def retry(rt: Runtime, delivery_id: UUID, actor: str, *, despite_block: bool = False) -> Acted:
    """Send one delivery now: itself while it waits, else anew. Raises Refused."""
    _judged(rt, delivery_id, despite_block=despite_block)
    return _sent(rt, replay.replay_one(rt, delivery_id, actor))


def force(rt: Runtime, delivery_id: UUID, actor: str, *, despite_block: bool = False) -> Acted:
    """Send one delivery now though its lane is shut. Raises Refused.

    It passes a person's pause, a hold, an open breaker and the rate limit, once. It does not pass
    what would harm: a credential that is refused, an earlier delivery of the same lead, the cap of
    requests at a time, the lead's consent, its own last date.
    """
    row = _judged(rt, delivery_id, despite_block=despite_block)
    if row.pause in NOT_FORCED:
        raise Refused(NOT_FORCED[row.pause])
    if _comes_later(rt, row):
        raise Refused(FIRST)
    return _sent(rt, replay.replay_one(rt, delivery_id, actor, forced=True), forced=True)


def elsewhere(
    rt: Runtime,
    delivery_id: UUID,
    target: ConfiguredTarget,
    actor: str,
    *,
    despite_block: bool = False,
) -> Acted:
    """Send another target what this delivery was to bring. Raises Refused."""
    row = _row(rt, delivery_id)
    _refuse_blocked(row, despite_block=despite_block)
    if target.project_id != row.project_id:
        raise Refused("the target is another project's")
    with rt.database.write() as connection:
        sent = send_to(rt, connection, [row], target)
        if not sent.made:
            raise Refused(sent.why_not[row.id])
        subject = auditing.delivery_named(connection, row)
        after = {"target": target.name, "delivery": str(sent.made[0])}
        auditing.note(connection, rt, row.project_id, actor, "replay to", subject, after=after)
    rt.queue.wake_lane(target.id)
    return _sent(rt, sent.made[0])


def waits_for(row: Any, now: datetime, *, forced: bool = False) -> str | None:
    """What holds a waiting delivery back, by its row with its lane's, or None."""
    if row.after_id is not None and row.before in ("waiting", "sending"):
        return FIRST
    if forced:
        return None
    if row.paused_at is not None:
        return "the target is paused"
    if row.hold_until is not None and row.hold_until > now:
        return "the target is held back for a while"
    if row.open_until is not None and row.open_until > now:
        return "the target keeps failing, and is left alone for a while"
    return None


def _judged(rt: Runtime, delivery_id: UUID, *, despite_block: bool) -> Any:
    row = _row(rt, delivery_id)
    if row.state == "sending":
        raise Refused(UNDER_WAY)
    if configured.target(rt, row.target_id) is None:
        raise Refused(GONE)
    _refuse_blocked(row, despite_block=despite_block)
    return row


def _refuse_blocked(row: Any, *, despite_block: bool) -> None:
    if row.blocked and not despite_block:
        raise Blocked


def _comes_later(rt: Runtime, row: Any) -> bool:
    """Whether something of its lead is still to go to its target before it."""
    if row.state == "waiting":
        return row.before in ("waiting", "sending")
    with rt.database.read() as connection:
        return (row.lead_id, row.target_id) in last_open(connection, [row.lead_id])


def _sent(rt: Runtime, going: UUID | None, *, forced: bool = False) -> Acted:
    if going is None:
        raise Refused("there is no such delivery")
    row = _row(rt, going)
    waiting = row.state == "waiting"
    return Acted(going, waits_for(row, rt.clock.now(), forced=forced) if waiting else None)


def _row(rt: Runtime, delivery_id: UUID) -> Any:
    """The delivery with its lane, the state of the one before it, and whether it is blocked."""
    before = deliveries.alias("before")
    blocked = sa.exists().where(leads.c.id == deliveries.c.lead_id, ~NOT_BLOCKED)
    query = (
        sa.select(
            deliveries,
            lanes.c.pause,
            lanes.c.paused_at,
            lanes.c.hold_until,
            lanes.c.open_until,
            before.c.state.label("before"),
            blocked.label("blocked"),
        )
        .outerjoin(lanes, lanes.c.target_id == deliveries.c.target_id)
        .outerjoin(before, before.c.id == deliveries.c.after_id)
        .where(deliveries.c.id == delivery_id)
    )
    with rt.database.read() as connection:
        row = connection.execute(query).one_or_none()
    if row is None:
        raise Refused("there is no such delivery")
    return row
