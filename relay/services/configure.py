"""The configuration is changed here: by a whole document, or one element at a time."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from uuid import UUID

import sqlalchemy as sa

from relay.core.contract import Json
from relay.core.private import split
from relay.core.references import expand
from relay.runtime import Runtime
from relay.services.asked import in_words
from relay.services.changes import Change, compare
from relay.services.elements import EVERYWHERE, Element, State, load, route_name
from relay.services.filling import still_to_fill, to_fill
from relay.services.memory import forget
from relay.services.planning import plan_document, plan_element, plan_project
from relay.services.recording import record
from relay.services.wanted import Mistakes
from relay.store.tables import projects

__all__ = [
    "Mistakes",
    "address",
    "addresses",
    "announce",
    "apply",
    "archive",
    "changing",
    "editable",
    "ensure_first_project",
    "ensure_source",
    "make_key",
    "save_project",
    "save_recipient",
    "save_route",
    "save_source",
    "save_target",
]

LOCK = 7_226_011
"""The PostgreSQL advisory lock under which changes of the configuration follow each other."""

ALL_PROJECTS = Element(
    what="project", id=EVERYWHERE, project_id=EVERYWHERE, project="", document={}
)
"""What an API key for all projects is planned under."""

FIRST = {
    "projects": [
        {
            "id": "main",
            "name": "My project",
            "sources": [{"name": "website", "kind": "generic"}],
        }
    ]
}
"""What an empty database begins with: a door that takes any form."""


def apply(
    rt: Runtime,
    document: Json,
    *,
    dry_run: bool = False,
    prune: bool = False,
    environment: Mapping[str, str] | None = None,
    actor: str = "command line",
) -> list[Change]:
    """Bring the configuration to what a document says; returns what that changes.

    All or nothing: raises Mistakes, with every mistake of the document, before anything is changed.
    `environment` are the variables that `${NAME}` may name. With `prune`, what the document does
    not name is archived; nothing is ever deleted.
    """
    expanded = expand(document, environment or {})
    with changing(rt) as (connection, state):
        wanted = plan_document(rt.catalog, state, expanded, prune=prune)
        changes = compare(state, wanted, prune=prune)
        if not dry_run:
            record(rt, connection, changes, actor)
    if not dry_run:
        announce(rt, changes)
    return changes


def save_source(
    rt: Runtime, project_id: UUID, document: Json, actor: str, source_id: UUID | None = None
) -> UUID:
    """Add a source, or change the one with this id, as its document says; returns its id.

    The document is a source's as in the configuration file, with options beside `settings`. What it
    leaves out takes its default, but secrets and the key stay as they are stored; null takes a
    secret away. Raises Mistakes, places within the document.
    """
    return _save(rt, "source", project_id, document, actor, source_id).id


def save_target(
    rt: Runtime, project_id: UUID, document: Json, actor: str, target_id: UUID | None = None
) -> UUID:
    """Add a target, or change the one with this id; like `save_source`."""
    return _save(rt, "target", project_id, document, actor, target_id).id


def save_route(
    rt: Runtime, project_id: UUID, document: Json, actor: str, route_id: UUID | None = None
) -> UUID:
    """Add a route, or change the one with this id; like `save_source`."""
    return _save(rt, "route", project_id, document, actor, route_id).id


def save_recipient(
    rt: Runtime, project_id: UUID, document: Json, actor: str, recipient_id: UUID | None = None
) -> UUID:
    """Add somebody to whom notices go, or change them; like `save_source`."""
    return _save(rt, "recipient", project_id, document, actor, recipient_id).id


def save_project(rt: Runtime, project_id: UUID, document: Json, actor: str) -> None:
    """Change a project's own settings as its document says, without what it holds.

    Its id stays, whatever the document says; what that leaves out takes its default. Raises
    Mistakes.
    """
    with changing(rt) as (connection, state):
        stored = state.by_id(project_id)
        if stored is None or stored.archived:
            raise Mistakes(["it is not there any more"])
        changes = compare(state, [plan_project(rt.catalog, state, document, stored)], prune=False)
        record(rt, connection, changes, actor)
    announce(rt, changes)


def make_key(
    rt: Runtime, project_id: UUID | None, document: Json, actor: str
) -> tuple[UUID, str | None]:
    """Add an API key, of a project or (None) of all; returns its id, and the key where it was made.

    The document is a key's as in the configuration file. Without `key` one is made by chance, which
    nobody can read again. Raises Mistakes.
    """
    made = _save(rt, "api key", project_id or EVERYWHERE, document, actor, None)
    return made.id, made.made


def archive(rt: Runtime, element_id: UUID, actor: str) -> bool:
    """Put a source, target, route or API key out of use; False when it is not there.

    The routes of a source or target go with it. What was received and is owed stays as it is.
    """
    with changing(rt) as (connection, state):
        element = state.by_id(element_id)
        if element is None or element.archived or element.what == "project":
            return False
        gone = [one for one in state.elements if one.id == element_id or _leads_to(one, element_id)]
        changes = [Change("archive", one, one, ()) for one in gone if not one.archived]
        record(rt, connection, changes, actor)
    announce(rt, changes)
    return True


def editable(rt: Runtime, element_id: UUID) -> tuple[Json, list[str]] | None:
    """An element's document without its secrets, and the JSON pointers of those that are stored."""
    with rt.database.read() as connection:
        element = load(connection, rt.box).by_id(element_id)
    if element is None:
        return None
    lacking = to_fill(element)
    stored = [place for place in element.secret if place not in lacking]
    return split(element.document, list(element.secret))[0], stored


def ensure_first_project(rt: Runtime) -> str | None:
    """Give an empty database a project with a generic source.

    Returns the address of the oldest generic source in use, to try the relay with, if there is one.
    """
    with rt.database.read() as connection:
        empty = connection.execute(sa.select(projects.c.id).limit(1)).first() is None
    if empty:
        apply(rt, FIRST, actor="first start")
    with rt.database.read() as connection:
        elements = load(connection, rt.box).elements
    for element in elements:
        generic = element.what == "source" and element.document["kind"] == "generic"
        if generic and not element.archived:
            return address(rt, element)
    return None


def ensure_source(rt: Runtime, project_id: UUID, kind: str, actor: str) -> UUID | None:
    """The project's source of this kind, made under the kind's name where there never was one.

    None where the project is not there, or archived.
    """
    with changing(rt) as (connection, state):
        project = state.by_id(project_id)
        if project is None or project.archived:
            return None
        of_project = [one for one in state.elements if one.project_id == project_id]
        own = [one for one in of_project if one.what == "source"]
        for source in own:
            if source.document["kind"] == kind:
                return source.id
        document = {"name": _free_name(kind, {one.name for one in own}), "kind": kind}
        wanted = plan_element(rt.catalog, state, "source", document, project, None)
        changes = compare(state, [wanted], prune=False)
        record(rt, connection, changes, actor)
    announce(rt, changes)
    return wanted.id


def address(rt: Runtime, source: Element) -> str:
    """Where senders post to this source; whoever knows it can post."""
    return f"{rt.config.public_url}/in/{source.document['key']}"


def addresses(rt: Runtime, project: UUID | None = None) -> list[tuple[Element, str]]:
    """The sources in use, each with its address."""
    with rt.database.read() as connection:
        state = load(connection, rt.box)
    return [
        (source, address(rt, source))
        for owner in state.elements
        if owner.what == "project" and not owner.archived and project in {None, owner.id}
        for source in state.of(owner.id, "source")
    ]


def _save(
    rt: Runtime, what: str, project_id: UUID, document: Json, actor: str, element_id: UUID | None
) -> Element:
    with changing(rt) as (connection, state):
        project = ALL_PROJECTS if project_id == EVERYWHERE else state.by_id(project_id)
        stored = (
            state.by_id(element_id) if element_id else _archived(state, what, project_id, document)
        )
        if project is None or (element_id and stored is None):
            raise Mistakes(["it is not there any more"])
        if stored is not None and (lacking := still_to_fill(stored, document)):
            raise Mistakes([f"{in_words(at)}: is still to be filled in" for at in lacking])
        wanted = plan_element(rt.catalog, state, what, document, project, stored)
        changes = compare(state, [wanted], prune=False)
        record(rt, connection, changes, actor)
    announce(rt, changes)
    return wanted


def _archived(state: State, what: str, project_id: UUID, document: Json) -> Element | None:
    """The archived element that a new one of the same name brings back."""
    given = document if isinstance(document, dict) else {}
    names = (str(given.get("name")), route_name(given.get("from", ""), given.get("to", "")))
    found = state.find(what, project_id, names[what == "route"])
    return found if found is not None and found.archived else None


def _free_name(name: str, taken: set[str]) -> str:
    numbered = (f"{name}-{number}" for number in itertools.count(2))
    return next(free for free in itertools.chain([name], numbered) if free not in taken)


def _leads_to(element: Element, end: UUID) -> bool:
    return end in {element.source_id, element.target_id}


@contextmanager
def changing(rt: Runtime) -> Iterator[tuple[sa.Connection, State]]:
    """A transaction that no other change of the configuration runs beside, and what is there."""
    with rt.database.write() as connection:
        if not rt.database.is_sqlite:
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
        yield connection, load(connection, rt.box)


def announce(rt: Runtime, changes: Sequence[Change]) -> None:
    """Let this process see the changes at once (others do within a second) and targets go on."""
    forget(rt)
    for change in changes:
        if change.element.what == "target" and change.action != "archive":
            rt.queue.wake_lane(change.element.id)
