"""Sources that are quiet for longer than their own rhythm explains, with what may be the cause."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.core.contract import Json
from relay.core.reason_rules import in_general
from relay.runtime import Runtime
from relay.services.rhythms import last_arrival, learn_some, rhythm_of
from relay.services.sightings import Seen
from relay.store.tables import (
    projects,
    reconciliations,
    rhythms,
    sources,
    submissions,
    turned_away,
)

SHORTEST = timedelta(minutes=15)
"""A quiet that nobody calls a silence, however much a source usually gets."""


def silent(rt: Runtime, _since: datetime, now: datetime) -> Sequence[Seen]:
    """Sources in use, not paused, whose alarm is on and whose quiet is too long."""
    learn_some(rt, now)
    last = last_arrival().label("last")
    query = (
        sa.select(
            sources.c.id,
            sources.c.project_id,
            sources.c.options,
            projects.c.settings,
            last,
            *(rhythms.c[name] for name in ("weeks", "arrivals", "hours", "longest")),
        )
        .select_from(sources)
        .join(projects, projects.c.id == sources.c.project_id)
        .join(rhythms, rhythms.c.source_id == sources.c.id)
        .where(rhythms.c.weeks > 0, sources.c.archived_at.is_(None), sources.c.paused_at.is_(None))
        .where(projects.c.archived_at.is_(None))
    )
    with rt.database.read() as connection:
        rows = connection.execute(query).all()
        return [seen for row in rows for seen in _judged(connection, row, now)]


def _judged(connection: sa.Connection, row: Any, now: datetime) -> Iterator[Seen]:
    sensitivity = row.options.get("silence", "normal")
    if sensitivity == "off" or not row.settings.get("active", True):
        return
    if row.last is None or now - row.last < SHORTEST:
        return
    rhythm = rhythm_of(row)
    missed = rhythm.expected(row.last, now)
    if missed < rhythm.enough(sensitivity):
        return
    newest = _newest(connection, row.id)
    yield Seen(
        sort="silence",
        project_id=row.project_id,
        source_id=row.id,
        since=row.last,
        at=now,
        submission_id=newest.id,
        facts={
            "last": row.last.isoformat(),
            "until": now.replace(second=0, microsecond=0).isoformat(),
            "usual": round(missed),
            "weeks": row.weeks,
            "lead_id": str(newest.lead_id) if newest.lead_id else None,
            **_signs(connection, row.id, row.last),
        },
    )


def _newest(connection: sa.Connection, source_id: UUID) -> Any:
    """The newest submission, and the lead that it became."""
    return connection.execute(
        sa.select(submissions.c.id, submissions.c.lead_id)
        .where(submissions.c.source_id == source_id)
        .order_by(submissions.c.received_at.desc())
        .limit(1)
    ).one()


def _signs(connection: sa.Connection, source_id: UUID, last: datetime) -> dict[str, Json]:
    """What has been seen since then: requests turned away, and what a provider alone has."""
    refused = connection.execute(
        sa.select(turned_away.c.reason)
        .where(turned_away.c.source_id == source_id, turned_away.c.at > last)
        .order_by(turned_away.c.id.desc())
    ).all()
    missed = connection.execute(
        sa.select(sa.func.sum(reconciliations.c.taken)).where(
            reconciliations.c.source_id == source_id, reconciliations.c.started_at > last
        )
    ).scalar()
    signs: dict[str, Json] = {}
    if refused:
        signs |= {"refused": len(refused), "reason": in_general(refused[0].reason)}
    return signs | ({"missed": int(missed)} if missed else {})
