"""The sorts of problems: what opens one, and what ends it."""

from dataclasses import dataclass

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0

RECENT = HOUR
"""Seconds within which what happens now and then has to happen often enough to be a problem."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sort:
    """One sort of problem, with its name for people.

    What `repeats` is counted, opens at its threshold, and is over when nothing of it has happened
    for `calm` seconds. The others are states: they open when they have lasted for `after` seconds,
    and are over when they are. `house` says that it may be the whole relay's.
    """

    label: str
    repeats: bool = False
    after: float = 0.0
    calm: float = 30 * DAY
    house: bool = False


SORTS: dict[str, Sort] = {
    "delivery": Sort(label="Deliveries that fail", repeats=True),
    "expired": Sort(label="Deliveries that became too old", repeats=True),
    "crashed": Sort(label="Deliveries that end their worker", repeats=True),
    "paused": Sort(label="Paused targets"),
    "unreachable": Sort(label="Targets that do not answer", after=10 * MINUTE),
    "overdue": Sort(label="Work that is too old", house=True),
    "quarantine": Sort(label="Submissions that cannot be read", repeats=True),
    "turned away": Sort(label="Requests that are turned away", repeats=True, calm=7 * DAY),
    "silence": Sort(label="Sources that have gone silent"),
    "credential": Sort(label="Credentials that end"),
    "version": Sort(label="Vendors' versions that end"),
    "reconcile": Sort(label="Lists that cannot be had"),
    "notice": Sort(label="Notices that cannot be sent"),
    "disk": Sort(label="Disks that run low", house=True),
    "process": Sort(label="Processes that do not run", after=MINUTE, house=True),
}
"""Every sort there is, in the order in which they can be chosen."""

_THRESHOLDS = {
    ("delivery", "retry"): 5,
    ("delivery", "throttled"): 50,
    "turned away": 5,
}
_CALM = {"retry": 13 * HOUR, "throttled": HOUR}
"""A retry comes again within thirteen hours, the longest wait of the usual schedule."""


def threshold(sort: str, outcome: str) -> int:
    """How often within RECENT it has to happen to be a problem."""
    return _THRESHOLDS.get((sort, outcome)) or _THRESHOLDS.get(sort) or 1


def calm(sort: str, outcome: str) -> float:
    """Seconds after which it is over, if nothing of it has happened."""
    return _CALM.get(outcome, SORTS[sort].calm) if sort == "delivery" else SORTS[sort].calm
