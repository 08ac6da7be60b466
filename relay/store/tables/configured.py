"""What is configured."""

import sqlalchemy as sa

from relay.store.tables.schema import metadata, of_project, one_of, own_id
from relay.store.types import Instant, JsonText

PAUSES = ("manual", "unauthorized", "gone")
BREAKERS = ("closed", "open", "half_open")

projects = sa.Table(
    "projects",
    metadata,
    own_id(),
    sa.Column("public_id", sa.Text, nullable=False, unique=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("settings", JsonText, nullable=False),  # beside its name
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("archived_at", Instant),
)

counters = sa.Table(  # apart from its project, so that taking a number never blocks a foreign key
    "counters",
    metadata,
    sa.Column("project_id", sa.Uuid, sa.ForeignKey("projects.id"), primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.BigInteger, nullable=False),
)

api_keys = sa.Table(
    "api_keys",
    metadata,
    own_id(),
    sa.Column("project_id", sa.Uuid, sa.ForeignKey("projects.id")),  # none: for all projects
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("hash", sa.Text, nullable=False, unique=True),
    sa.Column("hint", sa.Text, nullable=False),  # the last characters, to tell keys apart
    sa.Column("scopes", JsonText, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("used_at", Instant),
    sa.Column("revoked_at", Instant),
    sa.Column("expires_on", sa.Date),  # the last day on which it opens anything, in UTC
    sa.UniqueConstraint("project_id", "name"),
)

sources = sa.Table(
    "sources",
    metadata,
    own_id(),
    of_project(),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("key_hash", sa.Text, nullable=False, unique=True),
    sa.Column("settings", JsonText, nullable=False),  # the kind's own, without secrets
    sa.Column("options", JsonText, nullable=False),  # what every source may have
    sa.Column("secrets", sa.Text, nullable=False),  # encrypted: the key and the secret settings
    sa.Column("mapping", JsonText, nullable=False),
    sa.Column("refuse", JsonText, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("updated_at", Instant, nullable=False),
    sa.Column("paused_at", Instant),
    sa.Column("archived_at", Instant),
    sa.UniqueConstraint("project_id", "name"),
)

source_tokens = sa.Table(  # what calls of the lead APIs name a source by, hashed
    "source_tokens",
    metadata,
    sa.Column("hash", sa.Text, primary_key=True),
    sa.Column("source_id", sa.Uuid, sa.ForeignKey("sources.id"), nullable=False, index=True),
)

targets = sa.Table(
    "targets",
    metadata,
    own_id(),
    of_project(),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("settings", JsonText, nullable=False),
    sa.Column("secrets", sa.Text, nullable=False),
    sa.Column("mapping", JsonText, nullable=False),
    sa.Column("limits", JsonText, nullable=False),
    sa.Column("retry", JsonText, nullable=False),
    sa.Column("credentials_end", sa.Text),  # the day, where somebody has said it
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("updated_at", Instant, nullable=False),
    sa.Column("archived_at", Instant),
    sa.UniqueConstraint("project_id", "name"),
)

lanes = sa.Table(  # one target's queue of deliveries: what every worker has to know of it
    "lanes",
    metadata,
    sa.Column("target_id", sa.Uuid, sa.ForeignKey("targets.id"), primary_key=True),
    sa.Column("rate_key", sa.Text, nullable=False, index=True),
    sa.Column("paused_at", Instant),
    sa.Column("pause", sa.Text),
    sa.Column("pause_reason", sa.Text),
    sa.Column("hold_until", Instant),
    sa.Column("hold_reason", sa.Text),
    sa.Column("breaker", sa.Text, nullable=False, server_default="closed"),
    sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
    sa.Column("trips", sa.Integer, nullable=False, server_default="0"),
    sa.Column("open_until", Instant),
    one_of("breaker", BREAKERS),
    sa.CheckConstraint(
        "pause IS NULL OR pause IN ('manual', 'unauthorized', 'gone')", name="pause"
    ),
)

rate_keys = sa.Table(  # locked while live leases are counted
    "rate_keys",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
)

routes = sa.Table(
    "routes",
    metadata,
    own_id(),
    of_project(),
    sa.Column("source_id", sa.Uuid, sa.ForeignKey("sources.id"), nullable=False, index=True),
    sa.Column("target_id", sa.Uuid, sa.ForeignKey("targets.id"), nullable=False, index=True),
    sa.Column("condition", JsonText, nullable=False),
    sa.Column("events", JsonText, nullable=False),
    sa.Column("options", JsonText, nullable=False),  # settle, directives
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("archived_at", Instant),
    sa.UniqueConstraint("source_id", "target_id"),
)
