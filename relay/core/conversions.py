"""What advertising platforms are told of a lead: which event, under which id, when, of what value.

A conversion is a lead that came, or what became of it: its status, by label. Each of them is told
once and carries an id of its own, by which a platform knows a repeat.
"""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from relay.core.conversations import Duty, Json, Kind, Outcome
from relay.core.hashing import sha256_hex
from relay.core.money import to_major
from relay.core.readings import moment

DAY = 86_400

_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,40}")
_CURRENCY = re.compile(r"[A-Z]{3}")


def event_for(events: Mapping[str, str], stage: Json, duty: Duty) -> str | None:
    """What a platform calls this event: `events` names those of new leads (`created`) and of
    statuses, by label or, where the label is not named, by stage; None is not to be told."""
    named = {name.strip().lower(): event for name, event in events.items()}
    words = (duty.label, stage) if duty.event == "status" else (duty.event,)
    for word in words:
        if isinstance(word, str) and (event := named.get(word.strip().lower())):
            return event
    return None


def not_told(duty: Duty) -> Outcome:
    """The outcome where the settings name no event."""
    what = f"the status {duty.label}" if duty.event == "status" else duty.event
    return Outcome(kind=Kind.IGNORED, message=f"the settings name no event for {what}")


def event_id(duty: Duty) -> str:
    """One id for each lead and event, and for each label of a status; the same in every try."""
    if duty.event != "status":
        return f"{duty.lead_id}.{duty.event}"
    plain = _PLAIN.fullmatch(duty.label) is not None
    return f"{duty.lead_id}.status.{duty.label if plain else sha256_hex(duty.label)[:16]}"


def happened_at(duty: Duty, submitted: Json = None) -> float:
    """When it happened, in Unix seconds: a status when it changed, a lead when it was submitted.

    `submitted` is the lead's own word for it, an ISO 8601 text; a time after it came is a mistake.
    """
    latest = min(duty.occurred_at, duty.now)
    said = unix_time(submitted)
    return latest if duty.event == "status" or said is None else min(said, latest)


def came_at(duty: Duty, *said: Json) -> float:
    """When the lead came, in Unix seconds: the first of these ISO 8601 texts that is none of the
    future, else the relay's own time."""
    latest = min(duty.occurred_at, duty.now)
    if duty.lead_at is not None:
        latest = min(latest, duty.lead_at)
    times = (unix_time(one) for one in said)
    return next((one for one in times if one is not None and one <= latest), latest)


def unix_time(text: Json) -> float | None:
    """Unix seconds of an ISO 8601 text, None where it is none."""
    try:
        return moment(text).timestamp()
    except ValueError:
        return None


def too_old(at: float, duty: Duty, days: int) -> Outcome | None:
    """Why something of this time is not sent any more, where a platform takes none that old."""
    age = duty.now - at
    if age <= days * DAY:
        return None
    message = f"it happened {age / DAY:.1f} days ago; none older than {days} days is taken"
    return Outcome(kind=Kind.REJECTED, message=message)


def value_of(state: Json) -> tuple[int | float, str] | None:
    """The lead's value in major units and its currency (ISO 4217), where both are known."""
    if not isinstance(state, dict):
        return None
    minor, currency = state.get("value_minor"), str(state.get("currency") or "").strip().upper()
    if type(minor) is not int or not _CURRENCY.fullmatch(currency):
        return None
    return to_major(minor, currency), currency


def bare_url(text: Json) -> str | None:
    """A page's address without query, fragment and user, which may tell who somebody is."""
    if not isinstance(text, str):
        return None
    try:
        parts = urlsplit(text.strip())
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme.lower() not in {"http", "https"} or not host:
        return None
    place = f"[{host}]" if ":" in host else host
    return f"{parts.scheme.lower()}://{place}{f':{port}' if port else ''}{parts.path}"
