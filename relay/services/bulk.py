"""Bulk runs: one act on all deliveries that a filter names, asked for, looked at, stopped.

Nothing is done before a run's `starts_at`, and only what was there when it was counted.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.core.contract import Json
from relay.core.ids import new_id
from relay.runtime import Runtime
from relay.services import auditing, filters
from relay.services.browse import Cursor, Page, Row, page_of
from relay.services.filtering import Filter, resolved
from relay.store.tables import bulk_runs, deliveries, state_is, targets

OPEN = ("waiting", "running")
ELSEWHERE = ("replay_to", "catch_up")
"""What needs a target to be named."""

PAGE = 50
"""Runs of one page."""

MADE = 100_000
"""Deliveries of a run whose states are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody asks for: an action of BULK_ACTIONS on all that `filter` names.

    `newest` is an id made when it was counted: what came later is left alone. `counted` is how many
    there were, None where there was no end of counting. For `catch_up` the filter's target never
    got the leads of its `source` (None: any) in the filter's time.
    """

    project: UUID
    action: str
    filter: Filter
    newest: UUID
    counted: int | None
    target: UUID | None = None


def ask(rt: Runtime, wish: Wish, actor: str, *, at_once: bool = False) -> UUID:
    """Keep what is asked for; returns the run's id. Raises ValueError where no target is named.

    It begins by itself after `RELAY_UNDO_SECONDS`, or `at_once`.
    """
    if (wish.target is None) == (wish.action in ELSEWHERE):
        raise ValueError(f"{wish.action} and the target {wish.target} do not go together")
    now, run_id = rt.clock.now(), new_id()
    wanted = filters.to_json(resolved(rt, wish.filter))
    row = {
        "id": run_id,
        "project_id": wish.project,
        "target_id": wish.target,
        "action": wish.action,
        "filter": wanted,
        "asked_by": actor,
        "asked_at": now,
        "starts_at": now + timedelta(seconds=0 if at_once else rt.config.undo_seconds),
        "newest": wish.newest,
        "counted": wish.counted,
        "state": "waiting",
        "reasons": {},
    }
    with rt.database.write() as connection:
        connection.execute(sa.insert(bulk_runs).values(row))
        asked = {"filter": filters.impersonal(wanted), "counted": wish.counted}
        asked |= {"target": str(wish.target)} if wish.target else {}
        _note(rt, connection, row, actor, f"bulk {wish.action}", asked)
    return run_id


def stop(rt: Runtime, project_id: UUID, run_id: UUID, actor: str) -> bool:
    """Let a run do nothing more, from now on; False where it had ended. What it did stays."""
    mine = (bulk_runs.c.id == run_id, bulk_runs.c.project_id == project_id)
    with rt.database.write() as connection:
        query = sa.select(bulk_runs).where(*mine, state_is(bulk_runs, *OPEN)).with_for_update()
        found = connection.execute(query).mappings().first()
        if found is None:
            return False
        row = dict(found)
        reason = f"called off by {actor}" if row["state"] == "waiting" else f"stopped by {actor}"
        ended = ending(row, "stopped", reason) | {"finished_at": rt.clock.now()}
        connection.execute(sa.update(bulk_runs).where(*mine).values(ended))
        _note(rt, connection, row, actor, "stop", {"done": row["done"]})
    return True


def ending(row: Row, state: str, reason: str | None) -> dict[str, Any]:
    """The columns of a run that ends: nothing stays of what may tell of a person."""
    return {
        "state": state,
        "reason": reason,
        "filter": filters.impersonal(row["filter"]),
        "tries": 0,
        "lease_token": None,
        "leased_until": None,
    }


def one(rt: Runtime, project_id: UUID, run_id: UUID) -> Row | None:
    """One of the project's runs, with its target's name."""
    with rt.database.read() as connection:
        query = _listed().where(bulk_runs.c.id == run_id, bulk_runs.c.project_id == project_id)
        found = connection.execute(query).mappings().first()
    return None if found is None else dict(found)


def newest(rt: Runtime, project_id: UUID, cursor: Cursor, limit: int = PAGE) -> Page:
    """The project's runs, newest first."""
    query = _listed().where(bulk_runs.c.project_id == project_id)
    return page_of(rt, query, bulk_runs.c.id, cursor, limit)


def made(rt: Runtime, run_id: UUID) -> dict[str, int]:
    """What has become so far of the deliveries that a run made or acted on, by state; the first
    MADE of them."""
    own = sa.select(deliveries.c.state).where(deliveries.c.run_id == run_id).limit(MADE).subquery()
    query = sa.select(own.c.state, sa.func.count()).group_by(own.c.state).order_by(own.c.state)
    with rt.database.read() as connection:
        return dict(connection.execute(query).all())


def _listed() -> sa.Select[*tuple[Any, ...]]:
    query = sa.select(bulk_runs, targets.c.name.label("target"))
    return query.outerjoin(targets, targets.c.id == bulk_runs.c.target_id)


def _note(
    rt: Runtime,
    connection: sa.Connection,
    row: Row,
    actor: str,
    action: str,
    after: Json,
) -> None:
    subject = f"bulk run {row['id']}"
    auditing.note(connection, rt, row["project_id"], actor, action, subject, after=after)
