"""Leads: the list, what a search finds beside them, and what came at all."""

from datetime import timedelta

from flask import Blueprint, g, render_template, request, url_for
from flask.typing import ResponseReturnValue

from relay.runtime import current
from relay.services import (
    inventory,
    lead_search,
    leadless,
    received_around,
    word_lists,
)
from relay.services.browse import START
from relay.services.lead_filters import Wanted
from relay.services.lead_search import Found
from relay.services.leadless import Leadless, Other
from relay.services.received_around import Received
from relay.services.statuses import statuses_of
from relay.web.console import tail
from relay.web.console.deliveries import cursor_of
from relay.web.console.lead_lists import SPANS, kept, moment, wanted_of

pages = Blueprint("leads", __name__, url_prefix="/leads")


SOON = timedelta(minutes=1)
"""By how much machines' clocks may differ."""

AROUND = timedelta(hours=12)
"""How long before and after a time a missed submission is looked for."""


@pages.get("/")
def index() -> str:
    """Leads, newest first, or those that a search finds, with what became no lead beside them."""
    rt, project = current(), g.project["id"]
    wanted = wanted_of(request.args, project)
    cursor = cursor_of(request.args)
    page = lead_search.find(rt, wanted, cursor)
    filters = kept(request.args)
    others = _others(wanted, page) if cursor == START else Leadless([])
    nothing = bool(filters) and not (page.rows or page.newer or page.cut or others.found)
    return render_template(
        "console/leads/index.html",
        page=page,
        given=request.args,
        kept=filters,
        others=others,
        around=_around() if nothing else None,
        address_of=_address_of,
        complete=not wanted.text or word_lists.told_all(rt),
        sources=inventory.sources_of(rt, project),
        statuses=statuses_of(rt, project),
        spans=SPANS,
    )


@pages.get("/newer")
def newer() -> ResponseReturnValue:
    """How many leads came after the newest one that a page shows."""
    wanted = wanted_of(request.args, g.project["id"])
    return tail.news(".newer", lambda than: lead_search.newer(current(), wanted, than))


def _others(wanted: Wanted, page: Found) -> Leadless:
    found = [row["id"] for row in page.rows]
    return leadless.about(current(), wanted.project, wanted.text, found, ids_only=wanted.ids_only)


def _address_of(other: Other) -> str:
    """Where something that is no lead is shown."""
    if other.what == "turned away":
        return url_for("console.project.shelves.index", shelf="turned-away", source=other.source_id)
    return url_for("console.project.shelves.show", submission_id=other.id)


def _around() -> Received:
    """What came around the time that the person names, else in the last day."""
    now = current().clock.now()
    at = moment(request.args.get("around"))
    since, until = (at - AROUND, at + AROUND) if at else (now - 2 * AROUND, now + SOON)
    return received_around.around(current(), g.project["id"], since, until)
