"""What conditions can be about: the places of the canonical lead, by group, and any form field."""

from collections.abc import Iterator
from dataclasses import dataclass

from relay.core import pointers
from relay.core.contract import Json
from relay.core.lead import LeadSchema

FORM_FIELDS, TOKENS = "/form/fields", "/tokens"
"""The places whose members have names that senders make up."""

_SORTS = {
    "text": "text",
    "opaque": "text",
    "email": "text",
    "integer": "money",
    "instant": "day",
    "consent": "consent",
    "files": "list",
    "certificate": "list",
}
"""The sort of a field by how its place reads values; what is not here may hold anything."""


@dataclass(frozen=True, slots=True)
class LeadField:
    """One thing of a lead to ask about, by its pointer.

    `sort` says what it can be asked: text, anything, money, day, consent, list. `steps` lead to
    the value that is looked at, `words` name it out of its group's company.
    """

    pointer: str
    title: str
    group: str
    sort: str
    steps: tuple[str, ...]
    words: str


def fields(lead: LeadSchema) -> list[tuple[str, list[LeadField]]]:
    """All fields that the canonical schema names, as (group, fields), in the schema's order."""
    groups: dict[str, list[LeadField]] = {}
    for pointer in _pointers(lead):
        if found := field(lead, pointer):
            groups.setdefault(found.group, []).append(found)
    return list(groups.items())


def field(lead: LeadSchema, pointer: str) -> LeadField | None:
    """The field of this pointer, that of a form's own name too; None where a lead has none."""
    steps = pointers.parts(pointer) if pointer.startswith("/") else ()
    place = lead.place(pointer)
    if place is None or place.reads == "map":
        return _of_phone(lead, pointer, steps)
    if place.reads == "phone" or not _is_named(steps):
        return None
    sort = _SORTS.get(place.reads, "anything")
    group = _group(lead, steps)
    within = (*steps, "state") if sort == "consent" else steps
    return LeadField(pointer, place.title, group, sort, within, _words(group, place.title, pointer))


def _pointers(lead: LeadSchema) -> Iterator[str]:
    for pointer, place in lead.places.items():
        if place.reads == "phone":
            yield from (f"{pointer}/{part}" for part in lead.schema["$defs"]["phone"]["properties"])
        else:
            yield pointer


def _of_phone(lead: LeadSchema, pointer: str, steps: tuple[str, ...]) -> LeadField | None:
    """A phone is one value of several parts, each of which can be asked about."""
    above = lead.places.get(pointers.joined(steps[:-1]))
    part: Json = lead.schema["$defs"]["phone"]["properties"].get(steps[-1]) if steps else None
    if above is None or above.reads != "phone" or part is None:
        return None
    return LeadField(pointer, part["title"], _group(lead, steps), "text", steps, part["title"])


def _is_named(steps: tuple[str, ...]) -> bool:
    """What each lead API was sent is no lead's property, and every name in it says something."""
    return steps[0] != "verbatim" and all(steps)


def _group(lead: LeadSchema, steps: tuple[str, ...]) -> str:
    return str(lead.schema["properties"][steps[0]]["title"])


def _words(group: str, title: str, pointer: str) -> str:
    """The field's name as it stands in a sentence."""
    if pointer.startswith((f"{FORM_FIELDS}/", f"{TOKENS}/")):
        return f"“{title}”"
    return f"{group}: {title}" if group == "Consent" else title
