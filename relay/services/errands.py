"""Submissions that say no lead by themselves: data is to be fetched, or a person to be erased."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.core.clean import clean
from relay.core.contract import Json, Parsed
from relay.runtime import Runtime
from relay.services import configured
from relay.services.arrival import content_key, held, lead_key
from relay.services.configured import ConfiguredSource
from relay.services.erasing import Erased, erase
from relay.services.remapping import Found, its_own, understood
from relay.store.insert import new_rows
from relay.store.tables import bodies, fetches, submissions

ERASE_AGAIN = 2.0
"""Seconds until a person is erased to whose targets something is being sent at this moment."""

FREE: dict[str, Any] = {"tries": 0, "lease_token": None, "leased_until": None}
"""The columns of a submission that nobody works on."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A submission as it is stored, with its source, and what it says."""

    row: Any
    source: ConfiguredSource
    found: Found


def see_to(rt: Runtime, token: UUID, submission_id: UUID) -> None:
    """Bring a submission without a document on its way, under the lease that it was claimed with.

    Safe to run twice or at the same time: all that is written names the lease.
    """
    stored = read(rt, submission_id)
    if isinstance(stored, str):
        _settle(rt, token, submission_id, {"state": "quarantined", **because(stored)})
        return
    parsed, mapped = stored.found
    if parsed.erases:
        _erase(rt, token, stored.row)
    elif mapped is None:
        _have_fetched(rt, token, stored.row)
    else:
        _settle(rt, token, submission_id, mapped_columns(stored.source, stored.row, stored.found))
        rt.queue.wake_store()


def read(rt: Runtime, submission_id: UUID) -> Stored | str:
    """The submission as its source reads it now, or in words why it cannot be read."""
    statement = (
        sa.select(
            submissions,
            *(bodies.c[name] for name in ("method", "query", "headers", "body", "address")),
            bodies.c.blanked_at,
            fetches.c.body.label("fetched"),
        )
        .join(bodies, bodies.c.id == submissions.c.body_id)
        .outerjoin(fetches, fetches.c.submission_id == submissions.c.id)
        .where(submissions.c.id == submission_id)
    )
    with rt.database.read() as connection:
        row = connection.execute(statement).one_or_none()
    if row is None:
        return "it was removed"
    source = configured.source(rt, row.source_id)
    if source is None:
        return "its source is gone"
    if row.blanked_at is not None:
        return "its body was removed by retention"
    found = understood(source, row)
    return found if isinstance(found, str) else Stored(row, source, its_own(row, found))


def mapped_columns(source: ConfiguredSource, row: Any, found: Found) -> dict[str, Any]:
    """The columns of a submission whose data is there now: it goes on, or into quarantine."""
    parsed, mapped = found
    if mapped is None:
        return {"state": "quarantined", **because("what was fetched is an id again")}
    if mapped.document is None:
        return {"state": "quarantined", "hold": None, "reasons": clean(mapped.reasons)}
    return {
        "state": "received",
        "hold": None,
        "reasons": [],
        "document": mapped.document,
        "warnings": mapped.warnings,
        "lead_key": lead_key(source, parsed, row.id),
        "content_key": content_key(source, parsed, mapped),
        **_marks(row, parsed),
    }


def because(message: str) -> dict[str, Json]:
    """The columns that say why a submission stands where it does."""
    return {"hold": None, "reasons": [{"place": "", "message": clean(message)}]}


def _marks(row: Any, parsed: Parsed) -> dict[str, bool]:
    return {"test": row.test or parsed.test, "partial": row.partial or parsed.partial}


def _settle(rt: Runtime, token: UUID, submission_id: UUID, values: dict[str, Any]) -> None:
    mine = (submissions.c.id == submission_id, submissions.c.lease_token == token)
    with rt.database.write() as connection:
        connection.execute(sa.update(submissions).where(*mine).values(**values, **FREE))


def _have_fetched(rt: Runtime, token: UUID, row: Any) -> None:
    """Hold it, and note that it is to be fetched now."""
    now = rt.clock.now()
    anew = {"began_at": now, "due_at": now, "attempts": 0, "tries": 0, "outcome": None}
    anew |= {"settings_at": None, "exchanges": [], "lease_token": None, "leased_until": None}
    mine = (submissions.c.id == row.id, submissions.c.lease_token == token)
    with rt.database.write() as connection:
        waits = sa.update(submissions).where(*mine).values(**held("fetch"), **FREE)
        if not connection.execute(waits).rowcount:
            return
        connection.execute(
            new_rows(connection, fetches)
            .values(submission_id=row.id, source_id=row.source_id, **anew)
            .on_conflict_do_update(index_elements=["submission_id"], set_=anew)
        )
    rt.queue.wake_fetch(row.source_id)


def _erase(rt: Runtime, token: UUID, row: Any) -> None:
    """Erase the person, and say so in place of a lead; or come again, where it is not possible yet.

    Both are one transaction, which names the lease.
    """
    now = rt.clock.now()
    mine = (submissions.c.id == row.id, submissions.c.lease_token == token)
    with rt.database.write() as connection:
        if not connection.execute(sa.select(submissions.c.id).where(*mine).with_for_update()).all():
            return
        done = erase(connection, row.project_id, row.lead_key, row.id, now)
        values = dict(FREE)
        if done.waits:
            values["leased_until"] = now + timedelta(seconds=ERASE_AGAIN)
        else:
            values |= {"state": "refused", "stored_at": now, **because(_told(done))}
        connection.execute(sa.update(submissions).where(*mine).values(**values))


def _told(done: Erased) -> str:
    """What was done, for whoever has to answer for it."""
    count = f"{done.leads} lead{'' if done.leads == 1 else 's'}"
    said = f"the provider asked for this person to be erased: {count} removed here"
    if done.sent_to:
        said += f"; it had been sent to {', '.join(done.sent_to)}, where it has to be removed too"
    return said
