"""What lists and searches of leads stand on: indexes, and the text that a lead is found by."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

LIVE = "archived_at IS NULL"

REPLACED = (
    "ix_leads_project_id_created_at",
    "ix_leads_project_id_email",
)

INDEXES = (
    ("ix_leads_created", "created_at, number", ""),
    (
        "ix_leads_shares",
        "status, has_gclid, has_cid, has_fbp, has_fbc, created_at, number",
        "",
    ),
    ("ix_leads_status", "status, number", ""),
    ("ix_leads_email", "email, number", ""),
    ("ix_leads_first_name", "first_name, number", "first_name IS NOT NULL"),
    ("ix_leads_last_name", "last_name, number", "last_name IS NOT NULL"),
    ("ix_leads_value", "value_minor, number", "value_minor IS NOT NULL"),
    ("ix_leads_form_name", "form_name, created_at, number", "form_name IS NOT NULL"),
    ("ix_leads_unique_identifier", "unique_identifier, number", "unique_identifier IS NOT NULL"),
    ("ix_leads_phone_raw", "phone_raw, number", "phone_raw <> phone"),
)
"""Name, columns after the project, and the condition beyond that of being live."""

LONGEST_STATUS = 500

FOUND_BY = ("name", "first_name", "last_name", "email", "phone", "phone_raw", "company")

_SETTINGS = "text, content='lead_texts', content_rowid='key', tokenize='trigram case_sensitive 1'"
_ADD = "INSERT INTO lead_trigrams (rowid, text) VALUES (new.key, new.text);"
_TAKE = (
    "INSERT INTO lead_trigrams (lead_trigrams, rowid, text) VALUES ('delete', old.key, old.text);"
)
TRIGRAMS = (
    f"CREATE VIRTUAL TABLE lead_trigrams USING fts5({_SETTINGS})",
    f"CREATE TRIGGER lead_texts_added AFTER INSERT ON lead_texts BEGIN {_ADD} END",
    f"CREATE TRIGGER lead_texts_removed AFTER DELETE ON lead_texts BEGIN {_TAKE} END",
    f"CREATE TRIGGER lead_texts_changed AFTER UPDATE ON lead_texts BEGIN {_TAKE} {_ADD} END",
    "INSERT INTO lead_trigrams (lead_trigrams) VALUES ('rebuild')",
)
"""SQLite's index of the texts, which it does not keep in step by itself."""

BATCH = 1000


def upgrade() -> None:
    """Make the indexes and the texts, and fill the texts from the leads that are there."""
    op.execute(
        f"UPDATE leads SET status = substr(status, 1, {LONGEST_STATUS})"  # noqa: S608 - our own number
        f" WHERE length(status) > {LONGEST_STATUS}"
    )
    for name in REPLACED:
        op.drop_index(name, table_name="leads")
    for name, columns, where in INDEXES:
        _index(name, columns, f"{where} AND {LIVE}" if where else LIVE)
    op.create_table(
        "lead_texts",
        sa.Column("key", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("project_id", sa.Uuid, nullable=False),
        sa.Column("lead_id", sa.Uuid, nullable=False),
        sa.Column("archived", sa.Boolean, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.UniqueConstraint("project_id", "lead_id"),
    )
    _fill()
    _index_texts()


def _index(name: str, columns: str, where: str) -> None:
    parts = ["project_id", *columns.split(", ")]
    condition = sa.text(where)
    op.create_index(name, "leads", parts, postgresql_where=condition, sqlite_where=condition)


def _fill() -> None:
    """Read every lead, some at a time."""
    connection = op.get_bind()
    listed = ", ".join(FOUND_BY)
    page = sa.text(
        f"SELECT id, project_id, archived_at IS NOT NULL AS archived, {listed} FROM leads"  # noqa: S608 - our own names
        " WHERE id > :last ORDER BY id LIMIT :batch"
    ).columns(id=sa.Uuid, project_id=sa.Uuid, archived=sa.Boolean)
    page = page.bindparams(sa.bindparam("last", type_=sa.Uuid))
    insert = sa.text(
        "INSERT INTO lead_texts (lead_id, project_id, archived, text)"
        " VALUES (:id, :project_id, :archived, :text)"
    ).bindparams(
        sa.bindparam("id", type_=sa.Uuid),
        sa.bindparam("project_id", type_=sa.Uuid),
        sa.bindparam("archived", type_=sa.Boolean),
    )
    last = sa.Uuid().python_type(int=0)
    while rows := connection.execute(page, {"last": last, "batch": BATCH}).all():
        connection.execute(insert, [_text_row(row) for row in rows])
        last = rows[-1].id


def _text_row(row: Any) -> dict[str, Any]:
    whole = " ".join(part for part in (row.first_name, row.last_name) if part)
    texts: list[str] = []
    for value in (row.name, whole, row.email, row.phone, row.phone_raw, row.company):
        text = " ".join((value or "").casefold().split())
        if text and not any(text in known for known in texts):
            texts.append(text)
    return {
        "id": row.id,
        "project_id": row.project_id,
        "archived": row.archived,
        "text": "\n".join(texts),
    }


def _index_texts() -> None:
    """Where the database has no index of trigrams, every search reads all texts."""
    if op.get_bind().dialect.name == "sqlite":
        _can(*TRIGRAMS)
    elif _can("CREATE EXTENSION IF NOT EXISTS pg_trgm"):
        op.create_index(
            "ix_lead_texts_text",
            "lead_texts",
            ["text"],
            postgresql_using="gin",
            postgresql_ops={"text": "gin_trgm_ops"},
            postgresql_with={"gin_pending_list_limit": "1024"},
        )


def _can(*statements: str) -> bool:
    """Whether the database takes these statements; where it refuses one, none is done."""
    connection = op.get_bind()
    try:
        with connection.begin_nested():
            for statement in statements:
                connection.exec_driver_sql(statement)
    except sa.exc.DBAPIError:
        return False
    return True
