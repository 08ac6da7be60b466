"""The filter of deliveries in an address: read and checked.

What an address says wrongly restricts nothing. Only for a lead or a JSON value that cannot be read
nothing is found: somebody wrote it by hand, and may send all that matches again.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from werkzeug.datastructures import MultiDict

from relay.core.clean import clean
from relay.core.contract import Json, Kind
from relay.runtime import current
from relay.services.browse import Cursor
from relay.services.filtering import CLASSES, Filter
from relay.store.tables import DELIVERY_STATES, EVENTS
from relay.web.console.project import identifier
from relay.web.console.veil import veiled

SPANS = {
    "1h": ("Last hour", timedelta(hours=1)),
    "24h": ("Last 24 hours", timedelta(days=1)),
    "7d": ("Last 7 days", timedelta(days=7)),
    "30d": ("Last 30 days", timedelta(days=30)),
}
OUTCOMES = tuple(kind.value for kind in Kind)
LISTS = {"state": DELIVERY_STATES, "event": EVENTS, "outcome": OUTCOMES, "ever": OUTCOMES}
TIMES = ("span", "from", "until")
NAMES = (
    *("q", "state", "source", "target", "event", "outcome", "ever", "status"),
    *("attempts_min", "attempts_max", "slower", *TIMES, "lead", "run", "json", "json_in"),
)
"""The parameters that restrict."""

PERSONAL = ("q", "json", "json_in")
"""Those by which viewers cannot search: the answers would tell what they must not see."""

LONGEST_JSON = 2000
LONGEST_TEXT = 200
MOST_ATTEMPTS = 1000
NOTHING = UUID(int=0)

Given = MultiDict[str, str]


def filter_of(given: Given, project: UUID) -> Filter:
    """The filter that an address asks for."""
    span = SPANS.get(given.get("span", ""))
    since = current().clock.now() - span[1] if span else moment(given.get("from"))
    lead, lead_number = _lead(given.get("lead", ""))
    holding = _holding(given)[0]
    return Filter(
        project=project,
        states=_listed(given, "state"),
        source=identifier(given.get("source")),
        target=identifier(given.get("target")),
        lead=lead,
        number=lead_number,
        run=identifier(given.get("run")),
        delivery=NOTHING if {"json", "lead"} & mistakes(given).keys() else None,
        since=since,
        until=moment(given.get("until")),
        text="" if veiled() else given.get("q", "")[:LONGEST_TEXT],
        events=_listed(given, "event"),
        outcomes=_listed(given, "outcome"),
        ever=_listed(given, "ever"),
        classes=[name for name in CLASSES if name in given.getlist("status")],
        least=number(given.get("attempts_min")),
        most=number(given.get("attempts_max")),
        slower=seconds(given.get("slower")),
        holding=holding,
        as_sent=given.get("json_in") == "sent" and holding is not None,
    )


def mistakes(given: Given) -> dict[str, str]:
    """What an address says that cannot be read, by the name of the field."""
    wrong = {
        name: "This is no time: write 2026-03-01T12:00."
        for name in ("from", "until")
        if given.get(name) and moment(given[name]) is None
    }
    if given.get("lead", "").strip() and _lead(given["lead"]) == (None, None):
        wrong["lead"] = "Write the lead's number, such as 4711, or its id."
    if not_json := _holding(given)[1]:
        wrong["json"] = not_json
    return wrong


def cursor_of(given: Given) -> Cursor:
    """Where the page begins that an address asks for."""
    return Cursor(identifier(given.get("after")), identifier(given.get("before")))


def is_filtered(given: Given) -> bool:
    """Whether an address asks for less than everything."""
    return any(given.get(name) for name in NAMES if name not in hidden())


def moment(text: str | None) -> datetime | None:
    """A time from a form field, which has no zone: UTC. Near the ends of the calendar is none."""
    try:
        found = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    if not 1900 < found.year < 9000:  # a time a little before or after could not be told
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found


def _listed(given: Given, name: str) -> list[str]:
    return [one for one in LISTS[name] if one in given.getlist(name)]


def _lead(text: str) -> tuple[UUID | None, int | None]:
    """A lead by its id or its number."""
    digits = text.strip().removeprefix("#")
    if digits.isascii() and digits.isdigit():
        return None, min(int(digits[:19]), 2**63 - 1)
    return identifier(text.strip()), None


def number(text: str | None) -> int | None:
    """A number of attempts from a field, or None where it is none."""
    found = (text or "").strip()
    is_number = found.isascii() and found.isdigit()
    return min(int(found[:9]), MOST_ATTEMPTS) if is_number else None


def seconds(text: str | None) -> float | None:
    """A length of time from a field, or None where it is none."""
    try:
        found = float(text or "")
    except ValueError:
        return None
    return found if 0 <= found < timedelta.max.total_seconds() else None


def _holding(given: Given) -> tuple[Json, str]:
    """The JSON object that leads are to contain, and what is wrong with what stands there."""
    text = given.get("json", "").strip()
    if not text or veiled():
        return None, ""
    if len(text) > LONGEST_JSON:
        return None, f"This is too long: {LONGEST_JSON} characters are looked for at most."
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        return None, f"This is no JSON, from line {error.lineno}, column {error.colno}: {error.msg}"
    except (ValueError, RecursionError):
        return None, "This is no JSON that can be looked for: it is nested too deep."
    if not isinstance(value, dict):
        return None, 'Write an object, such as {"contact": {"email": "ada@example.com"}}.'
    if clean(value) != value:
        return None, "It holds a character or a number that no lead can hold."
    return value, ""


def hidden() -> tuple[str, ...]:
    """The parameters by which the signed-in person cannot search."""
    return PERSONAL if veiled() else ()


KEPT = frozenset((*NAMES, "columns", "kind", "sent"))
"""Parameters that are of a list, in all that has views; any other is of a page, or of nobody."""


def kept(given: Given) -> dict[str, list[str]]:
    """What of an address holds for all pages of the list, without what is empty or not allowed."""
    return dict(_kept(given))


def _kept(given: Given) -> Iterator[tuple[str, Any]]:
    for name, values in given.lists():
        said = [value for value in values if value]
        if said and name in KEPT and name not in hidden():
            yield name, said
