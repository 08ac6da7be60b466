"""Words of leads and of what became none apart: what is common there may be rare here."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"

APART = (("ix_word_lists_of_leads", "of_lead"), ("ix_word_lists_of_others", "NOT of_lead"))


def upgrade() -> None:
    """Make two indexes of the one; SQLite's is no index of the table."""
    if op.get_bind().dialect.name == "sqlite":
        return
    op.drop_index("ix_word_lists_words", table_name="word_lists")
    for name, where in APART:
        op.create_index(
            name,
            "word_lists",
            [sa.text("array_to_tsvector(string_to_array(words, ' '))")],
            postgresql_using="gin",
            postgresql_with={"gin_pending_list_limit": "1024"},
            postgresql_where=sa.text(where),
        )
