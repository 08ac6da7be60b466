"""The figures of a span of time: what arrived and went out in it, and what is open now."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.runtime import Runtime
from relay.services.browse import Row
from relay.store.expressions import seconds_between
from relay.store.tables import deliveries, state_is, submissions

COUNTED = 1000
"""Where counting stops of what is open."""

HOUR, DAY = 3600, 86400

LONGEST_BY_HOURS = timedelta(hours=49)
MOST_DAYS = 100
"""Spans that are longer are cut into weeks, and then into ever more weeks."""

FAILED = ("failed", "expired")
PART = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """What figures are of: a project's deliveries owed from `since` to `until` (exclusive), or
    those of one source or to one target."""

    project: UUID
    since: datetime
    until: datetime
    source: UUID | None = None
    target: UUID | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """The figures of one slot of time that begins at `at`; `until` is exclusive."""

    at: datetime
    until: datetime
    received: int = 0
    delivered: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The steps with their sums, and what is open now whenever it came.

    `p95` is the time in seconds within which 95 % of what was delivered were, `oldest` the
    delivery that has waited longest. Open ones are counted up to COUNTED.
    """

    steps: list[Step]
    step: int
    received: int
    delivered: int
    failed: int
    waiting: int
    quarantined: int
    p95: float | None
    oldest: Row | None


def figures(rt: Runtime, span: Span) -> Figures:
    """The figures of a span; six queries whatever there is."""
    step = step_of(span)
    with rt.database.read() as connection:
        arrived = dict(connection.execute(_arrived(rt, span, step)).all())
        sent = {row.slot: row for row in connection.execute(_sent(rt, span, step))}
        steps = _steps(span, step, arrived, sent)
        delivered = sum(one.delivered for one in steps)
        return Figures(
            steps=steps,
            step=step,
            received=sum(one.received for one in steps),
            delivered=delivered,
            failed=sum(one.failed for one in steps),
            waiting=_waiting(connection, span),
            quarantined=_quarantined(connection, span),
            p95=_p95(connection, span, delivered),
            oldest=_oldest(connection, span),
        )


def step_of(span: Span) -> int:
    """The seconds of a step: an hour, a day, or as many weeks as make the steps few."""
    length = span.until - span.since
    if length <= LONGEST_BY_HOURS:
        return HOUR
    if length <= timedelta(days=MOST_DAYS):
        return DAY
    return 7 * DAY * -(-length // timedelta(weeks=MOST_DAYS))


def _steps(span: Span, step: int, arrived: dict[int, int], sent: dict[int, Any]) -> list[Step]:
    first, last = int(span.since.timestamp()) // step, -(-int(span.until.timestamp()) // step)
    found = []
    for slot in range(first, max(last, first + 1)):
        at, row = datetime.fromtimestamp(slot * step, UTC), sent.get(slot)
        begin, end = max(at, span.since), min(at + timedelta(seconds=step), span.until)
        counts = (row.delivered, row.failed) if row else (0, 0)
        found.append(Step(begin, end, arrived.get(slot, 0), *counts))
    return found


def _slot(rt: Runtime, column: sa.ColumnElement[datetime], step: int) -> sa.ColumnElement[int]:
    """The number of the step, since 1970, that a moment lies in."""
    seconds: sa.ColumnElement[Any] = sa.extract("epoch", column)
    if not rt.database.is_sqlite:  # there it comes as a whole number
        seconds = sa.func.floor(seconds)
    return sa.cast(seconds, sa.BigInteger) // sa.literal_column(str(step), sa.BigInteger)


def _arrived(rt: Runtime, span: Span, step: int) -> sa.Select[int, int]:
    column = submissions.c
    slot = _slot(rt, column.received_at, step).label("slot")
    query = sa.select(slot, sa.func.count()).where(
        column.project_id == span.project,
        column.received_at >= span.since,
        column.received_at < span.until,
    )
    if span.source is not None:
        query = query.where(column.source_id == span.source)
    return query.group_by(slot)


def _sent(rt: Runtime, span: Span, step: int) -> sa.Select[int, int, int]:
    state = deliveries.c.state
    slot = _slot(rt, deliveries.c.created_at, step).label("slot")
    query = sa.select(
        slot,
        sa.func.count().filter(state == "delivered").label("delivered"),
        sa.func.count().filter(state.in_(FAILED)).label("failed"),
    )
    return query.where(*_owed(span)).group_by(slot)


def _owed(span: Span) -> list[sa.ColumnElement[bool]]:
    column = deliveries.c
    return [
        *_of(span),
        column.created_at >= span.since,
        column.created_at < span.until,
    ]


def _of(span: Span) -> list[sa.ColumnElement[bool]]:
    found = [deliveries.c.project_id == span.project]
    if span.source is not None:
        found.append(deliveries.c.source_id == span.source)
    if span.target is not None:
        found.append(deliveries.c.target_id == span.target)
    return found


def _p95(connection: sa.Connection, span: Span, delivered: int) -> float | None:
    """By the nearest rank."""
    if not delivered:
        return None
    took = seconds_between(deliveries.c.created_at, deliveries.c.settled_at)
    query = sa.select(took).where(*_owed(span), deliveries.c.state == "delivered").order_by(took)
    rank = query.offset(math.ceil(delivered * PART) - 1).limit(1)
    found = connection.execute(rank).scalar()  # fewer, if retention takes some meanwhile
    return None if found is None else float(found)


def _waiting(connection: sa.Connection, span: Span) -> int:
    few = sa.select(deliveries.c.id).where(*_of(span), state_is(deliveries, "waiting", "sending"))
    return _counted(connection, few)


def _quarantined(connection: sa.Connection, span: Span) -> int:
    few = sa.select(submissions.c.id).where(
        submissions.c.project_id == span.project, state_is(submissions, "quarantined")
    )
    if span.source is not None:
        few = few.where(submissions.c.source_id == span.source)
    return _counted(connection, few)


def _counted(connection: sa.Connection, query: sa.Select[Any]) -> int:
    few = query.limit(COUNTED).subquery()
    return connection.execute(sa.select(sa.func.count()).select_from(few)).scalar_one()


def _oldest(connection: sa.Connection, span: Span) -> Row | None:
    query = (
        sa.select(deliveries.c.id, deliveries.c.created_at)
        .where(*_of(span), state_is(deliveries, "waiting"))
        .order_by(deliveries.c.id)
        .limit(1)
    )
    found = connection.execute(query).mappings().first()
    return None if found is None else dict(found)
