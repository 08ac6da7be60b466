"""What became no lead: quarantined, held, refused, turned away at the door."""

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from relay.runtime import current
from relay.services import browse, inventory, quarantine, same_reason, trace
from relay.web.console import shelf_advice, tail
from relay.web.console.deliveries import cursor_of
from relay.web.console.facts import facts
from relay.web.console.project import actor, identifier, needs
from relay.web.console.veil import veiled

pages = Blueprint("shelves", __name__, url_prefix="/quarantine")

AT_ONCE = 100
"""Chosen submissions that one click releases at most; a whole group goes in steps."""

DOOR = "turned-away"


@pages.get("/")
def index() -> str:
    """One shelf: the one that the address names, else the quarantine."""
    shelf = _shelf()
    grouped = same_reason.Shelf()
    if shelf != DOOR:
        grouped = same_reason.groups(current(), g.project["id"], shelf, _source())
    chosen = next((one for one in grouped.groups if one.key == request.args.get("reason")), None)
    return render_template(
        "console/shelves/index.html",
        shelf=shelf,
        page=_page(shelf, chosen),
        grouped=grouped,
        chosen=chosen,
        given=request.args,
        advice=shelf_advice,
        sources=inventory.sources_of(current(), g.project["id"]),
    )


@pages.get("/newer")
def newer() -> ResponseReturnValue:
    """How many have come to a shelf since it was shown."""
    shelf, project = _shelf(), g.project["id"]
    if shelf == DOOR:
        return tail.news(
            ".newer", lambda than: browse.newer_turned_away(current(), project, _source(), than)
        )
    return tail.news(
        ".newer", lambda than: same_reason.newer(current(), project, shelf, _source(), than)
    )


def _shelf() -> str:
    shelf = request.args.get("shelf", "quarantined")
    if shelf not in (*browse.SHELVES, DOOR):
        abort(404)
    return shelf


def _source() -> UUID | None:
    return identifier(request.args.get("source"))


def _page(shelf: str, chosen: same_reason.Group | None) -> browse.Page:
    cursor, project = cursor_of(request.args), g.project["id"]
    if shelf == DOOR:
        return browse.turned_away(current(), project, source=_source(), cursor=cursor)
    if chosen is None:
        return browse.shelved(current(), project, shelf, source=_source(), cursor=cursor)
    return same_reason.page(current(), project, shelf, chosen, cursor)


@pages.get("/<uuid:submission_id>")
def show(submission_id: UUID) -> str:
    """One submission: why it is here, and everything it brought."""
    row = submission_of_project(submission_id)
    hidden = veiled()
    return render_template(
        "console/shelves/show.html",
        row=row,
        told=shelf_advice.told(row["reasons"], veiled=hidden),
        advice=shelf_advice.advice(row),
        may_be_mapped=shelf_advice.may_be_mapped(row),
        groups=[] if hidden else facts(row["document"], current().catalog.lead_schema),
    )


@pages.get("/<uuid:submission_id>/raw")
@needs("operator")
def raw(submission_id: UUID) -> Response:
    """The body as it is kept, to be saved: never shown, whatever type it says it has."""
    row = submission_of_project(submission_id)
    response = Response(row["raw"], mimetype="application/octet-stream")
    response.headers["Content-Disposition"] = f'attachment; filename="{submission_id}.bin"'
    return response


@pages.post("/release")
@needs("operator")
def release() -> ResponseReturnValue:
    """Map the chosen submissions again by today's mapping, and go on with what becomes a lead."""
    named = request.form.getlist("shown" if "all" in request.form else "id")
    chosen = [identifier(text) for text in named[:AT_ONCE]]
    ids = trace.submissions_in(current(), g.project["id"], [one for one in chosen if one])
    if not ids:
        flash("Choose at least one submission to release.", "warn")
        return redirect(url_for(".index", shelf=request.form.get("shelf")))
    tell(quarantine.release(current(), ids, actor()))
    if len(ids) == 1:
        return redirect(url_for(".show", submission_id=ids[0]))
    return redirect(url_for(".index", shelf=request.form.get("shelf")))


_AS_LEADS = ("it goes on as a lead", "they go on as leads")


def tell(outcome: quarantine.Released) -> None:
    """Say what became of those that were released."""
    gone, left = len(outcome.released), len(outcome.still)
    if gone:
        flash(f"{gone} released: {_AS_LEADS[gone > 1]}.", "good")
    if left:
        flash(f"{left} still cannot be read as a lead; the reasons are shown.", "warn")
    if outcome.held:
        flash(f"{len(outcome.held)} could be read and is held now; the reason is shown.", "warn")


def submission_of_project(submission_id: UUID) -> Any:
    """A submission of the page's project with all it brought; else there is no such page."""
    row = trace.submission(current(), submission_id)
    if row is None or row["project_id"] != g.project["id"]:
        abort(404)
    return row
