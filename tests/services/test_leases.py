"""Leases: who may send and settle, whatever dies, hangs or comes too late."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from relay.core.clock import SystemClock
from relay.core.ids import new_id
from relay.services import configured
from relay.services.claim import Job, claim
from relay.services.forward import forward
from relay.services.sweep import sweep
from relay.store import tables
from tests.conftest import SettableClock
from tests.peer import Answer, Peer
from tests.servers import until
from tests.services.outgoing import Outgoing


@contextmanager
def sending(out: Outgoing, peer: Peer, target: Any) -> Iterator[None]:
    """While a delivery of this target is under way; its answer comes at the end."""
    go = threading.Event()

    def wait_and_answer(_peer: Peer, connection: Any) -> None:
        go.wait(20)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate")

    peer.script(wait_and_answer)
    senders = out.pool()
    forward(out.rt, str(target), senders)
    peer.wait_for(1)
    try:
        yield
    finally:
        go.set()
        until(lambda: not senders._slots.held(), "the late answer is settled")


def claimed(out: Outgoing, target: Any, most: int = 16) -> list[Job]:
    found = configured.target(out.rt, target)
    assert found is not None
    return claim(out.rt, found, most).jobs


def test_a_claim_is_written_before_the_work_begins(
    out: Outgoing, peer: Peer, clock: SettableClock
) -> None:
    target = out.target(peer.url)
    delivery = out.owe(target)
    with sending(out, peer, target):
        row = out.row(delivery)
        assert (row.state, row.tries) == ("sending", 1)
        assert row.lease_token is not None
        assert row.leased_until == clock.now() + timedelta(seconds=30)


def test_a_late_worker_cannot_overwrite(out: Outgoing, peer: Peer) -> None:
    target = out.target(peer.url)
    delivery, other = out.owe(target), new_id()
    with sending(out, peer, target):
        out.change(delivery, lease_token=other)
    row = out.row(delivery)
    assert (row.state, row.lease_token, row.attempts) == ("sending", other, 0)
    (attempt,) = out.attempts(delivery)
    assert attempt.message.startswith("too late")
    assert (attempt.outcome, attempt.status) == ("delivered", 200)


def test_a_late_worker_cannot_overwrite_what_ended_meanwhile(
    out: Outgoing, peer: Peer, clock: SettableClock
) -> None:
    target = out.target(peer.url)
    delivery = out.owe(target)
    with sending(out, peer, target):
        out.change(delivery, state="cancelled", lease_token=None, settled_at=clock.now())
    assert out.row(delivery).state == "cancelled"


def test_a_sender_whose_lease_is_over_does_not_send(out: Outgoing, peer: Peer) -> None:
    target = out.target(peer.url)
    delivery = out.owe(target)
    senders = out.pool()
    assert senders.reserve(target, 1) == 1
    senders.send(claimed(out, target), time.monotonic() - 0.001)
    until(lambda: not senders._slots.held(), "the sender has given up")
    assert not peer.arrivals
    assert out.row(delivery).state == "sending"
    assert out.attempts(delivery) == []


def test_what_a_dead_worker_left_is_sent_by_the_next(
    out: Outgoing, peer: Peer, clock: SettableClock
) -> None:
    target = out.target(peer.url)
    delivery = out.owe(target)
    assert len(claimed(out, target)) == 1  # and its process dies
    sweep(out.rt)
    assert out.forward(target) == 0
    clock.advance(31)
    assert sweep(out.rt).leases == 1
    out.forward(target)
    row = out.row(delivery)
    assert (row.state, row.tries) == ("delivered", 0)
    assert peer.arrivals[0].headers["webhook-id"] == str(delivery)


def test_what_kills_its_worker_three_times_is_given_up(
    out: Outgoing, peer: Peer, clock: SettableClock
) -> None:
    target = out.target(peer.url)
    deadly = out.owe(target)
    for _ in range(3):
        assert len(claimed(out, target)) == 1
        clock.advance(31)
        sweep(out.rt)
    innocent = out.owe(target)
    out.forward(target)
    until(lambda: out.row(innocent).state == "delivered", "the innocent one went")
    row = out.row(deadly)
    assert (row.state, row.reason) == ("failed", "its worker died three times")
    assert [arrival.headers["webhook-id"] for arrival in peer.arrivals] == [str(innocent)]


def test_suspects_are_sent_one_at_a_time(out: Outgoing) -> None:
    target = out.target("http://127.0.0.1:9/")
    suspects = {out.owe(target, tries=2) for _ in range(3)}
    innocent = {out.owe(target) for _ in range(3)}
    first = {job.id for job in claimed(out, target)}
    assert len(first & suspects) == 1
    assert first >= innocent
    assert claimed(out, target) == []


def test_two_workers_never_claim_the_same(out: Outgoing) -> None:
    target = out.target("http://127.0.0.1:9/", retry={"in_flight": 1000})
    owed = {out.owe(target) for _ in range(60)}
    with ThreadPoolExecutor(6) as workers:
        shares = list(workers.map(lambda _: claimed(out, target, 7), range(12)))
    ids = [job.id for share in shares for job in share]
    assert len(ids) == len(set(ids))
    assert set(ids) | {job.id for job in claimed(out, target, 100)} == owed


def test_a_lease_is_renewed_while_a_slow_target_takes_its_time(
    make_runtime: Callable[..., Any], peer: Peer
) -> None:
    rt = make_runtime(
        {"RELAY_LEASE_SECONDS": "1", "RELAY_LEASE_RENEW_SECONDS": "0.2"}, clock=SystemClock()
    )
    out = Outgoing(rt)
    target = out.target(peer.url)
    delivery = out.owe(target)
    peer.default = Answer(delay=2)
    senders = out.pool()
    forward(rt, str(target), senders)
    while out.row(delivery).state == "sending":
        assert sweep(rt).leases == 0
        time.sleep(0.1)
    out.close()
    assert out.row(delivery).state == "delivered"
    assert len(peer.arrivals) == 1


def test_a_lease_that_was_lost_is_not_renewed(out: Outgoing, peer: Peer) -> None:
    target = out.target(peer.url)
    delivery, other = out.owe(target), new_id()
    with sending(out, peer, target):
        senders = out._pools[0]
        assert senders._leases.renew() == 1
        out.change(delivery, lease_token=other)
        assert senders._leases.renew() == 0


def test_an_answer_with_what_databases_refuse_is_settled(out: Outgoing, peer: Peer) -> None:
    peer.script(Answer(500, b"nul \0 and \xff\xfe and \xed\xa0\x80"), Answer(body=b"\0"))
    row = out.deliver(out.target(peer.url))
    assert (row.state, row.attempts) == ("waiting", 1)
    (attempt,) = out.attempts(row.id)
    assert attempt.exchanges[0]["response"]["body"].startswith("nul ")


def refuse(out: Outgoing, word: str) -> None:
    """Let the database refuse every attempt in which this word is said."""

    def before(_conn: Any, _cursor: Any, statement: str, values: Any, *_more: Any) -> None:
        if statement.startswith("INSERT INTO attempts") and word in repr(values):
            raise ValueError("the database does not like it")

    sa.event.listen(out.rt.database.engine, "before_cursor_execute", before)


def test_an_attempt_that_cannot_be_logged_is_settled_bare_and_not_sent_again(
    out: Outgoing, peer: Peer, clock: SettableClock
) -> None:
    refuse(out, "poison")
    target = out.target(peer.url)
    peer.script(Answer(body=b"poison"), Answer(body=b"fine"))
    first, second = out.owe(target), out.owe(target)
    out.forward(target)
    assert {out.row(first).state, out.row(second).state} == {"delivered"}
    kept = [out.attempts(one)[0].exchanges for one in (first, second)]
    assert sorted(map(len, kept)) == [0, 1]
    clock.advance(3600)
    sweep(out.rt)
    assert out.forward(target) == 0
    assert len(peer.arrivals) == 2


def test_a_database_that_is_away_is_waited_for_and_nothing_is_sent_again(
    out: Outgoing, peer: Peer
) -> None:
    target = out.target(peer.url)
    delivery = out.owe(target)
    back = threading.Event()

    def away(_conn: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if statement.startswith("INSERT INTO attempts") and not back.is_set():
            raise sa.exc.OperationalError(statement, {}, Exception("gone away"))

    sa.event.listen(out.rt.database.engine, "before_cursor_execute", away)
    senders = out.pool()
    forward(out.rt, str(target), senders)
    peer.wait_for(1)
    time.sleep(0.3)
    assert out.row(delivery).state == "sending"
    back.set()
    until(lambda: out.row(delivery).state == "delivered", "the attempt is settled")
    until(lambda: not senders._slots.held(), "the sender is free")
    assert len(peer.arrivals) == 1
    assert len(out.attempts(delivery)) == 1


def test_a_worker_that_stops_finishes_what_is_under_way(out: Outgoing, peer: Peer) -> None:
    target = out.target(peer.url, retry={"in_flight": 1})
    under_way, waiting = out.owe(target, priority=1), out.owe(target)
    peer.default = Answer(delay=0.3)
    senders = out.pool()
    forward(out.rt, str(target), senders)
    assert senders.drain(10) is True
    until(lambda: out.row(under_way).state == "delivered", "it is settled")
    assert forward(out.rt, str(target), senders) == 0
    assert out.row(waiting).state == "waiting"
    assert len(peer.arrivals) == 1


def test_a_worker_that_stops_waits_no_longer_than_told(out: Outgoing, peer: Peer) -> None:
    target = out.target(peer.url)
    out.owe(target)
    with sending(out, peer, target):
        assert out._pools[0].drain(0.1) is False


def test_the_attempts_are_never_two_with_one_number(
    out: Outgoing, peer: Peer, clock: SettableClock
) -> None:
    peer.script(Answer(500), Answer(429), Answer(200))
    target = out.target(peer.url)
    delivery = out.owe(target)
    for _ in range(3):
        out.forward(target)
        clock.advance(300)
    assert [attempt.number for attempt in out.attempts(delivery)] == [1, 2, 3]
    with out.rt.database.read() as connection:
        count = connection.execute(sa.select(sa.func.count()).select_from(tables.attempts))
        assert count.scalar_one() == 3
