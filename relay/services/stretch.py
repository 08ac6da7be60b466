"""The stretch of deliveries that one page looks through for what no index finds.

A list says where it stopped, and goes on from there.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.runtime import Runtime
from relay.services.filtering import Filter, conditions
from relay.store.tables import TROUBLED, deliveries, state_is

SEARCHED = 10_000
"""Deliveries that one page looks through."""


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
    query = sa.select(key).where(*walk)
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
    """The last row of the stretch, where there is more beyond it; ids alone are in the indexes."""
    own = sa.select(deliveries.c.id, deliveries.c.created_at)
    with rt.database.read() as connection:
        found = connection.execute(query.offset(SEARCHED - 1).limit(2)).scalars().all()
        if len(found) < 2:
            return None
        return connection.execute(own.where(deliveries.c.id == found[0])).one()


def walked(wanted: Filter) -> list[sa.ColumnElement[bool]] | None:
    """The conditions by which an index finds the rows that have to be looked through for the rest
    of the filter; None where indexes find what it names, or few rows to look through."""
    if wanted.lead or wanted.leads or wanted.delivery or wanted.number is not None:
        return None
    rest = any(
        (wanted.events, wanted.outcomes, wanted.ever, wanted.classes, wanted.text, wanted.said)
    )
    rest = rest or any(
        one is not None for one in (wanted.least, wanted.most, wanted.slower, wanted.holding)
    )
    both = wanted.source is not None and bool(wanted.states or wanted.target)
    if not (rest or both):
        return None
    plain = Filter(project=wanted.project, since=wanted.since, until=wanted.until)
    if wanted.run is not None:
        return conditions(replace(plain, run=wanted.run))
    if _are_troubled(wanted):
        return [*conditions(plain), TROUBLED]
    if wanted.source is not None:
        return conditions(replace(plain, source=wanted.source))
    if wanted.target is not None:
        return conditions(replace(plain, target=wanted.target))
    if len(wanted.states) == 1:
        return [*conditions(plain), state_is(deliveries, *wanted.states)]
    return conditions(plain)


def _are_troubled(wanted: Filter) -> bool:
    """Whether all that the filter names is in the index of troubled deliveries."""
    failing = bool(wanted.outcomes) and "delivered" not in wanted.outcomes
    return failing or (bool(wanted.classes) and not {"2xx", "none"} & set(wanted.classes))
