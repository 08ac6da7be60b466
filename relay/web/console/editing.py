"""What the pages that add and change things share: their forms, their problems in words."""

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import chain, count
from typing import Any
from uuid import UUID

from relay.core.contract import Json
from relay.core.lead import LeadSchema
from relay.runtime import current
from relay.services import configure
from relay.services.elements import config_schema
from relay.services.secret_times import secret_times
from relay.services.wanted import Mistakes
from relay.web.console.forms import CLEAN, Field, Form, FormError, Given, Sheet

ELSEWHERE = frozenset({"name", "kind", "key", "settings", "mapping", "refuse"})
"""Parts of a source or target that are drawn apart from its options."""

OF_OWN_PAGES = {"target": frozenset({"limits", "retry"})}
"""Options that have a page of their own."""

OUTSIDE = {
    "name": "Name",
    "mapping": "Mapping",
    "refuse": "Refuse",
    "when": "Which leads",
    "settle": "Settle",
    "directives": "Obey directives",
    "from": "From",
    "to": "To",
}
"""Labels of the fields that no schema draws."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What a form shows: a document without secrets, or what was given and could not be saved."""

    document: Mapping[str, Json]
    sheet: Sheet = CLEAN
    problems: tuple[str, ...] = ()

    def text(self, name: str) -> str:
        """What stands in a field for a text or JSON value outside the schemas' forms."""
        if self.sheet.given is not None:
            return self.sheet.given.get(name, "")
        value = self.document.get(name)
        return value if isinstance(value, str) else written(value)

    def drawn(self, settings: Json, what: str) -> dict[str, Any]:
        """The fields of a kind's settings and of the options, and what is wrong with them."""
        shown = Form(settings, "settings.").draw(self.document.get("settings", {}), self.sheet)
        options = option_form(what).draw(self.document, self.sheet)
        return {
            "draft": self,
            "settings": shown,
            "options": options,
            "options_open": any(_is_set(field) for field in options),
            "errors": self.sheet.errors,
            "problems": in_words(self.problems, (*shown, *options)),
        }


def new_draft(name: str) -> Draft:
    """A source or target to be added, with a name to begin with."""
    return Draft({"name": name}, Sheet(new=True))


def stored_draft(element_id: UUID) -> Draft | None:
    """What is stored of a source or target, to be changed; None where it is gone."""
    found = configure.editable(current(), element_id)
    if found is None:
        return None
    document, secret = found
    times = secret_times(current(), element_id)
    changed = {_dotted(place): at for place, at in times.items()}
    return Draft(document, Sheet(stored=[_dotted(place) for place in secret], changed=changed))


def _dotted(place: str) -> str:
    return place[1:].replace("/", ".")


def mistaken(given: Given, element_id: UUID | None, error: FormError | Mistakes) -> Draft:
    """What was filled in, with what is wrong with it; `element_id` is what it should change."""
    draft = element_id and stored_draft(element_id)
    kept = draft.sheet if draft else CLEAN
    problems = [f"{error.name}: {error}"] if isinstance(error, FormError) else error.problems
    new = element_id is None
    sheet = Sheet(by_field(problems), kept.stored, given, new=new, changed=kept.changed)
    return Draft({}, sheet, tuple(problems))


@cache
def option_form(what: str) -> Form:
    """The form of the options that every source or target may have."""
    definitions = config_schema()["$defs"]
    elsewhere = ELSEWHERE | OF_OWN_PAGES.get(what, frozenset())
    return Form({**definitions[what], "$defs": definitions}, leave_out=elsewhere)


def by_field(problems: Iterable[str]) -> dict[str, str]:
    """Problems by the name of the field they are about: `settings.url: must be an address`."""
    found: dict[str, str] = {}
    for problem in problems:
        for name, message in _about(problem):
            for field in _upwards(name):
                found.setdefault(field, message)
    return found


def in_words(problems: Iterable[str], fields: Iterable[Field]) -> list[tuple[str, str, str]]:
    """Each problem as (the field's id or "", its label, what is wrong)."""
    labels = dict(_labels(fields)) | OUTSIDE
    listed = []
    for problem in problems:
        for name, message in _about(problem):
            known = next((field for field in _upwards(name) if field in labels), None)
            listed.append((anchor(known), labels[known], message) if known else ("", name, message))
    return listed


def anchor(name: str) -> str:
    """The id of a field on the page."""
    return "f-" + name.replace(".", "-")


def _about(problem: str) -> Iterator[tuple[str, str]]:
    """The fields that a problem is about, each with its message."""
    place, colon, message = problem.partition(": ")
    if not colon:
        place, message = "", problem
    name = place.partition("[")[0]
    absent = re.findall(r"'([^']+)'", message) if message.startswith("needs '") else []
    for one in absent:
        yield (f"{name}.{one}" if name else one), "This is needed."
    if not absent:
        yield name, re.sub(r"^must match .*", "This does not have the form expected here.", message)


def _upwards(name: str) -> Iterator[str]:
    """A field's name, then those of the groups around it."""
    while name:
        yield name
        name = name.rpartition(".")[0]


def _labels(fields: Iterable[Field]) -> Iterator[tuple[str, str]]:
    for field in fields:
        yield field.name, field.label
        yield from _labels(field.fields)


def _is_set(field: Field) -> bool:
    """Whether a field is wrong, or says something."""
    return bool(field.error or field.stored) or any(_is_set(one) for one in field.fields)


def free_name(label: str, taken: Collection[str]) -> str:
    """The label, with a number where it is taken."""
    numbered = (f"{label} {number}" for number in count(2))
    return next(name for name in chain([label], numbered) if name not in taken)


def places(lead: LeadSchema) -> list[tuple[str, list[tuple[str, str]]]]:
    """Where an answer can go: the lead's places, as (group, [(pointer, title)])."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for pointer, place in lead.places.items():
        if place.reads != "map":
            group = pointer.split("/")[1]
            groups.setdefault(group, []).append((pointer, place.title))
    parts = lead.schema["properties"]
    return [(parts[name].get("title", name), leaves) for name, leaves in groups.items()]


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
