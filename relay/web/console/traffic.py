"""The report on traffic sources: a page, and the same as a file."""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from flask import Blueprint, Response, g, render_template, request
from werkzeug.datastructures import MultiDict

from relay.core.money import to_major
from relay.core.sheets import given_back
from relay.runtime import current
from relay.services.traffic import MOST, Line, Traffic, as_rows, traffic

pages = Blueprint("traffic", __name__, url_prefix="/traffic")

DEFAULT_DAYS = 30
SPANS = (7, 30, 90, 365)

FIRST_YEAR, LAST_YEAR = 1970, 9000
"""Well within what a calendar can reckon with."""

SHOWN = 100
"""Sub-sources of one source on the page; a file has all of them."""

FAILED = ("failed", "expired")
OPEN = ("waiting", "sending")
ELSE = ("ignored", "superseded", "skipped", "cancelled")


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


@pages.get("/")
def index() -> str:
    """The report as a page."""
    days = days_of(request.args, current().clock.now().date())
    return render_template(
        "console/traffic/index.html",
        report=_report(days),
        days=days,
        spans=[(number, _last(number)) for number in SPANS],
        groups=(("delivered", ("delivered",)), ("failed", FAILED), ("open", OPEN), ("else", ELSE)),
        shown=SHOWN,
        most=MOST,
        money=_money,
        summed=_summed,
    )


@pages.get("/report.csv")
def as_csv() -> Response:
    """The report as a file for spreadsheets."""
    days = days_of(request.args, current().clock.now().date())
    return _file(given_back(as_rows(_report(days))), "text/csv; charset=utf-8", "csv", days)


@pages.get("/report.json")
def as_json() -> Response:
    """The report as a file for machines."""
    days = days_of(request.args, current().clock.now().date())
    report = _report(days)
    document = {
        "project": g.project["public_id"],
        "since": days.since.isoformat(),
        "until": days.until.isoformat(),
        "complete": not report.cut,
        "traffic_sources": [line.to_json() for line in report.lines],
    }
    text = json.dumps(document, ensure_ascii=False, indent=2)
    return _file(text.encode("utf-8", "replace"), "application/json", "json", days)


def days_of(given: MultiDict[str, str], today: date) -> Days:
    """The days that an address asks for; what it says wrongly is as if it were left out."""
    last = _day(given.get("until")) or today
    first = _day(given.get("from")) or last - timedelta(days=DEFAULT_DAYS - 1)
    return Days(min(first, last), max(first, last))


def _report(days: Days) -> Traffic:
    return traffic(current(), g.project["id"], days.since, days.until)


def _last(number: int) -> Days:
    today = current().clock.now().date()
    return Days(today - timedelta(days=number - 1), today)


def _day(text: str | None) -> date | None:
    """A day out of a form field, or None where it is none."""
    try:
        day = date.fromisoformat(text or "")
    except ValueError:
        return None
    return day if FIRST_YEAR <= day.year <= LAST_YEAR else None


def _money(line: Line) -> list[str]:
    """What was won, as people write amounts; a currency that nobody said is left out."""
    return [
        f"{to_major(minor, currency):,.2f} {currency}".strip()
        for currency, minor in sorted(line.value_minor.items())
    ]


def _summed(line: Line, states: tuple[str, ...]) -> int:
    return sum(line.deliveries[state] for state in states)


def _file(content: bytes, kind: str, ending: str, days: Days) -> Response:
    name = f"traffic-{days.first.isoformat()}-{days.last.isoformat()}.{ending}"
    disposition = f'attachment; filename="{name}"'
    return Response(content, content_type=kind, headers={"Content-Disposition": disposition})
