"""The rhythms of sources are learned from when their submissions came, now and then."""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.core.rhythm import FEWEST_WEEKS, MOST_WEEKS, WEEK, Rhythm, hour_of_week, learn
from relay.runtime import Runtime
from relay.store.insert import new_rows
from relay.store.spans import begun
from relay.store.tables import rhythms, sources, submissions

EVERY = timedelta(hours=6)
"""How often a rhythm is learned anew."""

AT_ONCE = 100
BUDGET = 5.0
"""Sources and seconds that one round learns at most; the next one goes on."""

_HOUR = timedelta(hours=1)


def learn_some(rt: Runtime, now: datetime) -> int:
    """Learn the rhythms that are not known yet, or old; returns how many were learned."""
    end = time.monotonic() + BUDGET
    learned = 0
    for source_id, last in _to_learn(rt, now):
        _learn(rt, source_id, last, now)
        learned += 1
        if time.monotonic() > end:
            break
    return learned


def last_arrival() -> sa.ScalarSelect[datetime]:
    """When the newest submission of a source came: one row of an index."""
    return (
        sa.select(submissions.c.received_at)
        .where(submissions.c.source_id == sources.c.id)
        .order_by(submissions.c.received_at.desc())
        .limit(1)
        .correlate(sources)
        .scalar_subquery()
    )


def _to_learn(rt: Runtime, now: datetime) -> Iterator[tuple[UUID, datetime]]:
    """Sources in use to which something has come since their rhythm was learned, if it was."""
    last = last_arrival().label("last")
    query = (
        sa.select(sources.c.id, rhythms.c.learned_at, last)
        .select_from(sources)
        .outerjoin(rhythms, rhythms.c.source_id == sources.c.id)
        .where(sources.c.archived_at.is_(None))
        .where(sa.or_(rhythms.c.learned_at.is_(None), rhythms.c.learned_at < now - EVERY))
        .order_by(rhythms.c.learned_at.asc().nulls_first(), sources.c.id)
        .limit(AT_ONCE)
    )
    with rt.database.read() as connection:
        rows = connection.execute(query).all()
    for row in rows:
        if row.last is not None and (row.learned_at is None or row.last > row.learned_at):
            yield row.id, row.last


def _learn(rt: Runtime, source_id: UUID, last: datetime, now: datetime) -> None:
    """Learn from the weeks up to the newest arrival: a silence of now is no part of the rhythm."""
    end = last.replace(minute=0, second=0, microsecond=0) + _HOUR
    with rt.database.read() as connection:
        found = learn(_counts(connection, source_id, end), hour_of_week(end))
    values: dict[str, Any] = {"learned_at": now, "weeks": 0, "arrivals": 0, "hours": []}
    values["longest"] = 0.0
    if found is not None:
        hours = [round(hour, 4) for hour in found.hours]
        values |= {"weeks": found.weeks, "arrivals": found.arrivals, "hours": hours}
        values["longest"] = found.longest
    with rt.database.write() as connection:
        insert = new_rows(connection, rhythms).values(source_id=source_id, **values)
        write = insert.on_conflict_do_update(index_elements=["source_id"], set_=values)
        connection.execute(write)


def _counts(connection: sa.Connection, source_id: UUID, end: datetime) -> list[int]:
    """Arrivals by the hour in whole weeks before `end`; none where there are too few."""
    came = submissions.c.received_at
    own = submissions.c.source_id == source_id
    first = connection.execute(sa.select(came).where(own).order_by(came).limit(1)).scalar_one()
    weeks = min((end - first) // timedelta(weeks=1), MOST_WEEKS)
    if weeks < FEWEST_WEEKS:
        return []
    start = end - timedelta(weeks=weeks)
    hour = begun(connection, "hour", came)
    query = sa.select(hour.label("hour"), sa.func.count().label("times"))
    query = query.where(own, came >= start, came < end).group_by(hour)
    counts = [0] * (weeks * WEEK)
    for row in connection.execute(query):
        counts[int((row.hour - start) / _HOUR)] = row.times
    return counts


def rhythm_of(row: Any) -> Rhythm:
    """What stands in a row of `rhythms`."""
    return Rhythm(row.weeks, row.arrivals, tuple(row.hours), row.longest)
