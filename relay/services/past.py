"""What a source was sent before, with the bodies that are still kept: to try a mapping on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.core import rows
from relay.core.adapter import Mapped
from relay.core.contract import Inbound, Unreadable
from relay.core.fixtures import Fixture, fixtures_of
from relay.core.trail import Placed
from relay.runtime import Runtime
from relay.services.browse import Row
from relay.services.configured import ConfiguredSource
from relay.services.remapping import (
    Found,
    its_own,
    plain,
    remap,
    rules_of,
    stored_request,
    understood,
)
from relay.store.tables import bodies, fetches, submissions

OFFERED = 20
"""Submissions to choose from."""

PASSED_OVER = 200
"""Newest submissions that are passed over: their bodies are gone, or they are rows of files."""


@dataclass(frozen=True, slots=True)
class Explained:
    """One submission under a mapping: what becomes of it, and of each of its answers.

    `trouble` says in words why its kind cannot even read it; `mapped` is None then.
    """

    mapped: Mapped | None = None
    placed: Sequence[Placed] = ()
    trouble: str = ""

    @property
    def reasons(self) -> list[Any]:
        """Why there is no lead; empty where there is one."""
        if self.mapped is None:
            return [{"place": "", "message": self.trouble}]
        return self.mapped.reasons


def newest(
    rt: Runtime,
    source_id: UUID,
    limit: int = OFFERED,
    *,
    since: datetime | None = None,
) -> list[Row]:
    """The newest submissions of a source that a mapping can be tried on, without their bodies.

    Rows of files are none: their columns go where the one who uploaded them said.
    """
    column = submissions.c
    few = sa.select(column.id).where(column.source_id == source_id)
    if since is not None:
        few = few.where(column.received_at >= since)
    few = few.order_by(column.received_at.desc(), column.id.desc()).limit(limit + PASSED_OVER)
    query = (
        sa.select(*(column[name] for name in _SHOWN), bodies.c.size)
        .join(bodies, bodies.c.id == column.body_id)
        .where(column.id.in_(few), bodies.c.blanked_at.is_(None))
        .where(bodies.c.method != rows.METHOD)
        .order_by(column.received_at.desc(), column.id.desc())
        .limit(limit)
    )
    with rt.database.read() as connection:
        return [dict(row) for row in connection.execute(query).mappings()]


def whole(rt: Runtime, source_id: UUID, ids: Sequence[UUID]) -> dict[UUID, Any]:
    """Those of these submissions that are the source's, with their requests, by their ids."""
    query = (
        sa.select(submissions, *_REQUEST, fetches.c.body.label("fetched"))
        .join(bodies, bodies.c.id == submissions.c.body_id)
        .outerjoin(fetches, fetches.c.submission_id == submissions.c.id)
        .where(submissions.c.id.in_(ids), submissions.c.source_id == source_id)
        .where(bodies.c.blanked_at.is_(None), bodies.c.method != rows.METHOD)
    )
    with rt.database.read() as connection:
        return {row.id: row for row in connection.execute(query)}


def explained(source: ConfiguredSource, row: Any) -> Explained:
    """What becomes of a submission, a row of `whole`, by the mapping that the source has."""
    found = understood(source, row)
    if isinstance(found, str):
        return _troubled(source, stored_request(row), found)
    return _explained(source, its_own(row, found))


def explained_fixture(source: ConfiguredSource, fixture: Fixture) -> Explained:
    """What becomes of one of the kind's own examples."""
    try:
        return _explained(source, remap(source, fixture.inbound)[0])
    except Unreadable as error:
        return _troubled(source, fixture.inbound, str(error))


def examples_of(source: ConfiguredSource) -> list[Fixture]:
    """The kind's examples that hold a submission, its usual one first."""
    return [one for one in fixtures_of(source.kind) if one.expected.get("submissions")]


def _troubled(source: ConfiguredSource, inbound: Inbound, trouble: str) -> Explained:
    """Its values as they are written, where they can be read at all."""
    document = plain(source, inbound)
    placed = [] if document is None else source.kind.adapter.unread(document)
    return Explained(placed=placed, trouble=trouble)


def _explained(source: ConfiguredSource, found: Found) -> Explained:
    parsed, mapped = found
    if mapped is None:
        return Explained(trouble="it has no answers of its own: its data is with its provider")
    again, placed = source.kind.adapter.explain(parsed, rules_of(source))
    return Explained(again, placed)


_SHOWN = ("id", "received_at", "state", "document", "lead_id", "test")
_REQUEST = (
    bodies.c.method,
    bodies.c.query,
    bodies.c.headers,
    bodies.c.body,
    bodies.c.address,
    bodies.c.blanked_at,
)
