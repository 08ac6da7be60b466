"""Sending: the payload is built and the target's conversation driven, by the one client."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from relay.core.contract import Conversation, Duty, Json, Kind, Outcome
from relay.core.lead import outgoing
from relay.core.readings import instant
from relay.net.client import Attempted
from relay.runtime import Runtime
from relay.services.claim import Job
from relay.services.configured import ConfiguredTarget
from relay.services.granting import converse

MOST_ERRORS = 5
"""Mistakes of a payload that are named."""


def attempt(rt: Runtime, job: Job) -> Attempted:
    """Bring one claimed delivery to its target, once. Never raises."""
    ids = {
        "id": str(job.lead_id),
        "number": job.lead_number,
        "public_id": job.lead_public_id,
        "version": job.version,
    }
    duty = Duty(
        id=str(job.id),
        event=job.event,
        lead_id=str(job.lead_id),
        version=job.version,
        occurred_at=job.occurred_at.timestamp(),
        now=rt.clock.now().timestamp(),
        attempt=job.attempts + 1,
        again=job.again,
        replay=job.replay,
        label=job.label,
        lead_at=job.lead_at.timestamp(),
        trial=job.trial,
        remote_id=job.remote_id,
        noted=job.noted,
    )
    lead = outgoing(job.document, ids, _event(job.event, job.label, job.occurred_at))
    return converse(rt, job.target, duty, partial(_conversation, job.target, lead))


def try_check(rt: Runtime, target: ConfiguredTarget, delivery_id: str) -> Attempted:
    """Ask the target whether its settings work; nothing is kept. Never raises."""
    check = partial(target.kind.target.check, target.settings)
    return converse(rt, target, _trial(delivery_id, rt.clock.now()), check)


def try_lead(rt: Runtime, target: ConfiguredTarget, document: Json, delivery_id: str) -> Attempted:
    """Send this lead as a test under an id that the caller makes up; nothing is kept.

    Never raises.
    """
    now = rt.clock.now()
    ids = {"id": delivery_id, "number": 0, "public_id": delivery_id, "version": 1}
    lead = outgoing(document, ids, _event("created", "", now))
    begin = partial(_conversation, target, lead)
    return converse(rt, target, _trial(delivery_id, now), begin)


def _trial(delivery_id: str, now: datetime) -> Duty:
    return Duty(
        id=delivery_id,
        event="created",
        lead_id=delivery_id,
        version=1,
        occurred_at=now.timestamp(),
        now=now.timestamp(),
        trial=True,
    )


def _conversation(target: ConfiguredTarget, lead: Json, duty: Duty) -> Conversation:
    """The target's own conversation; building the payload is part of it, for it too may fail."""
    built = target.kind.adapter.build(lead, target.mapping)
    if built.errors:
        return Outcome(kind=Kind.REJECTED, message=_named(built.errors))
    outcome = yield from target.kind.target.deliver(built.payload, target.settings, duty)
    if not built.cut:
        return outcome
    said = "; ".join(filter(None, (outcome.message, f"cut to fit: {built.cut}")))
    return replace(outcome, message=said)


def _named(errors: list[str]) -> str:
    more = f" and {len(errors) - MOST_ERRORS} more" if len(errors) > MOST_ERRORS else ""
    return "the lead does not fit this target: " + "; ".join(errors[:MOST_ERRORS]) + more


def _event(kind: str, label: str, at: datetime) -> Mapping[str, Any]:
    return {"type": kind, "label": label, "at": instant(at)}
