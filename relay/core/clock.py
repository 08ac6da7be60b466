"""The wall clock, injected so that tests can set it."""

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """The present moment, in UTC with its zone."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """The present moment, in UTC with its zone."""
        return datetime.fromtimestamp(time.time(), UTC)  # noqa: TID251 - the one place that asks
