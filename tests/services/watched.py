"""Problems as tests look at them."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.core.ids import new_id
from relay.runtime import Runtime
from relay.services import notices, problems
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


def tell(rt: Runtime, project: UUID, kind: str, settings: Any, **options: Any) -> UUID:
    """A recipient of notices; with settings that no schema judges, as vendors' hosts are not here.

    `name` is its name, `secrets` its secret settings by place.
    """
    recipient_id, now = new_id(), rt.clock.now()
    secrets = options.pop("secrets", {})
    with rt.database.write() as connection:
        connection.execute(
            sa.insert(tables.recipients).values(
                id=recipient_id,
                project_id=project,
                name=options.pop("name", kind),
                kind=kind,
                settings=settings,
                options=options,
                secrets=rt.box.seal({"settings": secrets, "names": {}}),
                created_at=now,
                updated_at=now,
            )
        )
    return recipient_id


def send(rt: Runtime, seconds: float = 0.0) -> int:
    """Send the notices that are due so many seconds from now; returns how many were claimed."""
    clock: Any = rt.clock
    clock.advance(seconds)
    errands = notices.claim(rt, 100)
    for errand in errands:
        notices.carry_out(rt, errand)
    return len(errands)


def notices_of(rt: Runtime, recipient_id: UUID) -> list[Any]:
    """All notices that a recipient was owed, oldest first."""
    own = sa.select(tables.notices).where(tables.notices.c.recipient_id == recipient_id)
    with rt.database.read() as connection:
        return list(connection.execute(own.order_by(tables.notices.c.id)).all())
