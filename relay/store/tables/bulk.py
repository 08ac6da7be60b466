"""What people have done to all deliveries that a filter names."""

import sqlalchemy as sa

from relay.store.tables.schema import metadata, names, one_of, only, own_id
from relay.store.types import Instant, JsonText

BULK_ACTIONS = ("retry", "replay", "replay_to", "cancel", "catch_up")
BULK_STATES = ("waiting", "running", "finished", "stopped", "failed")

bulk_runs = sa.Table(
    "bulk_runs",
    metadata,
    own_id(),
    names("project_id"),
    names("target_id", nullable=True),  # where it goes, for what goes elsewhere than before
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("filter", JsonText, nullable=False),
    sa.Column("asked_by", sa.Text, nullable=False),
    sa.Column("asked_at", Instant, nullable=False),
    sa.Column("starts_at", Instant, nullable=False),  # until then nothing is done
    sa.Column("newest", sa.Uuid, nullable=False),  # only what was there when it was counted
    sa.Column("counted", sa.Integer),  # none where there was no end of counting
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("reason", sa.Text),
    sa.Column("cursor", sa.Uuid),  # what is up to there is done with
    sa.Column("done", sa.Integer, nullable=False, server_default="0"),
    sa.Column("skipped", sa.Integer, nullable=False, server_default="0"),
    sa.Column("failed", sa.Integer, nullable=False, server_default="0"),
    sa.Column("reasons", JsonText, nullable=False),  # how many were skipped or failed, by why
    sa.Column("began_at", Instant),
    sa.Column("finished_at", Instant),
    sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
    sa.Column("lease_token", sa.Uuid),
    sa.Column("leased_until", Instant),
    one_of("action", BULK_ACTIONS),
    one_of("state", BULK_STATES),
    sa.Index("ix_bulk_runs_project_id_id", "project_id", "id"),
    only("ix_bulk_runs_open", "id", where="state IN ('waiting', 'running')"),
)
