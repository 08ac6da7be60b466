"""What owners ask about a person: found, given out, erased; and who must not come back unasked."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

INSTANT = sa.DateTime(timezone=True)

TIMES = ("looked_at", "file_asked_at", "file_at", "file_until", "erasing_at")


def upgrade() -> None:
    """Make the tables, and let submissions say that they were erased."""
    op.add_column("submissions", sa.Column("erased_at", INSTANT))
    _make_requests()
    _make_what_is_found()
    _make_receipts()


def _make_requests() -> None:
    op.create_table(
        "person_requests",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("project_id", sa.Uuid, nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("contacts", sa.Text),
        sa.Column("others", sa.Text),
        sa.Column("asked_by", sa.Text, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("work", sa.Text),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("counts", sa.Text, nullable=False),
        *(sa.Column(name, INSTANT) for name in TIMES),
        sa.Column("erased_by", sa.Text),
        sa.Column("erased_at", INSTANT),
        sa.Column("ended_at", INSTANT),
        sa.Column("hashes", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("due_at", INSTANT),
        sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
        sa.Column("lease_token", sa.Uuid),
        sa.Column("leased_until", INSTANT),
        sa.CheckConstraint("work IS NULL OR work IN ('look', 'export', 'erase')", name="work"),
    )
    op.create_index("ix_person_requests_project_id_id", "person_requests", ["project_id", "id"])
    at_work = sa.text("work IS NOT NULL")
    op.create_index(
        "ix_person_requests_work",
        "person_requests",
        ["id"],
        postgresql_where=at_work,
        sqlite_where=at_work,
    )


def _make_what_is_found() -> None:
    op.create_table(
        "person_finds",
        sa.Column("request_id", sa.Uuid, sa.ForeignKey("person_requests.id"), primary_key=True),
        sa.Column("what", sa.Text, primary_key=True),
        sa.Column("row_id", sa.Uuid, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, server_default="0"),
        sa.Column("relation", sa.Text, nullable=False),
        sa.CheckConstraint("relation IN ('own', 'mention')", name="relation"),
    )
    op.create_table(
        "person_files",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("request_id", sa.Uuid, sa.ForeignKey("person_requests.id"), nullable=False),
        sa.Column("content", sa.Text, nullable=False),
    )
    op.create_index("ix_person_files_request_id_id", "person_files", ["request_id", "id"])


def _make_receipts() -> None:
    op.create_table(
        "receipt_lines",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("request_id", sa.Uuid, sa.ForeignKey("person_requests.id"), nullable=False),
        sa.Column("target_id", sa.Uuid, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("target", "kind", "host")),
        sa.Column("lead", sa.BigInteger, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("event", "state")),
        sa.Column("first_at", INSTANT),
        sa.Column("last_at", INSTANT),
        sa.Column("remote_id", sa.Text),
        sa.Column("remote_url", sa.Text),
    )
    op.create_index("ix_receipt_lines_request_id_id", "receipt_lines", ["request_id", "id"])
    op.create_table(
        "erased_contacts",
        sa.Column("project_id", sa.Uuid, primary_key=True),
        sa.Column("hash", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("request_id", sa.Uuid, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
    )
