"""Rate limits, counted in Redis so that all workers share them."""

import logging
import threading
import time
from collections.abc import Sequence
from functools import lru_cache

from limits import RateLimitItem, parse
from limits.storage import RedisStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from redis import RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

from relay.config import Config
from relay.core.clock import SystemClock

log = logging.getLogger(__name__)

PATIENCE = 0.25
"""Seconds that Redis may take to connect and to answer."""

REST = 1.0
"""Seconds that Redis is left alone after a failure; also the wait that is answered then."""

SHORTEST = 0.05
"""The shortest wait that is answered, in seconds."""


class RateLimits:
    """Counts per key in sliding windows. Without Redis nothing goes, for a limit is a promise."""

    def __init__(self, config: Config) -> None:
        self._storage = RedisStorage(
            _storage_url(config.redis_url),
            socket_timeout=PATIENCE,
            socket_connect_timeout=PATIENCE,
            retry=Retry(NoBackoff(), 0),  # type: ignore[arg-type]  # passed on to redis as it is
        )
        self._windows = SlidingWindowCounterRateLimiter(self._storage)
        self._clock = SystemClock()  # the library counts by the machine's own clock
        self._resting_until = 0.0
        self._lock = threading.Lock()

    def take(self, key: str, limits: Sequence[str]) -> float | None:
        """Take one permit of `key` under every limit such as "10/second".

        None says go; else the seconds to wait, and then no permit was taken from the limit that is
        closed. Raises ValueError for a limit that cannot be read.
        """
        items = [parse_limit(text) for text in limits]
        if not items:
            return None
        if time.monotonic() < self._resting_until:
            return REST
        try:
            return self._take(key, items)
        except RedisError as error:
            self._rest(error)
            return REST

    def close(self) -> None:
        """Give the connections back."""
        self._storage.storage.close()

    def _take(self, key: str, items: list[RateLimitItem]) -> float | None:
        if len(items) > 1:  # look first, so that a closed one does not use up the others
            for item in items:
                if not self._windows.test(item, key):
                    return self._wait(item, key)
        for item in items:
            if not self._windows.hit(item, key):
                return self._wait(item, key)
        return None

    def _wait(self, item: RateLimitItem, key: str) -> float:
        reset = self._windows.get_window_stats(item, key).reset_time
        wait = reset - self._clock.now().timestamp()
        return min(max(wait, SHORTEST), float(item.get_expiry()))

    def _rest(self, error: RedisError) -> None:
        with self._lock:
            self._resting_until = time.monotonic() + REST
        log.warning("rate limits: Redis does not answer, nothing limited is sent: %s", error)


@lru_cache(maxsize=1024)
def parse_limit(text: str) -> RateLimitItem:
    """One limit, such as "10/second" or "90 per 10 seconds". Raises ValueError."""
    return parse(text)


def _storage_url(url: str) -> str:
    return f"redis+{url}" if url.startswith("unix:") else url
