"""When to try again: pure arithmetic over a schedule of waits, in seconds."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

SCHEDULE: tuple[float, ...] = (5, 60, 300, 1800, 7200, 18000, 36000, 36000)
"""The waits between tries where neither the target nor its kind says otherwise."""

JITTER = 0.2
"""The share by which a wait is stretched or shrunk, so that what failed together spreads."""

LONGEST = 86400.0
"""The longest wait that a target may ask for: one day."""


def next_wait(
    schedule: Sequence[float], attempt: int, jitter: float, retry_after: float | None = None
) -> float | None:
    """The wait after attempt number `attempt` (from 1) has failed, or None after the last one.

    `jitter` is from -1 to 1 and moves the wait by up to 20 %. A longer `retry_after` is obeyed
    within `LONGEST`, stretched and never shrunk; a shorter one does not hurry the schedule.
    """
    if attempt > len(schedule):
        return None
    asked = bounded(retry_after)
    step = schedule[attempt - 1]
    return asked * (1 + JITTER * abs(jitter)) if asked > step else step * (1 + JITTER * jitter)


def allowed(schedule: Sequence[float], max_attempts: int | None) -> int:
    """How many attempts are made before a delivery is given up."""
    most = len(schedule) + 1
    return most if max_attempts is None else min(most, max_attempts)


def wait_to_last(schedule: Sequence[float], attempts: int, max_attempts: int | None) -> float:
    """The seconds from the next attempt to the last one, if all of them fail and nobody asks for
    patience; `attempts` were made already."""
    return sum(schedule[attempts : allowed(schedule, max_attempts) - 1])


def bounded(seconds: float | None) -> float:
    """A wait that was asked for, from 0 to `LONGEST`; nonsense (NaN, below zero) is 0."""
    if seconds is None or math.isnan(seconds) or seconds < 0:
        return 0.0
    return min(seconds, LONGEST)


def parse_retry_after(header: str | None, now: float) -> float | None:
    """The seconds that a `Retry-After` header asks for, given as a number or an HTTP date.

    `now` is in Unix seconds. None where there is no header or none that can be read; a date that
    has passed is 0. The result is not above `LONGEST`.
    """
    text = (header or "").strip()
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        return _until_date(text, now)
    return None if math.isnan(seconds) or seconds < 0 else bounded(seconds)


def _until_date(text: str, now: float) -> float | None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return bounded(max(0.0, _instant(moment).timestamp() - now))


def _instant(moment: datetime) -> datetime:
    """HTTP dates are in GMT, also where the zone is written as -0000 or left out."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
