"""The clock ticks through every failure, and two of them do no harm."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from relay.queue import QUEUE
from tests.processes.conftest import Run
from tests.servers import RedisServer, until

pytestmark = [
    pytest.mark.redis,
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]


@pytest.fixture
def redis(settings: dict[str, str]) -> Iterator[RedisServer]:
    """A Redis of this test's own, to do harm to."""
    server = RedisServer()
    settings["REDIS_URL"] = server.url
    yield server
    server.close()


def test_two_clocks_ring_no_more_than_one(
    run: Run, settings: dict[str, str], redis: RedisServer, make_runtime: Callable[..., Any]
) -> None:
    settings |= {"RELAY_SWEEP_SECONDS": "0.05", "RELAY_WAKE_SECONDS": "60"}
    queue = make_runtime(settings).queue
    clocks = [run("clock", settings) for _ in range(2)]
    for clock in clocks:
        until(lambda clock=clock: clock.says("ticking"), "it ticks", 60)
    time.sleep(0.5)
    assert queue.connection.llen(f"rq:queue:{QUEUE}") == 1
    assert [clock.end() for clock in clocks] == [0, 0]


def test_it_ticks_on_after_redis_was_away(
    run: Run, settings: dict[str, str], redis: RedisServer, make_runtime: Callable[..., Any]
) -> None:
    settings |= {"RELAY_SWEEP_SECONDS": "0.1", "DATABASE_URL": "sqlite:////nowhere/relay.db"}
    queue = make_runtime().queue
    redis.stop()
    clock = run("clock", settings)
    until(lambda: clock.says("redis does not answer"), "it has noticed", 60)
    redis.start()
    until(queue.answers, "Redis answers")
    until(lambda: queue.connection.llen(f"rq:queue:{QUEUE}") == 1, "it rings")
    assert clock.end() == 0
    assert "Traceback" not in clock.output
