"""What is wrong and who is told of it: problems, how they grew, and the notices about them."""

import sqlalchemy as sa

from relay.store.tables.schema import metadata, names, of_project, one_of, only, own_id
from relay.store.types import Instant, JsonText

PROBLEM_STATES = ("noted", "open", "resolved")
TURNS = ("opened", "resolved", "muted", "unmuted")
NOTICE_STATES = ("waiting", "sending", "sent", "failed", "dropped")

problems = sa.Table(  # one row for each cause, however often it comes again
    "problems",
    metadata,
    own_id(),
    names("project_id", nullable=True),  # none: of the whole relay
    sa.Column("cause", sa.Text, nullable=False, unique=True),  # all that tells it, hashed
    sa.Column("sort", sa.Text, nullable=False),
    names("source_id", nullable=True),
    names("target_id", nullable=True),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("code", sa.Text, nullable=False),  # a status, a kind of failure, a rule, a host
    sa.Column("facts", JsonText, nullable=False),  # what else its words need; nothing personal
    sa.Column("state", sa.Text, nullable=False),  # noted: not often or long enough yet
    sa.Column("noted_at", Instant),  # since when it is there without being open
    sa.Column("noted", sa.Integer, nullable=False, server_default="0"),  # how often since then
    sa.Column("times", sa.BigInteger, nullable=False, server_default="0"),  # since it opened
    sa.Column("total", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("openings", sa.Integer, nullable=False, server_default="0"),
    sa.Column("first_at", Instant, nullable=False),
    sa.Column("opened_at", Instant),
    sa.Column("last_at", Instant, nullable=False),
    sa.Column("delivery_id", sa.Uuid),  # the newest example
    sa.Column("submission_id", sa.Uuid),
    sa.Column("muted_at", Instant),
    sa.Column("muted_until", Instant),  # none where it is muted for ever
    sa.Column("resolved_at", Instant),
    sa.Column("resolved_by", sa.Text),  # none where it ended by itself
    one_of("state", PROBLEM_STATES),
    only("ix_problems_open", "project_id", where="state = 'open'"),
    sa.Index("ix_problems_project_id_last_at", "project_id", "last_at"),
)

problem_turns = sa.Table(  # its history
    "problem_turns",
    metadata,
    own_id(),
    sa.Column("problem_id", sa.Uuid, sa.ForeignKey("problems.id"), nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("turn", sa.Text, nullable=False),
    sa.Column("actor", sa.Text),  # none: by itself
    sa.Column("times", sa.BigInteger, nullable=False),  # how often it had happened by then
    one_of("turn", TURNS),
    sa.Index("ix_problem_turns_problem_id_id", "problem_id", "id"),
)

problem_minutes = sa.Table(  # how often it happened, counted anew until the minute is over
    "problem_minutes",
    metadata,
    sa.Column("problem_id", sa.Uuid, sa.ForeignKey("problems.id"), primary_key=True),
    sa.Column("minute", Instant, primary_key=True),
    sa.Column("times", sa.Integer, nullable=False),
)

looks = sa.Table(  # when each part was looked at last
    "looks",
    metadata,
    sa.Column("part", sa.Text, primary_key=True),
    sa.Column("at", Instant, nullable=False),
)

rhythms = sa.Table(  # what a source usually gets, learned from its past
    "rhythms",
    metadata,
    names("source_id", primary_key=True),
    sa.Column("learned_at", Instant, nullable=False),
    sa.Column("weeks", sa.Integer, nullable=False),  # that it was learned from; 0: not enough yet
    sa.Column("arrivals", sa.BigInteger, nullable=False),  # within them
    sa.Column("hours", JsonText, nullable=False),  # expected in each hour of the week, UTC
    sa.Column("longest", sa.Float, nullable=False),  # arrivals missed in the longest usual quiet
)

recipients = sa.Table(  # where notices go
    "recipients",
    metadata,
    own_id(),
    of_project(),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("settings", JsonText, nullable=False),  # the kind's own, without secrets
    sa.Column("options", JsonText, nullable=False),  # which problems, how often
    sa.Column("secrets", sa.Text, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("updated_at", Instant, nullable=False),
    sa.Column("archived_at", Instant),
    sa.UniqueConstraint("project_id", "name"),
)

notices = sa.Table(
    "notices",
    metadata,
    own_id(),
    names("project_id"),
    sa.Column("recipient_id", sa.Uuid, sa.ForeignKey("recipients.id"), nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("turns", JsonText, nullable=False),  # the ids of what it tells, oldest first
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("due_at", Instant, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),  # those that counted
    sa.Column("tries", sa.Integer, nullable=False, server_default="0"),  # claims that never settled
    sa.Column("lease_token", sa.Uuid),
    sa.Column("leased_until", Instant),
    sa.Column("outcome", sa.Text),  # of the newest attempt; none before the first
    sa.Column("message", sa.Text),
    sa.Column("exchanges", JsonText, nullable=False),  # the newest attempt, redacted
    sa.Column("noted", JsonText),  # what the next attempt is to know
    sa.Column("settled_at", Instant),
    one_of("state", NOTICE_STATES),
    sa.Index("ix_notices_recipient_id_id", "recipient_id", "id"),
    only("ix_notices_due", "due_at", where="state = 'waiting'"),
    only("ix_notices_leases", "leased_until", where="state = 'sending'"),
)
