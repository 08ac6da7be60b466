"""The threads of a worker process that fetch, so that a slow provider keeps nobody else waiting."""

import logging
import queue
import threading
from uuid import UUID

from relay.runtime import Runtime
from relay.services.fetched import Errand
from relay.services.fetching import AT_ONCE, carry_out, claim

logger = logging.getLogger(__name__)

THREADS = 4 * AT_ONCE
"""Providers that may hang at a time before another one has to wait."""


def fetch_some(rt: Runtime, source_id: UUID) -> int:
    """Hand what is to be fetched of this source to the threads; returns how many, and waits for
    none."""
    return rt.part(Fetchers).take(source_id)


class Fetchers:
    """A pool of threads that are started as they are needed, and end with the process."""

    def __init__(self, rt: Runtime) -> None:
        self._rt = rt
        self._work: queue.SimpleQueue[Errand | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._busy = 0
        self._closed = False

    def take(self, source_id: UUID) -> int:
        """Claim what there are threads for."""
        with self._lock:
            errands = [] if self._closed else claim(self._rt, source_id, THREADS - self._busy)
            self._busy += len(errands)
            while len(self._threads) < self._busy:
                thread = threading.Thread(target=self._run, name="fetcher", daemon=True)
                self._threads.append(thread)
                thread.start()
        for errand in errands:
            self._work.put(errand)
        return len(errands)

    def close(self) -> None:
        """End the threads without waiting: what is under way is fetched again."""
        with self._lock:
            self._closed = True
            for _ in self._threads:
                self._work.put(None)

    def _run(self) -> None:
        while (errand := self._work.get()) is not None:
            source_id = errand.source.id
            try:
                carry_out(self._rt, errand)
            except Exception:  # its lease ends, and the sweep finds it again
                logger.exception("submission %s could not be fetched", errand.id)
            with self._lock:
                self._busy -= 1
            if not self._closed:
                self._more(source_id)

    def _more(self, source_id: UUID) -> None:
        try:
            self.take(source_id)
        except Exception:  # such as a database that is away; the sweep rings again
            logger.exception("source %s: no more could be claimed to be fetched", source_id)
