"""What proves that a request is for a source and genuine: its address, its signing secrets."""

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from relay.core import pointers
from relay.core.contract import Json
from relay.core.ids import new_key
from relay.runtime import Runtime
from relay.services import source_parts
from relay.services.configured import ConfiguredSource
from relay.services.wanted import Mistakes


@dataclass(frozen=True, slots=True)
class SecretList:
    """A setting that holds several secrets which count at once, the newest first.

    `place` is its pointer within the settings; `count` how many there are. `ready` is false where
    the group around it has to be filled in first.
    """

    place: str
    title: str
    description: str
    count: int
    most: int
    ready: bool


def secret_lists(source: ConfiguredSource) -> list[SecretList]:
    """The lists of secrets that a source of this kind may have."""
    schema = source.kind.source.settings
    return [_list(source, place, part) for place, part in _lists(schema, ())]


def renew_address(rt: Runtime, source: ConfiguredSource, actor: str) -> None:
    """Give the source a new key; what is sent to its old address is turned away from now on."""
    source_parts.save(rt, source, {"key": new_key()}, actor)


def add_secret(rt: Runtime, source: ConfiguredSource, place: str, secret: str, actor: str) -> None:
    """Put a secret before the others of a list; all of them count. Raises Mistakes."""
    known = _secrets(source, place)
    if not secret or secret in known:
        raise Mistakes(["this secret is empty, or one of those that count already"])
    _write(rt, source, place, [secret, *known], actor)


def keep_newest(rt: Runtime, source: ConfiguredSource, place: str, actor: str) -> None:
    """Take all secrets of a list away but the newest."""
    _write(rt, source, place, _secrets(source, place)[:1], actor)


def _write(
    rt: Runtime, source: ConfiguredSource, place: str, secrets: list[Json], actor: str
) -> None:
    if place not in {one.place for one in secret_lists(source) if one.ready}:
        raise Mistakes(["this source has no such secrets"])
    settings = copy.deepcopy(dict(source.settings))
    pointers.put(settings, place, secrets)
    source_parts.save(rt, source, {"settings": settings}, actor)


def _secrets(source: ConfiguredSource, place: str) -> list[Json]:
    return list(pointers.get(source.settings, place) or ())


def _list(source: ConfiguredSource, place: str, part: Mapping[str, Json]) -> SecretList:
    around = place.rpartition("/")[0]
    return SecretList(
        place,
        str(part.get("title", "Secrets")),
        str(part.get("description", "")),
        len(_secrets(source, place)),
        int(part.get("maxItems", 5)),
        ready=not around or bool(pointers.get(source.settings, around)),
    )


def _lists(schema: Json, steps: tuple[str, ...]) -> Iterator[tuple[str, Mapping[str, Json]]]:
    for name, part in schema.get("properties", {}).items():
        inside = (*steps, name)
        items = part.get("items", {})
        if part.get("type") == "array" and (part.get("secret") or items.get("secret")):
            yield pointers.joined(inside), part
        elif part.get("type") == "object":
            yield from _lists(part, inside)
