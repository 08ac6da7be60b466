"""Targets that take a lead and tell later what became of it; limits that are used up."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from relay.core.contract import Conversation, Duty, Json, Kind, Note, Outcome, Request, Settings
from relay.services import configured, owing, testing
from relay.store import tables
from relay.web.console import words
from tests.conftest import SettableClock
from tests.peer import Answer, Peer
from tests.services.outgoing import Outgoing, with_kind


def _deliver(_payload: Json, settings: Settings, duty: Duty) -> Conversation:
    """Hand it in, then ask what became of it by the id that was given."""
    if duty.noted is None:
        reply = yield Request(method="POST", url=settings["url"])
        yield Note({"request": reply.body.decode()})
        return Outcome(kind=Kind.ACCEPTED, message="queued", retry_after=60)
    reply = yield Request(method="GET", url=f"{settings['url']}/{duty.noted['request']}")
    said = reply.body.decode()
    if said == "busy":
        return Outcome(kind=Kind.ACCEPTED)
    if said == "again":
        yield Note({"request": "second"})
        return Outcome(kind=Kind.RETRY, message="once more")
    return Outcome(kind=Kind.REJECTED if said == "no" else Kind.DELIVERED, remote_id="r1")


@pytest.fixture
def slow(make_runtime: Callable[..., Any]) -> Any:
    """A relay whose kind `slow` tells later."""
    runtime = make_runtime()
    runtime = replace(
        runtime, catalog=with_kind(runtime.catalog, "slow", deliver=_deliver, fallback_wait=90.0)
    )
    out = Outgoing(runtime)
    yield out
    out.close()


def test_what_is_accepted_is_asked_about_later_and_uses_no_try(
    slow: Outgoing, peer: Peer, clock: SettableClock
) -> None:
    peer.script(Answer(body=b"id-7"), Answer(body=b"busy"), Answer(body=b"yes"))
    target = slow.target(peer.url, kind="slow")
    row = slow.deliver(target)
    assert (row.state, row.attempts, row.reason) == ("waiting", 0, "queued")
    assert row.noted == {"request": "id-7"}
    assert row.due_at == clock.now() + timedelta(seconds=60)
    assert row.remote_id is None
    assert slow.forward(target) == 0
    clock.advance(60)
    slow.forward(target)
    row = slow.row(row.id)
    assert (row.state, row.attempts) == ("waiting", 0)
    assert row.due_at == clock.now() + timedelta(seconds=90)
    clock.advance(90)
    slow.forward(target)
    row = slow.row(row.id)
    assert (row.state, row.attempts, row.remote_id) == ("delivered", 1, "r1")
    assert row.noted is None, "what nobody goes on from is not kept"
    assert [arrival.path for arrival in peer.arrivals] == ["/", "/id-7", "/id-7"]
    outcomes = [attempt.outcome for attempt in slow.attempts(row.id)]
    assert outcomes == ["accepted", "accepted", "delivered"]


def test_other_leads_go_on_and_nothing_is_held(
    slow: Outgoing, peer: Peer, clock: SettableClock
) -> None:
    target = slow.target(peer.url, kind="slow", retry={"in_flight": 1})
    owed = [slow.owe(target) for _ in range(3)]
    while slow.forward(target):
        pass
    peer.wait_for(3)
    lane = slow.lane(target)
    assert (lane.hold_until, lane.paused_at) == (None, None)
    assert (lane.breaker, lane.failures) == ("closed", 0)
    assert {slow.row(one).state for one in owed} == {"waiting"}
    assert {slow.row(one).attempts for one in owed} == {0}
    clock.advance(60)
    while slow.forward(target):
        pass
    peer.wait_for(6)
    assert {slow.row(one).state for one in owed} == {"delivered"}


def test_a_verdict_may_send_it_once_more_with_another_note(
    slow: Outgoing, peer: Peer, clock: SettableClock
) -> None:
    peer.script(Answer(body=b"first"), Answer(body=b"again"), Answer(body=b"no"))
    target = slow.target(peer.url, kind="slow")
    row = slow.deliver(target)
    clock.advance(60)
    slow.forward(target)
    row = slow.row(row.id)
    assert (row.state, row.attempts, row.noted) == ("waiting", 1, {"request": "second"})
    clock.set(row.due_at)
    slow.forward(target)
    row = slow.row(row.id)
    assert (row.state, row.attempts) == ("failed", 2)
    assert peer.arrivals[-1].path == "/second"


def test_a_note_stays_when_an_attempt_makes_none(
    slow: Outgoing, peer: Peer, clock: SettableClock
) -> None:
    target = slow.target(peer.url, kind="slow")
    row = slow.deliver(target)
    clock.advance(60)
    slow.change(row.id, noted={"request": "kept"})
    peer.script(Answer(body=b"busy"))
    slow.forward(target)
    assert slow.row(row.id).noted == {"request": "kept"}


def test_what_is_never_settled_expires_in_the_end(
    slow: Outgoing, peer: Peer, clock: SettableClock
) -> None:
    peer.default = Answer(body=b"busy")
    target = slow.target(peer.url, kind="slow")
    row = slow.deliver(target)
    clock.set(row.expires_at)
    slow.forward(target)
    assert slow.row(row.id).state == "expired"


def test_a_test_send_that_is_accepted_has_worked(slow: Outgoing, peer: Peer) -> None:
    target = configured.target(slow.rt, slow.target(peer.url, kind="slow"))
    assert target is not None
    trial = testing.try_target(slow.rt, target, "send", "test")
    assert (trial.outcome, trial.message) == (Kind.ACCEPTED, "queued")


def test_every_outcome_has_a_word() -> None:
    assert {words.outcome(kind).label for kind in Kind} & {words.UNKNOWN.label} == set()


def test_a_delivery_that_uses_up_a_limit_holds_the_account(
    make_runtime: Callable[..., Any], peer: Peer, clock: SettableClock
) -> None:
    def deliver(_payload: Json, settings: Settings, _duty: Duty) -> Conversation:
        yield Request(method="POST", url=settings["url"])
        return Outcome(kind=Kind.DELIVERED, hold=45)

    runtime = make_runtime()
    kind = {"deliver": deliver, "rate_key": lambda _settings: "the account"}
    out = Outgoing(replace(runtime, catalog=with_kind(runtime.catalog, "counting", **kind)))
    try:
        first, other = (out.target(peer.url, kind="counting") for _ in range(2))
        row = out.deliver(first)
        assert row.state == "delivered"
        for lane in (out.lane(first), out.lane(other)):
            assert lane.hold_until == clock.now() + timedelta(seconds=45)
            assert lane.hold_reason == "its limit is used up"
        waiting = out.owe(other)
        assert out.forward(other) == 0
        clock.advance(45)
        out.forward(other)
        assert out.row(waiting).state == "delivered"
    finally:
        out.close()


def test_outcomes_are_counted_by_their_names(slow: Outgoing, peer: Peer) -> None:
    slow.deliver(slow.target(peer.url, kind="slow"))
    assert slow.rt.metrics._fresh["relay_attempts", ("slow", "accepted"), ""] == 1


def test_what_was_accepted_is_not_overtaken_as_if_untouched(slow: Outgoing, peer: Peer) -> None:
    row = slow.deliver(slow.target(peer.url, kind="slow"))
    with slow.rt.database.read() as connection:
        [known] = owing._known(connection, {row.lead_id})[row.lead_id, row.target_id]
        noted = connection.execute(sa.select(tables.deliveries.c.noted)).scalar_one()
    assert (known.untouched, noted) == (False, {"request": "ok"})
