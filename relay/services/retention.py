"""Retention: old contents are blanked, old leads are removed with their counts kept."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.runtime import Runtime
from relay.store.insert import new_rows
from relay.store.tables import (
    attempts,
    bodies,
    deliveries,
    event_keys,
    lead_versions,
    leads,
    ledger_days,
    state_is,
    submissions,
)

BATCH = 500
"""Rows that one transaction takes up, so that nobody waits long for it."""

Progress = Callable[[int], None]
"""Told how many more rows were done."""


@dataclass(frozen=True, slots=True)
class Retained:
    """How many rows were blanked or removed."""

    bodies: int
    attempts: int
    leads: int
    submissions: int


def retain(rt: Runtime, progress: Progress | None = None) -> Retained:
    """Apply the settings RELAY_KEEP_BODIES_DAYS, _ATTEMPTS_DAYS and _LEADS_DAYS now."""
    told = progress or (lambda _done: None)
    return Retained(
        bodies=_repeat(rt, rt.config.keep_bodies_days, _blank_bodies, told),
        attempts=_repeat(rt, rt.config.keep_attempts_days, _blank_attempts, told),
        leads=_repeat(rt, rt.config.keep_leads_days, _remove_leads, told),
        submissions=_repeat(rt, rt.config.keep_leads_days, _remove_leadless, told),
    )


_Step = Callable[[sa.Connection, datetime, datetime], int]


def _repeat(rt: Runtime, days: int, step: _Step, told: Progress) -> int:
    """Take batch after batch of what is older than so many days; 0 days keep it for ever."""
    if days == 0:
        return 0
    now = rt.clock.now()
    total = 0
    while True:
        with rt.database.write() as connection:
            done = step(connection, now - timedelta(days=days), now)
        told(done)
        total += done
        if done < BATCH:
            return total


def _blank_bodies(connection: sa.Connection, before: datetime, now: datetime) -> int:
    old = (
        sa.select(bodies.c.id)
        .where(bodies.c.blanked_at.is_(None), bodies.c.received_at < before)
        .order_by(bodies.c.received_at)
        .limit(BATCH)
    )
    ids = list(connection.execute(old).scalars())
    connection.execute(
        sa.update(bodies)
        .where(bodies.c.id.in_(ids))
        .values(body=b"", headers={}, query="[]", address="", blanked_at=now)
    )
    return len(ids)


def _blank_attempts(connection: sa.Connection, before: datetime, now: datetime) -> int:
    old = (
        sa.select(attempts.c.id)
        .where(attempts.c.blanked_at.is_(None), attempts.c.started_at < before)
        .order_by(attempts.c.started_at)
        .limit(BATCH)
    )
    ids = list(connection.execute(old).scalars())
    connection.execute(
        sa.update(attempts).where(attempts.c.id.in_(ids)).values(exchanges=[], blanked_at=now)
    )
    return len(ids)


def _remove_leads(connection: sa.Connection, before: datetime, _now: datetime) -> int:
    busy = sa.exists().where(
        deliveries.c.lead_id == leads.c.id, state_is(deliveries, "waiting", "sending")
    )
    old = (
        sa.select(leads.c.id)
        .where(leads.c.updated_at < before, ~busy)
        .order_by(leads.c.updated_at)
        .limit(BATCH)
    )
    ids = list(connection.execute(old).scalars())
    if not ids:
        return 0
    counts: Counter[tuple[UUID, date, str, str]] = Counter()
    _remove_deliveries(connection, ids, counts)
    _remove_submissions(connection, submissions.c.lead_id.in_(ids), counts)
    connection.execute(sa.delete(lead_versions).where(lead_versions.c.lead_id.in_(ids)))
    connection.execute(sa.delete(leads).where(leads.c.id.in_(ids)))
    _keep_counts(connection, counts)
    return len(ids)


def _remove_leadless(connection: sa.Connection, before: datetime, _now: datetime) -> int:
    """Old submissions that became no lead: repeats, refused ones, and what nobody released."""
    old = (
        sa.select(submissions.c.id)
        .where(
            submissions.c.received_at < before,
            submissions.c.lead_id.is_(None),
            submissions.c.state != "received",
        )
        .limit(BATCH)
    )
    ids = list(connection.execute(old).scalars())
    if ids:
        counts: Counter[tuple[UUID, date, str, str]] = Counter()
        _remove_submissions(connection, submissions.c.id.in_(ids), counts)
        _keep_counts(connection, counts)
    connection.execute(sa.delete(event_keys).where(event_keys.c.received_at < before))
    return len(ids)


_Counts = Counter[tuple[UUID, date, str, str]]


def _remove_deliveries(
    connection: sa.Connection, lead_ids: Sequence[UUID], counts: _Counts
) -> None:
    gone = connection.execute(
        sa.select(
            deliveries.c.id,
            deliveries.c.project_id,
            deliveries.c.created_at,
            deliveries.c.state,
            deliveries.c.replay,
        ).where(deliveries.c.lead_id.in_(lead_ids))
    ).all()
    for row in gone:
        day = row.created_at.date()
        counts[row.project_id, day, "deliveries", row.state] += 1
        counts[row.project_id, day, "owed", ""] += row.replay > 0
    ids = [row.id for row in gone]
    connection.execute(sa.delete(attempts).where(attempts.c.delivery_id.in_(ids)))
    connection.execute(sa.delete(deliveries).where(deliveries.c.id.in_(ids)))


def _remove_submissions(
    connection: sa.Connection, wanted: sa.ColumnElement[bool], counts: _Counts
) -> None:
    gone = connection.execute(
        sa.select(
            submissions.c.id,
            submissions.c.body_id,
            submissions.c.project_id,
            submissions.c.received_at,
            submissions.c.stored_at,
            submissions.c.state,
            submissions.c.owed,
        ).where(wanted)
    ).all()
    for row in gone:
        counts[row.project_id, row.received_at.date(), "submissions", row.state] += 1
        if row.owed:
            counts[row.project_id, row.stored_at.date(), "owed", ""] += row.owed
    connection.execute(sa.delete(submissions).where(submissions.c.id.in_([row.id for row in gone])))
    _remove_empty_bodies(connection, {row.body_id for row in gone}, counts)


def _remove_empty_bodies(connection: sa.Connection, body_ids: set[UUID], counts: _Counts) -> None:
    """Remove the bodies of which no submission is left."""
    used = sa.exists().where(submissions.c.body_id == bodies.c.id)
    gone: Sequence[Any] = connection.execute(
        sa.select(bodies.c.id, bodies.c.project_id, bodies.c.received_at, bodies.c.parts).where(
            bodies.c.id.in_(body_ids), ~used
        )
    ).all()
    for row in gone:
        counts[row.project_id, row.received_at.date(), "parts", ""] += row.parts
    connection.execute(sa.delete(bodies).where(bodies.c.id.in_([row.id for row in gone])))


def _keep_counts(connection: sa.Connection, counts: _Counts) -> None:
    for (project_id, day, what, state), number in sorted(counts.items(), key=str):
        if number:
            insert = new_rows(connection, ledger_days).values(
                project_id=project_id, day=day, what=what, state=state, count=number
            )
            connection.execute(
                insert.on_conflict_do_update(
                    index_elements=["project_id", "day", "what", "state"],
                    set_={"count": ledger_days.c.count + number},
                )
            )
