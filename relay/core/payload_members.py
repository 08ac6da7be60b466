"""The members of a target's payload as people see them: titles, limits, where values come from."""

from collections.abc import Iterator
from dataclasses import dataclass

from relay.core import pointers
from relay.core.contract import Json

_TYPES = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "yes or no",
    "array": "a list",
    "object": "an object",
}
_FORMATS = {"email": "an e-mail address", "uri": "a web address", "date": "a day", "uuid": "an id"}


@dataclass(frozen=True, slots=True)
class Member:
    """One value of the payload, by its pointer.

    `sources` are the pointers into the lead of which the first present one wins, `default` what is
    sent where the lead has none of them. `limits` say in words what it takes.
    """

    pointer: str
    title: str
    help: str
    kind: str
    limits: str
    required: bool
    sources: tuple[str, ...]
    default: Json
    group: str = ""


def members(schema: Json) -> list[Member]:
    """The values that the payload's schema names, but for those that are for the target's code."""
    found: dict[str, Member] = {}
    for member in _members(schema, schema, (), frozenset(), required=False):
        found.setdefault(member.pointer, member)
    return list(found.values())


def takes_more(schema: Json) -> bool:
    """Whether a mapping may add members that the schema does not name."""
    return bool(schema.get("additionalProperties") is not False or _inner(schema))


def _inner(schema: Json) -> bool:
    """Whether any object within takes members of other names."""
    parts = schema.get("properties", {}).values()
    return any(isinstance(one, dict) and "additionalProperties" in one for one in parts)


def _members(
    root: Json, schema: Json, steps: tuple[str | int, ...], refs: frozenset[str], *, required: bool
) -> Iterator[Member]:
    schema, refs = _resolved(root, schema, refs)
    if not isinstance(schema, dict) or str(steps[0] if steps else "").startswith("$"):
        return
    parts = [schema, *(one for one in schema.get("allOf", ()) if isinstance(one, dict))]
    inner = False
    for part in parts:
        needed = part.get("required", ())
        for name, one in part.get("properties", {}).items():
            inner = True
            yield from _members(root, one, (*steps, name), refs, required=name in needed)
        for at, one in enumerate(part.get("prefixItems", ())):
            inner = True
            yield from _members(root, one, (*steps, at), refs, required=False)
    if steps and (not inner or "lead" in schema):
        yield _member(schema, steps, required=required)


def _resolved(root: Json, schema: Json, refs: frozenset[str]) -> tuple[Json, frozenset[str]]:
    reference = str(schema.get("$ref", "")) if isinstance(schema, dict) else ""
    if not reference.startswith("#/") or reference in refs:
        return schema, refs
    named = pointers.get(root, reference[1:], {})
    return {**named, **schema}, refs | {reference}


def _member(schema: Json, steps: tuple[str | int, ...], *, required: bool) -> Member:
    lead = schema.get("lead", ())
    return Member(
        pointer=pointers.joined(steps),
        title=str(schema.get("title") or _spoken(steps)),
        help=str(schema.get("description", "")),
        kind=str(schema.get("type", "")),
        limits=", ".join(_limits(schema)),
        required=required,
        sources=(lead,) if isinstance(lead, str) else tuple(lead),
        default=schema.get("default"),
        group=" · ".join(str(step) for step in steps[:-1] if isinstance(step, str)),
    )


def _spoken(steps: tuple[str | int, ...]) -> str:
    names = [step for step in steps if isinstance(step, str)]
    words = names[-1].replace("_", " ").strip() if names else "value"
    number = f" {int(steps[-1]) + 1}" if isinstance(steps[-1], int) else ""
    return words[:1].upper() + words[1:] + number


def _limits(schema: Json) -> Iterator[str]:
    kind = schema.get("type")
    yield from (_TYPES[one] for one in [kind] if isinstance(one, str) and one in _TYPES)
    if schema.get("format") in _FORMATS:
        yield _FORMATS[schema["format"]]
    if "enum" in schema:
        yield f"one of {', '.join(str(one) for one in schema['enum'])}"
    if "const" in schema:
        yield f"always {schema['const']}"
    for keyword, words in (
        ("minLength", "at least {} characters"),
        ("maxLength", "at most {:,} characters, longer ones are cut"),
        ("minimum", "at least {}"),
        ("maximum", "at most {}"),
        ("maxItems", "at most {} entries"),
        ("pattern", "of a certain form"),
    ):
        if keyword in schema and not (keyword == "minLength" and schema[keyword] <= 1):
            yield words.format(schema[keyword])
