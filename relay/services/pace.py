"""Held submissions whose condition has passed go on by themselves."""

import math
from collections import Counter
from uuid import UUID

import sqlalchemy as sa
from limits import parse

from relay.runtime import Runtime
from relay.services import configured
from relay.store.tables import sources, state_is, submissions

LOOKED_AT = 500
"""Held submissions that one sweep looks at."""


def release_ready(rt: Runtime) -> int:
    """Release what was held for a pause that is over, or for being over its source's limit.

    Each call, about once a second, lets one second's share of the limit through. Returns how many
    went on.
    """
    with rt.database.read() as connection:
        held = connection.execute(_held()).all()
    if not held:
        return 0
    share: Counter[UUID] = Counter()
    going: list[UUID] = []
    for row in held:
        if row.hold == "paused" or share[row.source_id] < _per_sweep(rt, row.source_id):
            share[row.source_id] += row.hold == "rate"
            going.append(row.id)
    with rt.database.write() as connection:
        released = connection.execute(
            sa.update(submissions)
            .where(submissions.c.id.in_(going), submissions.c.state == "held")
            .values(state="received", hold=None, reasons=[])
        ).rowcount
    rt.queue.wake_store()
    return released


def _held() -> sa.Select[tuple[UUID, UUID, str]]:
    """The oldest that wait for a condition, of sources that are not paused now.

    A web process may learn of a resumption a second late and still hold what arrives meanwhile.
    """
    return (
        sa.select(submissions.c.id, submissions.c.source_id, submissions.c.hold)
        .join(sources, sources.c.id == submissions.c.source_id)
        .where(
            state_is(submissions, "held"),
            submissions.c.hold.in_(("paused", "rate")),
            sources.c.paused_at.is_(None),
        )
        .order_by(submissions.c.id)
        .limit(LOOKED_AT)
    )


def _per_sweep(rt: Runtime, source_id: UUID) -> int:
    source = configured.source(rt, source_id)
    limits = source.options.get("limits") if source is not None else None
    limit = parse((limits or {}).get("source") or rt.config.source_rate)
    per_second = limit.amount / limit.get_expiry()
    return max(1, math.floor(per_second * rt.config.sweep_seconds))
