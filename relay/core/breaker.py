"""The breaker of a lane: after many failures in a row deliveries wait, and one probes."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

THRESHOLD = 10
"""Failures in a row that open the breaker."""

FIRST_PAUSE = 5.0
"""Seconds that the breaker stays open the first time; each further time it is twice as long."""

LONGEST_PAUSE = 60.0
"""The longest it stays open, in seconds: so soon is a target that came back noticed."""

Gate = Literal["open", "probe", "shut"]


@dataclass(frozen=True, slots=True)
class Breaker:
    """`state` is closed, open or half_open; `failures` in a row, `trips` since the last success."""

    state: str = "closed"
    failures: int = 0
    trips: int = 0
    open_until: datetime | None = None


def gate(breaker: Breaker, now: datetime) -> Gate:
    """What may pass: everything (`open`), one delivery at a time (`probe`) or nothing (`shut`)."""
    if breaker.state == "closed":
        return "open"
    if breaker.state == "open" and breaker.open_until is not None and now < breaker.open_until:
        return "shut"
    return "probe"


def after(breaker: Breaker, *, reached: bool, now: datetime) -> Breaker:
    """The breaker after one attempt; `reached` says that the target did answer for itself.

    Failures that come in while it is open were under way before it opened and change nothing.
    """
    if reached:
        return Breaker()
    if breaker.state == "open":
        return breaker
    counted = replace(breaker, failures=breaker.failures + 1)
    if breaker.state == "closed" and counted.failures < THRESHOLD:
        return counted
    return _opened(counted, now)


def _opened(breaker: Breaker, now: datetime) -> Breaker:
    pause = min(FIRST_PAUSE * 2.0 ** min(breaker.trips, 16), LONGEST_PAUSE)
    return Breaker("open", breaker.failures, breaker.trips + 1, now + timedelta(seconds=pause))
