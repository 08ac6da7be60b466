"""Octanist: a lead as one JSON object, and what its WordPress plugin posts."""

import hashlib
import json
import re
from collections.abc import Mapping

from integrations.octanist.account import ACCOUNT
from relay.core.contract import (
    END,
    Inbound,
    Json,
    Parsed,
    Settings,
    Source,
    Unreadable,
    read_body,
    read_json,
)

SETTINGS: Json = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "wordpress_id": {
            "type": "string",
            "title": "Octanist ID of a WordPress site",
            "description": "The ID that the site's plugin is set up with. What the plugin posts"
            " under this ID comes to this source.",
            "minLength": 1,
            "maxLength": 200,
            "pattern": f"^[^/\\s]+{END}",
        }
    },
}

CONSENT = ("ad_storage", "ad_user_data", "ad_personalization", "analytics_storage")

CONTACT = ("name", "email", "phone")

PAGE = ("domain", "path", "title", "referrer")

COOKIES = (
    *("_fbc", "_fbp", "_ga", "_gcl_aw", "_rdt_uuid", "_scid", "_ttp", "_uetmsclkid"),
    *("_uetvid", "epik", "_epik", "li_fat_id", "ttclid"),
)
"""What is read of the cookies that the plugin copies; the others are the site's own affair."""

FORM_EVENT = "form_submit"

NOISE = dict.fromkeys(("octanist_id", "octa_sid"), "form plug-in")

SECRETS = re.compile(r"passw|pwd|cvc|cvv|card_?number", re.IGNORECASE)
"""Names of fields that are nobody's business: the plugin's older versions post whole forms."""

SHORTEST_SECRET = 8
"""Characters; what is shorter may be a part of a phone number too."""

Fields = dict[str, Json]


def parse(inbound: Inbound, _settings: Settings) -> list[Parsed]:
    """The one lead of the body, in any of the three shapes.

    `Idempotency-Key` names the event; an event of the plugin, which queues and tries again, is
    named by all that it says, its time among it.
    """
    fields = read_body(inbound)
    if not isinstance(fields, dict) or not fields:
        raise Unreadable("the body is no JSON object with fields")
    event_id = inbound.headers.get("idempotency-key") or None
    if isinstance(fields.get("form_fields"), dict) and fields.get("type") == FORM_EVENT:
        document = _event(fields, inbound.headers)
        event_id = event_id or (_digest(fields) if fields.get("timestamp") else None)
    elif isinstance(fields.get("cookies"), dict):
        document = _posted_form(fields)
    else:
        document = _lead(fields)
    secrets = _worth_masking(document.get("secrets", {}), fields)
    return [Parsed(document=document, event_id=event_id, secrets=secrets)]


# --- the call ------------------------------------------------------------------------------------


def _lead(fields: Fields) -> Fields:
    """The fields of the call; `custom` apart, as text and as what it says."""
    direct = {name: value for name, value in fields.items() if name != "custom"}
    direct |= {name: _flag(direct[name]) for name in CONSENT if name in direct}
    return _with_custom({"fields": direct}, fields, {"fields": fields})


def _flag(value: Json) -> Json:
    """A consent as Octanist reads it: nothing but true and "true" in any case is one."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    given = value is True or (isinstance(value, str) and value.lower() == "true")
    return {"state": "granted" if given else "denied", "raw": value}


def _with_custom(document: Fields, fields: Fields, verbatim: Fields) -> Fields:
    custom = fields.get("custom")
    if custom is not None:
        verbatim = {"custom": as_text(custom), **verbatim}
        if not isinstance(custom, str) or custom.strip():
            document["custom"] = _said(custom)
    return {**document, "verbatim": verbatim}


def _said(custom: Json) -> Json:
    """What a text says that is the JSON text of an object; anything else as it is."""
    if isinstance(custom, str) and custom.lstrip().startswith("{"):
        try:
            told = read_json(custom)
        except Unreadable:
            return custom
        return told or custom
    return custom


def as_text(value: Json) -> str:
    """A custom value as Octanist answers it: a text as it is, else as JSON.stringify writes it."""
    if isinstance(value, str):
        return value
    return json.dumps(_numbers(value), ensure_ascii=False, separators=(",", ":"))


def _numbers(value: Json) -> Json:
    """The value with 1.0 as 1, the way that JavaScript writes it."""
    if isinstance(value, dict):
        return {name: _numbers(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_numbers(member) for member in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


# --- the WordPress plugin ------------------------------------------------------------------------


def _posted_form(fields: Fields) -> Fields:
    """What versions 0.1 to 3 post: the form's fields beside `cookies`, `domain` and `path`."""
    secret = {name: value for name, value in fields.items() if SECRETS.search(name)}
    kept = {
        name: value for name, value in fields.items() if name not in secret and name != "cookies"
    }
    form = {name: value for name, value in kept.items() if name not in {*PAGE[:2], "custom"}}
    document = {
        "fields": {name: form.pop(name) for name in CONTACT if name in form},
        "form": form,
        "page": {name: kept[name] for name in PAGE[:2] if name in kept},
        "cookies": _cookies(fields["cookies"]),
        "secrets": secret,
    }
    return _with_custom(document, fields, {"form": kept})


def _worth_masking(secret: Fields, fields: Fields) -> tuple[str, ...]:
    """The passwords that stand nowhere else in the form, and would not eat an answer."""
    form = fields.get("form_fields")
    told = fields if not isinstance(form, dict) else {**fields, **form, "form_fields": None}
    others = json.dumps([value for name, value in told.items() if name not in secret])
    texts = [value for value in secret.values() if isinstance(value, str)]
    return tuple(text for text in texts if len(text) >= SHORTEST_SECRET and text not in others)


def _event(fields: Fields, headers: Mapping[str, str]) -> Fields:
    """What version 4 posts: an event of the page around the form's fields."""
    given = fields["form_fields"]
    secret = {name: value for name, value in given.items() if SECRETS.search(name)}
    form = {name: value for name, value in given.items() if name not in secret}
    envelope = {name: value for name, value in fields.items() if name != "form_fields"}
    device = {
        "ip": headers.get("x-octanist-client-ip"),
        "user_agent": headers.get("x-octanist-client-ua"),
    }
    return {
        "form": form,
        "page": {name: envelope[name] for name in PAGE if name in envelope},
        "event": {name: value for name, value in envelope.items() if name not in PAGE},
        "device": {name: value for name, value in device.items() if value},
        **({"secrets": secret} if secret else {}),
        "verbatim": {"event": {**fields, "form_fields": form}},
    }


def _cookies(cookies: Fields) -> Fields:
    found = {name: cookies[name] for name in COOKIES if isinstance(cookies.get(name), str)}
    for name, value in found.items():
        if name == "_gcl_aw":  # GCL.<seconds>.<gclid>
            found[name] = value.rpartition(".")[2]
        elif name == "_uetmsclkid":
            found[name] = value.removeprefix("_uet")
    return found


def _digest(fields: Fields) -> str:
    text = json.dumps(fields, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _tokens(settings: Settings) -> list[str]:
    site = settings.get("wordpress_id")
    return [f"wp:{site}"] if site else []


SOURCE = Source(
    label="Octanist",
    summary="Takes leads as Octanist's API takes them, and the forms of its WordPress plugin.",
    settings=SETTINGS,
    parse=parse,
    noise=NOISE,
    tokens=_tokens,
    account=ACCOUNT,
    unverified="Made without a live account, after the API's own page and the plugin's code.",
)
