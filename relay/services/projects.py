"""Projects as a whole: made, put out of use with all they hold, and brought back."""

import re
import unicodedata
from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa

from relay.core.kinds import Catalog
from relay.core.references import Expanded
from relay.runtime import Runtime
from relay.services.browse import Row
from relay.services.changes import Change, compare
from relay.services.configure import announce, changing
from relay.services.elements import Element, State
from relay.services.planning import plan_document
from relay.services.recording import record
from relay.services.wanted import Mistakes
from relay.store.tables import projects, sources, targets


def listed(rt: Runtime) -> Sequence[Row]:
    """All projects by name, archived ones too, with how many `sources` and `targets` are in use."""
    counts = [
        sa.select(sa.func.count())
        .select_from(table)
        .where(table.c.project_id == projects.c.id, table.c.archived_at.is_(None))
        .correlate(projects)
        .scalar_subquery()
        .label(table.name)
        for table in (sources, targets)
    ]
    query = sa.select(projects, *counts).order_by(projects.c.name, projects.c.id)
    with rt.database.read() as connection:
        return [dict(row) for row in connection.execute(query).mappings()]


def make_project(rt: Runtime, public_id: str, name: str, actor: str) -> str:
    """Make a project that holds nothing yet; returns its public id. Raises Mistakes.

    Without an id it gets one that is made of its name.
    """
    with changing(rt) as (connection, state):
        made = new_project(rt.catalog, state, public_id, name)
        changes = compare(state, [made], prune=False)
        record(rt, connection, changes, actor)
    announce(rt, changes)
    return made.name


def archive_project(rt: Runtime, project_id: UUID, actor: str) -> bool:
    """Close all doors of a project; False when it is not there. What it holds stays as it is.

    What was taken in is still stored and delivered.
    """
    return _turn(rt, project_id, actor, archived=True)


def restore_project(rt: Runtime, project_id: UUID, actor: str) -> bool:
    """Open the doors of an archived project again; False when it is not there."""
    return _turn(rt, project_id, actor, archived=False)


def new_project(catalog: Catalog, state: State, public_id: str, name: str) -> Element:
    """A project that is not there yet, as it would be made. Raises Mistakes."""
    public_id = public_id or _from_name(name)
    known = state.find("project", None, public_id)
    if known is not None:
        archived = ", archived: restore it, or take another id" if known.archived else ""
        raise Mistakes([f"id: there is a project {public_id!r} already{archived}"])
    document = {"projects": [{"id": public_id, "name": name}]}
    try:
        return plan_document(catalog, state, Expanded(document), prune=False)[0]
    except Mistakes as error:
        raise Mistakes([one.removeprefix("projects[0].") for one in error.problems]) from error


def _turn(rt: Runtime, project_id: UUID, actor: str, *, archived: bool) -> bool:
    with changing(rt) as (connection, state):
        project = state.by_id(project_id)
        if project is None or project.what != "project" or project.archived == archived:
            return False
        changes = [Change("archive" if archived else "restore", project, project, ())]
        record(rt, connection, changes, actor)
    announce(rt, changes)
    return True


def _from_name(name: str) -> str:
    """An id that can stand in addresses."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60] or "project"
