"""The delivery log: every delivery, found by the filters in the address, and what can be done."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from relay.runtime import current
from relay.services import browse, inventory
from relay.services.figures import Span
from relay.services.filtering import Filter
from relay.services.received import Arrived
from relay.services.received import received as submissions_received
from relay.store.tables import DELIVERY_STATES
from relay.web.console import figures, tail
from relay.web.console.project import identifier

pages = Blueprint("deliveries", __name__, url_prefix="/deliveries")

SPANS = {
    "1h": ("Last hour", timedelta(hours=1)),
    "24h": ("Last 24 hours", timedelta(days=1)),
    "7d": ("Last 7 days", timedelta(days=7)),
    "30d": ("Last 30 days", timedelta(days=30)),
}


@pages.get("/")
def index() -> str:
    """The log, newest first."""
    rt = current()
    wanted = filter_of(request.args, g.project["id"])
    page = browse.deliveries(rt, wanted, cursor_of(request.args))
    return render_template(
        "console/deliveries/index.html",
        page=page,
        given=request.args,
        drawn=_drawn() if "figures" in request.args else None,
        figures_kept=_of_figures(),
        filtered=any(request.args.get(name) for name in ("q", "state", "source", "target", *TIMES)),
        states=DELIVERY_STATES,
        spans=SPANS,
        sources=inventory.sources_of(rt, g.project["id"]),
        targets=inventory.targets_of(rt, g.project["id"]),
    )


@pages.get("/figures")
def numbers() -> str:
    """Tiles and chart of the span of time that the address names, for the list's page."""
    return render_template("console/deliveries/_answer.html", drawn=_drawn())


@pages.get("/received/")
def received() -> str:
    """Everything that arrived in a span of time, whatever became of it."""
    wanted = filter_of(request.args, g.project["id"])
    arrived = Arrived(
        project=g.project["id"], source=wanted.source, since=wanted.since, until=wanted.until
    )
    page = submissions_received(current(), arrived, cursor_of(request.args))
    return render_template(
        "console/deliveries/received.html", page=page, given=request.args, wanted=wanted
    )


@pages.get("/newer")
def newer() -> ResponseReturnValue:
    """How many deliveries came after the newest one that a page shows."""
    wanted = filter_of(request.args, g.project["id"])
    return tail.news(".newer", lambda than: browse.newer_deliveries(current(), wanted, than))


TIMES = ("span", "from", "until")


def filter_of(given: MultiDict[str, str], project: UUID) -> Filter:
    """The filter that an address asks for; what it says wrongly restricts nothing."""
    span = SPANS.get(given.get("span", ""))
    since = current().clock.now() - span[1] if span else _moment(given.get("from"))
    return Filter(
        project=project,
        states=[state for state in given.getlist("state") if state in DELIVERY_STATES],
        source=identifier(given.get("source")),
        target=identifier(given.get("target")),
        lead=identifier(given.get("lead")),
        since=since,
        until=_moment(given.get("until")),
        text=given.get("q", "")[:200],
    )


def _drawn() -> figures.Drawn:
    """The figures of the span that the address names, else of the last day."""
    wanted = filter_of(request.args, g.project["id"])
    now = current().clock.now()
    timed = wanted.since is not None or wanted.until is not None
    until = min(wanted.until or now, now)
    span = Span(
        project=g.project["id"],
        since=wanted.since or until - (SPANS["30d"] if timed else SPANS["24h"])[1],
        until=until,
        source=wanted.source,
        target=wanted.target,
    )
    return figures.drawn(span, _title(), _of_figures() | ({} if timed else {"span": "24h"}))


def _of_figures() -> dict[str, str]:
    return {name: request.args[name] for name in FIGURES_OF if request.args.get(name)}


FIGURES_OF = ("source", "target", "span", "from", "until")
"""Parameters of the list's address that its figures obey."""


def _title() -> str:
    span = SPANS.get(request.args.get("span", "24h"))
    timed = request.args.get("from") or request.args.get("until")
    return span[0] if span and ("span" in request.args or not timed) else "The chosen time"


def cursor_of(given: MultiDict[str, str]) -> browse.Cursor:
    """Where the page begins that an address asks for."""
    return browse.Cursor(identifier(given.get("after")), identifier(given.get("before")))


def _moment(text: str | None) -> datetime | None:
    """A time from a form field, which has no zone: UTC."""
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
