"""TrackDrive: forwards leads to a schedule or an offer of a hosted account.

The call is `POST /api/v1/leads`, as TrackDrive's "How to Submit a Lead via API" describes it.
"""

import json
import re
from collections.abc import Iterator

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

TOKENS = {
    "schedule": "schedule_lead_token",
    "offer": "offer_lead_token",
    "either": "lead_token",
}
"""The parameter that names the owner of a lead."""

CREDENTIALS = frozenset({*TOKENS.values(), "auth_token"})
"""What another deployment's caller proved itself by; it is nobody else's."""

_UNNAMED = re.compile("[^0-9a-z]+")

SETTINGS: Json = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["url", "token"],
    "additionalProperties": False,
    "properties": {
        "url": {
            "type": "string",
            "title": "Address",
            "description": "Your TrackDrive domain, such as https://example.trackdrive.com.",
            "format": "uri",
            "pattern": f"^https?://[^\\s/@?#]+(/[^\\s?#]*)?{END}",
            "examples": ["https://example.trackdrive.com"],
        },
        "token": {
            "type": "string",
            "title": "Lead token",
            "description": "Of the schedule or the offer that the leads are for.",
            "pattern": f"^[!-~]+{END}",
            "secret": True,
        },
        "owner": {
            "type": "string",
            "title": "Token of",
            "enum": list(TOKENS),
            "default": "either",
        },
    },
}


def deliver(payload: Json, settings: Settings, duty: Duty) -> Conversation:
    """Create or update the lead: TrackDrive knows it by its number and owner."""
    reply = yield _request(_lead(payload), settings)
    return _judge(reply, duty)


def check(settings: Settings, duty: Duty) -> Conversation:
    """Post a lead without a number, which is refused for that and nothing else where the token is
    right."""
    reply = yield _request({"update_only": True}, settings)
    problem = f"{_said(reply)} {' '.join(said_object(reply).get('errors', {}))}".lower()
    if reply.status == 422 and "caller" in problem and "token" not in problem:
        return Outcome(kind=Kind.DELIVERED)
    refused = judge_status(reply, duty, {}, _said(reply))
    return refused or Outcome(kind=Kind.IGNORED, message="a lead without a number was taken")


def _lead(payload: Json) -> dict[str, Json]:
    """The body. TrackDrive's own leads go as they came; what others have beside its parameters
    become tokens, under names that it takes."""
    own = payload.get("$own", {})
    known = {name: part for name, part in payload.items() if not name.startswith("$")}
    if own:
        known.pop("data", None)  # its tokens stand where the caller put them
    elif data := {**dict(_tokens(payload.get("$rest", {}))), **known.get("data", {})}:
        known["data"] = data
    return {name: part for name, part in {**own, **known}.items() if name not in CREDENTIALS}


def _tokens(rest: Json) -> Iterator[tuple[str, Json]]:
    for name, value in rest.items():
        if name in {"fields", "utm", "click_ids", "browser_ids"}:
            prefix = "utm_" if name == "utm" else ""
            for key, member in value.items():
                if token := _UNNAMED.sub("_", f"{prefix}{key}".lower()).strip("_"):
                    yield token, member
        elif isinstance(value, dict) and "state" in value:
            if value["state"] != "unknown":
                yield name, value["state"]
        else:
            yield name, value


def _request(lead: Json, settings: Settings) -> Request:
    named = {TOKENS[settings.get("owner", "either")]: settings["token"], **lead}
    text = json.dumps(named, ensure_ascii=False, separators=(",", ":"))
    return Request(
        method="POST",
        url=f"{settings['url'].rstrip('/')}/api/v1/leads",
        headers={"Content-Type": "application/json", "Accept": "application/json"},
        body=text.encode(),
    )


def _judge(reply: Reply, duty: Duty) -> Outcome:
    """422 for an unknown token is the account's mistake, for anything else the lead's; a success
    that says false is none."""
    said = _said(reply)
    refused = judge_status(reply, duty, {403: Kind.UNAUTHORIZED}, said)
    if refused is not None:
        if reply.status == 422 and "token" in f"{said} {_fields(reply)}".lower():
            return Outcome(kind=Kind.UNAUTHORIZED, message=refused.message)
        return refused
    document = said_object(reply)
    if document.get("success") is False or document.get("errors"):
        return Outcome(kind=Kind.REJECTED, message=f"answered {reply.status}: {said}")
    lead = document.get("lead")
    inside = lead if isinstance(lead, dict) else {}
    ids = (document.get("id"), document.get("lead_id"), inside.get("id"), inside.get("uuid"))
    found = next((str(one) for one in ids if one), None)
    if found is None:
        return Outcome(kind=Kind.RETRY, message=f"answered {reply.status} without a lead")
    return Outcome(kind=Kind.DELIVERED, remote_id=found)


def _fields(reply: Reply) -> str:
    errors = said_object(reply).get("errors")
    return " ".join(errors) if isinstance(errors, dict) else ""


def _said(reply: Reply) -> str:
    """The message and the errors: texts by field, a list, or one text."""
    document = said_object(reply)
    errors = document.get("errors") or document.get("error")
    if isinstance(errors, dict):
        errors = "; ".join(f"{field}: {_joined(texts)}" for field, texts in errors.items())
    said = (str(document.get("message") or ""), _joined(errors))
    return ": ".join(filter(None, said))[:300]


def _joined(texts: Json) -> str:
    return ", ".join(map(str, texts)) if isinstance(texts, list) else str(texts or "")


def _rate_key(settings: Settings) -> str:
    return f"{settings['url'].rstrip('/')} {settings['token']}"


TARGET = Target(
    label="TrackDrive",
    summary="Forwards leads to a schedule or an offer at TrackDrive.",
    settings=SETTINGS,
    deliver=deliver,
    check=check,
    repeat="upsert",
    events=("created", "updated"),
    limits=("10/second",),
    rate_key=_rate_key,
    unverified="No account was at hand: the bodies of TrackDrive's answers are not published, so"
    " any answer is taken that names a lead.",
)
