"""Erasing a person: what was found goes, batch by batch, until looking again finds nothing."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.core.spotting import Spotter
from relay.runtime import Runtime
from relay.services import person_blanking, person_mentions, person_uploads
from relay.services.auditing import note
from relay.services.deliveries import call_off
from relay.services.person_look import look_for
from relay.services.person_receipt import write_lines
from relay.services.person_requests import NOWHERE, subject
from relay.services.person_work import FREE, Work, write
from relay.services.removing import remove_leads_alone
from relay.services.returning import REASON
from relay.store.tables import (
    blocked_contacts,
    deliveries,
    import_refusals,
    leads,
    person_finds,
    state_is,
    turned_away,
    views,
)

BATCH = 20
"""Finds that one transaction erases."""

AGAIN = timedelta(seconds=2)
"""Until leads are erased of which something is being sent at this moment."""

Counted = Counter[str]


def erase_some(rt: Runtime, work: Work) -> None:
    """Erase the next of what was found; where nothing is left, have everything looked through."""
    with rt.database.write() as connection:
        write(rt, connection, work, {})
        if work.look is None:
            work.look = look_for(rt, connection, work.row)
        finds = _next(connection, work)
        if finds:
            done = _ERASE[finds[0].what, finds[0].relation](rt, connection, work, finds)
            counts = Counter(work.row["counts"]) + done
            write(rt, connection, work, {"counts": dict(counts)})
            return
        if work.postponed:
            reason = "something is being sent to a target at this moment"
            again = {"due_at": rt.clock.now() + AGAIN, "reason": reason}
            write(rt, connection, work, FREE | again)
            work.going = False
        else:
            again = {**NOWHERE, "round": work.row["place"]["round"] + 1}
            write(rt, connection, work, {"place": again})


def finish_or_go_on(rt: Runtime, work: Work) -> None:
    """All was looked through: erase what was found, or be done."""
    row = work.row
    mine = sa.select(person_finds.c.row_id).where(person_finds.c.request_id == row["id"]).limit(1)
    with rt.database.write() as connection:
        if connection.execute(mine).first() is not None:
            write(rt, connection, work, {"place": {**row["place"], "stage": "found"}})
            return
        ended = {"work": None, "contacts": None, "others": None, "erased_at": rt.clock.now()}
        write(rt, connection, work, ended | FREE)
        done = {"counts": row["counts"]}
        actor = row["erased_by"]
        note(connection, rt, row["project_id"], actor, "erased", subject(row["id"]), None, done)
    work.going = False


def _next(connection: sa.Connection, work: Work) -> Sequence[Any]:
    """The next finds of one sort, without those that wait for something that is being sent."""
    of = person_finds.c
    mine = [of.request_id == work.row["id"]]
    if work.postponed:
        mine.append(of.row_id.not_in(work.postponed))
    query = sa.select(person_finds).where(*mine).order_by(of.what, of.relation, of.row_id)
    rows = connection.execute(query.limit(BATCH)).all()
    return [row for row in rows if (row.what, row.relation) == (rows[0].what, rows[0].relation)]


def _leads(rt: Runtime, connection: sa.Connection, work: Work, finds: Sequence[Any]) -> Counted:
    """Call off what waits; what is being sent is waited for, the rest goes for good."""
    now = rt.clock.now()
    ids = _locked(connection, finds)
    call_off(connection, ids, "cancelled", REASON, now)
    sending = sa.select(deliveries.c.lead_id).where(
        deliveries.c.lead_id.in_(ids), state_is(deliveries, "sending")
    )
    busy = set(connection.execute(sending).scalars())
    work.postponed |= busy
    going = [one for one in ids if one not in busy]
    told = write_lines(connection, work.row["id"], going, _spotter(work))
    own = person_blanking.of_leads(connection, going)
    blanked = person_blanking.blank(connection, own, _spotter(work), now)
    remove_leads_alone(connection, going)
    _forget(connection, work, [one for one in finds if one.row_id not in busy])
    return Counter(leads=len(going), submissions=blanked, **told)


def _mentions(_rt: Runtime, connection: sa.Connection, work: Work, finds: Sequence[Any]) -> Counted:
    ids = _locked(connection, finds)
    write_lines(connection, work.row["id"], ids, _spotter(work), only_holding=True)
    person_mentions.mask_leads(connection, ids, _spotter(work))
    return _done(connection, work, finds, "masked leads")


def _submissions(
    rt: Runtime, connection: sa.Connection, work: Work, finds: Sequence[Any]
) -> Counted:
    ids = [one.row_id for one in finds]
    blanked = person_blanking.blank(connection, ids, _spotter(work), rt.clock.now())
    _forget(connection, work, finds)
    return Counter(submissions=blanked)


def _named_submissions(
    _rt: Runtime, connection: sa.Connection, work: Work, finds: Sequence[Any]
) -> Counted:
    ids = [one.row_id for one in finds]
    person_mentions.mask_submissions(connection, ids, _spotter(work))
    return _done(connection, work, finds, "masked submissions")


def _turned_away(
    _rt: Runtime, connection: sa.Connection, work: Work, finds: Sequence[Any]
) -> Counted:
    ids = [one.row_id for one in finds]
    connection.execute(sa.delete(turned_away).where(turned_away.c.id.in_(ids)))
    return _done(connection, work, finds, "turned away")


def _files(rt: Runtime, connection: sa.Connection, work: Work, finds: Sequence[Any]) -> Counted:
    for one in finds:
        person_uploads.take_out(connection, one.row_id, _spotter(work), rt.clock.now())
    return _done(connection, work, finds, "files")


def _refused_rows(
    _rt: Runtime, connection: sa.Connection, work: Work, finds: Sequence[Any]
) -> Counted:
    of = import_refusals.c
    rows = [(one.row_id, one.number) for one in finds]
    connection.execute(sa.delete(import_refusals).where(sa.tuple_(of.import_id, of.row).in_(rows)))
    return _done(connection, work, finds, "refused rows")


def _blocked(_rt: Runtime, connection: sa.Connection, work: Work, finds: Sequence[Any]) -> Counted:
    numbers = [one.value for one in _spotter(work).contacts if one.kind == "phone"]
    of = blocked_contacts.c
    mine = (of.project_id == work.row["project_id"], of.phone.in_(numbers))
    connection.execute(sa.delete(blocked_contacts).where(*mine))
    return _done(connection, work, finds, "blocked")


def _named(_rt: Runtime, connection: sa.Connection, work: Work, finds: Sequence[Any]) -> Counted:
    what, ids = finds[0].what, [one.row_id for one in finds]
    person_mentions.mask_named(connection, what, ids, _spotter(work))
    return _done(connection, work, finds, what)


def _views(_rt: Runtime, connection: sa.Connection, work: Work, finds: Sequence[Any]) -> Counted:
    """A view is a search and no more: one for this person is of no use any more."""
    connection.execute(sa.delete(views).where(views.c.id.in_([one.row_id for one in finds])))
    return _done(connection, work, finds, "views")


_ERASE: dict[tuple[str, str], Callable[[Runtime, sa.Connection, Work, Sequence[Any]], Counted]] = {
    ("lead", "own"): _leads,
    ("lead", "mention"): _mentions,
    ("submission", "own"): _submissions,
    ("submission", "mention"): _named_submissions,
    ("turned away", "own"): _turned_away,
    ("file", "own"): _files,
    ("refused row", "own"): _refused_rows,
    ("blocked", "own"): _blocked,
    **{(what, "mention"): _named for what in person_mentions.NAMED_IN},
    ("view", "mention"): _views,
}


def _done(connection: sa.Connection, work: Work, finds: Sequence[Any], name: str) -> Counted:
    _forget(connection, work, finds)
    return Counter({name: len(finds)})


def _forget(connection: sa.Connection, work: Work, finds: Sequence[Any]) -> None:
    of = person_finds.c
    done = [(one.what, one.row_id, one.number) for one in finds]
    connection.execute(
        sa.delete(person_finds).where(
            of.request_id == work.row["id"], sa.tuple_(of.what, of.row_id, of.number).in_(done)
        )
    )


def _locked(connection: sa.Connection, finds: Sequence[Any]) -> list[UUID]:
    wanted = sa.select(leads.c.id).where(leads.c.id.in_([one.row_id for one in finds]))
    in_order = wanted.order_by(leads.c.project_id, leads.c.lead_key)
    return list(connection.execute(in_order.with_for_update()).scalars())


def _spotter(work: Work) -> Spotter:
    assert work.look is not None  # noqa: S101 - `erase_some` made it
    return work.look.spotter
