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
from relay.runtime import Runtime
from relay.services.arrival import Arrival, Hold, read, safe_body, safe_headers
from relay.services.configured import ConfiguredSource
from relay.store.insert import insert_new, new_rows
from relay.store.tables import bodies, event_keys, submissions, turned_away
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
    return rt.part(_new_intake).submit(read(rt, source, inbound, hold))


def turn_away(
    rt: Runtime, source: ConfiguredSource, inbound: Inbound, status: int, reason: str
) -> None:
    """Keep a request that was refused at the door, so that support can find it."""
    row = {
        "id": new_id(),
        "source_id": source.id,
        "at": rt.clock.now(),
        "status": status,
        "reason": clean(reason),
        "headers": safe_headers(source, inbound, _proofs(source)),
        "body": safe_body(source, inbound, [])[:TURNED_AWAY_BODY],
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


def _new_intake(rt: Runtime) -> GroupCommit[Arrival, Receipt]:
    def wake(receipts: list[Receipt]) -> None:
        if any("received" in receipt.states for receipt in receipts):
            rt.queue.wake_store()

    return GroupCommit(
        rt.database, _commit, key=_sort_key, wait=rt.config.commit_wait_seconds, after=wake
    )


def _sort_key(arrival: Arrival) -> str:
    return min((row["event_key"] or "" for row in arrival.submissions), default="")


def _commit(connection: sa.Connection, arrivals: list[Arrival]) -> list[Receipt]:
    judged = judge(connection, [row for arrival in arrivals for row in arrival.submissions])
    insert_new(connection, bodies, [arrival.body for arrival in arrivals])
    insert_new(connection, submissions, list(judged.values()))
    return [_receipt([judged[row["id"]] for row in one.submissions]) for one in arrivals]


def judge(connection: sa.Connection, rows: Sequence[dict[str, Any]]) -> dict[UUID, dict[str, Any]]:
    """The rows by their ids, as repeats where their events belong to others."""
    owners = _owners(connection, [row for row in rows if row["event_key"] is not None])
    return {row["id"]: _judged(row, owners) for row in rows}


def _receipt(rows: Sequence[dict[str, Any]]) -> Receipt:
    return Receipt(tuple(row["id"] for row in rows), tuple(row["state"] for row in rows))


_Owners = dict[tuple[UUID, str], UUID]


def _owners(connection: sa.Connection, rows: list[dict[str, Any]]) -> _Owners:
    """The submission that each event belongs to: the first one, whoever else inserts just now.

    The keys are taken in one order for all, so that two processes never wait for each other.
    """
    if not rows:
        return {}
    wanted: dict[tuple[UUID, str], dict[str, Any]] = {}
    for row in sorted(rows, key=lambda row: row["event_key"]):
        wanted.setdefault((row["source_id"], row["event_key"]), row)
    new = new_rows(connection, event_keys).on_conflict_do_nothing()
    taken = connection.execute(
        new.returning(event_keys.c.submission_id),
        [
            {
                "source_id": row["source_id"],
                "event_key": row["event_key"],
                "submission_id": row["id"],
            }
            for row in wanted.values()
        ],
    )
    ours = set(taken.scalars())
    owners = {key: row["id"] for key, row in wanted.items() if row["id"] in ours}
    return owners | _known_owners(connection, wanted.keys() - owners.keys())


def _known_owners(connection: sa.Connection, keys: set[tuple[UUID, str]]) -> _Owners:
    if not keys:
        return {}
    same = sa.tuple_(event_keys.c.source_id, event_keys.c.event_key).in_(keys)
    found = connection.execute(sa.select(event_keys).where(same))
    return {(row.source_id, row.event_key): row.submission_id for row in found}


def _judged(row: dict[str, Any], owners: _Owners) -> dict[str, Any]:
    """The row, as a repeat where its event belongs to another.

    A copy: should the batch fail, the same row is judged anew without those that failed it.
    """
    owner = owners.get((row["source_id"], row["event_key"]), row["id"])
    if owner == row["id"]:
        return row
    reason = {"place": "", "message": "the same event was received before"}
    repeat = {"state": "duplicate", "duplicate_of": owner, "document": None, "hold": None}
    return row | repeat | {"reasons": [reason]}


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
