"""People, processes, and the books that are kept."""

import sqlalchemy as sa

from relay.store.tables.schema import metadata, one_of, own_id
from relay.store.types import Instant, JsonText

ROLES = ("owner", "editor", "operator", "viewer")

users = sa.Table(
    "users",
    metadata,
    own_id(),
    sa.Column("email", sa.Text, nullable=False, unique=True),
    sa.Column("password_hash", sa.Text, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("epoch", sa.Integer, nullable=False, server_default="0"),  # raised to end sessions
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("signed_in_at", Instant),
    one_of("role", ROLES),
)

setup_links = sa.Table(
    "setup_links",
    metadata,
    sa.Column("hash", sa.Text, primary_key=True),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("used_at", Instant),
)

audit = sa.Table(
    "audit",
    metadata,
    own_id(),
    sa.Column("project_id", sa.Uuid, sa.ForeignKey("projects.id")),
    sa.Column("at", Instant, nullable=False, index=True),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("before", JsonText),
    sa.Column("after", JsonText),
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
