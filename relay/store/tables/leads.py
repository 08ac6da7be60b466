"""What became of it: leads in versions."""

import sqlalchemy as sa

from relay.store.tables.schema import metadata, names, own_id
from relay.store.types import Instant, JsonText

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
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("value_minor", sa.BigInteger),
    sa.Column("currency", sa.Text),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("updated_at", Instant, nullable=False),
    sa.Column("archived_at", Instant),
    sa.UniqueConstraint("project_id", "lead_key"),
    sa.UniqueConstraint("project_id", "number"),
    sa.Index("ix_leads_project_id_created_at", "project_id", "created_at"),
    sa.Index("ix_leads_project_id_email", "project_id", "email"),
    sa.Index("ix_leads_project_id_phone", "project_id", "phone"),
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
