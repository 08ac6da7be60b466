"""Which values of a document are secret, as its schema says with `"secret": true`."""

import copy
from collections.abc import Iterator, Mapping

from relay.core.contract import Json
from relay.core.pointers import get, joined, parts, put

Steps = tuple[str | int, ...]
_BRANCHES = ("allOf", "anyOf", "oneOf")
_SINGLE = ("if", "then", "else")


def secret_places(schema: Json, document: Json) -> list[str]:
    """JSON Pointers of the values in `document` that any branch of `schema` calls secret."""
    places = {joined(place) for place in _walk(schema, schema, document, (), frozenset())}
    return sorted(
        place for place in places if not any(place.startswith(f"{other}/") for other in places)
    )


def split(document: Json, places: list[str]) -> tuple[Json, dict[str, Json]]:
    """The document without the values at `places`, and those values by place.

    Within a list null stands in for what was taken, so that its neighbours keep their places.
    """
    public = copy.deepcopy(document)
    secrets = {place: get(document, place) for place in places}
    for place in places:
        *way, last = parts(place)
        holder = get(public, joined(way))
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


def keep(document: Json, stored: Json, secret: list[str], at: str) -> Json:
    """The document with the secret that the `stored` one has at `at`, where it leaves it out.

    The secret comes back only where it was: in an object that is still there and, within a list,
    only into an item that says otherwise what it said before. `secret` are all secret places of
    the stored document.
    """
    public, secrets = split(stored, secret)
    return join(document, {at: secrets[at]}) if _can_hold(document, public, at) else document


def _can_hold(document: Json, public: Json, at: str) -> bool:
    *way, _last = parts(at)
    if get(document, at, _ABSENT) is not _ABSENT:
        return False
    if not isinstance(get(document, joined(way)), dict):
        return False
    items = [
        way[: n + 1] for n in range(len(way)) if isinstance(get(public, joined(way[:n])), list)
    ]
    return all(get(document, joined(item)) == get(public, joined(item)) for item in items)


_ABSENT = object()


def _walk(
    schema: Json, root: Json, value: Json, at: Steps, refs: frozenset[str]
) -> Iterator[Steps]:
    if not isinstance(schema, dict):
        return
    if schema.get("secret") is True:
        yield at
        return
    reference = schema.get("$ref")
    if isinstance(reference, str) and reference.startswith("#") and reference not in refs:
        yield from _walk(get(root, reference[1:]), root, value, at, refs | {reference})
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


def _walk_members(schema: Json, root: Json, value: Json, at: Steps) -> Iterator[Steps]:
    named = schema.get("properties", {})
    for name, item in value.items():
        within = named.get(name, schema.get("additionalProperties"))
        yield from _walk(within, root, item, (*at, name), frozenset())
