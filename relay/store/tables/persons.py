"""What owners ask about a person: found, given out, erased; and who must not come back unasked."""

import sqlalchemy as sa

from relay.store.tables.schema import metadata, names, one_of, only, own_id
from relay.store.types import Instant, JsonText

PERSON_WORK = ("look", "export", "erase")

person_requests = sa.Table(
    "person_requests",
    metadata,
    own_id(),
    names("project_id"),
    sa.Column("label", sa.Text, nullable=False),  # what the owner calls it: no personal data
    sa.Column("contacts", sa.Text),  # sealed; gone once it is erased or ended
    sa.Column("others", sa.Text),  # sealed: what else the leads found are known by
    sa.Column("asked_by", sa.Text, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("work", sa.Text),  # what is being done; none while nothing is
    sa.Column("place", JsonText, nullable=False),  # how far the work is: stage, after, share, round
    sa.Column("counts", JsonText, nullable=False),
    sa.Column("looked_at", Instant),
    sa.Column("file_asked_at", Instant),
    sa.Column("file_at", Instant),
    sa.Column("file_until", Instant),
    sa.Column("erasing_at", Instant),  # confirmed: what came before is erased
    sa.Column("erased_by", sa.Text),
    sa.Column("erased_at", Instant),
    sa.Column("ended_at", Instant),
    sa.Column("hashes", JsonText, nullable=False),  # of the erased contacts, keyed
    sa.Column("reason", sa.Text),  # why the work waits or failed
    sa.Column("due_at", Instant),  # when it goes on
    sa.Column("tries", sa.Integer, nullable=False, server_default="0"),  # claims that never settled
    sa.Column("lease_token", sa.Uuid),
    sa.Column("leased_until", Instant),
    sa.CheckConstraint("work IS NULL OR work IN ('look', 'export', 'erase')", name="work"),
    sa.Index("ix_person_requests_project_id_id", "project_id", "id"),
    only("ix_person_requests_work", "id", where="work IS NOT NULL"),
)

PERSON_RELATIONS = ("own", "mention")

person_finds = sa.Table(  # rows in which a person was found, until they are erased
    "person_finds",
    metadata,
    sa.Column("request_id", sa.Uuid, sa.ForeignKey("person_requests.id"), primary_key=True),
    sa.Column("what", sa.Text, primary_key=True),
    sa.Column("row_id", sa.Uuid, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, server_default="0"),  # of a row in a file
    sa.Column("relation", sa.Text, nullable=False),  # the person's own, or only named in it
    one_of("relation", PERSON_RELATIONS),
)

person_files = sa.Table(  # what is given to the person, piece by piece
    "person_files",
    metadata,
    own_id(),
    sa.Column("request_id", sa.Uuid, sa.ForeignKey("person_requests.id"), nullable=False),
    sa.Column("content", sa.Text, nullable=False),  # sealed
    sa.Index("ix_person_files_request_id_id", "request_id", "id"),
)

receipt_lines = sa.Table(  # which target had got an erased person's data; no personal data
    "receipt_lines",
    metadata,
    own_id(),
    sa.Column("request_id", sa.Uuid, sa.ForeignKey("person_requests.id"), nullable=False),
    names("target_id"),
    sa.Column("target", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("lead", sa.BigInteger, nullable=False),  # its number in the project
    sa.Column("event", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("first_at", Instant),
    sa.Column("last_at", Instant),
    sa.Column("remote_id", sa.Text),
    sa.Column("remote_url", sa.Text),
    sa.Index("ix_receipt_lines_request_id_id", "request_id", "id"),
)

erased_contacts = sa.Table(  # keyed hashes of e-mails and phones
    "erased_contacts",
    metadata,
    names("project_id", primary_key=True),
    sa.Column("hash", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, nullable=False),  # the name of the secret key that made it
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("request_id", sa.Uuid, nullable=False),
    sa.Column("at", Instant, nullable=False),
)
