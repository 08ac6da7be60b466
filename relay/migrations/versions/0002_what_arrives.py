"""What arrives and what it becomes."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

INSTANT = sa.DateTime(timezone=True)

INDEXES = (
    ("ix_leads_project_id_created_at", "leads", "project_id, created_at", ""),
    ("ix_leads_project_id_email", "leads", "project_id, email", ""),
    ("ix_leads_project_id_phone", "leads", "project_id, phone", ""),
    ("ix_turned_away_source_id_id", "turned_away", "source_id, id", ""),
    (
        "ix_submissions_content",
        "submissions",
        "source_id, content_key, received_at",
        "content_key IS NOT NULL",
    ),
    ("ix_submissions_open", "submissions", "received_at", "state = 'received'"),
    ("ix_submissions_project_id_received_at", "submissions", "project_id, received_at", ""),
    (
        "ix_submissions_shelved",
        "submissions",
        "project_id, state, id",
        "state IN ('quarantined', 'held', 'refused')",
    ),
    ("ix_submissions_source_id_received_at", "submissions", "source_id, received_at", ""),
    ("ix_submissions_stored", "submissions", "stored_at", "owed > 0"),
    ("ix_submissions_held", "submissions", "source_id, hold, id", "state = 'held'"),
    ("ix_submissions_repeats", "submissions", "duplicate_of", "duplicate_of IS NOT NULL"),
    ("ix_bodies_whole", "bodies", "received_at", "blanked_at IS NULL"),
)
"""Name, table, columns, and the condition of the few rows it holds."""


def upgrade() -> None:
    """Make the tables of submissions and leads."""
    _bodies()
    _event_keys()
    _leads()
    _turned_away()
    _lead_versions()
    _submissions()
    for name, table, columns, where in INDEXES:
        _index(name, table, columns, where)


def _bodies() -> None:
    op.create_table(
        "bodies",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("project_id", sa.Uuid, nullable=False),
        sa.Column("source_id", sa.Uuid, nullable=False),
        sa.Column("received_at", INSTANT, nullable=False, index=True),
        sa.Column("method", sa.Text, nullable=False),
        sa.Column("query", sa.Text, nullable=False),
        sa.Column("headers", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("parts", sa.Integer, nullable=False),
        sa.Column("blanked_at", INSTANT),
    )


def _event_keys() -> None:
    op.create_table(
        "event_keys",
        sa.Column("source_id", sa.Uuid, primary_key=True),
        sa.Column("event_key", sa.Text, primary_key=True),
        sa.Column("submission_id", sa.Uuid, nullable=False),
    )


def _leads() -> None:
    op.create_table(
        "leads",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("project_id", sa.Uuid, nullable=False),
        sa.Column("source_id", sa.Uuid, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("public_id", sa.Text, nullable=False, unique=True),
        sa.Column("lead_key", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("test", sa.Boolean, nullable=False),
        sa.Column("partial", sa.Boolean, nullable=False),
        sa.Column("name", sa.Text),
        sa.Column("email", sa.Text),
        sa.Column("phone", sa.Text),
        sa.Column("company", sa.Text),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("value_minor", sa.BigInteger),
        sa.Column("currency", sa.Text),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("archived_at", INSTANT),
        sa.UniqueConstraint("project_id", "lead_key"),
        sa.UniqueConstraint("project_id", "number"),
    )


def _turned_away() -> None:
    op.create_table(
        "turned_away",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("source_id", sa.Uuid, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("headers", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
    )


def _lead_versions() -> None:
    op.create_table(
        "lead_versions",
        sa.Column("lead_id", sa.Uuid, sa.ForeignKey("leads.id"), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("submission_id", sa.Uuid),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("warnings", sa.Text, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
    )


def _submissions() -> None:
    op.create_table(
        "submissions",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("body_id", sa.Uuid, sa.ForeignKey("bodies.id"), nullable=False, index=True),
        sa.Column("project_id", sa.Uuid, nullable=False),
        sa.Column("source_id", sa.Uuid, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("event_key", sa.Text),
        sa.Column("content_key", sa.Text),
        sa.Column("lead_key", sa.Text),
        sa.Column("test", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("partial", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("document", sa.Text),
        sa.Column("warnings", sa.Text, nullable=False),
        sa.Column("reasons", sa.Text, nullable=False),
        sa.Column("released", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("hold", sa.Text),
        sa.Column("duplicate_of", sa.Uuid),
        sa.Column("lead_id", sa.Uuid, index=True),
        sa.Column("lead_version", sa.Integer),
        sa.Column("owed", sa.Integer, nullable=False, server_default="0"),
        sa.Column("stored_at", INSTANT),
        sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
        sa.Column("lease_token", sa.Uuid),
        sa.Column("leased_until", INSTANT),
        _one_of("state", "received stored duplicate refused quarantined held"),
    )


def _one_of(column: str, values: str) -> sa.CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values.split())
    return sa.CheckConstraint(f"{column} IN ({listed})", name=column)


def _index(name: str, table: str, columns: str, where: str) -> None:
    only = {"postgresql_where": sa.text(where), "sqlite_where": sa.text(where)} if where else {}
    parts = [sa.text(column) for column in columns.split(", ")]
    op.create_index(name, table, parts, **only)
