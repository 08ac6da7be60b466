"""What the delivery log is found by: how the last attempt ended, and indexes."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

TROUBLED = "last_outcome <> 'delivered' OR last_status >= 300"

COUNTED = ["state", "settled_at", "source_id", "target_id"]


def upgrade() -> None:
    """Add and fill the columns, and make the indexes."""
    for name, kind in (("last_outcome", sa.Text), ("last_status", sa.Integer)):
        op.add_column("deliveries", sa.Column(name, kind))
    op.execute(
        "UPDATE deliveries SET (last_outcome, last_status) = (SELECT outcome, status FROM attempts"
        " WHERE attempts.delivery_id = deliveries.id ORDER BY attempts.id DESC LIMIT 1)"
    )
    op.drop_index("ix_deliveries_project_id_created_at", table_name="deliveries")
    op.create_index(
        "ix_deliveries_project_id_created_at",
        "deliveries",
        ["project_id", "created_at"],
        postgresql_include=COUNTED,
    )
    op.create_index("ix_deliveries_source_id_id", "deliveries", ["source_id", "id"])
    where = sa.text(TROUBLED)
    op.create_index(
        "ix_deliveries_troubled",
        "deliveries",
        ["project_id", "id", "last_outcome", "last_status"],
        postgresql_where=where,
        sqlite_where=where,
    )
