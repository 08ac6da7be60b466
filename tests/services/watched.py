"""Problems as tests look at them."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.core.ids import new_id
from relay.runtime import Runtime
from relay.services import problems
from relay.services.browse import Row
from relay.services.looking import LOOK_SECONDS, look
from relay.services.problems import Scope, Whole
from relay.store import tables

EVERYTHING = Scope(project=None)


def found(rt: Runtime, shelf: str = "open", *, house: bool = False) -> list[Row]:
    """The problems on a shelf after the next look; the relay's own only where asked for."""
    clock: Any = rt.clock
    clock.advance(LOOK_SECONDS)
    look(rt)
    return problems.listed(rt, Scope(project=None, house=house), shelf).rows


def titles(rt: Runtime, shelf: str = "open", *, house: bool = False) -> list[str]:
    """Their titles, in order."""
    return sorted(row["title"] for row in found(rt, shelf, house=house))


def whole(rt: Runtime, problem_id: UUID) -> Whole:
    """One of them."""
    seen = problems.one(rt, EVERYTHING, problem_id)
    assert seen is not None
    return seen


def turns(rt: Runtime, problem_id: UUID) -> list[str]:
    """What it has turned to, oldest first."""
    return [row["turn"] for row in reversed(whole(rt, problem_id).turns)]


def beat(rt: Runtime, *kinds: str, free_bytes: int = 10**12, host: str = "here") -> None:
    """Processes of these kinds are heard of now."""
    now = rt.clock.now()
    with rt.database.write() as connection:
        connection.execute(sa.delete(tables.processes))
        for kind in kinds:
            connection.execute(
                sa.insert(tables.processes).values(
                    id=new_id(),
                    kind=kind,
                    host=host,
                    pid=1,
                    started_at=now,
                    seen_at=now,
                    free_bytes=free_bytes,
                )
            )


def arrive(rt: Runtime, project: UUID, source: UUID, *times: datetime, **columns: Any) -> None:
    """Submissions that had come to this source at these times."""
    rows, parts = [], []
    for at in times:
        body_id, submission_id = new_id(), new_id()
        own = {"project_id": project, "source_id": source, "received_at": at}
        rows.append(
            {
                "id": body_id,
                "method": "POST",
                "query": "[]",
                "headers": {},
                "body": b"",
                "sha256": "",
                "size": 0,
                "address": "",
                "parts": 1,
                **own,
            }
        )
        part = {"id": submission_id, "body_id": body_id, "position": 0, "state": "stored"}
        parts.append({**part, "warnings": [], "reasons": [], **own, **columns})
    with rt.database.write() as connection:
        connection.execute(sa.insert(tables.bodies), rows)
        connection.execute(sa.insert(tables.submissions), parts)
