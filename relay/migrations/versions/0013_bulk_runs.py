"""Acts on one delivery and on many: what is forced past its lane, and the runs over a filter."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

INSTANT = sa.DateTime(timezone=True)

COUNTS = ("done", "skipped", "failed")


def upgrade() -> None:
    """Mark deliveries that are forced or belong to a run, and keep the runs."""
    _mark_deliveries()
    _make_runs()


def _mark_deliveries() -> None:
    op.add_column("deliveries", sa.Column("forced_at", INSTANT))
    op.add_column("deliveries", sa.Column("run_id", sa.Uuid))
    _only(
        "ix_deliveries_forced",
        "deliveries",
        ["target_id"],
        "state = 'waiting' AND forced_at IS NOT NULL",
    )
    _only("ix_deliveries_run", "deliveries", ["run_id", "id"], "run_id IS NOT NULL")


def _make_runs() -> None:
    op.create_table(
        "bulk_runs",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("project_id", sa.Uuid, nullable=False),
        sa.Column("target_id", sa.Uuid),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("filter", sa.Text, nullable=False),
        sa.Column("asked_by", sa.Text, nullable=False),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.Column("starts_at", INSTANT, nullable=False),
        sa.Column("newest", sa.Uuid, nullable=False),
        sa.Column("counted", sa.Integer),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("cursor", sa.Uuid),
        *(sa.Column(name, sa.Integer, nullable=False, server_default="0") for name in COUNTS),
        sa.Column("reasons", sa.Text, nullable=False),
        sa.Column("began_at", INSTANT),
        sa.Column("finished_at", INSTANT),
        sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
        sa.Column("lease_token", sa.Uuid),
        sa.Column("leased_until", INSTANT),
        sa.CheckConstraint(
            "action IN ('retry', 'replay', 'replay_to', 'cancel', 'catch_up')", name="action"
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'running', 'finished', 'stopped', 'failed')", name="state"
        ),
    )
    op.create_index("ix_bulk_runs_project_id_id", "bulk_runs", ["project_id", "id"])
    _only("ix_bulk_runs_open", "bulk_runs", ["id"], "state IN ('waiting', 'running')")


def _only(name: str, table: str, columns: list[str], where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, table, columns, postgresql_where=condition, sqlite_where=condition)
