"""What a sender asks to be done with a lead, read from how it was written.

The parameters are TrackDrive's ("TrackDrive: Create a Lead"); a form's mapping may fill their
places too. What a sender wrote so that it cannot be read asks for nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from relay.core.contract import Json
from relay.core.readings import boolean, moment, whole

LONGEST_DELAY = timedelta(days=366)
"""Nothing is put off for longer; what asks for more is put off for this."""

LONGEST_LIFE = timedelta(days=3660)

HIGHEST_PRIORITY = 1000
"""Of a lead, and as a negative number the lowest: what is beyond counts as this."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """How one version of a lead is to be sent on: not before `due_at`, not after `expires_at`.

    Greater `priority` goes first. `cap` is how often the lead may be sent to one target in all.
    `restart` asks that it be sent even where nothing is new.
    """

    due_at: datetime | None = None
    expires_at: datetime | None = None
    priority: int = 0
    cap: int | None = None
    restart: bool = False

    @property
    def renew(self) -> bool:
        """Whether what still waits to be sent first is to go by these orders instead."""
        return self.restart or self.due_at is not None


def orders(said: Json, lead: Json, arrived: datetime) -> Orders:
    """The orders for the version of a lead that a submission brought.

    Times and lifetime are the submission's own, counted from when it `arrived`; priority and cap
    are the lead's, so that a later submission need not say them again.
    """
    own, kept = _directives(said), _directives(lead)
    hours = _read(whole, own.get("hours_to_expire")) or 0
    cap = _read(whole, kept.get("max_contact_attempts")) or 0
    priority = _read(whole, kept.get("lead_priority")) or 0
    return Orders(
        due_at=_due(own, arrived),
        expires_at=arrived + _span(hours * 3600, LONGEST_LIFE) if hours > 0 else None,
        priority=max(-HIGHEST_PRIORITY, min(priority, HIGHEST_PRIORITY)),
        cap=cap if cap > 0 else None,
        restart=asks(said, "restart_schedule"),
    )


def asks(document: Json, name: str) -> bool:
    """Whether this directive is there and says yes."""
    return _read(boolean, _directives(document).get(name)) is True


def _due(own: dict[str, Json], arrived: datetime) -> datetime | None:
    """The latest of the times that are asked for: nothing goes before any of them."""
    seconds = _read(whole, own.get("schedule_callback_in_seconds"))
    asked = [_read(moment, own.get(name)) for name in ("schedule_callback_at", "next_action_at")]
    if seconds is not None and seconds >= 0:
        asked.append(arrived + _span(seconds, LONGEST_DELAY))
    times = [one for one in asked if one is not None]
    return min(max(times), arrived + LONGEST_DELAY) if times else None


def _span(seconds: int, longest: timedelta) -> timedelta:
    return timedelta(seconds=min(seconds, int(longest.total_seconds())))


def _directives(document: Json) -> dict[str, Json]:
    found = document.get("directives") if isinstance(document, dict) else None
    return found if isinstance(found, dict) else {}


def _read(reader: Callable[[Json], T], value: Json) -> T | None:
    try:
        return None if value is None else reader(value)
    except ValueError:
        return None
