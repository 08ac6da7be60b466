"""What has turned is owed to those who want to know: notices, gathered before they go out.

The rows are written with the turns that they tell, in one transaction: none is lost.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import sqlalchemy as sa

from relay.core.ids import new_id
from relay.store.tables import notices, problems, projects, recipients, state_is

if TYPE_CHECKING:
    from relay.services.turns import Turn

GATHER = timedelta(seconds=5)
"""How long a notice waits for what happens at the same time."""

TOLD = ("opened", "resolved")
"""The turns that anybody wants to be told of."""


def owe(connection: sa.Connection, kept: Sequence[tuple[UUID, "Turn"]], now: datetime) -> None:
    """Owe these turns, by their ids, to all who want them; nobody is told of what is muted."""
    told = [(turn_id, turn) for turn_id, turn in kept if turn.turn in TOLD]
    loud = _loud(connection, {turn.problem_id for _, turn in told}, now)
    told = [(turn_id, turn) for turn_id, turn in told if turn.problem_id in loud]
    if not told:
        return
    owners = {turn.project_id for _, turn in told}
    for row in _recipients(connection, owners):
        wanted = [str(turn_id) for turn_id, turn in told if _wants(row, turn)]
        if wanted:
            _gather(connection, row, wanted, now)


def _loud(connection: sa.Connection, ids: set[UUID], now: datetime) -> set[UUID]:
    """Those of these problems that are not muted."""
    muted = sa.and_(
        problems.c.muted_at.is_not(None),
        sa.or_(problems.c.muted_until.is_(None), problems.c.muted_until > now),
    )
    own = sa.select(problems.c.id).where(problems.c.id.in_(ids), ~muted)
    return set(connection.execute(own).scalars()) if ids else set()


def _recipients(connection: sa.Connection, owners: set[UUID | None]) -> Sequence[Any]:
    """Who may want to know, locked in one order: what they are owed is gathered one by one."""
    query = (
        sa.select(recipients)
        .join(projects, projects.c.id == recipients.c.project_id)
        .where(recipients.c.archived_at.is_(None), projects.c.archived_at.is_(None))
        .order_by(recipients.c.id)
        .with_for_update(of=recipients)
    )
    if None not in owners:
        query = query.where(recipients.c.project_id.in_(owners))
    return connection.execute(query).all()


def _wants(row: Any, turn: "Turn") -> bool:
    options = row.options
    sorts = options.get("sorts")
    if sorts and turn.sort not in sorts:
        return False
    if turn.turn == "resolved" and not options.get("resolved"):
        return False
    if turn.sort == "notice" and turn.turn == "opened" and turn.code == row.name:
        return False  # it would be told of itself, in vain
    return (
        bool(options.get("house")) if turn.project_id is None else turn.project_id == row.project_id
    )


def _gather(connection: sa.Connection, row: Any, turns: list[str], now: datetime) -> None:
    """Put them into the notice that waits to go out, or begin one, not sooner than its quiet."""
    newest = connection.execute(
        sa.select(notices)
        .where(notices.c.recipient_id == row.id)
        .order_by(notices.c.id.desc())
        .limit(1)
        .with_for_update()
    ).first()
    if newest is not None and newest.state == "waiting" and not newest.tries + newest.attempts:
        own = sa.update(notices).where(notices.c.id == newest.id, state_is(notices, "waiting"))
        connection.execute(own.values(turns=[*newest.turns, *turns]))
        return
    due_at = now + GATHER
    if newest is not None:
        due_at = max(due_at, newest.due_at + timedelta(seconds=row.options.get("quiet", 60)))
    connection.execute(
        sa.insert(notices).values(
            id=new_id(),
            project_id=row.project_id,
            recipient_id=row.id,
            state="waiting",
            turns=turns,
            created_at=now,
            due_at=due_at,
            exchanges=[],
        )
    )
