"""Google Ads lead forms: one JSON object per lead, proven by a key that stands in the body."""

import json
from dataclasses import replace

from relay.core.contract import (
    Inbound,
    Json,
    Parsed,
    Settings,
    Source,
    Unreadable,
    is_one_of,
    read_body,
)

SETTINGS: Json = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "secrets": {
            "type": "array",
            "title": "Webhook keys",
            "description": "The key that stands beside the webhook's URL in the lead form. Several"
            " count at once, so that it can be changed without a gap. Without one, the address"
            " alone is the proof.",
            "items": {"type": "string", "minLength": 4, "maxLength": 50},
            "maxItems": 5,
            "secret": True,
        }
    },
}

KEY = "google_key"


def verify(inbound: Inbound, settings: Settings) -> str | None:
    """Whether the body's key is one of the configured ones; all are compared, in the same time."""
    keys = settings.get("secrets")
    if not keys:
        return None
    try:
        given = _key(read_body(inbound))
    except Unreadable:
        return "the body cannot be read, so it shows no key"
    if given is None:
        return f"the body shows no {KEY}"
    return None if is_one_of(given, keys) else f"the {KEY} does not match"


def parse(inbound: Inbound, _settings: Settings) -> list[Parsed]:
    """The one lead; its key is no part of it.

    Every test that Google Ads sends has the same id, so a test is never taken for a repeat.
    """
    lead = read_body(inbound)
    if not isinstance(lead, dict):
        return [Parsed(document=lead)]
    key = _key(lead)
    told = {name: value for name, value in lead.items() if name != KEY}
    test = lead.get("is_test") is True
    named = lead.get("lead_id") if not test else None
    lead_id = str(named) if isinstance(named, str | int) and str(named).strip() else None
    secrets = (key,) if key else ()
    return [Parsed(document=told, event_id=lead_id, lead_id=lead_id, test=test, secrets=secrets)]


def imprint(inbound: Inbound, settings: Settings) -> Inbound:
    """The request with the configured key in its body, where Google Ads puts it."""
    keys = settings.get("secrets")
    lead = read_body(inbound)
    if not keys or not isinstance(lead, dict):
        return inbound
    body = json.dumps({**lead, KEY: keys[0]}, ensure_ascii=False)
    return replace(inbound, body=body.encode("utf-8", "replace"))


def _key(lead: Json) -> str | None:
    key = lead.get(KEY) if isinstance(lead, dict) else None
    return key if isinstance(key, str) else None


SOURCE = Source(
    label="Google Ads lead form",
    summary="Takes the leads of Google Ads lead forms by their webhook.",
    settings=SETTINGS,
    parse=parse,
    verify=verify,
    imprint=imprint,
    unverified="Made after Google's description of the webhook, without a live account.",
)
