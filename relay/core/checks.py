"""Checks of what people configure: each problem names its place and what was expected there."""

import json
import re
from collections.abc import Callable, Iterable, Iterator

import jsonschema
from jsonschema.exceptions import ValidationError, best_match
from jsonschema_specifications import REGISTRY

from relay.core.contract import Json
from relay.core.pointers import joined
from relay.core.proofs import END

_TYPES = {
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}


def problems(schema: Json, document: Json, where: str = "") -> list[str]:
    """What is wrong with the document by the schema; an empty list when nothing is.

    Each line reads `sources[0].settings.url: must be ...`, `where` being put before its place.
    Values are never repeated, for they may be secrets. References to other documents are not
    followed.
    """
    validator = jsonschema.Draft202012Validator(
        schema,
        registry=REGISTRY,
        format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER,
    )
    try:
        lines = [_line(_telling(error), where) for error in validator.iter_errors(document)]
    except RecursionError:
        return [f"{where}: is nested too deep" if where else "is nested too deep"]
    return sorted(dict.fromkeys(lines))


def text_problems(document: Json, where: str = "") -> list[str]:
    """Where texts or names hold what no database takes: NUL, or one half of a surrogate pair."""
    found: list[str] = []
    left: list[tuple[tuple[str | int, ...], Json]] = [((), document)]
    while left:
        steps, value = left.pop()
        if isinstance(value, dict):
            left += [((*steps, name), item) for name, item in value.items()]
            texts = [str(name) for name in value]
        elif isinstance(value, list):
            left += [((*steps, number), item) for number, item in enumerate(value)]
            continue
        else:
            texts = [value] if isinstance(value, str) else []
        if any(_UNWRITABLE.search(text) for text in texts):
            place, said = words_for(steps, where), "holds NUL or half a character"
            what = "a name in it " if isinstance(value, dict) else ""
            found.append(f"{place}: {what}{said}" if place else f"{what}{said}")
    return sorted(found)


_UNWRITABLE = re.compile("[\x00\ud800-\udfff]")


def schema_problems(schema: Json, where: str = "") -> list[str]:
    """What keeps a schema from being one by JSON Schema 2020-12."""
    return problems(jsonschema.Draft202012Validator.META_SCHEMA, schema, where)


def words_for(steps: Iterable[str | int], where: str = "") -> str:
    """A place as people write it: `sources[0].settings.url`."""
    words = where
    for step in steps:
        if isinstance(step, int):
            words += f"[{step}]"
        elif step.replace("-", "_").isidentifier():
            words += f".{step}" if words else step
        else:
            words += f"[{step!r}]"
    return words


def _telling(error: ValidationError) -> ValidationError:
    """Of the branches of an anyOf or oneOf, the error of the one that was most nearly met."""
    if error.validator in ("anyOf", "oneOf") and error.context:
        return best_match([error]) or error
    return error


def _line(error: ValidationError, where: str) -> str:
    place = words_for(error.absolute_path, where)
    say = _SAYINGS.get(str(error.validator))
    wrong = say(error) if say else f"does not satisfy {error.validator}"
    return f"{place}: {wrong}" if place else wrong


def _wanted(error: ValidationError) -> Json:
    return error.validator_value


def _given(error: ValidationError) -> Json:
    return error.instance


def _missing(error: ValidationError) -> str:
    return "needs " + _listed(name for name in _wanted(error) if name not in _given(error))


def _unknown(error: ValidationError) -> str:
    schema: Json = error.schema
    known, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    surplus = [
        name
        for name in _given(error)
        if name not in known and not any(re.search(pattern, name) for pattern in patterns)
    ]
    allowed = f"; known are {_listed(known)}" if known else ""
    return f"has no {_listed(surplus)}{allowed}"


def _type(error: ValidationError) -> str:
    wanted = _wanted(error)
    names = [wanted] if isinstance(wanted, str) else wanted
    return "must be " + " or ".join(_TYPES.get(name, name) for name in names)


def _choice(error: ValidationError) -> str:
    return "must be one of " + ", ".join(_as_json(value) for value in _wanted(error))


def _as_json(value: Json) -> str:
    return repr(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(repr(name) for name in names)


def _says(text: str) -> Callable[[ValidationError], str]:
    return lambda error: text.format(_wanted(error))


_SAYINGS: dict[str, Callable[[ValidationError], str]] = {
    "required": _missing,
    "additionalProperties": _unknown,
    "unevaluatedProperties": _unknown,
    "type": _type,
    "enum": _choice,
    "const": lambda error: f"must be {_as_json(_wanted(error))}",
    "pattern": lambda error: f"must match {_wanted(error).replace(END, '$')}",
    "format": _says("must be a valid {}"),
    "minLength": _says("must have at least {} characters"),
    "maxLength": _says("must have at most {} characters"),
    "minimum": _says("must be at least {}"),
    "maximum": _says("must be at most {}"),
    "exclusiveMinimum": _says("must be more than {}"),
    "exclusiveMaximum": _says("must be less than {}"),
    "multipleOf": _says("must be a multiple of {}"),
    "minItems": _says("must have at least {} entries"),
    "maxItems": _says("must have at most {} entries"),
    "uniqueItems": lambda _error: "must not have the same entry twice",
    "minProperties": _says("must have at least {} entries"),
    "maxProperties": _says("must have at most {} entries"),
    "not": lambda _error: "has a value that is not allowed here",
    "anyOf": lambda _error: "fits none of the allowed forms",
    "oneOf": lambda _error: "must fit exactly one of the allowed forms",
}


def branches(schema: Json) -> Iterator[tuple[str, Json]]:
    """Every schema inside a schema, itself first, with its place as a JSON pointer."""
    yield from _branches(schema, "")


def _branches(schema: Json, place: str) -> Iterator[tuple[str, Json]]:
    if not isinstance(schema, dict):
        return
    yield place, schema
    for keyword, value in schema.items():
        if keyword in _NAMED and isinstance(value, dict):
            for name, inner in value.items():
                yield from _branches(inner, place + joined((keyword, name)))
        elif keyword in _LISTED and isinstance(value, list):
            for index, inner in enumerate(value):
                yield from _branches(inner, f"{place}/{keyword}/{index}")
        elif keyword in _SINGLE:
            yield from _branches(value, f"{place}/{keyword}")


_NAMED = frozenset({"properties", "patternProperties", "$defs", "dependentSchemas"})
_LISTED = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
_SINGLE = frozenset(
    """
    items additionalProperties contains propertyNames not if then else unevaluatedItems
    unevaluatedProperties
    """.split()  # noqa: SIM905 - words read best as words
)
