"""Comparisons under a lease: how far each is, written so that two processes do no harm."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.core.contract import ListedPage
from relay.core.ids import new_id
from relay.runtime import Runtime
from relay.services import keeping
from relay.services.configured import ConfiguredSource
from relay.store.insert import insert_new
from relay.store.tables import reconciliations, sources, state_is

OVERLAP = timedelta(hours=2)
"""By how much each run goes back behind the last: lists lag behind webhooks (Typeform's by up to
half an hour)."""

SETTLE = timedelta(minutes=10)
"""How old a submission is before it can be missing: its webhook may be on its way."""

LOOK_BACK = timedelta(days=30)
"""How far the first run goes back at most; it never goes back behind the source's beginning."""

FREE: dict[str, Any] = {"tries": 0, "lease_token": None, "leased_until": None}
"""The columns of a comparison that nobody works on."""


class LeaseLost(Exception):  # noqa: N818 - not a mistake: another process has taken over
    """The run is no longer this process's."""


@dataclass(slots=True)
class Run:
    """One comparison under this process's lease."""

    row: Any
    token: UUID
    source: ConfiguredSource


def claim(
    rt: Runtime, source: ConfiguredSource, since: datetime | None, asked_by: str
) -> Run | None:
    """Lease the run that is under way, or a new one; None where another process has it."""
    now, token = rt.clock.now(), new_id()
    of = reconciliations.c
    running = (of.source_id == source.id, state_is(reconciliations, "running"))
    free = sa.or_(of.leased_until.is_(None), of.leased_until < now)
    until = _lease_end(rt, now)
    with rt.database.write() as connection:
        if since is not None:  # what was under way is begun anew from there
            ended = {"state": "failed", "reason": "begun anew", "finished_at": now}
            connection.execute(sa.update(reconciliations).where(*running, free).values(ended))
        else:
            _begin_anew(connection, source, (*running, free), now)
            connection.execute(
                sa.update(reconciliations)
                .where(*running, free)
                .values(tries=of.tries + 1, lease_token=token, leased_until=until)
            )
        begun = _new(rt, connection, source, since, now)
        row = begun | {"asked_by": asked_by, "lease_token": token, "leased_until": until}
        insert_new(connection, reconciliations, [row])  # unless one is running
        mine = sa.select(reconciliations).where(*running, of.lease_token == token)
        found = connection.execute(mine).one_or_none()
    return None if found is None else Run(found, token, source)


def _lease_end(rt: Runtime, now: datetime) -> datetime:
    """One page, which may take its time, fits into a lease."""
    return now + timedelta(seconds=rt.config.lease_seconds + rt.config.total_seconds)


def _begin_anew(
    connection: sa.Connection,
    source: ConfiguredSource,
    running: Sequence[sa.ColumnElement[bool]],
    now: datetime,
) -> None:
    """What was listed by other settings is listed again: a cursor may count the forms in them."""
    nothing = dict.fromkeys(("pages", "listed", "known", "taken"), 0)
    connection.execute(
        sa.update(reconciliations)
        .where(*running, reconciliations.c.started_at < source.changed_at)
        .values(cursor=None, started_at=now, **nothing)
    )


def _new(
    rt: Runtime,
    connection: sa.Connection,
    source: ConfiguredSource,
    since: datetime | None,
    now: datetime,
) -> dict[str, Any]:
    of = reconciliations.c
    last = sa.select(sa.func.max(of.until)).where(
        of.source_id == source.id, state_is(reconciliations, "finished")
    )
    reached = connection.execute(last).scalar_one()
    begun = sa.select(sources.c.created_at).where(sources.c.id == source.id)
    first = max(connection.execute(begun).scalar_one(), now - LOOK_BACK)
    start = since or (first if reached is None else reached - OVERLAP)
    days = keeping.of_project(rt, source.project_id)[0].leads
    if days:  # what retention has removed is not missing
        start = max(start, now - timedelta(days=days))
    return {
        "id": new_id(),
        "project_id": source.project_id,
        "source_id": source.id,
        "since": start,
        "until": max(start, now - SETTLE),
        "started_at": now,
        "state": "running",
        "tries": 1,
    }


def count(
    rt: Runtime, connection: sa.Connection, run: Run, page: ListedPage, listed: int, taken: int
) -> Any:
    """Note how far the run is, in the transaction that took the page, naming the lease."""
    of, now = reconciliations.c, rt.clock.now()
    ended = page.cursor is None
    done = {"state": "finished", "finished_at": now, **FREE} if ended else {"tries": 1}
    noted = (
        sa.update(reconciliations)
        .where(of.id == run.row.id, of.lease_token == run.token)
        .values(
            cursor=page.cursor,
            pages=of.pages + 1,
            listed=of.listed + listed,
            known=of.known + listed - taken,
            taken=of.taken + taken,
            reason=None,
            due_at=None,
            **{"leased_until": _lease_end(rt, now), **done},
        )
        .returning(reconciliations)
    )
    row = connection.execute(noted).one_or_none()
    if row is None:
        raise LeaseLost
    return row


def put_off(rt: Runtime, run: Run, wait: float, reason: str | None) -> bool:
    """Go on with it in so many seconds; false, as `note`."""
    due_at = rt.clock.now() + timedelta(seconds=wait)
    return note(rt, run, {"due_at": due_at, "reason": reason, **FREE})


def end(rt: Runtime, run: Run, state: str, reason: str | None) -> bool:
    """Let it have ended so; false, as `note`."""
    ended = {"state": state, "reason": reason, "finished_at": rt.clock.now(), **FREE}
    return note(rt, run, ended)


def note(rt: Runtime, run: Run, values: dict[str, Any]) -> bool:
    """Write this of the run, naming the lease; always false: there is no more to do now."""
    of = reconciliations.c
    mine = (of.id == run.row.id, of.lease_token == run.token)
    with rt.database.write() as connection:
        connection.execute(sa.update(reconciliations).where(*mine).values(**values))
    return False


def row_of(rt: Runtime, run_id: UUID) -> Any:
    """The comparison as it stands."""
    with rt.database.read() as connection:
        query = sa.select(reconciliations).where(reconciliations.c.id == run_id)
        return connection.execute(query).one()
