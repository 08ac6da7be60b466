"""What is fetched from providers: the data of submissions that came as an id, and their lists."""

import sqlalchemy as sa

from relay.store.tables.schema import metadata, names, one_of, only, own_id
from relay.store.types import Instant, JsonText

RECONCILIATION_STATES = ("running", "finished", "failed")

fetches = sa.Table(  # apart from submissions: few sources have any
    "fetches",
    metadata,
    sa.Column("submission_id", sa.Uuid, sa.ForeignKey("submissions.id"), primary_key=True),
    names("source_id"),
    sa.Column("began_at", Instant, nullable=False),  # when it was first to be fetched
    sa.Column("due_at", Instant),  # none where nothing is to be asked any more
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),  # those that counted
    sa.Column("tries", sa.Integer, nullable=False, server_default="0"),  # claims that never settled
    sa.Column("lease_token", sa.Uuid),
    sa.Column("leased_until", Instant),
    sa.Column("outcome", sa.Text),  # of the newest conversation; none before the first
    sa.Column("settings_at", Instant),  # whose access was refused: other settings may have another
    sa.Column("exchanges", JsonText, nullable=False),  # the newest conversation, redacted
    sa.Column("body", sa.LargeBinary),  # what was fetched, as the source reads it
    sa.Column("fetched_at", Instant),
    only("ix_fetches_due", "source_id", "due_at", where="due_at IS NOT NULL"),
)

reconciliations = sa.Table(  # one comparison of a provider's list with what is here
    "reconciliations",
    metadata,
    own_id(),
    names("project_id"),
    names("source_id"),
    sa.Column("since", Instant, nullable=False),
    sa.Column("until", Instant, nullable=False),
    sa.Column("started_at", Instant, nullable=False),
    sa.Column("finished_at", Instant),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("reason", sa.Text),  # why the newest page could not be had
    sa.Column("cursor", sa.Text),  # the next page
    sa.Column("asked_by", sa.Text, nullable=False),
    sa.Column("pages", sa.Integer, nullable=False, server_default="0"),
    sa.Column("listed", sa.Integer, nullable=False, server_default="0"),  # the provider's count
    sa.Column("known", sa.Integer, nullable=False, server_default="0"),  # those that were here
    sa.Column("taken", sa.Integer, nullable=False, server_default="0"),  # those that were missing
    sa.Column("due_at", Instant),  # when the page that failed is asked for again
    sa.Column("tries", sa.Integer, nullable=False, server_default="0"),  # claims that never settled
    sa.Column("lease_token", sa.Uuid),
    sa.Column("leased_until", Instant),
    one_of("state", RECONCILIATION_STATES),
    sa.Index("ix_reconciliations_source_id_id", "source_id", "id"),
    only("ix_reconciliations_running", "source_id", where="state = 'running'", unique=True),
)
