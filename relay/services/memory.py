"""What is configured, remembered for a second: the hot paths ask for it at every request."""

import threading
import time
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

import sqlalchemy as sa

from relay.runtime import Runtime
from relay.store.writer import Busy, is_away

FRESH_SECONDS = 1.0
"""How old what is remembered may be; a change made by another process shows after this time."""

PATIENCE = 1.0
"""Seconds that a thread waits for another that reads the same anew: what lay unused for an hour is
used only where the database does not answer."""

REMEMBERED = 4096
"""Entries kept; guessed keys must not fill the memory."""

T = TypeVar("T")


def remember(rt: Runtime, key: Hashable, load: Callable[[], T]) -> T:
    """What `load` gives, or gave within the last second. Raises Busy when the database is away."""
    return rt.part(_new_memory).get(key, load)


def forget(rt: Runtime) -> None:
    """Read everything anew at the next use; whoever changes the configuration calls this."""
    rt.part(_new_memory).clear()


class _Memory:
    """Values with the time until which they are fresh; one thread at a time reads each anew."""

    def __init__(self) -> None:
        self._values: dict[Hashable, tuple[Any, float]] = {}
        self._reading: dict[Hashable, threading.Lock] = {}

    def clear(self) -> None:
        self._values.clear()

    def get(self, key: Hashable, load: Callable[[], T]) -> T:
        known = self._values.get(key)
        if known is None:
            return self._load(key, load, None)
        value: T = known[0]
        late = time.monotonic() - known[1]
        if late < 0:
            return value
        reading = self._reading.setdefault(key, threading.Lock())
        if not reading.acquire(timeout=0 if late < FRESH_SECONDS else PATIENCE):
            return value
        try:
            now_known = self._values.get(key, known)
            return now_known[0] if now_known is not known else self._load(key, load, value)
        finally:
            reading.release()

    def _load(self, key: Hashable, load: Callable[[], T], stale: T | None) -> T:
        try:
            value = load()
        except sa.exc.SQLAlchemyError as error:
            if not is_away(error):
                raise
            if stale is None:
                raise Busy("the database is away") from error
            value = stale
        if len(self._values) >= REMEMBERED:
            self._make_room()
        self._values[key] = (value, time.monotonic() + FRESH_SECONDS)
        return value

    def _make_room(self) -> None:
        """What is not there goes first: whoever tries out keys must not cost the real ones theirs,
        which are all there is while the database is away."""
        absent = [key for key, (value, _) in list(self._values.items()) if value is None]
        for key in absent or list(self._values):
            self._values.pop(key, None)
            self._reading.pop(key, None)


def _new_memory(_rt: Runtime) -> _Memory:
    return _Memory()
