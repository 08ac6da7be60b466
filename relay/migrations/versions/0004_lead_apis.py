"""What the lead APIs need: columns that they filter by, exact totals, status changes, tokens."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

INSTANT = sa.DateTime(timezone=True)

TEXTS = {
    "first_name": ("contact", "first_name"),
    "last_name": ("contact", "last_name"),
    "form_name": ("form", "name"),
    "phone_raw": ("contact", "phone", "raw"),
    "unique_identifier": ("keys", "unique_identifier"),
    "traffic_source_id": ("attribution", "traffic_source_id"),
    "sub_id": ("attribution", "sub_id"),
}
FLAGS = {
    "has_gclid": ("attribution", "click_ids", "gclid"),
    "has_cid": ("attribution", "ga", "client_id"),
    "has_fbp": ("attribution", "browser_ids", "fbp"),
    "has_fbc": ("attribution", "click_ids", "fbc"),
}
"""Where the newest version of a lead has what the new columns copy."""

LONGEST = 500
BATCH = 1000


def upgrade() -> None:
    """Make the columns and tables, and fill them from the leads that are there."""
    with op.batch_alter_table("bodies") as bodies:
        bodies.add_column(sa.Column("door", sa.Text, nullable=False, server_default=""))
    with op.batch_alter_table("api_keys") as api_keys:
        api_keys.alter_column("project_id", existing_type=sa.Uuid, nullable=True)
    with op.batch_alter_table("leads") as leads:
        for name in TEXTS:
            leads.add_column(sa.Column(name, sa.Text))
        for name in FLAGS:
            leads.add_column(sa.Column(name, sa.Boolean, nullable=False, server_default=sa.false()))
    _tables()
    _fill_columns()
    _fill_totals()


def _tables() -> None:
    op.create_table(
        "source_tokens",
        sa.Column("hash", sa.Text, primary_key=True),
        sa.Column("source_id", sa.Uuid, sa.ForeignKey("sources.id"), nullable=False),
    )
    op.create_index("ix_source_tokens_source_id", "source_tokens", ["source_id"])
    op.create_table(
        "lead_totals",
        sa.Column("project_id", sa.Uuid, primary_key=True),
        sa.Column("status", sa.Text, primary_key=True),
        *(sa.Column(name, sa.Boolean, primary_key=True) for name in FLAGS),
        sa.Column("count", sa.BigInteger, nullable=False),
    )
    _status_changes()
    op.create_table(
        "blocked_contacts",
        sa.Column("project_id", sa.Uuid, primary_key=True),
        sa.Column("phone", sa.Text, primary_key=True),
        sa.Column("source_id", sa.Uuid, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
    )
    op.create_table(
        "token_names",
        sa.Column("project_id", sa.Uuid, primary_key=True),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("first_seen_at", INSTANT, nullable=False),
    )


def _status_changes() -> None:
    op.create_table(
        "status_changes",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("project_id", sa.Uuid, nullable=False),
        sa.Column("lead_id", sa.Uuid, sa.ForeignKey("leads.id"), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("change", sa.Text, nullable=False),
        sa.Column("label", sa.Text, nullable=False, server_default=""),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("version", sa.Integer),
        sa.Column("done_at", INSTANT),
        sa.Column("owed", sa.Integer, nullable=False, server_default="0"),
        sa.CheckConstraint("state IN ('pending', 'done')", name="state"),
    )
    op.create_index("ix_status_changes_lead_id_id", "status_changes", ["lead_id", "id"])
    pending = sa.text("state = 'pending'")
    op.create_index(
        "ix_status_changes_pending",
        "status_changes",
        ["lead_id"],
        unique=True,
        postgresql_where=pending,
        sqlite_where=pending,
    )
    op.create_index(
        "ix_status_changes_open",
        "status_changes",
        ["at"],
        postgresql_where=pending,
        sqlite_where=pending,
    )
    owing = sa.text("owed > 0")
    op.create_index(
        "ix_status_changes_owed",
        "status_changes",
        ["project_id", "done_at"],
        postgresql_where=owing,
        sqlite_where=owing,
    )


def _fill_columns() -> None:
    """Read the newest version of every lead, some at a time; leads without one keep nothing."""
    connection = op.get_bind()
    newest = sa.text(
        "SELECT leads.id AS id, lead_versions.document AS document FROM leads"
        " JOIN lead_versions ON lead_versions.lead_id = leads.id"
        " AND lead_versions.version = leads.version"
        " WHERE leads.id > :last ORDER BY leads.id LIMIT :batch"
    ).columns(id=sa.Uuid, document=sa.Text)
    newest = newest.bindparams(sa.bindparam("last", type_=sa.Uuid))
    setting = ", ".join(f"{name} = :{name}" for name in (*TEXTS, *FLAGS))
    update = sa.text(f"UPDATE leads SET {setting} WHERE id = :row_id").bindparams(  # noqa: S608 - our own names
        sa.bindparam("row_id", type_=sa.Uuid)
    )
    last = sa.Uuid().python_type(int=0)
    while rows := connection.execute(newest, {"last": last, "batch": BATCH}).all():
        connection.execute(update, [{"row_id": row.id, **_copies(row.document)} for row in rows])
        last = rows[-1].id


def _copies(text: str) -> dict[str, str | bool | None]:
    document = json.loads(text) or {}
    texts = {name: _text(_at(document, steps)) for name, steps in TEXTS.items()}
    return {**texts, **{name: bool(_at(document, steps)) for name, steps in FLAGS.items()}}


def _at(document: object, steps: tuple[str, ...]) -> object:
    for step in steps:
        document = document.get(step) if isinstance(document, dict) else None
    return document


def _text(value: object) -> str | None:
    return value[:LONGEST] if isinstance(value, str) else None


def _fill_totals() -> None:
    columns = ", ".join(("project_id", "status", *FLAGS))
    op.execute(
        f"INSERT INTO lead_totals ({columns}, count) SELECT {columns}, count(*) FROM leads"  # noqa: S608 - our own names
        f" WHERE archived_at IS NULL GROUP BY {columns}"
    )
