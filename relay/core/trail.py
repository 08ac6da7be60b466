"""Where each answer of a submission went and why, told by the engine as it places them."""

from dataclasses import dataclass
from typing import Literal

from relay.core.answers import Item

Cause = Literal[
    "mapping", "adapter", "noise", "type", "name", "looks", "elsewhere", "empty", "field", "unread"
]
"""Who decided: the source's own mapping, an annotation of the adapter, a rule of noise, the
answer's type, the name dictionary, the looks of its value with a word of its label, another
annotation that keeps it already, nobody (it is empty, or a form field); or it was not read at all.
"""


@dataclass(frozen=True, slots=True)
class Placed:
    """Where one answer went: `place` is a pointer into the lead, None where it is left out.

    `rule` names what left it out. `missed` are places that it was meant for and that could not take
    it: another answer has them, or they cannot hold its value.
    """

    item: Item
    by: Cause
    place: str | None = None
    rule: str | None = None
    missed: tuple[str, ...] = ()


class Trail:
    """Notes what became of each answer; the first that is said of one counts."""

    def __init__(self) -> None:
        """Nothing has been placed yet."""
        self._placed: dict[int, Placed] = {}
        self._missed: dict[int, list[str]] = {}

    def note(self, item: Item, by: Cause, place: str | None, rule: str | None = None) -> None:
        """It went to this place, or (None) was left out by this rule."""
        missed = tuple(dict.fromkeys(self._missed.get(id(item), ())))
        self._placed.setdefault(id(item), Placed(item, by, place, rule, missed))

    def miss(self, item: Item, place: str) -> None:
        """It was meant for this place, which could not take it."""
        self._missed.setdefault(id(item), []).append(place)

    def of(self, items: list[Item]) -> list[Placed]:
        """What became of these answers, in their order."""
        unread = ((item, self._placed.get(id(item))) for item in items)
        return [found or Placed(item, "unread") for item, found in unread]
