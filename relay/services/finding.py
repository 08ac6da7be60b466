"""Finding what a person means by a name or by the beginning of an id."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.runtime import Runtime
from relay.store.tables import deliveries, leads, projects, sources, submissions, targets

SHORTEST = 4
"""Characters of an id that are enough to look for it."""

SHOWN = 5
"""Matches that are named when there are several."""

_HEX = frozenset("0123456789abcdef")
_TABLES = {"delivery": deliveries, "lead": leads, "submission": submissions}


class NotFound(Exception):  # noqa: N818 - says what was looked for
    """There is nothing, or more than one thing, of this name; the text says which."""


def find_project(rt: Runtime, name: str) -> UUID:
    """The project in use with this public id. Raises NotFound."""
    query = sa.select(projects.c.id).where(
        projects.c.public_id == name, projects.c.archived_at.is_(None)
    )
    return UUID(str(_the_one(_rows(rt, query), f"project {name}").id))


def find_source(rt: Runtime, name: str, project: UUID | None = None) -> Any:
    """The row of the source in use with this name, or PROJECT/NAME. Raises NotFound."""
    return _named(rt, sources, name, project)


def find_target(rt: Runtime, name: str, project: UUID | None = None) -> Any:
    """The row of the target in use with this name, or PROJECT/NAME. Raises NotFound."""
    return _named(rt, targets, name, project)


def find_id(rt: Runtime, what: str, text: str) -> UUID:
    """The id of the one `delivery`, `lead` or `submission` whose id begins so. Raises NotFound.

    A lead is found by its number (`42` or `#42`) and its public id too.
    """
    table = _TABLES[what]
    if what == "lead":
        own = _lead_names(text)
        found = _rows(rt, sa.select(leads.c.id).where(own).limit(SHOWN + 1))
        if found:
            return UUID(str(_the_one(found, f"lead {text}").id))
    start = text.lower().replace("-", "")
    if not SHORTEST <= len(start) <= 32 or not _HEX.issuperset(start):
        raise NotFound(f"There is no {what} {text}.")
    within = table.c.id.between(UUID(start.ljust(32, "0")), UUID(start.ljust(32, "f")))
    found = _rows(rt, sa.select(table.c.id).where(within).order_by(table.c.id).limit(SHOWN + 1))
    return UUID(str(_the_one(found, f"{what} {text}").id))


def _lead_names(text: str) -> sa.ColumnElement[bool]:
    number = text.removeprefix("#")
    if number.isascii() and number.isdigit() and len(number) < 19:
        return sa.or_(leads.c.public_id == text, leads.c.number == int(number))
    return leads.c.public_id == text


def _named(rt: Runtime, table: sa.Table, name: str, project: UUID | None) -> Any:
    query = (
        sa.select(table, projects.c.public_id.label("project"))
        .join(projects, projects.c.id == table.c.project_id)
        .where(table.c.archived_at.is_(None), projects.c.archived_at.is_(None))
        .order_by(projects.c.public_id)
    )
    if project is not None:
        query = query.where(table.c.project_id == project)
    what = table.name.removesuffix("s")
    found = _rows(rt, query.where(table.c.name == name))
    first, _, rest = name.partition("/")
    if not found and rest:
        found = _rows(rt, query.where(table.c.name == rest, projects.c.public_id == first))
    if len(found) > 1:
        listed = ", ".join(f"{row.project}/{row.name}" for row in found)
        raise NotFound(f"Several projects have a {what} {name}: {listed}.")
    return _the_one(found, f"{what} {name}")


def _the_one(found: Sequence[Any], subject: str) -> Any:
    if not found:
        raise NotFound(f"There is no {subject}.")
    if len(found) > 1:
        listed = ", ".join(str(row.id) for row in found[:SHOWN])
        more = ", …" if len(found) > SHOWN else ""
        raise NotFound(f"Several begin like {subject}: {listed}{more}")
    return found[0]


def _rows(rt: Runtime, query: sa.Select[*tuple[Any, ...]]) -> Sequence[Any]:
    with rt.database.read() as connection:
        return connection.execute(query).all()
