"""The bell: one nudge at a time, and no waiting for a Redis that is away."""

import json
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from rq import Queue as JobQueue
from rq import SimpleWorker

from relay import jobs
from relay.config import load_config
from relay.metrics import expose, read_sums
from relay.queue import MOST_WAITING, QUEUE, Queue
from tests.servers import RedisServer, until

pytestmark = pytest.mark.redis

LINE = f"rq:queue:{QUEUE}"


def _queue(tmp_path: Path, redis_url: str, wake: str = "5") -> Queue:
    given = {
        "RELAY_MODE": "local",
        "RELAY_DATA_DIR": str(tmp_path),
        "REDIS_URL": redis_url,
        "RELAY_WAKE_SECONDS": wake,
    }
    return Queue(load_config(given))


@pytest.fixture
def queue(tmp_path: Path, redis_url: str) -> Iterator[Queue]:
    """A bell on an empty Redis."""
    made = _queue(tmp_path, redis_url)
    yield made
    made.close()


@pytest.fixture
def fragile(tmp_path: Path) -> Iterator[tuple[Queue, RedisServer]]:
    """A bell on a Redis of this test's own, to do harm to."""
    server = RedisServer()
    made = _queue(tmp_path, server.url)
    yield made, server
    made.close()
    server.close()


def test_only_the_first_wake_rings_until_the_job_begins(queue: Queue) -> None:
    assert [queue.wake_store() for _ in range(3)] == [True, False, False]
    assert queue.connection.llen(LINE) == 1
    queue.forget("store")
    assert queue.wake_store()


def test_lanes_ring_apart(queue: Queue) -> None:
    one, other = uuid4(), uuid4()
    assert queue.wake_lane(one)
    assert queue.wake_lane(other)
    assert not queue.wake_lane(str(one))
    queue.forget(f"lane:{one}")
    assert queue.wake_lane(one)


def test_changes_of_status_ring_apart(queue: Queue) -> None:
    assert queue.wake_status()
    assert not queue.wake_status()
    queue.forget("status")
    assert queue.wake_status()


def test_a_lost_nudge_can_be_rung_again_after_the_wake_time(tmp_path: Path, redis_url: str) -> None:
    queue = _queue(tmp_path, redis_url, wake="0.5")
    began = time.monotonic()
    assert queue.wake_sweep()
    until(queue.wake_sweep, "it rings again")
    assert time.monotonic() - began >= 0.4
    queue.close()


def test_a_job_is_a_name_and_ids_in_json(queue: Queue) -> None:
    lane = uuid4()
    queue.wake_lane(lane)
    found = JobQueue(QUEUE, connection=queue.connection, serializer="json").get_jobs()
    assert [(job.func_name, job.args) for job in found] == [("relay.jobs.forward", [str(lane)])]
    data = queue.connection.hget(found[0].key, "data")
    assert json.loads(zlib.decompress(data))[0] == "relay.jobs.forward"


def test_nudges_that_nobody_hears_do_not_pile_up(queue: Queue) -> None:
    queue.connection.rpush(LINE, *("x" for _ in range(MOST_WAITING)))
    assert not queue.wake_store()
    assert queue.connection.llen(LINE) == MOST_WAITING


def test_first_is_said_to_one_within_the_time(queue: Queue) -> None:
    assert [queue.first("retain", 60), queue.first("retain", 60)] == [True, False]
    assert queue.first("something else", 0.3)
    until(lambda: queue.first("something else", 60), "the time is over")


def test_a_redis_that_is_away_costs_nothing_and_is_found_again(
    fragile: tuple[Queue, RedisServer],
) -> None:
    queue, server = fragile
    server.stop()
    assert not queue.wake_store()
    assert not queue.answers()
    server.start()
    assert queue.answers()
    assert queue.wake_store()


def test_a_redis_that_hangs_is_waited_for_once_a_second(
    fragile: tuple[Queue, RedisServer],
) -> None:
    queue, server = fragile
    assert queue.wake_store()
    queue.forget("store")
    server.hang()
    began = time.monotonic()
    assert [queue.wake_store() for _ in range(200)] == [False] * 200
    assert time.monotonic() - began < 10  # two hundred waits would take fifty seconds
    server.go_on()
    assert queue.answers()


def test_a_wiped_redis_rings_again(queue: Queue) -> None:
    assert queue.wake_store()
    queue.connection.flushall()
    assert queue.wake_store()
    assert queue.connection.llen(LINE) == 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_job_that_fails_is_counted_and_can_be_rung_for_again(
    runtime: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_rt: object) -> None:
        raise ValueError("a bug")

    monkeypatch.setattr(jobs, "sweep_rows", fails)
    connection = runtime.queue.connection
    runtime.queue.wake_sweep()
    worker = SimpleWorker([QUEUE], connection=connection, serializer="json")
    worker.work(burst=True, logging_level="CRITICAL")
    runtime.metrics.flush(connection)
    assert b'relay_job_errors_total{job="sweep"} 1.0' in expose(read_sums(connection), {})
    assert worker.failed_job_count == 0
    assert runtime.queue.wake_sweep()
