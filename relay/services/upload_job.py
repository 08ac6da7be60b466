"""Importing a file: its rows become leads some at a time, wherever an earlier worker left off."""

import contextlib
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.core.clean import clean
from relay.core.contract import Json
from relay.core.delimited import decode, records
from relay.core.ids import new_id
from relay.core.rows import request_of
from relay.core.sheets import named
from relay.runtime import Runtime
from relay.services import configured, intake, uploads
from relay.services.arrival import Arrival, read
from relay.services.configured import ConfiguredSource
from relay.services.returning import REASONS
from relay.store.insert import insert_new
from relay.store.tables import import_refusals, imports, state_is
from relay.store.writer import CLASHES, is_away, is_clash

logger = logging.getLogger(__name__)

SLICE = 1.0
"""Seconds that one job works before it lets others have their turn."""

BATCH = 100
"""Rows that one transaction takes."""

MOST_TRIES = 3
"""A row that ended its worker this often is refused."""

COUNTED = {"stored": "stored", "duplicate": "repeated", "held": "held", "refused": "refused"}
"""Columns by the states of submissions that count in them; what is still received will be stored.
"""


class _LeaseLost(Exception):  # noqa: N818 - not a mistake: another worker has it, or it was cancelled
    """The import is no longer this worker's."""


@dataclass(slots=True)
class _Row:
    """One row of the file: its number, its cells, and where the next one begins."""

    number: int
    cells: list[str]
    following: int
    arrival: Arrival | None = None
    reasons: list[Json] | None = None


@dataclass(slots=True)
class _Work:
    """An import under this worker's lease, and how far it is."""

    import_id: UUID
    token: UUID
    row: Any
    source: ConfiguredSource
    text: str
    position: int
    done: int
    tries: int
    careful: int = 0
    """Rows that are taken one by one, since one of them may have ended its worker."""


def work_on(rt: Runtime, import_id: UUID) -> None:
    """Import some rows of this file, and ring for the next turn.

    Safe to run twice or at the same time: the rows and how far the import is are written in one
    transaction, which names the lease.
    """
    work = _claim(rt, import_id)
    if work is None:
        return
    ends = time.monotonic() + SLICE
    try:
        going = True
        while going and time.monotonic() < ends:
            going = _take_some(rt, work)
    except _LeaseLost:
        logger.info("import %s was cancelled, or another worker has taken over", import_id)
        return
    except BaseException:
        with contextlib.suppress(sa.exc.SQLAlchemyError):  # where this fails, the lease runs out
            _give_back(rt, work)
        raise
    if going:
        _give_back(rt, work)
        rt.queue.wake_import(import_id)


def lying(rt: Runtime) -> tuple[UUID, ...]:
    """Imports that nobody works on."""
    now = rt.clock.now()
    query = sa.select(imports.c.id).where(state_is(imports, "waiting", "running"), _free(now))
    with rt.database.read() as connection:
        return tuple(connection.execute(query).scalars())


def _free(now: Any) -> sa.ColumnElement[bool]:
    return sa.or_(imports.c.leased_until.is_(None), imports.c.leased_until < now)


def _claim(rt: Runtime, import_id: UUID) -> _Work | None:
    now, token = rt.clock.now(), new_id()
    mine = (imports.c.id == import_id, state_is(imports, "waiting", "running"), _free(now))
    taken = (
        sa.update(imports)
        .where(*mine)
        .values(
            state="running",
            tries=imports.c.tries + 1,
            lease_token=token,
            leased_until=now + timedelta(seconds=rt.config.lease_seconds),
        )
        .returning(*imports.c)
    )
    with rt.database.write() as connection:
        row = connection.execute(taken).one_or_none()
    if row is None:
        return None
    source = configured.source(rt, row.source_id)
    if source is None or source.archived or not source.project_active:
        _end(rt, row.id, token, "failed", "its source was removed, or its project is not active")
        return None
    text = decode(row.file, row.encoding)
    work = _Work(import_id, token, row, source, text, row.position, row.done, row.tries)
    work.careful = BATCH if row.tries > 1 else 0
    return work


def _take_some(rt: Runtime, work: _Work) -> bool:
    """Take the next rows; false when there are no more."""
    size = 1 if work.careful else BATCH
    rows = _next(work, size)
    if not rows:
        _end(rt, work.import_id, work.token, "finished", None)
        return False
    try:
        _put(rt, work, rows)
    except Exception as error:
        if isinstance(error, _LeaseLost) or is_away(error):
            raise
        logger.exception("rows from %d on of import %s failed", rows[0].number, work.import_id)
        if len(rows) > 1:
            work.careful = len(rows)
            return True
        rows[0].reasons = _because(f"it could not be stored: {type(error).__name__}")
        _put(rt, work, rows)
    work.position, work.done = rows[-1].following, rows[-1].number
    work.careful -= min(work.careful, len(rows))
    return True


def _next(work: _Work, size: int) -> list[_Row]:
    found = islice(records(work.text, work.row.delimiter, work.position), size)
    rows = [
        _Row(number, cells, following)
        for number, (cells, following) in enumerate(found, start=work.done + 1)
    ]
    if rows and work.tries > MOST_TRIES:
        rows[0].reasons = _because(f"its worker ended {MOST_TRIES} times while storing it")
        work.tries = 2
    return rows


def _put(rt: Runtime, work: _Work, rows: Sequence[_Row]) -> None:
    """Write these rows and how far the import is now, all or nothing."""
    for row in rows:
        if row.reasons is None:
            _read(rt, work, row)
    for clash in range(CLASHES):
        try:
            with rt.database.write() as connection:
                kept = _write(rt, connection, work, rows)
            break
        except sa.exc.DBAPIError as error:
            if not is_clash(error) or clash == CLASHES - 1:
                raise
    intake.wake(rt, kept)
    for one in kept:
        rt.metrics.count("relay_submissions", one.rows[0]["state"])


def _read(rt: Runtime, work: _Work, row: _Row) -> None:
    """Make the row a submission, or find out why it cannot be one; a blank one is neither."""
    fields = named(work.row.header, row.cells)
    if not fields:
        return
    goals = {name: work.row.mapping.get(name, {"field": True}) for name in fields}
    event_id = f"{work.import_id}:{row.number}"
    came = request_of(event_id, fields, goals, rt.clock.now().timestamp())
    arrival = read(rt, work.source, came, None, uploads.door_of(work.import_id))
    (submission,) = arrival.submissions
    if submission["state"] == "quarantined":
        row.reasons = submission["reasons"]
    else:
        arrival.at_once, arrival.forward = True, work.row.forward
        row.arrival = arrival


def _write(
    rt: Runtime, connection: sa.Connection, work: _Work, rows: Sequence[_Row]
) -> list[intake.Kept]:
    arrivals = [row.arrival for row in rows if row.arrival is not None and row.reasons is None]
    kept = intake.keep(rt, connection, arrivals)
    counts = dict.fromkeys(COUNTED.values(), 0)
    refused = [(row, row.reasons) for row in rows if row.reasons is not None]
    by_id = {row.arrival.submissions[0]["id"]: row for row in rows if row.arrival is not None}
    for one in kept:
        submission = one.rows[0]
        if submission["state"] == "refused":
            refused.append((by_id[submission["id"]], submission["reasons"]))
        else:
            counts[COUNTED.get(submission["state"], "stored")] += 1
    counts["refused"] = len(refused)
    insert_new(connection, import_refusals, [_refusal(work, *one) for one in refused])
    _note_progress(rt, connection, work, rows[-1], counts)
    return kept


def _refusal(work: _Work, row: _Row, reasons: list[Json] | None) -> dict[str, Any]:
    cells = [] if reasons == REASONS else clean(row.cells)
    told = {"cells": cells, "reasons": clean(reasons)}
    return {"import_id": work.import_id, "row": row.number, **told}


def _note_progress(
    rt: Runtime, connection: sa.Connection, work: _Work, last: _Row, counts: dict[str, int]
) -> None:
    tries = 1 if work.careful <= 1 else work.tries
    noted = connection.execute(
        sa.update(imports)
        .where(*_mine(work.import_id, work.token))
        .values(
            position=last.following,
            done=last.number,
            tries=tries,
            leased_until=rt.clock.now() + timedelta(seconds=rt.config.lease_seconds),
            **{name: imports.c[name] + count for name, count in counts.items() if count},
        )
    )
    if noted.rowcount != 1:
        raise _LeaseLost
    work.tries = tries


def _mine(import_id: UUID, token: UUID) -> tuple[sa.ColumnElement[bool], ...]:
    return (imports.c.id == import_id, imports.c.lease_token == token, state_is(imports, "running"))


def _end(rt: Runtime, import_id: UUID, token: UUID, state: str, reason: str | None) -> None:
    ended = {"state": state, "reason": reason, "finished_at": rt.clock.now()}
    free = {"file": None, "tries": 0, "lease_token": None, "leased_until": None}
    with rt.database.write() as connection:
        connection.execute(sa.update(imports).where(*_mine(import_id, token)).values(ended | free))


def _give_back(rt: Runtime, work: _Work) -> None:
    free = {"tries": work.tries - 1, "lease_token": None, "leased_until": None}
    with rt.database.write() as connection:
        mine = _mine(work.import_id, work.token)
        connection.execute(sa.update(imports).where(*mine).values(free))


def _because(message: str) -> list[Json]:
    return [{"place": "", "message": message}]
