"""Erasing a person: the lead of a key is removed with all that came in and went out of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from relay.services import word_lists
from relay.services.deliveries import call_off
from relay.services.removing import remove_leads, remove_submissions
from relay.store.tables import attempts, bodies, deliveries, leads, state_is, submissions, targets

REASON = "the person's data was erased"

REACHED = ("delivered", "ignored")
"""Ends after which a target has the person's data."""

TAKEN = (*REACHED, "accepted")
"""Outcomes of attempts after which it has them, whatever became of the delivery."""


@dataclass(frozen=True, slots=True)
class Erased:
    """How many leads and other submissions were removed, and the names of the targets that had
    been sent them already. `waits` says that something is being sent at this moment: nothing was
    removed, nothing more goes out, and the caller has to come again.
    """

    leads: int = 0
    submissions: int = 0
    sent_to: tuple[str, ...] = ()
    waits: bool = False


def erase(
    connection: sa.Connection, project_id: UUID, lead_key: str, asked_by: UUID, now: datetime
) -> Erased:
    """Remove what is known under this key, but for the submission that asks for it and its repeats.

    Rows go with their numbers kept, so the ledger stays even; what was still on its way counts as
    refused, what was still owed as cancelled.
    """
    of_key = (
        submissions.c.project_id == project_id,
        submissions.c.lead_key == lead_key,
        submissions.c.id != asked_by,
        submissions.c.duplicate_of.is_distinct_from(asked_by),
    )
    lead_ids = _leads(connection, project_id, lead_key, of_key)
    sent_to = _sent_to(connection, lead_ids)
    call_off(connection, lead_ids, "cancelled", REASON, now)
    if _is_sending(connection, lead_ids):
        return Erased(waits=True)
    body_ids = _bodies(connection, lead_ids, of_key)
    remove_leads(connection, lead_ids)
    _end(connection, of_key)
    left = connection.execute(sa.select(submissions.c.id).where(*of_key)).scalars()
    removed = remove_submissions(connection, left)
    _blank(connection, body_ids, now)
    return Erased(len(lead_ids), removed, sent_to)


def _leads(
    connection: sa.Connection,
    project_id: UUID,
    lead_key: str,
    of_key: Sequence[sa.ColumnElement[bool]],
) -> list[UUID]:
    """The lead of the key, and those of other keys that its submissions were brought to; locked."""
    brought = sa.select(submissions.c.lead_id).where(*of_key)
    found = (
        sa.select(leads.c.id)
        .where(
            leads.c.project_id == project_id,
            sa.or_(leads.c.lead_key == lead_key, leads.c.id.in_(brought)),
        )
        .order_by(leads.c.lead_key)
        .with_for_update()
    )
    return list(connection.execute(found).scalars())


def _is_sending(connection: sa.Connection, lead_ids: Sequence[UUID]) -> bool:
    sending = sa.select(deliveries.c.id).where(
        deliveries.c.lead_id.in_(lead_ids), state_is(deliveries, "sending")
    )
    return connection.execute(sending.limit(1)).first() is not None


def _sent_to(connection: sa.Connection, lead_ids: Sequence[UUID]) -> tuple[str, ...]:
    taken = sa.exists().where(
        attempts.c.delivery_id == deliveries.c.id, attempts.c.outcome.in_(TAKEN)
    )
    begun = sa.or_(taken, deliveries.c.noted.is_not(None), deliveries.c.remote_id.is_not(None))
    reached = (
        sa.select(targets.c.name)
        .join(deliveries, deliveries.c.target_id == targets.c.id)
        .where(deliveries.c.lead_id.in_(lead_ids), sa.or_(deliveries.c.state.in_(REACHED), begun))
        .distinct()
        .order_by(targets.c.name)
    )
    return tuple(connection.execute(reached).scalars())


def _bodies(
    connection: sa.Connection, lead_ids: Sequence[UUID], of_key: Sequence[sa.ColumnElement[bool]]
) -> list[UUID]:
    said = sa.or_(submissions.c.lead_id.in_(lead_ids), sa.and_(*of_key))
    return list(connection.execute(sa.select(submissions.c.body_id).where(said)).scalars())


def _end(connection: sa.Connection, of_key: Sequence[sa.ColumnElement[bool]]) -> None:
    """Nothing of a key that is erased may go on; a worker that has it finds its lease gone."""
    open_ones = state_is(submissions, "received", "held", "quarantined")
    connection.execute(
        sa.update(submissions).where(*of_key, open_ones).values(state="refused", lease_token=None)
    )


def _blank(connection: sa.Connection, body_ids: Sequence[UUID], now: datetime) -> None:
    """Bodies that also brought others' submissions stay, but say nothing any more."""
    word_lists.forget_bodies(connection, body_ids)
    connection.execute(
        sa.update(bodies)
        .where(bodies.c.id.in_(body_ids), bodies.c.blanked_at.is_(None))
        .values(body=b"", headers={}, query="[]", address="", blanked_at=now)
    )
