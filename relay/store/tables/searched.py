"""What searches look through beside the leads' own texts: words, and how far they are told."""

import sqlalchemy as sa

from relay.store.tables.schema import metadata, names

_AS_VECTOR = "array_to_tsvector(string_to_array(words, ' '))"
"""How PostgreSQL looks words up: as they are, by no dictionary of its own."""


def _words(name: str, where: str) -> sa.Index:
    """An index of words, of leads and of others apart: what is common there may be rare here."""
    return sa.Index(
        name,
        sa.text(_AS_VECTOR),
        postgresql_using="gin",
        postgresql_with={"gin_pending_list_limit": "1024"},
        postgresql_where=sa.text(where),
    ).ddl_if(dialect="postgresql")


word_lists = sa.Table(
    "word_lists",
    metadata,
    sa.Column("key", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    names("project_id"),
    sa.Column("about_id", sa.Uuid, nullable=False, unique=True),  # a lead, or a submission
    sa.Column("of_lead", sa.Boolean, nullable=False),
    sa.Column("words", sa.Text, nullable=False),  # blanks between them; relay.core.word_lists
    sa.Index("ix_word_lists_newest", "project_id", "of_lead", "about_id"),
    _words("ix_word_lists_of_leads", "of_lead"),
    _words("ix_word_lists_of_others", "NOT of_lead"),
)

walks = sa.Table(  # what a sweep still goes through, newest first; done ones are gone
    "walks",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("before", sa.Uuid),  # what comes next is older than this; none at the beginning
)

_SETTINGS = (
    "words, content='word_lists', content_rowid='key', tokenize='ascii tokenchars _', prefix='3'"
)
_ADD = "INSERT INTO word_index (rowid, words) VALUES (new.key, new.words);"
_TAKE = "INSERT INTO word_index (word_index, rowid, words) VALUES ('delete', old.key, old.words);"
_INDEX = (  # SQLite's, which triggers keep in step
    f"CREATE VIRTUAL TABLE word_index USING fts5({_SETTINGS})",
    f"CREATE TRIGGER word_lists_added AFTER INSERT ON word_lists BEGIN {_ADD} END",
    f"CREATE TRIGGER word_lists_removed AFTER DELETE ON word_lists BEGIN {_TAKE} END",
    f"CREATE TRIGGER word_lists_changed AFTER UPDATE ON word_lists BEGIN {_TAKE} {_ADD} END",
)


def _on_sqlite(statement: str) -> sa.DDL:
    made: sa.DDL = sa.DDL(statement)  # type: ignore[no-untyped-call] # so in SQLAlchemy
    return made.execute_if(dialect="sqlite")


for _statement in _INDEX:
    sa.event.listen(word_lists, "after_create", _on_sqlite(_statement))
sa.event.listen(word_lists, "before_drop", _on_sqlite("DROP TABLE IF EXISTS word_index"))
