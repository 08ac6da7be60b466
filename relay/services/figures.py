"""The figures of a span of time: what arrived and went out in it, and what is open now."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.runtime import Runtime
from relay.services.browse import Row
from relay.store.expressions import begin_of_day, begin_of_hour, seconds_between
from relay.store.tables import deliveries, state_is, submissions

COUNTED = 1000
"""Where counting stops of what is open."""

HOUR, DAY = 3600, 86400

LONGEST_BY_HOURS = timedelta(hours=49)
MOST_DAYS = 100
"""Spans that are longer are cut into weeks, and then into ever more weeks."""

FAILED = ("failed", "expired")
PART = 0.95
TIMED = 10_000
"""Deliveries that the time to deliver is taken from: the newest of a span."""


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

    `p95` is the time in seconds within which 95 % of what was delivered were (of the newest TIMED),
    `oldest` the delivery that has waited longest. Open ones are counted up to COUNTED.
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
        arrived = _by_step(connection.execute(_arrived(span, step)).all(), step)
        sent = _by_step(connection.execute(_sent(span, step)).all(), step)
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


def _by_step(rows: Sequence[Any], step: int) -> dict[int, list[int]]:
    """The counts of hours or days by the number of the step, since 1970, that they lie in."""
    found: dict[int, list[int]] = {}
    for at, *counts in rows:
        slot = int(at.timestamp()) // step
        known = found.get(slot, [0] * len(counts))
        found[slot] = [one + more for one, more in zip(known, counts, strict=True)]
    return found


def _steps(
    span: Span, step: int, arrived: dict[int, list[int]], sent: dict[int, list[int]]
) -> list[Step]:
    first, last = int(span.since.timestamp()) // step, -(-int(span.until.timestamp()) // step)
    found = []
    for slot in range(first, max(last, first + 1)):
        at = datetime.fromtimestamp(slot * step, UTC)
        begin, end = max(at, span.since), min(at + timedelta(seconds=step), span.until)
        counts = (*arrived.get(slot, [0]), *sent.get(slot, [0, 0]))
        found.append(Step(begin, end, *counts))
    return found


def _slot(column: sa.ColumnElement[datetime], step: int) -> sa.ColumnElement[datetime]:
    """The hour or the day that a moment lies in."""
    return begin_of_hour(column) if step == HOUR else begin_of_day(column)


def _arrived(span: Span, step: int) -> sa.Select[datetime, int]:
    column = submissions.c
    slot = _slot(column.received_at, step).label("slot")
    query = sa.select(slot, sa.func.count()).where(
        column.project_id == span.project,
        column.received_at >= span.since,
        column.received_at < span.until,
    )
    if span.source is not None:
        query = query.where(column.source_id == span.source)
    return query.group_by(slot)


def _sent(span: Span, step: int) -> sa.Select[datetime, int, int]:
    slot = _slot(deliveries.c.created_at, step).label("slot")
    delivered, failed = state_is(deliveries, "delivered"), state_is(deliveries, *FAILED)
    query = sa.select(slot, sa.func.count().filter(delivered), sa.func.count().filter(failed))
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
    """By the nearest rank among the newest TIMED ones."""
    if not delivered:
        return None
    took = seconds_between(deliveries.c.created_at, deliveries.c.settled_at).label("took")
    query = sa.select(took).where(*_owed(span), state_is(deliveries, "delivered"))
    newest = query.order_by(deliveries.c.created_at.desc()).limit(TIMED).subquery()
    rank = math.ceil(min(delivered, TIMED) * PART) - 1
    sorted_ = sa.select(newest.c.took).order_by(newest.c.took).offset(rank).limit(1)
    found = connection.execute(sorted_).scalar()  # fewer, if retention takes some meanwhile
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
