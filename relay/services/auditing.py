"""The audit: who did what to what, with what was there before and after."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.core.clean import clean, clean_text
from relay.core.contract import Json
from relay.core.ids import new_id
from relay.runtime import Runtime
from relay.store.tables import audit, leads, targets


def note(
    connection: sa.Connection,
    rt: Runtime,
    project_id: UUID | None,
    actor: str,
    action: str,
    subject: str,
    before: Json = None,
    after: Json = None,
) -> None:
    """Write one line of the audit in the caller's transaction.

    `actor` is an e-mail address, "API key <name>" or "command line"; `action` a verb; `subject` the
    kind of a thing and its name. Nothing of a lead but its number belongs here: nobody erases it.
    """
    connection.execute(
        sa.insert(audit).values(
            id=new_id(),
            project_id=project_id,
            at=rt.clock.now(),
            actor=clean_text(actor),
            action=action,
            subject=clean_text(subject),
            before=clean(before),
            after=clean(after),
        )
    )


def delivery_named(connection: sa.Connection, row: Any) -> str:
    """What the audit calls this row of the deliveries."""
    number = sa.select(leads.c.number).where(leads.c.id == row.lead_id)
    name = sa.select(targets.c.name).where(targets.c.id == row.target_id)
    return f"delivery {row.id} of lead {connection.scalar(number)} to {connection.scalar(name)}"
