"""What lies in a target's lane: when the next delivery is due, and how many are under way."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from relay.runtime import Runtime
from relay.services.configured import ConfiguredTarget
from relay.store.tables import deliveries, state_is


@dataclass(frozen=True, slots=True)
class LaneFacts:
    """`next_due` is when the first waiting one is due, None where none waits; `under_way` counts
    those of the vendor's account, of all its targets."""

    next_due: datetime | None
    under_way: int


def lane_facts(rt: Runtime, target: ConfiguredTarget) -> LaneFacts:
    """The facts as they are now, in one query."""
    column = deliveries.c
    first: sa.Select[*tuple[Any, ...]] = (
        sa.select(column.due_at)
        .where(column.target_id == target.id, state_is(deliveries, "waiting"))
        .order_by(column.due_at)
        .limit(1)
    )
    sending = sa.select(sa.func.count()).where(
        column.rate_key == target.rate_key, state_is(deliveries, "sending")
    )
    query = sa.select(first.scalar_subquery().label("due"), sending.scalar_subquery().label("sent"))
    with rt.database.read() as connection:
        row = connection.execute(query).one()
    return LaneFacts(row.due, row.sent)
