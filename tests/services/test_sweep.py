"""The sweep finds what was left lying, rings for it, and leaves the rest alone."""

from datetime import timedelta
from typing import Any

import pytest

from relay.core.ids import new_id
from relay.services import leads as leads_service
from relay.services.readiness import readiness
from relay.services.sweep import sweep
from relay.store import tables
from tests.conftest import SettableClock
from tests.factories import Incoming


@pytest.fixture
def waiting(acme: Incoming) -> Any:
    """A delivery that is due."""
    source, target = acme.source(), acme.target()
    acme.route(source, target)
    acme.say(source, lead="t", name="Ada")
    acme.store()
    acme.bell.rung.clear()
    return acme.deliveries()[0]


def _delivery(acme: Incoming, row: Any, **values: Any) -> None:
    acme.set(tables.deliveries, tables.deliveries.c.id == row.id, **values)


def test_with_nothing_to_do_it_rings_for_nothing(acme: Incoming) -> None:
    acme.target()
    found = sweep(acme.rt)
    assert (found.submissions, found.lanes, found.leases) == (False, (), 0)
    assert (found.expired, found.released) == (0, 0)
    assert acme.bell.rung == []


def test_a_due_lane_is_rung_for(acme: Incoming, waiting: Any) -> None:
    acme.target("idle")
    assert sweep(acme.rt).lanes == (waiting.target_id,)
    assert acme.bell.rung == [str(waiting.target_id)]


def test_what_is_due_later_is_not_rung_for(
    acme: Incoming, clock: SettableClock, waiting: Any
) -> None:
    _delivery(acme, waiting, due_at=clock.now() + timedelta(seconds=5))
    assert sweep(acme.rt).lanes == ()
    clock.advance(5)
    assert sweep(acme.rt).lanes == (waiting.target_id,)


@pytest.mark.parametrize("column", ["paused_at", "hold_until", "open_until"])
def test_a_lane_that_is_held_back_is_not_rung_for(
    acme: Incoming, clock: SettableClock, waiting: Any, column: str
) -> None:
    later = clock.now() + timedelta(seconds=60)
    acme.set(tables.lanes, tables.lanes.c.target_id == waiting.target_id, **{column: later})
    assert sweep(acme.rt).lanes == ()
    clock.advance(60)
    assert bool(sweep(acme.rt).lanes) == (column != "paused_at"), "a pause has no end of its own"


def test_the_lane_of_an_archived_target_is_left_alone(
    acme: Incoming, clock: SettableClock, waiting: Any
) -> None:
    archived = tables.targets.c.id == waiting.target_id
    acme.set(tables.targets, archived, archived_at=clock.now())
    clock.advance(3600)
    assert sweep(acme.rt).lanes == ()
    acme.rt.queue.answers = lambda: True
    assert readiness(acme.rt).oldest is None, "what nobody wants is not overdue"
    acme.set(tables.targets, archived, archived_at=None)
    assert sweep(acme.rt).lanes == (waiting.target_id,)
    assert readiness(acme.rt).oldest == 3600


def test_an_expired_lease_is_taken_back(acme: Incoming, clock: SettableClock, waiting: Any) -> None:
    other = new_id()
    _delivery(
        acme,
        waiting,
        state="sending",
        tries=1,
        lease_token=other,
        leased_until=clock.now() + timedelta(seconds=30),
        rate_key="k",
    )
    assert sweep(acme.rt).leases == 0
    clock.advance(31)
    found = sweep(acme.rt)
    assert (found.leases, found.lanes) == (1, (waiting.target_id,))
    [row] = acme.deliveries()
    assert (row.state, row.lease_token, row.leased_until, row.rate_key) == (
        "waiting",
        None,
        None,
        None,
    )
    assert row.tries == 1, "the count of deaths stays"
    assert "worker" in row.reason


def test_what_is_too_old_expires_and_what_waits_behind_goes_as_created(
    acme: Incoming, clock: SettableClock, waiting: Any
) -> None:
    clock.advance(timedelta(days=6).total_seconds())
    acme.say(acme.reread(waiting.source_id), lead="t", company="Works")
    acme.store()
    clock.advance(timedelta(days=1).total_seconds() - 1)
    assert sweep(acme.rt).expired == 0
    clock.advance(1)
    assert sweep(acme.rt).expired == 1
    first, second = acme.deliveries()
    assert (first.state, first.settled_at) == ("expired", clock.now())
    assert "too old" in first.reason
    assert (second.state, second.event) == ("waiting", "created")
    assert acme.balanced()


def test_held_deliveries_expire_too(acme: Incoming, clock: SettableClock, waiting: Any) -> None:
    lane = tables.lanes.c.target_id == waiting.target_id
    acme.set(tables.lanes, lane, paused_at=clock.now(), pause="unauthorized")
    clock.advance(timedelta(days=7).total_seconds())
    assert sweep(acme.rt).expired == 1
    assert acme.balanced()


def test_a_submission_that_nobody_stored_is_rung_for_after_a_moment(
    acme: Incoming, clock: SettableClock
) -> None:
    """Redis was away when it came: its own wake went nowhere."""
    acme.say(acme.source(), name="Ada")
    acme.bell.rung.clear()
    assert not sweep(acme.rt).submissions
    clock.advance(1)
    assert sweep(acme.rt).submissions
    assert acme.bell.rung == ["store"]


def test_a_submission_whose_worker_died_is_rung_for_when_its_lease_ends(
    acme: Incoming, clock: SettableClock
) -> None:
    acme.say(acme.source(), name="Ada")
    leads_service._claim(acme.rt, 10)
    clock.advance(acme.rt.config.lease_seconds - 1)
    assert not sweep(acme.rt).submissions
    clock.advance(2)
    assert sweep(acme.rt).submissions


def test_two_sweeps_at_a_time_do_no_harm(acme: Incoming, clock: SettableClock) -> None:
    source, target = acme.source(), acme.target()
    acme.route(source, target)
    for number in range(20):
        acme.say(source, name=f"Ada {number}")
    acme.store()
    clock.advance(timedelta(days=7).total_seconds())
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(4) as pool:
        found = [job.result(30) for job in [pool.submit(sweep, acme.rt) for _ in range(4)]]
    assert sum(one.expired for one in found) == 20
    assert {row.state for row in acme.deliveries()} == {"expired"}
    assert acme.balanced()
