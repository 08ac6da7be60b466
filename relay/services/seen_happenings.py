"""What has happened since the last look, minute by minute: failures, losses, refusals."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.core.reason_rules import in_general, rule_of
from relay.runtime import Runtime
from relay.services.due import GIVEN_UP
from relay.services.sightings import Seen
from relay.store.spans import begun
from relay.store.tables import attempts, deliveries, sources, state_is, submissions, turned_away

MOST = 5000
"""Rows that one look reads one by one; of more, the newest are counted."""

_TROUBLED: sa.ColumnElement[bool] = sa.literal_column(
    "attempts.outcome IN ('rejected', 'retry', 'throttled')"
)
"""Written as the index is."""

_NONE: sa.ColumnElement[str] = sa.literal_column("''")


def attempts_failed(rt: Runtime, since: datetime, _now: datetime) -> Sequence[Seen]:
    """Attempts that failed, by target, outcome, and status or kind of failure.

    One whose delivery has failed with it is bad; a retry that may still go well is not.
    """
    with rt.database.read() as connection:
        code = sa.func.coalesce(attempts.c.error, sa.cast(attempts.c.status, sa.Text), _NONE)
        minute = begun(connection, "minute", attempts.c.started_at)
        lost = sa.func.max(sa.case((state_is(deliveries, "failed"), 1), else_=0))
        keys = (deliveries.c.project_id, deliveries.c.target_id, attempts.c.outcome)
        query = (
            sa.select(
                *keys,
                code.label("code"),
                minute.label("minute"),
                sa.func.count().label("times"),
                sa.func.max(attempts.c.started_at).label("at"),
                sa.func.max(sa.cast(deliveries.c.id, sa.Text)).label("delivery"),
                lost.label("lost"),
            )
            .join(deliveries, deliveries.c.id == attempts.c.delivery_id)
            .where(_TROUBLED, attempts.c.started_at >= since)
            .group_by(*keys, code, minute)
        )
        return [_attempt(row) for row in connection.execute(query)]


def _attempt(row: Any) -> Seen:
    return Seen(
        sort="delivery",
        project_id=row.project_id,
        target_id=row.target_id,
        outcome=row.outcome,
        code=row.code,
        minute=row.minute,
        times=row.times,
        at=row.at,
        delivery_id=UUID(row.delivery),
        bad=bool(row.lost) and row.outcome != "throttled",
    )


def deliveries_lost(rt: Runtime, since: datetime, _now: datetime) -> Sequence[Seen]:
    """Deliveries that ended without an attempt that says why: too old, or deadly to workers."""
    with rt.database.read() as connection:
        minute = begun(connection, "minute", deliveries.c.settled_at)
        keys = (deliveries.c.project_id, deliveries.c.target_id, deliveries.c.state)
        unsaid = sa.or_(deliveries.c.state == "expired", deliveries.c.reason == GIVEN_UP)
        query = (
            sa.select(
                *keys,
                minute.label("minute"),
                sa.func.count().label("times"),
                sa.func.max(deliveries.c.settled_at).label("at"),
                sa.func.max(sa.cast(deliveries.c.id, sa.Text)).label("delivery"),
            )
            .where(state_is(deliveries, "failed", "expired"))
            .where(deliveries.c.settled_at >= since, unsaid)
            .group_by(*keys, minute)
        )
        return [
            Seen(
                sort="expired" if row.state == "expired" else "crashed",
                project_id=row.project_id,
                target_id=row.target_id,
                minute=row.minute,
                times=row.times,
                at=row.at,
                delivery_id=UUID(row.delivery),
            )
            for row in connection.execute(query)
        ]


def quarantined(rt: Runtime, since: datetime, _now: datetime) -> Sequence[Seen]:
    """Submissions that could not be read, by source and the rule that the first reason is."""
    column = submissions.c
    query = (
        sa.select(column.id, column.project_id, column.source_id, column.received_at)
        .add_columns(column.reasons)
        .where(state_is(submissions, "quarantined"), column.received_at >= since)
        .order_by(column.received_at.desc())
        .limit(MOST)
    )
    with rt.database.read() as connection:
        rows = connection.execute(query).all()
    return _by_minute(
        Seen(
            sort="quarantine",
            project_id=row.project_id,
            source_id=row.source_id,
            code=rule_of(row.reasons),
            minute=_minute(row.received_at),
            at=row.received_at,
            submission_id=row.id,
        )
        for row in rows
    )


def refused_at_door(rt: Runtime, since: datetime, _now: datetime) -> Sequence[Seen]:
    """Requests refused at the door, by source, status and reason."""
    query = (
        sa.select(
            sources.c.project_id,
            turned_away.c.source_id,
            turned_away.c.status,
            turned_away.c.reason,
            turned_away.c.at,
        )
        .join(sources, sources.c.id == turned_away.c.source_id)
        .where(turned_away.c.at >= since)
        .order_by(turned_away.c.at.desc())
        .limit(MOST)
    )
    with rt.database.read() as connection:
        rows = connection.execute(query).all()
    return _by_minute(
        Seen(
            sort="turned away",
            project_id=row.project_id,
            source_id=row.source_id,
            outcome=str(row.status),
            code=in_general(row.reason),
            minute=_minute(row.at),
            at=row.at,
        )
        for row in rows
    )


def _minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)


def _by_minute(found: Iterable[Seen]) -> list[Seen]:
    """Single happenings, newest first, as counts of a minute with the newest as the example."""
    newest: dict[tuple[str, datetime | None], Seen] = {}
    counts: Counter[tuple[str, datetime | None]] = Counter()
    for one in found:
        key = (one.cause, one.minute)
        newest.setdefault(key, one)
        counts[key] += 1
    return [replace(newest[key], times=times) for key, times in counts.items()]
