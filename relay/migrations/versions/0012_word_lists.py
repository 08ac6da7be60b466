"""Words that leads and submissions are found by, and indexes that the console's lists stand on.

The words of what is there already are told by the sweep, batch by batch, newest first: nothing
waits for it, and searches say how far it is.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

INDEXES = (
    (
        "ix_leads_source",
        "leads",
        "project_id, source_id, created_at, number",
        "archived_at IS NULL",
    ),
    (
        "ix_leads_apart",
        "leads",
        "project_id, created_at, number",
        "test OR partial OR archived_at IS NOT NULL",
    ),
    ("ix_deliveries_remote", "deliveries", "project_id, remote_id", "remote_id IS NOT NULL"),
    (
        "ix_submissions_untold",
        "submissions",
        "id",
        "NOT told AND state IN ('quarantined', 'held', 'refused')",
    ),
)

_SETTINGS = (
    "words, content='word_lists', content_rowid='key', tokenize='ascii tokenchars _', prefix='3'"
)
_ADD = "INSERT INTO word_index (rowid, words) VALUES (new.key, new.words);"
_TAKE = "INSERT INTO word_index (word_index, rowid, words) VALUES ('delete', old.key, old.words);"
ON_SQLITE = (
    f"CREATE VIRTUAL TABLE word_index USING fts5({_SETTINGS})",
    f"CREATE TRIGGER word_lists_added AFTER INSERT ON word_lists BEGIN {_ADD} END",
    f"CREATE TRIGGER word_lists_removed AFTER DELETE ON word_lists BEGIN {_TAKE} END",
    f"CREATE TRIGGER word_lists_changed AFTER UPDATE ON word_lists BEGIN {_TAKE} {_ADD} END",
)


def upgrade() -> None:
    """Make the tables, the mark of what is told, and the indexes."""
    op.create_table(
        "word_lists",
        sa.Column("key", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("project_id", sa.Uuid, nullable=False),
        sa.Column("about_id", sa.Uuid, nullable=False),
        sa.Column("of_lead", sa.Boolean, nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.UniqueConstraint("about_id"),
    )
    op.create_table(
        "walks",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("before", sa.Uuid),
    )
    op.add_column(
        "submissions", sa.Column("told", sa.Boolean, nullable=False, server_default=sa.false())
    )
    for name, table, columns, where in INDEXES:
        condition = sa.text(where)
        op.create_index(
            name, table, columns.split(", "), postgresql_where=condition, sqlite_where=condition
        )
    _index_words()
    op.execute("INSERT INTO walks (name) SELECT 'word lists' WHERE EXISTS (SELECT 1 FROM leads)")


def _index_words() -> None:
    """Where SQLite has no FTS5, every search reads all words."""
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        op.create_index(
            "ix_word_lists_words",
            "word_lists",
            [sa.text("array_to_tsvector(string_to_array(words, ' '))")],
            postgresql_using="gin",
            postgresql_with={"gin_pending_list_limit": "1024"},
        )
        return
    try:
        with connection.begin_nested():
            for statement in ON_SQLITE:
                connection.exec_driver_sql(statement)
    except sa.exc.DBAPIError:
        return
