"""The variable of the environment that stands for each secret in a written configuration."""

import re
from collections.abc import Iterator
from uuid import UUID

from relay.core.contract import Json
from relay.core.pointers import get, leaves, parts
from relay.services.elements import Element, State

Names = dict[str, str]
"""Variables by the place (JSON Pointer) of the text that each stands for."""


def secret_names(state: State) -> dict[UUID, Names]:
    """For every element, the variables of its secrets: the ones it was given by, or made-up ones.

    Made-up names are the same as long as nothing is renamed, and no two secrets share one.
    """
    taken = {name for element in state.elements for name in element.names.values()}
    return {element.id: _names(element, taken) for element in state.elements}


def secret_values(element: Element) -> Iterator[tuple[str, Json]]:
    """The place and the value of everything within the element's secrets."""
    for place in element.secret:
        for inner, value in leaves(get(element.document, place)):
            yield place + inner, value


def secret_texts(element: Element) -> Iterator[tuple[str, str]]:
    """The texts among them: what a variable can stand for."""
    for place, value in secret_values(element):
        if isinstance(value, str):
            yield place, value


def known_by_name(element: Element, names: Names) -> dict[str, Json]:
    """The element's secrets by variable, for a document whose variables are not set."""
    return {names[place]: value for place, value in secret_texts(element)}


def _names(element: Element, taken: set[str]) -> Names:
    found: Names = {}
    for place, _value in secret_texts(element):
        found[place] = element.names.get(place) or _free(_made_up(element, place), taken)
        taken.add(found[place])
    return found


def _made_up(element: Element, place: str) -> str:
    steps = [step for step in parts(place) if step != "settings"]
    words = "_".join([element.project, element.what, element.name, *steps])
    name = re.sub(r"[^A-Z0-9]+", "_", words.upper()).strip("_")
    return f"_{name}" if name[:1].isdigit() else name


def _free(name: str, taken: set[str]) -> str:
    free, number = name, 2
    while free in taken:
        free, number = f"{name}_{number}", number + 1
    return free
