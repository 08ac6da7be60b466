"""Sending what one target was owed to another: the same version of the lead, by its own rules."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.core.ids import new_id
from relay.runtime import Runtime
from relay.services import configured
from relay.services.again import write_behind
from relay.services.configured import ConfiguredRoute, ConfiguredTarget
from relay.services.deliveries import ReplayCounts, last_open, replay_counts
from relay.services.owing import KNOWN_THERE, LONGEST_WAIT
from relay.store.tables import deliveries, leads

NOT_ITS_OWN = "it is the delivery's own target: send it again instead"
HAS_IT = "the target has this version of the lead, or a newer one, or is about to get it"
NO_STATUS = "no route from its source sends this target what becomes of leads"
TOO_OLD = "the lead is older than what the target takes"
TEST = "a test submission; the source does not forward tests"
PARTIAL = "a partial response; the source does not forward partials"


@dataclass(frozen=True, slots=True)
class Sent:
    """Which deliveries were made, and why the others were not, by the id of what they go by."""

    made: list[UUID]
    why_not: dict[UUID, str]


@dataclass(slots=True)
class _There:
    """What the target has got of a lead, or is about to: up to which version, and as new."""

    version: int = 0
    created: bool = False


def send_to(
    rt: Runtime,
    connection: sa.Connection,
    rows: Sequence[Any],
    target: ConfiguredTarget,
    *,
    run_id: UUID | None = None,
) -> Sent:
    """Write deliveries to this target of what these rows brought, or were to bring, to others.

    Locks the leads. The rows come in the order of their versions. What the target has got already
    is not sent a second time, so doing this twice changes nothing.
    """
    lead_ids = list({row.lead_id for row in rows})
    counts = replay_counts(connection, lead_ids)
    there = _there(connection, lead_ids, target.id)
    owners = _leads(connection, lead_ids)
    new: list[dict[str, Any]] = []
    why_not: dict[UUID, str] = {}
    for row in rows:
        known = there.setdefault(_lane(row), _There())
        lead, route = owners[row.lead_id], _route(rt, row, target)
        values = _delivery(rt, row, lead, target, route, counts, created=not known.created)
        if reason := _why_not(rt, row, lead, target, route, known, values):
            why_not[row.id] = reason
            continue
        known.version, known.created = row.version, True
        new.append(values | ({"run_id": run_id} if run_id else {}))
    write_behind(connection, new, last_open(connection, lead_ids))
    return Sent([values["id"] for values in new], why_not)


def _lane(row: Any) -> tuple[UUID, str]:
    """What keeps its order and is not sent twice: a lead's versions, and each of its statuses."""
    return row.lead_id, row.label


def _there(
    connection: sa.Connection, lead_ids: Sequence[UUID], target_id: UUID
) -> dict[tuple[UUID, str], _There]:
    statement = sa.select(deliveries).where(
        deliveries.c.lead_id.in_(lead_ids),
        deliveries.c.target_id == target_id,
        deliveries.c.state.in_(KNOWN_THERE),
    )
    found: dict[tuple[UUID, str], _There] = {}
    for row in connection.execute(statement):
        one = found.setdefault(_lane(row), _There())
        one.version = max(one.version, row.version)
        one.created = one.created or row.event == "created"
    return found


def _leads(connection: sa.Connection, lead_ids: Sequence[UUID]) -> dict[UUID, Any]:
    columns = (leads.c.id, leads.c.created_at, leads.c.test, leads.c.partial)
    found = connection.execute(sa.select(*columns).where(leads.c.id.in_(lead_ids)))
    return {row.id: row for row in found}


def _route(rt: Runtime, row: Any, target: ConfiguredTarget) -> ConfiguredRoute | None:
    routes = configured.routes_from(rt, row.source_id)
    return next((one for one in routes if one.target_id == target.id), None)


def _why_not(
    rt: Runtime,
    row: Any,
    lead: Any,
    target: ConfiguredTarget,
    route: ConfiguredRoute | None,
    known: _There,
    values: dict[str, Any],
) -> str | None:
    if row.target_id == target.id:
        return NOT_ITS_OWN
    if known.version >= row.version:
        return HAS_IT
    if row.event == "status" and (route is None or "status" not in route.events):
        return NO_STATUS
    if values["expires_at"] <= values["due_at"]:
        return TOO_OLD
    source = configured.source(rt, row.source_id)
    options = {} if source is None else source.options
    if lead.test and not options.get("forward_tests"):
        return TEST
    if lead.partial and not options.get("forward_partials"):
        return PARTIAL
    return None


def _delivery(
    rt: Runtime,
    row: Any,
    lead: Any,
    target: ConfiguredTarget,
    route: ConfiguredRoute | None,
    counts: ReplayCounts,
    *,
    created: bool,
) -> dict[str, Any]:
    now = rt.clock.now()
    key = (row.lead_id, row.version, target.id, row.label)
    counts[key] = counts.get(key, 0) + 1
    due_at = max(now, lead.created_at + timedelta(seconds=target.kind.target.min_age or 0))
    age = target.max_age
    return {
        "id": new_id(),
        "project_id": target.project_id,
        "lead_id": row.lead_id,
        "version": row.version,
        "target_id": target.id,
        "route_id": route.id if route else None,
        "source_id": row.source_id,
        "event": row.event if row.event == "status" else ("created" if created else "updated"),
        "label": row.label,
        "replay": counts[key],
        "replay_of": row.id,
        "state": "waiting",
        "priority": row.priority,
        "created_at": now,
        "due_at": due_at,
        "expires_at": due_at + LONGEST_WAIT
        if age is None
        else lead.created_at + timedelta(seconds=age),
        "trigger": "replay",
    }
