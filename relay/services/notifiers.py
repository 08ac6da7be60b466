"""The threads of a process that send notices, so that a slow mail server keeps nobody waiting."""

import logging
import threading

from relay.runtime import Runtime
from relay.services.notices import Errand, carry_out, claim

logger = logging.getLogger(__name__)

THREADS = 4
"""Notices that one process sends at a time."""


def send_notices(rt: Runtime) -> int:
    """Hand the notices that are due to threads; returns how many, and waits for none."""
    return rt.part(Notifiers).take()


class Notifiers:
    """A thread for each notice that is under way; they end with the process."""

    def __init__(self, rt: Runtime) -> None:
        self._rt = rt
        self._lock = threading.Lock()
        self._busy = 0
        self._closed = False

    def take(self) -> int:
        """Claim what there are threads for."""
        with self._lock:
            errands = [] if self._closed else claim(self._rt, THREADS - self._busy)
            self._busy += len(errands)
        for errand in errands:
            threading.Thread(target=self._run, args=(errand,), name="notifier", daemon=True).start()
        return len(errands)

    def close(self) -> None:
        """Claim nothing more; what is under way goes again when its lease is over."""
        self._closed = True

    def _run(self, errand: Errand) -> None:
        try:
            carry_out(self._rt, errand)
        except Exception:  # its lease ends, and it is found again
            logger.exception("notice %s could not be sent", errand.row.id)
        with self._lock:
            self._busy -= 1
