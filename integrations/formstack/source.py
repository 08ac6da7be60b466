"""Formstack: a submission as JSON or as a form, its answers under their labels.

Facts: developers.formstack.com, webhook setup; the signature is documented for newer accounts.
"""

import json
from dataclasses import replace
from urllib.parse import quote_plus

from relay.core.contract import (
    Inbound,
    Json,
    Parsed,
    Settings,
    Signature,
    Source,
    Unreadable,
    is_one_of,
    read_body,
)

KEY = "HandshakeKey"

SETTINGS: Json = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "secrets": {
            "type": "array",
            "title": "HMAC keys",
            "description": "The webhook's HMAC Key. Several count at once, so that it can be"
            " changed without a gap. Without one, the address alone is the proof.",
            "items": {"type": "string", "minLength": 1},
            "maxItems": 5,
            "secret": True,
        },
        "shared_secrets": {
            "type": "array",
            "title": "Shared secrets",
            "description": f"The webhook's Shared Secret, which stands in the body as {KEY}; it"
            " is masked before anything is kept.",
            "items": {"type": "string", "minLength": 1},
            "maxItems": 5,
            "secret": True,
        },
    },
}

REPEAT_WINDOW = 600
"""Seconds. Without a number only equal content soon after tells a repeat."""

PARTS = {
    "first": "first name",
    "last": "last name",
    "middle": "middle name",
    "prefix": "salutation",
    "suffix": "suffix",
    "address": "street",
    "address2": "address line 2",
    "city": "city",
    "state": "state",
    "zip": "zip",
    "country": "country",
}
"""What the parts of a name or an address are called in a lead."""


def parse(inbound: Inbound, _settings: Settings) -> list[Parsed]:
    """The one submission; names and addresses taken apart."""
    sent = read_body(inbound)
    if not isinstance(sent, dict) or not sent:
        raise Unreadable("the body holds no fields")
    key, form, number = sent.get(KEY), sent.get("FormID"), sent.get("UniqueID")
    document: dict[str, Json] = {
        name: sent[name] for name in ("FormID", "UniqueID") if name in sent
    }
    document["fields"] = {
        label: _parts(value)
        for label, value in sent.items()
        if label not in ("FormID", "UniqueID", KEY)
    }
    return [
        Parsed(
            document=document,
            event_id=f"{form or ''} {number}".strip() if number else None,
            secrets=(key,) if isinstance(key, str) and key else (),
        )
    ]


ABOUT = frozenset({"value", "field", "field_type", "type"})
"""What an answer is sent as where the webhook is to name types, too."""


def _parts(value: Json) -> Json:
    """`first = John`, a line each, as an object; also one that comes as an object already, or
    with its type beside it.
    """
    if isinstance(value, dict) and "value" in value and value.keys() <= ABOUT:
        value = value["value"]
    if isinstance(value, str) and " = " in value:
        lines = [line.partition(" = ") for line in value.splitlines() if line.strip()]
        if lines and all(name.strip() in PARTS for name, mark, _ in lines if mark):
            value = {name.strip(): text.strip() for name, mark, text in lines if mark}
    if isinstance(value, dict) and value.keys() <= PARTS.keys():
        return {PARTS[name]: part for name, part in value.items()}
    return value


def verify(inbound: Inbound, settings: Settings) -> str | Signature | None:
    """The shared secret within the body, and the signature where there is a key for it."""
    if shared := settings.get("shared_secrets"):
        try:
            sent = read_body(inbound)
        except Unreadable:
            return f"there is no {KEY}"
        if not isinstance(sent, dict) or not is_one_of(str(sent.get(KEY, "")), shared):
            return f"the {KEY} is missing or wrong"
    return SIGNATURE if settings.get("secrets") else None


def imprint(inbound: Inbound, settings: Settings) -> Inbound:
    """The request with the configured key in its body."""
    secrets, entry = settings.get("shared_secrets"), read_body(inbound)
    if not secrets or not isinstance(entry, dict) or not entry.get(KEY):
        return inbound
    written = json.dumps if inbound.body.lstrip().startswith(b"{") else quote_plus
    before, after = (written(str(key)).encode() for key in (entry[KEY], secrets[0]))
    return replace(inbound, body=inbound.body.replace(before, after))


SIGNATURE = Signature(header="X-FS-Signature", prefix="sha256=")

SOURCE = Source(
    label="Formstack",
    summary="Takes the submissions of Formstack forms by their webhook.",
    settings=SETTINGS,
    parse=parse,
    verify=verify,
    imprint=imprint,
    repeat_window=REPEAT_WINDOW,
    unverified="Made without a live account, after the vendor's pages and receiving programs.",
)
