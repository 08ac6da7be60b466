"""LeadTrackr: forwards leads to a hosted project, and what becomes of them.

Calls: createServerSideLead and updateLeadStatus, as the vendor's API reference describes them.
"""

import json

from relay.core.contract import (
    END,
    Conversation,
    Duty,
    Json,
    Kind,
    Outcome,
    Reply,
    Request,
    Settings,
    Target,
    judge_status,
    said_object,
)

HOST = "https://app.leadtrackr.io"

MEANINGS = {403: Kind.UNAUTHORIZED, 404: Kind.UNAUTHORIZED, 409: Kind.RETRY}
"""An inactive or unknown project is to be put right and costs no lead; a conflict passes: the
project still works at the lead's last change."""

SETTINGS: Json = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["project_id", "api_key"],
    "additionalProperties": False,
    "properties": {
        "project_id": {
            "type": "string",
            "title": "Project id",
            "description": "In the LeadTrackr dashboard under Settings.",
            "minLength": 1,
        },
        "api_key": {
            "type": "string",
            "title": "API key",
            "description": "Of that project.",
            "pattern": f"^[!-~]+{END}",
            "secret": True,
        },
        "labels": {
            "type": "object",
            "title": "Conversion labels",
            "description": "LeadTrackr's id for each status or conversion label of ours.",
            "additionalProperties": {"type": "string", "minLength": 1},
        },
        "url": {
            "type": "string",
            "title": "Address",
            "description": "Where LeadTrackr's API is.",
            "format": "uri",
            "pattern": f"^https?://[^\\s/@?#]+(/[^\\s?#]*)?{END}",
            "default": HOST,
        },
    },
}

AS_THEY_ARE = {"open": "open", "lost": "lost"}
"""Statuses of ours that LeadTrackr knows by the same name."""


def deliver(payload: Json, settings: Settings, duty: Duty) -> Conversation:
    """Create or update the lead, or tell its status; LeadTrackr knows it by its uniqueEventId."""
    if duty.event == "status":
        return (yield from _tell_status(payload, settings, duty))
    lead = _lead(payload, settings, duty)
    reply = yield _request("createServerSideLead", lead, settings)
    return _judge(reply, duty)


def check(settings: Settings, duty: Duty) -> Conversation:
    """Ask for one lead: the key is judged, nothing is made."""
    url = f"{_base(settings)}/api/leads/getLeads?limit=1"
    reply = yield Request(method="GET", url=url, headers={"X-API-Key": settings["api_key"]})
    refused = judge_status(reply, duty, MEANINGS, _said(reply))
    return refused or Outcome(kind=Kind.DELIVERED)


def _tell_status(payload: Json, settings: Settings, duty: Duty) -> Conversation:
    state = payload.get("$state", {})
    label = _label(state, settings)
    if label is None:
        names = state.get("label") or state.get("conversion_name") or state.get("stage")
        return Outcome(kind=Kind.IGNORED, message=f"no conversion label is set for {names!r}")
    number = duty.remote_id or ""
    who = {"leadId": int(number)} if number.isascii() and number.isdigit() else _by(payload)
    change: dict[str, Json] = {**who, "conversionId": label}
    if (price := state.get("value_minor")) is not None and price >= 0:
        change["price"] = price
    reply = yield _request("updateLeadStatus", change, settings)
    refused = judge_status(reply, duty, {**MEANINGS, 404: Kind.REJECTED}, _said(reply))
    return refused or Outcome(kind=Kind.DELIVERED, remote_id=duty.remote_id)


def _label(state: Json, settings: Settings) -> str | None:
    """The conversion label's id at LeadTrackr, by the names that the status has here; a status that
    came by LeadTrackr's call has the id itself."""
    labels = settings.get("labels", {})
    names = [state.get(name) for name in ("label", "conversion_name", "stage")]
    found = [labels.get(name) or AS_THEY_ARE.get(name) for name in names if name]
    native: str | None = state.get("native")
    return next(filter(None, found), native)


def _by(payload: Json) -> dict[str, Json]:
    """What the lead is found by where its number is not known."""
    user = payload.get("userData", {})
    known = {
        "uniqueIdentifier": payload.get("uniqueIdentifier"),
        "email": user.get("email"),
        "phone": user.get("phone"),
    }
    return next(({name: value} for name, value in known.items() if value), {})


def _lead(payload: Json, settings: Settings, duty: Duty) -> Json:
    """The body of createServerSideLead. LeadTrackr's own leads go as they came; what others have
    beside its fields goes into formData, which takes anything."""
    lead = {name: part for name, part in payload.items() if not name.startswith("$")}
    if not payload.get("$own"):
        lead["formData"] = {**_rest(payload.get("$rest", {})), **lead.get("formData", {})}
        _without_guesses(lead.get("attributionData", {}), payload)
        if "channelFlow" not in lead and (flow := _flow(payload.get("$utm", {}), duty)):
            lead["channelFlow"] = flow
    return {"projectId": settings["project_id"], "userData": {}, **lead}


def _rest(rest: Json) -> dict[str, Json]:
    members = {name: part for name, part in rest.items() if name not in {"fields", "tokens"}}
    return {**members, **rest.get("tokens", {}), **rest.get("fields", {})}


def _without_guesses(attribution: dict[str, Json], payload: Json) -> None:
    """A consent that nobody was asked for is no answer, and Octanist's false may be an absent one
    (Octanist: Create a new lead)."""
    consent = attribution.get("consent")
    if not isinstance(consent, dict):
        return
    said = {"granted"} if payload.get("$octanist") else {"granted", "denied"}
    kept = {name: state for name, state in consent.items() if state in said}
    if kept:
        attribution["consent"] = kept
    else:
        del attribution["consent"]


def _flow(utm: Json, duty: Duty) -> list[Json]:
    """A channel flow of one session (LeadTrackr: Channel flow tracker, legacy entry)."""
    channel = {
        name: utm[name]
        for name in ("source", "medium", "campaign", "content", "term")
        if utm.get(name)
    }
    if not channel:
        return []
    whole = {"source": "(not set)", "medium": "(not set)", **channel}
    return [{"timestamp": int(duty.occurred_at * 1000), "channel": whole}]


def _request(call: str, body: Json, settings: Settings) -> Request:
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Request(
        method="POST",
        url=f"{_base(settings)}/api/leads/{call}",
        headers={"Content-Type": "application/json", "X-API-Key": settings["api_key"]},
        body=text.encode(),
    )


def _base(settings: Settings) -> str:
    return str(settings.get("url", HOST)).rstrip("/")


def _judge(reply: Reply, duty: Duty) -> Outcome:
    """Only an answer with the lead's number says that it was taken."""
    if refused := judge_status(reply, duty, MEANINGS, _said(reply)):
        return refused
    number = said_object(reply).get("leadId")
    if number is None:
        return Outcome(kind=Kind.RETRY, message=f"answered {reply.status} without a lead's number")
    return Outcome(kind=Kind.DELIVERED, remote_id=str(number))


def _said(reply: Reply) -> str:
    return str(said_object(reply).get("message") or "")[:300]


def _rate_key(settings: Settings) -> str:
    return f"{_base(settings)} {settings['api_key']}"


TARGET = Target(
    label="LeadTrackr",
    summary="Forwards leads, and what becomes of them, to a project at LeadTrackr.",
    settings=SETTINGS,
    deliver=deliver,
    check=check,
    repeat="upsert",
    events=("created", "updated", "status"),
    limits=("10/second",),
    rate_key=_rate_key,
    unverified="No account was at hand: made from the vendor's API reference and its own clients.",
)
