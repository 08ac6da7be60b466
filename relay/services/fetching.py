"""Fetching: submissions that came as an id are asked for at their provider."""

import contextlib
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.core.contract import Conversation, Fetching, Json, Kind, Outcome
from relay.core.ids import new_id
from relay.runtime import Runtime
from relay.services import configured, fetched, remapping
from relay.services.configured import ConfiguredSource
from relay.services.errands import mapped_columns, read
from relay.services.fetched import Errand
from relay.store.tables import fetches, sources

logger = logging.getLogger(__name__)

AT_ONCE = 4
"""Submissions of one source that all workers together fetch at a time."""

LEASE_MARGIN = 10.0
"""Seconds that a claim holds beside the time of its newest request."""

MOST_TRIES = 3
"""Claims that never settled, after which a submission goes to quarantine."""


def lying(rt: Runtime) -> tuple[UUID, ...]:
    """Sources of which something is to be fetched now."""
    now = rt.clock.now()
    query = sa.select(fetches.c.source_id).distinct()
    query = query.join(sources, sources.c.id == fetches.c.source_id).where(*_ready(now))
    with rt.database.read() as connection:
        return tuple(connection.execute(query).scalars())


def claim(rt: Runtime, source_id: UUID, most: int) -> list[Errand]:
    """Lease up to `most` submissions of this source to the caller, whose data is to be fetched.

    The try is committed before the work begins. None go beyond the source's limits.
    """
    source = _current(rt, source_id)
    if source is None:
        return []
    now, token = rt.clock.now(), new_id()
    with rt.database.write() as connection:
        one_by_one = sa.select(sources.c.id).where(sources.c.id == source_id)
        connection.execute(one_by_one.with_for_update(key_share=True))
        flying = sa.select(sa.func.count()).where(
            fetches.c.source_id == source_id,
            fetches.c.due_at.is_not(None),
            fetches.c.leased_until >= now,
        )
        share = min(most, AT_ONCE - connection.execute(flying).scalar_one())
        ids = _permitted(rt, source, _due(connection, source_id, share, now))
        taken = connection.execute(
            sa.update(fetches)
            .where(fetches.c.submission_id.in_(ids))
            .values(
                tries=fetches.c.tries + 1,
                lease_token=token,
                leased_until=now + timedelta(seconds=rt.config.lease_seconds),
            )
            .returning(
                fetches.c.submission_id, fetches.c.attempts, fetches.c.tries, fetches.c.began_at
            )
        ).all()
    return [
        Errand(row.submission_id, token, source, row.attempts, row.tries, row.began_at)
        for row in taken
    ]


def carry_out(rt: Runtime, errand: Errand) -> None:
    """Fetch one submission's data, map it and let it go on; or note why that is not possible.

    What was brought counts whoever brought it; a failure counts only under the lease.
    """
    if errand.tries > MOST_TRIES:
        fetched.give_up(rt, errand, f"its worker died {MOST_TRIES} times while fetching its data")
        return
    stored = read(rt, errand.id)
    if isinstance(stored, str):
        fetched.give_up(rt, errand, stored)
        return
    now = rt.clock.now().timestamp()
    fetching = remapping.fetching(errand.source, stored.found[0], now)
    if fetching is None:  # the settings have changed: it says a lead by itself now
        fetched.go_on(rt, errand, mapped_columns(stored.source, stored.row, stored.found), {})
        return
    brought: list[Json] = []
    attempted = rt.client.converse(_asked(rt, errand, fetching, brought), errand.source.secrets)
    outcome = attempted.outcome.kind.value
    rt.metrics.count("relay_fetches", errand.source.kind.name, outcome)
    logger.info("fetched submission=%s outcome=%s", errand.id, outcome)
    if brought:
        fetched.keep(rt, errand, stored.row, brought[0], attempted)
    else:
        fetched.put_off(rt, errand, attempted)


def _ready(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    """What is due and nobody works on; a refused access is ready with the next settings."""
    changed = sa.and_(
        fetches.c.settings_at.is_not(None), sources.c.updated_at > fetches.c.settings_at
    )
    free = sa.or_(fetches.c.leased_until.is_(None), fetches.c.leased_until < now)
    return (fetches.c.due_at.is_not(None), sa.or_(fetches.c.due_at <= now, changed), free)


def _current(rt: Runtime, source_id: UUID) -> ConfiguredSource | None:
    """The source by its newest settings: what was just put right must not be refused again."""
    source = configured.source(rt, source_id)
    with rt.database.read() as connection:
        changed_at = connection.execute(
            sa.select(sources.c.updated_at).where(sources.c.id == source_id)
        ).scalar_one_or_none()
    if source is not None and source.changed_at != changed_at:
        configured.forget(rt)
        source = configured.source(rt, source_id)
    return source


def _due(connection: sa.Connection, source_id: UUID, share: int, now: datetime) -> Sequence[UUID]:
    if share <= 0:
        return []
    oldest = (
        sa.select(fetches.c.submission_id)
        .join(sources, sources.c.id == fetches.c.source_id)
        .where(fetches.c.source_id == source_id, *_ready(now))
        .order_by(fetches.c.due_at)
        .limit(share)
        .with_for_update(skip_locked=True, of=fetches)
    )
    return connection.execute(oldest).scalars().all()


def _permitted(rt: Runtime, source: ConfiguredSource, ids: Sequence[UUID]) -> Sequence[UUID]:
    """The first ones for which the provider's limits give permits."""
    limits = source.kind.source.limits
    for count in range(len(ids) if limits else 0):
        if rt.limits.take(f"fetch:{source.id}", limits) is not None:
            return ids[:count]
    return ids


def _asked(rt: Runtime, errand: Errand, fetching: Fetching, brought: list[Json]) -> Conversation:
    """The source's conversation as the client drives one: what it brings is put aside."""
    reply: Any = None
    while True:
        try:
            step = fetching.send(reply)
        except StopIteration as ended:
            said = ended.value
            break
        _renew(rt, errand, step.timeout or rt.config.total_seconds)
        reply = yield step
    if isinstance(said, Outcome):
        if said.kind in {Kind.DELIVERED, Kind.IGNORED, Kind.ACCEPTED}:
            raise TypeError(f"fetching ended {said.kind.value} and brought nothing")
        return said
    brought.append(said)
    return Outcome(kind=Kind.DELIVERED)


def _renew(rt: Runtime, errand: Errand, seconds: float) -> None:
    """Keep the lease for one more request, which may take so long."""
    until = rt.clock.now() + timedelta(seconds=seconds + LEASE_MARGIN)
    mine = (fetches.c.submission_id == errand.id, fetches.c.lease_token == errand.token)
    # a database that is away ends no conversation: what it brings counts all the same
    with contextlib.suppress(sa.exc.SQLAlchemyError), rt.database.write() as connection:
        connection.execute(sa.update(fetches).where(*mine).values(leased_until=until))
