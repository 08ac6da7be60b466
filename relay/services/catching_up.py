"""Owing a target, by the rules of today, the leads that it never got."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.core.ids import new_id
from relay.runtime import Runtime
from relay.services import configured
from relay.services.blocked import BLOCKED, NOT_BLOCKED
from relay.services.configured import ConfiguredRoute, ConfiguredTarget
from relay.services.deliveries import ReplayCounts, replay_counts
from relay.services.owing import LONGEST_WAIT, why_not
from relay.store.tables import deliveries, lead_versions, leads, state_is, submissions

GOT_SINCE = "the target has got it meanwhile, or is about to"
NO_ROUTE = "no route leads from its source to this target"
TOO_OLD = "the lead is older than what the target takes"


@dataclass(frozen=True, slots=True)
class Judged:
    """The route by which a lead would go to a target, or why it would not."""

    route: ConfiguredRoute | None
    reason: str | None = None


@dataclass(slots=True)
class Owed:
    """How many deliveries were made, and why there are none of the other leads."""

    done: int = 0
    why_not: Counter[str] = field(default_factory=Counter)


def got(lead_id: sa.ColumnElement[UUID], target_id: UUID) -> sa.ColumnElement[bool]:
    """Whether the target got the lead, or is about to."""
    return sa.exists().where(
        deliveries.c.lead_id == lead_id,
        deliveries.c.target_id == target_id,
        state_is(deliveries, "waiting", "sending", "delivered", "ignored"),
    )


def brought_by(connection: sa.Connection, rows: Sequence[Any]) -> dict[UUID, list[UUID]]:
    """The sources that each lead came from, its first one first."""
    found = {row.id: [row.source_id] for row in rows}
    statement = (
        sa.select(submissions.c.lead_id, submissions.c.source_id)
        .where(submissions.c.lead_id.in_(found))
        .distinct()
        .order_by(submissions.c.source_id)
    )
    for lead_id, source_id in connection.execute(statement):
        found[lead_id].append(source_id)
    return found


def judged(rt: Runtime, lead: Any, brought: Sequence[UUID], target: ConfiguredTarget) -> Judged:
    """By which route this lead would go to the target; `lead` is its row with its `document`."""
    reason: str | None = None
    for source_id in brought:
        source = configured.source(rt, source_id)
        if source is None:
            continue
        for route in configured.routes_from(rt, source_id):
            if route.target_id != target.id:
                continue
            against = why_not(lead, source, route, target, "created")
            if against is None:
                return Judged(route)
            reason = reason or against
    return Judged(None, reason or NO_ROUTE)


def owe(
    rt: Runtime,
    connection: sa.Connection,
    target: ConfiguredTarget,
    lead_ids: Sequence[UUID],
    *,
    source: UUID | None = None,
    run_id: UUID,
) -> Owed:
    """Write what these leads, in their newest versions, owe the target that never got them.

    Locks the leads; doing this twice changes nothing. With a `source` only its own routes count.
    """
    counts = replay_counts(connection, lead_ids)
    owed, new = Owed(), []
    for row, found in judge(rt, connection, target, lead_ids, source):
        if found.route is None:
            owed.why_not[found.reason or NO_ROUTE] += 1
        else:
            delivery = delivery_of(rt, row, found.route, target, counts)
            new.append(delivery | {"run_id": run_id})
    if new:
        connection.execute(sa.insert(deliveries), new)
    owed.done = len(new)
    return owed


def judge(
    rt: Runtime,
    connection: sa.Connection,
    target: ConfiguredTarget,
    lead_ids: Sequence[UUID],
    source: UUID | None,
) -> Iterator[tuple[Any, Judged]]:
    """Each of these leads as it is now, with the route by which it would go, or why not."""
    rows = connection.execute(_newest(lead_ids, target)).all()
    brought = brought_by(connection, rows)
    for row in rows:
        by = [one for one in brought[row.id] if source in (None, one)]
        barred = _barred(rt, row, target)
        yield row, Judged(None, barred) if barred else judged(rt, row, by, target)


def _newest(lead_ids: Sequence[UUID], target: ConfiguredTarget) -> sa.Select[*tuple[Any, ...]]:
    newest = sa.and_(
        lead_versions.c.lead_id == leads.c.id, lead_versions.c.version == leads.c.version
    )
    return (
        sa.select(
            leads,
            lead_versions.c.document,
            got(leads.c.id, target.id).label("got"),
            NOT_BLOCKED.label("permitted"),
        )
        .join(lead_versions, newest)
        .where(leads.c.id.in_(lead_ids), leads.c.project_id == target.project_id)
        .order_by(leads.c.id)
    )


def _barred(rt: Runtime, row: Any, target: ConfiguredTarget) -> str | None:
    if row.got:
        return GOT_SINCE
    if target.max_age is not None:
        ends = row.created_at + timedelta(seconds=target.max_age)
        if ends <= rt.clock.now():
            return TOO_OLD
    return None if row.permitted else BLOCKED


def delivery_of(
    rt: Runtime, lead: Any, route: ConfiguredRoute, target: ConfiguredTarget, counts: ReplayCounts
) -> dict[str, Any]:
    """The delivery of a lead to a target that never got it."""
    now = rt.clock.now()
    key = (lead.id, lead.version, target.id, "")
    counts[key] = counts.get(key, 0) + 1
    age = target.max_age
    expiry = now + LONGEST_WAIT if age is None else lead.created_at + timedelta(seconds=age)
    return {
        "id": new_id(),
        "project_id": lead.project_id,
        "lead_id": lead.id,
        "version": lead.version,
        "target_id": target.id,
        "route_id": route.id,
        "source_id": route.source_id,
        "event": "created",
        "replay": counts[key],
        "state": "waiting",
        "created_at": now,
        "due_at": now,
        "expires_at": expiry,
        "trigger": "replay",
    }
