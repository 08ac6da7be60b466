"""Walking through what a bulk run is about, in the order of the ids, some at a time.

One step looks through a bounded number of rows, however few of them are wanted.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.services.catching_up import got
from relay.services.filtering import Filter, conditions
from relay.services.stretch import walked
from relay.store.tables import deliveries, leads, submissions

WINDOW = 10_000
"""Rows that one step looks through."""


@dataclass(frozen=True, slots=True)
class Step:
    """The ids that come next, up to where all is looked through then, and whether that is all."""

    ids: list[UUID]
    upto: UUID
    last: bool


def next_step(connection: sa.Connection, run: Any, after: UUID | None, size: int) -> Step:
    """What comes after an id, at most `size`, of the run's deliveries; of leads for `catch_up`.

    Those are looked through among all projects' leads: their ids alone are in an index.
    """
    if run.action == "catch_up":
        return _step(connection, _leads(run), sa.select(leads.c.id), leads.c.id, run, after, size)
    base = walked(run.wanted)
    found = sa.select(deliveries.c.id).where(*conditions(run.wanted))
    way = None if base is None else sa.select(deliveries.c.id).where(*base)
    return _step(connection, found, way, deliveries.c.id, run, after, size)


def _step(
    connection: sa.Connection,
    found: sa.Select[UUID],
    way: sa.Select[UUID] | None,
    key: sa.ColumnElement[UUID],
    run: Any,
    after: UUID | None,
    size: int,
) -> Step:
    bounds = [key < run.newest] if after is None else [key > after, key < run.newest]
    end = None
    if way is not None:
        window = way.where(*bounds).order_by(key).offset(WINDOW - 1).limit(1)
        end = connection.scalar(window)
    within = [*bounds, key <= end] if end is not None else bounds
    ids = list(connection.execute(found.where(*within).order_by(key).limit(size)).scalars())
    if len(ids) == size:
        return Step(ids, ids[-1], last=False)
    return Step(ids, run.newest if end is None else end, last=end is None)


def _leads(run: Any) -> sa.Select[UUID]:
    """The leads of a project, its source and time, that a target never got."""
    return sa.select(leads.c.id).where(*never_got(run.wanted))


def never_got(wanted: Filter) -> list[sa.ColumnElement[bool]]:
    """The conditions on leads: not got by the filter's target, in its time, from its source."""
    if wanted.target is None:
        raise ValueError("there is no target that could have got anything")
    found = [
        leads.c.project_id == wanted.project,
        leads.c.archived_at.is_(None),
        ~got(leads.c.id, wanted.target),
    ]
    if wanted.since is not None:
        found.append(leads.c.created_at >= wanted.since)
    if wanted.until is not None:
        found.append(leads.c.created_at < wanted.until)
    if wanted.source is not None:
        brought = sa.exists().where(
            submissions.c.lead_id == leads.c.id, submissions.c.source_id == wanted.source
        )
        found.append(sa.or_(leads.c.source_id == wanted.source, brought))
    return found
