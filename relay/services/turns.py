"""The turns that problems take: opened, resolved, muted. Each is kept, and told to who wants it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from relay.core.ids import new_id
from relay.services.noticing import owe
from relay.store.tables import problem_turns


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn; `project_id` None is of the whole relay, `actor` None by itself."""

    problem_id: UUID
    project_id: UUID | None
    sort: str
    turn: str
    actor: str | None
    times: int
    code: str = ""


def keep_turns(connection: sa.Connection, turns: Sequence[Turn], now: datetime) -> None:
    """Write what has turned into the problems' history, and owe it to who wants to know."""
    ids = [new_id() for _ in turns]
    rows = [
        {
            "id": turn_id,
            "problem_id": one.problem_id,
            "at": now,
            "turn": one.turn,
            "actor": one.actor,
            "times": one.times,
        }
        for turn_id, one in zip(ids, turns, strict=True)
    ]
    if rows:
        connection.execute(sa.insert(problem_turns), rows)
        owe(connection, list(zip(ids, turns, strict=True)), now)
