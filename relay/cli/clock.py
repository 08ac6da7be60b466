"""`python -m relay clock`: rings for the sweep every second, and tidies up now and then."""

import logging
import threading
import time
from collections.abc import Callable

import click

from relay import logs
from relay.cli.command import OnRuntime
from relay.cli.signals import stop_event
from relay.runtime import Runtime, current
from relay.services.heartbeat import Heartbeat
from relay.services.looking import LOOK_SECONDS as PROBLEM_SECONDS
from relay.services.looking import look_without_workers, ring
from relay.services.readiness import readiness
from relay.services.reconciling import reconcile_due
from relay.services.retention import retain

logger = logging.getLogger(__name__)

LOOK_SECONDS = 60.0
"""How often overdue work is looked for and told in the log."""

LONE_SECONDS = 30.0
"""How often it is seen whether anybody else can look for problems."""

RETAIN_SECONDS = 3600.0
"""How often old contents are removed."""


@click.command(cls=OnRuntime)
def clock() -> None:
    """Ring for the sweep. One is enough; a second one does no harm."""
    rt = current()
    logs.set_up(rt.config, "clock")
    stopping = stop_event()
    logger.info("ticking every %g s", rt.config.sweep_seconds)
    with Heartbeat(rt, "clock"):
        chores = [
            Chore(LOOK_SECONDS, lambda: _tell_overdue(rt)),
            Chore(RETAIN_SECONDS, lambda: _retain(rt)),
            Chore(LOOK_SECONDS, lambda: reconcile_due(rt)),
            Chore(PROBLEM_SECONDS, lambda: ring(rt)),
            Chore(LONE_SECONDS, lambda: look_without_workers(rt)),
        ]
        while not stopping.wait(rt.config.sweep_seconds):
            rt.queue.wake_sweep()
            for chore in chores:
                chore.start_if_due()
    logger.info("stopped")


class Chore:
    """Something to do now and then, in a thread of its own so that the ticking goes on."""

    def __init__(self, every: float, work: Callable[[], object]) -> None:
        self._every = every
        self._work = work
        self._due = time.monotonic() + every
        self._thread: threading.Thread | None = None

    def start_if_due(self) -> None:
        """Start it when its time has come, unless it still runs."""
        if time.monotonic() < self._due or (self._thread and self._thread.is_alive()):
            return
        self._due = time.monotonic() + self._every
        self._thread = threading.Thread(target=self._guarded, daemon=True)
        self._thread.start()

    def _guarded(self) -> None:
        try:
            self._work()
        except Exception:  # the clock survives every error; the chore comes round again
            logger.exception("a chore of the clock failed")


def _tell_overdue(rt: Runtime) -> None:
    found = readiness(rt)
    if found.overdue:
        logger.error("the oldest work has been lying for %.0f s", found.oldest)


def _retain(rt: Runtime) -> None:
    if rt.queue.first("retain", RETAIN_SECONDS / 2):
        logger.info("retention: %s", retain(rt))
