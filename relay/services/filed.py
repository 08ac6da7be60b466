"""Filing a request at once: its submission is a lead before the sender is answered."""

import logging
from dataclasses import dataclass, replace
from uuid import UUID

import sqlalchemy as sa

from relay.core.contract import Inbound, Json
from relay.runtime import Runtime
from relay.services import intake
from relay.services.arrival import Arrival, Hold, read
from relay.services.candidate import FiledLead
from relay.services.configured import ConfiguredSource
from relay.store.tables import lead_versions, leads, submissions
from relay.store.writer import Busy, is_away

__all__ = ["Filed", "FiledLead", "file"]

logger = logging.getLogger(__name__)

KEPT = {"place": "", "message": "it is kept and becomes a lead as soon as it can be stored"}

LONGEST_CHAIN = 5
"""Repeats of repeats that are followed to the submission that has a lead."""


@dataclass(frozen=True, slots=True)
class Filed:
    """What became of one request: stored, duplicate, refused, held or quarantined.

    `lead` is there for what was stored, and for a duplicate if what it repeats has become one.
    `warnings` tell what of it was not understood or not done, `said` is the document of what this
    request alone says, None where it is kept nowhere.
    """

    submission_id: UUID
    state: str
    reasons: list[Json]
    warnings: list[Json]
    said: Json
    lead: FiledLead | None

    @property
    def why(self) -> str:
        """The reasons in words, "" where there are none."""
        return "; ".join(str(reason["message"]) for reason in self.reasons)


def file(
    rt: Runtime, source: ConfiguredSource, inbound: Inbound, *, door: str, hold: Hold | None = None
) -> Filed:
    """Keep one verified request and file its lead; returns after the commit, and counts it.

    `door` names the API's call, `hold` what its submission waits for before it becomes a lead.
    Raises Busy as `ingest.take` does.
    """
    arrival = read(rt, source, inbound, hold, door)
    kept = _put(rt, replace(arrival, at_once=True))
    row = kept.rows[0]
    state = "held" if row["state"] == "received" else row["state"]
    rt.metrics.count("relay_submissions", state)
    lead = kept.leads.get(row["id"])
    if lead is None and state in {"stored", "duplicate"}:
        lead = _lead_of(rt, row)
    reasons = [KEPT] if row["state"] == "received" else row["reasons"]
    return Filed(row["id"], state, reasons, row["warnings"], row["document"], lead)


def _put(rt: Runtime, arrival: Arrival) -> intake.Kept:
    """Write it at once, or, where that fails for a reason of its own, leave it to the workers."""
    try:
        return intake.put(rt, arrival)
    except Busy:
        raise
    except Exception:
        logger.exception("submission %s could not be filed at once", arrival.submissions[0]["id"])
        return intake.put(rt, replace(arrival, at_once=False))


def _lead_of(rt: Runtime, row: intake.Row) -> FiledLead | None:
    """The lead as it is now that this submission became, or that what it repeats became.

    Raises Busy while the database is away.
    """
    try:
        with rt.database.read() as connection:
            return _find(connection, row)
    except sa.exc.SQLAlchemyError as error:
        if is_away(error):
            raise Busy("the database is away") from error
        raise


def _find(connection: sa.Connection, row: intake.Row) -> FiledLead | None:
    lead_id, repeats = row.get("lead_id"), row["duplicate_of"]
    for _ in range(LONGEST_CHAIN):
        if lead_id is not None or repeats is None:
            break
        where = submissions.c.id == repeats
        columns = (submissions.c.lead_id, submissions.c.duplicate_of)
        found = connection.execute(sa.select(*columns).where(where)).one_or_none()
        lead_id, repeats = found or (None, None)
    newest = sa.and_(
        lead_versions.c.lead_id == leads.c.id, lead_versions.c.version == leads.c.version
    )
    statement = sa.select(leads, lead_versions.c.document).join(lead_versions, newest)
    lead = connection.execute(statement.where(leads.c.id == lead_id)).one_or_none()
    if lead is None:
        return None
    return FiledLead(
        id=lead.id,
        number=lead.number,
        public_id=lead.public_id,
        version=lead.version,
        created=row["state"] == "stored" and row["lead_version"] == 1,
        document=lead.document,
        status=lead.status,
        created_at=lead.created_at,
    )
