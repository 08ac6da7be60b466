"""What is fetched from providers: the data of submissions that came as an id, and their lists."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

INSTANT = sa.DateTime(timezone=True)

COUNTS = ("pages", "listed", "known", "taken")


def upgrade() -> None:
    """Make both tables."""
    _make_fetches()
    _make_reconciliations()


def _make_fetches() -> None:
    op.create_table(
        "fetches",
        sa.Column("submission_id", sa.Uuid, sa.ForeignKey("submissions.id"), primary_key=True),
        sa.Column("source_id", sa.Uuid, nullable=False),
        sa.Column("began_at", INSTANT, nullable=False),
        sa.Column("due_at", INSTANT),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
        sa.Column("lease_token", sa.Uuid),
        sa.Column("leased_until", INSTANT),
        sa.Column("outcome", sa.Text),
        sa.Column("settings_at", INSTANT),
        sa.Column("exchanges", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary),
        sa.Column("fetched_at", INSTANT),
    )
    waiting = sa.text("due_at IS NOT NULL")
    op.create_index(
        "ix_fetches_due",
        "fetches",
        ["source_id", "due_at"],
        postgresql_where=waiting,
        sqlite_where=waiting,
    )


def _make_reconciliations() -> None:
    op.create_table(
        "reconciliations",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("project_id", sa.Uuid, nullable=False),
        sa.Column("source_id", sa.Uuid, nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("until", INSTANT, nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("finished_at", INSTANT),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("cursor", sa.Text),
        sa.Column("asked_by", sa.Text, nullable=False),
        *(sa.Column(name, sa.Integer, nullable=False, server_default="0") for name in COUNTS),
        sa.Column("due_at", INSTANT),
        sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
        sa.Column("lease_token", sa.Uuid),
        sa.Column("leased_until", INSTANT),
        sa.CheckConstraint("state IN ('running', 'finished', 'failed')", name="state"),
    )
    op.create_index("ix_reconciliations_source_id_id", "reconciliations", ["source_id", "id"])
    running = sa.text("state = 'running'")
    op.create_index(
        "ix_reconciliations_running",
        "reconciliations",
        ["source_id"],
        unique=True,
        postgresql_where=running,
        sqlite_where=running,
    )
