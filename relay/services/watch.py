"""What has just arrived at a source, for somebody who is setting it up and waits for it."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import UUID

import sqlalchemy as sa

from relay.runtime import Runtime
from relay.services.browse import Row
from relay.store.tables import bodies, deliveries, leads, submissions, targets, turned_away

MARKED_AMONG = 1000
"""Submissions that are searched for one with a certain header."""

SHOWN = 20
"""Deliveries of a lead that are shown; its page has all of them."""

UNFINISHED = ("waiting", "sending")


@dataclass(frozen=True, slots=True)
class Arrival:
    """The newest submission with its lead's deliveries; `refusal` is a newer turning away.

    Of very many deliveries the first SHOWN are here, and `more` says that there are others.
    """

    submission: Row | None
    deliveries: list[Row]
    refusal: Row | None
    more: bool = False

    @property
    def finished(self) -> bool:
        """Whether nothing more will happen by itself."""
        if self.submission is None or self.submission["state"] == "received":
            return False
        return all(row["state"] not in UNFINISHED for row in self.deliveries)

    @property
    def seen(self) -> str:
        """A short text that differs as soon as there is something new to show."""
        rows = [self.submission, self.refusal, *self.deliveries]
        news = [(row["id"], row.get("state"), row.get("reason")) for row in rows if row]
        return sha256(repr(news).encode()).hexdigest()[:16]


def newest_arrival(rt: Runtime, source_id: UUID) -> Arrival:
    """The newest submission of a source, and what became of it."""
    with rt.database.read() as connection:
        submission = _newest_submission(connection, source_id)
        refusal = _newest_refusal(connection, source_id)
        if submission is not None and refusal is not None:
            refusal = refusal if refusal["at"] > submission["received_at"] else None
        lead_id = None if submission is None else submission["lead_id"]
        sent = [] if lead_id is None else _deliveries(connection, lead_id)
    return Arrival(submission, sent[:SHOWN], refusal, more=len(sent) > SHOWN)


def marked(rt: Runtime, project_id: UUID, since: datetime, header: str, value: str) -> UUID | None:
    """The submission, of those that arrived since then, whose request had this header."""
    query = (
        sa.select(submissions.c.id, bodies.c.headers)
        .join(bodies, bodies.c.id == submissions.c.body_id)
        .where(submissions.c.project_id == project_id, submissions.c.received_at >= since)
        .order_by(submissions.c.received_at.desc(), submissions.c.id.desc())
        .limit(MARKED_AMONG)
    )
    with rt.database.read() as connection:
        found = connection.execute(query).all()
    return next((row.id for row in found if row.headers.get(header) == value), None)


def _newest_submission(connection: sa.Connection, source_id: UUID) -> Row | None:
    query = (
        sa.select(submissions, leads.c.name, leads.c.email, leads.c.phone)
        .outerjoin(leads, leads.c.id == submissions.c.lead_id)
        .where(submissions.c.source_id == source_id)
        .order_by(submissions.c.received_at.desc(), submissions.c.id.desc())
        .limit(1)
    )
    found = connection.execute(query).mappings().first()
    return None if found is None else dict(found)


def _newest_refusal(connection: sa.Connection, source_id: UUID) -> Row | None:
    query = (
        sa.select(turned_away)
        .where(turned_away.c.source_id == source_id)
        .order_by(turned_away.c.id.desc())
        .limit(1)
    )
    found = connection.execute(query).mappings().first()
    return None if found is None else dict(found)


def _deliveries(connection: sa.Connection, lead_id: UUID) -> list[Row]:
    query = (
        sa.select(deliveries, targets.c.name.label("target"))
        .join(targets, targets.c.id == deliveries.c.target_id)
        .where(deliveries.c.lead_id == lead_id)
        .order_by(deliveries.c.id)
        .limit(SHOWN + 1)
    )
    return [dict(row) for row in connection.execute(query).mappings()]
