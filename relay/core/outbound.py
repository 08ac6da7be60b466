"""The outbound engine: makes a target's payload out of the canonical lead."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import jsonschema_rs

from relay.core import pointers
from relay.core.checks import words_for
from relay.core.contract import Json
from relay.core.cutting import CUT, cut, cut_words, limits_of
from relay.core.lead import is_empty
from relay.core.templates import render, tokens_of

Steps = tuple[str | int, ...]
_GAP = object()


@dataclass(frozen=True, slots=True)
class Built:
    """A payload and, where it is not what the target takes, what is wrong, place by place.

    `cut` says in words which values were too long; their whole stands in the payload's `$cut`.
    """

    payload: Json
    errors: list[str]
    cut: str = ""


@dataclass(frozen=True, slots=True)
class Origin:
    """One annotation: where in the adapter it stands, where in the payload its value goes.

    `sources` are pointers into the lead; the first present one wins, else `default`.
    """

    place: str
    steps: Steps
    sources: Json
    default: Json


class OutboundAdapter:
    """One target kind's JSON Schema, whose `lead` annotations say where each value comes from.

    An annotation is a pointer into the lead, or a list of pointers of which the first present wins;
    "" is the whole lead. A `default` beside it is taken where the lead has nothing. Where one of
    several things is needed (`anyOf`), `x-needs` says which, in words.
    """

    def __init__(self, schema: Json) -> None:
        """Raises ValueError when the schema is none."""
        self.schema = schema
        self._validator = jsonschema_rs.validator_for(schema, mask="the value")
        self._limits = limits_of(schema)
        self._origins = {pointers.joined(origin.steps): origin for origin in origins(schema)}

    def build(self, lead: Json, mapping: Mapping[str, Json]) -> Built:
        """The payload of this lead, which is left untouched. Never raises.

        The target's own mapping is laid over: {payload pointer: lead pointer | list of them |
        {"template": "[token]{default}"} | {"value": anything}}; null takes out what the adapter
        would put there. What the lead lacks is left out; what is longer than `maxLength` is cut.
        """
        making = _Making(lead)
        for pointer, origin in self._origins.items():
            if not _is_overlaid(pointer, mapping):
                making.put(origin.steps, making.first(origin.sources, origin.default))
        for pointer, wish in mapping.items():
            making.follow(pointer, wish)
        payload, whole = cut(_closed(making.payload), self._limits)
        errors = making.errors + self._errors(payload)
        if not whole:
            return Built(payload, errors)
        kept = {**payload, CUT: whole} if isinstance(payload, dict) else payload
        return Built(kept, errors, cut_words(whole, self._limits))

    def wishes(self, mapping: Mapping[str, Json]) -> dict[str, Json]:
        """Where the payload of a target with this mapping takes each value from: by pointer into
        the payload, a pointer into the lead, a list of them, or a wish of the mapping."""
        own = {
            pointer: origin.sources
            for pointer, origin in self._origins.items()
            if not _is_overlaid(pointer, mapping)
        }
        return own | {pointer: wish for pointer, wish in mapping.items() if wish is not None}

    def faults(self, payload: Json) -> list[tuple[str, str]]:
        """What is wrong with a payload: the pointer of each place, that of an absent one too."""
        found = []
        for error in self._validator.iter_errors(payload):
            absent = (
                getattr(error.kind, "property", None) if error.kind.name == "required" else None
            )
            steps = [*error.instance_path, *([absent] if absent else [])]
            said = "This is needed." if absent else error.message
            if error.schema_path == ["anyOf"] and "x-needs" in self.schema:
                said = self._said(error)
            found.append((pointers.joined(steps), said))
        return found

    def _errors(self, payload: Json) -> list[str]:
        if self._validator.is_valid(payload):
            return []
        return [self._said(error) for error in self._validator.iter_errors(payload)]

    def _said(self, error: jsonschema_rs.ValidationError) -> str:
        """The mistake and its place; in the schema's own words where none of several is there."""
        if error.schema_path == ["anyOf"] and "x-needs" in self.schema:
            return f"it needs {self.schema['x-needs']}"
        return f"{words_for(error.instance_path) or 'the payload'}: {error.message}"


class _Making:
    """A payload in the making."""

    def __init__(self, lead: Json) -> None:
        self.payload: Json = {}
        self.errors: list[str] = []
        self._lead = lead
        self._tokens: dict[str, Json] | None = None

    def follow(self, pointer: str, wish: Json) -> None:
        """Put what the mapping wishes for; a wish that means nothing is an error of the payload."""
        try:
            self.put(pointers.parts(pointer), self._wished(wish))
        except (ValueError, TypeError, KeyError):
            self.errors.append(f"mapping of {pointer}: cannot be followed")

    def put(self, steps: Steps, value: Json) -> None:
        """Put a value at a place of the payload, unless there is none."""
        if value is not None:
            self.payload = _with(self.payload, steps, value)

    def first(self, sources: Json, default: Json = None) -> Json:
        """The first value that the lead has at one of these pointers, else the default."""
        for source in [sources] if isinstance(sources, str) else sources:
            if not is_empty(value := pointers.get(self._lead, source)):
                return value
        return default

    def _wished(self, wish: Json) -> Json:
        if wish is None:
            return None
        if not isinstance(wish, dict):
            return self.first(wish)
        if "value" in wish:
            return wish["value"]
        if self._tokens is None:
            self._tokens = tokens_of(self._lead)
        text = render(wish["template"], self._tokens)
        return None if is_empty(text) else text


def origins(schema: Json) -> Iterator[Origin]:
    """Where each value of the payload comes from, by the annotations of an outbound adapter."""
    return _origins(schema, schema, "", (), frozenset())


def _origins(
    root: Json, schema: Json, place: str, steps: Steps, refs: frozenset[str]
) -> Iterator[Origin]:
    if not isinstance(schema, dict):
        return
    if "lead" in schema:
        yield Origin(place, steps, schema["lead"], schema.get("default"))
    reference = str(schema.get("$ref", ""))
    if reference.startswith("#/") and reference not in refs:
        inner = pointers.get(root, reference[1:])
        yield from _origins(root, inner, reference[1:], steps, refs | {reference})
    for at, part in enumerate(schema.get("allOf", ())):
        yield from _origins(root, part, f"{place}/allOf/{at}", steps, refs)
    for name, inner in schema.get("properties", {}).items():
        within = place + pointers.joined(("properties", name))
        yield from _origins(root, inner, within, (*steps, name), refs)
    for at, inner in enumerate(schema.get("prefixItems", ())):
        yield from _origins(root, inner, f"{place}/prefixItems/{at}", (*steps, at), refs)


def _is_overlaid(pointer: str, mapping: Mapping[str, Json]) -> bool:
    """Whether the mapping speaks of this place itself, or takes out something that it is within."""
    if not mapping:
        return False
    if pointer in mapping:
        return True
    return any(wish is None and pointer.startswith(f"{over}/") for over, wish in mapping.items())


def _with(payload: Json, steps: Steps, value: Json) -> Json:
    """The payload with a value at a place, sharing the rest with what it was.

    Where nothing is yet, a position makes a list, and so does the step "0" of a mapping.
    """
    if not steps:
        return value
    step, *rest = steps
    if isinstance(payload, list) or (step in (0, "0") and not payload) or isinstance(step, int):
        return _with_item(payload if isinstance(payload, list) else [], step, tuple(rest), value)
    inner = payload if isinstance(payload, dict) else {}
    return {**inner, step: _with(inner.get(step), tuple(rest), value)}


def _with_item(items: list[Json], step: str | int, rest: Steps, value: Json) -> Json:
    position = min(int(step), len(items) + _MOST_GAPS)
    filled = [*items, *[_GAP] * (position + 1 - len(items))]
    before = None if filled[position] is _GAP else filled[position]
    filled[position] = _with(before, rest, value)
    return filled


_MOST_GAPS = 100


def _closed(payload: Json) -> Json:
    """The payload without the positions of its lists that nothing came to."""
    if isinstance(payload, dict):
        return {name: _closed(value) for name, value in payload.items()}
    if isinstance(payload, list):
        return [_closed(item) for item in payload if item is not _GAP]
    return payload
