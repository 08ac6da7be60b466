"""Forwarding: what is due is sent once, in order, with its attempt on record."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from standardwebhooks import Webhook

from relay.core.clock import SystemClock
from relay.core.contract import Conversation, Duty, Json, Kind, Outcome, Request, Settings
from relay.store import tables
from tests.conftest import SettableClock
from tests.peer import Answer, Peer
from tests.servers import until
from tests.services.outgoing import LEAD, SECRET, Outgoing, with_kind


def test_a_lead_arrives_once_with_its_attempt_on_record(out: Outgoing, peer: Peer) -> None:
    delivery = out.owe(out.target(f"{peer.url}/leads"))
    assert out.forward(out.row(delivery).target_id) == 1
    row = out.row(delivery)
    assert (row.state, row.attempts, row.tries, row.lease_token) == ("delivered", 1, 0, None)
    assert row.settled_at == out.rt.clock.now()
    (arrival,) = peer.arrivals
    assert arrival.path == "/leads"
    assert arrival.headers["webhook-id"] == str(delivery)
    event = arrival.json()
    assert event["type"] == "lead.created"
    assert event["data"]["contact"] == LEAD["contact"]
    assert event["data"]["ids"]["id"] == str(row.lead_id)
    (attempt,) = out.attempts(delivery)
    assert (attempt.number, attempt.outcome, attempt.status) == (1, "delivered", 200)
    assert (attempt.error, attempt.trigger) == (None, "scheduled")
    (exchange,) = attempt.exchanges
    assert exchange["request"]["body"] == arrival.body.decode()
    assert exchange["response"]["body"] == "ok"


def test_the_receiver_can_verify_the_signature(
    make_runtime: Callable[..., Any], peer: Peer
) -> None:
    out = Outgoing(make_runtime(clock=SystemClock()))
    out.deliver(out.target(peer.url))
    out.close()
    (arrival,) = peer.arrivals
    said = Webhook(SECRET).verify(arrival.body, dict(arrival.headers))
    assert said["data"]["contact"]["email"] == "ada@example.com"


def test_a_second_run_sends_nothing_again(out: Outgoing, peer: Peer) -> None:
    target = out.target(peer.url)
    out.deliver(target)
    assert out.forward(target) == 0
    assert len(peer.arrivals) == 1


def test_what_is_not_due_yet_waits(out: Outgoing, peer: Peer, clock: SettableClock) -> None:
    target = out.target(peer.url)
    delivery = out.owe(target, due_at=clock.now().replace(minute=1))
    assert out.forward(target) == 0
    clock.advance(60)
    assert out.forward(target) == 1
    assert out.row(delivery).state == "delivered"


def test_more_than_one_batch_goes_without_another_nudge(out: Outgoing, peer: Peer) -> None:
    target = out.target(peer.url, retry={"in_flight": 3})
    deliveries = [out.owe(target) for _ in range(20)]
    out.forward(target)
    until(lambda: all(out.row(one).state == "delivered" for one in deliveries), "all arrived")
    assert len({arrival.headers["webhook-id"] for arrival in peer.arrivals}) == 20
    assert len(peer.arrivals) == 20


def test_an_update_waits_for_the_open_created(out: Outgoing, peer: Peer) -> None:
    target, lead = out.target(peer.url), out.lead(versions=2)
    created = out.owe(target, lead)
    out.owe(target, lead, version=2, event="updated", after_id=created)
    out.forward(target)
    sent = [arrival.json() for arrival in peer.wait_for(2)]
    assert [one["type"] for one in sent] == ["lead.created", "lead.updated"]
    assert [one["data"]["ids"]["version"] for one in sent] == [1, 2]


def test_an_update_waits_while_created_is_tried_again(
    out: Outgoing, peer: Peer, clock: SettableClock
) -> None:
    target, lead = out.target(peer.url), out.lead(versions=2)
    created = out.owe(target, lead)
    updated = out.owe(target, lead, version=2, event="updated", after_id=created)
    peer.script(Answer(503))
    out.forward(target)
    assert out.row(updated).state == "waiting"
    assert len(peer.arrivals) == 1
    clock.advance(10)
    out.forward(target)
    peer.wait_for(3)
    assert [one.json()["type"] for one in peer.arrivals[1:]] == ["lead.created", "lead.updated"]


def test_an_update_goes_as_created_when_created_failed(out: Outgoing, peer: Peer) -> None:
    target, lead = out.target(peer.url), out.lead(versions=2)
    created = out.owe(target, lead)
    updated = out.owe(target, lead, version=2, event="updated", after_id=created)
    peer.script(Answer(422))
    out.forward(target)
    peer.wait_for(2)
    until(lambda: out.row(updated).state == "delivered", "the update is settled")
    assert peer.arrivals[1].json()["type"] == "lead.created"
    assert out.row(created).state == "failed"
    assert out.row(updated).event == "created"


def test_an_update_goes_as_created_when_created_expired(
    out: Outgoing, peer: Peer, clock: SettableClock
) -> None:
    target, lead = out.target(peer.url), out.lead(versions=2)
    created = out.owe(target, lead, expires_at=clock.now())
    updated = out.owe(target, lead, version=2, event="updated", after_id=created)
    out.forward(target)
    until(lambda: out.row(updated).state == "delivered", "the update is settled")
    assert out.row(created).state == "expired"
    assert [arrival.json()["type"] for arrival in peer.arrivals] == ["lead.created"]


def test_what_is_too_old_is_not_sent(out: Outgoing, peer: Peer, clock: SettableClock) -> None:
    target = out.target(peer.url)
    row = out.deliver(target, expires_at=clock.now())
    assert row.state == "expired"
    assert row.settled_at == clock.now()
    assert not peer.arrivals


def test_what_was_superseded_or_cancelled_is_not_sent(out: Outgoing, peer: Peer) -> None:
    target = out.target(peer.url)
    out.owe(target, state="superseded")
    out.owe(target, state="cancelled")
    assert out.forward(target) == 0
    assert not peer.arrivals


def test_higher_priority_goes_first(out: Outgoing, peer: Peer) -> None:
    target = out.target(peer.url, retry={"in_flight": 1})
    ids = [out.owe(target, priority=priority) for priority in (0, 5, 1)]
    out.forward(target)
    sent = [arrival.headers["webhook-id"] for arrival in peer.wait_for(3)]
    assert sent == [str(ids[1]), str(ids[2]), str(ids[0])]


def test_an_archived_target_gets_nothing(out: Outgoing, peer: Peer, clock: SettableClock) -> None:
    target = out.target(peer.url, archived_at=None)
    delivery = out.owe(target)
    with out.rt.database.write() as connection:
        connection.execute(sa.update(tables.targets).values(archived_at=clock.now()))
    from relay.services import configured

    configured.forget(out.rt)
    assert out.forward(target) == 0
    assert out.row(delivery).state == "waiting"
    assert not peer.arrivals


def test_a_lead_that_does_not_fit_the_target_fails_and_says_why(out: Outgoing, peer: Peer) -> None:
    target = out.target(peer.url, mapping={"/$event/type": {"value": "erased"}})
    row = out.deliver(target)
    assert row.state == "failed"
    assert "$event" in row.reason
    assert "does not fit" in row.reason
    assert not peer.arrivals
    (attempt,) = out.attempts(row.id)
    assert attempt.exchanges == []


def _crm(_payload: Json, settings: Settings, duty: Duty) -> Conversation:
    path = f"/people/{duty.remote_id}" if duty.remote_id else "/people"
    reply = yield Request(method="POST", url=settings["url"] + path)
    return Outcome(
        kind=Kind.DELIVERED, remote_id=reply.body.decode(), remote_url=settings["url"] + "/p/7"
    )


def test_the_remote_record_is_kept_and_used_by_later_updates(
    make_runtime: Callable[..., Any], peer: Peer
) -> None:
    from relay.catalog import load_catalog

    out = Outgoing(make_runtime(catalog=with_kind(load_catalog(), "crm", _crm)))
    target, lead = out.target(peer.url, kind="crm"), out.lead(versions=2)
    peer.default = Answer(body=b"p-7")
    created = out.deliver(target, lead=lead)
    assert (created.remote_id, created.remote_url) == ("p-7", f"{peer.url}/p/7")
    out.deliver(target, lead=lead, version=2, event="updated")
    out.deliver(out.target(peer.url, kind="crm"), lead=lead)
    out.close()
    assert [arrival.path for arrival in peer.arrivals] == ["/people", "/people/p-7", "/people"]


def test_an_integration_that_breaks_costs_an_attempt_and_no_more(
    make_runtime: Callable[..., Any], peer: Peer
) -> None:
    from relay.catalog import load_catalog

    def broken(payload: Json, settings: Settings, duty: Duty) -> Conversation:
        yield Request(method="POST", url=settings["url"])
        raise KeyError("no such thing")

    out = Outgoing(make_runtime(catalog=with_kind(load_catalog(), "broken", broken)))
    row = out.deliver(out.target(peer.url, kind="broken"))
    out.close()
    assert (row.state, row.attempts) == ("waiting", 1)
    (attempt,) = out.attempts(row.id)
    assert (attempt.outcome, attempt.error) == ("retry", "bug")
    assert "no such thing" in attempt.message
    assert attempt.exchanges[0]["response"]["status"] == 200


def test_an_unknown_target_is_no_error(out: Outgoing) -> None:
    assert out.forward(UUID(int=7)) == 0
