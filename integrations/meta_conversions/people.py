"""Who an event is about, normalised and hashed as Meta's own SDK does it.

Source: facebook-python-business-sdk, facebook_business/adobjects/serverside/normalize.py.
"""

import ipaddress
import re
from collections.abc import Callable, Mapping

from relay.core.contract import (
    COUNTRIES,
    Duty,
    Json,
    came_at,
    phone_digits,
    plain_email,
    sha256_hex,
)

CLICK_LIVES = 90 * 86_400
"""Seconds for which Meta attributes anything to a click."""

_HASHED = re.compile(r"[0-9a-f]{64}")
_OF_PLACES = re.compile(r"[0-9.\s\-()]")
_DATE = re.compile(r"([0-9]{4})[-/.]?([0-9]{2})[-/.]?([0-9]{2})(?![0-9])")
_FBC = re.compile(r"fb\.[0-9]\.([0-9]{10,16})\.(.+)", re.DOTALL)
_FBP = re.compile(r"fb\.[0-9]\.[0-9]{10,16}\.[0-9]+")
_LEAD_ID = re.compile(r"[0-9]{15,17}")
_SHORTEST_PHONE = 7
_SECONDS = 10_000_000_000
"""Below it a time counts seconds, above it milliseconds."""


def user_data(payload: Json, duty: Duty) -> dict[str, Json]:
    """The members of `user_data` that can be had of this lead."""
    said: Mapping[str, Json] = payload.get("user_data") or {}
    found: dict[str, Json] = {}
    for name, value in said.items():
        rule = HASHED.get(name)
        if rule is None:
            found[name] = value if name not in _CHECKED else _CHECKED[name](value)
        elif hashed := _hashes(rule, value):
            found[name] = hashed
    found["fbc"] = _fbc(said.get("fbc"), payload, duty)
    return {name: value for name, value in found.items() if value not in (None, "")}


def can_be_found(person: Mapping[str, Json]) -> bool:
    """Whether Meta can know who that is; a city or an id of our own tells it nothing."""
    if any(name in person for name in ("em", "ph", "fbc", "fbp", "lead_id")):
        return True
    if "client_ip_address" in person and "client_user_agent" in person:
        return True
    return "fn" in person and "ln" in person and ("zp" in person or "db" in person)


def _hashes(rule: Callable[[str], str], value: Json) -> list[str]:
    """The hashes of one value, or of each in a list; what is hashed already stays as it is."""
    found = []
    for one in value if isinstance(value, list) else [value]:
        text = str(one).strip() if isinstance(one, str | int | float) else ""
        normal = text.lower() if _HASHED.fullmatch(text.lower()) else rule(text)
        if normal:
            found.append(sha256_hex(normal))
    return list(dict.fromkeys(found))


def _email(text: str) -> str:
    name, _, domain = plain_email(text).rpartition("@")
    return plain_email(text) if name and "." in domain else ""


def _phone(text: str) -> str:
    """Digits alone with the country's code, without zeros before it."""
    digits = phone_digits(text).lstrip("0")
    return digits if len(digits) >= _SHORTEST_PHONE else ""


def _place(text: str) -> str:
    return _OF_PLACES.sub("", text.lower())


def _postal_code(text: str) -> str:
    return "".join(text.lower().split()).partition("-")[0]


def _country(text: str) -> str:
    return text.lower() if text.upper() in COUNTRIES else ""


def _gender(text: str) -> str:
    return text[:1].lower() if text.lower() in {"f", "m", "female", "male"} else ""


def _birthday(text: str) -> str:
    date = _DATE.fullmatch(text)
    return "".join(date.groups()) if date else ""


HASHED: Mapping[str, Callable[[str], str]] = {
    "em": _email,
    "ph": _phone,
    "fn": str.lower,
    "ln": str.lower,
    "ge": _gender,
    "db": _birthday,
    "ct": _place,
    "st": _place,
    "zp": _postal_code,
    "country": _country,
    "external_id": str.lower,
}
"""How each value is normalised before it is hashed."""


def _ip(value: Json) -> str | None:
    try:
        return str(ipaddress.ip_address(str(value).strip()))
    except ValueError:
        return None


def _fbp(value: Json) -> str | None:
    return value if isinstance(value, str) and _FBP.fullmatch(value) else None


def _lead_id(value: Json) -> str | None:
    text = str(value).strip().removeprefix("l:")
    return text if _LEAD_ID.fullmatch(text) else None


_CHECKED: Mapping[str, Callable[[Json], str | None]] = {
    "client_ip_address": _ip,
    "fbp": _fbp,
    "lead_id": _lead_id,
    "fbc": lambda _value: None,
}
"""What is sent as it is where it is what Meta takes; fbc is made of more than itself."""


def _fbc(cookie: Json, payload: Json, duty: Duty) -> str | None:
    """The click: the browser's cookie, else its click id with the time of landing, else of the
    lead; the id keeps its case. One of another quarter is none any more."""
    if isinstance(cookie, str) and (found := _FBC.fullmatch(cookie)):
        at = int(found[1]) / (1 if int(found[1]) < _SECONDS else 1000)
        return cookie if duty.now - at <= CLICK_LIVES else None
    fbclid = payload.get("$fbclid")
    if not isinstance(fbclid, str) or not fbclid.strip():
        return None
    at = came_at(duty, payload.get("$landed"), payload.get("$submitted"))
    if duty.now - at > CLICK_LIVES:
        return None
    return f"fb.1.{int(at * 1000)}.{fbclid.strip()}"
