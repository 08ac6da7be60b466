"""What a target's answer means for the delivery and for its lane."""

from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from relay.core.retry import SCHEDULE
from relay.services import lanes
from tests.conftest import SettableClock
from tests.peer import Answer, Peer, closes_half_way, resets
from tests.services.outgoing import Outgoing


def wait_of(out: Outgoing, row: Any) -> float:
    """Seconds until the delivery is due again."""
    wait: timedelta = row.due_at - out.rt.clock.now()
    return wait.total_seconds()


def test_what_fails_is_tried_by_the_schedule_and_then_given_up(
    out: Outgoing, peer: Peer, clock: SettableClock
) -> None:
    target = out.target(peer.url)
    peer.default = Answer(500, b"oh no")
    delivery = out.owe(target, expires_at=clock.now() + timedelta(days=30))
    for number, step in enumerate(SCHEDULE, start=1):
        out.forward(target)
        row = out.row(delivery)
        assert (row.state, row.attempts) == ("waiting", number)
        assert 0.8 * step <= wait_of(out, row) <= 1.2 * step
        clock.set(row.due_at)
        lanes.resume_target(out.rt, target, "test")  # the breaker is another test's
    out.forward(target)
    row = out.row(delivery)
    assert (row.state, row.attempts) == ("failed", 9)
    assert row.reason.startswith("given up after 9 attempts: answered 500")
    attempts = out.attempts(delivery)
    assert [attempt.number for attempt in attempts] == list(range(1, 10))
    assert {arrival.headers["webhook-id"] for arrival in peer.arrivals} == {str(delivery)}


def test_a_target_may_have_a_schedule_of_its_own(out: Outgoing, peer: Peer) -> None:
    peer.default = Answer(500)
    target = out.target(peer.url, retry={"schedule": [100]})
    row = out.deliver(target)
    assert 80 <= wait_of(out, row) <= 120


def test_a_delivery_may_have_fewer_attempts(out: Outgoing, peer: Peer) -> None:
    peer.default = Answer(500)
    row = out.deliver(out.target(peer.url), max_attempts=1)
    assert (row.state, row.attempts) == ("failed", 1)


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_retry_after_is_obeyed_and_costs_the_attempt(
    out: Outgoing, peer: Peer, clock: SettableClock, form: str
) -> None:
    at = clock.now() + timedelta(seconds=90)
    said = "90" if form == "seconds" else format_datetime(at, usegmt=True)
    peer.default = Answer(503, headers={"Retry-After": said})
    row = out.deliver(out.target(peer.url))
    assert 90 <= wait_of(out, row) <= 90 * 1.2
    assert row.attempts == 1


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_a_throttle_holds_the_lane_and_costs_no_attempt(
    out: Outgoing, peer: Peer, clock: SettableClock, form: str
) -> None:
    at = clock.now() + timedelta(seconds=40)
    said = "40" if form == "seconds" else format_datetime(at, usegmt=True)
    peer.script(Answer(429, headers={"Retry-After": said}))
    target = out.target(peer.url, retry={"in_flight": 1})
    first, second = out.owe(target), out.owe(target)
    out.forward(target)
    assert (out.row(first).state, out.row(first).attempts) == ("waiting", 0)
    assert out.lane(target).hold_until == at
    assert "429" in out.lane(target).hold_reason
    assert out.row(second).state == "waiting"
    assert len(peer.arrivals) == 1
    clock.advance(39)
    assert out.forward(target) == 0
    clock.advance(10)
    out.forward(target)
    peer.wait_for(3)
    (throttled, delivered) = out.attempts(first)
    assert [throttled.outcome, delivered.outcome] == ["throttled", "delivered"]
    assert [throttled.number, delivered.number] == [1, 2]
    assert out.row(first).attempts == 1


def test_a_throttle_never_uses_up_a_delivery(
    out: Outgoing, peer: Peer, clock: SettableClock
) -> None:
    peer.default = Answer(429)
    target = out.target(peer.url)
    delivery = out.owe(target)
    for _ in range(12):
        out.forward(target)
        clock.advance(60)
    assert len(peer.arrivals) == 12
    row = out.row(delivery)
    assert (row.state, row.attempts) == ("waiting", 0)
    clock.set(row.expires_at)
    out.forward(target)
    assert out.row(delivery).state == "expired"


def test_a_throttle_holds_every_lane_of_the_account(out: Outgoing, peer: Peer) -> None:
    peer.default = Answer(429, headers={"Retry-After": "40"})
    first, other = out.target(peer.url), out.target(peer.url)
    stranger = out.target(peer.url)
    _share_account(out, first, other)
    out.deliver(first)
    assert out.lane(other).hold_until == out.lane(first).hold_until is not None
    assert out.lane(stranger).hold_until is None


def _share_account(out: Outgoing, *targets: Any) -> None:
    """As targets whose settings name the same account are counted."""
    import sqlalchemy as sa

    from relay.services import configured
    from relay.store import tables

    key = configured.target(out.rt, targets[0]).rate_key  # type: ignore[union-attr] # it is there
    with out.rt.database.write() as connection:
        connection.execute(
            sa.update(tables.lanes)
            .where(tables.lanes.c.target_id.in_(targets))
            .values(rate_key=key)
        )


@pytest.mark.parametrize(("status", "pause"), [(401, "unauthorized"), (410, "gone")])
def test_a_lost_target_is_paused_and_its_leads_wait(
    out: Outgoing, peer: Peer, clock: SettableClock, status: int, pause: str
) -> None:
    peer.script(Answer(status))
    target = out.target(peer.url, retry={"in_flight": 1})
    first, second = out.owe(target), out.owe(target)
    out.forward(target)
    lane = out.lane(target)
    assert (lane.pause, lane.paused_at) == (pause, clock.now())
    assert str(status) in lane.pause_reason
    assert (out.row(first).state, out.row(first).attempts) == ("waiting", 0)
    assert len(peer.arrivals) == 1
    assert out.forward(target) == 0
    lanes.resume_target(out.rt, target, "test")
    out.forward(target)
    peer.wait_for(3)
    assert out.row(second).attempts <= 1
    assert out.lane(target).paused_at is None


@pytest.mark.parametrize("status", [400, 405, 413, 415, 422])
def test_a_refusal_for_good_fails_at_once(out: Outgoing, peer: Peer, status: int) -> None:
    peer.default = Answer(status, b"no")
    row = out.deliver(out.target(peer.url))
    assert (row.state, row.attempts, row.reason) == ("failed", 1, f"answered {status}")
    assert row.settled_at is not None


@pytest.mark.parametrize("status", [403, 404, 408, 409, 425, 500, 502, 504])
def test_what_may_pass_is_tried_again(out: Outgoing, peer: Peer, status: int) -> None:
    peer.default = Answer(status)
    row = out.deliver(out.target(peer.url))
    assert (row.state, row.attempts) == ("waiting", 1)


def test_a_redirect_is_not_followed(out: Outgoing, peer: Peer) -> None:
    peer.default = Answer(302, headers={"Location": f"{peer.url}/elsewhere"})
    row = out.deliver(out.target(peer.url))
    assert row.state == "waiting"
    assert f"{peer.url}/elsewhere" in row.reason
    assert len(peer.arrivals) == 1


@pytest.mark.parametrize(("misbehaves", "error"), [(resets, "reset")])
def test_a_broken_connection_is_tried_again(
    out: Outgoing, peer: Peer, misbehaves: Any, error: str
) -> None:
    peer.script(misbehaves)
    row = out.deliver(out.target(peer.url))
    assert (row.state, row.attempts) == ("waiting", 1)
    (attempt,) = out.attempts(row.id)
    assert (attempt.outcome, attempt.error, attempt.status) == ("retry", error, None)
    assert attempt.exchanges[0]["response"] is None


def test_an_answer_that_breaks_off_after_its_status_has_been_given(
    out: Outgoing, peer: Peer
) -> None:
    peer.script(closes_half_way)
    row = out.deliver(out.target(peer.url))
    assert row.state == "delivered"
    (attempt,) = out.attempts(row.id)
    assert (attempt.status, attempt.error) == (200, "reset")
    assert attempt.exchanges[0]["response"]["cut"] is True


def test_a_refused_connection_is_told(out: Outgoing, peer: Peer) -> None:
    url = peer.url
    peer.close()
    row = out.deliver(out.target(url))
    assert row.state == "waiting"
    assert "the connection was refused" in row.reason
    assert out.attempts(row.id)[0].error == "refused"


def test_an_address_that_targets_may_not_have_is_told(out: Outgoing) -> None:
    row = out.deliver(out.target("http://10.1.2.3/leads"))
    assert row.state == "waiting"
    assert "10.1.2.3" in row.reason
    assert out.attempts(row.id)[0].error == "blocked"


def test_the_trigger_of_an_attempt_is_kept(out: Outgoing, peer: Peer) -> None:
    row = out.deliver(out.target(peer.url), trigger="replay", replay=1)
    (attempt,) = out.attempts(row.id)
    assert attempt.trigger == "replay"


def test_a_manual_try_is_manual_once(out: Outgoing, peer: Peer, clock: SettableClock) -> None:
    from relay.services.replay import replay_one

    target = out.target(peer.url)
    peer.script(Answer(500), Answer(500))
    row = out.deliver(target)
    assert replay_one(out.rt, row.id, "test") == row.id
    out.forward(target)
    clock.advance(600)
    out.forward(target)
    triggers = [attempt.trigger for attempt in out.attempts(row.id)]
    assert triggers == ["scheduled", "manual", "scheduled"]
    assert out.row(row.id).state == "delivered"
