"""How many requests a source or an API key may make: counted in Redis, in memory while that is
away.
"""

from dataclasses import dataclass
from typing import Any, Literal

from flask import Flask, g
from flask_limiter import Limiter, RateLimitExceeded
from limits.storage import RedisStorage
from redis import RedisError

from relay.queue import Queue
from relay.runtime import Runtime
from relay.services.configured import ConfiguredSource


@dataclass(frozen=True, slots=True)
class Over:
    """Which limit a request is over, and the seconds until there is room again."""

    limit: Literal["rate", "address"]
    seconds: int


class RestingRedis(RedisStorage):
    """Redis as flask-limiter uses it; it and the queue leave it alone together after a failure."""

    STORAGE_SCHEME = ["relay+redis"]  # noqa: RUF012 - the registry of `limits` reads it so

    def __init__(self, uri: str, *, queue: Queue, **options: Any) -> None:
        self._queue = queue
        super().__init__(uri, **options)

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count; one round trip. Raises RedisError, at once while Redis rests."""
        if self._queue.rests:
            raise RedisError("left alone for a moment after it failed")
        try:
            return super().incr(key, expiry, amount)
        except RedisError:
            self._queue.rest()
            raise

    def check(self) -> bool:
        """Whether Redis answers; false without asking while it rests."""
        if self._queue.rests:
            return False
        answers = super().check()
        if not answers:
            self._queue.rest()
        return answers


class DoorLimits:
    """The limits of all sources: flask-limiter, asked once per request by `wait`."""

    def __init__(self, app: Flask, runtime: Runtime) -> None:
        self._config = runtime.config
        self._clock = runtime.clock
        options: dict[str, Any] = {
            "queue": runtime.queue,
            "connection_pool": runtime.queue.connection.connection_pool,
        }
        self._limiter = Limiter(
            lambda: "",
            storage_uri="relay+redis://",
            storage_options=options,
            strategy="fixed-window",  # one small script in Redis
            in_memory_fallback_enabled=True,
            swallow_errors=True,  # else threads that meet a dying Redis together race into 500s
            request_identifier=lambda: "in",
        )
        # Counted as its own extension already, it adds no hooks of its own to every request: the
        # door asks when it knows the source.
        app.extensions["limiter"] = {self._limiter}
        self._limiter.init_app(app)
        by_source = self._limiter.limit(lambda: g.source_rate, key_func=lambda: g.source_key)
        by_address = self._limiter.limit(lambda: g.address_rate, key_func=_address_key)
        self._count = by_source(_server_post)
        self._count_browser = by_address(by_source(_browser_post))
        by_caller = self._limiter.limit(lambda: g.api_rate, key_func=lambda: g.caller)
        self._count_call = by_caller(_api_call)

    def over(self, source: ConfiguredSource, visitor: str | None, scope: str = "") -> Over | None:
        """Count one request; says where it is over a limit, None where there is room.

        `visitor` is the address of a visitor's browser, None for a server's post: forty sites may
        stand behind one server's address. Each `scope` of a source is counted apart.
        """
        chosen = source.options.get("limits") or {}
        g.source_rate = chosen.get("source") or self._config.source_rate
        g.source_key = f"{source.id}:{scope}" if scope else str(source.id)
        try:
            if visitor is None:
                self._count()
            else:
                g.address_rate = chosen.get("address") or self._config.address_rate
                g.address_key = f"{g.source_key}/{visitor}"
                self._count_browser()
        except RateLimitExceeded as exceeded:
            by_address = exceeded.limit is not None and exceeded.limit.key_func is _address_key
            return Over("address" if by_address else "rate", self._seconds(exceeded))
        return None

    def over_key(self, caller: str) -> Over | None:
        """Count one call of an API; `caller` is the key's id, or the address where there is none.

        Calls that bring leads are not counted here: over a limit they are kept and wait.
        """
        g.api_rate = self._config.api_rate
        g.caller = f"api/{caller}"
        try:
            self._count_call()
        except RateLimitExceeded as exceeded:
            return Over("rate", self._seconds(exceeded))
        return None

    def _seconds(self, exceeded: RateLimitExceeded) -> int:
        """Until the window ends; the whole window where its end is not known."""
        window = exceeded.limit.limit.get_expiry() if exceeded.limit else 60
        current = self._limiter.current_limit
        try:
            left = current.reset_at - self._clock.now().timestamp() if current else window
        except RedisError:
            left = window
        return int(min(max(left, 1), window))


def door_limits(app: Flask, runtime: Runtime) -> DoorLimits:
    """The application's limits, which all its doors share."""
    if "relay_limits" not in app.extensions:
        app.extensions["relay_limits"] = DoorLimits(app, runtime)
    limits: DoorLimits = app.extensions["relay_limits"]
    return limits


def _address_key() -> str:
    return str(g.address_key)


def _server_post() -> None:
    """What flask-limiter decorates for the posts of servers."""


def _browser_post() -> None:
    """What flask-limiter decorates for the posts of browsers."""


def _api_call() -> None:
    """What flask-limiter decorates for the calls of the APIs."""
