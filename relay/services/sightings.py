"""What was seen of problems becomes their rows: they open, go on, and are over."""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.core.contract import Json
from relay.core.ids import new_id
from relay.core.problem_sorts import RECENT, SORTS, calm, threshold
from relay.services.turns import Turn
from relay.store.insert import insert_new, new_rows
from relay.store.tables import problem_minutes, problems, state_is


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One cause as it was seen: how often within a `minute`, or, of a state, since when.

    `at` is the newest time of it. `bad` opens the problem whatever its threshold is.
    """

    sort: str
    project_id: UUID | None
    at: datetime
    source_id: UUID | None = None
    target_id: UUID | None = None
    outcome: str = ""
    code: str = ""
    facts: Mapping[str, Json] = field(default_factory=dict)
    minute: datetime | None = None
    times: int = 1
    since: datetime | None = None
    bad: bool = False
    delivery_id: UUID | None = None
    submission_id: UUID | None = None

    @property
    def cause(self) -> str:
        """What makes two of them the same problem."""
        subject = (self.project_id, self.source_id, self.target_id)
        told = [self.sort, *(str(one or "") for one in subject), self.outcome, self.code]
        return hashlib.sha256("\0".join(told).encode()).hexdigest()


def count_seen(connection: sa.Connection, seen: Sequence[Seen], now: datetime) -> list[Turn]:
    """Count what happened, each minute anew: doing it twice counts nothing twice."""
    turns = []
    by_cause: defaultdict[str, list[Seen]] = defaultdict(list)
    for one in seen:
        by_cause[one.cause].append(one)
    for row in _locked(connection, [found[0] for found in by_cause.values()], now):
        found = by_cause[row.cause]
        fresh = _count_minutes(connection, row.id, found)
        if fresh:
            turns += _counted(connection, row, found, fresh, now)
    return turns


def mark_seen(
    connection: sa.Connection, sorts: Collection[str], seen: Sequence[Seen], now: datetime
) -> list[Turn]:
    """Open the states that have lasted long enough, and end those of these sorts that are over."""
    turns = []
    by_cause = {one.cause: one for one in seen}
    for row in _locked(connection, list(by_cause.values()), now):
        turns += _lasting(connection, row, by_cause[row.cause], now)
    over = sa.and_(
        problems.c.sort.in_(sorts),
        state_is(problems, "open", "noted"),
        problems.c.cause.not_in(list(by_cause)),
    )
    ended = sa.select(problems).where(over).order_by(problems.c.cause).with_for_update()
    for row in connection.execute(ended).all():
        turns += close(connection, row, None, now)
    return turns


def end_calm(connection: sa.Connection, now: datetime) -> list[Turn]:
    """End what repeats and has not happened for long."""
    turns = []
    repeating = [name for name, sort in SORTS.items() if sort.repeats]
    still = sa.select(problems).where(state_is(problems, "open"), problems.c.sort.in_(repeating))
    for row in connection.execute(still.order_by(problems.c.cause).with_for_update()).all():
        if row.last_at < now - timedelta(seconds=calm(row.sort, row.outcome)):
            turns += close(connection, row, None, now)
    return turns


def close(connection: sa.Connection, row: Any, actor: str | None, now: datetime) -> list[Turn]:
    """End a problem; what was only noted is forgotten without a word."""
    if row.state == "noted":
        _set(connection, row.id, state="resolved", noted=0, noted_at=None)
        return []
    _set(connection, row.id, state="resolved", resolved_at=now, resolved_by=actor, noted=0)
    return [Turn(row.id, row.project_id, row.sort, "resolved", actor, row.times, row.code)]


def _locked(connection: sa.Connection, seen: Iterable[Seen], now: datetime) -> Sequence[Any]:
    """The rows of these causes, made where there were none, in one order for everybody."""
    made = [_new_row(one, now) for one in seen]
    if not made:
        return []
    insert_new(connection, problems, sorted(made, key=lambda row: str(row["cause"])))
    causes = [row["cause"] for row in made]
    own = sa.select(problems).where(problems.c.cause.in_(causes)).order_by(problems.c.cause)
    return connection.execute(own.with_for_update()).all()


def _new_row(one: Seen, now: datetime) -> dict[str, Any]:
    return {
        "id": new_id(),
        "project_id": one.project_id,
        "cause": one.cause,
        "sort": one.sort,
        "source_id": one.source_id,
        "target_id": one.target_id,
        "outcome": one.outcome,
        "code": one.code,
        "facts": dict(one.facts),
        "state": "noted",
        "first_at": one.since or one.minute or one.at,
        "last_at": one.at,
        "noted_at": one.since or now,
    }


def _count_minutes(connection: sa.Connection, problem_id: UUID, found: Iterable[Seen]) -> int:
    """How many of these are new: a minute that is read again may have grown."""
    wanted = {one.minute: one.times for one in found if one.minute is not None}
    own = sa.select(problem_minutes.c.minute, problem_minutes.c.times).where(
        problem_minutes.c.problem_id == problem_id, problem_minutes.c.minute.in_(list(wanted))
    )
    known = {row.minute: row.times for row in connection.execute(own)}
    grown = {at: count for at, count in wanted.items() if count > known.get(at, 0)}
    if grown:
        insert = new_rows(connection, problem_minutes)
        write = insert.on_conflict_do_update(
            index_elements=["problem_id", "minute"], set_={"times": insert.excluded.times}
        )
        rows = [
            {"problem_id": problem_id, "minute": minute, "times": count}
            for minute, count in sorted(grown.items())
        ]
        connection.execute(write, rows)
    return sum(count - known.get(minute, 0) for minute, count in grown.items())


def _counted(
    connection: sa.Connection, row: Any, found: Sequence[Seen], fresh: int, now: datetime
) -> list[Turn]:
    newest = max(found, key=lambda one: one.at)
    values = {
        "total": row.total + fresh,
        "last_at": max(row.last_at, newest.at),
        "delivery_id": newest.delivery_id or row.delivery_id,
        "submission_id": newest.submission_id or row.submission_id,
        "facts": dict(newest.facts),
    }
    if row.state == "open":
        _set(connection, row.id, **values, times=row.times + fresh)
        return []
    began = row.noted_at if row.noted else None
    recent = began is not None and began >= now - timedelta(seconds=RECENT)
    noted = fresh + (row.noted if recent else 0)
    if noted < threshold(row.sort, row.outcome) and not any(one.bad for one in found):
        since = began if recent else newest.at
        _set(connection, row.id, **values, state="noted", noted=noted, noted_at=since)
        return []
    return _open(connection, row, values, noted, now)


def _lasting(connection: sa.Connection, row: Any, one: Seen, now: datetime) -> list[Turn]:
    values: dict[str, Any] = {"last_at": now, "facts": dict(one.facts)}
    samples = {"delivery_id": one.delivery_id, "submission_id": one.submission_id}
    values |= {name: found for name, found in samples.items() if found}
    if row.state == "open":
        if row.facts != values["facts"] or now - row.last_at >= timedelta(minutes=1):
            _set(connection, row.id, **values)
        return []
    since = one.since or (row.noted_at if row.state == "noted" else None) or now
    if now - since < timedelta(seconds=SORTS[row.sort].after):
        if row.state != "noted":
            _set(connection, row.id, state="noted", noted_at=since)
        return []
    return _open(connection, row, values | {"total": row.total + 1}, 1, now, since)


def _open(
    connection: sa.Connection,
    row: Any,
    values: Mapping[str, Any],
    count: int,
    now: datetime,
    since: datetime | None = None,
) -> list[Turn]:
    """`since` is when the state began, where that is known."""
    _set(
        connection,
        row.id,
        **values,
        state="open",
        times=count,
        noted=0,
        noted_at=None,
        openings=row.openings + 1,
        opened_at=since or now,
        resolved_at=None,
        resolved_by=None,
    )
    return [Turn(row.id, row.project_id, row.sort, "opened", None, count, row.code)]


def _set(connection: sa.Connection, problem_id: UUID, **values: Any) -> None:
    connection.execute(sa.update(problems).where(problems.c.id == problem_id).values(**values))
