"""The store step: submissions become lead versions and what is owed to each target."""

import contextlib
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.core.ids import new_id
from relay.runtime import Runtime
from relay.services import returned
from relay.services.candidate import Candidate
from relay.services.errands import see_to
from relay.services.filing import file_all
from relay.store.tables import state_is, submissions
from relay.store.writer import CLASHES, is_away, is_clash

logger = logging.getLogger(__name__)

BATCH = 200
"""Submissions that one job takes at most."""

MOST_TRIES = 3
"""A submission that killed its worker, or could not be stored, this often goes to quarantine."""

PAUSES = (1.0, 5.0)
"""Seconds until the next try of what could not be stored: what was wrong may pass."""


class _LeaseLost(Exception):  # noqa: N818 - not a mistake: another worker has taken over
    """Another worker holds these submissions now."""


@dataclass(frozen=True, slots=True)
class _Claim:
    token: UUID
    rows: Sequence[Any]


def store_batch(rt: Runtime, limit: int = BATCH) -> int:
    """Store the oldest submissions that nobody works on; returns how many were taken.

    Safe to run twice or at the same time. The try is counted and committed before the work begins,
    so that a submission that kills its worker is found out.
    """
    claim = _claim(rt, limit)
    try:
        for group in _groups(claim.rows):
            _store_group(rt, claim.token, group)
    except BaseException:
        _give_back(rt, claim.token)
        raise
    if len(claim.rows) == limit:
        rt.queue.wake_store()
    return len(claim.rows)


def _claim(rt: Runtime, limit: int) -> _Claim:
    now = rt.clock.now()
    token = new_id()
    free = sa.or_(submissions.c.leased_until.is_(None), submissions.c.leased_until < now)
    oldest = (
        sa.select(submissions.c.id)
        .where(state_is(submissions, "received"), free)
        .order_by(submissions.c.received_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    with rt.database.write() as connection:
        ids = list(connection.execute(oldest).scalars())
        if not ids:
            return _Claim(token, [])
        taken = (
            sa.update(submissions)
            .where(submissions.c.id.in_(ids))
            .values(
                tries=submissions.c.tries + 1,
                lease_token=token,
                leased_until=now + timedelta(seconds=rt.config.lease_seconds),
            )
            .returning(*submissions.c)
        )
        rows = connection.execute(taken).all()
    return _Claim(token, sorted(rows, key=lambda row: (row.received_at, row.id)))


def _give_back(rt: Runtime, token: UUID) -> None:
    """Let others take what this job did not get done; the try was not the submissions' fault."""
    mine = (state_is(submissions, "received"), submissions.c.lease_token == token)
    free = {"tries": submissions.c.tries - 1, "lease_token": None, "leased_until": None}
    # where even this fails, the lease runs out
    with contextlib.suppress(sa.exc.SQLAlchemyError), rt.database.write() as connection:
        connection.execute(sa.update(submissions).where(*mine).values(free))


def _groups(rows: Sequence[Any]) -> Iterator[list[Any]]:
    """All together; but what was tried before goes alone, so that it takes nobody with it, and so
    does what says no lead by itself."""
    if together := [row for row in rows if row.tries == 1 and row.document is not None]:
        yield together
    for row in rows:
        if row.tries > 1 or row.document is None:
            yield [row]


def _store_group(rt: Runtime, token: UUID, rows: list[Any]) -> None:
    try:
        lanes = _in_one_transaction(rt, token, rows)
    except _LeaseLost:
        logger.warning("another worker took over %d submissions", len(rows))
    except Exception as error:
        if is_away(error):
            raise
        if len(rows) == 1:
            logger.exception("submission %s could not be stored", rows[0].id)
            _put_off(rt, token, rows[0], error)
            return
        for row in rows:
            _store_group(rt, token, [row])
    else:
        for lane in lanes:
            rt.queue.wake_lane(str(lane))


def _in_one_transaction(rt: Runtime, token: UUID, rows: list[Any]) -> set[UUID]:
    for clash in range(CLASHES):
        try:
            if rows[0].document is None and rows[0].tries <= MOST_TRIES:
                see_to(rt, token, rows[0].id)
                return set()
            now = rt.clock.now()
            candidates = [_candidate(rt, row) for row in rows]
            with rt.database.write() as connection:
                gone = returned.end(rt, connection, candidates)
                lanes = file_all(rt, connection, candidates, now)
                _finish(connection, token, candidates, now)
                returned.forget_stored(connection, gone, now)
                return lanes
        except sa.exc.DBAPIError as error:
            if not is_clash(error) or clash == CLASHES - 1:
                raise
    raise AssertionError("unreachable")


def _candidate(rt: Runtime, row: Any) -> Candidate:
    candidate = Candidate.of(rt, row)
    if row.tries > MOST_TRIES:
        candidate.end("quarantined", f"its worker died {MOST_TRIES} times while storing it")
    return candidate


def _finish(
    connection: sa.Connection, token: UUID, candidates: Sequence[Candidate], now: datetime
) -> None:
    """Settle the submissions, naming the lease: a late worker must not overwrite another's work."""
    statement = (
        sa.update(submissions)
        .where(
            submissions.c.id == sa.bindparam("row_id"),
            submissions.c.lease_token == sa.bindparam("row_token"),
        )
        .values(
            state=sa.bindparam("new_state"),
            reasons=sa.bindparam("new_reasons"),
            duplicate_of=sa.bindparam("new_duplicate_of"),
            lead_id=sa.bindparam("new_lead_id"),
            lead_version=sa.bindparam("new_lead_version"),
            owed=sa.bindparam("new_owed"),
            warnings=sa.bindparam("new_warnings"),
            stored_at=now,
            tries=0,
            lease_token=None,
            leased_until=None,
        )
    )
    values = [
        {
            "row_id": candidate.submission.id,
            "row_token": token,
            **{f"new_{name}": value for name, value in candidate.settled().items()},
        }
        for candidate in candidates
    ]
    if connection.execute(statement, values).rowcount != len(values):
        raise _LeaseLost


def _put_off(rt: Runtime, token: UUID, row: Any, error: Exception) -> None:
    """Leave it to the sweep for a later try, or put it into quarantine after the last one.

    The pause is a lease that nobody holds.
    """
    values: dict[str, Any] = {"lease_token": None, "leased_until": None}
    if row.tries < MOST_TRIES:
        pause = timedelta(seconds=PAUSES[row.tries - 1])
        values["leased_until"] = rt.clock.now() + pause
    else:
        message = f"it could not be stored: {type(error).__name__}"
        reasons = [{"place": "", "message": message}]
        values |= {"state": "quarantined", "reasons": reasons, "stored_at": rt.clock.now()}
        values["tries"] = 0
    mine = (submissions.c.id == row.id, submissions.c.lease_token == token)
    with rt.database.write() as connection:
        connection.execute(sa.update(submissions).where(*mine).values(**values))
