"""What a lead's new version owes to each target: one delivery, or a skip with its reason."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.core.conditions import matches
from relay.core.contract import Json
from relay.core.directives import Orders, orders
from relay.core.ids import new_id
from relay.core.lead import match_keys
from relay.core.permission import ConsentDefault, refusal
from relay.runtime import Runtime
from relay.services import blocked, configured
from relay.services.candidate import Candidate
from relay.services.configured import ConfiguredRoute, ConfiguredSource, ConfiguredTarget
from relay.store.tables import deliveries

LONGEST_WAIT = timedelta(days=7)
"""After this time a delivery that was held or throttled all along expires, unless its target says
otherwise."""

OPEN = ("waiting", "sending")
NO_ORDERS = Orders()
KNOWN_THERE = ("waiting", "sending", "delivered", "ignored")


@dataclass(slots=True)
class Change:
    """A lead's new version and the submission that brought it.

    An `echo` is no new version: another source said what is known, and its targets may not be.
    """

    candidate: Candidate
    lead_id: UUID
    version: int
    document: Json
    test: bool
    partial: bool
    known_before: bool
    echo: bool = False


@dataclass(slots=True)
class _Known:
    """A delivery of the lead to the target that is already there."""

    id: UUID
    event: str
    state: str
    due_at: datetime
    untouched: bool
    after_id: UUID | None


def owe(
    rt: Runtime, connection: sa.Connection, changes: Sequence[Change], now: datetime
) -> set[UUID]:
    """Write the deliveries that these changes give rise to; returns the lanes with work due now."""
    known = _known(connection, {change.lead_id for change in changes if change.known_before})
    told = _told(connection, {change.lead_id for change in changes if change.echo})
    barred = _barred(connection, changes)
    rows: list[dict[str, Any]] = []
    superseded: list[tuple[UUID, UUID]] = []
    for change in changes:
        for route in configured.routes_from(rt, change.candidate.source.id):
            target = configured.target(rt, route.target_id)
            pair = (change.lead_id, route.target_id)
            if target is not None and not (change.echo and pair in told):
                told.add(pair)
                there = known[pair]
                said = _orders(change, route)
                row = _delivery(change, route, target, there, said, now)
                if change.lead_id in barred:
                    row |= _skipped(blocked.BLOCKED, now)
                rows.append(row)
                if row["state"] == "waiting":
                    superseded += _supersede(row, there, route, said)
                change.candidate.owed += 1
    _end_superseded(connection, rows, superseded, now)
    if rows:
        connection.execute(sa.insert(deliveries), rows)
    return {row["target_id"] for row in rows if row["state"] == "waiting" and row["due_at"] <= now}


def _known(
    connection: sa.Connection, lead_ids: set[UUID]
) -> defaultdict[tuple[UUID, UUID], list[_Known]]:
    known: defaultdict[tuple[UUID, UUID], list[_Known]] = defaultdict(list)
    if not lead_ids:
        return known
    statement = (
        sa.select(deliveries)
        .where(deliveries.c.lead_id.in_(lead_ids), deliveries.c.state.in_(KNOWN_THERE))
        .order_by(deliveries.c.id)
        .with_for_update()
    )
    for row in connection.execute(statement):
        untouched = row.attempts == 0 and row.tries == 0 and row.noted is None
        known[row.lead_id, row.target_id].append(
            _Known(row.id, row.event, row.state, row.due_at, untouched, row.after_id)
        )
    return known


def _told(connection: sa.Connection, lead_ids: set[UUID]) -> set[tuple[UUID, UUID]]:
    """The targets that there is a delivery for already, whatever became of it, by lead."""
    if not lead_ids:
        return set()
    pairs = sa.select(deliveries.c.lead_id, deliveries.c.target_id).distinct()
    found = connection.execute(pairs.where(deliveries.c.lead_id.in_(lead_ids)))
    return {(row.lead_id, row.target_id) for row in found}


def _barred(connection: sa.Connection, changes: Sequence[Change]) -> set[UUID]:
    """The leads whose contact is blocked."""
    contacts = {
        change.lead_id: (change.candidate.submission.project_id, phone)
        for change in changes
        if (phone := match_keys(change.document).get("phone"))
    }
    found = blocked.among(connection, contacts.values())
    return {lead_id for lead_id, contact in contacts.items() if contact in found}


def _orders(change: Change, route: ConfiguredRoute) -> Orders:
    """What the lead's sender asks for, on a route that obeys."""
    if route.options.get("directives") != "obey":
        return NO_ORDERS
    submission = change.candidate.submission
    return orders(submission.document, change.document, submission.received_at)


def _delivery(
    change: Change,
    route: ConfiguredRoute,
    target: ConfiguredTarget,
    there: list[_Known],
    said: Orders,
    now: datetime,
) -> dict[str, Any]:
    event = _event(change, route, there, said)
    received_at = change.candidate.submission.received_at
    reason = why_not(change, change.candidate.source, route, target, event)
    reason = reason or _sent_enough(there, route, said)
    settle = timedelta(seconds=route.options.get("settle") or 0)
    earliest = received_at + timedelta(seconds=target.kind.target.min_age or 0)
    due_at = max(now + settle, earliest, said.due_at or now)
    expires_at = _expiry(received_at, due_at, target)
    row = {
        "id": new_id(),
        "project_id": target.project_id,
        "lead_id": change.lead_id,
        "version": change.version,
        "target_id": target.id,
        "route_id": route.id,
        "source_id": change.candidate.source.id,
        "event": event,
        "state": "waiting",
        "reason": None,
        "after_id": None,
        "priority": said.priority,
        "created_at": now,
        "due_at": due_at,
        "expires_at": min(expires_at, said.expires_at or expires_at),
        "settled_at": None,
    }
    return row if reason is None else row | _skipped(reason, now)


def _skipped(reason: str, now: datetime) -> dict[str, Any]:
    return {"state": "skipped", "reason": reason, "settled_at": now}


def _event(change: Change, route: ConfiguredRoute, there: list[_Known], said: Orders) -> str:
    known = any(one.event == "created" and not _gives_way(one, route, said) for one in there)
    only_news = change.version > 1 and "created" not in route.events
    if said.restart and "updated" not in route.events:
        return "created"  # a route that sends new leads alone sends it as new again
    return "updated" if known or only_news else "created"


def _sent_enough(there: list[_Known], route: ConfiguredRoute, said: Orders) -> str | None:
    """Why it is not sent on once more, where its sender set a cap. What failed does not count."""
    if said.cap is None:
        return None
    sent = [
        one
        for one in there
        if one.event != "status" and not (_is_overtaken(one) or _gives_way(one, route, said))
    ]
    if len(sent) < said.cap:
        return None
    return f"it was sent on {len(sent)} times already; max_contact_attempts is {said.cap}"


def _expiry(received_at: datetime, due_at: datetime, target: ConfiguredTarget) -> datetime:
    if target.max_age is None:
        return due_at + LONGEST_WAIT
    return received_at + timedelta(seconds=target.max_age)


def why_not(
    lead: Change | Any,
    source: ConfiguredSource,
    route: ConfiguredRoute,
    target: ConfiguredTarget,
    event: str,
) -> str | None:
    """Why this route does not send its target this event of a lead from its source, or None.

    `lead` has a `document` and says whether it is a `test` or `partial`.
    """
    if lead.test and not source.options.get("forward_tests"):
        return "a test submission; the source does not forward tests"
    if lead.partial and not source.options.get("forward_partials"):
        return "a partial response; the source does not forward partials"
    if event not in route.events:
        return f"the route does not send the event {event}"
    if not matches(route.condition, lead.document):
        return "the route's condition does not match this lead"
    default = ConsentDefault.of(source.options)
    return refusal(lead.document, target.kind.target.consent, default)


def _supersede(
    row: dict[str, Any], there: list[_Known], route: ConfiguredRoute, said: Orders
) -> list[tuple[UUID, UUID]]:
    """Put the delivery behind what is open for its target, in place of what need not go any more.

    Returns pairs of the delivery that is superseded and the one that takes its place.
    """
    ended: list[tuple[UUID, UUID]] = []
    for one in [one for one in there if one.state == "waiting"]:
        gives_way = _gives_way(one, route, said)
        if gives_way or _is_overtaken(one):
            ended.append((one.id, row["id"]))
            there.remove(one)
            if gives_way and not said.renew:
                row["due_at"] = one.due_at
    still_open = [one.id for one in there if one.state in OPEN]
    row["after_id"] = still_open[-1] if still_open else None
    there.append(
        _Known(row["id"], row["event"], "waiting", row["due_at"], True, row["after_id"])  # noqa: FBT003 - untouched
    )
    return ended


def _is_overtaken(one: _Known) -> bool:
    """Whether this update need not go once a newer one does."""
    return one.event == "updated" and one.state == "waiting"


def _gives_way(one: _Known, route: ConfiguredRoute, said: Orders) -> bool:
    """Whether this one, never tried yet, goes as the next version says: it waits for what that may
    bring, or the sender asks for another time."""
    waits = one.event == "created" and one.state == "waiting" and one.untouched
    return waits and (said.renew or bool(route.options.get("settle")))


def _end_superseded(
    connection: sa.Connection,
    rows: list[dict[str, Any]],
    superseded: list[tuple[UUID, UUID]],
    now: datetime,
) -> None:
    """End what is superseded, be it in the database or in the rows still to be written."""
    fresh = {row["id"]: row for row in rows}
    stored = []
    for old, new in superseded:
        ending = {
            "state": "superseded",
            "reason": f"a newer version of the lead goes instead (delivery {new})",
            "settled_at": now,
        }
        if old in fresh:
            fresh[old].update(ending)
        else:
            stored.append(
                {"row_id": old, **{f"new_{name}": value for name, value in ending.items()}}
            )
    if stored:
        statement = (
            sa.update(deliveries)
            .where(deliveries.c.id == sa.bindparam("row_id"))
            .values(
                {name: sa.bindparam(f"new_{name}") for name in ("state", "reason", "settled_at")},
            )
            .values(noted=sa.null())
        )
        connection.execute(statement, stored)
