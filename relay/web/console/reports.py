"""Reports: leads and deliveries of some days by source, form, campaign, target or reason."""

from collections.abc import Iterator

from flask import Blueprint, Response, abort, g, render_template, request

from relay.core import durations
from relay.core.advice import of_attempt
from relay.core.money import to_major
from relay.core.sheets import as_workbook, given_back
from relay.runtime import current
from relay.services import inventory, traffic
from relay.services.figures import Span as Figured
from relay.services.figures import figures
from relay.services.funnel import funnel
from relay.services.reports import DIMENSIONS, OF_LEADS, Line, Report, Span, report
from relay.store.tables import DELIVERY_STATES
from relay.web.console import charts, words
from relay.web.console.days import SPANS, Days, asked_days, last_days, today
from relay.web.console.files import CSV, XLSX, file_of
from relay.web.console.project import identifier

pages = Blueprint("reports", __name__, url_prefix="/reports")

TITLES = {
    "source": ("Source",),
    "form": ("Form",),
    "campaign": ("Campaign",),
    "target": ("Target",),
    "reason": ("Target", "State", "Outcome", "Status", "Reason"),
}
"""What the parts of a line's key are."""

NOTHING = {
    "form": "No form named",
    "campaign": "No campaign",
}
"""What stands where leads name nothing."""

GROUPS = {
    "delivered": ("delivered",),
    "failed": ("failed", "expired"),
    "open": ("waiting", "sending"),
    "else": ("ignored", "superseded", "skipped", "cancelled"),
}
"""States that the page counts together; files have each."""

TONES = {"delivered": "good", "failed": "bad", "open": "busy", "else": "quiet"}

SHOWN = 200
"""Lines of the page; a file has all of them."""


@pages.get("/")
def index() -> str:
    """The report by the dimension that the address names, else by source."""
    rt, days, by = current(), asked_days(), _dimension()
    span = _span(days)
    told = report(rt, span, by)
    return render_template(
        "console/reports/index.html",
        report=told,
        by=by,
        dimensions={one: TITLES[one][0] for one in DIMENSIONS} | {"reason": "Reason"},
        of_leads=by in OF_LEADS,
        funnel=funnel(rt, span),
        days=days,
        given=request.args,
        spans=[(number, last_days(number, today())) for number in SPANS],
        sources=inventory.sources_of(rt, g.project["id"]),
        over_time=_over_time(span),
        shares=_shares(told),
        shown=SHOWN,
        groups=GROUPS,
        named=named,
        within=within,
        summed=summed,
    )


@pages.get("/report.csv")
def as_csv() -> Response:
    """The report as a file for spreadsheets."""
    days, by = asked_days(), _dimension()
    told = report(current(), _span(days), by)
    return file_of(given_back(as_rows(told)), CSV, f"leads-by-{by}-{days}.csv")


@pages.get("/report.xlsx")
def as_xlsx() -> Response:
    """The report as a workbook."""
    days, by = asked_days(), _dimension()
    told = report(current(), _span(days), by)
    return file_of(as_workbook(as_rows(told)), XLSX, f"leads-by-{by}-{days}.xlsx")


def _dimension() -> str:
    by = request.args.get("by", "source")
    if by not in DIMENSIONS:
        abort(404)
    return by


def _span(days: Days) -> Span:
    source = identifier(request.args.get("source"))
    return Span(project=g.project["id"], since=days.since, until=days.until, source=source)


def as_rows(told: Report) -> Iterator[list[str]]:
    """The report as a table; times are in seconds, and the least step that holds so many."""
    of_leads = told.dimension in OF_LEADS
    yield [
        *(title.lower() for title in TITLES[told.dimension]),
        *(["leads", "won", "won_value", "currency"] if of_leads else []),
        *(f"deliveries_{state}" for state in DELIVERY_STATES),
        *("half_within_seconds", "95_percent_within_seconds"),
    ]
    for line in told.lines:
        yield from _rows_of(line, of_leads=of_leads)


def _rows_of(line: Line, *, of_leads: bool) -> Iterator[list[str]]:
    """A row for each currency; counts stand in the first alone, so that a column's sum is right."""
    times = [durations.within(line.took, part) for part in (0.5, 0.95)]
    counts = [str(line.deliveries[state]) for state in DELIVERY_STATES]
    counts += ["" if one is None else str(one) for one in times]
    if not of_leads:
        yield [*line.names, *counts]
        return
    people = [str(line.leads), str(line.won)]
    for currency, minor in sorted(line.value_minor.items()) or [("", 0)]:
        value = str(to_major(minor, currency)) if minor else ""
        yield [*line.names, *people, value, currency, *counts]
        people, counts = ["0", "0"], ["0"] * len(DELIVERY_STATES) + ["", ""]


def named(line: Line, by: str) -> str:
    """What a line is of, in words for the page."""
    if by != "reason":
        return line.names[0] or NOTHING.get(by, "")
    _target, state, outcome, status, reason = line.key
    advice = of_attempt(outcome, status) if outcome else None
    return advice.cause if advice else str(reason or words.delivery(state).advice)


def within(line: Line, part: float) -> str:
    """The time within which this part of what was delivered was."""
    if not line.took:
        return "–"
    seconds = durations.within(line.took, part)
    longest = durations.in_words(durations.STEPS[-1])
    return f"over {longest}" if seconds is None else durations.in_words(seconds)


def summed(line: Line | traffic.Line, states: tuple[str, ...]) -> int:
    """How many of a line's deliveries are in one of these states."""
    return sum(line.deliveries[state] for state in states)


def _over_time(span: Span) -> charts.Chart:
    asked = Figured(project=span.project, since=span.since, until=span.until, source=span.source)
    found = figures(current(), asked)
    series = [
        charts.Series("Received", "busy"),
        charts.Series("Delivered", "good"),
        charts.Series("Failed", "bad"),
    ]
    slots = [
        charts.Slot((step.received, step.delivered, step.failed), at=step.at)
        for step in found.steps
    ]
    return charts.draw(series, slots, ((0,), (1, 2)), daily=found.step >= 86_400)


def _shares(told: Report) -> dict[int, list[tuple[str, float, float]]]:
    """The bar of each line as (tone, from, width), in hundredths of the largest line's."""
    most = max((line.deliveries.total() for line in told.lines), default=0) or 1
    found = {}
    for number, line in enumerate(told.lines[:SHOWN]):
        begin, bar = 0.0, []
        for name, states in GROUPS.items():
            width = round(100 * summed(line, states) / most, 2)
            bar.append((TONES[name], round(begin, 2), width))
            begin += width
        found[number] = bar
    return found
