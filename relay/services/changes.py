"""What applying a configuration changes, told without its secrets."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from relay.core.contract import Json
from relay.core.pointers import leaves, put
from relay.services.asked import in_words
from relay.services.elements import EVERYWHERE, Element, State, sparse
from relay.services.naming import secret_values

SECRET = "(secret)"  # noqa: S105 - what is shown in place of one
NEW_SECRET = "(new secret)"  # noqa: S105 - the same


@dataclass(frozen=True)
class Detail:
    """One value that differs: its place in words, what it was and will be (None: not there)."""

    place: str
    before: Json
    after: Json


@dataclass(frozen=True)
class Change:
    """One element that is added, changed, restored from the archive, or archived."""

    action: Literal["add", "change", "restore", "archive"]
    element: Element
    before: Element | None
    details: tuple[Detail, ...]

    @property
    def subject(self) -> str:
        """The element in words, such as `source contact-form`."""
        return f"{self.element.what} {self.element.name}"

    def to_json(self) -> Json:
        """The change for machines."""
        return {
            "action": self.action,
            "what": self.element.what,
            "project": self.element.project,
            "name": self.element.name,
            "details": [vars(detail) for detail in self.details],
        }


def compare(state: State, wanted: Sequence[Element], *, prune: bool) -> list[Change]:
    """What has to be done to come from the state to what is wanted; nothing when they are equal."""
    stored = {element.id: element for element in state.elements}
    changes = [change for one in wanted if (change := _change(one, stored.get(one.id)))]
    if prune:
        named = {element.id for element in wanted}
        changes += [
            Change("archive", element, element, ())
            for element in reversed(state.elements)
            if not element.archived
            and element.id not in named
            and element.project_id != EVERYWHERE  # which no document names
        ]
    return changes


def shown(element: Element) -> dict[str, Json]:
    """The element's document with its secrets covered, without what goes without saying."""
    document = copy.deepcopy(element.document)
    for place, _value in secret_values(element):
        name = element.names.get(place)
        put(document, place, f"${{{name}}}" if name else SECRET)
    return sparse(element.what, document)


def shown_after(change: Change) -> dict[str, Json]:
    """What a change makes of the element, secrets covered, those that are new marked as new."""
    document = shown(change.element)
    for place in _places_of_new(change.before, change.element) if change.before else ():
        put(document, place, NEW_SECRET)
    return document


def details(before: Json, after: Json) -> list[Detail]:
    """The values in which two documents differ."""
    old, new = dict(leaves(before)), dict(leaves(after))
    places = [*old, *(place for place in new if place not in old)]
    return [
        Detail(in_words(place), old.get(place), new.get(place))
        for place in places
        if place and old.get(place) != new.get(place)
    ]


def _change(wanted: Element, stored: Element | None) -> Change | None:
    if stored is None:
        return Change("add", wanted, None, tuple(details({}, shown(wanted))))
    differing = (*details(shown(stored), shown(wanted)), *_new_secrets(stored, wanted))
    if stored.archived:
        return Change("restore", wanted, stored, differing)
    return Change("change", wanted, stored, differing) if differing else None


def _new_secrets(stored: Element, wanted: Element) -> list[Detail]:
    return [Detail(in_words(at), SECRET, NEW_SECRET) for at in _places_of_new(stored, wanted)]


def _places_of_new(stored: Element, wanted: Element) -> list[str]:
    """Secrets whose value changes while what is shown of them does not."""
    old, new = dict(secret_values(stored)), dict(secret_values(wanted))
    return [
        place
        for place in new
        if place in old
        and old[place] != new[place]
        and stored.names.get(place) == wanted.names.get(place)
    ]
