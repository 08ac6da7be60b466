"""Releasing all that is on a shelf for one reason: tried first, then in steps that go on."""

import time
from dataclasses import dataclass
from uuid import UUID

from relay.runtime import Runtime
from relay.services import past, quarantine
from relay.services.configured import ConfiguredSource
from relay.services.same_reason import LOOKED_AT, key_of, on_shelf
from relay.store.tables import submissions

TRIED = 20
"""Submissions of a group that are tried before all are released, its newest."""

AT_ONCE = 50
"""Submissions that are released between two looks at the time."""

PATIENCE = 4.0
"""Seconds that one step of a release takes; the next one goes on where it ended."""


@dataclass(slots=True)
class Step:
    """What one step of a release did; the next goes on after `after`, None at the end."""

    released: int = 0
    still: int = 0
    held: int = 0
    after: UUID | None = None


def readable(rt: Runtime, source: ConfiguredSource, ids: list[UUID]) -> int:
    """How many of these submissions would become leads by the source's mapping."""
    rows = past.whole(rt, source.id, ids).values()
    return sum(not past.explained(source, row).reasons for row in rows)


def release(
    rt: Runtime,
    project: UUID,
    state: str,
    source: UUID,
    key: str,
    actor: str,
    *,
    after: UUID | None = None,
) -> Step:
    """Release a group from where the last step ended, as far as PATIENCE allows."""
    step = Step(after=after)
    until = time.monotonic() + PATIENCE
    while True:
        ids, step.after = _members(rt, project, state, source, key, step.after)
        outcome = quarantine.release(rt, ids, actor)
        step.released += len(outcome.released)
        step.still += len(outcome.still)
        step.held += len(outcome.held)
        if step.after is None or time.monotonic() > until:
            return step


def left(rt: Runtime, project: UUID, state: str, source: UUID, key: str, after: UUID | None) -> int:
    """How many of a group come after this one, counted among the next LOOKED_AT of the shelf."""
    if after is None:
        return 0
    query = on_shelf(project, state, source).where(submissions.c.id > after)
    with rt.database.read() as connection:
        rows = connection.execute(query.order_by(submissions.c.id).limit(LOOKED_AT)).all()
    return sum(key_of(row.reasons) == key for row in rows)


def _members(
    rt: Runtime, project: UUID, state: str, source: UUID, key: str, after: UUID | None
) -> tuple[list[UUID], UUID | None]:
    """Some of a group, oldest first, and after which there may be others, None at the end."""
    query = on_shelf(project, state, source).order_by(submissions.c.id).limit(LOOKED_AT)
    if after is not None:
        query = query.where(submissions.c.id > after)
    with rt.database.read() as connection:
        rows = connection.execute(query).all()
    alike = [row.id for row in rows if key_of(row.reasons) == key]
    if len(alike) > AT_ONCE:
        return alike[:AT_ONCE], alike[AT_ONCE - 1]
    return alike, rows[-1].id if len(rows) == LOOKED_AT else None
