"""Netlify Forms: a submission's JSON, by an outgoing webhook or handed on by a function."""

import hashlib
import hmac
from dataclasses import replace

from relay.core.contract import (
    Inbound,
    Json,
    Parsed,
    Settings,
    Source,
    Unreadable,
    read_body,
    read_signed,
    write_signed,
)

HEADER = "X-Webhook-Signature"

SETTINGS: Json = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "secrets": {
            "type": "array",
            "title": "JWS secret tokens",
            "description": "The notification's JWS secret token. Several count at once, so that it"
            " can be changed without a gap. Without one, the address alone is the proof.",
            "items": {"type": "string", "minLength": 1},
            "maxItems": 5,
            "secret": True,
        }
    },
}

REPEAT_WINDOW = 600
"""Seconds. What a function hands on may have no id; then only equal content tells a repeat."""

TECHNICAL = {"ip": "/ip", "user_agent": "/user_agent", "referrer": "/referrer"}

BAIT = ("bot-field", "form-name")


def parse(inbound: Inbound, _settings: Settings) -> list[Parsed]:
    """The one submission, its answers under the names that people see."""
    sent = read_body(inbound)
    whole = sent.get("payload", sent) if isinstance(sent, dict) else None
    if not isinstance(whole, dict) or not isinstance(whole.get("data"), dict):
        raise Unreadable("the body holds no data of a submission")
    data = whole["data"]
    titles = dict(_titles(whole.get("ordered_human_fields")))
    document: dict[str, Json] = {name: whole[name] for name in KEPT if whole.get(name) is not None}
    document["technical"] = {name: data[name] for name in TECHNICAL if data.get(name)}
    document["answers"] = [
        {"id": name, "label": titles.get(name, name), "value": _file(value)}
        for name, value in data.items()
        if name not in TECHNICAL and name not in BAIT
    ]
    number = whole.get("id")
    return [Parsed(document=document, event_id=str(number) if number else None)]


KEPT = ("id", "form_id", "form_name", "site_url", "created_at")


def _titles(fields: Json) -> list[tuple[str, str]]:
    """What people see of each field, on one line: titles may hold line breaks and padding."""
    return [
        (str(one.get("name")), " ".join(str(one["title"]).split()))
        for one in (fields if isinstance(fields, list) else ())
        if isinstance(one, dict) and one.get("title")
    ]


def _file(value: Json) -> Json:
    """An upload by its address."""
    if isinstance(value, dict) and value.get("url") and value.get("filename"):
        return value["url"]
    return value


def verify(inbound: Inbound, settings: Settings) -> str | None:
    """The signed token that names the body's hash (Netlify: Payload signature)."""
    secrets = settings.get("secrets")
    if not secrets:
        return None
    token = inbound.headers.get(HEADER.lower())
    if token is None:
        return f"the header {HEADER} is missing"
    found = [read_signed(token, one, ("HS256",), inbound.received_at) for one in secrets]
    claims = next((one for one in found if isinstance(one, dict)), None)
    if claims is None:
        return str(found[0])
    if claims.get("iss") != "netlify":
        return "the token is not Netlify's"
    said = str(claims.get("sha256", ""))
    if not hmac.compare_digest(said.encode(), hashlib.sha256(inbound.body).hexdigest().encode()):
        return "the token is of another body"
    return None


def imprint(inbound: Inbound, settings: Settings) -> Inbound:
    """The request with the token that names its body's hash."""
    secrets = settings.get("secrets")
    if not secrets:
        return inbound
    said = {"iss": "netlify", "sha256": hashlib.sha256(inbound.body).hexdigest()}
    token = write_signed(said, secrets[0], "HS256")
    return replace(inbound, headers={**inbound.headers, HEADER.lower(): token})


SOURCE = Source(
    label="Netlify Forms",
    summary="Takes the submissions of Netlify Forms by their HTTP POST notification.",
    settings=SETTINGS,
    parse=parse,
    verify=verify,
    imprint=imprint,
    repeat_window=REPEAT_WINDOW,
    evidence="captured payload",
    unverified="Made without a live account, after a captured submission and the vendor's pages.",
)
