"""People, processes, and the books that are kept."""

import sqlalchemy as sa

from relay.store.tables.schema import metadata, one_of, own_id
from relay.store.types import Instant, JsonText

ROLES = ("owner", "editor", "operator", "viewer")
LINK_PURPOSES = ("invitation", "reset")

users = sa.Table(
    "users",
    metadata,
    own_id(),
    sa.Column("email", sa.Text, nullable=False, unique=True),
    sa.Column("password_hash", sa.Text),  # none: invited, or comes in by single sign-on alone
    sa.Column("role", sa.Text),  # in all projects; none where memberships say it
    sa.Column("epoch", sa.Integer, nullable=False, server_default="0"),  # raised to end sessions
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("signed_in_at", Instant),
    sa.Column("invited_by", sa.Text),
    sa.Column("disabled_at", Instant),
    sa.Column("issuer", sa.Text),  # who the person is to the provider of single sign-on
    sa.Column("subject", sa.Text),
    sa.Column("totp_secret", sa.Text),  # sealed; counts from totp_since on
    sa.Column("totp_since", Instant),
    sa.Column("totp_step", sa.BigInteger),  # of the last code that was taken: none works twice
    one_of("role", ROLES),
    sa.UniqueConstraint("issuer", "subject"),
)

memberships = sa.Table(
    "memberships",
    metadata,
    sa.Column("user_id", sa.Uuid, sa.ForeignKey("users.id"), primary_key=True),
    sa.Column("project_id", sa.Uuid, sa.ForeignKey("projects.id"), primary_key=True, index=True),
    sa.Column("role", sa.Text, nullable=False),
    one_of("role", ROLES),
)

recovery_codes = sa.Table(
    "recovery_codes",
    metadata,
    sa.Column("user_id", sa.Uuid, sa.ForeignKey("users.id"), primary_key=True),
    sa.Column("hash", sa.Text, primary_key=True),
    sa.Column("used_at", Instant),
)

setup_links = sa.Table(
    "setup_links",
    metadata,
    sa.Column("hash", sa.Text, primary_key=True),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("used_at", Instant),
)

user_links = sa.Table(  # by which somebody gives themselves a password, once
    "user_links",
    metadata,
    sa.Column("hash", sa.Text, primary_key=True),
    sa.Column("user_id", sa.Uuid, sa.ForeignKey("users.id"), nullable=False, index=True),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("made_by", sa.Text, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("used_at", Instant),
    one_of("purpose", LINK_PURPOSES),
)

audit = sa.Table(
    "audit",
    metadata,
    own_id(),
    sa.Column("project_id", sa.Uuid, sa.ForeignKey("projects.id")),
    sa.Column("at", Instant, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("before", JsonText),
    sa.Column("after", JsonText),
    # what the log is read by, of one project and of all
    sa.Index("ix_audit_newest", "at", "id"),
    sa.Index("ix_audit_actor", "actor", "at", "id"),
    sa.Index("ix_audit_action", "action", "at", "id"),
    sa.Index("ix_audit_subject", "subject", "at", "id"),
    sa.Index("ix_audit_project", "project_id", "at", "id"),
    sa.Index("ix_audit_project_actor", "project_id", "actor", "at", "id"),
    sa.Index("ix_audit_project_action", "project_id", "action", "at", "id"),
)

processes = sa.Table(  # heartbeats: after a FLUSHALL the queue knows no workers
    "processes",
    metadata,
    own_id(),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("pid", sa.Integer, nullable=False),
    sa.Column("started_at", Instant, nullable=False),
    sa.Column("seen_at", Instant, nullable=False),
    sa.Column("free_bytes", sa.BigInteger),  # on the disk of its data directory
)

ledger_days = sa.Table(  # counts of rows that retention has removed
    "ledger_days",
    metadata,
    sa.Column("project_id", sa.Uuid, sa.ForeignKey("projects.id"), primary_key=True),
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("what", sa.Text, primary_key=True),  # submissions or deliveries
    sa.Column("state", sa.Text, primary_key=True),
    sa.Column("count", sa.BigInteger, nullable=False),
)

views = sa.Table(  # lists as somebody wants to find them again: a name and the query of an address
    "views",
    metadata,
    own_id(),
    sa.Column("project_id", sa.Uuid, sa.ForeignKey("projects.id"), nullable=False),
    sa.Column("user_id", sa.Uuid, nullable=False),  # who made it
    sa.Column("page", sa.Text, nullable=False),  # of which list
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("query", sa.Text, nullable=False),
    sa.Column("shared", sa.Boolean, nullable=False, server_default=sa.false()),  # with the project
    sa.Column("created_at", Instant, nullable=False),
    sa.UniqueConstraint("project_id", "page", "user_id", "name"),
)
