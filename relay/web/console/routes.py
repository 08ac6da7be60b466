"""Routes: which source's leads go to which target, on what condition."""

from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from relay.core.contract import Json
from relay.runtime import current
from relay.services import configure, inventory
from relay.services.browse import Row
from relay.services.wanted import Mistakes
from relay.store.tables import EVENTS
from relay.web.console import editing
from relay.web.console.forms import FormError, read_number
from relay.web.console.project import actor, needs

pages = Blueprint("routes", __name__, url_prefix="/routes")


@pages.get("/")
def index() -> str:
    """Every route of the project."""
    rt = current()
    return render_template(
        "console/routes/index.html",
        routes=inventory.routes_of(rt, g.project["id"]),
        sources=inventory.sources_of(rt, g.project["id"]),
        targets=inventory.targets_of(rt, g.project["id"]),
    )


@pages.route("/new", methods=["GET", "POST"])
@needs("editor")
def new() -> ResponseReturnValue:
    """The form for a new route."""
    if request.method == "GET":
        ends = {"from": request.args.get("from"), "to": request.args.get("to")}
        return _form(None, editing.Draft(ends))
    return _save(None)


@pages.route("/<uuid:route_id>", methods=["GET", "POST"])
@needs("editor")
def edit(route_id: UUID) -> ResponseReturnValue:
    """The form for a route that is there."""
    route = _route(route_id)
    if request.method == "GET":
        return _form(route, editing.Draft(_document(route)))
    return _save(route)


@pages.post("/<uuid:route_id>/remove")
@needs("editor")
def remove(route_id: UUID) -> ResponseReturnValue:
    """Take a route away; what it has sent stays in the log."""
    configure.archive(current(), _route(route_id)["id"], actor())
    flash("The route is gone. What it has sent stays in the log.", "good")
    return redirect(url_for(".index"))


def _route(route_id: UUID) -> Row:
    rows = inventory.routes_of(current(), g.project["id"])
    return next((row for row in rows if row["id"] == route_id), None) or abort(404)


def _document(route: Row) -> dict[str, Json]:
    return {
        **route["options"],
        "from": route["source"],
        "to": route["target"],
        "when": route["condition"],
        "on": route["events"],
    }


def _save(route: Row | None) -> ResponseReturnValue:
    document: dict[str, Any] = {"from": request.form.get("from"), "to": request.form.get("to")}
    if route is not None:  # its ends are what makes it this route
        document = {"from": route["source"], "to": route["target"]}
    try:
        document |= _read()
        stored = None if route is None else route["id"]
        configure.save_route(current(), g.project["id"], document, actor(), stored)
    except (FormError, Mistakes) as error:
        return _form(route, editing.mistaken(request.form, None, error)), 422
    flash("Saved. It applies to leads that arrive from now on.", "good")
    return redirect(url_for(".index"))


def _read() -> dict[str, Json]:
    read: dict[str, Json] = {"when": editing.read_json(request.form, "when", {})}
    events = [event for event in request.form.getlist("on") if event in EVENTS]
    if events:
        read["on"] = events
    settle = request.form.get("settle", "").strip()
    if settle:
        read["settle"] = read_number("settle", settle)
    if request.form.get("directives") == "obey":
        read["directives"] = "obey"
    return read


def _form(route: Row | None, draft: editing.Draft) -> str:
    rt = current()
    return render_template(
        "console/routes/form.html",
        route=route,
        draft=draft,
        sources=inventory.sources_of(rt, g.project["id"]),
        targets=inventory.targets_of(rt, g.project["id"]),
        events=EVENTS,
        chosen=_chosen(draft),
        errors=draft.sheet.errors,
        problems=editing.in_words(draft.problems, ()),
    )


def _chosen(draft: editing.Draft) -> list[str]:
    """The events that are ticked."""
    given = draft.sheet.given
    found: list[str] = draft.document.get("on", []) if given is None else given.getlist("on")
    return found
