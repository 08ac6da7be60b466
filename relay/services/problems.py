"""Problems as people look at them, mute them, and say that they are resolved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.core.problem_sorts import SORTS
from relay.core.problem_words import title
from relay.runtime import Runtime
from relay.services.auditing import note
from relay.services.browse import START, Cursor, Page, Row
from relay.services.inventory import COUNTED
from relay.services.sightings import close
from relay.services.turns import Turn, keep_turns
from relay.store.tables import (
    deliveries,
    problem_minutes,
    problem_turns,
    problems,
    projects,
    sources,
    state_is,
    targets,
)

SHELVES = ("open", "muted", "resolved")

COUNTED_LATELY = timedelta(days=31)
"""How far back a problem tells how often it happened."""

MOST_TURNS = 50
"""Turns of its history that one problem shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Whose problems: a project's (None: all), and with `house` those of the whole relay."""

    project: UUID | None
    house: bool = True

    def holds(self) -> sa.ColumnElement[bool]:
        """The condition on a problem."""
        if self.project is None:
            return sa.true() if self.house else problems.c.project_id.is_not(None)
        own = problems.c.project_id == self.project
        return sa.or_(own, problems.c.project_id.is_(None)) if self.house else own


@dataclass(frozen=True, slots=True)
class Whole:
    """One problem with its history, newest first, and how often it happened by minute,
    COUNTED_LATELY."""

    row: Row
    turns: Sequence[Row]
    minutes: Mapping[datetime, int]


def listed(
    rt: Runtime,
    scope: Scope,
    shelf: str = "open",
    *,
    sort: str = "",
    cursor: Cursor = START,
    limit: int = 50,
) -> Page:
    """Problems on one of SHELVES, the newest happening first, each with its title."""
    query = with_names().where(scope.holds(), _on(shelf, rt.clock.now()))
    if sort:
        query = query.where(problems.c.sort == sort)
    backwards = cursor.before is not None
    edge = cursor.before or cursor.after
    if edge is not None:
        at = sa.select(problems.c.last_at).where(problems.c.id == edge).scalar_subquery()
        place = sa.tuple_(problems.c.last_at, problems.c.id)
        here = sa.tuple_(at, sa.literal(edge, sa.Uuid))
        query = query.where(place > here if backwards else place < here)
    columns = (problems.c.last_at, problems.c.id)
    query = query.order_by(*(one.asc() if backwards else one.desc() for one in columns))
    with rt.database.read() as connection:
        found = list(connection.execute(query.limit(limit + 1)).mappings())
    rows = [_told(row) for row in found[:limit]]
    beyond = len(found) > limit
    if backwards:
        rows.reverse()
    older = bool(rows) if backwards else beyond
    newer = beyond if backwards else bool(rows) and edge is not None
    return Page(rows, rows[-1]["id"] if older else None, rows[0]["id"] if newer else None)


def counts(rt: Runtime, scope: Scope) -> dict[str, int]:
    """How many are open, and how many are muted, each counted up to COUNTED."""
    now = rt.clock.now()
    counted = [
        sa.select(sa.func.count())
        .select_from(
            sa.select(problems.c.id).where(scope.holds(), _on(shelf, now)).limit(COUNTED).subquery()
        )
        .scalar_subquery()
        .label(shelf)
        for shelf in ("open", "muted")
    ]
    with rt.database.read() as connection:
        return dict(connection.execute(sa.select(*counted)).mappings().one())


def one(rt: Runtime, scope: Scope, problem_id: UUID) -> Whole | None:
    """One problem that was ever open, with its history."""
    minutes = problem_minutes.c
    history = (
        sa.select(problem_turns)
        .where(problem_turns.c.problem_id == problem_id)
        .order_by(problem_turns.c.id.desc())
        .limit(MOST_TURNS)
    )
    own = sa.select(minutes.minute, minutes.times).where(
        minutes.problem_id == problem_id, minutes.minute >= rt.clock.now() - COUNTED_LATELY
    )
    query = (
        with_names()
        .add_columns(deliveries.c.lead_id.label("delivery_lead"))
        .outerjoin(deliveries, deliveries.c.id == problems.c.delivery_id)
        .where(problems.c.id == problem_id, scope.holds())
    )
    with rt.database.read() as connection:
        row = connection.execute(query.where(problems.c.openings > 0)).mappings().first()
        if row is None:
            return None
        turns = [dict(turn) for turn in connection.execute(history).mappings()]
        counted = {found.minute: found.times for found in connection.execute(own)}
    return Whole(_told(row), turns, counted)


def mute(rt: Runtime, problem_id: UUID, seconds: float | None, actor: str) -> bool:
    """Send no notices of it for so long, or (None) for ever; False where it is not there."""
    now = rt.clock.now()
    until = None if seconds is None else now + timedelta(seconds=seconds)
    values = {"muted_at": now, "muted_until": until}
    return _turn(rt, problem_id, "muted", values, actor, {"until": until and until.isoformat()})


def unmute(rt: Runtime, problem_id: UUID, actor: str) -> bool:
    """Send notices of it again; False where it is not muted."""
    values = {"muted_at": None, "muted_until": None}
    return _turn(rt, problem_id, "unmuted", values, actor, None)


def resolve(rt: Runtime, problem_id: UUID, actor: str) -> bool:
    """Say that the cause is put right: when it happens again it opens anew.

    False for what is not open, and for a state, which is over when it is over.
    """
    now = rt.clock.now()
    with rt.database.write() as connection:
        row = _row(connection, problem_id)
        if row is None or row.state != "open" or not SORTS[row.sort].repeats:
            return False
        keep_turns(connection, close(connection, row, actor, now), now)
        _note(connection, rt, row, actor, "resolve", None)
    return True


def is_muted(row: Mapping[str, Any], now: datetime) -> bool:
    """Whether notices of a problem are kept back."""
    until = row["muted_until"]
    return row["muted_at"] is not None and (until is None or until > now)


def with_names() -> sa.Select[Any]:
    """Problems with the names of their `source`, `target` and (public id) `project`."""
    return (
        sa.select(
            problems,
            sources.c.name.label("source"),
            targets.c.name.label("target"),
            projects.c.public_id.label("project"),
        )
        .outerjoin(sources, sources.c.id == problems.c.source_id)
        .outerjoin(targets, targets.c.id == problems.c.target_id)
        .outerjoin(projects, projects.c.id == problems.c.project_id)
    )


def _turn(
    rt: Runtime, problem_id: UUID, turn: str, values: Mapping[str, Any], actor: str, after: Any
) -> bool:
    now = rt.clock.now()
    with rt.database.write() as connection:
        row = _row(connection, problem_id)
        if row is None or (turn == "unmuted" and row.muted_at is None):
            return False
        own = sa.update(problems).where(problems.c.id == problem_id)
        connection.execute(own.values(**values))
        told = Turn(row.id, row.project_id, row.sort, turn, actor, row.times)
        keep_turns(connection, [told], now)
        _note(connection, rt, row, actor, turn.removesuffix("d"), after)
    return True


def _note(
    connection: sa.Connection, rt: Runtime, row: Any, actor: str, action: str, after: Any
) -> None:
    [named] = connection.execute(with_names().where(problems.c.id == row.id)).mappings()
    note(
        connection, rt, row.project_id, actor, action, f"problem {title(dict(named))}", after=after
    )


def _row(connection: sa.Connection, problem_id: UUID) -> Any:
    own = sa.select(problems).where(problems.c.id == problem_id).with_for_update()
    return connection.execute(own).first()


def _on(shelf: str, now: datetime) -> sa.ColumnElement[bool]:
    muted = sa.and_(
        problems.c.muted_at.is_not(None),
        sa.or_(problems.c.muted_until.is_(None), problems.c.muted_until > now),
    )
    if shelf == "resolved":
        return sa.and_(~state_is(problems, "open"), problems.c.openings > 0)
    return sa.and_(state_is(problems, "open"), muted if shelf == "muted" else ~muted)


def _told(row: Any) -> Row:
    return {**row, "title": title(row)}
