"""The names of custom tokens that were ever sent to a project, as the reference pages list them."""

from collections import OrderedDict
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from relay.runtime import Runtime
from relay.services.lead_rows import Filing
from relay.store.insert import insert_new
from relay.store.tables import token_names

LONGEST = 200
"""Characters of a name that is listed."""

MOST = 1000
"""Names that are listed per project: a sender who makes them up must not fill the table."""

REMEMBERED = 10_000
"""Names that a process knows to be listed, or to have no room in the list."""

_Name = tuple[UUID, str]


class _Known:
    """The names used last that need not be written again; the database knows the others."""

    def __init__(self) -> None:
        self._names: OrderedDict[_Name, None] = OrderedDict()

    def __contains__(self, name: _Name) -> bool:
        return name in self._names

    def add(self, names: Iterable[_Name]) -> None:
        for name in names:
            self._names[name] = None
        while len(self._names) > REMEMBERED:
            self._names.popitem(last=False)


def note(rt: Runtime, connection: sa.Connection, filed: Iterable[Filing], now: datetime) -> None:
    """List what names of tokens these leads have that were not seen before.

    A name is remembered once it was found in the database: what is written here may be rolled back.
    """
    known = rt.part(_new_known)
    said = {name for lead in filed if lead.changes for name in _names(lead)}
    if not (new := {name for name in said if name not in known}):
        return
    # a project lists few names, but a sender may make up more than a statement can ask for
    theirs = token_names.c.project_id.in_({project_id for project_id, _ in new})
    found = connection.execute(sa.select(token_names).where(theirs))
    listed = {(row.project_id, row.name) for row in found}
    known.add(new & listed)
    for project_id in sorted({project_id for project_id, _ in new - listed}):
        mine = sorted(name for of, name in new - listed if of == project_id)
        count = sa.select(sa.func.count()).where(token_names.c.project_id == project_id)
        room = max(0, MOST - connection.execute(count).scalar_one())
        known.add((project_id, name) for name in mine[room:])
        rows = [
            {"project_id": project_id, "name": name, "first_seen_at": now} for name in mine[:room]
        ]
        insert_new(connection, token_names, rows)


def listed(rt: Runtime, project_id: UUID) -> list[str]:
    """The names that were ever sent to a project, in their order."""
    query = sa.select(token_names.c.name).where(token_names.c.project_id == project_id)
    with rt.database.read() as connection:
        return list(connection.execute(query.order_by(token_names.c.name)).scalars())


def _new_known(_rt: Runtime) -> _Known:
    return _Known()


def _names(lead: Filing) -> Iterable[_Name]:
    tokens = lead.document.get("tokens")
    if isinstance(tokens, dict):
        return [(lead.project_id, name) for name in tokens if 0 < len(name) <= LONGEST]
    return []
