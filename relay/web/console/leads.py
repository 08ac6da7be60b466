"""Leads: the list, and the page that tells everything about one of them."""

from uuid import UUID

from flask import Blueprint, abort, g, render_template, request

from relay.runtime import current
from relay.services import browse, inventory, trace
from relay.web.console.deliveries import cursor_of
from relay.web.console.facts import facts
from relay.web.console.project import identifier

pages = Blueprint("leads", __name__, url_prefix="/leads")


@pages.get("/")
def index() -> str:
    """Leads, newest first, or those that a search finds."""
    rt = current()
    page = browse.leads(
        rt,
        g.project["id"],
        text=request.args.get("q", "")[:200],
        source=identifier(request.args.get("source")),
        cursor=cursor_of(request.args),
    )
    return render_template(
        "console/leads/index.html",
        page=page,
        given=request.args,
        sources=inventory.sources_of(rt, g.project["id"]),
    )


@pages.get("/<uuid:lead_id>")
def show(lead_id: UUID) -> str:
    """One lead from its arrival to every attempt."""
    rt = current()
    chain = trace.lead_chain(rt, lead_id)
    if chain is None or chain.lead["project_id"] != g.project["id"]:
        abort(404)
    newest = chain.versions[-1] if chain.versions else None
    return render_template(
        "console/leads/show.html",
        chain=chain,
        lead=chain.lead,
        newest=newest,
        cut=trace.BODY_AT_MOST,
        groups=facts(newest["document"], rt.catalog.lead_schema) if newest else [],
    )
