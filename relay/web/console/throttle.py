"""Guessing is made slow: passwords are counted by address, and by address and account; whoever
knows a password, or has a session, is counted by the person whatever the address."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore
from uuid import UUID

from flask import Flask, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_limiter import Limiter, RateLimitExceeded

BY_ACCOUNT = "8/minute;40/hour"
BY_ADDRESS = "30/minute;300/hour"
BY_PERSON = "10/minute;40/hour;100/day"

AT_ONCE = 4
"""Passwords that one process compares at the same time. Each takes 64 MiB and a core, which guesses
from a thousand addresses would take from the leads that arrive."""


class Throttle:
    """The limits of signing in, counted by the application's one limiter."""

    def __init__(self, app: Flask) -> None:
        limiter: Limiter = next(iter(app.extensions["limiter"]))
        by_account = limiter.limit(BY_ACCOUNT, key_func=_account)
        by_address = limiter.limit(BY_ADDRESS, key_func=_address)
        self._count = by_address(by_account(_try))
        self._count_address = limiter.limit(BY_ADDRESS, key_func=_address)(_try_address)
        self._count_person = limiter.limit(BY_PERSON, key_func=_person)(_try_person)
        self._turns = BoundedSemaphore(AT_ONCE)

    def wait(self) -> int | None:
        """Count one try; the seconds to wait where it is one too many."""
        return _seconds(self._count)

    def wait_by_address(self) -> int | None:
        """Count one try that names no account; like `wait`."""
        return _seconds(self._count_address)

    def wait_for(self, person: UUID) -> int | None:
        """Count one try to prove that one is this person; like `wait`."""
        g.proving = person
        return _seconds(self._count_person)

    @contextmanager
    def turn(self) -> Iterator[bool]:
        """Whether a password may be compared now; nobody waits, for waiting takes a thread."""
        free = self._turns.acquire(blocking=False)
        try:
            yield free
        finally:
            if free:
                self._turns.release()


def too_many(seconds: int) -> ResponseReturnValue:
    """The page that asks for patience."""
    minutes = max(1, seconds // 60)
    page = render_template(
        "console/message.html",
        title="Too many tries",
        text=f"Wait {minutes} minute{'s' if minutes > 1 else ''}, then try again.",
    )
    return page, 429, {"Retry-After": str(seconds)}


def _seconds(count: Callable[[], None]) -> int | None:
    try:
        count()
    except RateLimitExceeded as exceeded:
        return int(exceeded.limit.limit.get_expiry())
    return None


def _address() -> str:
    return f"sign-in/{request.remote_addr}"


def _account() -> str:
    account = request.form.get("email", "").strip().lower()[:254]
    return f"sign-in/{request.remote_addr}/{account}"


def _person() -> str:
    return f"proof/{g.proving}"


def _try() -> None:
    """What flask-limiter decorates."""


def _try_address() -> None:
    """The same; it knows what it decorates by its name."""


def _try_person() -> None:
    """The same."""
