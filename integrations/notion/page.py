"""What a lead is as a page: properties, and a text of all that has none."""

import json
import math
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from itertools import groupby

from relay.core.contract import Json, boolean, card_of, cut_note, shorten

LONGEST_TEXT = 2000
MOST_TEXTS = 100
"""Characters of a rich text, and how many stand in one list (Request limits)."""

LONGEST_OPTION = 100
MOST_OPTIONS = 100

LONGEST_PAGE = 60_000
"""Characters of a page's text, so that a request has less than 500 kB in any script."""

OWN = frozenset(
    {
        "/contact/full_name",
        "/contact/email",
        "/contact/phone",
        "/contact/company",
        "/form/message",
        "/form/custom_name",
        "/form/name",
        "/attribution/utm/source",
        "/attribution/page_url",
    }
)
"""Places of the lead that have a property of their own, unless the mapping took it out."""


def properties_of(payload: Json, lead_id: str, name: str) -> dict[str, Json]:
    """The properties as Notion writes them, with the lead's id under `name`.

    A value that is none of its type, such as a number in words, is left to the page's text.
    """
    found: dict[str, Json] = {name: {"rich_text": rich_text(lead_id)}}
    for kind, write in WRITERS.items():
        for title, value in payload.get(kind, {}).items():
            written = write(value)
            if written is not None:
                found[title] = {kind: written}
    return found


def sections_of(payload: Json) -> list[tuple[str, str]]:
    """The page's text, a heading and its lines each."""
    lead = payload.get("$lead", {})
    held = set(_texts(payload))
    lines = [
        line
        for line in card_of(lead, without=["/ids/id", "/ids/version"]).lines
        if line.pointer not in OWN or line.text not in held
    ]
    sections = [
        (heading, "\n".join(f"{line.label}: {line.text}" for line in part))
        for heading, part in groupby(lines, key=lambda line: line.section)
    ]
    if rest := cut_note(payload):
        sections.append(("In full", rest))
    return list(_fitted(sections))


def blocks_of(sections: list[tuple[str, str]]) -> list[Json]:
    """Blocks for these sections: a heading and one paragraph each."""
    return [
        {"object": "block", "type": kind, kind: {"rich_text": rich_text(text)}}
        for heading, lines in sections
        for kind, text in (("heading_3", heading), ("paragraph", lines))
    ]


def rich_text(text: str) -> list[Json]:
    """A text in pieces that are no longer than Notion takes."""
    whole = shorten(text, LONGEST_TEXT * MOST_TEXTS)
    pieces = [whole[at : at + LONGEST_TEXT] for at in range(0, len(whole), LONGEST_TEXT)]
    return [{"type": "text", "text": {"content": piece}} for piece in pieces]


def _texts(payload: Json) -> Iterator[str]:
    """What the properties hold word for word."""
    for kind in ("title", "rich_text", "email", "phone_number", "select", "url"):
        for value in payload.get(kind, {}).values():
            if isinstance(value, str) and (kind != "select" or value == _option(value)):
                yield value


def _fitted(sections: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    room = LONGEST_PAGE
    for heading, text in sections:
        if room > len("…"):
            yield heading, shorten(text, room)
        room -= len(text)


def _plain(value: Json) -> str:
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ", ".join(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _option(value: Json) -> str:
    """The name of an option, which may have no commas (Page properties: select)."""
    return shorten(" ".join(_plain(value).replace(",", " ").split()), LONGEST_OPTION)


def _number(value: Json) -> Json:
    try:
        number = float(str(value))
    except ValueError:
        return None
    if not math.isfinite(number):
        return None
    return int(number) if number.is_integer() and abs(number) < _EXACT else number


_EXACT = 2**53


def _date(value: Json) -> Json:
    """A day stays one, and does not become its midnight."""
    text = str(value).strip()
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return {"start": found.isoformat() if len(text) > len("2026-03-02") else text}


def _checkbox(value: Json) -> Json:
    """A consent is a tick too, by its state."""
    if value in ("granted", "denied"):
        return value == "granted"
    try:
        return boolean(value)
    except ValueError:
        return None


def _options(value: Json) -> Json:
    names = value if isinstance(value, list) else [value]
    found = dict.fromkeys(option for name in names if (option := _option(name)))
    return [{"name": name} for name in list(found)[:MOST_OPTIONS]] or None


def _one(value: Json) -> Json:
    return {"name": option} if (option := _option(value)) else None


WRITERS: Mapping[str, Callable[[Json], Json]] = {
    "title": lambda value: rich_text(_plain(value)),
    "rich_text": lambda value: rich_text(_plain(value)),
    "email": lambda value: _plain(value) or None,
    "phone_number": lambda value: _plain(value) or None,
    "url": lambda value: _plain(value) or None,
    "select": _one,
    "status": _one,
    "multi_select": _options,
    "number": _number,
    "date": _date,
    "checkbox": _checkbox,
}
"""How a value is written, by the type of its property; None where it is none of that type."""
