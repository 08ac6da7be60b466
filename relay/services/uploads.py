"""Uploaded files on their way to leads: kept, described, started, cancelled, given back."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.core import delimited, sheets
from relay.core.contract import Json
from relay.core.ids import new_id
from relay.core.sheets import Unfit
from relay.runtime import Runtime
from relay.services import configure, inventory
from relay.services.browse import Row
from relay.store.tables import bodies, import_refusals, imports, leads, sources, submissions

LIMIT = 25 * 1024 * 1024
"""Bytes of a file."""

SOURCE = "File upload"
"""The name of the source that files come by where no other is chosen."""

SHOWN = 50
"""Leads, and imports, that a list shows."""

OPEN = ("new", "waiting", "running")

_WORKBOOK = b"PK\x03\x04"
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"


def add(rt: Runtime, project_id: UUID, name: str, raw: bytes, actor: str) -> UUID:
    """Keep a file, described as it looks; returns the import's id. Raises Unfit."""
    if not raw:
        raise Unfit("The file is empty.")
    if len(raw) > LIMIT:
        raise Unfit(f"The file has more than {LIMIT // 1024**2} MiB; divide it.")
    if raw.startswith(_OLD_OFFICE):
        raise Unfit("This is an old or a protected workbook; save it as XLSX without a password.")
    import_id = new_id()
    row = {
        "id": import_id,
        "project_id": project_id,
        "source_id": default_source(rt, project_id, actor),
        "name": name[-200:],
        "format": "xlsx" if raw.startswith(_WORKBOOK) else "csv",
        "size": len(raw),
        "file": raw,
        "mapping": {},
        "state": "new",
        "created_at": rt.clock.now(),
        "created_by": actor,
    }
    with rt.database.write() as connection:
        connection.execute(sa.insert(imports).values(row | _described(row, {})))
    return import_id


def describe(rt: Runtime, row: Row, given: Mapping[str, Json]) -> None:
    """Read a file anew by what a person says of it: sheet, encoding, delimiter, headed, source_id.

    Raises Unfit.
    """
    source = {"source_id": given["source_id"]} if given.get("source_id") else {}
    values = source | _described(row, given)
    with rt.database.write() as connection:
        mine = (imports.c.id == row["id"], imports.c.state == "new")
        connection.execute(sa.update(imports).where(*mine).values(values))


def choose(rt: Runtime, row: Row, goals: Mapping[str, Json], *, forward: bool) -> None:
    """Note where the columns go, and whether the leads are sent on; no goals leave them open."""
    mapping = goals and {name: goals.get(name, {"field": True}) for name in row["header"]}
    with rt.database.write() as connection:
        mine = (imports.c.id == row["id"], imports.c.state == "new")
        connection.execute(sa.update(imports).where(*mine).values(mapping=mapping, forward=forward))


def start(rt: Runtime, row: Row) -> None:
    """Read the whole file once, so that nothing is wrong with it later, and let it be imported.

    A workbook's sheet becomes CSV, in which a worker finds its place again. Raises Unfit.
    """
    raw, encoding, delimiter = row["file"], row["encoding"], row["delimiter"]
    if row["format"] == "xlsx":
        raw, encoding, delimiter = sheets.as_delimited(rows_of(row)), "utf-8", ","
    done, position, total = _begins(delimited.decode(raw, encoding), delimiter, row["headed"])
    if not done < total <= done + sheets.MOST_ROWS:
        raise Unfit(f"The file has {total - done} rows; from 1 to {sheets.MOST_ROWS} are taken.")
    values = {
        "state": "waiting",
        "file": raw,
        "encoding": encoding,
        "delimiter": delimiter,
        "position": position,
        "done": done,
        "total": total,
        "started_at": rt.clock.now(),
    }
    with rt.database.write() as connection:
        mine = (imports.c.id == row["id"], imports.c.state == "new")
        connection.execute(sa.update(imports).where(*mine).values(values))
    rt.queue.wake_import(row["id"])


def cancel(rt: Runtime, import_id: UUID) -> None:
    """Take no further row; what became of the others stays."""
    ended = {"state": "cancelled", "finished_at": rt.clock.now(), "file": None}
    with rt.database.write() as connection:
        mine = (imports.c.id == import_id, imports.c.state.in_(OPEN))
        free = {"lease_token": None, "leased_until": None}
        connection.execute(sa.update(imports).where(*mine).values(ended | free))


def rows_of(row: Row) -> Iterator[list[str]]:
    """The rows of a file as it is described, its header among them. Raises Unfit."""
    if row["format"] == "xlsx":
        return sheets.rows_of(row["file"], row["sheet"])
    text = delimited.decode(row["file"], row["encoding"])
    return (cells for cells, _ in delimited.records(text, row["delimiter"]))


def default_source(rt: Runtime, project_id: UUID, actor: str) -> UUID:
    """The project's source for files, made where there is none."""
    for one in inventory.sources_of(rt, project_id):
        if one["name"] == SOURCE and one["kind"] == "generic":
            return UUID(str(one["id"]))
    return configure.save_source(rt, project_id, {"name": SOURCE, "kind": "generic"}, actor)


def one(rt: Runtime, project_id: UUID, import_id: UUID, *, file: bool = False) -> Row | None:
    """One of the project's imports with its source's name, and its bytes where they are wanted."""
    mine = (imports.c.id == import_id, imports.c.project_id == project_id)
    with rt.database.read() as connection:
        found = connection.execute(_listed(file=file).where(*mine)).mappings().first()
    return None if found is None else dict(found)


def newest(rt: Runtime, project_id: UUID) -> Sequence[Row]:
    """The project's imports, newest first."""
    mine = _listed().where(imports.c.project_id == project_id)
    with rt.database.read() as connection:
        found = connection.execute(mine.order_by(imports.c.id.desc()).limit(SHOWN)).mappings()
        return [dict(row) for row in found]


def leads_of(rt: Runtime, row: Row) -> Sequence[Row]:
    """The first leads that an import has made or changed."""
    query = (
        sa.select(leads.c.id, leads.c.name, leads.c.email, leads.c.phone, leads.c.number)
        .join(submissions, submissions.c.lead_id == leads.c.id)
        .join(bodies, bodies.c.id == submissions.c.body_id)
        .where(
            submissions.c.source_id == row["source_id"],
            submissions.c.received_at >= (row["started_at"] or row["created_at"]),
            bodies.c.door == door_of(row["id"]),
        )
        .order_by(submissions.c.received_at, submissions.c.id)
        .limit(SHOWN)
    )
    with rt.database.read() as connection:
        return [dict(found) for found in connection.execute(query).mappings()]


def refusals(rt: Runtime, row: Row) -> bytes:
    """The rows that were refused, with their numbers and reasons, as a file for spreadsheets."""
    mine = import_refusals.c.import_id == row["id"]
    query = sa.select(import_refusals).where(mine).order_by(import_refusals.c.row)
    with rt.database.read() as connection:
        found = connection.execute(query).all()
    head = [*row["header"], "Row", "Reasons"]
    rest = ([*_filled(one.cells, len(head) - 2), str(one.row), _said(one.reasons)] for one in found)
    return sheets.given_back(iter([head, *rest]))


def door_of(import_id: UUID) -> str:
    """What the bodies of an import's rows have for their door."""
    return f"file {import_id}"


def _described(row: Mapping[str, Any], given: Mapping[str, Json]) -> dict[str, Any]:
    """What is known of a file: as a person says, else as it looks."""
    found = {"sheet": "", "encoding": "", "delimiter": ""}
    if row["format"] == "xlsx":
        names = sheets.sheets_of(row["file"])
        found["sheet"] = given["sheet"] if given.get("sheet") in names else names[0]
    else:
        found["encoding"] = given.get("encoding") or delimited.encoding_of(row["file"])
        text = delimited.decode(row["file"], found["encoding"])
        found["delimiter"] = given.get("delimiter") or delimited.delimiter_of(text)
    first = next((cells for cells in rows_of({**row, **found}) if any(cells)), None)
    if first is None:
        raise Unfit("The file has no rows.")
    told = given.get("headed")
    headed = sheets.looks_headed(first) if told is None else bool(told)
    return {**found, "headed": headed, "header": sheets.header_of(first, headed=headed)}


def _begins(text: str, delimiter: str, headed: bool) -> tuple[int, int, int]:
    """How many rows come before the data, its position in the text, and the rows in all."""
    done, position, total = 0, 0, 0
    for cells, following in delimited.records(text, delimiter):
        total += 1
        if headed and any(cells):
            headed, done, position = False, total, following
    return done, position, total


def _listed(*, file: bool = False) -> sa.Select[*tuple[Any, ...]]:
    columns = [column for column in imports.c if file or column.name != "file"]
    query = sa.select(*columns, sources.c.name.label("source"), sources.c.kind.label("source_kind"))
    return query.outerjoin(sources, sources.c.id == imports.c.source_id)


def _filled(cells: Sequence[str], width: int) -> list[str]:
    """A row as wide as the header; what is beyond it goes into the last cell."""
    if len(cells) > width:
        return [*cells[: width - 1], " ".join(cells[width - 1 :])]
    return [*cells, *[""] * (width - len(cells))]


def _said(reasons: Json) -> str:
    return "; ".join(str(one["message"]) for one in reasons)
