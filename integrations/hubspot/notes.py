"""The note at a contact that holds what HubSpot has no property for.

`POST /crm/objects/2026-09/notes`, associated to the contact by HubSpot's own type 202.
"""

from collections.abc import Generator, Mapping
from html import escape

from integrations.hubspot.requests import asked
from integrations.hubspot.verdicts import of_one, refusal
from relay.core.contract import (
    Duty,
    Json,
    Kind,
    Outcome,
    Remainder,
    Reply,
    Request,
    Settings,
    remainder_of,
    said_objects,
)

OF_A_CONTACT = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 202}

LONGEST = 65_536
"""Characters of a note's body, and of a text property."""

LOOKED_AT = 100
"""Notes of a contact that a look-up asks for, the newest first."""


def note_of(payload: Json, places: Mapping[str, str], duty: Duty) -> Remainder:
    """The note for what has no property, short enough as HTML too."""
    rest = remainder_of(payload, places, duty, LONGEST // 2)
    if len(_markup(rest.text)) <= LONGEST:
        return rest
    return remainder_of(payload, places, duty, LONGEST // len("&amp;"))


def write_note(
    rest: Remainder, contact: str, settings: Settings, duty: Duty
) -> Generator[Request, Reply, Outcome]:
    """Write the note, unless an earlier try has written it already."""
    if duty.again:
        reply = yield asked("POST", "notes/search", settings, _search(contact))
        if refused := refusal(reply, duty):
            return refused
        if any(rest.stands_in(str(note)) for note in said_objects(reply, "results")):
            return Outcome(kind=Kind.DELIVERED)
    at = str(int(duty.occurred_at * 1000))
    body = {
        "properties": {"hs_timestamp": at, "hs_note_body": _markup(rest.text)},
        "associations": [{"to": {"id": contact}, "types": [OF_A_CONTACT]}],
    }
    reply = yield asked("POST", "notes", settings, body)
    return of_one(reply, duty).outcome


def _search(contact: str) -> Json:
    of = {"propertyName": "associations.contact", "operator": "EQ", "value": contact}
    newest = {"propertyName": "hs_createdate", "direction": "DESCENDING"}
    return {
        "filterGroups": [{"filters": [of]}],
        "properties": ["hs_note_body"],
        "sorts": [newest],
        "limit": LOOKED_AT,
    }


def _markup(text: str) -> str:
    """The text as HTML, in which notes are written."""
    return escape(text, quote=False).replace("\n", "<br>")
