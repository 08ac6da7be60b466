"""A target's mapping as rows: for each value of the payload, where it comes from.

Each row has a `member` (pointer), a `how`, and what belongs to it: `field` (words of a place of the
lead) or `text`. What no simple row says is a row of JSON, so every mapping can be shown.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from relay.core import pointers
from relay.core.contract import Json
from relay.core.payload_members import Member
from relay.web.console.forms import FormError, Given
from relay.web.console.origins import NoSuchOriginError, Origins

HOW = {
    "usual": "as usual",
    "field": "a field of the lead",
    "template": "a text with tokens",
    "fixed": "always the same",
    "nothing": "nothing",
    "json": "JSON",
}
_ABSENT = object()


@dataclass(frozen=True, slots=True)
class OutgoingRow:
    """One row as it is filled in; `text` is a template, a fixed value or JSON."""

    member: str
    how: str = "usual"
    field: str = ""
    text: str = ""


def rows_of(
    mapping: Mapping[str, Json], known: Sequence[Member], origins: Origins
) -> list[OutgoingRow]:
    """The rows that say this mapping: one for each member, then those that it adds."""
    kinds = {member.pointer: member.kind for member in known}
    rows = [
        _row(one.pointer, mapping.get(one.pointer, _ABSENT), one.kind, origins) for one in known
    ]
    added = [pointer for pointer in mapping if pointer not in kinds]
    return rows + [_row(pointer, mapping[pointer], "", origins) for pointer in added]


def read_rows(given: Given) -> list[OutgoingRow]:
    """The rows as they were filled in."""
    parts = [given.getlist(name) for name in ("member", "how", "field", "text")]
    return [
        OutgoingRow(_pointer(member), how if how in HOW else "usual", field.strip(), text)
        for member, how, field, text in zip(*parts, strict=False)
        if member.strip()
    ]


def mapping_of(
    rows: Sequence[OutgoingRow], known: Sequence[Member], origins: Origins
) -> tuple[dict[str, Json], dict[str, str]]:
    """The mapping that rows say, and what is wrong with those that say nothing, by member."""
    kinds = {member.pointer: member.kind for member in known}
    mapping: dict[str, Json] = {}
    wrong: dict[str, str] = {}
    for row in rows:
        try:
            wish = _wish(row, kinds.get(row.member, ""), origins)
        except (FormError, NoSuchOriginError) as error:
            wrong[row.member] = str(error)
            continue
        if wish is not _ABSENT:
            mapping[row.member] = wish
    return mapping, wrong


def usual_words(member: Member, origins: Origins) -> str:
    """Where a member's value comes from by itself."""
    said = " or else ".join(origins.text(one) for one in member.sources)
    if member.default is None:
        return said or "nothing by itself"
    default = member.default if isinstance(member.default, str) else json.dumps(member.default)
    return f"{said}, else “{default}”" if said else f"“{default}”"


def _pointer(member: str) -> str:
    """A member's pointer; a plain name stands for the member of that name."""
    said = member.strip()
    return said if said.startswith("/") else pointers.joined((said,))


def _row(member: str, wish: Json, kind: str, origins: Origins) -> OutgoingRow:
    if wish is _ABSENT:
        return OutgoingRow(member)
    if wish is None:
        return OutgoingRow(member, "nothing")
    if isinstance(wish, str):
        for words in (origins.text(wish), wish):
            if _says(words, wish, origins):
                return OutgoingRow(member, "field", words)
    for row in _plain(member, wish):
        if _wish(row, kind, origins) == wish:
            return row
    return OutgoingRow(member, "json", text=json.dumps(wish, ensure_ascii=False))


def _says(words: str, pointer: str, origins: Origins) -> bool:
    """Whether these words, typed into a field, name the pointer."""
    try:
        return bool(words.strip()) and origins.read(words.strip()) == pointer
    except NoSuchOriginError:
        return False


def _plain(member: str, wish: Json) -> Iterator[OutgoingRow]:
    if isinstance(wish, dict) and set(wish) == {"template"} and str(wish["template"]).strip():
        yield OutgoingRow(member, "template", text=str(wish["template"]))
    if isinstance(wish, dict) and set(wish) == {"value"}:
        value = wish["value"]
        text = value if isinstance(value, str) else json.dumps(value)
        if text.strip():
            yield OutgoingRow(member, "fixed", text=text)


def _wish(row: OutgoingRow, kind: str, origins: Origins) -> Json:
    """What the mapping says for a row, or _ABSENT. Raises FormError, NoSuchOriginError."""
    if row.how == "nothing":
        return None
    if row.how == "field":
        return origins.read(_needed(row.field, "Choose a field of the lead."))
    if row.how == "template":
        return {"template": _needed(row.text, "Write the text, such as “Dear [first_name]”.")}
    if row.how == "fixed":
        return {"value": _typed(_needed(row.text, "Write the value."), kind)}
    if row.how == "json":
        return _json(_needed(row.text, "Write the JSON."))
    return _ABSENT


def _needed(text: str, said: str) -> str:
    if not text.strip():
        raise FormError("text", said)
    return text


def _typed(text: str, kind: str) -> Json:
    """A fixed value of the member's own type; where it is none of it, the text."""
    if kind in {"integer", "number", "boolean"}:
        try:
            value = json.loads(text)
        except ValueError:
            return text
        return value if isinstance(value, bool | int | float) else text
    return text


def _json(text: str) -> Json:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FormError("text", f"This is not valid JSON: {error}.") from error
