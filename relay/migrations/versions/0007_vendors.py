"""What vendors grant, and what a delivery's next attempt is to know."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the table of grants, and the deliveries' column."""
    op.create_table(
        "grants",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("access", sa.Text),
        sa.Column("made_at", INSTANT),
        sa.Column("expires_at", INSTANT),
        sa.Column("lease_token", sa.Uuid),
        sa.Column("leased_until", INSTANT),
    )
    with op.batch_alter_table("deliveries") as table:
        table.add_column(sa.Column("noted", sa.Text))
