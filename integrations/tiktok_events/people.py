"""Who an event is about, normalised and hashed as TikTok wants it.

Sources: business-api.tiktok.com, Events API 2.0, Parameters; action-destinations,
tiktok-conversions/reportWebEvent/formatter.ts.
"""

import ipaddress
import re
from collections.abc import Callable, Mapping

from relay.core.contract import (
    COUNTRIES,
    Json,
    letters_only,
    phone_digits,
    plain_email,
    sha256_hex,
)

_HASHED = re.compile(r"[0-9a-f]{64}")
_SHORTEST_PHONE = 7


def user(payload: Json) -> dict[str, Json]:
    """The members of `user` that can be had of this lead."""
    found: dict[str, Json] = {}
    for name, value in (payload.get("user") or {}).items():
        if rule := HASHED.get(name):
            found[name] = _hashes(rule, value)
        elif rule := PLAIN.get(name):
            found[name] = rule(str(value).strip())
        else:
            found[name] = str(value)
    return {name: value for name, value in found.items() if value}


def can_be_found(person: Mapping[str, Json], lead: Mapping[str, Json]) -> bool:
    """Whether TikTok can know who that is; an id of our own tells it nothing."""
    known = ("email", "phone", "ttclid", "ttp")
    return (
        "lead_id" in lead
        or any(name in person for name in known)
        or ("ip" in person and "user_agent" in person)
    )


def _hashes(rule: Callable[[str], str], value: Json) -> Json:
    """The hash of a value, or the hashes of a list; what is hashed already stays as it is."""
    if isinstance(value, list):
        return list(dict.fromkeys(filter(None, (_hashes(rule, one) for one in value))))
    text = str(value).strip() if isinstance(value, str | int | float) else ""
    normal = text.lower() if _HASHED.fullmatch(text.lower()) else rule(text)
    return sha256_hex(normal) if normal else None


def _email(text: str) -> str:
    return plain_email(text) if "@" in text else ""


def _phone(text: str) -> str:
    """In international form (E.164), with its plus."""
    digits = phone_digits(text).lstrip("0")
    return f"+{digits}" if len(digits) >= _SHORTEST_PHONE else ""


def _joined(text: str) -> str:
    return "".join(text.lower().split())


def _country(text: str) -> str:
    return text.lower() if text.upper() in COUNTRIES else ""


def _ip(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return ""


HASHED: Mapping[str, Callable[[str], str]] = {
    "email": _email,
    "phone": _phone,
    "external_id": str.lower,
    "first_name": _joined,
    "last_name": _joined,
    "zip_code": _joined,
}
"""How each value is normalised before it is hashed."""

PLAIN: Mapping[str, Callable[[str], str]] = {
    "city": letters_only,
    "state": letters_only,
    "country": _country,
    "ip": _ip,
}
"""What is sent as it is, without capitals, blanks and signs."""
