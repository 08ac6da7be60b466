"""Giving a person what is kept of them: their papers are made one by one, and kept sealed."""

import base64
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.core.ids import new_id
from relay.runtime import Runtime
from relay.services import person_papers
from relay.services.person_requests import FILE_KEPT
from relay.services.person_work import FREE, Work, write
from relay.store.tables import person_files, person_finds

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


def papers_of(rt: Runtime, request_id: UUID) -> Iterator[tuple[str, bytes]]:
    """The papers of a request's file one after the other: name and bytes."""
    of = person_files.c
    query = sa.select(of.content).where(of.request_id == request_id).order_by(of.id)
    with rt.database.read() as connection:
        for sealed in connection.execute(query, execution_options={"yield_per": BATCH}).scalars():
            name, content = rt.box.open(sealed)
            yield name, base64.b64decode(content)


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
