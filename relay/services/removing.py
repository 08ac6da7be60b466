"""Removing rows for good: leads and all that belongs to them; the ledger keeps their numbers."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.services import searching, totals, word_lists
from relay.store.insert import new_rows
from relay.store.tables import (
    attempts,
    bodies,
    deliveries,
    event_keys,
    fetches,
    lead_versions,
    leads,
    ledger_days,
    status_changes,
    submissions,
)

Counts = Counter[tuple[UUID, date, str, str]]
"""Numbers by project, day, what and state, as `ledger_days` holds them."""


def remove_leads(connection: sa.Connection, ids: Sequence[UUID]) -> None:
    """Remove these leads, which the caller has locked, with what came in and went out of them."""
    brought = sa.select(submissions.c.id).where(submissions.c.lead_id.in_(ids))
    remove_submissions(connection, connection.execute(brought).scalars())
    remove_leads_alone(connection, ids)


def remove_leads_alone(connection: sa.Connection, ids: Sequence[UUID]) -> None:
    """Remove these leads, which the caller has locked, with what went out; what came in stays."""
    counts: Counts = Counter()
    _remove_deliveries(connection, ids, counts)
    _remove_changes(connection, ids, counts)
    connection.execute(sa.delete(lead_versions).where(lead_versions.c.lead_id.in_(ids)))
    searching.remove(connection, ids)
    word_lists.remove(connection, ids)
    removed = sa.delete(leads).where(leads.c.id.in_(ids)).returning(*leads.c)
    gone = connection.execute(removed).mappings().all()
    keep_counts(connection, counts)
    totals.shift(connection, gone, [])


def remove_submissions(connection: sa.Connection, ids: Iterable[UUID]) -> int:
    """Remove submissions with their repeats, which point to them; returns how many."""
    counts: Counts = Counter()
    removed = _remove_submissions(connection, ids, counts)
    keep_counts(connection, counts)
    return removed


def _remove_deliveries(connection: sa.Connection, lead_ids: Sequence[UUID], counts: Counts) -> None:
    gone = connection.execute(
        sa.select(
            deliveries.c.id,
            deliveries.c.project_id,
            deliveries.c.created_at,
            deliveries.c.state,
            deliveries.c.replay,
        ).where(deliveries.c.lead_id.in_(lead_ids))
    ).all()
    for row in gone:
        day = row.created_at.date()
        counts[row.project_id, day, "deliveries", row.state] += 1
        counts[row.project_id, day, "owed", ""] += row.replay > 0
    ids = [row.id for row in gone]
    connection.execute(sa.delete(attempts).where(attempts.c.delivery_id.in_(ids)))
    connection.execute(sa.delete(deliveries).where(deliveries.c.id.in_(ids)))


def _remove_changes(connection: sa.Connection, lead_ids: Sequence[UUID], counts: Counts) -> None:
    """Remove what was said of these leads' statuses, with what that made owed."""
    removed = (
        sa.delete(status_changes)
        .where(status_changes.c.lead_id.in_(lead_ids))
        .returning(status_changes.c.project_id, status_changes.c.done_at, status_changes.c.owed)
    )
    for row in connection.execute(removed).all():
        if row.owed:
            counts[row.project_id, row.done_at.date(), "owed", ""] += row.owed


def _remove_submissions(connection: sa.Connection, ids: Iterable[UUID], counts: Counts) -> int:
    gone = connection.execute(
        sa.select(
            submissions.c.id,
            submissions.c.body_id,
            submissions.c.project_id,
            submissions.c.source_id,
            submissions.c.event_key,
            submissions.c.received_at,
            submissions.c.stored_at,
            submissions.c.state,
            submissions.c.owed,
        ).where(submissions.c.id.in_(_with_repeats(connection, ids)))
    ).all()
    for row in gone:
        day = row.received_at.date()
        counts[row.project_id, day, "submissions", row.state] += 1
        counts[row.project_id, day, "parts", ""] += 1
        if row.owed:
            counts[row.project_id, row.stored_at.date(), "owed", ""] += row.owed
    _forget_events(connection, gone)
    taken = [row.id for row in gone]
    word_lists.remove(connection, taken)
    connection.execute(sa.delete(fetches).where(fetches.c.submission_id.in_(taken)))
    connection.execute(sa.delete(submissions).where(submissions.c.id.in_(taken)))
    _shrink_bodies(connection, Counter(row.body_id for row in gone))
    return len(gone)


def _with_repeats(connection: sa.Connection, ids: Iterable[UUID]) -> set[UUID]:
    found = set(ids)
    newly = found
    while newly:
        repeats = sa.select(submissions.c.id).where(submissions.c.duplicate_of.in_(newly))
        newly = set(connection.execute(repeats).scalars()) - found
        found |= newly
    return found


def _forget_events(connection: sa.Connection, gone: Sequence[Any]) -> None:
    """The first of an event is gone: should it come again, it is the first again."""
    keys = {(row.source_id, row.event_key) for row in gone if row.event_key is not None}
    connection.execute(
        sa.delete(event_keys).where(
            sa.tuple_(event_keys.c.source_id, event_keys.c.event_key).in_(keys),
            event_keys.c.submission_id.in_([row.id for row in gone]),
        )
    )


def _shrink_bodies(connection: sa.Connection, taken: Counter[UUID]) -> None:
    """Count these parts out of their bodies, and remove the bodies of which none is left."""
    if not taken:
        return
    connection.execute(
        sa.update(bodies)
        .where(bodies.c.id == sa.bindparam("row_id"))
        .values(parts=bodies.c.parts - sa.bindparam("taken")),
        [{"row_id": body_id, "taken": count} for body_id, count in sorted(taken.items())],
    )
    used = sa.exists().where(submissions.c.body_id == bodies.c.id)
    connection.execute(sa.delete(bodies).where(bodies.c.id.in_(taken), bodies.c.parts == 0, ~used))


def keep_counts(connection: sa.Connection, counts: Counts) -> None:
    """Add numbers of rows that are there no more to those of their days."""
    for (project_id, day, what, state), number in sorted(counts.items(), key=str):
        if number:
            insert = new_rows(connection, ledger_days).values(
                project_id=project_id, day=day, what=what, state=state, count=number
            )
            connection.execute(
                insert.on_conflict_do_update(
                    index_elements=["project_id", "day", "what", "state"],
                    set_={"count": ledger_days.c.count + number},
                )
            )
