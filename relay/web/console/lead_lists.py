"""Which leads an address asks for, so that a list, a lead of it and the next one speak alike."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from werkzeug.datastructures import MultiDict

from relay.runtime import current
from relay.services.lead_filters import KINDS, SENT, Wanted
from relay.web.console.project import identifier
from relay.web.console.veil import veiled

LONGEST_TEXT = 200

SPANS = {
    "24h": ("Last 24 hours", timedelta(days=1)),
    "7d": ("Last 7 days", timedelta(days=7)),
    "30d": ("Last 30 days", timedelta(days=30)),
    "90d": ("Last 90 days", timedelta(days=90)),
}

FILTERS = ("q", "source", "status", "kind", "sent", "span", "from", "until")
"""The parameters that make a list of leads; links to its leads carry them along."""


def wanted_of(given: MultiDict[str, str], project: UUID) -> Wanted:
    """The leads that an address asks for; what it says wrongly restricts nothing."""
    span = SPANS.get(given.get("span", ""))
    kind, sent = given.get("kind", ""), given.get("sent", "")
    return Wanted(
        project=project,
        text=given.get("q", "")[:LONGEST_TEXT],
        source=identifier(given.get("source")),
        statuses=[one for one in given.getlist("status") if one],
        kind=kind if kind in KINDS else "",
        sent=sent if sent in SENT else "",
        since=current().clock.now() - span[1] if span else moment(given.get("from")),
        until=moment(given.get("until")),
        ids_only=veiled(),
    )


def kept(given: MultiDict[str, str]) -> dict[str, Any]:
    """The filters of an address, to be carried along by the links on its page."""
    found = {name: [one for one in given.getlist(name) if one] for name in FILTERS}
    return {name: values for name, values in found.items() if values}


def moment(text: str | None) -> datetime | None:
    """A time from a form field, which has no zone: UTC. Near the ends of the calendar is none."""
    try:
        found = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    if not 1900 < found.year < 9000:  # a time a little before or after could not be told
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found
