"""Trying a target out: does it answer, and what does it say to a lead. Nothing of it is kept."""

from dataclasses import dataclass
from typing import Literal

from relay.core.contract import Json, Kind
from relay.core.ids import new_id
from relay.net.client import Attempted
from relay.runtime import Runtime
from relay.services import inventory, lanes, sending
from relay.services.configured import ConfiguredTarget

SAMPLE: Json = {
    "v": 1,
    "contact": {
        "first_name": "Test",
        "last_name": "Lead",
        "full_name": "Test Lead",
        "email": "test.lead@example.com",
        "phone": {"raw": "+1 202 555 0142", "e164": "+12025550142", "region": "US"},
        "company": "Example Company",
    },
    "form": {
        "name": "Test from the relay",
        "message": "This is a test lead. Nobody has filled in a form.",
    },
    "attribution": {"utm": {"source": "relay", "medium": "test"}},
    "state": {"stage": "new"},
}
"""A lead that nobody can mistake for a real one."""


@dataclass(frozen=True, slots=True)
class Trial:
    """How a try went, with the conversation, redacted as an attempt's is."""

    outcome: Kind
    message: str
    exchanges: list[Json]
    resumed: bool = False


def try_target(
    rt: Runtime, target: ConfiguredTarget, how: Literal["check", "send"], actor: str
) -> Trial:
    """Check the connection, or send SAMPLE, by the client that sends the real leads.

    A target that was paused because its credentials were not accepted is resumed when they are now.
    """
    if how == "check":
        attempted = sending.try_check(rt, target, str(new_id()))
    else:
        attempted = sending.try_lead(rt, target, SAMPLE, str(new_id()))
    resumed = _works(attempted) and _was_unauthorized(rt, target)
    if resumed:
        lanes.resume_target(rt, target.id, actor)
    return Trial(
        attempted.outcome.kind, _message(attempted, how), attempted.exchanges, resumed=resumed
    )


def _works(attempted: Attempted) -> bool:
    return attempted.outcome.kind in {Kind.DELIVERED, Kind.IGNORED, Kind.ACCEPTED}


def _was_unauthorized(rt: Runtime, target: ConfiguredTarget) -> bool:
    rows = inventory.targets_of(rt, target.project_id)
    return any(row["id"] == target.id and row["pause"] == "unauthorized" for row in rows)


def _message(attempted: Attempted, how: str) -> str:
    said = attempted.outcome.message
    if said or not _works(attempted):
        return said or "It did not work."
    return "The connection works." if how == "check" else "The test lead was taken."
