"""Rate limits and retry schedules in words: how much they let through, and when tries come."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

SECONDS = {
    "second": 1,
    "minute": 60,
    "hour": 3600,
    "day": 86400,
    "month": 30 * 86400,
    "year": 360 * 86400,
}
"""Lengths of the units that limits are written in; months and years as the limiter counts them."""

HOUR, DAY = SECONDS["hour"], SECONDS["day"]

_ONE = re.compile(r"(\d+)\s*(?:/|\s*per\s*)\s*(\d+)?\s*([a-z]+?)s?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Rate:
    """So many per so many units of time."""

    amount: int
    every: int
    unit: str

    @property
    def written(self) -> str:
        """As configurations have it: 10/second, 100/5 minute."""
        return f"{self.amount}/{self.unit if self.every == 1 else f'{self.every} {self.unit}'}"

    @property
    def per_hour(self) -> float:
        """How many an hour that is, in the long run."""
        return self.amount * HOUR / (self.every * SECONDS[self.unit])

    @property
    def words(self) -> str:
        """As people say it."""
        span = self.unit if self.every == 1 else f"{self.every} {self.unit}s"
        return f"{self.amount:,} per {span}"


@dataclass(frozen=True, slots=True)
class Try:
    """One try of a schedule: its number, the wait before it, when it comes; in seconds."""

    number: int
    wait: float
    at: float


def rate(text: str) -> Rate | None:
    """The one rate that a text says, or None."""
    found = _ONE.fullmatch(text.strip())
    if found is None or found[3].lower() not in SECONDS or not int(found[1]):
        return None
    return Rate(int(found[1]), int(found[2] or 1) or 1, found[3].lower())


def throughput(limits: Sequence[str]) -> str:
    """What limits come to: “about 600 an hour”; "" where there are none."""
    rates = [one for text in limits for part in re.split("[,;|]", text) if (one := rate(part))]
    if not rates:
        return ""
    least = min(one.per_hour for one in rates)
    if least >= 1:
        return f"about {round(least):,} an hour"
    return f"about {max(round(least * 24), 1):,} a day"


def tries(schedule: Sequence[float]) -> list[Try]:
    """The first try, at once, and one after each wait."""
    return list(_tries(schedule))


def span(seconds: float) -> str:
    """A span of time in its two largest units: 90 is “1 min 30 s”, 0 “0 s”."""
    parts = []
    rest = seconds
    for name, size in (("d", DAY), ("h", HOUR), ("min", 60), ("s", 1)):
        whole = int(rest // size)
        rest -= whole * size
        if whole:
            parts.append(f"{whole} {name}")
    if seconds < 60 and rest:
        return f"{seconds:g} s"
    return " ".join(parts[:2]) or "0 s"


def largest_unit(seconds: float) -> tuple[float, str]:
    """A span as a number of the largest unit that leaves no rest."""
    for unit in ("day", "hour", "minute"):
        if seconds and seconds % SECONDS[unit] == 0:
            return seconds / SECONDS[unit], unit
    return seconds, "second"


def _tries(schedule: Sequence[float]) -> Iterator[Try]:
    at = 0.0
    yield Try(1, 0.0, at)
    for number, wait in enumerate(schedule, start=2):
        at += wait
        yield Try(number, wait, at)
