"""Leads: the list, and the page that tells everything about one of them."""

from datetime import timedelta
from uuid import UUID

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from relay.core.contract import Json
from relay.core.money import to_major, to_minor
from relay.core.stages import StatusChange, at_stage
from relay.runtime import current
from relay.services import (
    configured,
    inventory,
    lead_search,
    leadless,
    received_around,
    trace,
    word_lists,
)
from relay.services.browse import START
from relay.services.configured import ConfiguredProject
from relay.services.lead_search import Found, Wanted
from relay.services.leadless import Leadless, Other
from relay.services.received_around import Received
from relay.services.status import NoLead, change_status
from relay.services.statuses import statuses_of
from relay.services.trace import Chain
from relay.web.console import tail
from relay.web.console.deliveries import cursor_of
from relay.web.console.facts import facts
from relay.web.console.lead_lists import SPANS, kept, moment, wanted_of
from relay.web.console.project import actor, needs

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
    others = _others(wanted, page) if cursor == START else None
    return render_template(
        "console/leads/index.html",
        page=page,
        given=request.args,
        kept=filters,
        others=others,
        around=_around() if filters and not page.rows and not page.newer else None,
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


@pages.get("/<uuid:lead_id>")
def show(lead_id: UUID) -> str:
    """One lead from its arrival to every attempt."""
    return _page(_chain(lead_id))


@pages.post("/<uuid:lead_id>/status")
@needs("operator")
def set_status(lead_id: UUID) -> ResponseReturnValue:
    """Say what became of a lead; the targets that want to know are told."""
    chain = _chain(lead_id)
    given = request.form
    value, currency = given.get("value", "").strip(), _currency(chain)
    minor = to_minor(value, currency) if value else None
    if value and (minor is None or minor < 0):
        return _page(chain, "The value must be an amount, such as 1250 or 99.50."), 422
    change = StatusChange(
        value_minor=minor,
        currency=currency if value else None,
        note=given.get("note", "").strip()[:LONGEST_NOTE],
        cleared=() if value else ("value_minor",),
        **at_stage(
            given.get("stage", "").strip()[:LONGEST_STAGE], _project().conversion_labels.values()
        ),
    )
    try:
        change_status(current(), lead_id, change, actor=actor(), audited=True)
    except NoLead:
        abort(404)
    flash("Saved.", "good")
    return redirect(url_for(".show", lead_id=lead_id))


LONGEST_STAGE = 100
LONGEST_NOTE = 10_000

STAGES = ("open", "qualified", "won", "lost")
"""Stages that every lead can come to; the labels of its project are others."""


def _chain(lead_id: UUID) -> Chain:
    chain = trace.lead_chain(current(), lead_id)
    if chain is None or chain.lead["project_id"] != g.project["id"]:
        abort(404)
    return chain


def _page(chain: Chain, wrong: str = "") -> str:
    rt = current()
    newest = chain.versions[-1] if chain.versions else None
    return render_template(
        "console/leads/show.html",
        chain=chain,
        lead=chain.lead,
        newest=newest,
        cut=trace.BODY_AT_MOST,
        groups=facts(newest["document"], rt.catalog.lead_schema) if newest else [],
        stages=dict.fromkeys((*STAGES, *_project().conversion_labels.values())),
        form=request.form if wrong else _state(chain),
        currency=_currency(chain),
        wrong=wrong,
        targets=inventory.targets_of(rt, g.project["id"]),
    )


def _project() -> ConfiguredProject:
    return configured.project(current(), g.project["id"]) or abort(404)


def _currency(chain: Chain) -> str | None:
    currency: str | None = chain.lead["currency"] or _project().currency
    return currency


def _state(chain: Chain) -> dict[str, Json]:
    """What stands in the form at first: the lead's state without what is queued."""
    state = chain.versions[-1]["document"].get("state", {}) if chain.versions else {}
    minor = state.get("value_minor")
    return {
        "stage": state.get("stage") or "open",
        "value": "" if minor is None else to_major(minor, _currency(chain)),
        "note": state.get("note", ""),
    }
