"""What goes out: the duty to deliver, and every try of it."""

import sqlalchemy as sa

from relay.store.tables.schema import metadata, names, one_of, only, own_id
from relay.store.types import Instant, JsonText

DELIVERY_STATES = (
    "waiting",
    "sending",
    "delivered",
    "ignored",
    "failed",
    "expired",
    "superseded",
    "skipped",
    "cancelled",
)
EVENTS = ("created", "updated", "status")
TRIGGERS = ("scheduled", "manual", "replay", "test")

_TROUBLED = "last_outcome <> 'delivered' OR last_status >= 300"

TROUBLED: sa.ColumnElement[bool] = sa.literal_column(
    "(deliveries.last_outcome <> 'delivered' OR deliveries.last_status >= 300)", sa.Boolean
)
"""Deliveries whose last attempt went wrong, in the words of the small index that holds them."""

deliveries = sa.Table(
    "deliveries",
    metadata,
    own_id(),
    names("project_id"),
    sa.Column("lead_id", sa.Uuid, sa.ForeignKey("leads.id"), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    names("target_id"),
    names("route_id", nullable=True),
    names("source_id"),
    sa.Column("event", sa.Text, nullable=False),
    sa.Column("label", sa.Text, nullable=False, server_default=""),  # which status, for that event
    sa.Column("replay", sa.Integer, nullable=False, server_default="0"),  # 0 is the first delivery
    sa.Column("replay_of", sa.Uuid),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("reason", sa.Text),  # why it ended, or waits, as it does
    sa.Column("after_id", sa.Uuid),  # waits until that one has ended
    sa.Column("priority", sa.Integer, nullable=False, server_default="0"),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("due_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("max_attempts", sa.Integer),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),  # those that counted
    sa.Column("trigger", sa.Text, nullable=False, server_default="scheduled"),
    sa.Column("tries", sa.Integer, nullable=False, server_default="0"),  # claims that never settled
    sa.Column("lease_token", sa.Uuid),
    sa.Column("leased_until", Instant),
    sa.Column("rate_key", sa.Text),  # while sending
    sa.Column("remote_id", sa.Text),
    sa.Column("remote_url", sa.Text),
    sa.Column("settled_at", Instant),
    sa.Column("last_outcome", sa.Text),  # of the newest attempt
    sa.Column("last_status", sa.Integer),
    sa.Column("noted", JsonText),  # what the next attempt is to know
    sa.Column("forced_at", Instant),  # since then it may pass its shut lane, for one attempt
    sa.Column("run_id", sa.Uuid),  # the bulk run that made it, or was the last to act on it
    one_of("state", DELIVERY_STATES),
    one_of("event", EVENTS),
    one_of("trigger", TRIGGERS),
    sa.UniqueConstraint("lead_id", "version", "target_id", "event", "label", "replay"),
    sa.Index("ix_deliveries_project_id_id", "project_id", "id"),
    sa.Index(  # with what figures count, so that they need not read the rows
        "ix_deliveries_project_id_created_at",
        "project_id",
        "created_at",
        postgresql_include=["state", "settled_at", "source_id", "target_id"],
    ),
    sa.Index("ix_deliveries_project_id_state_id", "project_id", "state", "id"),
    sa.Index("ix_deliveries_target_id_id", "target_id", "id"),
    sa.Index("ix_deliveries_source_id_id", "source_id", "id"),
    only(
        "ix_deliveries_troubled",
        "project_id",
        "id",
        "last_outcome",
        "last_status",
        where=_TROUBLED,
    ),
    sa.Index("ix_deliveries_lead_id_target_id", "lead_id", "target_id"),
    only("ix_deliveries_remote", "project_id", "remote_id", where="remote_id IS NOT NULL"),
    only(
        "ix_deliveries_undelivered",
        "target_id",
        "state",
        "id",
        where="state IN ('failed', 'expired', 'superseded', 'skipped', 'cancelled', 'ignored')",
    ),
    only("ix_deliveries_due", "target_id", "due_at", where="state = 'waiting'"),
    only(
        "ix_deliveries_next",
        "target_id",
        sa.text("priority DESC"),
        "due_at",
        where="state = 'waiting'",
    ),
    only("ix_deliveries_expires", "expires_at", where="state = 'waiting'"),
    only("ix_deliveries_leases", "leased_until", where="state = 'sending'"),
    only("ix_deliveries_in_flight", "rate_key", where="state = 'sending'"),
    only("ix_deliveries_forced", "target_id", where="state = 'waiting' AND forced_at IS NOT NULL"),
    only("ix_deliveries_run", "run_id", "id", where="run_id IS NOT NULL"),
    only("ix_deliveries_after", "after_id", where="after_id IS NOT NULL"),
    only("ix_deliveries_lost", "settled_at", where="state IN ('failed', 'expired')"),
)

attempts = sa.Table(
    "attempts",
    metadata,
    own_id(),
    sa.Column("delivery_id", sa.Uuid, sa.ForeignKey("deliveries.id"), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),  # counts every try, also those without cost
    sa.Column("started_at", Instant, nullable=False),
    sa.Column("milliseconds", sa.Integer, nullable=False),
    sa.Column("trigger", sa.Text, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("error", sa.Text),  # the kind of failure: timeout, refused, tls, blocked, ...
    sa.Column("status", sa.Integer),
    sa.Column("message", sa.Text),
    sa.Column("exchanges", JsonText, nullable=False),  # requests and replies in order, redacted
    sa.Column("blanked_at", Instant),
    one_of("trigger", TRIGGERS),
    sa.Index("ix_attempts_delivery_id_id", "delivery_id", "id"),
    only("ix_attempts_whole", "started_at", where="blanked_at IS NULL"),
    only(
        "ix_attempts_troubled",
        "started_at",
        where="outcome IN ('rejected', 'retry', 'throttled')",
    ),
)

grants = sa.Table(
    "grants",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),  # the kind and its account, hashed
    sa.Column("access", sa.Text),  # sealed; none while the first one is asked for
    sa.Column("made_at", Instant),
    sa.Column("expires_at", Instant),
    sa.Column("lease_token", sa.Uuid),  # of the worker that is asking
    sa.Column("leased_until", Instant),
)
