"""The campaign of a lead, for reports: a column that is filled from the newest versions."""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

BATCH = 1000
LONGEST = 500


def upgrade() -> None:
    """Add the column, and read every lead, some at a time."""
    op.add_column("leads", sa.Column("campaign", sa.Text))
    connection = op.get_bind()
    page = sa.text(
        "SELECT leads.id, document FROM leads JOIN lead_versions"
        " ON lead_id = leads.id AND lead_versions.version = leads.version"
        " WHERE leads.id > :last AND document LIKE '%\"campaign\"%' ORDER BY leads.id LIMIT :batch"
    ).columns(id=sa.Uuid)
    page = page.bindparams(sa.bindparam("last", type_=sa.Uuid))
    update = sa.text("UPDATE leads SET campaign = :campaign WHERE id = :id").bindparams(
        sa.bindparam("id", type_=sa.Uuid)
    )
    last = sa.Uuid().python_type(int=0)
    while rows := connection.execute(page, {"last": last, "batch": BATCH}).all():
        found = [{"id": row.id, "campaign": _campaign(row.document)} for row in rows]
        connection.execute(update, found)
        last = rows[-1].id


def _campaign(text: str) -> str | None:
    document: Any = json.loads(text)
    said = document.get("attribution", {}).get("utm", {}).get("campaign")
    return said[:LONGEST] if isinstance(said, str) else None
