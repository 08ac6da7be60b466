"""What went out of a person's leads: counted before they are erased, written down when they are."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import sqlalchemy as sa

from relay.core import pointers
from relay.core.contract import Json
from relay.core.ids import new_id
from relay.core.spotting import Spotter
from relay.runtime import Runtime
from relay.services.browse import Row
from relay.services.erasing import REACHED, TAKEN
from relay.services.person_look import as_text
from relay.services.person_requests import lines
from relay.store.tables import (
    attempts,
    deliveries,
    lead_versions,
    leads,
    person_finds,
    receipt_lines,
    submissions,
    targets,
)

CAME_THROUGH = ("timeout", "reset", "protocol")
"""Failures after which the other side may have the data all the same."""

GOT = sa.or_(
    attempts.c.outcome.in_(TAKEN),
    attempts.c.status.is_not(None),
    attempts.c.error.in_(CAME_THROUGH),
)
"""An attempt after which its target has, or may have, what was sent."""


def write_lines(
    connection: sa.Connection,
    request_id: UUID,
    lead_ids: Sequence[UUID],
    spotter: Spotter,
    *,
    only_holding: bool = False,
) -> Counter[str]:
    """Note which targets got something of these leads; returns how much there was to remove.

    With `only_holding` those alone whose version of the lead named the person.
    """
    got = _got(connection, lead_ids)
    holding = _holding(connection, lead_ids, spotter) if only_holding else None
    rows = [
        _line(request_id, row, spotter)
        for row in got
        if holding is None or (row.lead_id, row.version) in holding
    ]
    if rows:
        connection.execute(sa.insert(receipt_lines), rows)
    counts = (
        (deliveries, deliveries.c.lead_id.in_(lead_ids)),
        (lead_versions, lead_versions.c.lead_id.in_(lead_ids)),
    )
    return Counter(
        {
            name: connection.execute(
                sa.select(sa.func.count()).select_from(table).where(condition)
            ).scalar_one()
            for name, (table, condition) in zip(("deliveries", "versions"), counts, strict=True)
        }
    )


def count(connection: sa.Connection, request: Row) -> dict[str, Json]:
    """How much was found, by what it is, and which targets got something of it."""
    of = person_finds.c
    mine = of.request_id == request["id"]
    found = sa.select(of.what, of.relation, sa.func.count()).where(mine)
    counts: dict[str, Json] = {
        f"{relation} {what}": number
        for what, relation, number in connection.execute(found.group_by(of.what, of.relation))
    }
    own = sa.select(of.row_id).where(mine, of.what == "lead", of.relation == "own")
    for name, column in (
        ("versions", lead_versions.c.lead_id),
        ("deliveries", deliveries.c.lead_id),
        ("their submissions", submissions.c.lead_id),
    ):
        counts[name] = connection.execute(
            sa.select(sa.func.count()).where(column.in_(own))
        ).scalar_one()
    counts["targets"] = _targets(connection, own)
    return counts


def written(rt: Runtime, row: Row, project: str) -> str:
    """The receipt of an erasure in plain words."""
    text = [
        f"Receipt of erasing a person from {project}",
        f"Request {row['id']}" + (f", “{row['label']}”" if row["label"] else ""),
        f"Asked by {row['erased_by']} on {_moment(row['erasing_at'])}",
        f"Done on {_moment(row['erased_at'])}; looking through everything again found nothing.",
        "",
        "Known again by (keyed hashes): " + ", ".join(row["hashes"]),
        "",
        "Erased or blanked: "
        + (", ".join(f"{count} {name}" for name, count in row["counts"].items()) or "nothing"),
        "",
        "Targets that had got the data, where it has to be erased too:",
    ]
    said = [_told(line) for line in lines(rt, row)]
    return "\n".join([*text, *(said or ["- none"])]) + "\n"


def _told(line: Row) -> str:
    at = line["host"] and f" at {line['host']}"
    record = f", record {line['remote_id']}" if line["remote_id"] else ""
    where = f" {line['remote_url']}" if line["remote_url"] else ""
    when = _moment(line["first_at"])
    if line["last_at"] != line["first_at"]:
        when += f" to {_moment(line['last_at'])}"
    named = f"- {line['target']} ({line['kind']}{at}): {line['event']} of lead {line['lead']}"
    return f"{named}, {line['state']}, {when}{record}{where}"


def _moment(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC" if at else "a time that is not known"


def _targets(connection: sa.Connection, own: sa.Select[Any]) -> list[Json]:
    times = (sa.func.min(attempts.c.started_at), sa.func.max(attempts.c.started_at))
    query = (
        sa.select(
            targets.c.name,
            targets.c.kind,
            sa.func.count(deliveries.c.id.distinct()).label("deliveries"),
            times[0].label("first_at"),
            times[1].label("last_at"),
        )
        .join(deliveries, deliveries.c.target_id == targets.c.id)
        .join(attempts, attempts.c.delivery_id == deliveries.c.id)
        .where(deliveries.c.lead_id.in_(own), GOT)
        .group_by(targets.c.name, targets.c.kind)
        .order_by(targets.c.name)
    )
    return [
        {
            "target": row.name,
            "kind": row.kind,
            "deliveries": row.deliveries,
            "first_at": row.first_at.isoformat(),
            "last_at": row.last_at.isoformat(),
        }
        for row in connection.execute(query)
    ]


def _got(connection: sa.Connection, lead_ids: Sequence[UUID]) -> Sequence[Any]:
    """The deliveries of these leads of which their target has, or may have, something."""
    query = (
        sa.select(
            deliveries,
            leads.c.number.label("lead"),
            targets.c.name.label("target"),
            targets.c.kind.label("kind"),
            targets.c.settings.label("settings"),
            sa.func.min(attempts.c.started_at).label("first_at"),
            sa.func.max(attempts.c.started_at).label("last_at"),
        )
        .join(leads, leads.c.id == deliveries.c.lead_id)
        .join(targets, targets.c.id == deliveries.c.target_id)
        .outerjoin(attempts, sa.and_(attempts.c.delivery_id == deliveries.c.id, GOT))
        .where(deliveries.c.lead_id.in_(lead_ids))
        .group_by(deliveries.c.id, leads.c.id, targets.c.id)
        .having(
            sa.or_(
                sa.func.count(attempts.c.id) > 0,
                deliveries.c.state.in_(REACHED),
                deliveries.c.noted.is_not(None),
                deliveries.c.remote_id.is_not(None),
            )
        )
        .order_by(deliveries.c.id)
    )
    return connection.execute(query).all()


def _holding(
    connection: sa.Connection, lead_ids: Sequence[UUID], spotter: Spotter
) -> set[tuple[UUID, int]]:
    of = lead_versions.c
    query = sa.select(of.lead_id, of.version, as_text(of.document)).where(of.lead_id.in_(lead_ids))
    return {
        (row.lead_id, row.version)
        for row in connection.execute(query)
        if spotter.holds(row.document)
    }


def _line(request_id: UUID, row: Any, spotter: Spotter) -> dict[str, Any]:
    return {
        "id": new_id(),
        "request_id": request_id,
        "target_id": row.target_id,
        "target": row.target,
        "kind": row.kind,
        "host": host_of(row.settings),
        "lead": row.lead,
        "event": row.event,
        "state": row.state,
        "first_at": row.first_at or row.settled_at,
        "last_at": row.last_at or row.settled_at,
        "remote_id": spotter.masked_json(row.remote_id),
        "remote_url": spotter.masked_json(row.remote_url),
    }


def host_of(settings: Json) -> str:
    """Where a target of these settings is, as far as they say it; "" where its kind alone knows."""
    for _, text in pointers.leaves(settings):
        if isinstance(text, str) and text.startswith(("https://", "http://")):
            return urlsplit(text).hostname or ""
    return ""
