"""Looking for a person in uploaded files and their refused rows, and taking them out of files."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.core import delimited, sheets
from relay.core.contract import Json
from relay.core.sheets import Unfit
from relay.core.spotting import Spotter
from relay.services.person_look import Found, Look, Seen, as_text
from relay.store.tables import import_refusals, imports

ROWS = 500
"""Refused rows of one look."""

GONE = "it held the data of a person who was erased; upload it again without"
"""Why a file is thrown away."""


def see(connection: sa.Connection, look: Look, after: Json) -> Seen:
    """The next file that has not been imported yet."""
    query = sa.select(imports).where(
        imports.c.project_id == look.project_id, imports.c.file.is_not(None)
    )
    if after is not None:
        query = query.where(imports.c.id > UUID(after))
    row = connection.execute(query.order_by(imports.c.id).limit(1)).first()
    if row is None:
        return Seen()
    seen = Seen(after=str(row.id), share=0.5)
    header = json.dumps(row.header, ensure_ascii=False)
    if _stands_in(look.spotter, row) or look.holds(None, header, row.name):
        seen.finds.append(Found("file", row.id, "own"))
    return seen


def see_refused(connection: sa.Connection, look: Look, after: Json) -> Seen:
    """The next rows that were given back."""
    of = import_refusals.c
    query = (
        sa.select(of.import_id, of.row, as_text(of.cells), as_text(of.reasons))
        .join(imports, imports.c.id == of.import_id)
        .where(imports.c.project_id == look.project_id)
    )
    if after is not None:
        behind = sa.tuple_(of.import_id, of.row) > sa.tuple_(
            sa.literal(UUID(after[0]), of.import_id.type), sa.literal(after[1], of.row.type)
        )
        query = query.where(behind)
    rows = connection.execute(query.order_by(of.import_id, of.row).limit(ROWS)).all()
    seen = Seen(share=0.5 if len(rows) == ROWS else 1.0)
    seen.after = [str(rows[-1].import_id), rows[-1].row] if len(rows) == ROWS else None
    seen.finds = [
        Found("refused row", row.import_id, "own", row.row)
        for row in rows
        if look.holds(None, row.cells, row.reasons)
    ]
    return seen


def take_out(connection: sa.Connection, import_id: UUID, spotter: Spotter, now: datetime) -> None:
    """Blank the person's rows in a file, every other place in it staying where it is; a workbook,
    which cannot be changed so, is thrown away."""
    own = imports.c.id == import_id
    row = connection.execute(sa.select(imports).where(own).with_for_update()).one_or_none()
    if row is None or row.file is None:
        return
    values: dict[str, Any] = {
        "header": spotter.masked_json(row.header),
        "mapping": spotter.masked_json(row.mapping),
        "name": spotter.masked_json(row.name),
    }
    values["file"] = _without(spotter, row)
    if values["file"] is None:
        values |= {"state": "cancelled", "reason": GONE, "finished_at": now}
    connection.execute(sa.update(imports).where(own).values(**values))


def _stands_in(spotter: Spotter, row: Any) -> bool:
    try:
        if row.format == "xlsx" and row.state == "new":
            return any(
                spotter.holds("\n".join(cells))
                for sheet in sheets.sheets_of(row.file)
                for cells in sheets.rows_of(row.file, sheet)
            )
        return spotter.holds(delimited.decode(row.file, row.encoding))
    except Unfit:
        return spotter.holds(row.file)


def _without(spotter: Spotter, row: Any) -> bytes | None:
    """The file with blanks in place of the person's rows; None of what cannot be changed so."""
    if row.format == "xlsx" and row.state == "new":
        return None
    try:
        return _blanked(spotter, row)
    except Unfit:
        return None


def _blanked(spotter: Spotter, row: Any) -> bytes:
    text = delimited.decode(row.file, row.encoding)
    pieces: list[str] = []
    begin = 0
    for cells, following in delimited.records(text, row.delimiter, 0):
        part = text[begin:following]
        pieces.append(_blank(part) if spotter.holds("\n".join(cells)) else part)
        begin = following
    return "".join([*pieces, text[begin:]]).encode(row.encoding, "replace")


def _blank(part: str) -> str:
    kept = part.rstrip("\r\n")
    return " " * len(kept) + part[len(kept) :]
