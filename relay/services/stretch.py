"""The stretch of deliveries that one page looks through for what no index finds."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.runtime import Runtime
from relay.services.filtering import SEARCHED, Filter, walked
from relay.store.tables import deliveries


@dataclass(frozen=True, slots=True)
class Stretch:
    """Conditions that a page's query has besides its filter's, and where the looking ends: the id
    and time of the last row, or None where it goes to the end."""

    conditions: list[sa.ColumnElement[bool]]
    last: UUID | None = None
    at: datetime | None = None


EVERYTHING = Stretch([])


def stretch(
    rt: Runtime, wanted: Filter, *, after: UUID | None = None, before: UUID | None = None
) -> Stretch:
    """The SEARCHED rows older than `after`, or newer than `before`, that an index finds."""
    walk = walked(wanted)
    if walk is None:
        return EVERYTHING
    key = deliveries.c.id
    query = sa.select(key, deliveries.c.created_at).where(*walk)
    if before is not None:
        query = query.where(key > before).order_by(key)
    else:
        query = query.order_by(key.desc())
        if after is not None:
            query = query.where(key < after)
    row = _end(rt, query)
    if row is None:
        return Stretch(walk)
    within = key <= row.id if before is not None else key >= row.id
    return Stretch([*walk, within], row.id, row.created_at)


def _end(rt: Runtime, query: sa.Select[*tuple[Any, ...]]) -> Any:
    """The last row of the stretch, where there is more beyond it."""
    with rt.database.read() as connection:
        found = connection.execute(query.offset(SEARCHED - 1).limit(2)).all()
    return found[0] if len(found) > 1 else None
