"""What GA4 is told of a lead: nothing by which one could know the person, but by a hash.

Facts: developers.google.com/analytics/devguides/collection/protocol/ga4 (reference, sending
events, user-provided data), and googleanalytics/ga-dev-tools for the sizes.
"""

import re
from collections.abc import Mapping

from relay.core.contract import (
    Duty,
    Json,
    Settings,
    bare_url,
    event_id,
    google_email_hash,
    google_phone_hash,
    happened_at,
    sha256_hex,
    shorten,
    value_of,
)

MOST_PARAMETERS = 25

LONGEST_VALUE = 100

LONGEST_ADDRESS = 1000
"""Characters of a page's address, which GA4 takes more of than of other values."""

_NAME = re.compile(r"(?!ga_|google_|firebase_)[A-Za-z][A-Za-z0-9_]{0,39}")
_COOKIE = re.compile(r"(?:GA[0-9]\.[0-9]|FPID[0-9]*\.[0-9]+)\.(.+)")
_SESSION = re.compile(r"GS1\.[0-9]\.([0-9]+)\b|GS2\.[0-9]\.s([0-9]+)\b|([0-9]{6,20})$")
_PERSONAL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+|\+[0-9][0-9 ()./-]{6,}[0-9]")

STATES = {"granted": "GRANTED", "denied": "DENIED"}


def client_of(payload: Json, settings: Settings, duty: Duty) -> str | None:
    """The client id of the visitor's browser, without what the cookie writes before it.

    Where there is none, one is made of the lead's id if the settings want it: the same each time.
    """
    said = str(payload.get("client_id") or "").strip()
    if said and not _PERSONAL.search(said):
        match = _COOKIE.fullmatch(said)
        return match[1] if match else said
    if settings.get("without_client_id") != "make" and not duty.trial:
        return None
    number = int(sha256_hex(f"ga4 {duty.lead_id}")[:8], 16)
    return f"{number}.{int(duty.lead_at or duty.occurred_at)}"


def body_of(
    name: str, client: str, payload: Json, settings: Settings, duty: Duty
) -> dict[str, Json]:
    """The whole of a request with one event."""
    at = happened_at(duty, payload.get("$submitted"))
    flags = payload.get("$consent") or {}
    body: dict[str, Json] = {
        "client_id": client,
        "timestamp_micros": int(at * 1_000_000),
        "consent": _consent(flags),
        "user_data": _user_data(payload.get("$person") or {}, flags, settings),
        "events": [{"name": name, "params": _parameters(payload, settings, duty)}],
    }
    return {member: value for member, value in body.items() if value != {}}


def session_of(text: Json) -> str | None:
    """The session's id, out of the cookie `_ga_<stream>` where it is given whole."""
    match = _SESSION.match(str(text or "").strip())
    return next((part for part in match.groups() if part), None) if match else None


def _parameters(payload: Json, settings: Settings, duty: Duty) -> dict[str, Json]:
    """The event's parameters, GA4's own first; of the others as many as it takes."""
    value, currency = value_of(payload.get("$state")) or (0, settings.get("currency", "USD"))
    own: dict[str, Json] = {
        "currency": currency,
        "value": value,
        "transaction_id": event_id(duty),
        "engagement_time_msec": 1,
        "session_id": session_of(payload.get("$session")),
        "page_location": _page(payload.get("$page")),
    }
    given = {name: part for name, part in own.items() if part is not None}
    for name, part in (payload.get("params") or {}).items():
        if len(given) < MOST_PARAMETERS and _is_fit(name, part):
            given[name] = shorten(part, LONGEST_VALUE) if isinstance(part, str) else part
    return given


def _is_fit(name: str, value: Json) -> bool:
    """Whether a parameter may go: no e-mail address and no phone number may, Google's terms say."""
    if isinstance(value, str):
        return bool(value and _NAME.fullmatch(name)) and not _PERSONAL.search(value)
    return isinstance(value, int | float) and bool(_NAME.fullmatch(name))


def _page(address: Json) -> str | None:
    """A page's address without its query, which may tell who somebody is."""
    page = bare_url(address)
    if page is None or len(page) > LONGEST_ADDRESS or _PERSONAL.search(page):
        return None
    return page


def _consent(flags: Mapping[str, Json]) -> dict[str, str]:
    """What was said of advertisement; what was not follows the property's own settings."""
    named = ("ad_user_data", "ad_personalization")
    states = {name: (flags.get(name) or {}).get("state") for name in named}
    return {name: STATES[state] for name, state in states.items() if state in STATES}


def _user_data(
    person: Mapping[str, Json], flags: Mapping[str, Json], settings: Settings
) -> dict[str, Json]:
    """E-mail and phone, hashed, where they are wanted and the person has granted it."""
    if not settings.get("user_data") or (flags.get("ad_user_data") or {}).get("state") != "granted":
        return {}
    found: dict[str, Json] = {}
    if email := google_email_hash(str(person.get("email") or "")):
        found["sha256_email_address"] = [email]
    if phone := google_phone_hash(str(person.get("phone") or "")):
        found["sha256_phone_number"] = [phone]
    return found
