"""What the relay stands on fails under load: Redis, PostgreSQL, the receiver."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.kill.proof import configure, load, prove, settled, states
from tests.peer import (
    Answer,
    Misbehaviour,
    Peer,
    closes_half_way,
    drips,
    drips_body,
    hangs,
    resets,
)
from tests.servers import Postgres, RedisServer
from tests.stack import Stack

pytestmark = [pytest.mark.kill, pytest.mark.timeout(240)]

RETRY_SOON = {"schedule": [1, 1, 1, 1, 1, 1, 1, 1]}

LEADS = 120


def _restarted(redis: RedisServer) -> None:
    redis.stop()
    time.sleep(0.5)
    redis.start()


def _hung(redis: RedisServer) -> None:
    redis.hang()
    time.sleep(3)
    redis.go_on()


@pytest.mark.parametrize("fault", [RedisServer.flush, _restarted, _hung])
def test_a_redis_that_fails_costs_no_lead_and_no_answer(
    stack: Stack,
    runtime: Any,
    peer: Peer,
    redis_server: RedisServer,
    fault: Callable[[RedisServer], None],
) -> None:
    configure(runtime, {"crm": {"settings": {"url": peer.url}}})
    stack.start()
    sender = load(stack, "redis", LEADS)
    time.sleep(1)
    fault(redis_server)
    sender.join()
    assert sender.refused == []
    settled(runtime)
    prove(runtime, sender.accepted, peer.arrivals, in_flight=0)


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
def test_a_redis_away_for_twenty_seconds_is_not_waited_for(
    stack: Stack, runtime: Any, peer: Peer, redis_server: RedisServer
) -> None:
    configure(runtime, {"crm": {"settings": {"url": peer.url}}})
    stack.start()
    redis_server.stop()
    begun = time.monotonic()
    sender = load(stack, "away", LEADS)
    sender.join()
    assert time.monotonic() - begun < 15
    assert sender.refused == []
    time.sleep(max(0.0, begun + 20 - time.monotonic()))
    redis_server.start()
    assert settled(runtime, 60) < 60
    prove(runtime, sender.accepted, peer.arrivals, in_flight=0)


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
def test_a_postgresql_that_restarts_loses_nothing(
    stack: Stack, runtime: Any, peer: Peer, postgres_server: Postgres
) -> None:
    configure(runtime, {"crm": {"settings": {"url": peer.url}}})
    stack.start()
    sender = load(stack, "restart", LEADS)
    time.sleep(1)
    postgres_server.stop()
    time.sleep(1)
    postgres_server.start()
    sender.join()
    assert len(sender.accepted) == LEADS
    settled(runtime)
    # what was under way when the database went may have arrived without being settled
    prove(runtime, sender.accepted, peer.arrivals, in_flight=16)


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
@pytest.mark.parametrize(
    "answer",
    [
        Answer(status=500, body=b"oops"),
        Answer(status=429, headers={"Retry-After": "1"}),
        hangs,
        resets,
        closes_half_way,
        drips,
        drips_body,
        Answer(body=b"x" * 10_000_000),
    ],
    ids=["500", "429", "hangs", "resets", "half", "drips", "drips-body", "10MB"],
)
def test_a_receiver_that_misbehaves_gets_every_lead_in_the_end(
    stack: Stack, runtime: Any, peer: Peer, answer: Answer | Misbehaviour
) -> None:
    configure(runtime, {"crm": {"settings": {"url": peer.url}, "retry": RETRY_SOON}})
    peer.script(*[answer] * 10)
    stack.start()
    sender = load(stack, "peer", 40)
    sender.join()
    settled(runtime, 60)
    prove(runtime, sender.accepted, peer.arrivals, in_flight=10)
    assert states(runtime) == {"delivered": 40}
