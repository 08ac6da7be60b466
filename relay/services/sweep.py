"""The sweep: finds work that was left lying, whoever died or forgot to ring."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from relay.runtime import Runtime
from relay.services.bulk_lease import lying as runs_lying
from relay.services.deliveries import end
from relay.services.due import FORCED, PASSABLE
from relay.services.fetching import lying as fetches_lying
from relay.services.lanes import free
from relay.services.pace import release_ready
from relay.services.person_job import lying as persons_lying
from relay.services.upload_job import lying as imports_lying
from relay.services.word_lists import catch_up
from relay.store.tables import deliveries, lanes, state_is, status_changes, submissions

logger = logging.getLogger(__name__)

GRACE = timedelta(seconds=1)
"""How long a submission or a change may lie before the sweep rings: its own wake comes first."""

BATCH = 1000
"""Rows that one sweep expires at most."""


@dataclass(frozen=True, slots=True)
class Swept:
    """What one sweep found."""

    submissions: bool
    changes: bool
    lanes: tuple[UUID, ...]
    leases: int
    expired: int
    released: int
    imports: tuple[UUID, ...] = ()
    fetches: tuple[UUID, ...] = ()
    told: int = 0
    persons: tuple[UUID, ...] = ()
    runs: tuple[UUID, ...] = ()


def sweep(rt: Runtime) -> Swept:
    """Take back expired leases, expire what is too old, and ring for everything that is due.

    Safe to run twice or at the same time; costs about a millisecond when there is nothing to do.
    """
    now = rt.clock.now()
    leases = _take_back_leases(rt, now)
    expired = _expire(rt, now)
    released = release_ready(rt)
    with rt.database.read() as connection:
        lying = connection.execute(_lying(now)).first() is not None
        queued = connection.execute(_queued_changes(now)).first() is not None
        due = tuple(connection.execute(_due_lanes(now)).scalars())
    if lying:
        rt.queue.wake_store()
    if queued:
        rt.queue.wake_status()
    for target_id in due:
        rt.queue.wake_lane(target_id)
    files = imports_lying(rt)
    for import_id in files:
        rt.queue.wake_import(import_id)
    asked = fetches_lying(rt)
    for source_id in asked:
        rt.queue.wake_fetch(source_id)
    persons = persons_lying(rt)
    for request_id in persons:
        rt.queue.wake_person(request_id)
    runs = runs_lying(rt)
    for run_id in runs:
        rt.queue.wake_bulk(run_id)
    told = catch_up(rt)
    return Swept(lying, queued, due, leases, expired, released, files, asked, told, persons, runs)


def _lying(now: datetime) -> sa.Select[UUID]:
    free = sa.or_(submissions.c.leased_until.is_(None), submissions.c.leased_until < now)
    return (
        sa.select(submissions.c.id)
        .where(
            state_is(submissions, "received"),
            submissions.c.received_at <= now - GRACE,
            free,
        )
        .limit(1)
    )


def _queued_changes(now: datetime) -> sa.Select[UUID]:
    queued = sa.and_(state_is(status_changes, "pending"), status_changes.c.at <= now - GRACE)
    return sa.select(status_changes.c.id).where(queued).limit(1)


def _due_lanes(now: datetime) -> sa.Select[UUID]:
    """Lanes with something due that nothing holds back, or that somebody has forced; EXISTS stops
    at each lane's first row."""
    something_due = (
        sa.exists()
        .where(
            deliveries.c.target_id == lanes.c.target_id,
            state_is(deliveries, "waiting"),
            deliveries.c.due_at <= now,
        )
        .correlate(lanes)
    )
    forced = sa.and_(PASSABLE, sa.exists().where(FORCED).correlate(lanes))
    return sa.select(lanes.c.target_id).where(sa.or_(sa.and_(free(now), something_due), forced))


def _take_back_leases(rt: Runtime, now: datetime) -> int:
    expired = sa.and_(state_is(deliveries, "sending"), deliveries.c.leased_until < now)
    with rt.database.read() as connection:  # most sweeps find none: they must not take the lock
        if connection.execute(sa.select(deliveries.c.id).where(expired).limit(1)).first() is None:
            return 0
    with rt.database.write() as connection:
        taken = connection.execute(
            sa.update(deliveries)
            .where(expired)
            .values(
                state="waiting",
                reason="the worker that was sending it ended",
                lease_token=None,
                leased_until=None,
                rate_key=None,
            )
        ).rowcount
    logger.warning("took back %d deliveries whose worker ended", taken)
    return taken


def _expire(rt: Runtime, now: datetime) -> int:
    old = (
        sa.select(deliveries.c.id)
        .where(state_is(deliveries, "waiting"), deliveries.c.expires_at <= now)
        .limit(BATCH)
    )
    with rt.database.read() as connection:
        ids = list(connection.execute(old).scalars())
    if not ids:
        return 0
    with rt.database.write() as connection:
        return end(connection, ids, "expired", "it became too old before it could be sent", now)
