"""What goes out, and the books of it."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

INSTANT = sa.DateTime(timezone=True)

ENDED_OTHERWISE = "state IN ('failed', 'expired', 'superseded', 'skipped', 'cancelled', 'ignored')"

INDEXES = (
    ("ix_deliveries_after", "deliveries", "after_id", "after_id IS NOT NULL"),
    ("ix_deliveries_due", "deliveries", "target_id, due_at", "state = 'waiting'"),
    ("ix_deliveries_expires", "deliveries", "expires_at", "state = 'waiting'"),
    ("ix_deliveries_in_flight", "deliveries", "rate_key", "state = 'sending'"),
    ("ix_deliveries_lead_id_target_id", "deliveries", "lead_id, target_id", ""),
    ("ix_deliveries_leases", "deliveries", "leased_until", "state = 'sending'"),
    ("ix_deliveries_next", "deliveries", "target_id, priority DESC, due_at", "state = 'waiting'"),
    ("ix_deliveries_project_id_created_at", "deliveries", "project_id, created_at", ""),
    ("ix_deliveries_project_id_id", "deliveries", "project_id, id", ""),
    ("ix_deliveries_project_id_state_id", "deliveries", "project_id, state, id", ""),
    ("ix_deliveries_target_id_id", "deliveries", "target_id, id", ""),
    ("ix_deliveries_undelivered", "deliveries", "target_id, state, id", ENDED_OTHERWISE),
    ("ix_attempts_delivery_id_id", "attempts", "delivery_id, id", ""),
    ("ix_attempts_whole", "attempts", "started_at", "blanked_at IS NULL"),
)
"""Name, table, columns, and the condition of the few rows it holds."""


def upgrade() -> None:
    """Make the tables of deliveries."""
    _ledger_days()
    _deliveries()
    _attempts()
    for name, table, columns, where in INDEXES:
        _index(name, table, columns, where)


def _ledger_days() -> None:
    op.create_table(
        "ledger_days",
        sa.Column("project_id", sa.Uuid, sa.ForeignKey("projects.id"), primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("what", sa.Text, primary_key=True),
        sa.Column("state", sa.Text, primary_key=True),
        sa.Column("count", sa.BigInteger, nullable=False),
    )


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("project_id", sa.Uuid, nullable=False),
        sa.Column("lead_id", sa.Uuid, sa.ForeignKey("leads.id"), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("target_id", sa.Uuid, nullable=False),
        sa.Column("route_id", sa.Uuid),
        sa.Column("source_id", sa.Uuid, nullable=False),
        sa.Column("event", sa.Text, nullable=False),
        sa.Column("label", sa.Text, nullable=False, server_default=""),
        sa.Column("replay", sa.Integer, nullable=False, server_default="0"),
        sa.Column("replay_of", sa.Uuid),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("after_id", sa.Uuid),
        sa.Column("priority", sa.Integer, nullable=False, server_default="0"),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("max_attempts", sa.Integer),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("trigger", sa.Text, nullable=False, server_default="scheduled"),
        sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
        sa.Column("lease_token", sa.Uuid),
        sa.Column("leased_until", INSTANT),
        sa.Column("rate_key", sa.Text),
        sa.Column("remote_id", sa.Text),
        sa.Column("remote_url", sa.Text),
        sa.Column("settled_at", INSTANT),
        _one_of("event", "created updated status"),
        _one_of(
            "state", "waiting sending delivered ignored failed expired superseded skipped cancelled"
        ),
        _one_of("trigger", "scheduled manual replay test"),
        sa.UniqueConstraint("lead_id", "version", "target_id", "event", "label", "replay"),
    )


def _attempts() -> None:
    op.create_table(
        "attempts",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("delivery_id", sa.Uuid, sa.ForeignKey("deliveries.id"), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("milliseconds", sa.Integer, nullable=False),
        sa.Column("trigger", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("error", sa.Text),
        sa.Column("status", sa.Integer),
        sa.Column("message", sa.Text),
        sa.Column("exchanges", sa.Text, nullable=False),
        sa.Column("blanked_at", INSTANT),
        _one_of("trigger", "scheduled manual replay test"),
    )


def _one_of(column: str, values: str) -> sa.CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values.split())
    return sa.CheckConstraint(f"{column} IN ({listed})", name=column)


def _index(name: str, table: str, columns: str, where: str) -> None:
    only = {"postgresql_where": sa.text(where), "sqlite_where": sa.text(where)} if where else {}
    parts = [sa.text(column) for column in columns.split(", ")]
    op.create_index(name, table, parts, **only)
