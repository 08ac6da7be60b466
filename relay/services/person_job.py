"""The work on a person's request, slice by slice, wherever an earlier worker left off."""

import contextlib
import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.core.ids import new_id
from relay.runtime import Runtime
from relay.services import person_erasing, person_export, person_receipt
from relay.services.person_look import MOST_OTHERS, Look, Seen, look_for
from relay.services.person_places import STAGES
from relay.services.person_requests import opened, sealed
from relay.services.person_work import FREE, LeaseLost, Work, write
from relay.store.insert import new_rows
from relay.store.tables import person_finds, person_requests

logger = logging.getLogger(__name__)

SLICE = 0.5
"""Seconds that one job works before it lets others have their turn."""

AGAIN = timedelta(seconds=10)
"""After which work that failed is tried again: a person who is to be erased is not forgotten."""


def work_on(rt: Runtime, request_id: UUID) -> None:
    """Do some of what a request asks for, and ring for the next turn.

    Safe to run twice or at the same time: what was done and how far the work is are written in one
    transaction, which names the lease.
    """
    work = _claim(rt, request_id)
    if work is None:
        return
    ends = time.monotonic() + SLICE
    try:
        while work.going and time.monotonic() < ends:
            _DO[work.row["work"]](rt, work)
    except LeaseLost:
        logger.info("another worker has taken over person request %s", request_id)
        return
    except Exception as error:
        _put_off(rt, work, error)
        raise
    except BaseException:
        _give_back(rt, work)
        raise
    if work.going:
        _give_back(rt, work)
        rt.queue.wake_person(request_id)


def lying(rt: Runtime) -> tuple[UUID, ...]:
    """Requests that nobody works on and that are due."""
    query = sa.select(person_requests.c.id).where(*_ready(rt.clock.now()))
    with rt.database.read() as connection:
        return tuple(connection.execute(query).scalars())


def _ready(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    of = person_requests.c
    return (
        of.work.is_not(None),
        sa.or_(of.due_at.is_(None), of.due_at <= now),
        sa.or_(of.leased_until.is_(None), of.leased_until < now),
    )


def _claim(rt: Runtime, request_id: UUID) -> Work | None:
    now, token = rt.clock.now(), new_id()
    taken = (
        sa.update(person_requests)
        .where(person_requests.c.id == request_id, *_ready(now))
        .values(
            tries=person_requests.c.tries + 1,
            due_at=None,
            lease_token=token,
            leased_until=now + timedelta(seconds=rt.config.lease_seconds),
        )
        .returning(*person_requests.c)
    )
    with rt.database.write() as connection:
        row = connection.execute(taken).mappings().one_or_none()
    return None if row is None else Work(token, dict(row))


def _look(rt: Runtime, work: Work) -> None:
    """Look through the next rows; what was found is counted once all were."""
    if not take_some(rt, work):
        return
    with rt.database.write() as connection:
        counts = person_receipt.count(connection, work.row)
        done = {"work": None, "looked_at": rt.clock.now(), "counts": counts, **FREE}
        write(rt, connection, work, done)
    work.going = False


def _erase(rt: Runtime, work: Work) -> None:
    """Erase what was found, then look whether anything is left; done once nothing is."""
    if work.row["place"]["stage"] == "found":
        person_erasing.erase_some(rt, work)
    elif take_some(rt, work):
        person_erasing.finish_or_go_on(rt, work)


def take_some(rt: Runtime, work: Work) -> bool:
    """Look through the next rows and note what is found; true when there are no more."""
    place = work.row["place"]
    stage = place["stage"] or next(iter(STAGES))
    with rt.database.read() as connection:
        look = work.look or look_for(rt, connection, work.row)
        work.look = look
        seen = STAGES[stage][0](rt, connection, look, place["after"])
    following = stage if seen.after is not None else _next_stage(stage)
    told = {**place, "stage": following, "after": seen.after, "share": _share(stage, seen.share)}
    with rt.database.write() as connection:
        _keep(connection, work, seen)
        write(rt, connection, work, {"place": told, **_others(rt, work, seen, look)})
    return not following


def _next_stage(stage: str) -> str:
    names = [*STAGES, ""]
    return names[names.index(stage) + 1]


def _share(stage: str, share: float) -> float:
    done = 0.0
    for name, (_see, part) in STAGES.items():
        if name == stage:
            return round(done + part * share, 4)
        done += part
    return 1.0


def _keep(connection: sa.Connection, work: Work, seen: Seen) -> None:
    rows = [
        {
            "request_id": work.row["id"],
            "what": one.what,
            "row_id": one.row_id,
            "number": one.number,
            "relation": one.relation,
        }
        for one in seen.finds
    ]
    if rows:
        insert = new_rows(connection, person_finds)
        key = ["request_id", "what", "row_id", "number"]
        again = insert.on_conflict_do_update(
            index_elements=key, set_={"relation": insert.excluded.relation}
        )
        connection.execute(again, rows)


def _others(rt: Runtime, work: Work, seen: Seen, look: Look) -> dict[str, Any]:
    """What else the person is known by, sealed; only asked for while nobody is erased."""
    if not seen.others or work.row["work"] != "look":
        return {}
    known = set(opened(rt, work.row["others"]))
    return {"others": sealed(rt, sorted((known | seen.others) - look.contacts)[:MOST_OTHERS])}


def _give_back(rt: Runtime, work: Work) -> None:
    # where this fails, the lease runs out
    with (
        contextlib.suppress(sa.exc.SQLAlchemyError, LeaseLost),
        rt.database.write() as connection,
    ):
        write(rt, connection, work, {"lease_token": None, "leased_until": None, "tries": 0})


def _put_off(rt: Runtime, work: Work, error: Exception) -> None:
    said = {
        "reason": f"it is tried again: {type(error).__name__}",
        "due_at": rt.clock.now() + AGAIN,
    }
    with (
        contextlib.suppress(sa.exc.SQLAlchemyError, LeaseLost),
        rt.database.write() as connection,
    ):
        write(rt, connection, work, said | {"lease_token": None, "leased_until": None})


_DO: dict[str, Callable[[Runtime, Work], None]] = {
    "look": _look,
    "erase": _erase,
    "export": person_export.make_some,
}
