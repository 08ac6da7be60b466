"""Jotform's answers: `q3_yourName` with a text, a list, or the parts of a name or an address."""

import re
from collections.abc import Callable, Iterator, Mapping

from integrations.jotform.labels import Labels
from relay.core.contract import Json

_KEY = re.compile(r"q([0-9]{1,9})_(.+)", re.DOTALL)
_UPLOAD = re.compile(r"https?://\S+/uploads?/\S+|https?://\S*jotform\S*/\S+")

Answer = dict[str, Json]
Value = dict[str, Json]

_PERSON = {
    "prefix": "salutation",
    "first": "first_name",
    "middle": None,
    "last": "last_name",
    "suffix": None,
}
_ADDRESS = {
    "addr_line1": "street",
    "addr_line2": "street2",
    "city": "city",
    "state": "state",
    "postal": "postal_code",
    "country": "country",
}
_PHONE = ("country", "area", "phone", "full")
_DATE = ("year", "month", "day", "hour", "min", "ampm", "timeInput", "hourSelect", "minuteSelect")
_APPOINTMENT = ("date", "duration", "timezone", "implementation")


def is_question(key: str) -> bool:
    """Whether a member of the raw request is the answer to a question."""
    return _KEY.fullmatch(key) is not None


def read_answers(raw: Mapping[str, Json], pretty: str) -> Iterator[Answer]:
    """The answers {id, label, ref?, type?, value} that are not empty, in the form's order."""
    labels = Labels(pretty)
    for key, value in raw.items():
        if question := _KEY.fullmatch(key):
            # Jotform adds the question's number where a name is taken
            name = question[2].removesuffix(question[1]) or question[2]
            yield from _read(key, name, value, labels)


def read_uploads(raw: Mapping[str, Json], pretty: str) -> Iterator[Answer]:
    """The uploads, which stand under the bare names of their questions: {label, type, value}."""
    labels = Labels(pretty)
    for key, value in raw.items():
        addresses = value if isinstance(value, list) else [value]
        if addresses and all(isinstance(one, str) and _UPLOAD.match(one) for one in addresses):
            label = labels.of(key, None)
            yield {"id": key, "label": label, "type": "file_url", "value": value}


def is_empty(value: Json) -> bool:
    """Whether nothing was answered, though the widget may have sent the parts of nothing."""
    if isinstance(value, dict):
        return all(is_empty(member) for key, member in value.items() if key not in _WIDGET)
    if isinstance(value, list):
        return all(map(is_empty, value))
    return value is None or (isinstance(value, str) and not value.strip())


_WIDGET = frozenset({"implementation", "duration", "timezone", "colIds", "rowIds", "liteMode"})
"""What a widget says of itself beside the answer."""


def _read(key: str, name: str, value: Json, labels: Labels) -> Iterator[Answer]:
    if is_empty(value):
        return
    if not isinstance(value, dict):
        written = value if isinstance(value, str) else None
        yield {"id": key, "ref": name, "label": labels.of(name, written), "value": _plain(value)}
        return
    read = next((read for parts, read in _SHAPES if value.keys() <= set(parts)), _other)
    for answer in read(value):
        part = answer.pop("part", None)
        label = labels.of(name, answer.pop("written", None))
        if part:
            yield {"id": f"{key}.{part}", "label": f"{label} ({part})", **answer}
        else:
            yield {"id": key, "ref": name, "label": label, **answer}


def _plain(value: Json) -> Json:
    """A drawn signature comes as a picture in a text; only what it is, is kept."""
    if isinstance(value, str) and value.startswith("data:"):
        return f"({value[5:60].partition(';')[0] or 'data'}, {len(value)} characters)"
    return value


# --- shapes --------------------------------------------------------------------------------------


def _person(value: Value) -> Iterator[Answer]:
    written = " ".join(str(value[part]) for part in _PERSON if not is_empty(value.get(part)))
    yield from _parts(value, _PERSON, written)


def _address(value: Value) -> Iterator[Answer]:
    yield from _parts(value, _ADDRESS, None)


def _parts(value: Value, names: Mapping[str, str | None], written: str | None) -> Iterator[Answer]:
    for part, ref in names.items():
        if not is_empty(value.get(part)):
            told = {"ref": ref} if ref else {}
            yield {"part": part, "written": written, **told, "value": value[part]}


def _phone(value: Value) -> Iterator[Answer]:
    parts = [str(value[part]) for part in _PHONE[:3] if not is_empty(value.get(part))]
    full = value.get("full")
    said = " ".join(parts) if is_empty(full) else str(full)
    yield {"written": None if is_empty(full) else said, "type": "phone", "value": said}


def _date(value: Value) -> Iterator[Answer]:
    """A date as ISO 8601 has it where it is whole, and the time as it was written."""
    day = [str(value.get(part) or "") for part in _DATE[:3]]
    date = "-".join(one.zfill(2) for one in day if one)
    clock = value.get("timeInput") or ":".join(
        str(value[part]) for part in ("hour", "min") if not is_empty(value.get(part))
    )
    said = (date, str(clock), str(value.get("ampm") or ""))
    yield {"value": " ".join(one for one in said if one)}


def _appointment(value: Value) -> Iterator[Answer]:
    yield {"value": value.get("date")}
    for part in ("duration", "timezone"):
        if not is_empty(value.get(part)):
            yield {"part": part, "value": value[part]}


def _other(value: Value) -> Iterator[Answer]:
    """Choices by their numbers, perhaps with one of the visitor's own, are a list of them."""
    said = {key: one for key, one in value.items() if key not in _WIDGET and not is_empty(one)}
    chosen = all(key.isdigit() or key == "other" for key in said)
    yield {"value": list(said.values()) if chosen else said}


_SHAPES: tuple[tuple[tuple[str, ...], Callable[[Value], Iterator[Answer]]], ...] = (
    (tuple(_PERSON), _person),
    (_PHONE, _phone),
    (tuple(_ADDRESS), _address),
    (_DATE, _date),
    (_APPOINTMENT, _appointment),
)
