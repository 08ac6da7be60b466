"""Octanist: forwards leads to a hosted organisation, and what becomes of them.

Calls: `POST`, `GET` and `PATCH /api/leads`, as the vendor's API reference describes them.
"""

import json
from collections.abc import Generator
from datetime import UTC, datetime
from urllib.parse import quote

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
    to_major,
)

HOST = "https://octanist.com"

STATUSES = {"qualified": "qualified", "won": "won", "lost": "lost", "rated": "qualified"}
"""Octanist's status for each of ours."""

FIELDS = frozenset(
    "gclid wbraid gbraid dclid fbc fbp li_fat_id msclkid ttclid twclid rdt_cid sccid epik".split()  # noqa: SIM905 - words read best as words
)
"""Ids that have a field of their own."""

LOOKED_AT = 20
"""Leads of the same person that a look-up asks for."""

SETTINGS: Json = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["api_key"],
    "additionalProperties": False,
    "properties": {
        "api_key": {
            "type": "string",
            "title": "API key",
            "description": "Of the organisation.",
            "pattern": f"^[!-~]+{END}",
            "secret": True,
        },
        "url": {
            "type": "string",
            "title": "Address",
            "description": "Where Octanist's API is.",
            "format": "uri",
            "pattern": f"^https?://[^\\s/@?#]+(/[^\\s?#]*)?{END}",
            "default": HOST,
        },
    },
}


def deliver(payload: Json, settings: Settings, duty: Duty) -> Conversation:
    """Create the lead, or change what Octanist lets be changed: status, value and note.

    A second try looks first whether the first one made the lead: Octanist tells no repeats.
    """
    if duty.event == "created":
        lead = _lead(payload)
        if duty.again:
            found = yield from _find(lead, settings, duty)
            if found is not None:
                return found
        reply = yield _request("POST", "/api/leads", settings, lead)
        return _made(reply, duty)
    return (yield from _change(payload, settings, duty))


def check(settings: Settings, duty: Duty) -> Conversation:
    """Ask whether the key is accepted."""
    reply = yield _request("POST", "/api/check", settings, {})
    return judge_status(reply, duty, {}, _said(reply)) or Outcome(kind=Kind.DELIVERED)


def _find(lead: Json, settings: Settings, duty: Duty) -> Generator[Request, Reply, Outcome | None]:
    """The lead that an earlier try made, as an outcome; None where there is none."""
    who = lead.get("email") or lead.get("phone") or lead.get("name")
    if not who:
        return None
    query = f"?search={quote(str(who), safe='')}&limit={LOOKED_AT}&sort=createdAt:desc"
    reply = yield _request("GET", f"/api/leads{query}", settings)
    if refused := judge_status(reply, duty, {}, _said(reply)):
        return refused if refused.kind is not Kind.REJECTED else None
    listed = said_object(reply).get("data")
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, dict) and _same(one, lead) and _since(one, duty):
            return Outcome(kind=Kind.DELIVERED, message="found", remote_id=str(one.get("id")))
    return None


def _same(one: dict[str, Json], lead: Json) -> bool:
    return all(
        (one.get(name) or None) == (lead.get(name) or None)
        for name in ("name", "email", "phone", "custom")
    )


def _since(one: dict[str, Json], duty: Duty) -> bool:
    """Whether it was made after the lead came to be, so that it is not the same person's last."""
    try:
        made = datetime.fromisoformat(str(one.get("createdAt")))
    except ValueError:
        return False
    return made.replace(tzinfo=made.tzinfo or UTC).timestamp() >= duty.occurred_at - 60


def _change(payload: Json, settings: Settings, duty: Duty) -> Conversation:
    """Tell status, value and note by the id that Octanist gave, else by the e-mail or the phone."""
    change = _changed(payload.get("$state", {}), duty)
    if not change:
        return Outcome(kind=Kind.IGNORED, message="Octanist takes changes of a status alone")
    names = {"id": duty.remote_id, "email": payload.get("email"), "phone": payload.get("phone")}
    who = next(({name: value} for name, value in names.items() if value), {})
    reply = yield _request("PATCH", "/api/leads", settings, {**who, **change})
    refused = judge_status(reply, duty, {404: Kind.REJECTED, 409: Kind.REJECTED}, _said(reply))
    return refused or Outcome(kind=Kind.DELIVERED, remote_id=duty.remote_id)


def _changed(state: Json, duty: Duty) -> dict[str, Json]:
    change: dict[str, Json] = {}
    if duty.event == "status" and (status := STATUSES.get(state.get("stage", ""))):
        change["status"] = status
        if status == "lost" and state.get("loss_reason"):
            change["lossReason"] = state["loss_reason"]
    if (minor := state.get("value_minor")) is not None:
        change["value"] = to_major(minor, state.get("currency"))
    if state.get("note"):
        change["note"] = state["note"]
    return change


def _lead(payload: Json) -> dict[str, Json]:
    """The body of a new lead. Octanist's own leads go as they came; what others have beside its
    fields goes into custom, as one JSON text."""
    lead = {name: part for name, part in payload.items() if not name.startswith("$")}
    for name, consent in payload.get("$consent", {}).items():
        if consent.get("state") in {"granted", "denied"}:
            lead[name] = consent["state"] == "granted"
    if own := payload.get("$own"):
        return {**lead, **own}
    if (custom := _custom(payload.get("$rest", {}))) and "custom" not in lead:
        lead["custom"] = json.dumps(custom, ensure_ascii=False, separators=(",", ":"))
    return lead


def _custom(rest: Json) -> dict[str, Json]:
    """What Octanist has no field for, each by its name."""
    parts = {name: rest.get(name, {}) for name in ("click_ids", "browser_ids", "tokens", "fields")}
    members = {name: part for name, part in rest.items() if name not in parts}
    for part in parts.values():
        members |= {name: value for name, value in part.items() if name not in FIELDS}
    return members


def _request(method: str, path: str, settings: Settings, body: Json = None) -> Request:
    base = str(settings.get("url", HOST)).rstrip("/")
    headers = {"X-API-KEY": settings["api_key"]}
    if body is None:
        return Request(method=method, url=base + path, headers=headers)
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    headers["Content-Type"] = "application/json"
    return Request(method=method, url=base + path, headers=headers, body=text.encode())


def _made(reply: Reply, duty: Duty) -> Outcome:
    """403 is a filtering rule's refusal of this lead, not of the key (Octanist: Create a new lead);
    a success that says false is none."""
    said = _said(reply)
    if refused := judge_status(reply, duty, {403: Kind.REJECTED}, said):
        return refused
    document = said_object(reply)
    data = document.get("data")
    made = data.get("id") if isinstance(data, dict) else document.get("id")
    if document.get("success") is False:
        return Outcome(kind=Kind.REJECTED, message=f"answered {reply.status}: {said}")
    if not made:
        return Outcome(kind=Kind.RETRY, message=f"answered {reply.status} without a lead's id")
    return Outcome(kind=Kind.DELIVERED, remote_id=str(made))


def _said(reply: Reply) -> str:
    error = said_object(reply).get("error")
    if isinstance(error, dict):
        error = f"{error.get('code', '')} {error.get('message', '')}".strip()
    return str(error or "")[:300]


def _rate_key(settings: Settings) -> str:
    return f"{settings.get('url', HOST)} {settings['api_key']}"


TARGET = Target(
    label="Octanist",
    summary="Forwards leads, and what becomes of them, to an organisation at Octanist.",
    settings=SETTINGS,
    deliver=deliver,
    check=check,
    repeat="lookup",
    events=("created", "status"),
    limits=("10/second",),
    rate_key=_rate_key,
    unverified="No account was at hand: made from the vendor's API reference.",
)
