"""The heartbeat of a process: a row that says it lives, and its counts brought together."""

import logging
import os
import shutil
import socket
import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from types import TracebackType
from typing import Self

import sqlalchemy as sa

from relay.core.ids import new_id
from relay.runtime import Runtime
from relay.store.tables import processes

logger = logging.getLogger(__name__)

BEAT_SECONDS = 5.0
"""Time between two beats."""

FORGOTTEN = timedelta(days=1)
"""How long the row of a process that died is kept for people to see."""


class Heartbeat:
    """Beats in a thread of its own while a process of this kind runs; survives every error.

    `beside` is done with every beat.
    """

    def __init__(
        self, rt: Runtime, kind: str, beside: Callable[[Runtime], object] | None = None
    ) -> None:
        self._rt = rt
        self._kind = kind
        self._beside = beside
        self._id = new_id()
        self._started_at = rt.clock.now()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def start(self) -> Self:
        """Begin to beat."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Take the row away and bring the last counts in, when the parts answer."""
        self._stopping.set()
        self._thread.join(BEAT_SECONDS)
        self._guarded(self._count)
        self._guarded(self._remove)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _run(self) -> None:
        while True:
            self._guarded(self._count)
            self._guarded(self._beat)
            if self._beside is not None:
                self._guarded(partial(self._beside, self._rt))
            if self._stopping.wait(BEAT_SECONDS):
                return

    def _guarded(self, step: Callable[[], object]) -> None:
        try:
            step()
        except Exception as error:  # noqa: BLE001 - a process must not die of its own pulse
            logger.warning("no heartbeat: %s", error.__class__.__name__)

    def _count(self) -> None:
        self._rt.metrics.flush(self._rt.queue.connection)

    def _beat(self) -> None:
        now = self._rt.clock.now()
        with self._rt.database.write() as connection:
            seen = connection.execute(
                sa.update(processes)
                .where(processes.c.id == self._id)
                .values(seen_at=now, free_bytes=_free(self._rt))
            )
            if seen.rowcount == 0:
                self._insert(connection)

    def _insert(self, connection: sa.Connection) -> None:
        now = self._rt.clock.now()
        connection.execute(sa.delete(processes).where(processes.c.seen_at < now - FORGOTTEN))
        connection.execute(
            sa.insert(processes).values(
                id=self._id,
                kind=self._kind,
                host=socket.gethostname(),
                pid=os.getpid(),
                started_at=self._started_at,
                seen_at=now,
                free_bytes=_free(self._rt),
            )
        )

    def _remove(self) -> None:
        with self._rt.database.write() as connection:
            connection.execute(sa.delete(processes).where(processes.c.id == self._id))


def _free(rt: Runtime) -> int | None:
    """Bytes that are free on the disk of this machine's data; None where that cannot be told."""
    try:
        return shutil.disk_usage(rt.config.data_dir).free
    except OSError:
        return None
