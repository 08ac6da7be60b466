"""Who is told that a lead's status changed: one delivery for each target and label, or a skip."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.core.contract import Json
from relay.core.ids import new_id
from relay.core.lead import match_keys
from relay.runtime import Runtime
from relay.services import blocked, configured
from relay.services.configured import ConfiguredRoute, ConfiguredTarget
from relay.services.owing import LONGEST_WAIT, OPEN, why_not
from relay.store.tables import deliveries

STATUS = "status"

CALLED_OFF = ("skipped", "cancelled")
"""Ends of a delivery that told nobody of its label."""


@dataclass(frozen=True, slots=True)
class _Way:
    """A route that leads to a target, and why nothing goes on it, if so."""

    target: ConfiguredTarget
    route: ConfiguredRoute
    source_id: UUID
    reason: str | None


@dataclass(frozen=True, slots=True)
class _Said:
    """What `why_not` has to know of a lead."""

    document: Json
    test: bool
    partial: bool


def tell(
    rt: Runtime,
    connection: sa.Connection,
    lead: Mapping[str, Any],
    label: str,
    changed_at: datetime,
    now: datetime,
) -> tuple[int, set[UUID]]:
    """Owe a lead's new status to its targets; returns how many deliveries, and the lanes to wake.

    `lead` is its locked row with the newest `document`. Each target is told of a label once, behind
    what is still on its way to it; a route that does not send it is skipped once.
    """
    there = _deliveries(connection, lead["id"])
    barred = _is_blocked(connection, lead)
    rows = []
    for way in _ways(rt, lead, there).values():
        told = [
            one.state
            for one in there
            if (one.target_id, one.event, one.label) == (way.target.id, STATUS, label)
        ]
        reason = blocked.BLOCKED if barred else way.reason
        if told if reason else set(told) - set(CALLED_OFF):
            continue
        expires_at = _expiry(way.target, changed_at, now)
        rows.append({**_row(lead, way, label, reason, there, now), "expires_at": expires_at})
    if rows:
        connection.execute(sa.insert(deliveries), rows)
    return len(rows), {row["target_id"] for row in rows if _is_due(row, now)}


def _deliveries(connection: sa.Connection, lead_id: UUID) -> Sequence[Any]:
    statement = sa.select(deliveries).where(deliveries.c.lead_id == lead_id)
    return connection.execute(statement.order_by(deliveries.c.id).with_for_update()).all()


def _is_blocked(connection: sa.Connection, lead: Mapping[str, Any]) -> bool:
    phone = match_keys(lead["document"]).get("phone")
    return phone is not None and bool(blocked.among(connection, [(lead["project_id"], phone)]))


def _ways(rt: Runtime, lead: Mapping[str, Any], there: Sequence[Any]) -> dict[UUID, _Way]:
    """One way to each target: from the lead's own source, or another that has brought it there."""
    said = _Said(lead["document"], lead["test"], lead["partial"])
    found: dict[UUID, _Way] = {}
    for source_id in dict.fromkeys([lead["source_id"], *(one.source_id for one in there)]):
        source = configured.source(rt, source_id)
        for route in configured.routes_from(rt, source_id) if source else ():
            target = configured.target(rt, route.target_id)
            if source is None or target is None:
                continue
            way = _Way(target, route, source_id, why_not(said, source, route, target, STATUS))
            if found.setdefault(target.id, way).reason and not way.reason:
                found[target.id] = way
    return found


def _row(
    lead: Mapping[str, Any],
    way: _Way,
    label: str,
    reason: str | None,
    there: Sequence[Any],
    now: datetime,
) -> dict[str, Any]:
    still_open = [one.id for one in there if one.target_id == way.target.id and one.state in OPEN]
    ready = lead["created_at"] + timedelta(seconds=way.target.kind.target.min_age or 0)
    return {
        "id": new_id(),
        "project_id": lead["project_id"],
        "lead_id": lead["id"],
        "version": lead["version"],
        "target_id": way.target.id,
        "route_id": way.route.id,
        "source_id": way.source_id,
        "event": STATUS,
        "label": label,
        "state": "skipped" if reason else "waiting",
        "reason": reason,
        "after_id": still_open[-1] if still_open and not reason else None,
        "created_at": now,
        "due_at": max(now, ready),
        "settled_at": now if reason else None,
    }


def _expiry(target: ConfiguredTarget, changed_at: datetime, now: datetime) -> datetime:
    """A target that takes nothing old counts from the change itself."""
    if target.max_age is None:
        return now + LONGEST_WAIT
    return changed_at + timedelta(seconds=target.max_age)


def _is_due(row: Mapping[str, Any], now: datetime) -> bool:
    return bool(row["state"] == "waiting" and row["due_at"] <= now)
