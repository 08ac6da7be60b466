"""What a lead is as a contact: its fields, its lists and its note."""

import html
import json
from collections.abc import Mapping

from relay.core.contract import Duty, Json, Settings, card_of, cut_note, has_agreed, text_card

LONGEST_NOTE = 20_000
"""Characters; ActiveCampaign names no limit."""

KEYS = {"email": "email", "firstName": "first_name", "lastName": "last_name"}
"""Fields and the member of the contact that each holds."""


def contact_of(payload: Json) -> dict[str, Json]:
    """The body that makes or changes a contact, found by its address."""
    contact = {name: payload[name] for name in (*KEYS, "phone") if name in payload}
    if fields := payload.get("fields"):
        contact["fieldValues"] = [
            {"field": number, "value": _value(value)} for number, value in fields.items()
        ]
    return {"contact": contact}


def lists_of(payload: Json, settings: Settings, duty: Duty) -> list[int]:
    """The lists to subscribe to: for a new lead alone, whose sender said that the person agreed.

    A subscription is never implied; a source's default is not what a person said.
    """
    agreed = has_agreed(payload.get("$lead", {}).get("consent", {}).get("marketing"))
    return list(settings.get("lists", ())) if agreed and is_new(duty) else []


def tags_of(payload: Json, settings: Settings, duty: Duty) -> list[int]:
    """The tags of the settings and those that the mapping adds, each once."""
    tags = [*settings.get("tags", ()), *(int(tag) for tag in payload.get("tags", ()))]
    return list(dict.fromkeys(tags)) if is_new(duty) else []


def is_new(duty: Duty) -> bool:
    """Whether the contact is not known from this lead: what a person took off again stays off."""
    return duty.event == "created" and duty.remote_id is None


def note_of(payload: Json) -> str:
    """All of the lead that the contact's fields do not hold."""
    contact = payload.get("$lead", {}).get("contact", {})
    places = [f"/contact/{key}" for name, key in KEYS.items() if _holds(payload, name, contact)]
    if {"/contact/first_name", "/contact/last_name"} <= set(places):
        places.append("/contact/full_name")
    phone = contact.get("phone", {})
    if "extension" not in phone and payload.get("phone") in (phone.get("e164"), phone.get("raw")):
        places.append("/contact/phone")
    card = card_of(payload.get("$lead", {}), without=[*places, "/ids/version"])
    rest = cut_note(payload)
    text = text_card(card, LONGEST_NOTE - len(rest) - 2) if len(rest) < LONGEST_NOTE // 2 else ""
    return "\n\n".join(part for part in (text, rest[:LONGEST_NOTE]) if part)


def plain(note: Json) -> str:
    """A note's words alone, to compare what is there with what is to be written."""
    return "".join(html.unescape(str(note)).split())


def _holds(payload: Json, name: str, contact: Mapping[str, Json]) -> bool:
    return name in payload and payload[name] == contact.get(KEYS[name])


def _value(value: Json) -> str:
    """Several options stand between double bars (Create a custom field value)."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return f"||{'||'.join(value)}||"
    return json.dumps(value, ensure_ascii=False)
