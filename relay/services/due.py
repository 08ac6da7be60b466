"""The statements that claim deliveries, made once: making one costs more than running it."""

from typing import Any

import sqlalchemy as sa

from relay.store.tables import (
    attempts,
    deliveries,
    lanes,
    lead_versions,
    leads,
    rate_keys,
    state_is,
    submissions,
    targets,
)
from relay.store.types import Instant

MOST_TRIES = 3
"""A delivery whose worker died this often is given up."""

GIVEN_UP = "its worker died three times"
"""The reason of such a delivery."""


def _ready() -> sa.ColumnElement[bool]:
    # One row by its key, for each row that waits: EXISTS would be hashed over the whole table.
    before = deliveries.alias()
    state_before = (
        sa.select(before.c.state).where(before.c.id == deliveries.c.after_id).scalar_subquery()
    )
    ended_before = sa.func.coalesce(state_before, "gone").not_in(("waiting", "sending"))
    return sa.and_(
        state_is(deliveries, "waiting"),
        deliveries.c.due_at <= sa.bindparam("now", type_=Instant),
        sa.or_(deliveries.c.after_id.is_(None), ended_before),
    )


READY = _ready()
"""The condition on a delivery that may be sent `now` as far as it alone is concerned."""

FORCED = sa.and_(
    deliveries.c.target_id == lanes.c.target_id,
    state_is(deliveries, "waiting"),
    deliveries.c.forced_at.is_not(None),
)
"""The condition on a delivery of a lane that somebody has forced."""

PASSABLE = sa.or_(lanes.c.pause.is_(None), lanes.c.pause == "manual")
"""The condition on a lane that force may pass: a person has paused it, or nobody. A credential that
is not accepted is not tried again and again, for that locks accounts."""

_SOME_FORCED = sa.and_(PASSABLE, sa.exists().where(FORCED).correlate(lanes)).label("forced")

LOCKED_LANE = (
    sa.select(lanes, targets.c.updated_at.label("changed_at"), _SOME_FORCED)
    .join(targets, targets.c.id == lanes.c.target_id)
    .join(rate_keys, sa.true())
    .where(lanes.c.target_id == sa.bindparam("target"), rate_keys.c.key == sa.bindparam("key"))
    .with_for_update(of=rate_keys)
)
"""The lane of a target, and a lock on its account (SQLite always has one)."""

_OWN = deliveries.c.target_id == sa.bindparam("target")
FLYING = sa.select(
    sa.func.count().label("account"),
    sa.func.count().filter(_OWN).label("lane"),
    sa.func.count().filter(_OWN, deliveries.c.tries >= MOST_TRIES).label("suspects"),
).where(
    state_is(deliveries, "sending"),
    deliveries.c.rate_key == sa.bindparam("key"),
    deliveries.c.leased_until > sa.bindparam("now", type_=Instant),
)
"""Live leases: of the account, of the lane alone, and of suspects in the lane."""


def _due_deliveries(*more: sa.ColumnElement[bool]) -> sa.Select[Any]:
    earlier = deliveries.alias()
    remote_id = (
        sa.select(earlier.c.remote_id)
        .where(
            earlier.c.lead_id == deliveries.c.lead_id,
            earlier.c.target_id == deliveries.c.target_id,
            earlier.c.remote_id.is_not(None),
        )
        .order_by(earlier.c.settled_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    number = (
        sa.select(sa.func.coalesce(sa.func.max(attempts.c.number), 0) + 1)
        .where(attempts.c.delivery_id == deliveries.c.id)
        .scalar_subquery()
    )
    return (
        sa.select(
            deliveries.c.id,
            deliveries.c.lead_id,
            deliveries.c.source_id,
            deliveries.c.version,
            deliveries.c.event,
            deliveries.c.label,
            deliveries.c.trigger,
            deliveries.c.replay,
            deliveries.c.attempts,
            deliveries.c.max_attempts,
            deliveries.c.expires_at,
            deliveries.c.tries,
            deliveries.c.noted,
            number.label("number"),
            remote_id.label("known_remote_id"),
            lead_versions.c.document,
            sa.func.coalesce(submissions.c.received_at, lead_versions.c.created_at).label(
                "occurred_at"  # what was held for days happened when it came
            ),
            leads.c.created_at.label("lead_at"),
            leads.c.test.label("trial"),
            leads.c.number.label("lead_number"),
            leads.c.public_id.label("lead_public_id"),
        )
        .join(leads, leads.c.id == deliveries.c.lead_id)
        .join(
            lead_versions,
            sa.and_(
                lead_versions.c.lead_id == deliveries.c.lead_id,
                lead_versions.c.version == deliveries.c.version,
            ),
        )
        .outerjoin(submissions, submissions.c.id == lead_versions.c.submission_id)
        .where(_OWN, READY, *more)
        .order_by(deliveries.c.priority.desc(), deliveries.c.due_at)
        .limit(sa.bindparam("share", type_=sa.Integer))
        .with_for_update(of=deliveries, skip_locked=True)
    )


DUE = _due_deliveries()
"""What may be sent now, with all that sending needs; others take what is locked."""

DUE_BY_FORCE = _due_deliveries(deliveries.c.forced_at.is_not(None))
"""The same of those that somebody has forced."""

LEASE = (
    sa.update(deliveries)
    .where(deliveries.c.id.in_(sa.bindparam("ids", expanding=True)))
    .values(
        state="sending",
        tries=deliveries.c.tries + 1,
        lease_token=sa.bindparam("token"),
        leased_until=sa.bindparam("until"),
        rate_key=sa.bindparam("key"),
    )
)
"""The lease of a claim; it counts the try."""
