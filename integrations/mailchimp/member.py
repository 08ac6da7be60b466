"""What a lead is as a member of an audience: its fields, its standing and its notes."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from ipaddress import ip_address

from relay.core.contract import (
    Duty,
    Json,
    Settings,
    card_of,
    cut_note,
    has_agreed,
    instant,
    moment,
    shorten,
    text_card,
)

WHOLE_ADDRESS = ("addr1", "city", "state", "zip")
"""What Mailchimp wants of an address, or it refuses the member (Merge Fields: structure)."""

LONGEST_NOTE = 1000
"""Characters of one note (List Member Notes); a longer one becomes several."""

MOST_NOTES = 10
_MORE = "\n(more is cut)"

LONGEST_FIELD = 255
"""Characters of a text merge field."""

NAMES = {"FNAME": "first_name", "LNAME": "last_name"}


def member_of(payload: Json, settings: Settings, duty: Duty) -> dict[str, Json]:
    """The body of a member. Its status is said for a new one alone: a known one keeps its own."""
    fields = dict(_fields(payload.get("merge_fields", {})))
    agreed = _has_agreed(payload)
    body: dict[str, Json] = {
        "email_address": payload["email_address"],
        "status_if_new": _status(payload, settings),
        **({"merge_fields": fields} if fields else {}),
        **{name: payload[name] for name in ("language", "vip", "interests") if name in payload},
        **(_signed_up(payload, duty) if duty.event == "created" else {}),
    }
    if agreed and (permissions := settings.get("marketing_permissions")):
        body["marketing_permissions"] = [
            {"marketing_permission_id": name, "enabled": True} for name in permissions
        ]
    if body["status_if_new"] == "subscribed":
        body["timestamp_opt"] = _agreed_at(payload, duty)
    return body


def tags_of(payload: Json, settings: Settings) -> list[str]:
    """The tags of the settings and those that the mapping adds, each once."""
    return list(dict.fromkeys([*settings.get("tags", ()), *payload.get("tags", ())]))


def notes_of(payload: Json, sent: Mapping[str, Json]) -> list[str]:
    """What the member's fields do not hold for certain, in texts that are short enough each.

    An audience has a first and a last name from the start; whether it has other fields is not known
    here, and Mailchimp says nothing of those that it lacks.
    """
    contact = payload.get("$lead", {}).get("contact", {})
    fields = sent.get("merge_fields", {})
    told = [
        name for tag, name in NAMES.items() if name in contact and fields.get(tag) == contact[name]
    ]
    if told == list(NAMES.values()):
        told.append("full_name")
    places = [f"/contact/{name}" for name in ("email", *told)]
    card = card_of(payload.get("$lead", {}), without=[*places, "/ids/version"])
    text = "\n\n".join(part for part in (text_card(card), cut_note(payload)) if part)
    notes = list(_pieces(text, LONGEST_NOTE))
    if len(notes) <= MOST_NOTES:
        return notes
    return [*notes[: MOST_NOTES - 1], shorten(notes[MOST_NOTES - 1], LONGEST_NOTE - 50) + _MORE]


def _fields(fields: Mapping[str, Json]) -> Iterator[tuple[str, Json]]:
    """Merge fields as Mailchimp takes them: an address is an object, all others are texts."""
    for tag, value in fields.items():
        if isinstance(value, dict) and tag == "ADDRESS":
            if all(value.get(name) for name in WHOLE_ADDRESS):
                country = str(value.get("country") or "")
                rest = {name: part for name, part in value.items() if name != "country"}
                yield tag, rest | ({"country": country} if len(country) == len("US") else {})
        elif isinstance(value, list) and all(isinstance(item, str) for item in value):
            yield tag, shorten(", ".join(value), LONGEST_FIELD)
        elif isinstance(value, bool | list | dict):
            yield tag, shorten(json.dumps(value, ensure_ascii=False), LONGEST_FIELD)
        else:
            yield tag, value


def _status(payload: Json, settings: Settings) -> str:
    """Who said no is not asked by mail; who said nothing is, and is not subscribed at once."""
    wanted = str(settings.get("new_members", "pending"))
    if wanted == "transactional" or _has_agreed(payload) is False:
        return "transactional"
    return "subscribed" if wanted == "subscribed" and _has_agreed(payload) else "pending"


def _has_agreed(payload: Json) -> bool | None:
    return has_agreed(payload.get("$lead", {}).get("consent", {}).get("marketing"))


def _signed_up(payload: Json, duty: Duty) -> dict[str, Json]:
    signed = {"timestamp_signup": _written(duty.occurred_at)}
    address = str(payload.get("$lead", {}).get("device", {}).get("ip") or "")
    try:
        return {"ip_signup": str(ip_address(address)), **signed}
    except ValueError:
        return signed


def _agreed_at(payload: Json, duty: Duty) -> str:
    try:
        return instant(
            moment(payload.get("$lead", {})["consent"]["marketing"].get("at")), "seconds"
        )
    except ValueError:
        return _written(duty.occurred_at)


def _written(at: float) -> str:
    return instant(datetime.fromtimestamp(at, UTC), "seconds")


def _pieces(text: str, most: int) -> Iterator[str]:
    """The text in pieces, each ending with a line or a word where one ends in its second half."""
    while len(text) > most:
        found = (text.rfind(sign, most // 2, most + 1) for sign in ("\n", " "))
        end = next((at for at in found if at > 0), most)
        yield text[:end].rstrip()
        text = text[end:].lstrip()
    if text.strip():
        yield text
