"""Taking a submission in: read, mapped and committed before the sender is answered."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.core.clean import clean, clean_text
from relay.core.contract import Inbound
from relay.core.ids import new_id
from relay.core.masking import SHORTEST
from relay.runtime import Runtime
from relay.services import intake
from relay.services.arrival import Hold, read, safe_body, safe_headers, secrets_of
from relay.services.configured import ConfiguredSource
from relay.store.insert import insert_new
from relay.store.tables import turned_away
from relay.store.writer import Busy, GroupCommit

logger = logging.getLogger(__name__)

TURNED_AWAY_KEPT = 100
"""Refused requests that are kept per source."""

TURNED_AWAY_BODY = 16 * 1024
"""Bytes kept of a refused request's body."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one request: its submissions' ids and states, in the order of the body."""

    ids: tuple[UUID, ...]
    states: tuple[str, ...]


def take(
    rt: Runtime, source: ConfiguredSource, inbound: Inbound, *, hold: Hold | None = None
) -> Receipt:
    """Keep one verified request, mapped as far as it goes; returns after the commit.

    `hold` is what its submissions wait for before they become leads. Raises Busy when the database
    does not take them in time, and the sender has to come again. A slow commit may keep them even
    so: the repeat is told by its event, or by its content where the source has a repeat window.
    """
    rows = intake.put(rt, read(rt, source, inbound, hold)).rows
    return Receipt(tuple(row["id"] for row in rows), tuple(row["state"] for row in rows))


def turn_away(
    rt: Runtime,
    source: ConfiguredSource,
    inbound: Inbound,
    status: int,
    reason: str,
    secrets: Sequence[str] = (),
) -> None:
    """Keep a request that was refused at the door, so that support can find it.

    `secrets` are credentials that the request itself carries.
    """
    hidden = [*secrets_of(source), *(one for one in secrets if len(one) >= SHORTEST)]
    row = {
        "id": new_id(),
        "source_id": source.id,
        "at": rt.clock.now(),
        "status": status,
        "reason": clean(reason),
        "headers": safe_headers(inbound, hidden, _proofs(source)),
        "body": safe_body(inbound, hidden)[:TURNED_AWAY_BODY],
        "size": len(inbound.body),
        "address": clean_text(inbound.address),
    }
    try:
        rt.part(_new_gatekeeper).submit(row)
    except (Busy, sa.exc.SQLAlchemyError) as error:  # the refusal itself stands without its note
        logger.warning("a refused request was not kept: %s", error)


def _proofs(source: ConfiguredSource) -> set[str]:
    """The headers in which genuine requests carry a secret; a wrong one is perhaps another's."""
    credentials = source.kind.source.credentials
    return {name.lower() for name in credentials(source.settings)} if credentials else set()


def _new_gatekeeper(rt: Runtime) -> GroupCommit[dict[str, Any], None]:
    return GroupCommit(rt.database, _commit_turned_away, wait=1.0)


def _commit_turned_away(connection: sa.Connection, rows: list[dict[str, Any]]) -> list[None]:
    insert_new(connection, turned_away, rows)
    for source_id in sorted({row["source_id"] for row in rows}):
        oldest_kept = (
            sa.select(turned_away.c.id)
            .where(turned_away.c.source_id == source_id)
            .order_by(turned_away.c.id.desc())
            .offset(TURNED_AWAY_KEPT - 1)
            .limit(1)
            .scalar_subquery()
        )
        connection.execute(
            sa.delete(turned_away).where(
                turned_away.c.source_id == source_id, turned_away.c.id < oldest_kept
            )
        )
    return [None] * len(rows)
