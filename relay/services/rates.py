"""How much a source is sent: counts of the last hour, day and week, and what came last."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa

from relay.runtime import Runtime
from relay.services.browse import Row
from relay.store.tables import leads, submissions

COUNTED = 10_000
"""Where counting stops."""

LATELY = 10
"""Submissions that are listed."""

SPANS = {
    "in the last hour": timedelta(hours=1),
    "in the last day": timedelta(days=1),
    "in the last 7 days": timedelta(days=7),
}


@dataclass(frozen=True, slots=True)
class Rates:
    """What a source was sent: how many by span, each up to COUNTED, and the newest."""

    counts: dict[str, int]
    newest: list[Row]


def rates(rt: Runtime, source_id: UUID) -> Rates:
    """The counts, and the newest submissions with the names of their leads."""
    with rt.database.read() as connection:
        counts = connection.execute(sa.select(*_counts(rt, source_id))).one()
        rows = connection.execute(_newest(source_id)).mappings()
        return Rates(dict(zip(SPANS, counts, strict=True)), [dict(row) for row in rows])


def _counts(rt: Runtime, source_id: UUID) -> list[sa.ScalarSelect[int]]:
    now = rt.clock.now()
    found = []
    for span in SPANS.values():
        some = sa.select(submissions.c.id).where(
            submissions.c.source_id == source_id, submissions.c.received_at >= now - span
        )
        few = some.limit(COUNTED).subquery()
        found.append(sa.select(sa.func.count()).select_from(few).scalar_subquery())
    return found


def _newest(source_id: UUID) -> sa.Select[tuple[object, ...]]:
    column = submissions.c
    shown = (column.id, column.received_at, column.state, column.test, column.lead_id)
    return (
        sa.select(*shown, leads.c.name, leads.c.email, leads.c.phone, leads.c.number)
        .outerjoin(leads, leads.c.id == column.lead_id)
        .where(column.source_id == source_id)
        .order_by(column.received_at.desc(), column.id.desc())
        .limit(LATELY)
    )
