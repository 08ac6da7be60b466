"""The delivery log: every delivery, found by the filters in the address, and what can be done."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue

from relay.runtime import current
from relay.services import browse, inventory
from relay.services.figures import Span
from relay.services.filtering import CLASSES
from relay.services.received import Arrived
from relay.services.received import received as submissions_received
from relay.services.stretch import SEARCHED
from relay.web.console import figures, tail, views, words
from relay.web.console.chips import chips
from relay.web.console.columns import COLUMNS, columns_of
from relay.web.console.filters import (
    LISTS,
    SPANS,
    Given,
    cursor_of,
    filter_of,
    is_filtered,
    kept,
    mistakes,
)
from relay.web.console.panel import shown
from relay.web.console.project import identifier

__all__ = ["cursor_of", "filter_of", "pages"]

pages = Blueprint("deliveries", __name__, url_prefix="/deliveries")


@pages.get("/")
def index() -> str:
    """The log, newest first, with the chosen delivery beside it."""
    rt, given, project = current(), request.args, g.project["id"]
    sources, targets = inventory.sources_of(rt, project), inventory.targets_of(rt, project)
    chosen = identifier(given.get("delivery"))
    return render_template(
        "console/deliveries/index.html",
        page=browse.deliveries(rt, filter_of(given, project), cursor_of(given)),
        given=given,
        kept=kept(given),
        beside=_beside(given),
        unfiltered={"columns": given["columns"]} if given.get("columns") else {},
        filtered=is_filtered(given),
        wrong=mistakes(given),
        chips=chips(given, {str(one["id"]): one["name"] for one in (*sources, *targets)}),
        chosen=shown(chosen) if chosen else None,
        columns=columns_of(given),
        every_column=COLUMNS,
        drawn=_drawn() if "figures" in given else None,
        figures_kept=_of_figures(),
        offered=OFFERED,
        searched=SEARCHED,
        sources=sources,
        spans=SPANS,
        targets=targets,
        views=views.offered("deliveries"),
        query=urlencode(kept(given), doseq=True),
    )


OFFERED = {
    "state": [(one, words.delivery(one).label) for one in LISTS["state"]],
    "event": [(one, words.EVENT[one]) for one in LISTS["event"]],
    "outcome": [(one, words.outcome(one).label) for one in LISTS["outcome"]],
    "status": [(one, "No answer" if one == "none" else one) for one in CLASSES],
}
"""What lists of the filter's form offer."""


def _beside(given: Given) -> dict[str, Any]:
    """What the address of a list's page holds, whichever delivery is chosen."""
    more = {name: given[name] for name in ("after", "before", "view") if given.get(name)}
    return {**kept(given), **more}


@pages.get("/<uuid:delivery_id>/")
def show(delivery_id: UUID) -> str:
    """One delivery on a page of its own."""
    return render_template("console/deliveries/show.html", chosen=shown(delivery_id))


@pages.get("/<uuid:delivery_id>/panel")
def panel(delivery_id: UUID) -> ResponseReturnValue:
    """One delivery for the place beside the list; 204 where the page shows it as it is."""
    chosen, given = shown(delivery_id), request.args
    if given.get("seen") == chosen.seen:
        return "", 204
    return render_template(
        "console/deliveries/_chosen.html",
        chosen=chosen,
        beside={name: said for name, said in _beside(given).items() if name != "alone"},
        alone="alone" in given,
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


def _drawn() -> figures.Drawn:
    """The figures of the span that the address names, else of the last day."""
    wanted = filter_of(request.args, g.project["id"])
    now = figures.next_second()
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
