"""What a lead is as a contact: attributes, lists and notes."""

import html
import json
import re
from collections.abc import Iterator

from relay.core.contract import Duty, Json, Settings, card_of, has_agreed, text_card

LONGEST_NOTE = 3000
"""Characters of one note, as HTML."""

MOST_NOTES = 10
_BREAK = "<br />"
_PIECE = 400
_TAG = re.compile("<[^>]*>")


def contact_of(payload: Json, settings: Settings, duty: Duty) -> dict[str, Json]:
    """The body of a contact; it is added to lists by a new lead alone."""
    attributes = {
        name.upper(): _value(value) for name, value in payload.get("attributes", {}).items()
    }
    lists = _lists(payload, settings) if duty.event == "created" and not duty.remote_id else []
    return {
        **{name: payload[name] for name in ("email", "ext_id") if name in payload},
        "attributes": attributes,
        **({"listIds": lists} if lists else {}),
        "updateEnabled": True,
    }


def notes_of(payload: Json) -> list[str]:
    """The lead in words: which of the attributes the account has is not known here."""
    card = card_of(payload.get("$lead", {}), without=["/contact/email", "/ids/version"])
    notes = list(_notes(text_card(card)))
    if len(notes) <= MOST_NOTES:
        return notes
    return [*notes[: MOST_NOTES - 1], f"{notes[MOST_NOTES - 1][:-100]}{_BREAK}(more is cut)"]


def plain(note: Json) -> str:
    """A note's words alone, to compare what Brevo gives back with what is to be written."""
    return "".join(html.unescape(_TAG.sub(" ", str(note))).split())


def _lists(payload: Json, settings: Settings) -> list[int]:
    """Being on a mailing list is a subscription, which is never implied; a source's default is not
    what a person said."""
    agreed = has_agreed(payload.get("$lead", {}).get("consent", {}).get("marketing"))
    mailed = settings.get("mailing_lists", []) if agreed else []
    return list(dict.fromkeys([*mailed, *settings.get("other_lists", [])]))


def _value(value: Json) -> Json:
    """Attributes are texts, numbers, truths and lists of texts (Create a contact)."""
    if isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return value
    return json.dumps(value, ensure_ascii=False)


def _notes(text: str) -> Iterator[str]:
    """The text as HTML in pieces, none of which ends within a sign."""
    written = ""
    for line in text.split("\n"):
        pieces = [line[at : at + _PIECE] for at in range(0, len(line), _PIECE)] or [""]
        for piece in (*(html.escape(piece) for piece in pieces), _BREAK):
            if len(written) + len(piece) > LONGEST_NOTE:
                yield written
                written = ""
            written += piece
    if plain(written):
        yield written.removesuffix(_BREAK)
