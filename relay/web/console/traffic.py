"""The report on traffic sources: a page, and the same as a file."""

import json

from flask import Blueprint, Response, g, render_template

from relay.core.sheets import as_workbook, given_back
from relay.runtime import current
from relay.services.traffic import MOST, Traffic, as_rows, traffic
from relay.web.console.days import SPANS, Days, asked_days, last_days, today
from relay.web.console.files import CSV, XLSX, file_of
from relay.web.console.reports import GROUPS, summed

pages = Blueprint("traffic", __name__, url_prefix="/traffic")

SHOWN = 100
"""Sub-sources of one source on the page; a file has all of them."""


@pages.get("/")
def index() -> str:
    """The report as a page."""
    days = asked_days()
    return render_template(
        "console/traffic/index.html",
        report=_report(days),
        days=days,
        spans=[(number, last_days(number, today())) for number in SPANS],
        groups=GROUPS.items(),
        shown=SHOWN,
        most=MOST,
        summed=summed,
    )


@pages.get("/report.csv")
def as_csv() -> Response:
    """The report as a file for spreadsheets."""
    days = asked_days()
    return _file(given_back(as_rows(_report(days))), CSV, "csv", days)


@pages.get("/report.xlsx")
def as_xlsx() -> Response:
    """The report as a workbook."""
    days = asked_days()
    return _file(as_workbook(as_rows(_report(days))), XLSX, "xlsx", days)


@pages.get("/report.json")
def as_json() -> Response:
    """The report as a file for machines."""
    days = asked_days()
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


def _report(days: Days) -> Traffic:
    return traffic(current(), g.project["id"], days.since, days.until)


def _file(content: bytes, kind: str, ending: str, days: Days) -> Response:
    return file_of(content, kind, f"traffic-{days}.{ending}")
