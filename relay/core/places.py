"""How a value is read at each kind of place of the lead; the kinds are `x-reads` in lead.json."""

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from relay.core.consent import read_consent, says_no_to
from relay.core.contract import Json
from relay.core.emails import read_email
from relay.core.lead import is_empty
from relay.core.phones import read_phone
from relay.core.readings import instant


class Read(NamedTuple):
    """A value as its place keeps it, with a warning (kind, message) where it is not in order."""

    value: Json
    warning: tuple[str, str] | None = None


class Around(NamedTuple):
    """What a reader may know beside the value: the source's region and the answer's label."""

    region: str | None = None
    label: str | None = None


def read(kind: str, value: Json, around: Around) -> Read | None:
    """The value as a place of this kind keeps it; None when the place cannot hold its shape."""
    if isinstance(value, list) and len(value) == 1 and kind in _SINGLE:
        value = value[0]
    return _READERS[kind](value, around)


def _text(value: Json, _around: Around) -> Read | None:
    text = _as_text(value)
    return None if text is None else Read(text.strip())


def _opaque(value: Json, _around: Around) -> Read | None:
    """Identifiers are kept to the letter: they are case-sensitive and mean nothing to us."""
    text = _as_text(value, several=False)
    return None if text is None else Read(text)


def _email(value: Json, _around: Around) -> Read | None:
    text = _as_text(value, several=False)
    if text is None:
        return None
    address, refusal = read_email(text)
    return Read(address, ("email", refusal) if refusal else None)


def _phone(value: Json, around: Around) -> Read | None:
    if isinstance(value, dict):
        if value.keys() == {"raw", "e164"}:
            return _dialled(value["raw"], value["e164"])
        value = _phone_parts(value)
    text = _as_text(value, several=False)
    if text is None:
        return None
    phone, doubt = read_phone(text, around.region)
    return Read(phone, ("phone", doubt) if doubt else None)


def _dialled(raw: Json, e164: Json) -> Read | None:
    """A phone that an integration has read already."""
    if type(raw) is not str or type(e164) is not str or not e164.startswith("+"):
        return None
    phone, doubt = read_phone(e164, None)
    return Read({**phone, "raw": raw}, ("phone", doubt) if doubt else None)


def _phone_parts(value: Mapping[str, Json]) -> Json:
    """A phone in parts, as form builders send it: {full} or {country, area, phone}."""
    if not set(value) <= {"full", "country", "area", "phone"}:
        return None
    full, *others = [_as_text(value.get(key)) or "" for key in ("full", "country", "area", "phone")]
    if not full:
        return " ".join(text for text in others if text) or None
    return full if all(_digits(text) in _digits(full) for text in others) else None


def _digits(text: str) -> str:
    return "".join(character for character in text if character.isdigit())


def _consent(value: Json, around: Around) -> Read | None:
    if isinstance(value, dict) and set(value) == {"state", "raw"} and value["state"] in _STATES:
        return Read(value)  # an integration has judged it by its product's own rules
    state = read_consent(value)
    if state == "unknown" and isinstance(value, str) and _is_own_label(value, around.label):
        state = "granted"
    flag = {"state": state, "raw": value}
    if around.label:
        flag["text"] = around.label
    return Read(flag)


_STATES = ("granted", "denied", "unknown")


def _is_own_label(value: str, label: str | None) -> bool:
    """A ticked box without a value of its own sends its label."""
    own = bool(label) and value.strip().lower() == str(label).strip().lower()
    return own and not says_no_to(value)


_OFFSET = re.compile(r"\s*([+-]\d\d):?(\d\d)$")
_LONGEST_TIME = 64

_EARLIEST = 5e8  # seconds: a smaller number, of 1985 or before, is no time at which a form was sent


def _instant(value: Json, _around: Around) -> Read | None:
    """ISO 8601, or a number of seconds or milliseconds since 1970; without a zone it is UTC."""
    try:
        if isinstance(value, int | float) and value > _EARLIEST:
            moment = datetime.fromtimestamp(value / 1000 if value > 1e11 else value, UTC)
        elif isinstance(value, str) and len(value) <= _LONGEST_TIME:
            moment = datetime.fromisoformat(_OFFSET.sub(r"\1:\2", value.strip()))
        else:
            return None
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return Read(instant(moment))


def _integer(value: Json, _around: Around) -> Read | None:
    if isinstance(value, str):
        digits = value.strip()
        value = int(digits) if re.fullmatch(r"0|-?[1-9][0-9]{0,14}", digits) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if not math.isfinite(value) or value != int(value):
        return None
    return Read(int(value))


def _json(value: Json, _around: Around) -> Read | None:
    return Read(value)


def _map(value: Json, _around: Around) -> Read | None:
    return Read(value) if isinstance(value, dict) else None


def _files(value: Json, around: Around) -> Read | None:
    """Files are noted, not fetched: {url}, {name} or what the sender says of it, and the label."""
    files = []
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, str):
            noted: dict[str, Json] = {"url" if "://" in item else "name": item}
        elif isinstance(item, dict) and _file_shaped(item):
            noted = dict(item)
        else:
            return None
        if around.label:
            noted.setdefault("label", around.label)
        files.append(noted)
    return Read(files)


def _file_shaped(item: Mapping[str, Json]) -> bool:
    texts = all(isinstance(item.get(key, ""), str) for key in ("name", "type", "url", "label"))
    return texts and type(item.get("size", 0)) is int


def _certificate(value: Json, around: Around) -> Read | None:
    """The vendor is told by the value, for senders put one's certificate under the other's name."""
    text = _as_text(value)
    if text is None:
        return None
    text = text.strip()
    if "trustedform.com/" in text or re.fullmatch(r"[0-9a-fA-F]{40}", text):
        vendor = "trustedform"
    elif re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", text):
        vendor = "jornaya"
    else:
        vendor = "trustedform" if "trusted" in (around.label or "").lower() else "other"
    return Read([{"type": vendor, "value": text}])


def _as_text(value: Json, *, several: bool = True) -> str | None:
    """The text of a scalar, or of a list of scalars (joined if there may be several); else None."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return _joined(value, several=several)
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        whole = isinstance(value, float) and math.isfinite(value) and value == int(value)
        return str(int(value) if whole and abs(value) < 1e15 else value)
    return None


def _joined(values: list[Json], *, several: bool) -> str | None:
    said = [item for item in values if not is_empty(item)]
    texts = [text for item in said if (text := _scalar_text(item)) is not None]
    if not texts or len(texts) < len(said) or (len(texts) > 1 and not several):
        return None
    return ", ".join(texts)


def _scalar_text(value: Json) -> str | None:
    return None if isinstance(value, list) else _as_text(value)


_SINGLE = frozenset({"instant", "integer", "phone"})
"""Kinds that read a list of one as the one: some senders make lists of everything."""

APPENDED = frozenset({"files", "certificate"})
"""Kinds of places that take one value after the other."""

_READERS: dict[str, Callable[[Json, Around], Read | None]] = {
    "text": _text,
    "opaque": _opaque,
    "email": _email,
    "phone": _phone,
    "consent": _consent,
    "instant": _instant,
    "integer": _integer,
    "json": _json,
    "map": _map,
    "files": _files,
    "certificate": _certificate,
}

KINDS = frozenset(_READERS)
"""The words that `x-reads` may use."""
