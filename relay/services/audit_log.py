"""The audit as it is read: who did what to what and when, what was there before and after."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from relay.core.contract import Json
from relay.runtime import Runtime
from relay.services.browse import Cursor, Page, Row
from relay.services.changes import Detail, details
from relay.store.tables import audit, projects

SHOWN = 50
AT_ONCE = 500
"""Lines that are read at a time for a file."""
MOST = 20_000
"""Lines of a file, the newest."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines: of one project, of the relay itself (`outside`), or (neither) all of them.

    `since` is the first moment, `until` the one after the last.
    """

    project: UUID | None = None
    outside: bool = False
    actor: str = ""
    action: str = ""
    subject: str = ""
    since: datetime | None = None
    until: datetime | None = None


def page(rt: Runtime, wanted: Wanted, cursor: Cursor) -> Page:
    """One page of lines, newest first, each with its `details` and its `project`'s name."""
    with rt.database.read() as connection:
        edge = _place(connection, cursor.after or cursor.before)
        backward = cursor.before is not None and edge is not None
        found = _rows(connection, wanted, edge, SHOWN + 1, backward=backward)
    rows, further = found[:SHOWN], len(found) > SHOWN
    if backward:
        rows.reverse()
    if not rows:
        return Page([], None, None)
    older, newer = (True, further) if backward else (further, edge is not None)
    return Page(
        [_told(row) for row in rows],
        older=rows[-1]["id"] if older else None,
        newer=rows[0]["id"] if newer else None,
    )


def lines(rt: Runtime, wanted: Wanted) -> Iterator[list[str]]:
    """The lines of a file, newest first, as cells under the heads that come first."""
    yield ["at", "project", "who", "did", "what", "before", "after"]
    edge: tuple[datetime, UUID] | None = None
    for _ in range(MOST // AT_ONCE):
        with rt.database.read() as connection:
            rows = _rows(connection, wanted, edge, AT_ONCE, backward=False)
        for row in rows:
            said = (row["at"].isoformat(), row["project"] or "")
            what = (row["actor"], row["action"], row["subject"])
            yield [*said, *what, _written(row["before"]), _written(row["after"])]
        if len(rows) < AT_ONCE:
            return
        edge = (rows[-1]["at"], rows[-1]["id"])


def _place(connection: sa.Connection, line: UUID | None) -> tuple[datetime, UUID] | None:
    """Where a line stands in the order."""
    if line is None:
        return None
    row = connection.execute(sa.select(audit.c.at).where(audit.c.id == line)).one_or_none()
    return None if row is None else (row.at, line)


def _rows(
    connection: sa.Connection,
    wanted: Wanted,
    edge: tuple[datetime, UUID] | None,
    limit: int,
    *,
    backward: bool,
) -> list[sa.RowMapping]:
    order = sa.tuple_(audit.c.at, audit.c.id)
    query = sa.select(audit, projects.c.name.label("project"))
    query = query.outerjoin(projects, projects.c.id == audit.c.project_id)
    query = query.where(*_conditions(wanted))
    if edge is not None:
        given = sa.tuple_(sa.literal(edge[0], audit.c.at.type), sa.literal(edge[1], sa.Uuid()))
        query = query.where(order > given if backward else order < given)
    columns = (audit.c.at, audit.c.id)
    query = query.order_by(*(one.asc() if backward else one.desc() for one in columns))
    return list(connection.execute(query.limit(limit)).mappings())


def _conditions(wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    if wanted.project is not None:
        found.append(audit.c.project_id == wanted.project)
    elif wanted.outside:
        found.append(audit.c.project_id.is_(None))
    texts = {"actor": wanted.actor, "action": wanted.action, "subject": wanted.subject}
    found += [audit.c[name] == text for name, text in texts.items() if text]
    if wanted.since is not None:
        found.append(audit.c.at >= wanted.since)
    if wanted.until is not None:
        found.append(audit.c.at < wanted.until)
    return found


def _told(row: sa.RowMapping) -> Row:
    return {**row, "details": _differences(row["before"], row["after"])}


def _differences(before: Json, after: Json) -> Sequence[Detail]:
    """What differs, value by value; where one of both is no object, the whole of it."""
    sides = [{} if side is None else side for side in (before, after)]
    if all(isinstance(side, dict) for side in sides):
        return details(*sides)
    return [Detail("", before, after)]


def _written(side: Json) -> str:
    return "" if side is None else json.dumps(side, ensure_ascii=False)
