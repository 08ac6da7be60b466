"""Limits of a lane: how many at a time, how many per second, and none while nobody answers."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from relay.catalog import load_catalog
from relay.core.breaker import THRESHOLD
from relay.core.contract import Conversation, Duty, Json, Kind, Outcome, Request, Settings
from relay.core.ids import new_id
from relay.services import configured
from relay.services.claim import Claim, claim
from relay.services.forward import forward
from relay.services.slots import Slots
from tests.conftest import SettableClock
from tests.peer import Answer, Peer, hangs
from tests.servers import until
from tests.services.outgoing import Outgoing, with_kind


def claim_for(out: Outgoing, target: UUID, most: int = 100) -> Claim:
    found = configured.target(out.rt, target)
    assert found is not None
    return claim(out.rt, found, most)


def leased(out: Outgoing, target: UUID, seconds: float, rate_key: str | None = None) -> UUID:
    """A delivery under way in another process, leased for so many more seconds."""
    found = configured.target(out.rt, target)
    assert found is not None
    return out.owe(
        target,
        state="sending",
        tries=1,
        lease_token=new_id(),
        leased_until=out.rt.clock.now() + timedelta(seconds=seconds),
        rate_key=rate_key or found.rate_key,
    )


def _call(_payload: Json, settings: Settings, _duty: Duty) -> Conversation:
    yield Request(method="POST", url=settings["url"])
    return Outcome(kind=Kind.DELIVERED)


@pytest.fixture
def accounts(make_runtime: Callable[..., Any]) -> Any:
    """A project with a kind of target that is counted by its setting `account`."""
    catalog = with_kind(
        load_catalog(), "vendor", _call, rate_key=lambda settings: str(settings["account"])
    )
    made = Outgoing(make_runtime(catalog=catalog))
    yield made
    made.close()


# --- how many at a time ------------------------------------------------------------------------


def test_no_more_than_the_cap_are_under_way(out: Outgoing) -> None:
    target = out.target("http://127.0.0.1:9/", retry={"in_flight": 3})
    for _ in range(5):
        out.owe(target)
    assert len(claim_for(out, target).jobs) == 3
    assert claim_for(out, target).jobs == []


def test_what_other_workers_have_under_way_counts(out: Outgoing) -> None:
    target = out.target("http://127.0.0.1:9/", retry={"in_flight": 3})
    leased(out, target, 10)
    leased(out, target, 10)
    for _ in range(5):
        out.owe(target)
    assert len(claim_for(out, target).jobs) == 1


def test_a_lease_that_is_over_blocks_nobody(out: Outgoing) -> None:
    target = out.target("http://127.0.0.1:9/", retry={"in_flight": 1})
    leased(out, target, -1)
    out.owe(target)
    assert len(claim_for(out, target).jobs) == 1


def test_the_cap_is_the_accounts(accounts: Outgoing) -> None:
    mine, other, stranger = (
        accounts.target(
            "http://127.0.0.1:9/", "vendor", settings={"account": account}, retry={"in_flight": 2}
        )
        for account in ("a", "a", "b")
    )
    for target in (mine, mine, mine, other, stranger):
        accounts.owe(target)
    assert len(claim_for(accounts, mine).jobs) == 2
    assert claim_for(accounts, other).jobs == []
    assert len(claim_for(accounts, stranger).jobs) == 1


# --- how many per second -----------------------------------------------------------------------


def test_a_rate_limit_holds_the_lane_and_costs_no_attempt(
    out: Outgoing, peer: Peer, clock: SettableClock
) -> None:
    target = out.target(peer.url, limits=["2/minute"])
    owed = [out.owe(target) for _ in range(3)]
    out.forward(target)
    assert len(peer.arrivals) == 2
    states = sorted(out.row(one).state for one in owed)
    assert states == ["delivered", "delivered", "waiting"]
    (late,) = (row for row in map(out.row, owed) if row.state == "waiting")
    assert (late.attempts, late.tries, late.lease_token) == (0, 0, None)
    lane = out.lane(target)
    assert lane.hold_reason == "rate limit"
    assert clock.now() < lane.hold_until <= clock.now() + timedelta(seconds=60)


def test_an_account_has_one_rate(accounts: Outgoing, peer: Peer) -> None:
    first, second = (
        accounts.target(peer.url, "vendor", settings={"account": "a"}, limits=["3/minute"])
        for _ in range(2)
    )
    for target in (first, first, second, second):
        accounts.owe(target)
    accounts.forward(first)
    accounts.forward(second)
    assert len(peer.arrivals) == 3


def test_a_kind_may_bring_its_own_limit(make_runtime: Callable[..., Any], peer: Peer) -> None:
    catalog = with_kind(load_catalog(), "vendor", _call, limits=("1/minute",))
    out = Outgoing(make_runtime(catalog=catalog))
    target = out.target(peer.url, "vendor")
    out.owe(target)
    out.owe(target)
    out.forward(target)
    out.close()
    assert len(peer.arrivals) == 1


def test_a_rate_of_a_second_goes_on_by_itself(out: Outgoing, peer: Peer) -> None:
    from relay.core.clock import SystemClock

    object.__setattr__(out.rt, "clock", SystemClock())
    target = out.target(peer.url, limits=["5/second"])
    for _ in range(8):
        out.owe(target)
    out.forward(target)
    arrivals = peer.wait_for(8)
    assert arrivals[-1].at - arrivals[0].at > 0.3


def test_without_redis_limited_lanes_wait_and_others_go(
    make_runtime: Callable[..., Any], peer: Peer
) -> None:
    out = Outgoing(make_runtime({"REDIS_URL": "redis://127.0.0.1:1/0"}))
    limited, free = out.target(peer.url, limits=["9/second"]), out.target(peer.url)
    waiting, going = out.owe(limited), out.owe(free)
    out.forward(limited)
    out.forward(free)
    out.close()
    assert out.row(going).state == "delivered"
    assert (out.row(waiting).state, out.row(waiting).attempts) == ("waiting", 0)


# --- none while nobody answers -----------------------------------------------------------------


def opened(out: Outgoing, peer: Peer, in_flight: int = 1) -> UUID:
    """A target whose breaker has just opened."""
    peer.default = Answer(500)
    target = out.target(peer.url, retry={"in_flight": in_flight})
    for _ in range(THRESHOLD):
        out.owe(target)
    out.forward(target)
    until(lambda: out.lane(target).breaker == "open", "the breaker opens")
    until(lambda: not out._pools[0]._slots.held(), "the senders are done")
    return target


def test_an_open_breaker_lets_nothing_through_and_costs_no_attempt(
    out: Outgoing, peer: Peer, clock: SettableClock
) -> None:
    target = opened(out, peer)
    came = len(peer.arrivals)
    assert came == THRESHOLD
    fresh = out.owe(target)
    clock.advance(4)
    assert out.forward(target) == 0
    assert (out.row(fresh).state, out.row(fresh).attempts) == ("waiting", 0)
    assert len(peer.arrivals) == came


def test_a_probe_goes_alone_and_closes_the_breaker(
    out: Outgoing, peer: Peer, clock: SettableClock
) -> None:
    target = opened(out, peer, in_flight=4)
    clock.advance(6)
    assert len(claim_for(out, target, 4).jobs) == 1
    assert out.lane(target).breaker == "half_open"
    assert claim_for(out, target, 4).jobs == []
    clock.advance(31)  # that one's worker has died
    peer.default = Answer(200)
    out.forward(target)
    until(lambda: out.lane(target).breaker == "closed", "the breaker closes")
    peer.wait_for(THRESHOLD * 2 - 1)
    assert (out.lane(target).failures, out.lane(target).trips) == (0, 0)


def test_a_probe_that_fails_opens_the_breaker_for_longer(
    out: Outgoing, peer: Peer, clock: SettableClock
) -> None:
    target = opened(out, peer)
    clock.advance(6)
    assert out.forward(target) == 1
    lane = out.lane(target)
    assert (lane.breaker, lane.trips) == ("open", 2)
    assert lane.open_until == clock.now() + timedelta(seconds=10)


def test_answers_that_say_no_do_not_open_it(out: Outgoing, peer: Peer) -> None:
    peer.default = Answer(422)
    target = out.target(peer.url)
    for _ in range(THRESHOLD * 2):
        out.owe(target)
    out.forward(target)
    peer.wait_for(THRESHOLD * 2)
    assert out.lane(target).breaker == "closed"


# --- one lane never starves another ------------------------------------------------------------


def test_a_hanging_target_does_not_hold_up_another(
    make_runtime: Callable[..., Any], peer: Peer
) -> None:
    out = Outgoing(make_runtime({"RELAY_SENDERS": "8"}))
    healthy = Peer()
    peer.default = hangs
    stuck = out.target(peer.url, retry={"in_flight": 100})
    fine = out.target(healthy.url)
    for _ in range(30):
        out.owe(stuck)
    senders = out.pool()
    forward(out.rt, str(stuck), senders)
    peer.wait_for(1)
    owed = [out.owe(fine) for _ in range(10)]
    forward(out.rt, str(fine), senders)
    until(lambda: all(out.row(one).state == "delivered" for one in owed), "the others go")
    peer.close()
    healthy.close()
    out.close()


def test_a_lane_alone_gets_three_quarters_of_the_slots_bit_by_bit() -> None:
    slots, lane = Slots(16), uuid4()
    shares = [slots.reserve(lane, 100) for _ in range(6)]
    assert sum(shares) <= 12
    assert shares[0] >= 6


def test_however_many_lanes_hang_the_next_one_finds_a_slot() -> None:
    slots = Slots(16)
    lanes = [uuid4() for _ in range(4)]
    for _ in range(3):
        for lane in lanes:
            slots.reserve(lane, 100)
    assert slots.reserve(uuid4(), 100) >= 1


def test_a_lane_that_found_no_slot_is_remembered_until_one_is_free() -> None:
    slots, first, second = Slots(1), uuid4(), uuid4()
    assert slots.reserve(first, 5) == 1
    assert slots.reserve(second, 5) == 0
    assert slots.hungry() == [second]
    assert slots.hungry() == []
    slots.free(first)
    assert slots.held() == 0
    assert slots.reserve(second, 5) == 1
