"""The bell: RQ jobs that nudge a worker to look at the rows. A lost one costs seconds, no lead."""

import logging
import time
from collections.abc import Callable
from uuid import UUID

from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry
from rq import Queue as JobQueue

from relay.config import Config

log = logging.getLogger(__name__)

QUEUE = "relay"
"""Name of the one RQ queue: a single line keeps lanes from overtaking each other."""

REPLY_SECONDS = 0.25
"""How long a call may wait for Redis; redis-py's defaults hold a web thread for up to a minute."""

REST_SECONDS = 1.0
"""How long Redis is left alone after it failed."""

JOB_SECONDS = 60
"""How long one job may run; it claims, commits or hands over, so anything longer hangs."""

NUDGE_SECONDS = 600
"""How long an unheard nudge and a failed job's trace are kept."""

MOST_WAITING = 10_000
"""Nudges in the queue above which no more are added: nobody works, and the rows remember."""


class Queue:
    """Rings for the worker; never raises and never waits long when Redis is away."""

    def __init__(self, config: Config) -> None:
        self.connection = connect(config.redis_url)
        self._jobs = JobQueue(QUEUE, connection=self.connection, serializer="json")
        self._wake_milliseconds = max(1, int(config.wake_seconds * 1000))
        self._rests_until = 0.0

    def wake_store(self) -> bool:
        """Have submissions that arrived made into leads; true when this call rang."""
        return self._wake("store", "relay.jobs.store")

    def wake_lane(self, target_id: UUID | str) -> bool:
        """Have the deliveries of this target brought; true when this call rang."""
        return self._wake(f"lane:{target_id}", "relay.jobs.forward", str(target_id))

    def wake_status(self) -> bool:
        """Have queued changes of leads' statuses carried out; true when this call rang."""
        return self._wake("status", "relay.jobs.status")

    def wake_import(self, import_id: UUID | str) -> bool:
        """Have the next rows of an uploaded file taken; true when this call rang."""
        return self._wake(f"import:{import_id}", "relay.jobs.import_file", str(import_id))

    def wake_fetch(self, source_id: UUID | str) -> bool:
        """Have the data of this source's submissions fetched; true when this call rang."""
        return self._wake(f"fetch:{source_id}", "relay.jobs.fetch", str(source_id))

    def wake_problems(self) -> bool:
        """Have problems looked for; true when this call rang."""
        return self._wake("problems", "relay.jobs.problems")

    def wake_person(self, request_id: UUID | str) -> bool:
        """Have the work on a person's request go on; true when this call rang."""
        return self._wake(f"person:{request_id}", "relay.jobs.person", str(request_id))

    def wake_bulk(self, run_id: UUID | str) -> bool:
        """Have the next deliveries of a bulk run seen to; true when this call rang."""
        return self._wake(f"bulk:{run_id}", "relay.jobs.bulk", str(run_id))

    def wake_sweep(self) -> bool:
        """Have work that was left lying found; true when this call rang."""
        return self._wake("sweep", "relay.jobs.sweep")

    def forget(self, what: str) -> None:
        """Let a job be rung for again, its first act: `store`, `status`, `sweep`, `lane:<id>`."""
        self._guarded(lambda: self.connection.delete(_key(what)))

    def first(self, what: str, seconds: float) -> bool:
        """Whether nobody else has called this for `what` within so many seconds."""
        milliseconds = int(seconds * 1000)
        key = f"relay:first:{what}"
        return self._guarded(lambda: self.connection.set(key, 1, nx=True, px=milliseconds))

    def answers(self) -> bool:
        """Whether Redis answers now, asked even while it rests."""
        self._rests_until = 0.0
        return self._guarded(lambda: bool(self.connection.ping()))

    @property
    def rests(self) -> bool:
        """Whether Redis has just failed and is left alone."""
        return time.monotonic() < self._rests_until

    def rest(self) -> None:
        """Leave Redis alone for a second: whoever sees it fail spares the others the wait."""
        self._rests_until = time.monotonic() + REST_SECONDS

    def close(self) -> None:
        """Give the connections back."""
        self.connection.close()

    def _wake(self, what: str, job: str, *arguments: str) -> bool:
        return self._guarded(lambda: self._ring(_key(what), job, arguments))

    def _ring(self, key: str, job: str, arguments: tuple[str, ...]) -> bool:
        with self.connection.pipeline(transaction=False) as pipeline:
            pipeline.set(key, 1, nx=True, px=self._wake_milliseconds)
            pipeline.llen(self._jobs.key)
            first, waiting = pipeline.execute()
            if not first or waiting >= MOST_WAITING:
                return False
            self._jobs.enqueue_call(
                job,
                args=arguments,
                timeout=JOB_SECONDS,
                ttl=NUDGE_SECONDS,
                failure_ttl=NUDGE_SECONDS,
                result_ttl=0,
                description=job,
                pipeline=pipeline,
            )
            pipeline.execute()
        return True

    def _guarded(self, call: Callable[[], object]) -> bool:
        """Make the call unless Redis rests; false when it was not made or failed."""
        if self.rests:
            return False
        try:
            return bool(call())
        except RedisError as error:
            self.rest()
            log.warning("redis does not answer, left alone for a second: %s", error)
            return False


def connect(url: str, seconds: float = REPLY_SECONDS) -> Redis:
    """A client that waits `seconds` for a connection and for a reply, and does not try again."""
    return Redis.from_url(
        url,
        socket_connect_timeout=seconds,
        socket_timeout=seconds,
        retry=Retry(NoBackoff(), 0),
        health_check_interval=0,
    )


def _key(what: str) -> str:
    return f"relay:wake:{what}"
