"""Ending deliveries by hand or by time, and what that means for the ones that wait behind them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from relay.store.tables import deliveries, state_is


def end(
    connection: sa.Connection, ids: Sequence[UUID], state: str, reason: str, now: datetime
) -> int:
    """End those of these deliveries that still wait; returns how many.

    What is being sent at this moment is left alone.
    """
    if not ids:
        return 0
    ended = connection.execute(
        sa.update(deliveries)
        .where(deliveries.c.id.in_(ids), state_is(deliveries, "waiting"))
        .values(state=state, reason=reason, settled_at=now)
        .returning(deliveries.c.id)
    )
    done = list(ended.scalars())
    promote(connection, done)
    return len(done)


def promote(connection: sa.Connection, ended: Sequence[UUID]) -> None:
    """Let what waits behind an undelivered `created` go as `created` itself."""
    if ended:
        was_created = (
            sa.select(deliveries.c.id)
            .where(deliveries.c.id.in_(ended), deliveries.c.event == "created")
            .scalar_subquery()
        )
        connection.execute(
            sa.update(deliveries)
            .where(
                deliveries.c.after_id.in_(was_created),
                deliveries.c.event == "updated",
                state_is(deliveries, "waiting"),
            )
            .values(event="created")
        )
