"""Where answers go, in words: what a mapping says as people read, choose and write it."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from relay.core import pointers
from relay.core.contract import Json
from relay.core.lead import LeadSchema, Place

DROP = "Leave it out"
FIELD = "Form field"

FIRST = ("contact", "form", "tokens", "consent", "attribution", "times", "keys")
"""The parts of a lead that people look for first, in this order."""

UNOFFERED = frozenset({"verbatim"})
"""Parts that no form's answer belongs to; their pointers can be written all the same."""


class NoSuchPlaceError(ValueError):
    """The words name no place of a lead."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One place that is offered: `text` stands in the field, `place` is its pointer."""

    text: str
    place: str


class Goals:
    """The places of a lead by their words, and the words of every goal."""

    DROP = DROP
    FIELD = FIELD

    def __init__(self, lead: LeadSchema) -> None:
        """The words are the titles of the lead's schema."""
        self._lead = lead
        self._places = dict(_names(lead))

    @classmethod
    @lru_cache(maxsize=4)
    def of(cls, lead: LeadSchema) -> "Goals":
        """The goals of this schema, made once."""
        return cls(lead)

    def groups(self) -> list[tuple[str, list[Choice]]]:
        """What is offered, by part of the lead, those that people look for first at the top."""
        found: dict[str, list[Choice]] = {}
        for place in self._lead.places.values():
            if place.reads != "map" and place.steps[0] not in UNOFFERED:
                found.setdefault(place.steps[0], []).append(
                    Choice(self.title(place.pointer), place.pointer)
                )
        order = [*(part for part in FIRST if part in found)]
        order += [part for part in found if part not in order]
        return [(_part(self._lead, part), found[part]) for part in order]

    def title(self, pointer: str) -> str:
        """A place in words: "Contact · E-mail", "Custom tokens: heard"; else its pointer."""
        place = self._lead.place(pointer)
        if place is None:
            return pointer
        if place.pointer in self._lead.places:
            return _title(self._lead, place)
        parent = self._lead.places[pointers.joined(place.steps[:-1])]
        if parent.pointer == "/form/fields":
            return f"{FIELD}: {place.title}"
        return f"{_title(self._lead, parent)}: {place.title}"

    def text(self, goal: Json) -> str:
        """What stands in a field for what a mapping says."""
        if goal is None:
            return ""
        if isinstance(goal, dict):
            return f"{FIELD}: {goal.get('field', '')}"
        return DROP if goal == "drop" else self.title(str(goal))

    def read(self, text: str, label: str) -> Json:
        """The goal that words name, None for none; `label` is that of the answer.

        Raises NoSuchPlaceError.
        """
        said = " ".join(text.split())
        if not said:
            return None
        if said.casefold() in {DROP.casefold(), "drop"}:
            return "drop"
        if said.casefold() == FIELD.casefold():
            return {"field": label}
        kind, colon, name = (part.strip() for part in said.partition(":"))
        if colon and name and kind.casefold() == FIELD.casefold():
            return {"field": name}
        pointer = said if said.startswith("/") else self._pointer(said)
        if pointer is None or self._lead.place(pointer) is None:
            raise NoSuchPlaceError(f"A lead has no field “{said}”. Choose one of those offered.")
        return pointer

    def _pointer(self, said: str) -> str | None:
        if known := self._places.get(said.casefold()):
            return known
        holder, colon, name = (part.strip() for part in said.partition(": "))
        parent = self._places.get(holder.casefold()) if colon and name else None
        return None if parent is None else parent + pointers.joined((name,))


def _names(lead: LeadSchema) -> Iterator[tuple[str, str]]:
    """Every place by its whole title, and by its own where no other has that."""
    owners: dict[str, list[str]] = {}
    for place in lead.places.values():
        owners.setdefault(place.title.casefold(), []).append(place.pointer)
    yield from ((title, one[0]) for title, one in owners.items() if len(one) == 1)
    yield from ((_title(lead, place).casefold(), one) for one, place in lead.places.items())


def _title(lead: LeadSchema, place: Place) -> str:
    if len(place.steps) == 1:
        return place.title
    between = place.steps[1] if place.steps[:2] == ("consent", "tcpa") else ""
    part = _part(lead, place.steps[0])
    return f"{part} · {between.upper()} · {place.title}" if between else f"{part} · {place.title}"


def _part(lead: LeadSchema, name: str) -> str:
    return str(lead.schema["properties"][name].get("title", name))
