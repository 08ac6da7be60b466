"""What retention does to rows that are old enough: contents are blanked, leads removed and counted.

Each takes the ids, before when they are, and the time; and says of how many it let go.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from relay.services import word_lists
from relay.services.removing import remove_leads, remove_submissions
from relay.store.tables import (
    attempts,
    bodies,
    deliveries,
    fetches,
    import_refusals,
    imports,
    leads,
    reconciliations,
    state_is,
    submissions,
    turned_away,
)


def blank_bodies(
    connection: sa.Connection, ids: Sequence[UUID], _before: datetime, now: datetime
) -> int:
    """Blank raw requests, and what was fetched for them."""
    connection.execute(
        sa.update(bodies)
        .where(bodies.c.id.in_(ids))
        .values(body=b"", headers={}, query="[]", address="", blanked_at=now)
    )
    word_lists.forget_bodies(connection, ids)
    parts = sa.select(submissions.c.id).where(submissions.c.body_id.in_(ids))
    connection.execute(
        sa.update(fetches).where(fetches.c.submission_id.in_(parts)).values(body=None, exchanges=[])
    )
    return len(ids)


def blank_attempts(
    connection: sa.Connection, ids: Sequence[UUID], _before: datetime, now: datetime
) -> int:
    """Blank what was sent and answered."""
    connection.execute(
        sa.update(attempts).where(attempts.c.id.in_(ids)).values(exchanges=[], blanked_at=now)
    )
    return len(ids)


def remove_turned_away(
    connection: sa.Connection, ids: Sequence[UUID], _before: datetime, _now: datetime
) -> int:
    """Remove requests that were refused at the door."""
    connection.execute(sa.delete(turned_away).where(turned_away.c.id.in_(ids)))
    return len(ids)


def remove_comparisons(
    connection: sa.Connection, ids: Sequence[UUID], _before: datetime, _now: datetime
) -> int:
    """Remove what was found of providers' lists; what is under way stays."""
    ended = (reconciliations.c.id.in_(ids), ~state_is(reconciliations, "running"))
    return connection.execute(sa.delete(reconciliations).where(*ended)).rowcount


def remove_imports(
    connection: sa.Connection, ids: Sequence[UUID], _before: datetime, _now: datetime
) -> int:
    """Remove uploaded files and their refused rows; what is being imported stays."""
    ended = (imports.c.id.in_(ids), ~state_is(imports, "waiting", "running"))
    gone = list(connection.execute(sa.select(imports.c.id).where(*ended)).scalars())
    connection.execute(sa.delete(import_refusals).where(import_refusals.c.import_id.in_(gone)))
    connection.execute(sa.delete(imports).where(imports.c.id.in_(gone)))
    return len(gone)


def remove_old_leads(
    connection: sa.Connection, lead_ids: Sequence[UUID], before: datetime, _now: datetime
) -> int:
    """Remove those of these leads that nobody has named since, and that owe nothing any more."""
    if not lead_ids:
        return 0
    busy = sa.exists().where(
        deliveries.c.lead_id == leads.c.id, state_is(deliveries, "waiting", "sending")
    )
    own = submissions.alias()
    lately = sa.exists().where(  # what changes no lead was said all the same
        own.c.lead_id == leads.c.id,
        sa.or_(
            own.c.received_at >= before,
            sa.exists().where(
                submissions.c.duplicate_of == own.c.id,
                submissions.c.received_at >= before,
                submissions.c.document.is_not(None),  # not just the same event, sent again
            ),
        ),
    )
    old = (
        sa.select(leads.c.id)
        .where(leads.c.id.in_(lead_ids), leads.c.updated_at < before, ~busy, ~lately)
        .order_by(leads.c.project_id, leads.c.lead_key)
        .with_for_update()
    )
    ids = list(connection.execute(old).scalars())
    remove_leads(connection, ids)
    return len(ids)


def remove_leadless(
    connection: sa.Connection, ids: Sequence[UUID], _before: datetime, _now: datetime
) -> int:
    """Remove what became no lead: repeats, refused ones, and what nobody released."""
    leadless = (
        sa.select(submissions.c.id)
        .where(
            submissions.c.id.in_(ids),
            submissions.c.lead_id.is_(None),
            submissions.c.state != "received",
        )
        .with_for_update()
    )
    return remove_submissions(connection, connection.execute(leadless).scalars())
