"""Captures sent to a configured source, as their senders would send them today."""

from dataclasses import replace
from uuid import UUID

import sqlalchemy as sa

from relay.core.contract import Inbound
from relay.core.fixtures import Fixture
from relay.core.verify import sign, verify
from relay.runtime import Runtime
from relay.services import configured
from relay.services.arrival import Hold
from relay.services.configured import ConfiguredSource
from relay.services.ingest import Receipt, take
from relay.store.tables import projects, sources

SENDER = "127.0.0.1"
"""The address that such a submission comes from."""


class Refused(Exception):  # noqa: N818 - says what the door would say
    """The source would turn this request away; the text says why."""


def send(
    rt: Runtime, source: ConfiguredSource, fixture: Fixture, *, hold: Hold | None = None
) -> Receipt:
    """Sign a capture by the source's settings and take it in as if it had come to the door.

    What became a lead goes on to the source's targets. Raises Refused, and Busy as `take` does.
    """
    inbound = signed(rt, source, fixture)
    reason = verify(source.kind.source, inbound, source.settings, inbound.received_at)
    if reason is not None:
        raise Refused(reason)
    return take(rt, source, inbound, hold=hold)


def signed(rt: Runtime, source: ConfiguredSource, fixture: Fixture) -> Inbound:
    """The capture as a request to this source, genuine at this time."""
    now = rt.clock.now().timestamp()
    _path, mark, query = fixture.inbound.url.partition("?")
    inbound = replace(
        fixture.inbound,
        url=f"{rt.config.public_url}/in/{source.key}{mark}{query}",
        address=SENDER,
        received_at=now,
    )
    return sign(source.kind.source, inbound, source.settings, now)


def sources_of_kind(
    rt: Runtime, kind: str, project: UUID | None = None
) -> list[tuple[str, ConfiguredSource]]:
    """The sources in use of one kind, each with its project's public id, oldest first."""
    query = (
        sa.select(sources.c.id, projects.c.public_id)
        .join(projects, projects.c.id == sources.c.project_id)
        .where(sources.c.kind == kind)
        .where(sources.c.archived_at.is_(None), projects.c.archived_at.is_(None))
        .order_by(sources.c.created_at, sources.c.id)
    )
    if project is not None:
        query = query.where(sources.c.project_id == project)
    with rt.database.read() as connection:
        rows = connection.execute(query).all()
    found = ((row.public_id, configured.source(rt, row.id)) for row in rows)
    return [(public_id, source) for public_id, source in found if source is not None]
