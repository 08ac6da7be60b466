"""Problems, how they grew, who is told of them, and what finds them without reading everything."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

INSTANT = sa.DateTime(timezone=True)

PARTIAL = (
    (
        "ix_attempts_troubled",
        "attempts",
        "started_at",
        "outcome IN ('rejected', 'retry', 'throttled')",
    ),
    ("ix_deliveries_lost", "deliveries", "settled_at", "state IN ('failed', 'expired')"),
    ("ix_submissions_quarantined", "submissions", "received_at", "state = 'quarantined'"),
)


def upgrade() -> None:
    """Make the tables, the columns and the indexes."""
    _make_problems()
    _make_what_belongs_to_them()
    _make_rhythms()
    _make_recipients()
    _make_notices()
    with op.batch_alter_table("processes") as table:
        table.add_column(sa.Column("free_bytes", sa.BigInteger))
    with op.batch_alter_table("targets") as table:
        table.add_column(sa.Column("credentials_end", sa.Text))
    op.create_index("ix_turned_away_at", "turned_away", ["at"])
    for name, table_name, column, where in PARTIAL:
        _only(name, table_name, [column], where)


def _only(name: str, table: str, columns: list[str], where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, table, columns, postgresql_where=condition, sqlite_where=condition)


def _make_problems() -> None:
    op.create_table(
        "problems",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("project_id", sa.Uuid),
        sa.Column("cause", sa.Text, nullable=False, unique=True),
        sa.Column("sort", sa.Text, nullable=False),
        sa.Column("source_id", sa.Uuid),
        sa.Column("target_id", sa.Uuid),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("outcome", "code", "facts")),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("noted_at", INSTANT),
        sa.Column("noted", sa.Integer, nullable=False, server_default="0"),
        sa.Column("times", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("total", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("openings", sa.Integer, nullable=False, server_default="0"),
        sa.Column("first_at", INSTANT, nullable=False),
        sa.Column("opened_at", INSTANT),
        sa.Column("last_at", INSTANT, nullable=False),
        sa.Column("delivery_id", sa.Uuid),
        sa.Column("submission_id", sa.Uuid),
        *(sa.Column(name, INSTANT) for name in ("muted_at", "muted_until", "resolved_at")),
        sa.Column("resolved_by", sa.Text),
        sa.CheckConstraint("state IN ('noted', 'open', 'resolved')", name="state"),
    )
    _only("ix_problems_open", "problems", ["project_id"], "state = 'open'")
    op.create_index("ix_problems_project_id_last_at", "problems", ["project_id", "last_at"])


def _make_what_belongs_to_them() -> None:
    op.create_table(
        "problem_turns",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("problem_id", sa.Uuid, sa.ForeignKey("problems.id"), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("turn", sa.Text, nullable=False),
        sa.Column("actor", sa.Text),
        sa.Column("times", sa.BigInteger, nullable=False),
        sa.CheckConstraint("turn IN ('opened', 'resolved', 'muted', 'unmuted')", name="turn"),
    )
    op.create_index("ix_problem_turns_problem_id_id", "problem_turns", ["problem_id", "id"])
    op.create_table(
        "problem_minutes",
        sa.Column("problem_id", sa.Uuid, sa.ForeignKey("problems.id"), primary_key=True),
        sa.Column("minute", INSTANT, primary_key=True),
        sa.Column("times", sa.Integer, nullable=False),
    )
    op.create_table(
        "looks",
        sa.Column("part", sa.Text, primary_key=True),
        sa.Column("at", INSTANT, nullable=False),
    )


def _make_rhythms() -> None:
    op.create_table(
        "rhythms",
        sa.Column("source_id", sa.Uuid, primary_key=True),
        sa.Column("learned_at", INSTANT, nullable=False),
        sa.Column("weeks", sa.Integer, nullable=False),
        sa.Column("arrivals", sa.BigInteger, nullable=False),
        sa.Column("hours", sa.Text, nullable=False),
        sa.Column("longest", sa.Float, nullable=False),
    )


def _make_recipients() -> None:
    op.create_table(
        "recipients",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("project_id", sa.Uuid, sa.ForeignKey("projects.id"), nullable=False),
        *(
            sa.Column(name, sa.Text, nullable=False)
            for name in ("name", "kind", "settings", "options", "secrets")
        ),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("archived_at", INSTANT),
        sa.UniqueConstraint("project_id", "name"),
    )


def _make_notices() -> None:
    op.create_table(
        "notices",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("project_id", sa.Uuid, nullable=False),
        sa.Column("recipient_id", sa.Uuid, sa.ForeignKey("recipients.id"), nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("turns", sa.Text, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
        sa.Column("lease_token", sa.Uuid),
        sa.Column("leased_until", INSTANT),
        sa.Column("outcome", sa.Text),
        sa.Column("message", sa.Text),
        sa.Column("exchanges", sa.Text, nullable=False),
        sa.Column("noted", sa.Text),
        sa.Column("settled_at", INSTANT),
        sa.CheckConstraint(
            "state IN ('waiting', 'sending', 'sent', 'failed', 'dropped')", name="state"
        ),
    )
    op.create_index("ix_notices_recipient_id_id", "notices", ["recipient_id", "id"])
    _only("ix_notices_due", "notices", ["due_at"], "state = 'waiting'")
    _only("ix_notices_leases", "notices", ["leased_until"], "state = 'sending'")
