"""The one writer of what arrives: the rows of many requests together, filed at once where asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.runtime import Runtime
from relay.services import returned
from relay.services.arrival import Arrival
from relay.services.candidate import Candidate, FiledLead
from relay.services.filing import file_all
from relay.store.insert import insert_new, new_rows
from relay.store.tables import bodies, event_keys, submissions
from relay.store.writer import GroupCommit, is_clash

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Kept:
    """One request as it was written: its submissions in the order of the body.

    `leads` are what became of them at once, by submission; `lanes` have something to send now.
    """

    rows: Sequence[Row]
    leads: Mapping[UUID, FiledLead]
    lanes: set[UUID]


def put(rt: Runtime, arrival: Arrival) -> Kept:
    """Write one request; returns after the commit. Raises Busy, or what failed this one alone."""
    return rt.part(_new_writer).submit(arrival)


def put_all(rt: Runtime, arrivals: Sequence[Arrival]) -> list[Kept]:
    """Write several requests together; returns after their commit. Raises as `put` does."""
    writer = rt.part(_new_writer)
    return [future.result() for future in [writer.post(arrival) for arrival in arrivals]]


def judge(connection: sa.Connection, rows: Sequence[Row]) -> dict[UUID, Row]:
    """The rows by their ids, as repeats where their events belong to others."""
    owners = _owners(connection, [row for row in rows if row["event_key"] is not None])
    return {row["id"]: _judged(row, owners) for row in rows}


def _new_writer(rt: Runtime) -> GroupCommit[Arrival, Kept]:
    return GroupCommit(
        rt.database,
        partial(keep, rt),
        key=_sort_key,
        wait=rt.config.commit_wait_seconds,
        after=partial(wake, rt),
        clash=is_clash,
    )


def _sort_key(arrival: Arrival) -> str:
    return min((row["event_key"] or "" for row in arrival.submissions), default="")


def wake(rt: Runtime, written: Sequence[Kept]) -> None:
    """Ring for what has been written; after its commit."""
    if any(row["state"] == "received" for kept in written for row in kept.rows):
        rt.queue.wake_store()
    for lane in set().union(*(kept.lanes for kept in written)):
        rt.queue.wake_lane(str(lane))


def keep(rt: Runtime, connection: sa.Connection, arrivals: Sequence[Arrival]) -> list[Kept]:
    """Write these requests inside the caller's transaction, filed at once where asked."""
    there = _written_before(connection, [one for one in arrivals if one.at_once and one.begun])
    for arrival in arrivals:
        arrival.begun = True
    judged = judge(connection, [row for arrival in arrivals for row in arrival.submissions])
    now = rt.clock.now()
    gone = returned.among(rt, connection, arrivals, judged)
    judged |= {key: returned.refused(judged[key], now) for key in gone}
    rows = judged | there
    candidates = [
        _candidate(arrival, rows[row["id"]])
        for arrival in arrivals
        if arrival.at_once
        for row in arrival.submissions
        if rows[row["id"]]["state"] == "received"
    ]
    lanes = file_all(rt, connection, candidates, now) if candidates else set()
    filed = {one.submission.id: one.settled() | {"stored_at": now} for one in candidates}
    insert_new(connection, bodies, [returned.body_of(one, gone, now) for one in arrivals])
    insert_new(connection, submissions, [row for key, row in judged.items() if key not in filed])
    rows |= {key: rows[key] | settled for key, settled in filed.items()}
    insert_new(connection, submissions, [rows[key] for key in filed])
    leads = {one.submission.id: one.lead for one in candidates if one.lead is not None}
    return [Kept([rows[row["id"]] for row in one.submissions], leads, lanes) for one in arrivals]


def _candidate(arrival: Arrival, row: Row) -> Candidate:
    moved = arrival.moved
    submission = SimpleNamespace(**row, released=moved is not None)
    if moved is not None:
        submission.received_at = moved.at  # what was said of the lead since then, stays
    return Candidate(
        submission,
        arrival.source,
        row["lead_key"],
        moved=moved,
        forward=arrival.forward,
        fresh=True,
    )


def _written_before(connection: sa.Connection, arrivals: Sequence[Arrival]) -> dict[UUID, Row]:
    """What an earlier try of these wrote after all, when its answer was lost on the way."""
    ids = [row["id"] for arrival in arrivals for row in arrival.submissions]
    if not ids:
        return {}
    found = connection.execute(sa.select(submissions).where(submissions.c.id.in_(ids)))
    return {row["id"]: dict(row) for row in found.mappings()}


_Owners = dict[tuple[UUID, str], UUID]


def _owners(connection: sa.Connection, rows: Sequence[Row]) -> _Owners:
    """The submission that each event belongs to: the first one, whoever else inserts just now.

    The keys are taken in one order for all, so that two processes never wait for each other.
    """
    if not rows:
        return {}
    wanted: dict[tuple[UUID, str], Row] = {}
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


def _judged(row: Row, owners: _Owners) -> Row:
    """The row, as a repeat where its event belongs to another.

    A copy: should the batch fail, the same row is judged anew without those that failed it.
    """
    owner = owners.get((row["source_id"], row["event_key"]), row["id"])
    if owner == row["id"]:
        return row
    reason = {"place": "", "message": "the same event was received before"}
    repeat = {"state": "duplicate", "duplicate_of": owner, "document": None, "hold": None}
    return row | repeat | {"reasons": [reason]}
