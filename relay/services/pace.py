"""Held submissions whose condition has passed go on by themselves."""

import logging
import math
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.net.limits import parse_limit
from relay.runtime import Runtime
from relay.services import configured
from relay.store.tables import sources, state_is, submissions

logger = logging.getLogger(__name__)

MOST = 500
"""Submissions of one source that one sweep releases."""


def release_ready(rt: Runtime) -> int:
    """Release what was held for a pause that is over, or for being over its source's limit.

    Each call, about once a second, lets one second's share of the limit through. Returns how many
    went on.
    """
    with rt.database.read() as connection:
        found = connection.execute(_sources_with_held()).all()
    going: list[UUID] = []
    for row in found:
        try:
            going += _ready(rt, row)
        except Exception:  # one source that cannot be read must not end the sweep for all
            logger.exception("source %s: what it holds could not be looked at", row.id)
    if not going:
        return 0
    with rt.database.write() as connection:
        released = connection.execute(
            sa.update(submissions)
            .where(submissions.c.id.in_(going), state_is(submissions, "held"))
            .values(state="received", hold=None, reasons=[])
        ).rowcount
    rt.queue.wake_store()
    return released


def _sources_with_held() -> sa.Select[UUID, bool, bool]:
    """Sources that are not paused now, and what their held submissions wait for.

    A web process may learn of a resumption a second late and still hold what arrives meanwhile.
    """
    paused, rate = _some("paused"), _some("rate")
    return sa.select(sources.c.id, paused.label("paused"), rate.label("rate")).where(
        sources.c.paused_at.is_(None), sa.or_(paused, rate)
    )


def _some(hold: str) -> sa.ColumnElement[bool]:
    return sa.exists().where(
        submissions.c.source_id == sources.c.id,
        state_is(submissions, "held"),
        submissions.c.hold == hold,
    )


def _ready(rt: Runtime, row: Any) -> Iterator[UUID]:
    if row.paused:
        yield from _oldest(rt, row.id, "paused", MOST)
    if row.rate:
        limit = _limit(rt, row.id)
        for submission_id in _oldest(rt, row.id, "rate", _share(rt, limit)):
            if rt.limits.take(f"held:{row.id}", [limit]) is not None:
                return
            yield submission_id


def _oldest(rt: Runtime, source_id: UUID, hold: str, most: int) -> Sequence[UUID]:
    statement = (
        sa.select(submissions.c.id)
        .where(
            submissions.c.source_id == source_id,
            state_is(submissions, "held"),
            submissions.c.hold == hold,
        )
        .order_by(submissions.c.id)
        .limit(most)
    )
    with rt.database.read() as connection:
        return connection.execute(statement).scalars().all()


def _limit(rt: Runtime, source_id: UUID) -> str:
    source = configured.source(rt, source_id)
    limits = source.options.get("limits") if source is not None else None
    return (limits or {}).get("source") or rt.config.source_rate


def _share(rt: Runtime, text: str) -> int:
    """How many a limit lets through in one sweep, spread evenly; at least one."""
    limit = parse_limit(text)
    per_second = limit.amount / limit.get_expiry()
    return min(MOST, max(1, math.floor(per_second * rt.config.sweep_seconds)))
