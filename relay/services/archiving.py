"""Archiving leads: lists pass them over and nothing goes out of them, but all that was stays."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from relay.services import searching
from relay.services.deliveries import call_off
from relay.store.tables import leads


def archive(
    connection: sa.Connection, lead_ids: Collection[UUID], now: datetime, reason: str
) -> list[sa.RowMapping]:
    """Archive those of these leads that are not archived yet; `reason` is their deliveries' end.

    Their keys are free again: whoever comes next is a new lead. Returns the rows as they were, to
    be counted no more by `totals.shift`, which comes last in a transaction.
    """
    if not lead_ids:
        return []
    statement = (
        sa.select(leads)
        .where(leads.c.id.in_(lead_ids), leads.c.archived_at.is_(None))
        .order_by(leads.c.project_id, leads.c.lead_key)
        .with_for_update()
    )
    rows = list(connection.execute(statement).mappings())
    if rows:
        ids = [row["id"] for row in rows]
        connection.execute(_ARCHIVE, [_freed(row, now) for row in rows])
        searching.archive(connection, ids, archived=True)
        call_off(connection, ids, "cancelled", reason, now)
    return rows


_ARCHIVE = (
    sa.update(leads)
    .where(leads.c.id == sa.bindparam("row_id"))
    .values(lead_key=sa.bindparam("freed"), archived_at=sa.bindparam("now"))
)


def _freed(row: sa.RowMapping, now: datetime) -> dict[str, object]:
    return {"row_id": row["id"], "freed": f"{row['lead_key']}#{row['id']}", "now": now}
