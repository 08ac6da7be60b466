"""The tables. Rows are the truth; Redis only rings the bell."""

import sqlalchemy as sa

from relay.store.types import Instant, JsonText

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

SUBMISSION_STATES = ("received", "stored", "duplicate", "refused", "quarantined", "held")
DELIVERY_STATES = (
    "waiting",
    "sending",
    "delivered",
    "ignored",
    "failed",
    "expired",
    "superseded",
    "skipped",
    "cancelled",
)
EVENTS = ("created", "updated", "status")
PAUSES = ("manual", "unauthorized", "gone")
BREAKERS = ("closed", "open", "half_open")
ROLES = ("owner", "editor", "operator", "viewer")
TRIGGERS = ("scheduled", "manual", "replay", "test")


def _one_of(column: str, values: tuple[str, ...]) -> sa.CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=column)


def _only(name: str, *columns: str | sa.TextClause, where: str, unique: bool = False) -> sa.Index:
    """An index over the few rows that `where` names, so that it stays small as the table grows."""
    condition = sa.text(where)
    return sa.Index(
        name, *columns, unique=unique, postgresql_where=condition, sqlite_where=condition
    )


def _id() -> sa.Column[object]:
    return sa.Column("id", sa.Uuid, primary_key=True)


def _project() -> sa.Column[object]:
    return sa.Column("project_id", sa.Uuid, sa.ForeignKey("projects.id"), nullable=False)


# --- configuration -------------------------------------------------------------------------------

projects = sa.Table(
    "projects",
    metadata,
    _id(),
    sa.Column("public_id", sa.Text, nullable=False, unique=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("settings", JsonText, nullable=False),  # beside its name; none yet
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
    _id(),
    _project(),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("hash", sa.Text, nullable=False, unique=True),
    sa.Column("hint", sa.Text, nullable=False),  # the last characters, to tell keys apart
    sa.Column("scopes", JsonText, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("used_at", Instant),
    sa.Column("revoked_at", Instant),
    sa.UniqueConstraint("project_id", "name"),
)

sources = sa.Table(
    "sources",
    metadata,
    _id(),
    _project(),
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

targets = sa.Table(
    "targets",
    metadata,
    _id(),
    _project(),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("settings", JsonText, nullable=False),
    sa.Column("secrets", sa.Text, nullable=False),
    sa.Column("mapping", JsonText, nullable=False),
    sa.Column("limits", JsonText, nullable=False),
    sa.Column("retry", JsonText, nullable=False),
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
    _one_of("breaker", BREAKERS),
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
    _id(),
    _project(),
    sa.Column("source_id", sa.Uuid, sa.ForeignKey("sources.id"), nullable=False, index=True),
    sa.Column("target_id", sa.Uuid, sa.ForeignKey("targets.id"), nullable=False, index=True),
    sa.Column("condition", JsonText, nullable=False),
    sa.Column("events", JsonText, nullable=False),
    sa.Column("options", JsonText, nullable=False),  # settle, directives
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("archived_at", Instant),
    sa.UniqueConstraint("source_id", "target_id"),
)

# --- what arrived --------------------------------------------------------------------------------

bodies = sa.Table(
    "bodies",
    metadata,
    _id(),
    _project(),
    sa.Column("source_id", sa.Uuid, sa.ForeignKey("sources.id"), nullable=False),
    sa.Column("received_at", Instant, nullable=False, index=True),
    sa.Column("method", sa.Text, nullable=False),
    sa.Column("query", sa.Text, nullable=False),
    sa.Column("headers", JsonText, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),  # of the bytes as they came, before masking
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("parts", sa.Integer, nullable=False),  # submissions in it, counted for the ledger
    sa.Column("blanked_at", Instant),
    _only("ix_bodies_whole", "received_at", where="blanked_at IS NULL"),
)

event_keys = sa.Table(  # apart from submissions, so that those can be partitioned by month
    "event_keys",
    metadata,
    sa.Column("source_id", sa.Uuid, sa.ForeignKey("sources.id"), primary_key=True),
    sa.Column("event_key", sa.Text, primary_key=True),
    sa.Column("submission_id", sa.Uuid, nullable=False),
    sa.Column("received_at", Instant, nullable=False),
)

submissions = sa.Table(
    "submissions",
    metadata,
    _id(),
    sa.Column("body_id", sa.Uuid, sa.ForeignKey("bodies.id"), nullable=False, index=True),
    _project(),
    sa.Column("source_id", sa.Uuid, sa.ForeignKey("sources.id"), nullable=False),
    sa.Column("position", sa.Integer, nullable=False),  # within its body
    sa.Column("received_at", Instant, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("event_key", sa.Text),
    sa.Column("content_key", sa.Text),  # set where equal content counts as a repeat for a while
    sa.Column("lead_key", sa.Text),
    sa.Column("test", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("partial", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("document", JsonText),  # the canonical lead as this submission alone says it
    sa.Column("warnings", JsonText, nullable=False),
    sa.Column("reasons", JsonText, nullable=False),  # why quarantined, held, refused or a repeat
    sa.Column("released", sa.Boolean, nullable=False, server_default=sa.false()),  # past the rules
    sa.Column("hold", sa.Text),  # what a held one waits for: see services.ingest.HOLDS
    sa.Column("duplicate_of", sa.Uuid),
    sa.Column("lead_id", sa.Uuid, index=True),
    sa.Column("lead_version", sa.Integer),
    sa.Column("owed", sa.Integer, nullable=False, server_default="0"),  # deliveries it gave rise to
    sa.Column("stored_at", Instant),
    sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
    sa.Column("lease_token", sa.Uuid),
    sa.Column("leased_until", Instant),
    _one_of("state", SUBMISSION_STATES),
    sa.Index("ix_submissions_project_id_received_at", "project_id", "received_at"),
    sa.Index("ix_submissions_source_id_received_at", "source_id", "received_at"),
    _only("ix_submissions_open", "received_at", where="state = 'received'"),
    _only("ix_submissions_held", "source_id", "hold", "id", where="state = 'held'"),
    _only("ix_submissions_repeats", "duplicate_of", where="duplicate_of IS NOT NULL"),
    _only(
        "ix_submissions_shelved",
        "project_id",
        "state",
        "id",
        where="state IN ('quarantined', 'held', 'refused')",
    ),
    _only(
        "ix_submissions_content",
        "source_id",
        "content_key",
        "received_at",
        where="content_key IS NOT NULL",
    ),
)

turned_away = sa.Table(
    "turned_away",
    metadata,
    _id(),
    sa.Column("source_id", sa.Uuid, sa.ForeignKey("sources.id"), nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("status", sa.Integer, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("headers", JsonText, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),  # capped
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("address", sa.Text, nullable=False),
    sa.Index("ix_turned_away_source_id_id", "source_id", "id"),
)

# --- leads ---------------------------------------------------------------------------------------

leads = sa.Table(
    "leads",
    metadata,
    _id(),
    _project(),
    sa.Column("source_id", sa.Uuid, sa.ForeignKey("sources.id"), nullable=False),
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

# --- what goes out -------------------------------------------------------------------------------

deliveries = sa.Table(
    "deliveries",
    metadata,
    _id(),
    _project(),
    sa.Column("lead_id", sa.Uuid, sa.ForeignKey("leads.id"), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("target_id", sa.Uuid, sa.ForeignKey("targets.id"), nullable=False),
    sa.Column("route_id", sa.Uuid, sa.ForeignKey("routes.id")),
    sa.Column("source_id", sa.Uuid, sa.ForeignKey("sources.id"), nullable=False),
    sa.Column("event", sa.Text, nullable=False),
    sa.Column("label", sa.Text, nullable=False, server_default=""),  # which status, for that event
    sa.Column("replay", sa.Integer, nullable=False, server_default="0"),  # 0 is the first delivery
    sa.Column("replay_of", sa.Uuid),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("reason", sa.Text),  # why it ended, or waits, as it does
    sa.Column("after_id", sa.Uuid),  # waits until that one has ended
    sa.Column("priority", sa.Integer, nullable=False, server_default="0"),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("due_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("max_attempts", sa.Integer),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),  # those that counted
    sa.Column("trigger", sa.Text, nullable=False, server_default="scheduled"),
    sa.Column("tries", sa.Integer, nullable=False, server_default="0"),  # claims that never settled
    sa.Column("lease_token", sa.Uuid),
    sa.Column("leased_until", Instant),
    sa.Column("rate_key", sa.Text),  # while sending
    sa.Column("remote_id", sa.Text),
    sa.Column("remote_url", sa.Text),
    sa.Column("settled_at", Instant),
    _one_of("state", DELIVERY_STATES),
    _one_of("event", EVENTS),
    _one_of("trigger", TRIGGERS),
    sa.UniqueConstraint("lead_id", "version", "target_id", "event", "label", "replay"),
    sa.Index("ix_deliveries_project_id_id", "project_id", "id"),
    sa.Index("ix_deliveries_project_id_created_at", "project_id", "created_at"),
    sa.Index("ix_deliveries_project_id_state_id", "project_id", "state", "id"),
    sa.Index("ix_deliveries_target_id_id", "target_id", "id"),
    sa.Index("ix_deliveries_lead_id_target_id", "lead_id", "target_id"),
    _only("ix_deliveries_due", "target_id", "due_at", where="state = 'waiting'"),
    _only(
        "ix_deliveries_next",
        "target_id",
        sa.text("priority DESC"),
        "due_at",
        where="state = 'waiting'",
    ),
    _only("ix_deliveries_expires", "expires_at", where="state = 'waiting'"),
    _only("ix_deliveries_leases", "leased_until", where="state = 'sending'"),
    _only("ix_deliveries_in_flight", "rate_key", where="state = 'sending'"),
    _only("ix_deliveries_after", "after_id", where="after_id IS NOT NULL"),
)

attempts = sa.Table(
    "attempts",
    metadata,
    _id(),
    sa.Column("delivery_id", sa.Uuid, sa.ForeignKey("deliveries.id"), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),  # counts every try, also those without cost
    sa.Column("started_at", Instant, nullable=False),
    sa.Column("milliseconds", sa.Integer, nullable=False),
    sa.Column("trigger", sa.Text, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("error", sa.Text),  # the kind of failure: timeout, refused, tls, blocked, ...
    sa.Column("status", sa.Integer),
    sa.Column("message", sa.Text),
    sa.Column("exchanges", JsonText, nullable=False),  # requests and replies in order, redacted
    sa.Column("blanked_at", Instant),
    _one_of("trigger", TRIGGERS),
    sa.Index("ix_attempts_delivery_id_id", "delivery_id", "id"),
    _only("ix_attempts_whole", "started_at", where="blanked_at IS NULL"),
)

# --- people and processes ------------------------------------------------------------------------

users = sa.Table(
    "users",
    metadata,
    _id(),
    sa.Column("email", sa.Text, nullable=False, unique=True),
    sa.Column("password_hash", sa.Text, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("epoch", sa.Integer, nullable=False, server_default="0"),  # raised to end sessions
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("signed_in_at", Instant),
    _one_of("role", ROLES),
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
    _id(),
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
    _id(),
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


def state_is(table: sa.FromClause, *states: str) -> sa.ColumnElement[bool]:
    """A condition on `state` written out, since a bound value hides the small indexes."""
    listed: list[sa.ColumnElement[str]] = [sa.literal_column(f"'{state}'") for state in states]
    state: sa.ColumnElement[str] = table.c.state
    return state == listed[0] if len(listed) == 1 else state.in_(listed)
