"""Consent, judged anew right before sending: by the newest version of the lead, and its source."""

from collections.abc import Sequence
from datetime import datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.core.contract import Json
from relay.core.permission import ConsentDefault, refusal
from relay.services.configured import ConfiguredTarget
from relay.services.deliveries import end
from relay.store.tables import lead_versions, leads, sources


def permitted(
    connection: sa.Connection, target: ConfiguredTarget, rows: Sequence[Any], now: datetime
) -> list[Any]:
    """The due deliveries whose leads the target may have, with the consent of now; ends the others.

    Every version of a lead goes by its newest one: who has said no since is not sent, and a
    delivery that is sent again after a yes carries that.
    """
    needed = target.kind.target.consent
    if not needed or not rows:
        return list(rows)
    newest = _newest(connection, {row.lead_id for row in rows})
    defaults = _defaults(connection, {row.source_id for row in rows})
    allowed = []
    for row in rows:
        document = newest[row.lead_id]
        if reason := refusal(document, needed, defaults[row.source_id]):
            end(connection, [row.id], "skipped", reason, now)
        else:
            told = {**row.document, "consent": document.get("consent", {})}
            allowed.append(SimpleNamespace(**{**row._mapping, "document": told}))  # noqa: SLF001 - public by its documentation
    return allowed


def _newest(connection: sa.Connection, lead_ids: set[UUID]) -> dict[UUID, Json]:
    last = sa.and_(
        lead_versions.c.lead_id == leads.c.id, lead_versions.c.version == leads.c.version
    )
    statement = sa.select(leads.c.id, lead_versions.c.document).join(lead_versions, last)
    found = connection.execute(statement.where(leads.c.id.in_(lead_ids)))
    return {row.id: row.document for row in found}


def _defaults(connection: sa.Connection, source_ids: set[UUID]) -> dict[UUID, ConsentDefault]:
    """Read here and not remembered: who has just set it sends what was skipped again."""
    statement = sa.select(sources.c.id, sources.c.options).where(sources.c.id.in_(source_ids))
    return {row.id: ConsentDefault.of(row.options) for row in connection.execute(statement)}
