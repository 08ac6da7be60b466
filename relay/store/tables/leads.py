"""What became of it: leads in versions."""

import sqlalchemy as sa

from relay.store.tables.schema import metadata, names, one_of, only, own_id
from relay.store.types import Instant, JsonText

STATUS_CHANGE_STATES = ("pending", "done")


def _live(name: str, *columns: str, where: str = "") -> sa.Index:
    """An index of a project's leads that are not archived."""
    live = "archived_at IS NULL"
    return only(name, "project_id", *columns, where=f"{where} AND {live}" if where else live)


leads = sa.Table(
    "leads",
    metadata,
    own_id(),
    names("project_id"),
    names("source_id"),
    sa.Column("number", sa.BigInteger, nullable=False),
    sa.Column("public_id", sa.Text, nullable=False, unique=True),
    sa.Column("lead_key", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("test", sa.Boolean, nullable=False),
    sa.Column("partial", sa.Boolean, nullable=False),
    # searchable copies of the newest version
    sa.Column("name", sa.Text),
    sa.Column("email", sa.Text),
    sa.Column("phone", sa.Text),
    sa.Column("company", sa.Text),
    sa.Column("first_name", sa.Text),
    sa.Column("last_name", sa.Text),
    sa.Column("form_name", sa.Text),
    sa.Column("phone_raw", sa.Text),  # as it was written
    sa.Column("unique_identifier", sa.Text),
    sa.Column("traffic_source_id", sa.Text),
    sa.Column("sub_id", sa.Text),
    sa.Column("campaign", sa.Text),
    sa.Column("has_gclid", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("has_cid", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("has_fbp", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("has_fbc", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("value_minor", sa.BigInteger),
    sa.Column("currency", sa.Text),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("updated_at", Instant, nullable=False),
    sa.Column("archived_at", Instant),
    sa.UniqueConstraint("project_id", "lead_key"),
    sa.UniqueConstraint("project_id", "number"),
    sa.Index("ix_leads_project_id_phone", "project_id", "phone"),
    # what lists are filtered and sorted by
    _live("ix_leads_created", "created_at", "number"),
    _live("ix_leads_source", "source_id", "created_at", "number"),
    only(
        "ix_leads_apart",
        "project_id",
        "created_at",
        "number",
        where="test OR partial OR archived_at IS NOT NULL",
    ),
    _live(
        "ix_leads_shares",
        "status",
        "has_gclid",
        "has_cid",
        "has_fbp",
        "has_fbc",
        "created_at",
        "number",
    ),
    _live("ix_leads_status", "status", "number"),
    _live("ix_leads_email", "email", "number"),
    _live("ix_leads_first_name", "first_name", "number", where="first_name IS NOT NULL"),
    _live("ix_leads_last_name", "last_name", "number", where="last_name IS NOT NULL"),
    _live("ix_leads_value", "value_minor", "number", where="value_minor IS NOT NULL"),
    _live("ix_leads_form_name", "form_name", "created_at", "number", where="form_name IS NOT NULL"),
    _live(
        "ix_leads_unique_identifier",
        "unique_identifier",
        "number",
        where="unique_identifier IS NOT NULL",
    ),
    _live("ix_leads_phone_raw", "phone_raw", "number", where="phone_raw <> phone"),
)

lead_versions = sa.Table(
    "lead_versions",
    metadata,
    sa.Column("lead_id", sa.Uuid, sa.ForeignKey("leads.id"), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("submission_id", sa.Uuid),
    sa.Column("document", JsonText, nullable=False),
    sa.Column("warnings", JsonText, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
)

lead_totals = sa.Table(  # exact at every commit: lists tell how many there are without counting
    "lead_totals",
    metadata,
    names("project_id", primary_key=True),
    sa.Column("status", sa.Text, primary_key=True),
    sa.Column("has_gclid", sa.Boolean, primary_key=True),
    sa.Column("has_cid", sa.Boolean, primary_key=True),
    sa.Column("has_fbp", sa.Boolean, primary_key=True),
    sa.Column("has_fbc", sa.Boolean, primary_key=True),
    sa.Column("count", sa.BigInteger, nullable=False),
)

lead_texts = sa.Table(  # what searches look through, apart from what a lead's every change rewrites
    "lead_texts",
    metadata,
    sa.Column("key", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    names("project_id"),
    sa.Column("lead_id", sa.Uuid, nullable=False),
    sa.Column("archived", sa.Boolean, nullable=False),
    sa.Column("text", sa.Text, nullable=False),  # in one case, its parts in lines
    sa.UniqueConstraint("project_id", "lead_id"),
    sa.Index(
        "ix_lead_texts_text",
        "text",
        postgresql_using="gin",
        postgresql_ops={"text": "gin_trgm_ops"},
        postgresql_with={"gin_pending_list_limit": "1024"},
    ).ddl_if(dialect="postgresql"),
)

_SETTINGS = "text, content='lead_texts', content_rowid='key', tokenize='trigram case_sensitive 1'"
_ADD = "INSERT INTO lead_trigrams (rowid, text) VALUES (new.key, new.text);"
_TAKE = (
    "INSERT INTO lead_trigrams (lead_trigrams, rowid, text) VALUES ('delete', old.key, old.text);"
)
_TRIGRAMS = (  # SQLite's index of them, which triggers keep in step
    f"CREATE VIRTUAL TABLE lead_trigrams USING fts5({_SETTINGS})",
    f"CREATE TRIGGER lead_texts_added AFTER INSERT ON lead_texts BEGIN {_ADD} END",
    f"CREATE TRIGGER lead_texts_removed AFTER DELETE ON lead_texts BEGIN {_TAKE} END",
    f"CREATE TRIGGER lead_texts_changed AFTER UPDATE ON lead_texts BEGIN {_TAKE} {_ADD} END",
)


def _on_sqlite(statement: str) -> sa.DDL:
    made: sa.DDL = sa.DDL(statement)  # type: ignore[no-untyped-call] # so in SQLAlchemy
    return made.execute_if(dialect="sqlite")


for _statement in _TRIGRAMS:
    sa.event.listen(lead_texts, "after_create", _on_sqlite(_statement))
sa.event.listen(lead_texts, "before_drop", _on_sqlite("DROP TABLE IF EXISTS lead_trigrams"))

status_changes = sa.Table(  # what was said of a lead after it was one
    "status_changes",
    metadata,
    own_id(),
    names("project_id"),
    sa.Column("lead_id", sa.Uuid, sa.ForeignKey("leads.id"), nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),  # the API and its key, or a person
    sa.Column("change", JsonText, nullable=False),  # members of the lead's state that it sets
    sa.Column("label", sa.Text, nullable=False, server_default=""),  # which status event it makes
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("version", sa.Integer),  # of the lead, once it is done
    sa.Column("done_at", Instant),
    sa.Column("owed", sa.Integer, nullable=False, server_default="0"),  # deliveries that it makes
    one_of("state", STATUS_CHANGE_STATES),
    sa.Index("ix_status_changes_lead_id_id", "lead_id", "id"),
    only("ix_status_changes_pending", "lead_id", where="state = 'pending'", unique=True),
    only("ix_status_changes_open", "at", where="state = 'pending'"),
    only("ix_status_changes_owed", "project_id", "done_at", where="owed > 0"),
)

blocked_contacts = sa.Table(  # numbers to which nothing more goes out
    "blocked_contacts",
    metadata,
    names("project_id", primary_key=True),
    sa.Column("phone", sa.Text, primary_key=True),  # E.164
    names("source_id"),
    sa.Column("at", Instant, nullable=False),
)

token_names = sa.Table(  # custom tokens that were ever sent
    "token_names",
    metadata,
    names("project_id", primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("first_seen_at", Instant, nullable=False),
)
