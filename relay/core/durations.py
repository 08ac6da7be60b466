"""Durations counted in steps: how many took how long, and within what time most of them did."""

from collections.abc import Mapping

STEPS = (
    *(1, 2, 5, 10, 30, 60, 120, 300, 600, 1800),
    *(3600, 7200, 21_600, 43_200, 86_400, 259_200, 604_800),
)
"""Seconds: a duration is counted by the first of these that it does not exceed."""

BEYOND = len(STEPS)
"""The number of the step for durations that are longer than all of them."""

_UNITS = ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def within(counts: Mapping[int, int], part: float) -> int | None:
    """The least of STEPS, in seconds, within which at least this part of the durations lies.

    `counts` has how many by the step's number. None where there are none, or it is beyond.
    """
    wanted = part * sum(counts.values())
    reached = 0
    for number, seconds in enumerate(STEPS):
        reached += counts.get(number, 0)
        if reached and reached >= wanted:
            return seconds
    return None


def in_words(seconds: int) -> str:
    """One of STEPS as people say it: "30 s", "5 min"."""
    size, unit = next(one for one in _UNITS if seconds >= one[0])
    return f"{seconds // size} {unit}"
