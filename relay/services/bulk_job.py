"""Bulk runs at work: some deliveries at a time, wherever an earlier worker left off."""

import contextlib
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from uuid import UUID

import sqlalchemy as sa

from relay.runtime import Runtime
from relay.services.browse import Row
from relay.services.bulk import OPEN, one
from relay.services.bulk_acts import Did, act
from relay.services.bulk_lease import (
    LeaseLost,
    Work,
    claim,
    count_reasons,
    end,
    give_back,
    note_progress,
)
from relay.services.bulk_walk import next_step
from relay.store.writer import CLASHES, is_away, is_clash

logger = logging.getLogger(__name__)

SLICE = 1.0
"""Seconds that one job works before it lets others have their turn."""

LOOK_AGAIN = 0.1
"""Seconds until who waits for a run looks at it again."""

Progress = Callable[[int], None]

MOST_TRIES = 3
"""A delivery that ended its worker this often is given up."""


def work_on(rt: Runtime, run_id: UUID) -> None:
    """Do some of this run, and ring for the next turn.

    Safe to run twice or at the same time: what is done, and how far the run is, are written in one
    transaction, which names the lease.
    """
    work = claim(rt, run_id)
    if work is None:
        return
    ends = time.monotonic() + SLICE
    try:
        going = _take_some(rt, work)
        while going and time.monotonic() < ends:
            going = _take_some(rt, work)
    except LeaseLost:
        logger.info("bulk run %s was stopped, or another worker has taken over", run_id)
        return
    except BaseException:
        with contextlib.suppress(sa.exc.SQLAlchemyError):  # where this fails, the lease runs out
            give_back(rt, work)
        raise
    if going:
        give_back(rt, work)
        rt.queue.wake_bulk(run_id)


def work_through(rt: Runtime, project_id: UUID, run_id: UUID, progress: Progress) -> Row:
    """Work on a run until it has ended, beside the workers if there are any; its row then.

    `progress` is told how many more were gone through.
    """
    told = 0
    while True:
        work_on(rt, run_id)
        row = one(rt, project_id, run_id)
        if row is None:
            raise ValueError(f"there is no bulk run {run_id}")
        through = row["done"] + row["skipped"] + row["failed"]
        progress(through - told)
        told = through
        if row["state"] not in OPEN:
            return row
        threading.Event().wait(LOOK_AGAIN)


def _take_some(rt: Runtime, work: Work) -> bool:
    """Take the next deliveries; false when there are no more."""
    with rt.database.read() as connection:
        step = next_step(connection, work.run, work.cursor, work.size)
    if step.ids:
        try:
            _put(rt, work, step.ids, step.upto)
        except Exception as error:
            if isinstance(error, LeaseLost) or is_away(error):
                raise
            logger.exception("bulk run %s failed from %s on", work.run.id, step.ids[0])
            if len(step.ids) > 1:
                work.size = 1
                return True
            _give_up(rt, work, step.ids, step.upto, f"it failed: {type(error).__name__}")
        work.take_more()
    work.cursor = step.upto
    if step.last:
        end(rt, work, "finished", None)
    return not step.last


def _put(rt: Runtime, work: Work, ids: Sequence[UUID], upto: UUID) -> None:
    """Do it to these, and write how far the run is now, all or nothing."""
    if work.tries > MOST_TRIES:
        reason = f"its worker ended {MOST_TRIES} times while at it"
        _give_up(rt, work, ids, upto, reason)
        return
    did = Did()
    for clash in range(CLASHES):
        try:
            with rt.database.write() as connection:
                did = act(rt, connection, work.run, ids)
                note_progress(rt, connection, work, upto, did.skipped, done=did.done)
            break
        except sa.exc.DBAPIError as error:
            if not is_clash(error) or clash == CLASHES - 1:
                raise
    count_reasons(work, did.skipped)
    for target_id in did.lanes:
        rt.queue.wake_lane(target_id)


def _give_up(rt: Runtime, work: Work, ids: Sequence[UUID], upto: UUID, reason: str) -> None:
    """Leave these as they are, counted as failed."""
    why = Counter({reason: len(ids)})
    with rt.database.write() as connection:
        note_progress(rt, connection, work, upto, why, failed=len(ids))
    count_reasons(work, why)
