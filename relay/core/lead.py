"""The canonical lead: what its schema says of each place, and how two versions become one."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from relay.core import pointers
from relay.core.conversations import Json
from relay.core.permission import is_said

VERSION = 1
"""The version of the shape, kept in every lead under `v`."""


@dataclass(frozen=True, slots=True)
class Place:
    """One place of the lead that a value may go to; `reads` names how it is read there.

    `blank` says that an empty value is kept there too.
    """

    pointer: str
    steps: tuple[str, ...]
    title: str
    reads: str
    personal: bool = False
    blank: bool = False
    match: str | None = None
    annotations: Mapping[str, Json] = None  # type: ignore[assignment]  # always given by LeadSchema


@dataclass(frozen=True, slots=True)
class Summary:
    """The few values of a lead that lists show and searches look at."""

    name: str | None
    email: str | None
    phone: str | None
    company: str | None
    first_name: str | None
    last_name: str | None
    form_name: str | None
    phone_raw: str | None
    unique_identifier: str | None
    traffic_source_id: str | None
    sub_id: str | None
    campaign: str | None
    has_gclid: bool
    has_cid: bool
    has_fbp: bool
    has_fbc: bool
    status: str
    value_minor: int | None
    currency: str | None


class LeadSchema:
    """The canonical schema with its annotations: the one place that knows what a lead is."""

    def __init__(self, schema: Json) -> None:
        """`schema` is the content of jsonschemas/lead.json."""
        self.schema = schema
        self.places: dict[str, Place] = {}
        self._open: dict[str, Json] = {}
        self._collect((), schema, personal=False)

    @classmethod
    def load(cls, path: Path) -> "LeadSchema":
        """The schema in this file."""
        return cls(json.loads(path.read_text(encoding="utf-8")))

    @property
    def noise(self) -> Mapping[str, str]:
        """Names of fields that are machinery, a `*` at the end allowed, with the rule's name."""
        rules: Mapping[str, str] = self.schema.get("x-noise", {})
        return rules

    @cached_property
    def personal(self) -> list[str]:
        """Pointers of the places that hold personal data."""
        return [pointer for pointer, place in self.places.items() if place.personal]

    def place(self, pointer: str) -> Place | None:
        """The place of this name that a value may be brought to, or None where there is none."""
        if known := self.places.get(pointer):
            return known
        steps = pointers.parts(pointer) if pointer.startswith("/") else ()
        for end in range(len(steps) - 1, 0, -1):
            parent = pointers.joined(steps[:end])
            if parent in self._open:
                return self._within(steps, pointer, parent)
        return None

    def knows(self, pointer: str) -> bool:
        """Whether a lead may have something under this pointer, to be read from it."""
        return pointer == "" or self._readable(self.schema, pointers.parts(pointer))

    def _within(self, steps: tuple[str, ...], pointer: str, parent: str) -> Place:
        rest = self._resolved(self._open[parent])
        return Place(
            pointer=pointer,
            steps=steps,
            title=steps[-1],
            reads=rest.get("x-reads", "json"),
            personal=self.places[parent].personal,
            blank=self.places[parent].annotations.get("x-blank") is True,
            annotations={},
        )

    def _collect(self, steps: tuple[str, ...], schema: Json, *, personal: bool) -> None:
        node = self._resolved(schema)
        personal = personal or node.get("x-personal") is True
        rest = node.get("additionalProperties")
        pointer = pointers.joined(steps)
        if "x-reads" in node or rest not in (None, False):
            self.places[pointer] = Place(
                pointer=pointer,
                steps=steps,
                title=node.get("title", steps[-1]),
                reads=node.get("x-reads", "map"),
                personal=personal,
                match=node.get("x-match"),
                annotations=node,
            )
            if "x-reads" in node:
                return
            self._open[pointer] = rest
        for name, inner in node.get("properties", {}).items():
            if not inner.get("readOnly"):
                self._collect((*steps, name), inner, personal=personal)

    def _resolved(self, schema: Json) -> dict[str, Json]:
        if not isinstance(schema, dict):
            return {}
        reference = schema.get("$ref")
        if reference is None:
            return schema
        return {**pointers.get(self.schema, reference.removeprefix("#"), {}), **schema}

    def _readable(self, schema: Json, steps: tuple[str, ...]) -> bool:
        if not steps:
            return True
        node = self._resolved(schema)
        if inner := node.get("properties", {}).get(steps[0]):
            return self._readable(inner, steps[1:])
        if node.get("type") == "array" and steps[0].isdigit():
            return self._readable(node.get("items", {}), steps[1:])
        rest = node.get("additionalProperties", "type" not in node)
        return rest is not False and self._readable(rest, steps[1:])


def merge(older: Json, newer: Json) -> Json:
    """The lead after an update: new non-empty values win, what the update lacks stays.

    Objects are merged key by key, so that an update of one answer keeps the others; an empty
    string, null or an empty list never erases. A phone or a consent is one value, taken whole; a
    consent that was said outweighs one that a source lets count by default.
    """
    return _merged(older, newer, ())


def _merged(older: Json, newer: Json, steps: tuple[str, ...]) -> Json:
    if not isinstance(older, dict) or not isinstance(newer, dict) or _is_one_value(newer, steps):
        return older if is_empty(newer) or _is_only_default(older, newer, steps) else newer
    merged = dict(older)
    for key, value in newer.items():
        merged[key] = _merged(merged[key], value, (*steps, key)) if key in merged else value
    return merged


def _is_one_value(value: dict[str, Json], steps: tuple[str, ...]) -> bool:
    return steps == ("contact", "phone") or (steps[:1] == ("consent",) and "raw" in value)


def _is_only_default(older: Json, newer: Json, steps: tuple[str, ...]) -> bool:
    return steps[:1] == ("consent",) and is_said(older) and not is_said(newer)


def is_empty(value: Json) -> bool:
    """Whether a value says nothing: null, blank text, or a list or object of nothing else.

    False and zero are answers.
    """
    if isinstance(value, str):
        return not value or value.isspace()
    if isinstance(value, list):
        return all(is_empty(item) for item in value)
    return value is None or (isinstance(value, dict) and not value)


def summary(document: Json) -> Summary:
    """The searchable values; the e-mail in lower case, the phone in E.164 where it is known."""
    contact = document.get("contact", {})
    state = document.get("state", {})
    keys = match_keys(document)
    phone_raw = contact.get("phone", {}).get("raw")
    attribution = document.get("attribution", {})
    click_ids = attribution.get("click_ids", {})
    return Summary(
        name=contact.get("full_name"),
        email=keys.get("email"),
        phone=keys.get("phone") or phone_raw,
        company=contact.get("company"),
        first_name=contact.get("first_name"),
        last_name=contact.get("last_name"),
        form_name=document.get("form", {}).get("name"),
        phone_raw=phone_raw,
        unique_identifier=document.get("keys", {}).get("unique_identifier"),
        traffic_source_id=attribution.get("traffic_source_id"),
        sub_id=attribution.get("sub_id"),
        campaign=attribution.get("utm", {}).get("campaign"),
        has_gclid=bool(click_ids.get("gclid")),
        has_cid=bool(attribution.get("ga", {}).get("client_id")),
        has_fbp=bool(attribution.get("browser_ids", {}).get("fbp")),
        has_fbc=bool(click_ids.get("fbc")),
        status=state.get("stage") or "open",
        value_minor=state.get("value_minor"),
        currency=state.get("currency"),
    )


def match_keys(document: Json) -> dict[str, str]:
    """What leads may be matched by: `email` in lower case, `phone` in E.164; each if known."""
    keys: dict[str, str] = {}
    email: Any = pointers.get(document, "/contact/email")
    phone: Any = pointers.get(document, "/contact/phone/e164")
    if email:
        keys["email"] = email.lower()
    if phone:
        keys["phone"] = phone
    return keys


def outgoing(document: Json, ids: Json, event: Json) -> Json:
    """The lead as targets get it: with its ids {id, number, public_id, version} and its event."""
    return {**document, "ids": ids, "event": event}
