"""The rhythm of a source: what it usually gets in each hour of the week, and how quiet it can be.

Quiet is measured in arrivals that were to be expected: a night or a weekend in which nothing ever
comes is no quiet at all, whatever its length.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

WEEK = 168
"""Hours."""

MOST_WEEKS, FEWEST_WEEKS = 4, 2
"""Weeks that a rhythm is learned from."""

FEWEST = 20
"""Arrivals without which there is no rhythm."""

BURST = 3
"""An hour counts for at most so many times what a usual one has: one import makes no rhythm."""

SENSITIVITY = {"high": 1.0, "normal": 1.5, "low": 3.0}
"""By how much a quiet has to be longer than what chance and the past explain."""

_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Rhythm:
    """What was learned: of so many weeks, with so many arrivals in them.

    `hours` is what is to be expected in each hour of the week, from Monday's first (UTC), `longest`
    the arrivals that were missed in the longest quiet of the past but one: an outage is no rhythm.
    """

    weeks: int
    arrivals: int
    hours: tuple[float, ...]
    longest: float

    def expected(self, since: datetime, until: datetime) -> float:
        """How many arrivals are usual between two times."""
        found, whole = 0.0, sum(self.hours)
        weeks = (until - since) // timedelta(weeks=1)
        found += whole * max(weeks, 0)
        at = since + timedelta(weeks=max(weeks, 0))
        while at < until:
            following = min(_hour(at) + _HOUR, until)
            found += self.hours[hour_of_week(at)] * ((following - at) / _HOUR)
            at = following
        return found

    def enough(self, sensitivity: str) -> float:
        """How many arrivals have to be missed.

        As chance would have it, a quiet in which n are missed comes once in e^n arrivals: with this
        floor less than once in the time that was learned from, even at the highest sensitivity.
        """
        floor = math.log(self.arrivals) + 3
        return SENSITIVITY[sensitivity] * max(floor, self.longest)


def learn(counts: Sequence[int], first: int) -> Rhythm | None:
    """The rhythm of whole weeks, hour by hour from the hour of the week that is `first`.

    None where there are too few of them, or of arrivals.
    """
    weeks, arrivals = len(counts) // WEEK, sum(counts)
    if weeks < FEWEST_WEEKS or arrivals < FEWEST:
        return None
    cap = BURST * median(count for count in counts if count)
    hours = [0.0] * WEEK
    for number, count in enumerate(counts):
        hours[(first + number) % WEEK] += min(count, cap) / weeks
    return Rhythm(weeks, arrivals, tuple(hours), _longest(counts, first, hours))


def _longest(counts: Sequence[int], first: int, hours: Sequence[float]) -> float:
    """What was missed in the longest quiet but one."""
    missed = [0.0]
    for number, count in enumerate(counts):
        if count:
            missed.append(0.0)
        else:
            missed[-1] += hours[(first + number) % WEEK]
    return sorted([0.0, *missed])[-2]


def hour_of_week(at: datetime) -> int:
    """Which hour of the week a time (UTC) is in."""
    return at.weekday() * 24 + at.hour


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)
