"""Files that people upload to be made into leads, and their rows that are given back."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

INSTANT = sa.DateTime(timezone=True)

COUNTS = ("total", "position", "done", "stored", "repeated", "held", "refused")


def upgrade() -> None:
    """Make both tables."""
    op.create_table(
        "imports",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("project_id", sa.Uuid, nullable=False),
        sa.Column("source_id", sa.Uuid),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("format", sa.Text, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("file", sa.LargeBinary),
        sa.Column("sheet", sa.Text, nullable=False),
        sa.Column("encoding", sa.Text, nullable=False),
        sa.Column("delimiter", sa.Text, nullable=False),
        sa.Column("headed", sa.Boolean, nullable=False),
        sa.Column("header", sa.Text, nullable=False),
        sa.Column("mapping", sa.Text, nullable=False),
        sa.Column("forward", sa.Boolean, nullable=False, server_default=sa.true()),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        *(sa.Column(name, sa.Integer, nullable=False, server_default="0") for name in COUNTS),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("started_at", INSTANT),
        sa.Column("finished_at", INSTANT),
        sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
        sa.Column("lease_token", sa.Uuid),
        sa.Column("leased_until", INSTANT),
        sa.CheckConstraint(
            "state IN ('new', 'waiting', 'running', 'finished', 'cancelled', 'failed')",
            name="state",
        ),
    )
    op.create_index("ix_imports_project_id_id", "imports", ["project_id", "id"])
    working = sa.text("state IN ('waiting', 'running')")
    op.create_index(
        "ix_imports_open", "imports", ["id"], postgresql_where=working, sqlite_where=working
    )
    op.create_table(
        "import_refusals",
        sa.Column("import_id", sa.Uuid, sa.ForeignKey("imports.id"), primary_key=True),
        sa.Column("row", sa.Integer, primary_key=True),
        sa.Column("cells", sa.Text, nullable=False),
        sa.Column("reasons", sa.Text, nullable=False),
    )
