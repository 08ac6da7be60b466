"""The ears of a worker: an RQ worker that outlives whatever happens to Redis."""

import logging
import signal
import threading
from collections.abc import Callable
from types import FrameType

from redis import Redis, RedisError
from rq import Queue as JobQueue
from rq import SimpleWorker
from rq.exceptions import StopRequested
from rq.job import Job

from relay.queue import QUEUE, connect

logger = logging.getLogger(__name__)

LISTEN_SECONDS = 5
"""How long one blocking read waits for a nudge."""

REPLY_SECONDS = LISTEN_SECONDS + 3
"""After this time without a reply Redis hangs; RQ's own default waits seven minutes."""

REST_SECONDS = 1.0
"""Pause before listening again after Redis failed."""

JOBS = frozenset(
    f"relay.jobs.{name}"
    for name in (
        "store",
        "forward",
        "status",
        "import_file",
        "bulk",
        "fetch",
        "person",
        "problems",
        "sweep",
    )
)
"""What a nudge may ask for."""


class Nudged(SimpleWorker):
    """Runs jobs in the main thread of this process; forking would cost a database connection each.

    RQ's timers need the main thread: SIGALRM ends a job that hangs.
    """

    max_connection_wait_time = 2
    asked_to_stop = False

    @property
    def dequeue_timeout(self) -> int:
        """Seconds of one blocking read."""
        return LISTEN_SECONDS

    @property
    def connection_timeout(self) -> int:
        """Seconds to wait for any reply."""
        return REPLY_SECONDS

    def execute_job(self, job: Job, queue: JobQueue) -> None:
        """Do what the relay itself asks for: who writes to Redis could name any function."""
        if job.func_name in JOBS and not _calls_back(job):
            super().execute_job(job, queue)
        else:
            logger.warning("a job that is none of the relay's was thrown away")
            job.delete()

    def subscribe(self) -> None:
        """Take no commands over Redis: its thread would outlive a worker that Redis failed."""

    def handle_warm_shutdown_request(self) -> None:
        """Remember that a signal, not Redis, ended the listening."""
        self.asked_to_stop = True

    def set_shutdown_requested_date(self) -> None:
        """Tell nobody: this runs inside a signal, perhaps while Redis hangs."""


def _calls_back(job: Job) -> bool:
    """Whether RQ would call more than the job; its public names for that import it at once."""
    names = (job._success_callback_name, job._failure_callback_name, job._stopped_callback_name)  # noqa: SLF001 - RQ's public names import the function
    return any(names)


def listen(redis_url: str) -> None:
    """Do jobs until SIGTERM or SIGINT; a job that runs is finished first.

    Survives Redis being away, wiped or hanging: after each failure a new worker registers itself,
    as RQ ends the old one for good.
    """
    connection = connect(redis_url, REPLY_SECONDS)
    try:
        while not _listen_once(connection):
            threading.Event().wait(REST_SECONDS)
    except StopRequested:
        logger.info("asked to stop")
    finally:
        _on_signals(signal.SIG_IGN)  # what follows is bounded, and needs no hurrying
        connection.close()


def _listen_once(connection: Redis) -> bool:
    """Listen until something ends it; true when that was a signal."""
    _on_signals(_stop)
    worker: Nudged | None = None
    try:
        worker = Nudged([QUEUE], connection=connection, serializer="json")
        worker.log_result_lifespan = False
        worker.work(logging_level="ERROR")
    except RedisError as error:
        logger.warning("redis does not answer, listening again soon: %s", error)
    finally:
        _on_signals(_stop)  # RQ's own handlers belong to the worker that has ended
    return worker is not None and worker.asked_to_stop


def _on_signals(handler: Callable[[int, FrameType | None], None] | signal.Handlers) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, handler)


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise StopRequested
