"""The worker outlives Redis, and ends when it is asked to."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from rq import Callback
from rq import Queue as JobQueue

from relay.queue import QUEUE
from relay.runtime import Runtime
from relay.store.tables import processes
from tests.processes.conftest import Run
from tests.processes.running import Running
from tests.servers import RedisServer, until

pytestmark = [
    pytest.mark.redis,
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    """A Redis of this test's own, to do harm to."""
    server = RedisServer()
    yield server
    server.close()


@pytest.fixture
def rt(redis: RedisServer, settings: dict[str, str], make_runtime: Callable[..., Any]) -> Runtime:
    """A runtime beside the worker, on the same database and Redis."""
    settings["REDIS_URL"] = redis.url
    made: Runtime = make_runtime()
    return made


@pytest.fixture
def worker(run: Run, settings: dict[str, str], rt: Runtime) -> Running:
    """A worker that works."""
    running = run("worker", settings)
    until(lambda: running.says("working with"), "the worker works", 60)
    return running


def _does_its_work(rt: Runtime) -> None:
    until(lambda: rt.queue.wake_sweep() or _waiting(rt) == 1, "the bell was rung", 15)
    until(lambda: _waiting(rt) == 0, "a worker has taken the job", 40)


def _waiting(rt: Runtime) -> int:
    if not rt.queue.answers():
        return -1
    return int(rt.queue.connection.llen(f"rq:queue:{QUEUE}"))


def test_it_works_on_after_redis_was_killed_and_wiped(
    worker: Running, redis: RedisServer, rt: Runtime
) -> None:
    _does_its_work(rt)
    redis.stop()
    time.sleep(1)
    redis.start()
    _does_its_work(rt)
    redis.flush()
    _does_its_work(rt)
    assert worker.process.poll() is None


def test_it_runs_nothing_but_the_relays_own_jobs(
    worker: Running, rt: Runtime, tmp_path: Path
) -> None:
    """Who can write to Redis shall not run code here: RQ calls whatever a job names."""
    jobs = JobQueue(QUEUE, connection=rt.queue.connection, serializer="json")
    jobs.enqueue_call("os.mkdir", args=(str(tmp_path / "called"),))
    jobs.enqueue_call("relay.jobs.store", on_success=Callback("tests.processes.running.Running"))
    until(lambda: _waiting(rt) == 0, "the worker has taken the jobs", 15)
    _does_its_work(rt)
    assert worker.output.count("none of the relay's") == 2
    assert not (tmp_path / "called").exists()


def test_it_starts_while_redis_is_away(
    redis: RedisServer, rt: Runtime, run: Run, settings: dict[str, str]
) -> None:
    redis.stop()
    worker = run("worker", settings)
    until(lambda: worker.says("listening again soon"), "the worker has noticed", 60)
    redis.start()
    _does_its_work(rt)


def test_it_ends_in_order_even_while_redis_hangs(
    worker: Running, redis: RedisServer, rt: Runtime
) -> None:
    until(lambda: _heartbeats(rt) == 1, "its heart beats")
    redis.hang()
    assert worker.end() == 0
    assert _heartbeats(rt) == 0
    assert "Traceback" not in worker.output


def _heartbeats(rt: Runtime) -> int:
    with rt.database.read() as connection:
        count = connection.scalar(sa.select(sa.func.count()).select_from(processes))
    return int(count or 0)
