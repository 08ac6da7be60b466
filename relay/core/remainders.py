"""What a target has no field for: the words of the note that goes with the record."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from relay.core import pointers
from relay.core.cards import card_of, text_card
from relay.core.conversations import Duty, Json
from relay.core.cutting import CUT, cut_note, shorten

LEAD = "$lead"
"""The member of a payload that holds the whole lead, where its adapter puts it there."""

LEAST_ROOM = 8_000
"""Characters that are kept for the note where a long text stands above it."""

_MARKED = ("/ids/id", "/ids/version")


@dataclass(frozen=True, slots=True)
class Remainder:
    """A note: `mark` is its last line, by which the note of this version of the lead is known."""

    title: str
    text: str
    mark: str

    def stands_in(self, text: str) -> bool:
        """Whether this very note is among what a text holds, and not one of a later version."""
        return re.search(rf"{re.escape(self.mark)}(?![0-9])", text) is not None


def remainder_of(
    payload: Json,
    places: Mapping[str, str],
    duty: Duty,
    most: int | None = None,
    beside: Sequence[str] = (),
) -> Remainder:
    """The note for all that the payload's fields do not hold, in at most so many characters.

    `places` says by the payload's pointers which pointers of the lead their values come from. What
    a mapping has put elsewhere, or something else into such a field, stands in the note, and so do
    the lines `beside`.
    """
    lead = payload.get(LEAD) or {}
    mark = f"Lead {duty.lead_id}, version {duty.version}"
    card = card_of(lead, without=[*_held(payload, lead, places), *_MARKED])
    more = "\n".join(line for line in (*beside, *_cuts(payload)) if line)
    if most is None:
        return Remainder(card.title, _joined(text_card(card), more, mark), mark)
    more = shorten(more, most // 2)
    room = most - len(more) - len(mark) - 4
    return Remainder(card.title, _joined(text_card(card, room), more, mark), mark)


def with_remainder(
    said: str, payload: Json, places: Mapping[str, str], duty: Duty, most: int
) -> str:
    """What a person wrote and the note below it, where one field has to hold both.

    A very long text is cut, so that there is room for the rest.
    """
    room = max(most - len(said) - 2, LEAST_ROOM)
    rest = remainder_of(payload, places, duty, room).text
    return f"{shorten(said, most - len(rest) - 2)}\n\n{rest}".strip()


def not_taken(payload: Json, names: Sequence[str]) -> list[str]:
    """Lines that say what stands in members of the payload that the vendor does not take."""
    return [f"Not taken as {name}: {payload[name]}" for name in names if name in payload]


def _cuts(payload: Json) -> list[str]:
    """What was cut, whole, the shortest first: a long one is not to take the others' room."""
    whole = payload.get(CUT) or {}
    return sorted((cut_note({CUT: {at: text}}) for at, text in whole.items()), key=len)


def _joined(*parts: str) -> str:
    return "\n\n".join(part for part in parts if part)


def _held(payload: Json, lead: Json, places: Mapping[str, str]) -> Iterator[str]:
    """The pointers of the lead whose values the payload holds, whole."""
    cut, said = payload.get(CUT) or {}, {}
    for place, source in places.items():
        value = cut.get(place, pointers.get(payload, place))
        if value is not None and value in _words(pointers.get(lead, source)):
            said[source] = str(value)
            yield source
    parts = [pointers.get(lead, name) for name in _PARTS]
    if " ".join(part for part in parts if part) == pointers.get(lead, _NAME):
        yield from _PARTS if _NAME in said else ()
        yield from [_NAME] if said.keys() >= {*_PARTS} else ()


_PARTS, _NAME = ("/contact/first_name", "/contact/last_name"), "/contact/full_name"


def _words(value: Json) -> tuple[Json, ...]:
    """What says the whole of a lead's value: for a phone its international form, or the raw one
    where there is no other; where it has an extension too, no single field does."""
    if not isinstance(value, dict):
        return (value,)
    return () if value.get("extension") else (value.get("e164") or value.get("raw"),)
