"""Trying a target out: does it answer, and what does it say to a lead. Nothing of it is kept."""

from dataclasses import dataclass
from typing import Literal

from relay.core.contract import Json, Kind, Outcome
from relay.core.ids import new_id
from relay.core.pointers import parts
from relay.core.private import secret_places
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
    how: Literal["check", "send"]
    resumed: bool = False


WORKING = frozenset({Kind.DELIVERED, Kind.IGNORED, Kind.ACCEPTED})

OF_SETTINGS = frozenset({Kind.UNAUTHORIZED, Kind.GONE, Kind.REJECTED})
"""Outcomes that no further try mends."""


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
    resumed = attempted.outcome.kind in WORKING and _was_unauthorized(rt, target)
    if resumed:
        lanes.resume_target(rt, target.id, actor)
    return Trial(
        attempted.outcome.kind,
        in_words(target, attempted.outcome, how),
        attempted.exchanges,
        how,
        resumed=resumed,
    )


def in_words(target: ConfiguredTarget, outcome: Outcome, how: Literal["check", "send"]) -> str:
    """How a try went, as a person is told it; where the settings may be wrong, which."""
    if outcome.kind in WORKING:
        done = "The connection works." if how == "check" else "The test lead was taken."
        return outcome.message or done
    said = outcome.message or "It did not work."
    titles = _doubtful(target, outcome.kind) if outcome.kind in OF_SETTINGS else []
    if not titles or (how == "send" and outcome.kind is Kind.REJECTED):
        return said
    settings = "the setting" if len(titles) == 1 else "the settings"
    return f"{said.rstrip('.')}. Check {settings} {', '.join(titles)}."


def _was_unauthorized(rt: Runtime, target: ConfiguredTarget) -> bool:
    rows = inventory.targets_of(rt, target.project_id)
    return any(row["id"] == target.id and row["pause"] == "unauthorized" for row in rows)


def _doubtful(target: ConfiguredTarget, kind: Kind) -> list[str]:
    """Titles of the settings that are likely to be wrong: secrets where they are not accepted, else
    all that the kind cannot do without."""
    schema = target.kind.target.settings
    secret = [parts(place)[0] for place in secret_places(schema, dict(target.settings))]
    needed = [name for name in schema.get("required", ()) if name in target.settings]
    names = dict.fromkeys(secret if kind is Kind.UNAUTHORIZED and secret else [*needed, *secret])
    known = schema.get("properties", {})
    return [known.get(name, {}).get("title", name) for name in names]
