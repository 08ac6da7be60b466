"""What the pages that add and change things share: the settings of a kind, its problems by field."""

import json
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from relay.core.contract import Json
from relay.services.elements import SCHEMA
from relay.web.console.facts import HIDDEN
from relay.web.console.forms import Form, FormError, Given

ELSEWHERE = frozenset({"name", "kind", "key", "settings", "mapping", "refuse"})
"""Parts of a source or target that are drawn apart from its options."""


@cache
def option_form(what: str) -> Form:
    """The form of the options that every source, target or route may have."""
    definitions = json.loads(SCHEMA.read_text("utf-8"))["$defs"]
    return Form({**definitions[what], "$defs": definitions}, leave_out=ELSEWHERE)


def settings_form(schema: Json) -> Form:
    """The form of a kind's own settings."""
    return Form(schema, "settings.")


def by_field(problems: Iterable[str]) -> dict[str, str]:
    """Problems by the name of the field they are about: "settings.url: must be an address"."""
    found = {}
    for problem in problems:
        place, colon, message = problem.partition(": ")
        if colon:
            found[_field_of(place)] = message
    return found


def _field_of(place: str) -> str:
    """A place without what leads to the edited thing: `projects[0].sources[0].settings.url`."""
    steps = place.split(".")
    while steps and steps[0].partition("[")[0] in {"projects", "sources", "targets", "routes"}:
        steps = steps[1:]
    return ".".join(step.partition("[")[0] for step in steps)


def mapping_rows(mapping: Mapping[str, Json]) -> list[tuple[str, str]]:
    """Answer and place, as the form's rows show them."""
    return [
        (answer, place if isinstance(place, str) else json.dumps(place, ensure_ascii=False))
        for answer, place in mapping.items()
    ]


def read_mapping(given: Given) -> dict[str, Json]:
    """The rows that name both an answer and a place."""
    pairs = zip(given.getlist("answer"), given.getlist("place"), strict=False)
    return {
        answer.strip(): json.loads(place) if place.startswith("{") else place
        for answer, place in pairs
        if answer.strip() and place
    }


def places(schema: Json) -> list[tuple[str, list[tuple[str, str]]]]:
    """Where an answer can go: the lead's fields, as (group, [(pointer, title)])."""
    groups = []
    for name, part in schema.get("properties", {}).items():
        if name in HIDDEN or part.get("readOnly"):
            continue
        leaves = list(_leaves(part, f"/{name}", ""))
        if leaves:
            groups.append((str(part.get("title") or name.capitalize()), leaves))
    return groups


def _leaves(part: Mapping[str, Any], pointer: str, title: str) -> Iterable[tuple[str, str]]:
    inner = part.get("properties")
    if not inner:
        if part.get("type") not in {"array", "object"}:
            yield pointer, title or str(part.get("title") or pointer)
        return
    for name, below in inner.items():
        word = str(below.get("title") or name.replace("_", " ").capitalize())
        yield from _leaves(below, f"{pointer}/{name}", f"{title} · {word}" if title else word)


def read_json(given: Given, name: str, empty: Json) -> Json:
    """A JSON value out of a field. Raises FormError."""
    text = given.get(name, "").strip()
    if not text:
        return empty
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FormError(name, f"This is not valid JSON: {error}.") from error


def written(value: Json) -> str:
    """A JSON value as a field shows it; nothing for an empty one."""
    return json.dumps(value, ensure_ascii=False, indent=2) if value else ""


def read_number(name: str, text: str) -> int | float:
    """A number out of a field. Raises FormError."""
    try:
        number = float(text)
    except ValueError as error:
        raise FormError(name, "This must be a number.") from error
    return int(number) if number.is_integer() else number
