"""Copying a project without its secrets: sources get new keys, targets wait to be looked over."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

import sqlalchemy as sa

from relay.core.checks import problems
from relay.core.contract import Json
from relay.core.ids import new_id, new_key
from relay.core.kinds import Catalog
from relay.core.pointers import get, joined, parts, put
from relay.core.private import split
from relay.runtime import Runtime
from relay.services.asked import in_words
from relay.services.auditing import note
from relay.services.changes import Change, details, shown
from relay.services.configure import announce, changing
from relay.services.elements import Element, State
from relay.services.filling import stand_in, to_fill
from relay.services.projects import new_project
from relay.services.recording import record
from relay.services.wanted import Mistakes
from relay.store.tables import lanes


@dataclass(frozen=True, slots=True)
class Copied:
    """A copy, and the secrets that are left to be filled in: places by element, both in words."""

    project_id: UUID
    public_id: str
    left: dict[str, list[str]]


def copy_project(rt: Runtime, project_id: UUID, public_id: str, name: str, actor: str) -> Copied:
    """Copy a project that is in use under another id and name. Raises Mistakes.

    Settings, sources, targets, mappings and routes are copied; API keys, recipients of notices and
    people are not. Every target is paused until somebody has looked it over.
    """
    with changing(rt) as (connection, state):
        stored = state.by_id(project_id)
        if stored is None or stored.archived:
            raise Mistakes(["it is not there any more"])
        new = new_project(rt.catalog, state, public_id, name)
        made = replace(new, document={**stored.document, "id": new.name, "name": name})
        copies, left = _copies(rt, state, stored, made)
        changes = [_added(one) for one in (made, *copies)]
        record(rt, connection, changes, actor)
        for one in copies:
            if one.what == "target":
                _pause(rt, connection, one, stored.document["name"])
        lacks = [f"{one}: {', '.join(places)}" for one, places in left.items()]
        after = {"from": stored.name, "to_fill_in": lacks}
        note(connection, rt, made.id, actor, "copy", f"project {made.name}", after=after)
    announce(rt, changes)
    return Copied(made.id, made.name, left)


def _copies(
    rt: Runtime, state: State, stored: Element, made: Element
) -> tuple[list[Element], dict[str, list[str]]]:
    """The elements of the copy in the order in which they can be made, and what they lack."""
    copies: list[Element] = []
    left: dict[str, list[str]] = {}
    ends: dict[UUID | None, UUID] = {}
    for one in (*state.of(stored.id, "source"), *state.of(stored.id, "target")):
        copied, gone = _copy(one, made, _settings(rt.catalog, one))
        ends[one.id] = copied.id
        copies.append(copied)
        if gone:
            left[f"{one.what} {one.name}"] = [in_words(place) for place in gone]
    for route in state.of(stored.id, "route"):
        if route.source_id in ends and route.target_id in ends:
            source, target = ends[route.source_id], ends[route.target_id]
            copied = _of_project(route, made, copy.deepcopy(route.document))
            copies.append(replace(copied, source_id=source, target_id=target))
    return copies, left


def _copy(stored: Element, made: Element, schema: Json) -> tuple[Element, list[str]]:
    """A source or target without its secrets, and the places of those that it had."""
    places = [place for place in stored.secret if place != "/key"]
    document = _without(stored.document, places)
    if stored.what == "source":
        document["key"] = new_key(f"{document['kind']}-")
        return _of_project(stored, made, document, ("/key",)), places
    copied = _of_project(stored, made, document)
    needed = [place for place in places if _is_needed(schema, stored.document, place)]
    for place in needed:
        put(document, place, stand_in(copied.id))
    return replace(copied, secret=tuple(needed)), places


def _settings(catalog: Catalog, stored: Element) -> Json:
    """The schema of the settings of a source's or target's kind."""
    kind = stored.document["kind"]
    if stored.what == "source":
        return catalog.sources[kind].source.settings
    return catalog.targets[kind].target.settings


def _is_needed(schema: Json, document: dict[str, Json], place: str) -> bool:
    """Whether the settings cannot be without this one secret."""
    return bool(problems(schema, _without(document, [place]).get("settings", {})))


def _without(document: dict[str, Json], places: Sequence[str]) -> dict[str, Json]:
    """The document without the values at these places; items of lists close up."""
    public: dict[str, Json] = split(document, list(places))[0]
    for holder in {joined(parts(place)[:-1]) for place in places}:
        found = get(public, holder)
        if isinstance(found, list):
            found[:] = [item for item in found if item is not None]
    return public


def _of_project(
    stored: Element, made: Element, document: dict[str, Json], secret: tuple[str, ...] = ()
) -> Element:
    """A new element like the stored one in the project that is being made."""
    return Element(
        what=stored.what,
        id=new_id(),
        project_id=made.id,
        project=made.project,
        document=document,
        secret=secret,
    )


def _added(element: Element) -> Change:
    return Change("add", element, None, tuple(details({}, shown(element))))


def _pause(rt: Runtime, connection: sa.Connection, target: Element, origin: str) -> None:
    """Hold a copied target: until it has its secrets, or somebody resumes it."""
    lacking = ", ".join(in_words(place) for place in to_fill(target))
    said = f"fill in {lacking}" if lacking else "look it over, then resume it"
    values = {
        "paused_at": rt.clock.now(),
        "pause": "unauthorized" if lacking else "manual",
        "pause_reason": f"copied from {origin}: {said}",
    }
    own = sa.update(lanes).where(lanes.c.target_id == target.id)
    connection.execute(own.values(values))
