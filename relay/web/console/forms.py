"""Forms drawn from JSON Schemas, and what was filled in, read back by the same schema.

A schema's part becomes: a group for an object with properties, a switch for a boolean, a choice
for an enum, lines for a list of texts, `Name: value` lines for an object of texts, and JSON for
whatever is left. Secrets never come here: of a stored one only the name of its field is known. An
empty field leaves it as it is, and null, for one that is to be forgotten, takes it away.
"""

import base64
import json
import math
import secrets
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from werkzeug.datastructures import MultiDict

from relay.core.contract import Json

Given = MultiDict[str, str]
Schema = Mapping[str, Any]

ABSENT: Any = object()
"""What an empty field says: this setting is left out."""


class FormError(Exception):
    """A field cannot be read; `name` is the field's, the text says what it should be."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One part of a form: `shape` says how it is drawn, `text` what stands in it."""

    name: str
    shape: str
    label: str
    help: str = ""
    text: str = ""
    on: bool = False
    required: bool = False
    stored: bool = False
    """Whether a secret is kept already, which an empty field leaves alone."""
    changed: datetime | None = None
    """When the secret that is kept became what it is, where that is known."""
    made: bool = False
    """Whether `text` is a new secret, to be given to the other side before it is stored."""
    choices: tuple[str, ...] = ()
    chosen: tuple[str, ...] = ()
    placeholder: str = ""
    fields: tuple["Field", ...] = ()
    open: bool = False
    error: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What stands on a form beside the values: errors by field, which fields keep a secret.

    `changed` says since when they keep it. `given` is what was filled in, shown again as it was
    where it could not be saved. `new` says that nothing is stored yet.
    """

    errors: Mapping[str, str] = field(default_factory=dict)
    stored: Collection[str] = ()
    given: Given | None = None
    new: bool = False
    changed: Mapping[str, datetime] = field(default_factory=dict)

    def since(self, name: str) -> datetime | None:
        """When the secrets at this field or below changed last, where that is known."""
        found = [
            at for one, at in self.changed.items() if one == name or one.startswith(f"{name}.")
        ]
        return max(found, default=None)

    def keeps(self, name: str) -> bool:
        """Whether a secret is kept at this field or below."""
        return any(one == name or one.startswith(f"{name}.") for one in self.stored)


CLEAN = Sheet()


@dataclass(frozen=True, slots=True)
class Form:
    """A schema with its root, for references, and the prefix that its fields' names carry."""

    schema: Schema
    prefix: str = ""
    leave_out: frozenset[str] = field(default_factory=frozenset)
    optional: bool = False
    """Whether all of it may be left out, whatever it needs once it is there."""

    def draw(self, values: Mapping[str, Json], sheet: Sheet = CLEAN) -> tuple[Field, ...]:
        """The fields with `values` in them, or with what was given."""
        return tuple(
            self._draw(f"{self.prefix}{name}", part, values.get(name), sheet)
            for name, part in self._parts()
        )

    def read(self, given: Given) -> dict[str, Json]:
        """What was filled in. Raises FormError for the first field that cannot be read."""
        return {
            name: value
            for name, part in self._parts()
            if (value := self._read(f"{self.prefix}{name}", part, given)) is not ABSENT
        }

    def read_unless_idle(self, given: Given) -> Json:
        """What was filled in, or ABSENT where that is but the defaults of what may be left out."""
        read = self.read(given)
        default = {name: part.get("default", ABSENT) for name, part in self._parts()}
        idle = all(value == default[name] for name, value in read.items())
        return ABSENT if idle and self.optional else read

    def _parts(self) -> Iterator[tuple[str, Schema]]:
        for name, part in self.schema.get("properties", {}).items():
            if name not in self.leave_out:
                yield name, self._resolved(part)

    def _resolved(self, part: Schema) -> Schema:
        """A part with its local reference followed; what stands beside the reference wins."""
        reference = part.get("$ref", "")
        if not reference.startswith("#/"):
            return part
        found: Any = self.schema
        for step in reference.removeprefix("#/").split("/"):
            found = found.get(step, {})
        return {**found, **part}

    def _draw(self, name: str, part: Schema, value: Json, sheet: Sheet) -> Field:
        shape = shape_of(part)
        secret = shape in SECRET
        kept = sheet.keeps(name)
        inner = self._group(part, name).draw(value or {}, sheet) if shape == "group" else ()
        return Field(
            name=name,
            shape=shape,
            label=str(part.get("title") or _spoken(name)),
            help=str(part.get("description", "")),
            required=self._needs(name) and not (secret and kept),
            stored=secret and kept,
            changed=sheet.since(name) if secret and kept else None,
            made=sheet.new and "generate" in part,
            choices=_choices(part),
            placeholder=str(next(iter(part.get("examples", ())), "")),
            fields=inner,
            open=bool(value) or kept or any(one.open or one.error for one in inner),
            error=sheet.errors.get(name, ""),
            **_content(name, part, value, sheet),
        )

    def _needs(self, name: str) -> bool:
        listed: list[str] = self.schema.get("required", [])
        return not self.optional and name.removeprefix(self.prefix) in listed

    def _read(self, name: str, part: Schema, given: Given) -> Json:
        shape = shape_of(part)
        if shape == "group":
            return self._group(part, name).read_unless_idle(given)
        if shape == "switch":
            on = name in given
            return ABSENT if on == bool(part.get("default", False)) else on
        if shape == "several":
            return [one for one in given.getlist(name) if one] or ABSENT
        text = given.get(name, "").strip()
        if not text:
            return None if name in given.getlist("forget") else ABSENT
        return _READ[shape](name, text, part)

    def _group(self, part: Schema, name: str) -> "Form":
        inner = {**part, "$defs": self.schema.get("$defs", {})}
        return Form(inner, f"{name}.", optional=not self._needs(name))


SECRET = frozenset({"secret", "secrets", "secret pairs"})
"""The shapes that show nothing of what they hold."""


def shape_of(part: Schema) -> str:
    """How a part of a schema is drawn."""
    kind = part.get("type")
    if part.get("secret"):
        return {"array": "secrets", "object": "secret pairs"}.get(str(kind), "secret")
    if "enum" in part:
        return "choice"
    if kind == "array":
        return _shape_of_list(part.get("items", {}))
    if kind == "object":
        return _shape_of_object(part)
    if kind == "string":
        long = "\n" in str(part.get("default", "")) or part.get("maxLength", 0) > 1000
        return "long" if long else "address" if part.get("format") == "uri" else "text"
    return {"boolean": "switch", "integer": "whole", "number": "number"}.get(str(kind), "json")


def _shape_of_list(items: Schema) -> str:
    if items.get("secret"):
        return "secrets"
    if "enum" in items:
        return "several"
    plain = items.get("type") == "string" or "$ref" in items
    return "lines" if plain or items.get("type") in {"number", "integer"} else "json"


def _shape_of_object(part: Schema) -> str:
    if part.get("properties"):
        return "group"
    values = part.get("additionalProperties")
    return "pairs" if isinstance(values, dict) and values.get("type") == "string" else "json"


def _written(shape: str, shown: Json) -> dict[str, Any]:
    """What stands in a field that holds this value."""
    return {
        "text": _WRITE.get(shape, _write_nothing)(shown),
        "on": shown is True,
        "chosen": tuple(str(one) for one in shown) if isinstance(shown, list) else (),
    }


def _again(shape: str, name: str, given: Given) -> dict[str, Any]:
    """What was filled in; secrets are to be typed anew."""
    text = "" if shape in SECRET else given.get(name, "")
    return {"text": text, "on": name in given, "chosen": tuple(given.getlist(name))}


def _content(name: str, part: Schema, value: Json, sheet: Sheet) -> dict[str, Any]:
    """What stands in a field: its value, or what was filled in."""
    shape = shape_of(part)
    if sheet.new and "generate" in part:
        return _made(part["generate"], name, sheet.given)
    if sheet.given is not None:
        return _again(shape, name, sheet.given)
    shown = part.get("default") if value is None else value
    return _written(shape, None if shape in SECRET else shown)


def _made(prefix: str, name: str, given: Given | None) -> dict[str, Any]:
    """A secret made by chance, or the one that stood in the form already: it may be in use."""
    if given is not None:
        return {"text": given.get(name, "")}
    return {"text": prefix + base64.b64encode(secrets.token_bytes(32)).decode()}


def _choices(part: Schema) -> tuple[str, ...]:
    listed = part.get("enum") or part.get("items", {}).get("enum", ())
    return tuple(str(one) for one in listed)


def _spoken(name: str) -> str:
    return name.rpartition(".")[2].replace("_", " ").capitalize()


def _write_lines(value: Json) -> str:
    return "\n".join(str(line) for line in value or ())


def _write_pairs(value: Json) -> str:
    return "\n".join(f"{name}: {text}" for name, text in (value or {}).items())


def _write_json(value: Json) -> str:
    return "" if value in (None, {}, []) else json.dumps(value, ensure_ascii=False, indent=2)


def _write_nothing(_value: Json) -> str:
    return ""


def _write_text(value: Json) -> str:
    return "" if value is None else str(value)


_WRITE: dict[str, Callable[[Json], str]] = {
    "lines": _write_lines,
    "pairs": _write_pairs,
    "json": _write_json,
    **dict.fromkeys(("text", "long", "address", "choice", "whole", "number"), _write_text),
}


def _read_text(_name: str, text: str, _part: Schema) -> Json:
    return text


def _read_choice(name: str, text: str, part: Schema) -> Json:
    """The choice itself, which need not be a text."""
    for one in part["enum"]:
        if str(one) == text:
            return one
    raise FormError(name, "Choose one of those that are offered.")


def read_number(name: str, text: str) -> int | float:
    """A number out of a field. Raises FormError."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise FormError(name, "This must be a number.")
    return int(number) if number.is_integer() else number


def _read_number(name: str, text: str, part: Schema) -> Json:
    number = read_number(name, text)
    if part.get("type") == "integer" and not isinstance(number, int):
        raise FormError(name, "This must be a whole number.")
    return number


def _read_lines(name: str, text: str, part: Schema) -> Json:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    items = part.get("items", {})
    numbers = items.get("type") in {"number", "integer"} or items.get("$ref") == "#/$defs/seconds"
    return [_read_number(name, line, items) for line in lines] if numbers else lines


def _read_pairs(name: str, text: str, part: Schema) -> Json:
    pairs = {}
    for line in text.splitlines():
        key, colon, value = line.partition(":")
        if line.strip() and not (colon and key.strip()):
            wrong = "one of them" if part.get("secret") else f"“{line.strip()}”"
            raise FormError(name, f"Write each line as “Name: value”; {wrong} is not.")
        if line.strip():
            pairs[key.strip()] = value.strip()
    return pairs


def _read_json(name: str, text: str, _part: Schema) -> Json:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FormError(name, f"This is not valid JSON: {error}.") from error


_READ: dict[str, Callable[[str, str, Schema], Json]] = {
    "lines": _read_lines,
    "secrets": _read_lines,
    "pairs": _read_pairs,
    "secret pairs": _read_pairs,
    "json": _read_json,
    "choice": _read_choice,
    "whole": _read_number,
    "number": _read_number,
    **dict.fromkeys(("text", "long", "address", "secret"), _read_text),
}
