"""Wufoo: an entry as a form post, its fields named by the structure that comes along.

Fields: wufoo/docs, source/includes/_webhooks.md.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import quote_plus

from relay.core.contract import (
    Inbound,
    Json,
    Parsed,
    Settings,
    Source,
    Unreadable,
    is_one_of,
    read_body,
    read_json,
)

KEY = "HandshakeKey"

REPEAT_WINDOW = 600
"""Seconds. Without an entry number only equal content soon after tells a repeat."""

PARTS = {"Postal / Zip Code": "postal code", "State / Province / Region": "state"}
"""Parts of an address that a lead calls otherwise."""

SETTINGS: Json = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "secrets": {
            "type": "array",
            "title": "Handshake keys",
            "description": "The WebHook Handshake Key of the form's notification. Several count at"
            " once, so that it can be changed without a gap. Without one, the address alone is the"
            " proof.",
            "items": {"type": "string", "minLength": 1},
            "maxItems": 5,
            "secret": True,
        }
    },
}


def parse(inbound: Inbound, _settings: Settings) -> list[Parsed]:
    """The one entry, its answers joined with their labels."""
    entry = read_body(inbound)
    if not isinstance(entry, dict) or not entry:
        raise Unreadable("the body holds no fields")
    key = entry.get(KEY)
    form = _structure(entry.get("FormStructure"))
    labels = dict(_labels(_structure(entry.get("FieldStructure")).get("Fields")))
    document: dict[str, Json] = {
        name: value for name, value in entry.items() if name not in _APART and name not in labels
    }
    document["form"] = {name: form[name] for name in ("Hash", "Name", "Url") if form.get(name)}
    document["answers"] = [
        {"id": name, "label": label, "type": kind, "value": entry[name]}
        for name, (label, kind) in labels.items()
        if entry.get(name) not in (None, "")
    ]
    number, where = entry.get("EntryId"), form.get("Hash") or ""
    return [
        Parsed(
            document=document,
            event_id=f"{where} {number}".strip() if number not in (None, "", "0", 0) else None,
            secrets=(key,) if isinstance(key, str) and key else (),
        )
    ]


_APART = (KEY, "FieldStructure", "FormStructure")


def _structure(text: Json) -> dict[str, Json]:
    """What a structure says; an empty object where it is none."""
    try:
        found = read_json(text) if isinstance(text, str) else text
    except Unreadable:
        return {}
    return found if isinstance(found, dict) else {}


def _labels(fields: Json) -> Iterator[tuple[str, tuple[str, Json]]]:
    """Label and type of each field by its name, those of the parts of a name or address too."""
    for field in fields if isinstance(fields, list) else ():
        if not isinstance(field, dict):
            continue
        title, kind = str(field.get("Title") or ""), field.get("Type")
        parts = [one for one in field.get("SubFields") or () if isinstance(one, dict)]
        for part in parts:
            own = str(part.get("Label") or "")
            label = own if kind in ("name", "shortname", "address") else f"{title} {own}".strip()
            yield str(part.get("ID")), (PARTS.get(own, label), None)
        if not parts and field.get("ID"):
            yield str(field["ID"]), (title, kind)


def verify(inbound: Inbound, settings: Settings) -> str | None:
    """The handshake key within the body."""
    secrets = settings.get("secrets")
    if not secrets:
        return None
    try:
        entry = read_body(inbound)
    except Unreadable:
        return f"there is no {KEY}"
    if isinstance(entry, dict) and is_one_of(str(entry.get(KEY, "")), secrets):
        return None
    return f"the {KEY} is missing or wrong"


def imprint(inbound: Inbound, settings: Settings) -> Inbound:
    """The request with the configured key in its body."""
    secrets, entry = settings.get("secrets"), read_body(inbound)
    if not secrets or not isinstance(entry, dict) or not entry.get(KEY):
        return inbound
    written = json.dumps if inbound.body.lstrip().startswith(b"{") else quote_plus
    before, after = (written(str(key)).encode() for key in (entry[KEY], secrets[0]))
    return replace(inbound, body=inbound.body.replace(before, after))


SOURCE = Source(
    label="Wufoo",
    summary="Takes the entries of Wufoo forms by their WebHook notification.",
    settings=SETTINGS,
    parse=parse,
    verify=verify,
    imprint=imprint,
    repeat_window=REPEAT_WINDOW,
    unverified="Made without a live account, after the vendor's pages.",
)
