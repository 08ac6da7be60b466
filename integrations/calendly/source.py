"""Calendly: somebody who books, cancels or fills in a routing form, by a signed webhook."""

from collections.abc import Iterator

from relay.core.contract import Inbound, Json, Parsed, Settings, Signature, Source, read_body

SETTINGS: Json = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "secrets": {
            "type": "array",
            "title": "Signing keys",
            "description": "The signing_key of the webhook subscription. Several count at once, so"
            " that it can be changed without a gap. Without one, the address alone is the proof.",
            "items": {"type": "string", "minLength": 1},
            "maxItems": 5,
            "secret": True,
        }
    },
}

TOLERANCE = 180
"""Seconds that a signature may be old (developer.calendly.com, webhook signatures)."""


def parse(inbound: Inbound, _settings: Settings) -> list[Parsed]:
    """The one event. A booking and what becomes of it are one lead, told by the invitee."""
    event = read_body(inbound)
    payload = event.get("payload") if isinstance(event, dict) else None
    if not isinstance(payload, dict):
        return [Parsed(document=event)]
    who, kind = payload.get("uri"), event.get("event")
    if not isinstance(who, str) or not isinstance(kind, str):
        return [Parsed(document=event)]
    document = {**event, "payload": _answered(payload)}
    return [Parsed(document=document, event_id=f"{who} {kind}", lead_id=_lead(payload, who))]


def _lead(payload: dict[str, Json], who: str) -> str:
    """The first invitee of a booking that was moved: Calendly makes a new one each time."""
    before = payload.get("old_invitee")
    return before if isinstance(before, str) and before else who


def _answered(payload: dict[str, Json]) -> dict[str, Json]:
    """Questions and answers as answers with labels, whatever the list is called."""
    found = {**payload}
    asked = found.pop("questions_and_answers", None) or found.pop("questions_and_responses", None)
    if isinstance(asked, list):
        found["answers"] = [
            {"label": one.get("question"), "value": one.get("answer", one.get("response"))}
            for one in asked
            if isinstance(one, dict)
        ]
    event = found.get("scheduled_event")
    if isinstance(event, dict):
        booking = {name: event[name] for name in KEPT if name in event}
        booking |= dict(_place(event.get("location")))
        if rest := [name for name in event if name not in (*KEPT, "location")]:
            booking["rest"] = rest
        found["scheduled_event"] = booking
    return found


KEPT = ("name", "start_time", "end_time", "uri")
"""What tells of the booking, among much that tells of the account."""


def _place(location: Json) -> Iterator[tuple[str, Json]]:
    """Where the meeting is: on a call that the host makes, the invitee's own number."""
    if not isinstance(location, dict):
        return
    where = location.get("location") or location.get("join_url") or location.get("type")
    if where:
        yield ("called_at" if location.get("type") == "outbound_call" else "place"), where


SOURCE = Source(
    label="Calendly",
    summary="Takes bookings and routing forms of Calendly by its signed webhook.",
    settings=SETTINGS,
    parse=parse,
    verify=[
        Signature(
            header="Calendly-Webhook-Signature",
            signed="{timestamp}.{raw}",
            pattern=r"t=(?P<timestamp>\d+)|v1=(?P<signature>[0-9a-fA-F]+)",
            written="t={timestamp},v1={signature}",
            tolerance=TOLERANCE,
        )
    ],
    retries=True,
    unverified="Made without a live account, after the vendor's pages.",
)
