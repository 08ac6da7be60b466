"""Giving a person what is kept of them: their papers are made one by one, and kept sealed."""

import base64
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.core.ids import new_id
from relay.runtime import Runtime
from relay.services import person_papers
from relay.services.person_requests import FILE_KEPT
from relay.services.person_work import FREE, Work, write
from relay.store.tables import person_files, person_finds, person_requests

BATCH = 10
"""Finds whose papers one transaction writes."""


def make_some(rt: Runtime, work: Work) -> None:
    """Write the papers of the next finds; after the last one the file can be had."""
    place = work.row["place"]
    with rt.database.write() as connection:
        write(rt, connection, work, {})
        finds = _next(connection, work, place["after"])
        papers = [paper for one in finds for paper in person_papers.of(connection, one)]
        rows = [
            {"id": new_id(), "request_id": work.row["id"], "content": _sealed(rt, paper)}
            for paper in papers
        ]
        if rows:
            connection.execute(sa.insert(person_files), rows)
        if finds:
            last = finds[-1]
            after = [last.what, str(last.row_id), last.number]
            told = {**place, "stage": "papers", "after": after, "share": 0.5}
            write(rt, connection, work, {"place": told})
            return
        now = rt.clock.now()
        done = {"work": None, "file_at": now, "file_until": now + FILE_KEPT, **FREE}
        write(rt, connection, work, done)
    work.going = False


def papers_of(rt: Runtime, request_id: UUID) -> Any:
    """The papers of a request's file one after the other: name and bytes."""
    of = person_files.c
    last: UUID | None = None
    while True:
        query = sa.select(of.id, of.content).where(of.request_id == request_id)
        if last is not None:
            query = query.where(of.id > last)
        with rt.database.read() as connection:
            rows = connection.execute(query.order_by(of.id).limit(BATCH)).all()
        for row in rows:
            name, content = rt.box.open(row.content)
            yield name, base64.b64decode(content)
        if len(rows) < BATCH:
            return
        last = rows[-1].id


def is_there(rt: Runtime, row: Any) -> bool:
    """Whether a request's file can be had now."""
    of = person_requests.c
    mine = sa.select(of.id).where(of.id == row["id"], of.file_until >= rt.clock.now())
    with rt.database.read() as connection:
        return connection.execute(mine).first() is not None


def _next(connection: sa.Connection, work: Work, after: Any) -> Sequence[Any]:
    """The next finds that are the person's own: what others said is not given out."""
    of = person_finds.c
    query = sa.select(person_finds).where(
        of.request_id == work.row["id"], of.relation == "own", of.what != "file"
    )
    if after is not None:
        what, row_id, number = after
        behind = sa.tuple_(of.what, of.row_id, of.number) > sa.tuple_(
            sa.literal(what), sa.literal(UUID(row_id), of.row_id.type), sa.literal(number)
        )
        query = query.where(behind)
    return connection.execute(query.order_by(of.what, of.row_id, of.number).limit(BATCH)).all()


def _sealed(rt: Runtime, paper: person_papers.Paper) -> str:
    return rt.box.seal([paper.name, base64.b64encode(paper.content).decode()])
