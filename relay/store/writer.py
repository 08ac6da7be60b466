"""Committing together: many small writes become one transaction, which costs one flush to disk."""

import contextlib
import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import sqlalchemy as sa

from relay.store.database import Database

logger = logging.getLogger(__name__)

RETRY_PAUSE = 0.1
"""Seconds between tries while the database is away."""

BEGUN_WAIT = 1.0
"""Seconds beyond its time that an item may take whose writing has begun."""

CLASHES = 5
"""How often a batch is begun again because another process was at the same rows."""

CLOSE_WAIT = 10.0
"""Seconds that a closing writer may take for what it has already accepted."""


class Busy(Exception):  # noqa: N818 - says why the caller must come again
    """The database did not say in time that it took the write; the sender must come again.

    What had not begun is never written. What had begun may still be, by a commit that is slow or
    whose answer was lost: a write must be such that the sender's repeat of it can be told.
    """


T = TypeVar("T")
R = TypeVar("R")


@dataclass(slots=True)
class _Item(Generic[T, R]):
    value: T
    deadline: float
    future: Future[R] = field(default_factory=Future)


class GroupCommit(Generic[T, R]):
    """One thread that commits what others submit, batch by batch.

    `commit(connection, items)` writes a batch and returns a result for each item, in order. It
    must be safe to run again with the same items, since an answer lost on the way leaves open
    whether the batch was written. `key` sorts a batch, so that two processes never lock the same
    rows crosswise; where `clash` says of an error that two met all the same, the batch is begun
    again. A batch that fails is tried once more, then row by row: a bad row never costs its
    neighbours. `wait` is how long, in seconds, an item may wait for a database that is away.
    `after` is told the results of every batch that was written. A batch waits `linger` seconds for
    more, unless `whole` says of its size that no more can come now.
    """

    def __init__(
        self,
        database: Database,
        commit: Callable[[sa.Connection, list[T]], Sequence[R]],
        *,
        key: Callable[[T], str] | None = None,
        wait: float = 5.0,
        limit: int = 128,
        after: Callable[[list[R]], None] | None = None,
        linger: float = 0.0,
        whole: Callable[[int], bool] = lambda _count: False,
        clash: Callable[[Exception], bool] = lambda _error: False,
    ) -> None:
        self._database = database
        self._commit = commit
        self._key = key
        self._wait = wait
        self._limit = limit
        self._after = after
        self._linger = linger
        self._whole = whole
        self._clash = clash
        self._queue: queue.SimpleQueue[_Item[T, R] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()

    def submit(self, value: T) -> R:
        """Write one item and wait for it. Raises Busy, or what `commit` raised for this item."""
        item = self._put(value)
        try:
            return item.future.result(timeout=self._wait)
        except FutureTimeoutError:
            if item.future.cancel():
                raise Busy("the database did not take the write in time") from None
        with contextlib.suppress(FutureTimeoutError):  # begun: its own deadline ends it soon
            return item.future.result(timeout=BEGUN_WAIT)
        raise Busy("the database did not answer in time")

    def post(self, value: T) -> Future[R]:
        """Write one item without waiting for it."""
        return self._put(value).future

    def close(self) -> None:
        """Write what is waiting, then end."""
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join(CLOSE_WAIT)
            self._thread = None

    def _put(self, value: T) -> _Item[T, R]:
        if self._thread is None:
            self._start()
        item: _Item[T, R] = _Item(value, time.monotonic() + self._wait)
        self._queue.put(item)
        return item

    def _start(self) -> None:
        # At the first write, not at assembly: a server that forks must not lose the thread.
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="group-commit", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while (first := self._queue.get()) is not None:
            batch = [first]
            ended = False
            until = time.monotonic() + self._linger
            with contextlib.suppress(queue.Empty):
                while len(batch) < self._limit and not ended:
                    following = self._following(batch, until)
                    if following is None:
                        ended = True
                    else:
                        batch.append(following)
            if batch := [item for item in batch if item.future.set_running_or_notify_cancel()]:
                self._survive(batch)
            if ended:
                return

    def _following(self, batch: list[_Item[T, R]], until: float) -> _Item[T, R] | None:
        """What was submitted next. Raises Empty when the batch is to go without more."""
        wait = until - time.monotonic() if self._linger else 0.0
        if wait <= 0 or self._whole(len(batch)):
            return self._queue.get_nowait()
        return self._queue.get(timeout=wait)

    def _survive(self, batch: list[_Item[T, R]]) -> None:
        """Write the batch; a mistake of the callbacks must not end the thread that all wait for."""
        try:
            self._write(list(batch))
        except Exception as error:
            logger.exception("a callback of the group commit failed")
            for item in batch:
                if not item.future.done():
                    item.future.set_exception(error)

    def _write(self, batch: list[_Item[T, R]]) -> None:
        if self._key is not None:
            key = self._key
            batch.sort(key=lambda item: key(item.value))
        error = self._try(batch, tries=2)
        if error is None or not batch:
            return
        if len(batch) > 1:
            logger.warning("a batch of %d writes failed, going row by row: %s", len(batch), error)
        for item in batch:
            alone = [item]
            if (error := self._try(alone, tries=1)) is not None and alone:
                item.future.set_exception(error)

    def _try(self, batch: list[_Item[T, R]], tries: int) -> Exception | None:
        """Write the batch, waiting while the database is away; what waited too long leaves it."""
        error: Exception | None = None
        clashes = CLASHES
        while tries and batch:
            try:
                with self._database.write() as connection:
                    results = self._commit(connection, [item.value for item in batch])
            except Exception as caught:  # noqa: BLE001 - whatever one row did, its neighbours go on
                error = caught
                if is_away(caught):
                    self._give_up_expired(batch)
                    time.sleep(RETRY_PAUSE if batch else 0)
                elif clashes and self._clash(caught):
                    clashes -= 1
                else:
                    tries -= 1
            else:
                self._tell(batch, results)
                return None
        return error

    def _tell(self, batch: list[_Item[T, R]], results: Sequence[R]) -> None:
        for item, result in zip(batch, results, strict=True):
            item.future.set_result(result)
        if self._after is not None:
            self._after(list(results))

    def _give_up_expired(self, batch: list[_Item[T, R]]) -> None:
        now = time.monotonic()
        for item in [item for item in batch if item.deadline <= now]:
            batch.remove(item)
            item.future.set_exception(Busy("the database is away"))


def is_away(error: Exception) -> bool:
    """Whether the database could not be reached or served now, so that waiting may help."""
    if not isinstance(error, sa.exc.DBAPIError):
        return isinstance(error, sa.exc.TimeoutError)  # the connection pool is exhausted
    if error.connection_invalidated:
        return True
    state = getattr(error.orig, "sqlstate", None)
    if state is None:  # no answer from PostgreSQL, or SQLite, which knows no such codes
        return isinstance(error, sa.exc.OperationalError)
    return str(state)[:2] in {"08", "53", "57"}


def is_clash(error: Exception) -> bool:
    """A deadlock, or a twin that was inserted meanwhile: the second look finds it."""
    state = str(getattr(getattr(error, "orig", None), "sqlstate", ""))
    return isinstance(error, sa.exc.IntegrityError) or state in {"40P01", "40001"}
