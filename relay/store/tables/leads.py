"""What became of it: leads in versions."""

import sqlalchemy as sa

from relay.store.tables.schema import metadata, names, one_of, only, own_id
from relay.store.types import Instant, JsonText

STATUS_CHANGE_STATES = ("pending", "done")

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
    one_of("state", STATUS_CHANGE_STATES),
    sa.Index("ix_status_changes_lead_id_id", "lead_id", "id"),
    only("ix_status_changes_pending", "lead_id", where="state = 'pending'", unique=True),
    only("ix_status_changes_open", "at", where="state = 'pending'"),
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
