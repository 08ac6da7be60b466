"""What Google is told of a lead, and of the person only hashed.

Facts: developers.google.com/data-manager/api/devguides/concepts/formatting and
/devguides/events/google-ads/offline/send-events.
"""

import re
from datetime import UTC, datetime

from relay.core.contract import (
    Duty,
    Json,
    event_id,
    google_email_hash,
    google_phone_hash,
    happened_at,
    sha256_hex,
    value_of,
)

CLICKS = ("gclid", "gbraid", "wbraid")
"""Which click an event is of, the first that is known; one event has one."""

GRANTS = {"granted": "CONSENT_GRANTED", "denied": "CONSENT_DENIED"}

_COUNTRY = re.compile(r"[A-Za-z]{2}")


def event_of(payload: Json, duty: Duty) -> dict[str, Json]:
    """One event; without its time where it is not known."""
    click, people = _click(payload), _people(payload)
    given = payload.get("transactionId") if duty.event == "created" else None
    event: dict[str, Json] = {
        "eventTimestamp": _time(happened_at(duty, payload.get("$submitted"))),
        "eventSource": "WEB",
        "transactionId": str(given or event_id(duty)),
        "adIdentifiers": click,
        # what a braid tells is of many people at once: no person is joined to it
        "userData": {"userIdentifiers": people} if people and not click.keys() & _BRAIDS else None,
        "consent": _consent(payload.get("$consent") or {}),
    }
    if worth := value_of(payload.get("$state")):
        event["conversionValue"], event["currency"] = worth
    return {name: part for name, part in event.items() if part not in (None, {})}


_BRAIDS = {"gbraid", "wbraid"}


def can_be_found(event: Json) -> bool:
    """Whether there is anything that Google knows the lead by."""
    return "adIdentifiers" in event or "userData" in event


def _click(payload: Json) -> dict[str, str]:
    given = payload.get("adIdentifiers") or {}
    return next(({name: str(given[name])} for name in CLICKS if given.get(name)), {})


def _people(payload: Json) -> list[dict[str, Json]]:
    """What Google may know the person by, hashed: e-mail, phone, and name with address."""
    person = payload.get("person") or {}
    found: list[dict[str, Json]] = []
    if email := google_email_hash(str(person.get("email") or "")):
        found.append({"emailAddress": email})
    if phone := google_phone_hash(str(person.get("phone") or "")):
        found.append({"phoneNumber": phone})
    first, last = _plain(person.get("first_name")), _plain(person.get("last_name"))
    country, code = str(person.get("country") or "").strip(), person.get("postal_code")
    if first and last and code and _COUNTRY.fullmatch(country):
        address = {
            "givenName": sha256_hex(first),
            "familyName": sha256_hex(last),
            "regionCode": country.upper(),
            "postalCode": str(code).strip(),
        }
        found.append({"address": address})
    return found


def _plain(name: Json) -> str:
    return str(name or "").strip().lower()


def _consent(flags: Json) -> dict[str, str]:
    """What was said; what was not is left open, as Google has it too."""
    named = {"adUserData": "ad_user_data", "adPersonalization": "ad_personalization"}
    states = {name: (flags.get(ours) or {}).get("state") for name, ours in named.items()}
    return {name: GRANTS[state] for name, state in states.items() if state in GRANTS}


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
