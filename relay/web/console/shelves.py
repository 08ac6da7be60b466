"""What became no lead: quarantined, held, refused, turned away at the door."""

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from relay.runtime import current
from relay.services import browse, inventory, quarantine, trace
from relay.web.console.deliveries import cursor_of
from relay.web.console.facts import facts
from relay.web.console.project import actor, identifier, needs

pages = Blueprint("shelves", __name__, url_prefix="/quarantine")

AT_ONCE = 100
"""Submissions that one click releases at most: a page of them and more."""


@pages.get("/")
def index() -> str:
    """One shelf: the one that the address names, else the quarantine."""
    shelf = request.args.get("shelf", "quarantined")
    if shelf not in (*browse.SHELVES, "turned-away"):
        abort(404)
    return render_template(
        "console/shelves/index.html",
        shelf=shelf,
        page=_page(shelf),
        given=request.args,
        sources=inventory.sources_of(current(), g.project["id"]),
    )


def _page(shelf: str) -> browse.Page:
    source = identifier(request.args.get("source"))
    cursor = cursor_of(request.args)
    project = g.project["id"]
    if shelf == "turned-away":
        return browse.turned_away(current(), project, source=source, cursor=cursor)
    return browse.shelved(current(), project, shelf, source=source, cursor=cursor)


@pages.get("/<uuid:submission_id>")
def show(submission_id: UUID) -> str:
    """One submission: why it is here, and everything it brought."""
    row = _submission(submission_id)
    return render_template(
        "console/shelves/show.html",
        row=row,
        groups=facts(row["document"], current().catalog.lead_schema),
    )


@pages.get("/<uuid:submission_id>/raw")
def raw(submission_id: UUID) -> Response:
    """The body as it is kept, to be saved: never shown, whatever type it says it has."""
    row = _submission(submission_id)
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
    _tell(quarantine.release(current(), ids, actor()))
    if len(ids) == 1:
        return redirect(url_for(".show", submission_id=ids[0]))
    return redirect(url_for(".index", shelf=request.form.get("shelf")))


_AS_LEADS = ("it goes on as a lead", "they go on as leads")


def _tell(outcome: quarantine.Released) -> None:
    """Say what became of those that were released."""
    gone, left = len(outcome.released), len(outcome.still)
    if gone:
        flash(f"{gone} released: {_AS_LEADS[gone > 1]}.", "good")
    if left:
        flash(f"{left} still cannot be read as a lead; the reasons are shown.", "warn")
    if outcome.held:
        flash(f"{len(outcome.held)} could be read and is held now; the reason is shown.", "warn")


def _submission(submission_id: UUID) -> Any:
    row = trace.submission(current(), submission_id)
    if row is None or row["project_id"] != g.project["id"]:
        abort(404)
    return row
