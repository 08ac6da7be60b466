"""The outbound engine: makes a target's payload out of the canonical lead."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import jsonschema_rs

from relay.core import pointers
from relay.core.checks import words_for
from relay.core.contract import Json
from relay.core.lead import is_empty
from relay.core.templates import as_is, render, tokens_of


@dataclass(frozen=True, slots=True)
class Built:
    """A payload and, where it is not what the target takes, what is wrong with it, place by place."""

    payload: Json
    errors: list[str]


class OutboundAdapter:
    """One target kind's JSON Schema, whose `lead` annotations say where each value comes from.

    An annotation is a pointer into the lead, or a list of pointers of which the first present wins;
    "" is the whole lead. A `default` beside it is taken where the lead has nothing.
    """

    def __init__(self, schema: Json) -> None:
        """Raises ValueError when the schema is none."""
        self.schema = schema
        self._validator = jsonschema_rs.validator_for(schema)
        self.origins: dict[str, Json] = dict(_origins(schema, schema, ()))

    def build(self, lead: Json, mapping: Mapping[str, Json]) -> Built:
        """The payload of this lead, which is left untouched.

        The target's own mapping is laid over: {payload pointer: lead pointer | list of them |
        {"template": "[token]{default}"} | {"value": anything}}; null takes a value out. What the lead
        lacks is left out.
        """
        payload: Json = {}
        for pointer, origin in {**self.origins, **mapping}.items():
            value = _value(lead, origin)
            if value is not None:
                payload = _with(payload, pointers.parts(pointer), value)
        return Built(payload, self._errors(payload))

    def _errors(self, payload: Json) -> list[str]:
        if self._validator.is_valid(payload):
            return []
        return [
            f"{words_for(error.instance_path) or 'the payload'}: {error.message}"
            for error in self._validator.iter_errors(payload)
        ]


def _origins(root: Json, schema: Json, steps: tuple[str, ...]) -> Iterator[tuple[str, Json]]:
    """Where each value of the payload comes from, by the annotations of the schema's properties."""
    if not isinstance(schema, dict):
        return
    if "lead" in schema:
        default = {"default": schema["default"]} if "default" in schema else {}
        yield pointers.joined(steps), {"lead": schema["lead"], **default}
    if str(schema.get("$ref", "")).startswith("#/"):
        yield from _origins(root, pointers.get(root, schema["$ref"][1:]), steps)
    for part in schema.get("allOf", ()):
        yield from _origins(root, part, steps)
    for name, inner in schema.get("properties", {}).items():
        yield from _origins(root, inner, (*steps, name))


def _value(lead: Json, origin: Json) -> Json:
    if origin is None or isinstance(origin, str | list):
        origin = {"lead": origin or []} if origin is None else {"lead": origin}
    if "value" in origin:
        return origin["value"]
    if "template" in origin:
        return render(origin["template"], tokens_of(lead), as_is)
    sources = [origin["lead"]] if isinstance(origin["lead"], str) else origin["lead"]
    for source in sources:
        if not is_empty(value := pointers.get(lead, source)):
            return value
    return origin.get("default")


def _with(payload: Json, steps: tuple[str, ...], value: Json) -> Json:
    """The payload with a value at a place, sharing the rest with what it was."""
    if not steps:
        return value
    inner = payload if isinstance(payload, dict) else {}
    return {**inner, steps[0]: _with(inner.get(steps[0]), steps[1:], value)}
