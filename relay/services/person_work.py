"""A person's request under a worker's lease; all that is written of it names the lease."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.runtime import Runtime
from relay.services.person_look import Look
from relay.store.tables import person_requests

FREE: dict[str, Any] = {"tries": 0, "lease_token": None, "leased_until": None, "due_at": None}
"""The columns of a request that nobody works on."""


class LeaseLost(Exception):  # noqa: N818 - not a mistake: another worker has taken over
    """The request is no longer this worker's."""


@dataclass(slots=True)
class Work:
    """A request that this worker has; `going` says that there is more to do now."""

    token: UUID
    row: dict[str, Any]
    going: bool = True
    look: Look | None = None
    postponed: set[UUID] = field(default_factory=set)
    """Leads of which something is being sent at this moment."""


def write(rt: Runtime, connection: sa.Connection, work: Work, values: dict[str, Any]) -> None:
    """Write this of the request in the caller's transaction. Raises LeaseLost."""
    until = rt.clock.now() + timedelta(seconds=rt.config.lease_seconds)
    mine = (
        person_requests.c.id == work.row["id"],
        person_requests.c.lease_token == work.token,
    )
    renewed = {"leased_until": until, "reason": None, **values}
    if connection.execute(sa.update(person_requests).where(*mine).values(renewed)).rowcount != 1:
        raise LeaseLost
    work.row.update(renewed)
