"""What a lead is as a profile: attributes, custom properties, and a subscription."""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime

from relay.core.contract import (
    Duty,
    Json,
    Line,
    Settings,
    card_of,
    cut_note,
    has_agreed,
    instant,
    moment,
    shorten,
)

LARGEST = 100_000
"""Bytes of a request's body (Create or Update Profile)."""

KEYS = {
    "email": "email",
    "first_name": "first_name",
    "last_name": "last_name",
    "organization": "company",
    "title": "job_title",
}
"""Attributes and the member of the contact that each holds."""

LOCATION = ("/contact/address", "/device/ip", "/device/time_zone")
_PLAIN = ("Contact", "Attribution")


def profile_of(
    payload: Json, refused: Mapping[str, Json] | None = None
) -> tuple[dict[str, Json], list[str]]:
    """The body of an import, and the names of the properties that had to be cut for its size.

    Attributes that were refused become properties.
    """
    gone = refused or {}
    attributes = {
        name: _less(value, name, gone)
        for name, value in payload.items()
        if not name.startswith("$") and name != "properties" and name not in gone
    }
    properties = _properties(payload, attributes, gone)
    body = {"data": {"type": "profile", "attributes": {**attributes, "properties": properties}}}
    return body, list(_fit(properties, _size(body) - LARGEST))


def refused_attributes(pointers: Iterable[str], body: Json) -> dict[str, Json]:
    """What was sent at these pointers of a refusal, by name; empty where one is something else.

    Without its e-mail address and phone number there is nobody to write to.
    """
    attributes = body["data"]["attributes"]
    found: dict[str, Json] = {}
    for pointer in pointers:
        name = pointer.removeprefix("/data/attributes/").replace("location/", "location.")
        whole, _, part = name.partition(".")
        value = attributes.get(whole)
        value = value.get(part) if part and isinstance(value, dict) else value
        if value is None or whole == "properties":
            return {}
        found[name] = value
    named = {"email", "phone_number"} & attributes.keys()
    return found if named - found.keys() else {}


def subscription_of(payload: Json, settings: Settings, duty: Duty) -> Json:
    """The body of a job that subscribes the person by e-mail, None where nobody is to be.

    It lifts suppressions, so it is for new leads alone whose sender said that the person agreed.
    """
    consent = payload.get("$lead", {}).get("consent", {}).get("marketing") or {}
    known = duty.event != "created" or duty.remote_id is not None
    if known or not (
        has_agreed(consent) and settings.get("subscribe_list") and payload.get("email")
    ):
        return None
    past = bool(settings.get("past_consent", False))
    at = {"consented_at": _agreed_at(consent, duty)} if past else {}
    marketing = {"consent": "SUBSCRIBED", **at}
    form = payload.get("$lead", {}).get("form", {})
    profile = {"email": payload["email"], "subscriptions": {"email": {"marketing": marketing}}}
    attributes: dict[str, Json] = {
        "custom_source": shorten(str(form.get("custom_name") or form.get("name") or "Form"), 255),
        "profiles": {"data": [{"type": "profile", "attributes": profile}]},
        **({"historical_import": True} if past else {}),
    }
    chosen = {"data": {"type": "list", "id": settings["subscribe_list"]}}
    kind = "profile-subscription-bulk-create-job"
    return {"data": {"type": kind, "attributes": attributes, "relationships": {"list": chosen}}}


def _agreed_at(consent: Json, duty: Duty) -> str:
    """When the person agreed; Klaviyo takes a time in the past alone."""
    sent = datetime.fromtimestamp(duty.occurred_at, UTC)
    try:
        return instant(min(moment(consent.get("at")), sent), "seconds")
    except ValueError:
        return instant(sent, "seconds")


def _less(value: Json, name: str, gone: Mapping[str, Json]) -> Json:
    if not isinstance(value, dict):
        return value
    return {part: inner for part, inner in value.items() if f"{name}.{part}" not in gone}


def _properties(
    payload: Json, attributes: Mapping[str, Json], gone: Mapping[str, Json]
) -> dict[str, Json]:
    """All of the lead that no attribute holds, by name; a later one gives way to an earlier.

    Names that begin with $ are Klaviyo's own: no form may set what they mean.
    """
    lead = payload.get("$lead", {})
    answers = {**lead.get("tokens", {}), **lead.get("form", {}).get("fields", {})}
    lines = card_of(lead, without=["/form/fields", "/tokens", *_held(lead, attributes)]).lines
    found: dict[str, Json] = {}
    for name, value in (
        *payload.get("properties", {}).items(),
        *answers.items(),
        *((_name(line), line.text) for line in lines),
        *((f"Refused {name}", value) for name, value in gone.items()),
        ("In full", cut_note(payload)),
    ):
        plain = name.strip().lstrip("$").strip() or "Field"
        if value not in (None, "", [], {}) and not _told(found, name, value):
            found.setdefault(plain, _value(value))
    return found


def _told(found: Mapping[str, Json], name: str, value: Json) -> bool:
    return name.startswith("Refused ") and value in found.values()


def _held(lead: Json, attributes: Mapping[str, Json]) -> Iterator[str]:
    """The places of the lead that are attributes, just as they are."""
    yield "/ids/version"
    contact = lead.get("contact", {})
    for name, key in KEYS.items():
        if name in attributes and attributes[name] == contact.get(key):
            yield f"/contact/{key}"
    phone = contact.get("phone", {})
    if attributes.get("phone_number") == phone.get("e164") and "extension" not in phone:
        yield "/contact/phone"
    if {"first_name", "last_name"} <= attributes.keys():
        yield "/contact/full_name"
    yield from LOCATION if "location" in attributes else ()


def _name(line: Line) -> str:
    """Properties are one list: which part of the lead they are of is said where it matters."""
    if line.section in _PLAIN:
        return line.label
    return f"{line.section} {line.label[:1].lower()}{line.label[1:]}"


def _value(value: Json) -> Json:
    """Texts, numbers, truths and lists of texts can be searched by; the rest is kept as JSON."""
    if isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return value
    return _text(value)


def _fit(properties: dict[str, Json], over: int) -> Iterator[str]:
    """Cut the longest properties, then leave some out, until the body has lost `over` bytes."""
    longest = sorted(properties, key=lambda name: -_size(properties[name]))
    for name in longest:
        if over > 0 and _size(properties[name]) > SHORT:
            before = _size(properties[name])
            properties[name] = _cut(properties[name], max(before - over, SHORT))
            over -= before - _size(properties[name])
            yield name
    for name in longest:
        if over > 0:
            over -= _size({name: properties.pop(name)}) - len("}")
            yield name


SHORT = 200
"""Bytes to which a property is cut before any is left out."""


def _cut(value: Json, most: int) -> str:
    """The value as a text of at most so many bytes."""
    text = value if isinstance(value, str) else _text(value)
    while (size := _size(text)) > most:
        text = shorten(text, min(len(text) * most // size, len(text) - 1))
    return text


def _size(value: Json) -> int:
    return len(_text(value).encode("utf-8", "replace"))


def _text(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
