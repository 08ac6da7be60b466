"""Routes: which source's leads go to which target, on what condition."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from relay.core.conditions import check_condition
from relay.core.contract import Json
from relay.core.ids import new_id
from relay.runtime import current
from relay.services import configure, inventory, matching
from relay.services.browse import Row
from relay.services.configured import ConfiguredRoute
from relay.services.wanted import Mistakes
from relay.store.tables import EVENTS
from relay.web.console import condition_words, conditions, editing
from relay.web.console.forms import FormError, read_number
from relay.web.console.project import actor, may, needs

pages = Blueprint("routes", __name__, url_prefix="/routes")


@dataclass(frozen=True, slots=True)
class Ends:
    """What a route can connect, and what its kind of target usually gets."""

    sources: Sequence[Row]
    targets: Sequence[Row]

    @classmethod
    def of_project(cls) -> "Ends":
        """The sources and targets of this page's project."""
        rt = current()
        sources = inventory.sources_of(rt, g.project["id"])
        return cls(sources, inventory.targets_of(rt, g.project["id"]))

    def named(self, source: Json, target: Json) -> tuple[Row, Row] | None:
        """The source and the target of these names."""
        from_ = next((one for one in self.sources if one["name"] == source), None)
        to = next((one for one in self.targets if one["name"] == target), None)
        return None if from_ is None or to is None else (from_, to)


@pages.get("/")
def index() -> str:
    """Every route of the project."""
    rt = current()
    routes = inventory.routes_of(rt, g.project["id"])
    return render_template(
        "console/routes/index.html",
        routes=routes,
        said={
            one["id"]: condition_words.in_words(one["condition"], rt.catalog.lead) for one in routes
        },
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


@pages.get("/<uuid:route_id>")
def edit(route_id: UUID) -> str:
    """The form for a route that is there, or what it does for those who may not change it."""
    route = _route(route_id)
    if may("editor"):
        return _form(route, editing.Draft(_document(route)))
    return render_template(
        "console/routes/show.html",
        route=route,
        said=condition_words.in_words(route["condition"], current().catalog.lead),
        matches=_stored_matches(route),
        row_in_words=_row_in_words,
    )


@pages.post("/<uuid:route_id>")
@needs("editor")
def change(route_id: UUID) -> ResponseReturnValue:
    """Save the route, or show what it would do."""
    return _save(_route(route_id))


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
    if conditions.is_redrawn(request.form, "when"):
        return _form(route, _given(None))
    document: dict[str, Any] = {"from": request.form.get("from"), "to": request.form.get("to")}
    if route is not None:  # its ends are what makes it this route
        document = {"from": route["source"], "to": route["target"]}
    try:
        document |= _read()
        if request.form.get("act") == "preview":
            return _form(route, _given(None), _wanted_matches(document))
        stored = None if route is None else route["id"]
        configure.save_route(current(), g.project["id"], document, actor(), stored)
    except (FormError, Mistakes) as error:
        return _form(route, _given(error)), 422
    flash("Saved. It applies to leads that arrive from now on.", "good")
    return redirect(url_for(".index"))


def _given(error: FormError | Mistakes | None) -> editing.Draft:
    """What was filled in, with what is wrong with it."""
    return editing.mistaken(request.form, None, error or Mistakes([]))


def _read() -> dict[str, Json]:
    read: dict[str, Json] = {"when": conditions.read(request.form, "when", current().catalog.lead)}
    events = [event for event in request.form.getlist("on") if event in EVENTS]
    if events:
        read["on"] = events
    settle = request.form.get("settle", "").strip()
    if settle:
        read["settle"] = read_number("settle", settle)
    if request.form.get("directives") == "obey":
        read["directives"] = "obey"
    return read


def _wanted_matches(document: dict[str, Any]) -> Sequence[matching.Match] | None:
    """The newest leads held against a route that is not saved yet. Raises Mistakes."""
    if problems := check_condition(document["when"]):
        raise Mistakes([f"when: {one}" for one in problems])
    found = Ends.of_project().named(document["from"], document["to"])
    if found is None:
        raise Mistakes(["from: choose a source and a target"])
    source, target = found
    kind = current().catalog.targets[target["kind"]]
    events = tuple(document.get("on") or kind.target.events)
    route = ConfiguredRoute(new_id(), source["id"], target["id"], document["when"], events, {})
    return matching.hold_against(current(), route)


def _stored_matches(route: Row) -> Sequence[matching.Match] | None:
    made = ConfiguredRoute(
        route["id"],
        route["source_id"],
        route["target_id"],
        route["condition"],
        tuple(route["events"]),
        route["options"],
    )
    return matching.hold_against(current(), made)


def _form(
    route: Row | None,
    draft: editing.Draft,
    matches: Sequence[matching.Match] | None = None,
) -> str:
    rt = current()
    ends = Ends.of_project()
    return render_template(
        "console/routes/form.html",
        route=route,
        draft=draft,
        condition=_condition(draft, matching.names_seen(rt, g.project["id"])),
        sources=ends.sources,
        targets=ends.targets,
        kinds=rt.catalog.targets,
        events=EVENTS,
        chosen=_chosen(draft),
        errors=draft.sheet.errors,
        problems=editing.in_words(draft.problems, ()),
        matches=matches,
        row_in_words=_row_in_words,
    )


def _condition(draft: editing.Draft, seen: Sequence[str]) -> conditions.DrawnCondition:
    lead = current().catalog.lead
    if draft.sheet.given is None:
        return conditions.draw_stored("when", draft.document.get("when", {}), lead, seen)
    error = draft.sheet.errors.get("when", "")
    return conditions.draw_given("when", draft.sheet.given, lead, seen, error)


def _row_in_words(failed: matching.Failed) -> str:
    return condition_words.row_in_words(failed.row, current().catalog.lead)


def _chosen(draft: editing.Draft) -> list[str]:
    """The events that are ticked."""
    given = draft.sheet.given
    found: list[str] = draft.document.get("on", []) if given is None else given.getlist("on")
    return found
