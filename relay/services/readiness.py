"""How this relay is doing: what answers, and how long its oldest work has been lying."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from redis import RedisError

from relay.metrics import expose, read_sums
from relay.runtime import Runtime
from relay.services.lanes import free
from relay.store.tables import (
    deliveries,
    fetches,
    lanes,
    problems,
    processes,
    state_is,
    submissions,
)
from relay.store.types import Instant
from relay.store.writer import is_away

SEEN_SECONDS = 30.0
"""Age of a heartbeat up to which its process counts as running."""


@dataclass(frozen=True, slots=True)
class Readiness:
    """`oldest` is the age in seconds of the oldest work that is due, None where none is."""

    database: bool
    redis: bool
    oldest: float | None
    overdue: bool


def readiness(rt: Runtime) -> Readiness:
    """Ask the parts. Never raises for one that is away."""
    redis = rt.queue.answers()
    try:
        with rt.database.read() as connection:
            ages = dict(_ages(connection, rt.clock.now()))
    except sa.exc.SQLAlchemyError as error:
        if not is_away(error):
            raise
        return Readiness(database=False, redis=redis, oldest=None, overdue=False)
    oldest = max(ages.values(), default=None)
    overdue = oldest is not None and oldest > rt.config.overdue_seconds
    return Readiness(database=True, redis=redis, oldest=oldest, overdue=overdue)


def is_running(rt: Runtime, kind: str) -> bool:
    """Whether a process of this kind has been heard of lately."""
    with rt.database.read() as connection:
        return kind in dict(_processes(connection, rt.clock.now()))


def metrics(rt: Runtime) -> bytes:
    """Every metric in Prometheus' text format; what cannot be read is left out."""
    gauges: dict[str, dict[tuple[str, ...], float]] = {}
    sums: dict[str, float] = {}
    redis = database = True
    try:
        rt.metrics.flush(rt.queue.connection)
        sums = read_sums(rt.queue.connection)
    except RedisError:
        redis = False
    try:
        with rt.database.read() as connection:
            gauges = _gauges(connection, rt.clock.now())
    except sa.exc.SQLAlchemyError as error:
        if not is_away(error):
            raise
        database = False
    gauges["relay_up"] = {("redis",): redis, ("database",): database}
    return expose(sums, gauges)


def _gauges(connection: sa.Connection, now: datetime) -> dict[str, dict[tuple[str, ...], float]]:
    return {
        "relay_open": {(what,): count for what, count in _open(connection)},
        "relay_oldest_seconds": {(what,): age for what, age in _ages(connection, now)},
        "relay_lanes": {(state,): count for state, count in _lanes(connection, now)},
        "relay_problems": {(sort,): count for sort, count in _problems(connection, now)},
        "relay_processes": {(kind,): count for kind, count in _processes(connection, now)},
    }


def _ages(connection: sa.Connection, now: datetime) -> Iterator[tuple[str, float]]:
    """The age of the oldest submission not stored yet, of the oldest delivery that is due, and of
    the oldest submission whose data is due to be fetched."""
    oldest_of_lane = (
        sa.select(sa.func.min(deliveries.c.due_at))
        .where(deliveries.c.target_id == lanes.c.target_id, state_is(deliveries, "waiting"))
        .correlate(lanes)
        .scalar_subquery()
    )
    due = sa.select(sa.func.min(oldest_of_lane)).select_from(lanes).where(free(now))
    oldest: dict[str, datetime] = dict(oldest_of_relay(connection, now))
    if (delivery := connection.execute(due).scalar()) is not None and delivery <= now:
        oldest["deliveries"] = delivery
    for what, since in oldest.items():
        yield what, (now - since).total_seconds()


def oldest_of_relay(connection: sa.Connection, now: datetime) -> Iterator[tuple[str, datetime]]:
    """Since when the oldest submission waits to be stored, and the oldest data to be fetched."""
    received = sa.select(sa.func.min(submissions.c.received_at)).where(
        state_is(submissions, "received")
    )
    asked = sa.select(sa.func.min(fetches.c.due_at)).where(fetches.c.due_at.is_not(None))
    found = (("submissions", received), ("fetches", asked))
    for what, query in found:
        oldest = connection.execute(query).scalar()
        if oldest is not None and oldest <= now:
            yield what, oldest


def _open(connection: sa.Connection) -> Iterator[tuple[str, int]]:
    for what, query in (
        ("submissions", sa.select(sa.func.count()).where(state_is(submissions, "received"))),
        ("deliveries", sa.select(sa.func.count()).where(state_is(deliveries, "waiting"))),
        ("fetches", sa.select(sa.func.count()).where(fetches.c.due_at.is_not(None))),
    ):
        yield what, connection.execute(query).scalar_one()


def _lanes(connection: sa.Connection, now: datetime) -> Iterator[tuple[str, int]]:
    for state, condition in (
        ("paused", lanes.c.paused_at.is_not(None)),
        ("held", lanes.c.hold_until > now),
        ("breaker open", lanes.c.open_until > now),
    ):
        yield state, connection.execute(sa.select(sa.func.count()).where(condition)).scalar_one()


def _problems(connection: sa.Connection, now: datetime) -> Iterator[tuple[str, int]]:
    muted_until = sa.func.coalesce(problems.c.muted_until, sa.literal(now, Instant))
    loud = sa.or_(problems.c.muted_at.is_(None), muted_until < now)
    query = sa.select(problems.c.sort, sa.func.count().label("open"))
    query = query.where(state_is(problems, "open"), loud).group_by(problems.c.sort)
    yield from ((row.sort, row.open) for row in connection.execute(query))


def _processes(connection: sa.Connection, now: datetime) -> Iterator[tuple[str, int]]:
    query = sa.select(processes.c.kind, processes.c.seen_at)
    counts: dict[str, int] = {}
    for kind, seen_at in connection.execute(query):
        if (now - seen_at).total_seconds() <= SEEN_SECONDS:
            counts[kind] = counts.get(kind, 0) + 1
    yield from counts.items()
