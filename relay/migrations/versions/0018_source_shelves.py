"""What is on a shelf of one source is found at once."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"

SHELVED = "state IN ('quarantined', 'held', 'refused')"


def upgrade() -> None:
    """Make the index; it holds but what is on a shelf."""
    where = sa.text(SHELVED)
    op.create_index(
        "ix_submissions_source_shelved",
        "submissions",
        ["source_id", "state", "id"],
        postgresql_where=where,
        sqlite_where=where,
    )
