"""The ledger: two sums that must come out even, counted from the rows for any span of time."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from relay.runtime import Runtime
from relay.store.tables import (
    DELIVERY_STATES,
    SUBMISSION_STATES,
    attempts,
    bodies,
    deliveries,
    lead_versions,
    ledger_days,
    projects,
    status_changes,
    submissions,
)

ALMOST_A_DAY = timedelta(days=1) - timedelta.resolution


@dataclass(frozen=True)
class Span:
    """From `since` (inclusive) to `until` (exclusive), of one project or of all."""

    since: datetime | None = None
    until: datetime | None = None
    project: UUID | None = None


@dataclass(frozen=True)
class Ledger:
    """What was received and what was owed, each with where it is now; `gaps` in words."""

    received: int
    submissions: dict[str, int]
    owed: int
    deliveries: dict[str, int]
    gaps: list[str] = field(default_factory=list)

    @property
    def gap(self) -> bool:
        """Whether anything is unaccounted for."""
        return bool(self.gaps)


def ledger(rt: Runtime, span: Span | None = None) -> Ledger:
    """Count a span of time; the sums come out even for any span.

    Rows that retention removed count by their days (UTC), where those lie wholly within the span.
    """
    with rt.database.read() as connection:
        _one_moment(connection)
        asked = _named(connection, span or Span())
        removed = _removed(connection, asked)
        received = removed["parts", ""] + _sum(
            connection, bodies.c.parts, bodies.c.received_at, asked
        )
        owed = (
            removed["owed", ""]
            + _sum(connection, submissions.c.owed, submissions.c.stored_at, asked, _OWES)
            + _sum(connection, status_changes.c.owed, status_changes.c.done_at, asked, _TELLS)
            + _replays(connection, asked)
        )
        taken = _by_state(connection, submissions, submissions.c.received_at, asked)
        due = _by_state(connection, deliveries, deliveries.c.created_at, asked)
        doubts = _doubts(connection, asked)
    for (what, state), count in removed.items():
        if what == "submissions":
            taken[state] += count
        elif what == "deliveries":
            due[state] += count
    gaps = [
        *_difference("received", received, "submissions", taken.total()),
        *_difference("owed", owed, "deliveries", due.total()),
        *doubts,
    ]
    return Ledger(
        received,
        {state: taken[state] for state in SUBMISSION_STATES},
        owed,
        {state: due[state] for state in DELIVERY_STATES},
        gaps,
    )


def _one_moment(connection: sa.Connection) -> None:
    """See the rows of one moment: counted one after another under load, they never come out even.

    A read of SQLite is one moment anyway.
    """
    if connection.dialect.name != "sqlite":
        connection.execute(sa.text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))


def _difference(sum_name: str, total: int, rows_name: str, rows: int) -> list[str]:
    if total == rows:
        return []
    return [f"{sum_name} {total} but {rows} {rows_name} are there"]


def _within(column: sa.ColumnElement[datetime], span: Span) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    if span.since is not None:
        found.append(column >= span.since)
    if span.until is not None:
        found.append(column < span.until)
    return found


_OWES = submissions.c.owed > sa.literal_column("0")
"""What the index on the moment of storing is limited to, and that of changes of status below."""
_TELLS = status_changes.c.owed > sa.literal_column("0")


@dataclass(frozen=True)
class _Named(Span):
    """A span with its projects named one by one: the indexes on times begin with the project."""

    ids: tuple[UUID, ...] = ()


def _named(connection: sa.Connection, span: Span) -> _Named:
    if span.project is not None:
        return _Named(span.since, span.until, ids=(span.project,))
    every = connection.execute(sa.select(projects.c.id)).scalars()
    return _Named(span.since, span.until, ids=tuple(every))


def _of_project(table: sa.FromClause, span: _Named) -> list[sa.ColumnElement[bool]]:
    return [table.c.project_id.in_(span.ids)]


def _sum(
    connection: sa.Connection,
    column: sa.Column[int],
    at: sa.Column[datetime],
    span: _Named,
    *also: sa.ColumnElement[bool],
) -> int:
    statement = sa.select(sa.func.coalesce(sa.func.sum(column), 0)).where(
        *_within(at, span),
        *_of_project(column.table, span),
        *also,
    )
    return int(connection.execute(statement).scalar_one())


def _replays(connection: sa.Connection, span: _Named) -> int:
    """Deliveries that a person asked for: owed too, though no submission gave rise to them."""
    statement = sa.select(sa.func.count()).where(
        deliveries.c.replay > 0,
        *_within(deliveries.c.created_at, span),
        *_of_project(deliveries, span),
    )
    return int(connection.execute(statement).scalar_one())


def _by_state(
    connection: sa.Connection, table: sa.Table, at: sa.Column[datetime], span: _Named
) -> Counter[str]:
    statement = (
        sa.select(table.c.state, sa.func.count())
        .where(*_within(at, span), *_of_project(table, span))
        .group_by(table.c.state)
    )
    return Counter(dict(connection.execute(statement).all()))


def _removed(connection: sa.Connection, span: _Named) -> Counter[tuple[str, str]]:
    """Counts by what and state, of the days that lie wholly within the span."""
    days = _of_project(ledger_days, span)
    if span.since is not None:
        begun = span.since.astimezone(UTC) + ALMOST_A_DAY
        days.append(ledger_days.c.day >= begun.date())
    if span.until is not None:
        days.append(ledger_days.c.day < span.until.astimezone(UTC).date())
    statement = (
        sa.select(ledger_days.c.what, ledger_days.c.state, sa.func.sum(ledger_days.c.count))
        .where(*days)
        .group_by(ledger_days.c.what, ledger_days.c.state)
    )
    return Counter({(what, state): int(n) for what, state, n in connection.execute(statement)})


def _doubts(connection: sa.Connection, span: _Named) -> list[str]:
    """Rows that claim what another row would have to bear out."""
    taken = [*_within(submissions.c.received_at, span), *_of_project(submissions, span)]
    due = [*_within(deliveries.c.created_at, span), *_of_project(deliveries, span)]
    first = submissions.alias("first")
    no_first = ~sa.exists().where(first.c.id == submissions.c.duplicate_of)
    no_version = ~sa.exists().where(
        lead_versions.c.lead_id == submissions.c.lead_id,
        lead_versions.c.version == submissions.c.lead_version,
    )
    no_attempt = ~sa.exists().where(
        attempts.c.delivery_id == deliveries.c.id, attempts.c.outcome == deliveries.c.state
    )
    doubts = {
        "stored submissions without a lead": sa.and_(
            submissions.c.state == "stored", no_version, *taken
        ),
        "repeats of submissions that are not there": sa.and_(
            submissions.c.state == "duplicate", no_first, *taken
        ),
        "deliveries that count as made without an attempt that made them": sa.and_(
            deliveries.c.state.in_(("delivered", "ignored")), no_attempt, *due
        ),
    }
    found = []
    for words, condition in doubts.items():
        count = connection.execute(sa.select(sa.func.count()).where(condition)).scalar_one()
        if count:
            found.append(f"{count} {words}")
    return found
