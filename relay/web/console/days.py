"""The days that a report is of: from one until another, as the address says."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from flask import request
from werkzeug.datastructures import MultiDict

from relay.runtime import current

DEFAULT_DAYS = 30
SPANS = (7, 30, 90, 365)

FIRST_YEAR, LAST_YEAR = 1970, 9000
"""Well within what a calendar can reckon with."""


@dataclass(frozen=True, slots=True)
class Days:
    """From one day until another, both included, in UTC."""

    first: date
    last: date

    @property
    def since(self) -> datetime:
        """The moment at which they begin."""
        return datetime.combine(self.first, time(), UTC)

    @property
    def until(self) -> datetime:
        """The moment at which they are over."""
        return datetime.combine(self.last, time(), UTC) + timedelta(days=1)

    @property
    def query(self) -> dict[str, str]:
        """The members of an address that asks for them."""
        return {"from": self.first.isoformat(), "until": self.last.isoformat()}

    @property
    def moments(self) -> dict[str, str]:
        """The same for addresses of lists, whose ends are moments and the last one exclusive."""
        return {
            "from": f"{self.since:%Y-%m-%dT%H:%M}",
            "until": f"{self.until:%Y-%m-%dT%H:%M}",
        }

    def __str__(self) -> str:
        """As names of files say it."""
        return f"{self.first.isoformat()}-{self.last.isoformat()}"


def asked_days() -> Days:
    """The days that the page's address asks for."""
    return days_of(request.args, today())


def today() -> date:
    """The day it is, in UTC."""
    return current().clock.now().date()


def days_of(given: MultiDict[str, str], today: date) -> Days:
    """The days that an address asks for; what it says wrongly is as if it were left out."""
    last = day_of(given.get("until")) or today
    first = day_of(given.get("from")) or last - timedelta(days=DEFAULT_DAYS - 1)
    return Days(min(first, last), max(first, last))


def last_days(number: int, today: date) -> Days:
    """The newest so many days."""
    return Days(today - timedelta(days=number - 1), today)


def day_of(text: str | None) -> date | None:
    """A day out of a form field, or None where it is none."""
    try:
        day = date.fromisoformat(text or "")
    except ValueError:
        return None
    return day if FIRST_YEAR <= day.year <= LAST_YEAR else None
