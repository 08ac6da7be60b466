"""Retention: old contents are blanked, old leads are removed with their counts kept."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from relay.runtime import Runtime
from relay.services import word_lists
from relay.services.granted_to import remove_unused
from relay.services.person_requests import end_old
from relay.services.removing import remove_leads, remove_submissions
from relay.store.tables import (
    attempts,
    bodies,
    deliveries,
    fetches,
    import_refusals,
    imports,
    leads,
    reconciliations,
    state_is,
    submissions,
    turned_away,
)

BATCH = 500
"""Rows that one transaction takes up, so that nobody waits long for it."""

Progress = Callable[[int], None]
"""Told how many more rows were done."""


@dataclass(frozen=True, slots=True)
class Retained:
    """How many rows were blanked or removed."""

    bodies: int
    turned_away: int
    attempts: int
    leads: int
    submissions: int
    imports: int = 0
    comparisons: int = 0
    grants: int = 0
    person_requests: int = 0


def retain(rt: Runtime, progress: Progress | None = None) -> Retained:
    """Apply the settings RELAY_KEEP_BODIES_DAYS, _ATTEMPTS_DAYS and _LEADS_DAYS now."""
    told = progress or (lambda _done: None)
    config = rt.config
    return Retained(
        bodies=_repeat(rt, config.keep_bodies_days, _blank_bodies, told),
        turned_away=_repeat(rt, config.keep_bodies_days, _remove_turned_away, told),
        attempts=_repeat(rt, config.keep_attempts_days, _blank_attempts, told),
        leads=_walk(rt, config.keep_leads_days, leads, _remove_leads, told),
        submissions=_walk(rt, config.keep_leads_days, submissions, _remove_leadless, told),
        imports=_repeat(rt, config.keep_bodies_days, _remove_imports, told),
        comparisons=_repeat(rt, config.keep_bodies_days, _remove_comparisons, told),
        grants=remove_unused(rt, config.keep_attempts_days),
        person_requests=end_old(rt),
    )


def _repeat(
    rt: Runtime,
    days: int,
    step: Callable[[sa.Connection, datetime, datetime], int],
    told: Progress,
) -> int:
    """Take batch after batch of what is older than so many days; 0 days keep it for ever."""
    if days == 0:
        return 0
    now = rt.clock.now()
    total = 0
    while True:
        with rt.database.write() as connection:
            done = step(connection, now - timedelta(days=days), now)
        told(done)
        total += done
        if done < BATCH:
            return total


def _walk(
    rt: Runtime,
    days: int,
    table: sa.Table,
    remove: Callable[[sa.Connection, Sequence[UUID], datetime], int],
    told: Progress,
) -> int:
    """Go through a table by its ids, which grow with time, until what comes is young enough.

    Needs no index on an age, and passes what is kept for another reason only once.
    """
    if days == 0:
        return 0
    before = rt.clock.now() - timedelta(days=days)
    age = table.c.created_at if table is leads else table.c.received_at
    page = sa.select(table.c.id, age.label("at")).order_by(table.c.id).limit(BATCH)
    total, following = 0, page
    while True:
        with rt.database.write() as connection:
            rows = connection.execute(following).all()
            done = remove(connection, [row.id for row in rows if row.at < before], before)
        told(done)
        total += done
        if len(rows) < BATCH or rows[-1].at >= before:
            return total
        following = page.where(table.c.id > rows[-1].id)


def _blank_bodies(connection: sa.Connection, before: datetime, now: datetime) -> int:
    old = (
        sa.select(bodies.c.id)
        .where(bodies.c.blanked_at.is_(None), bodies.c.received_at < before)
        .order_by(bodies.c.received_at)
        .limit(BATCH)
    )
    ids = list(connection.execute(old).scalars())
    connection.execute(
        sa.update(bodies)
        .where(bodies.c.id.in_(ids))
        .values(body=b"", headers={}, query="[]", address="", blanked_at=now)
    )
    word_lists.forget_bodies(connection, ids)
    parts = sa.select(submissions.c.id).where(submissions.c.body_id.in_(ids))
    connection.execute(
        sa.update(fetches).where(fetches.c.submission_id.in_(parts)).values(body=None, exchanges=[])
    )
    return len(ids)


def _blank_attempts(connection: sa.Connection, before: datetime, now: datetime) -> int:
    old = (
        sa.select(attempts.c.id)
        .where(attempts.c.blanked_at.is_(None), attempts.c.started_at < before)
        .order_by(attempts.c.started_at)
        .limit(BATCH)
    )
    ids = list(connection.execute(old).scalars())
    connection.execute(
        sa.update(attempts).where(attempts.c.id.in_(ids)).values(exchanges=[], blanked_at=now)
    )
    return len(ids)


def _remove_turned_away(connection: sa.Connection, before: datetime, _now: datetime) -> int:
    old = sa.select(turned_away.c.id).where(turned_away.c.at < before).limit(BATCH)
    ids = list(connection.execute(old).scalars())
    connection.execute(sa.delete(turned_away).where(turned_away.c.id.in_(ids)))
    return len(ids)


def _remove_comparisons(connection: sa.Connection, before: datetime, _now: datetime) -> int:
    """Remove what was found of providers' lists; what is under way stays."""
    old = (
        sa.select(reconciliations.c.id)
        .where(reconciliations.c.started_at < before, ~state_is(reconciliations, "running"))
        .limit(BATCH)
    )
    ids = list(connection.execute(old).scalars())
    connection.execute(sa.delete(reconciliations).where(reconciliations.c.id.in_(ids)))
    return len(ids)


def _remove_imports(connection: sa.Connection, before: datetime, _now: datetime) -> int:
    """Remove uploaded files and their refused rows; what is being imported stays."""
    old = (
        sa.select(imports.c.id)
        .where(imports.c.created_at < before, ~state_is(imports, "waiting", "running"))
        .limit(BATCH)
    )
    ids = list(connection.execute(old).scalars())
    connection.execute(sa.delete(import_refusals).where(import_refusals.c.import_id.in_(ids)))
    connection.execute(sa.delete(imports).where(imports.c.id.in_(ids)))
    return len(ids)


def _remove_leads(connection: sa.Connection, lead_ids: Sequence[UUID], before: datetime) -> int:
    """Remove those of these leads that nobody has named since, and that owe nothing any more."""
    if not lead_ids:
        return 0
    busy = sa.exists().where(
        deliveries.c.lead_id == leads.c.id, state_is(deliveries, "waiting", "sending")
    )
    own = submissions.alias()
    lately = sa.exists().where(  # what changes no lead was said all the same
        own.c.lead_id == leads.c.id,
        sa.or_(
            own.c.received_at >= before,
            sa.exists().where(
                submissions.c.duplicate_of == own.c.id,
                submissions.c.received_at >= before,
                submissions.c.document.is_not(None),  # not just the same event, sent again
            ),
        ),
    )
    old = (
        sa.select(leads.c.id)
        .where(leads.c.id.in_(lead_ids), leads.c.updated_at < before, ~busy, ~lately)
        .order_by(leads.c.project_id, leads.c.lead_key)
        .with_for_update()
    )
    ids = list(connection.execute(old).scalars())
    remove_leads(connection, ids)
    return len(ids)


def _remove_leadless(connection: sa.Connection, ids: Sequence[UUID], _before: datetime) -> int:
    """Remove what became no lead: repeats, refused ones, and what nobody released."""
    leadless = (
        sa.select(submissions.c.id)
        .where(
            submissions.c.id.in_(ids),
            submissions.c.lead_id.is_(None),
            submissions.c.state != "received",
        )
        .with_for_update()
    )
    return remove_submissions(connection, connection.execute(leadless).scalars())
