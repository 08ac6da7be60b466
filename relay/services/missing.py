"""Leads that a target never got: counted first, then brought to it."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.runtime import Runtime
from relay.services import auditing, configured
from relay.services.blocked import NOT_BLOCKED
from relay.services.catching_up import brought_by, delivery_of, got, judged
from relay.services.configured import ConfiguredRoute, ConfiguredTarget
from relay.services.deliveries import replay_counts
from relay.store.tables import deliveries, lead_versions, leads

BATCH = 500
"""Leads that one transaction takes up."""

Progress = Callable[[int], None]
"""Told how many more were done."""

_Missing = tuple[Any, ConfiguredRoute]
"""A lead's row and the route by which it is owed."""


def count(
    rt: Runtime, target_id: UUID, since: datetime | None = None, source: UUID | None = None
) -> int:
    """How many leads this target never got that its routes would send it."""
    return sum(len(rows) for rows in _batches(rt, target_id, since, source))


def bring(
    rt: Runtime,
    target_id: UUID,
    actor: str,
    since: datetime | None = None,
    source: UUID | None = None,
    progress: Progress | None = None,
) -> int:
    """Bring this target the leads that it never got, the oldest first; returns how many go."""
    done = 0
    _note(rt, target_id, actor, since, source)
    for rows in _batches(rt, target_id, since, source):
        done += _owe(rt, target_id, rows)
        if progress is not None:
            progress(len(rows))
    rt.queue.wake_lane(target_id)
    return done


def _note(
    rt: Runtime, target_id: UUID, actor: str, since: datetime | None, source: UUID | None
) -> None:
    target = configured.target(rt, target_id)
    if target is None:
        return
    asked = {
        "since": since.isoformat() if since else None,
        "source": str(source) if source else None,
    }
    with rt.database.write() as connection:
        subject = f"target {target.name}"
        auditing.note(connection, rt, target.project_id, actor, "bring", subject, after=asked)


def _batches(
    rt: Runtime, target_id: UUID, since: datetime | None, source: UUID | None
) -> Iterator[list[_Missing]]:
    target = configured.target(rt, target_id)
    if target is None:
        return
    page: sa.Select[Any] | None = _never_got(target, since, source)
    while page is not None:
        with rt.database.read() as connection:
            rows = connection.execute(page.order_by(leads.c.id).limit(BATCH)).all()
            brought = brought_by(connection, rows)
        found = [(row, judged(rt, row, brought[row.id], target).route) for row in rows]
        if wanted := [(row, route) for row, route in found if route is not None]:
            yield wanted
        page = page.where(leads.c.id > rows[-1].id) if len(rows) == BATCH else None


def _never_got(
    target: ConfiguredTarget, since: datetime | None, source: UUID | None
) -> sa.Select[Any]:
    statement = (
        sa.select(leads, lead_versions.c.document)
        .join(
            lead_versions,
            sa.and_(
                lead_versions.c.lead_id == leads.c.id, lead_versions.c.version == leads.c.version
            ),
        )
        .where(
            leads.c.project_id == target.project_id,
            leads.c.archived_at.is_(None),
            NOT_BLOCKED,
            ~got(leads.c.id, target.id),
        )
    )
    if since is not None:
        statement = statement.where(leads.c.created_at >= since)
    if source is not None:
        statement = statement.where(leads.c.source_id == source)
    return statement


def _owe(rt: Runtime, target_id: UUID, rows: Sequence[_Missing]) -> int:
    target = configured.target(rt, target_id)
    if target is None:
        return 0
    with rt.database.write() as connection:
        ids = [row.id for row, _route in rows]
        counts = replay_counts(connection, ids)
        # a worker may have stored the next version, with its delivery, until the leads were locked
        still = sa.select(leads.c.id).where(leads.c.id.in_(ids), ~got(leads.c.id, target_id))
        never = set(connection.execute(still).scalars())
        owed = [(row, route) for row, route in rows if row.id in never]
        new = [delivery_of(rt, row, route, target, counts) for row, route in owed]
        if new:
            connection.execute(sa.insert(deliveries), new)
    return len(new)
