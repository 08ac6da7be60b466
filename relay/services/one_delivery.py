"""One delivery with all that a person may ask of it: its way, its attempts, what comes next."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from relay.core.retry import allowed, wait_to_last
from relay.runtime import Runtime
from relay.services import configured
from relay.services.browse import LANE, Row
from relay.services.trace import attempts_of
from relay.store.tables import deliveries, lanes, leads, sources, targets


@dataclass(frozen=True, slots=True)
class Prospect:
    """What lies ahead of a waiting delivery: attempt `number` of `most`, and when the last one
    would be made at the earliest if all of them failed."""

    number: int
    most: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class OneDelivery:
    """A delivery's row with the names around it, its attempts oldest first; `again` are the
    deliveries that were made to send it again."""

    row: Row
    attempts: list[Row]
    prospect: Prospect | None
    again: list[Row]


def one_delivery(rt: Runtime, project_id: UUID, delivery_id: UUID) -> OneDelivery | None:
    """One delivery of the project, or None; four queries."""
    with rt.database.read() as connection:
        found = connection.execute(_query(project_id, delivery_id)).mappings().first()
        if found is None:
            return None
        row = dict(found)
        again = connection.execute(_again(row)).mappings().all()
    return OneDelivery(
        row, attempts_of(rt, delivery_id), _prospect(rt, row), [dict(one) for one in again]
    )


def _query(project_id: UUID, delivery_id: UUID) -> sa.Select[*tuple[object, ...]]:
    return (
        sa.select(
            deliveries,
            leads.c.name.label("lead_name"),
            leads.c.email.label("lead_email"),
            leads.c.phone.label("lead_phone"),
            leads.c.number.label("lead_number"),
            leads.c.test,
            sources.c.name.label("source"),
            sources.c.archived_at.label("source_archived_at"),
            targets.c.name.label("target"),
            targets.c.kind.label("target_kind"),
            targets.c.archived_at.label("target_archived_at"),
            *LANE,
        )
        .join(leads, leads.c.id == deliveries.c.lead_id)
        .join(sources, sources.c.id == deliveries.c.source_id)
        .join(targets, targets.c.id == deliveries.c.target_id)
        .outerjoin(lanes, lanes.c.target_id == deliveries.c.target_id)
        .where(deliveries.c.id == delivery_id, deliveries.c.project_id == project_id)
    )


MOST_AGAIN = 5


def _again(row: Row) -> sa.Select[*tuple[object, ...]]:
    """The newest ones that send it again; found by the lead, of which there are few."""
    return (
        sa.select(deliveries.c.id, deliveries.c.state, deliveries.c.created_at)
        .where(deliveries.c.lead_id == row["lead_id"], deliveries.c.replay_of == row["id"])
        .order_by(deliveries.c.id.desc())
        .limit(MOST_AGAIN)
    )


def _prospect(rt: Runtime, row: Row) -> Prospect | None:
    if row["state"] not in {"waiting", "sending"}:
        return None
    target = configured.target(rt, row["target_id"])
    if target is None:
        return None
    made, most = row["attempts"], allowed(target.schedule, row["max_attempts"])
    rest = timedelta(seconds=wait_to_last(target.schedule, made, row["max_attempts"]))
    begin = max(row["due_at"], rt.clock.now())
    return Prospect(min(made + 1, most), most, min(begin + rest, row["expires_at"]))
