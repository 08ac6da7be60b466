"""Files that people upload to be made into leads."""

import sqlalchemy as sa

from relay.store.tables.schema import metadata, names, one_of, only, own_id
from relay.store.types import Instant, JsonText

IMPORT_STATES = ("new", "waiting", "running", "finished", "cancelled", "failed")

imports = sa.Table(
    "imports",
    metadata,
    own_id(),
    names("project_id"),
    names("source_id", nullable=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("format", sa.Text, nullable=False),  # csv or xlsx, as it was uploaded
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("file", sa.LargeBinary),  # gone once it is done with; a workbook becomes CSV first
    sa.Column("sheet", sa.Text, nullable=False),
    sa.Column("encoding", sa.Text, nullable=False),
    sa.Column("delimiter", sa.Text, nullable=False),
    sa.Column("headed", sa.Boolean, nullable=False),
    sa.Column("header", JsonText, nullable=False),  # the columns' names, each once
    sa.Column("mapping", JsonText, nullable=False),  # column: pointer, "drop" or {"field": true}
    sa.Column("forward", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("reason", sa.Text),
    sa.Column("total", sa.Integer, nullable=False, server_default="0"),  # rows, also the header
    sa.Column("position", sa.Integer, nullable=False, server_default="0"),  # in the file's text
    sa.Column("done", sa.Integer, nullable=False, server_default="0"),  # rows looked at
    sa.Column("stored", sa.Integer, nullable=False, server_default="0"),
    sa.Column("repeated", sa.Integer, nullable=False, server_default="0"),
    sa.Column("held", sa.Integer, nullable=False, server_default="0"),
    sa.Column("refused", sa.Integer, nullable=False, server_default="0"),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Column("started_at", Instant),
    sa.Column("finished_at", Instant),
    sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
    sa.Column("lease_token", sa.Uuid),
    sa.Column("leased_until", Instant),
    one_of("state", IMPORT_STATES),
    sa.Index("ix_imports_project_id_id", "project_id", "id"),
    only("ix_imports_open", "id", where="state IN ('waiting', 'running')"),
)

import_refusals = sa.Table(  # rows that are given back
    "import_refusals",
    metadata,
    sa.Column("import_id", sa.Uuid, sa.ForeignKey("imports.id"), primary_key=True),
    sa.Column("row", sa.Integer, primary_key=True),  # counted as spreadsheets do, from 1
    sa.Column("cells", JsonText, nullable=False),
    sa.Column("reasons", JsonText, nullable=False),
)
