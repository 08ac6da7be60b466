"""What restricts a list of deliveries, in words that can be taken away one by one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import url_for

from relay.services.filtering import CLASSES
from relay.web.console import words
from relay.web.console.filters import (
    LISTS,
    NAMES,
    SPANS,
    Given,
    hidden,
    kept,
    mistakes,
    number,
    seconds,
)
from relay.web.console.project import identifier


@dataclass(frozen=True, slots=True)
class Chip:
    """One part of the filter in words, and the address without it."""

    label: str
    href: str


def chips(given: Given, names: Mapping[str, str]) -> list[Chip]:
    """What restricts the list, each part for itself; `names` has sources and targets by id."""
    wrong = mistakes(given)
    return [
        Chip(label, _without(given, name, value))
        for name in NAMES
        if name not in hidden() and name not in wrong
        for value in given.getlist(name)
        if (label := _label(name, value, names))
    ]


def _label(name: str, value: str, names: Mapping[str, str]) -> str:
    """A part in words; empty for what restricts nothing."""
    if name in LISTS:
        return _of_list(name, value) if value in LISTS[name] else ""
    if name in {"source", "target"}:
        return f"{name.capitalize()}: {names.get(value, value)}" if identifier(value) else ""
    if name == "run":
        return "Of one bulk run" if identifier(value) else ""
    if name == "status" and value in CLASSES:
        return "No answer came" if value == "none" else f"Answered {value}"
    if name == "span" and value in SPANS:
        return SPANS[value][0]
    if name == "slower" and seconds(value) is not None:
        return f"Took {float(value):g} s or longer"
    if name in {"attempts_min", "attempts_max"} and number(value) is None:
        return ""
    told = TOLD.get(name)
    return told.format(value.strip()) if told and value.strip() else ""


TOLD = {
    "q": "About “{}”",
    "attempts_min": "At least {} attempts",
    "attempts_max": "At most {} attempts",
    "from": "From {} UTC",
    "until": "Until {} UTC",
    "lead": "Lead {}",
    "json": "Contains {}",
}


def _of_list(name: str, value: str) -> str:
    if name == "state":
        return words.delivery(value).label
    if name == "event":
        return words.EVENT[value]
    last = "Last attempt" if name == "outcome" else "Any attempt"
    return f"{last}: {words.outcome(value).label.lower()}"


def _without(given: Given, name: str, value: str) -> str:
    """The first page of the list without this part."""
    left: dict[str, Any] = {
        one: [said for said in values if (one, said) != (name, value)]
        for one, values in kept(given).items()
    }
    if name == "json":
        left.pop("json_in", None)
    return url_for(".index", **{one: said for one, said in left.items() if said})
