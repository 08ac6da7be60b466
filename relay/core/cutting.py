"""Values that are longer than a vendor takes: cut to fit, with the whole kept for the note."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from relay.core import pointers
from relay.core.conversations import Json

CUT = "$cut"
"""The member of a payload that holds what was cut, whole, by the pointer of its place."""

WHOLE_OR_NOT = frozenset({"email", "idn-email", "uri", "iri", "uuid"})
"""Formats of which a part would be something else: such a value is left out instead."""

_SHORTEST_WITH_DOTS = 10


@dataclass(frozen=True, slots=True)
class Limit:
    """How many characters a place of the payload takes."""

    most: int
    whole: bool
    title: str


Limits = Mapping[str, Limit]
"""By the pointer of the place; one that ends in "/*" is for all members that have none."""


def limits_of(schema: Json) -> dict[str, Limit]:
    """The limits that an outgoing payload's schema sets by `maxLength`."""
    return dict(_limits(schema, schema, (), frozenset()))


def shorten(text: str, most: int) -> str:
    """The text in at most so many characters; where it was longer an ellipsis says so."""
    if len(text) <= most:
        return text
    return text[:most] if most < _SHORTEST_WITH_DOTS else text[: most - 1].rstrip() + "…"


def cut(payload: Json, limits: Limits) -> tuple[Json, dict[str, str]]:
    """The payload with every text cut to its limit, and by pointer what these texts were."""
    found: dict[str, str] = {}
    return (_cut(payload, "", limits, found) if limits else payload), found


def cut_note(payload: Json) -> str:
    """What was cut in a payload, whole, a line each; an empty text where nothing was."""
    whole: Mapping[str, str] = payload.get(CUT) or {}
    return "\n".join(f"{_spoken(pointer)} in full: {text}" for pointer, text in whole.items())


def cut_words(whole: Mapping[str, str], limits: Limits) -> str:
    """What was cut, in a few words for the log."""
    return ", ".join(
        f"{_title(pointer, limits)} ({len(text)} characters, {limit.most} fit)"
        for pointer, text in whole.items()
        if (limit := _limit(pointer, limits))
    )


def _limits(
    root: Json, schema: Json, steps: tuple[str | int, ...], refs: frozenset[str]
) -> Iterator[tuple[str, Limit]]:
    if not isinstance(schema, dict):
        return
    if isinstance(most := schema.get("maxLength"), int):
        whole = schema.get("format") in WHOLE_OR_NOT
        yield pointers.joined(steps), Limit(most, whole, str(schema.get("title") or ""))
    reference = str(schema.get("$ref", ""))
    if reference.startswith("#/") and reference not in refs:
        yield from _limits(root, pointers.get(root, reference[1:]), steps, refs | {reference})
    for part in schema.get("allOf", ()):
        yield from _limits(root, part, steps, refs)
    for name, inner in schema.get("properties", {}).items():
        yield from _limits(root, inner, (*steps, name), refs)
    for at, inner in enumerate(schema.get("prefixItems", ())):
        yield from _limits(root, inner, (*steps, at), refs)
    for keyword in ("additionalProperties", "items"):
        yield from _limits(root, schema.get(keyword), (*steps, "*"), refs)


def _cut(value: Json, pointer: str, limits: Limits, found: dict[str, str]) -> Json:
    if isinstance(value, dict):
        parts = {
            name: _cut(inner, pointer + pointers.joined((name,)), limits, found)
            for name, inner in value.items()
        }
        return {name: part for name, part in parts.items() if part is not _GONE}
    if isinstance(value, list):
        items = [_cut(item, f"{pointer}/{at}", limits, found) for at, item in enumerate(value)]
        return [item for item in items if item is not _GONE]
    limit = _limit(pointer, limits)
    if not isinstance(value, str) or limit is None or len(value) <= limit.most:
        return value
    found[pointer] = value
    return _GONE if limit.whole else shorten(value, limit.most)


_GONE = object()


def _limit(pointer: str, limits: Limits) -> Limit | None:
    return limits.get(pointer) or limits.get(f"{pointer.rpartition('/')[0]}/*")


def _title(pointer: str, limits: Limits) -> str:
    limit = limits.get(pointer)
    return limit.title if limit and limit.title else _spoken(pointer)


def _spoken(pointer: str) -> str:
    words = pointers.parts(pointer)[-1].replace("_", " ") if pointer else "value"
    return words[:1].upper() + words[1:]
