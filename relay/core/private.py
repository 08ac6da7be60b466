"""Which values of a document are secret, as its schema says with `"secret": true`."""

import copy
from collections.abc import Iterator, Mapping

from relay.core.contract import Json
from relay.core.pointers import Parts, find, parts, pointer, put

_BRANCHES = ("allOf", "anyOf", "oneOf")
_SINGLE = ("if", "then", "else")


def secret_places(schema: Json, document: Json) -> list[str]:
    """JSON Pointers of the values in `document` that any branch of `schema` calls secret."""
    return sorted({pointer(place) for place in _walk(schema, schema, document, (), frozenset())})


def split(document: Json, places: list[str]) -> tuple[Json, dict[str, Json]]:
    """The document without the values at `places`, and those values by place.

    Within a list null stands in for what was taken, so that its neighbours keep their places.
    """
    public = copy.deepcopy(document)
    secrets = {place: find(document, place) for place in places}
    for place in places:
        *way, last = parts(place)
        holder = find(public, pointer(way))
        if isinstance(holder, list):
            holder[int(last)] = None
        else:
            del holder[last]
    return public, secrets


def join(public: Json, secrets: Mapping[str, Json]) -> Json:
    """What `split` was given: the document with its secrets in their places."""
    document = copy.deepcopy(public)
    for place, value in secrets.items():
        put(document, place, copy.deepcopy(value))
    return document


def can_hold(document: Json, place: str) -> bool:
    """Whether a secret kept from before has a place here that nothing else fills."""
    absent = object()
    *way, _last = parts(place)
    return find(document, place, absent) is absent and isinstance(
        find(document, pointer(way)), dict
    )


def _walk(
    schema: Json, root: Json, value: Json, at: Parts, refs: frozenset[str]
) -> Iterator[Parts]:
    if not isinstance(schema, dict):
        return
    if schema.get("secret") is True:
        yield at
        return
    reference = schema.get("$ref")
    if isinstance(reference, str) and reference.startswith("#") and reference not in refs:
        yield from _walk(find(root, reference[1:]), root, value, at, refs | {reference})
    for keyword in _BRANCHES:
        for branch in schema.get(keyword, ()):
            yield from _walk(branch, root, value, at, refs)
    for keyword in _SINGLE:
        yield from _walk(schema.get(keyword), root, value, at, refs)
    if isinstance(value, dict):
        yield from _walk_members(schema, root, value, at)
    elif isinstance(value, list):
        for position, item in enumerate(value):
            yield from _walk(schema.get("items"), root, item, (*at, position), frozenset())


def _walk_members(schema: Json, root: Json, value: Json, at: Parts) -> Iterator[Parts]:
    named = schema.get("properties", {})
    for name, item in value.items():
        within = named.get(name, schema.get("additionalProperties"))
        yield from _walk(within, root, item, (*at, name), frozenset())
