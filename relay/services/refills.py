"""Refilling: a lane whose senders came free is claimed for again, without the queue."""

import heapq
import logging
import threading
import time
from typing import TYPE_CHECKING
from uuid import UUID

from relay.runtime import Runtime
from relay.services.forward import forward

if TYPE_CHECKING:
    from relay.services.senders import Senders

logger = logging.getLogger(__name__)

END_WAIT = 5.0
"""Seconds that the end waits for a claim under way."""


class Refills:
    """One thread that runs the forward step for lanes when their time comes, each lane once."""

    def __init__(self, rt: Runtime, senders: "Senders") -> None:
        self._rt = rt
        self._senders = senders
        self._times: list[tuple[float, UUID]] = []
        self._earliest: dict[UUID, float] = {}
        self._news = threading.Condition()
        self._closed = False
        self._thread: threading.Thread | None = None

    def add(self, lane: UUID, after: float = 0.0) -> None:
        """Claim for this lane in so many seconds, or earlier when that is asked for too."""
        at = time.monotonic() + after
        with self._news:
            if self._closed or self._earliest.get(lane, float("inf")) <= at:
                return
            self._earliest[lane] = at
            heapq.heappush(self._times, (at, lane))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="refills", daemon=True)
                self._thread.start()
            self._news.notify()

    def close(self) -> None:
        """End the thread, after the claim that it is writing."""
        with self._news:
            self._closed = True
            self._news.notify()
            thread = self._thread
        if thread is not None:
            thread.join(END_WAIT)

    def _run(self) -> None:
        while (lane := self._next()) is not None:
            try:
                forward(self._rt, str(lane), self._senders)
            except Exception:  # the sweep rings for this lane again
                logger.exception("lane %s could not be claimed for", lane)

    def _next(self) -> UUID | None:
        """The next lane whose time has come; None at the end."""
        with self._news:
            while not self._closed:
                wait = self._times[0][0] - time.monotonic() if self._times else None
                if wait is not None and wait <= 0:
                    at, lane = heapq.heappop(self._times)
                    if self._earliest.get(lane) == at:
                        del self._earliest[lane]
                        return lane
                else:
                    self._news.wait(wait)
            return None
