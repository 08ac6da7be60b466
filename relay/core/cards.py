"""A lead as people read it: lines with labels, for notes, chats and letters.

What a target has a field for need not stand in its note again; everything else does, so that
nothing of a lead is lost on the way.
"""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from relay.core.conversations import Json
from relay.core.money import to_major


@dataclass(frozen=True, slots=True)
class Line:
    """One value in words; `pointer` says where in the lead it stands."""

    section: str
    label: str
    text: str
    pointer: str


@dataclass(frozen=True, slots=True)
class Card:
    """A lead in words; `title` names the person and the form in one line."""

    title: str
    lines: tuple[Line, ...]


SECTIONS: tuple[tuple[str, str], ...] = (
    ("/contact", "Contact"),
    ("/form", "Form"),
    ("/tokens", "More"),
    ("/state", "Status"),
    ("/attribution", "Attribution"),
    ("/consent", "Consent"),
    ("/keys", "Identifiers"),
    ("/ids", "Lead"),
    ("/device", "Device"),
)
"""The parts of a lead that a card shows, in this order."""

FIRST = ("full_name", "first_name", "last_name", "email", "phone", "company", "subject", "message")
"""What comes first within its section."""

QUIET = frozenset({"/contact/phone/region", "/state/value_minor", "/state/currency"})
"""What another line says already."""

_WORDS = {
    "utm": "UTM",
    "ga": "Google Analytics",
    "ids": "",
    "fields": "",
    "click_ids": "",
    "browser_ids": "",
    "external": "",
    "extra": "",
    "e164": "",
    "raw": "as written",
    "public_id": "Public id",
    "ip": "IP address",
    "url": "Address",
}
_FLAG = {"granted": "yes", "denied": "no", "unknown": "not said"}


_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""Signs that turn around what follows; in a title that would be what others wrote."""


def card_of(lead: Json, without: Collection[str] = ()) -> Card:
    """The card of an outgoing lead, without the places under these pointers."""
    shown = tuple(
        line
        for pointer, section in SECTIONS
        for line in _lines(lead.get(pointer[1:]), pointer, section, ())
        if not any(f"{line.pointer}/".startswith(f"{place}/") for place in without)
    )
    return Card(_title(lead), shown)


def text_card(card: Card, most: int | None = None) -> str:
    """The card as plain text, a section after the other, in at most so many characters.

    Where it is longer the last line says how many lines are left out.
    """
    written: list[str] = []
    room = most if most is not None else sum(len(line.text) + 200 for line in card.lines) + 200
    section = ""
    for at, line in enumerate(card.lines):
        head = "" if line.section == section else ("\n" if written else "") + f"{line.section}\n"
        text = f"{head}{line.label}: {line.text}\n"
        if len(text) + _MORE > room:
            return "".join(written) + _rest(text, len(card.lines) - at, room)
        written.append(text)
        room -= len(text)
        section = line.section
    return "".join(written).rstrip("\n")


_MORE = 40


def _rest(text: str, left: int, room: int) -> str:
    """As much of a line as there is room for, and how many are left out."""
    start = text[: max(room - _MORE, 0)].rstrip()
    return (f"{start}…\n" if start else "") + f"({left} lines are cut)"


def name_parts(contact: Mapping[str, Json]) -> tuple[str, str]:
    """First and last name, the last one never empty, as CRMs want it.

    One name alone is split on its last blank; where there is none the last name is the whole, the
    e-mail's part before the @, else "Unknown".
    """
    first, last = str(contact.get("first_name") or ""), str(contact.get("last_name") or "")
    whole = str(contact.get("full_name") or "").strip()
    if not last and whole:
        before, _, after = whole.rpartition(" ")
        first, last = (first or before.strip(), after) if before else (first, whole)
        if first == last:
            first = ""
    if not last:
        last, first = (first, "") if first else (last, first)
    return first, last or str(contact.get("email") or "").partition("@")[0] or "Unknown"


def _title(lead: Json) -> str:
    contact, form = lead.get("contact", {}), lead.get("form", {})
    first, last = contact.get("first_name") or "", contact.get("last_name") or ""
    phone = contact.get("phone") or {}
    who = (
        contact.get("full_name")
        or f"{first} {last}".strip()
        or contact.get("email")
        or phone.get("e164")
        or phone.get("raw")
        or contact.get("company")
        or "Somebody"
    )
    name = form.get("custom_name") or form.get("name")
    title = _TURNING.sub("", f"{who} – {name}" if name else str(who))
    return " ".join(title.split()) or "Somebody"


def _lines(value: Json, pointer: str, section: str, labels: tuple[str, ...]) -> Iterator[Line]:
    if pointer in QUIET or value in (None, "", [], {}):
        return
    if isinstance(value, dict) and {"state", "raw"} <= value.keys():
        said = value.get("text") or value["raw"]
        words = _FLAG.get(str(value["state"]), str(value["state"]))
        told = f" ({said})" if isinstance(said, str) and said.lower() != words else ""
        yield Line(section, _label(labels), words + told, pointer)
    elif isinstance(value, dict) and value.get("raw") and pointer == "/contact/phone":
        whole = value.get("e164") or value["raw"]
        extension = f" ext. {value['extension']}" if value.get("extension") else ""
        yield Line(section, _label(labels), whole + extension, pointer)
    elif isinstance(value, dict):
        if pointer == "/state" and (minor := value.get("value_minor")) is not None:
            currency = value.get("currency")
            amount = f"{to_major(minor, currency)} {currency or ''}".rstrip()
            yield Line(section, "Value", amount, "/state/value_minor")
        for name in sorted(value, key=_place):
            step = name.replace("~", "~0").replace("/", "~1")
            raw = section in ("Form", "More") and labels[-1:] == ("",)
            word = name if raw or pointer == "/tokens" else _word(name)
            yield from _lines(value[name], f"{pointer}/{step}", section, (*labels, word))
    else:
        yield Line(section, _label(labels), _text(value), pointer)


def _place(name: str) -> int:
    return FIRST.index(name) if name in FIRST else len(FIRST)


def _word(name: str) -> str:
    return _WORDS.get(name, name.replace("_", " "))


def _label(labels: tuple[str, ...]) -> str:
    whole = " ".join(label for label in labels if label) or "Value"
    return whole[0].upper() + whole[1:]


def _text(value: Json) -> str:
    """A value in one piece: lists with commas, files by their address, the rest as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list) and all(isinstance(item, str | int | float) for item in value):
        return ", ".join(_text(item) for item in value)
    if isinstance(value, list) and all(
        isinstance(item, dict) and item.get("url") for item in value
    ):
        return ", ".join(str(item["url"]) for item in value)
    return json.dumps(value, ensure_ascii=False)
