"""Force: one delivery goes though its lane is shut, once, and nothing else does."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from relay.core.ids import new_id
from relay.services import acting
from relay.services.acting import Refused
from relay.services.sweep import sweep
from relay.store import tables
from tests.conftest import SettableClock
from tests.peer import Answer, Peer
from tests.services.outgoing import Outgoing
from tests.services.test_forward_limits import claim_for, leased


def _lane(out: Outgoing, target: UUID, **values: Any) -> None:
    with out.rt.database.write() as connection:
        own = tables.lanes.c.target_id == target
        connection.execute(sa.update(tables.lanes).where(own).values(**values))


SHUT = {
    "paused by a person": {"paused_at": True, "pause": "manual"},
    "held back": {"hold_until": True, "hold_reason": "rate limit"},
    "left alone": {"breaker": "open", "failures": 10, "trips": 1, "open_until": True},
}


def _shut(out: Outgoing, target: UUID, how: str) -> None:
    soon = out.rt.clock.now() + timedelta(minutes=5)
    _lane(out, target, **{k: soon if v is True else v for k, v in SHUT[how].items()})


@pytest.mark.parametrize("how", SHUT)
def test_it_passes_a_shut_lane_and_takes_nobody_along(out: Outgoing, peer: Peer, how: str) -> None:
    target = out.target(peer.url)
    other, urgent = out.owe(target), out.owe(target)
    _shut(out, target, how)
    assert claim_for(out, target).jobs == []
    assert acting.force(out.rt, urgent, "ada@example.com") == acting.Acted(urgent, None)
    assert sweep(out.rt).lanes == (target,), "found though nobody rings"
    assert out.forward(target) == 1
    assert out.row(urgent).state == "delivered"
    assert out.row(urgent).forced_at is None
    assert [one.trigger for one in out.attempts(urgent)] == ["manual"]
    answers_again = how == "left alone"  # then its breaker closes, and all may go
    assert out.row(other).state == ("delivered" if answers_again else "waiting")


def test_it_is_one_attempts_worth(out: Outgoing, peer: Peer) -> None:
    peer.script(Answer(503, b"later"))
    target = out.target(peer.url)
    delivery = out.owe(target)
    _shut(out, target, "paused by a person")
    acting.force(out.rt, delivery, "test")
    out.forward(target)
    row = out.row(delivery)
    assert (row.state, row.forced_at, row.attempts) == ("waiting", None, 1)
    out.rt.clock.advance(3600)
    assert out.forward(target) == 0


def test_a_failure_leaves_an_open_breaker_as_it_is(out: Outgoing, peer: Peer) -> None:
    peer.script(Answer(503, b"later"))
    target = out.target(peer.url)
    delivery = out.owe(target)
    _shut(out, target, "left alone")
    before = out.lane(target)
    acting.force(out.rt, delivery, "test")
    out.forward(target)
    after = out.lane(target)
    assert (after.breaker, after.trips, after.open_until) == ("open", 1, before.open_until)


def test_it_goes_before_what_waits_longer(out: Outgoing) -> None:
    target = out.target("http://127.0.0.1:9/", retry={"in_flight": 1})
    out.owe(target, priority=5)
    last = out.owe(target)
    acting.force(out.rt, last, "test")
    assert [job.id for job in claim_for(out, target).jobs] == [last]


def test_it_uses_up_permits_but_does_not_wait_for_them(out: Outgoing) -> None:
    target = out.target("http://127.0.0.1:9/", limits=["1/minute"])
    first, second = out.owe(target), out.owe(target)
    assert [job.id for job in claim_for(out, target).jobs] == [first]
    acting.force(out.rt, second, "test")
    assert [job.id for job in claim_for(out, target).jobs] == [second]


def test_the_cap_of_requests_at_a_time_holds(out: Outgoing) -> None:
    target = out.target("http://127.0.0.1:9/", retry={"in_flight": 1})
    leased(out, target, 10)
    delivery = out.owe(target)
    acting.force(out.rt, delivery, "test")
    assert claim_for(out, target).jobs == []
    out.rt.clock.advance(11)
    [job] = claim_for(out, target).jobs
    assert job.id == delivery
    assert out.row(delivery).lease_token == job.token


def test_a_worker_that_dies_takes_nothing_from_it(out: Outgoing, clock: SettableClock) -> None:
    target = out.target("http://127.0.0.1:9/")
    delivery = out.owe(target)
    _shut(out, target, "paused by a person")
    acting.force(out.rt, delivery, "test")
    assert len(claim_for(out, target).jobs) == 1
    clock.advance(out.rt.config.lease_seconds + 1)
    assert sweep(out.rt).leases == 1
    assert [job.id for job in claim_for(out, target).jobs] == [delivery]


@pytest.mark.parametrize("pause", ["unauthorized", "gone"])
def test_a_credential_that_is_refused_is_not_tried_again_and_again(
    out: Outgoing, pause: str
) -> None:
    target = out.target("http://127.0.0.1:9/")
    delivery = out.owe(target)
    acting.force(out.rt, delivery, "test")
    _lane(out, target, paused_at=out.rt.clock.now(), pause=pause)
    assert claim_for(out, target).jobs == [], "not what was forced before either"
    assert sweep(out.rt).lanes == ()
    with pytest.raises(Refused, match="resume"):
        acting.force(out.rt, delivery, "test")


def test_the_order_of_one_leads_deliveries_holds(out: Outgoing) -> None:
    target, lead = out.target("http://127.0.0.1:9/"), out.lead(versions=2)
    first = out.owe(target, lead)
    second = out.owe(target, lead, version=2, event="updated", after_id=first)
    with pytest.raises(Refused, match="earlier delivery"):
        acting.force(out.rt, second, "test")
    out.change(second, forced_at=out.rt.clock.now())
    assert [job.id for job in claim_for(out, target).jobs] == [first]


def test_what_has_ended_goes_as_a_new_delivery_by_force(out: Outgoing, peer: Peer) -> None:
    target = out.target(peer.url)
    failed = out.owe(target, state="failed")
    _shut(out, target, "paused by a person")
    acted = acting.force(out.rt, failed, "ada@example.com")
    assert acted.delivery_id != failed
    out.forward(target)
    assert out.row(acted.delivery_id).state == "delivered"
    with out.rt.database.read() as connection:
        [line] = connection.execute(sa.select(tables.audit)).all()
    assert (line.actor, line.action) == ("ada@example.com", "force")
    assert line.after == {"delivery": str(acted.delivery_id)}


def test_what_is_not_there_or_under_way_is_refused(out: Outgoing) -> None:
    target = out.target("http://127.0.0.1:9/")
    sending = leased(out, target, 10)
    for one, why in ((sending, "being sent"), (new_id(), "no such")):
        for act in (acting.force, acting.retry):
            with pytest.raises(Refused, match=why):
                act(out.rt, one, "test")
