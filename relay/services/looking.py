"""Looking for problems: every few seconds, part by part, by the rows. Safe to run twice.

What repeats is counted out of rows of the last minutes, which are read again at each look: what
was written late is found, and a look that was killed is made up for by the next one.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from relay.runtime import Runtime
from relay.services import seen_ends, seen_happenings, seen_silence, seen_states
from relay.services.notifiers import send_notices
from relay.services.readiness import is_running
from relay.services.sightings import Seen, count_seen, end_calm, mark_seen
from relay.services.turns import keep_turns
from relay.store.insert import new_rows
from relay.store.tables import looks, problems, state_is

logger = logging.getLogger(__name__)

LOOK_SECONDS = 10.0
"""How often it is looked."""

BACK = timedelta(minutes=5)
"""What is read again at each look: longer than an attempt takes from its start to its row."""

FIRST = timedelta(days=1)
"""How far the first look goes back."""

LATE = timedelta(days=8)
"""How late a submission may be quarantined whose data could not be fetched."""

NOTED = timedelta(minutes=1)
"""How often a look that finds nothing is noted."""


@dataclass(frozen=True)
class Part:
    """What is looked at together, every so many seconds; without `sorts` it counts happenings.

    `find` is told from when on, and what time it is.
    """

    name: str
    find: Callable[[Runtime, datetime, datetime], Sequence[Seen]]
    sorts: tuple[str, ...] = ()
    every: float = LOOK_SECONDS
    back: timedelta = BACK


PARTS = (
    Part("attempts", seen_happenings.attempts_failed),
    Part("deliveries", seen_happenings.deliveries_lost),
    Part("quarantine", seen_happenings.quarantined),
    Part("late quarantine", seen_happenings.quarantined, every=600.0, back=LATE),
    Part("door", seen_happenings.refused_at_door),
    Part("lanes", seen_states.lanes_held, sorts=("paused", "unreachable", "overdue")),
    Part("house", seen_states.house, sorts=("disk", "process", "notice")),
    Part("silence", seen_silence.silent, sorts=("silence",), every=60.0),
    Part("ends", seen_ends.ending, sorts=("credential", "version", "reconcile"), every=300.0),
)


def look(rt: Runtime) -> int:
    """Look at every part whose time has come; returns how many problems have turned.

    A part that fails stops no other.
    """
    turned = 0
    for part in PARTS:
        try:
            turned += _look_at(rt, part)
        except Exception:
            logger.exception("problems: the %s could not be looked at", part.name)
            rt.metrics.count("relay_job_errors", "problems")
    with rt.database.write() as connection:
        now = rt.clock.now()
        turns = end_calm(connection, now)
        keep_turns(connection, turns, now)
    return turned + len(turns)


def ring(rt: Runtime) -> None:
    """Have it looked for problems, unless somebody has just done so: clock and workers both ring,
    so that either may be missing."""
    if rt.queue.first("problems", LOOK_SECONDS):
        rt.queue.wake_problems()


def look_without_workers(rt: Runtime) -> bool:
    """Look and tell in this process where no worker can: there is none, or Redis is away."""
    if rt.queue.answers() and is_running(rt, "worker"):
        return False
    look(rt)
    send_notices(rt)
    return True


def _look_at(rt: Runtime, part: Part) -> int:
    now = rt.clock.now()
    with rt.database.read() as connection:
        last = connection.execute(sa.select(looks.c.at).where(looks.c.part == part.name)).scalar()
    if last is not None and now - last < timedelta(seconds=part.every):
        return 0
    since = min(last or now - FIRST, now) - part.back
    seen = part.find(rt, since, now)
    if not seen and last is not None and now - last < NOTED and not _any_open(rt, part):
        return 0
    with rt.database.write() as connection:
        turns = (
            mark_seen(connection, part.sorts, seen, now)
            if part.sorts
            else count_seen(connection, seen, now)
        )
        keep_turns(connection, turns, now)
        _note(connection, part, now)
    for turn in turns:
        logger.warning("problem %s: %s %s", turn.turn, turn.sort, turn.problem_id)
    return len(turns)


def _any_open(rt: Runtime, part: Part) -> bool:
    own = sa.select(problems.c.id).where(
        problems.c.sort.in_(part.sorts), state_is(problems, "open", "noted")
    )
    with rt.database.read() as connection:
        return connection.execute(own.limit(1)).first() is not None


def _note(connection: sa.Connection, part: Part, now: datetime) -> None:
    insert = new_rows(connection, looks).values(part=part.name, at=now)
    connection.execute(insert.on_conflict_do_update(index_elements=["part"], set_={"at": now}))
