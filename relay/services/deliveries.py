"""Ending deliveries by hand or by time, and what that means for the ones that wait behind them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from relay.store.tables import deliveries, leads, state_is


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
        .values(state=state, reason=reason, settled_at=now, noted=sa.null())
        .returning(deliveries.c.id)
    )
    done = list(ended.scalars())
    promote(connection, done)
    return len(done)


def call_off(
    connection: sa.Connection, lead_ids: Sequence[UUID], state: str, reason: str, now: datetime
) -> None:
    """End all that still waits to go out of these leads.

    What is being sent at this moment is not stopped, but goes out no second time.
    """
    if not lead_ids:
        return
    still_open = (
        sa.select(deliveries.c.id, deliveries.c.state)
        .where(deliveries.c.lead_id.in_(lead_ids), state_is(deliveries, "waiting", "sending"))
        .order_by(deliveries.c.id)
        .with_for_update()
    )
    rows = connection.execute(still_open).all()
    end(connection, [row.id for row in rows if row.state == "waiting"], state, reason, now)
    if sending := [row.id for row in rows if row.state == "sending"]:
        connection.execute(
            sa.update(deliveries).where(deliveries.c.id.in_(sending)).values(expires_at=now)
        )


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


ReplayCounts = dict[tuple[UUID, int, UUID, str], int]
"""The highest replay number by lead, version, target and label. Not by event: what waits as
`updated` may have to go as `created`, and must meet no other of its number then."""


def replay_counts(connection: sa.Connection, lead_ids: Sequence[UUID]) -> ReplayCounts:
    """How often these leads were sent again; locks them."""
    if not lead_ids:
        return {}
    lock_leads(connection, lead_ids)
    key = (
        deliveries.c.lead_id,
        deliveries.c.version,
        deliveries.c.target_id,
        deliveries.c.label,
    )
    statement = (
        sa.select(*key, sa.func.max(deliveries.c.replay))
        .where(deliveries.c.lead_id.in_(lead_ids))
        .group_by(*key)
    )
    return {tuple(row[:4]): row[4] for row in connection.execute(statement)}


def lock_leads(connection: sa.Connection, lead_ids: Sequence[UUID]) -> None:
    """Let nobody write versions of these leads meanwhile; in one order, as the store step does."""
    connection.execute(
        sa.select(leads.c.id)
        .where(leads.c.id.in_(lead_ids))
        .order_by(leads.c.project_id, leads.c.lead_key)
        .with_for_update()
    ).all()


_newer = deliveries.alias("newer")

STALE = sa.and_(
    deliveries.c.state.not_in(("waiting", "sending")),
    sa.exists().where(
        _newer.c.lead_id == deliveries.c.lead_id,
        _newer.c.target_id == deliveries.c.target_id,
        _newer.c.label == deliveries.c.label,
        _newer.c.version > deliveries.c.version,
        sa.or_(
            _newer.c.state.in_(("waiting", "sending")),
            # what had arrived itself goes again as asked, with all that followed it
            sa.and_(
                _newer.c.state == "delivered",
                deliveries.c.state.not_in(("delivered", "ignored")),
            ),
        ),
    ),
)
"""An ended delivery that would come after a newer version of its lead, and undo it."""


def last_open(connection: sa.Connection, lead_ids: Sequence[UUID]) -> dict[tuple[UUID, UUID], UUID]:
    """The newest delivery that is still to be made, by lead and target."""
    if not lead_ids:
        return {}
    statement = (
        sa.select(deliveries.c.lead_id, deliveries.c.target_id, deliveries.c.id)
        .where(deliveries.c.lead_id.in_(lead_ids), state_is(deliveries, "waiting", "sending"))
        .order_by(deliveries.c.id)
    )
    return {(row.lead_id, row.target_id): row.id for row in connection.execute(statement)}
