"""What arrived, as it came and as it was understood."""

import sqlalchemy as sa

from relay.store.tables.schema import metadata, names, one_of, only, own_id
from relay.store.types import Instant, JsonText

SUBMISSION_STATES = ("received", "stored", "duplicate", "refused", "quarantined", "held")

bodies = sa.Table(
    "bodies",
    metadata,
    own_id(),
    names("project_id"),
    names("source_id"),
    sa.Column("received_at", Instant, nullable=False, index=True),
    sa.Column("method", sa.Text, nullable=False),
    sa.Column("door", sa.Text, nullable=False, server_default=""),  # which call of a lead API
    sa.Column("query", sa.Text, nullable=False),
    sa.Column("headers", JsonText, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),  # of the bytes as they came, before masking
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("parts", sa.Integer, nullable=False),  # submissions in it, counted for the ledger
    sa.Column("blanked_at", Instant),
    only("ix_bodies_whole", "received_at", where="blanked_at IS NULL"),
)

event_keys = sa.Table(  # apart from submissions, so that those can be partitioned by month
    "event_keys",
    metadata,
    names("source_id", primary_key=True),
    sa.Column("event_key", sa.Text, primary_key=True),
    sa.Column("submission_id", sa.Uuid, nullable=False),
)

submissions = sa.Table(
    "submissions",
    metadata,
    own_id(),
    sa.Column("body_id", sa.Uuid, sa.ForeignKey("bodies.id"), nullable=False, index=True),
    names("project_id"),
    names("source_id"),
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
    sa.Column("hold", sa.Text),  # what it waits, or will wait for: services.arrival.HOLDS
    sa.Column("duplicate_of", sa.Uuid),
    sa.Column("lead_id", sa.Uuid, index=True),
    sa.Column("lead_version", sa.Integer),
    sa.Column("owed", sa.Integer, nullable=False, server_default="0"),  # deliveries it gave rise to
    sa.Column("stored_at", Instant),
    sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
    sa.Column("lease_token", sa.Uuid),
    sa.Column("leased_until", Instant),
    sa.Column("told", sa.Boolean, nullable=False, server_default=sa.false()),  # in `word_lists`
    sa.Column("erased_at", Instant),  # its person was erased: it says nothing any more
    one_of("state", SUBMISSION_STATES),
    sa.Index("ix_submissions_project_id_received_at", "project_id", "received_at"),
    sa.Index("ix_submissions_source_id_received_at", "source_id", "received_at"),
    only("ix_submissions_stored", "stored_at", where="owed > 0"),
    only("ix_submissions_open", "received_at", where="state = 'received'"),
    only("ix_submissions_held", "source_id", "hold", "id", where="state = 'held'"),
    only("ix_submissions_quarantined", "received_at", where="state = 'quarantined'"),
    only("ix_submissions_repeats", "duplicate_of", where="duplicate_of IS NOT NULL"),
    only(
        "ix_submissions_shelved",
        "project_id",
        "state",
        "id",
        where="state IN ('quarantined', 'held', 'refused')",
    ),
    only(
        "ix_submissions_untold",
        "id",
        where="NOT told AND state IN ('quarantined', 'held', 'refused')",
    ),
    only(
        "ix_submissions_source_shelved",
        "source_id",
        "state",
        "id",
        where="state IN ('quarantined', 'held', 'refused')",
    ),
    only(
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
    own_id(),
    names("source_id"),
    sa.Column("at", Instant, nullable=False),
    sa.Column("status", sa.Integer, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("headers", JsonText, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),  # capped
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("address", sa.Text, nullable=False),
    sa.Index("ix_turned_away_source_id_id", "source_id", "id"),
    sa.Index("ix_turned_away_at", "at"),
)
