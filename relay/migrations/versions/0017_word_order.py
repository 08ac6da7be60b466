"""Words in the order of those whom they are about: what is common is found among the newest."""

from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Make the index."""
    op.create_index("ix_word_lists_newest", "word_lists", ["project_id", "of_lead", "about_id"])
