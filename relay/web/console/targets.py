"""Targets: the list, one with its lane and routes, its settings, and the test with all it said."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from relay.core.contract import Json
from relay.core.kinds import TargetKind
from relay.core.pointers import parts
from relay.core.private import secret_places
from relay.core.rates import span
from relay.runtime import current
from relay.services import browse, configure, inventory, lane_facts, testing
from relay.services.configured import ConfiguredTarget
from relay.services.filtering import Filter
from relay.services.secret_times import secret_times
from relay.services.wanted import Mistakes
from relay.web.console import (
    condition_words,
    editing,
    lane_words,
    outgoing,
    own_target,
    pace,
    pace_facts,
    picking,
    target_lane,
)
from relay.web.console.forms import Form, FormError
from relay.web.console.project import actor, needs

pages = Blueprint("targets", __name__, url_prefix="/targets")

for _part in (outgoing, pace, target_lane):
    pages.register_blueprint(_part.pages)

KEPT = ("mapping", "limits", "retry")
"""Members of a target's document that its form of settings leaves as they are."""

SOON = 120
"""Days before the end of a vendor's version in which its targets say so."""


@pages.get("/")
def index() -> str:
    """Every target of the project."""
    rt = current()
    return render_template(
        "console/targets/index.html",
        targets=inventory.targets_of(rt, g.project["id"]),
        routes=inventory.routes_of(rt, g.project["id"]),
        kinds=rt.catalog.targets,
        limit=inventory.COUNTED,
    )


@pages.get("/new")
@needs("editor")
def pick() -> str:
    """The kinds to choose from."""
    return picking.page("console/targets/pick.html", current().catalog.targets)


@pages.route("/new/<kind>", methods=["GET", "POST"])
@needs("editor")
def new(kind: str) -> ResponseReturnValue:
    """The form for a new target of one kind."""
    found = current().catalog.targets.get(kind) or abort(404)
    if request.method == "GET":
        return _form(found, None, editing.new_draft(_free_name(found)))
    return _save(found, None)


@pages.get("/<uuid:target_id>")
def show(target_id: UUID) -> str:
    """One target: its state, routes, newest deliveries, and the test."""
    return _show(own_target.of_project(target_id))


def _show(target: ConfiguredTarget, trial: testing.Trial | None = None) -> str:
    rt = current()
    project = g.project["id"]
    now = rt.clock.now()
    lane = next(row for row in inventory.targets_of(rt, project) if row["id"] == target.id)
    wanted = Filter(project=project, target=target.id)
    routes = inventory.routes_of(rt, project, target=target.id)
    return render_template(
        "console/targets/show.html",
        target=target,
        lane=lane,
        state=lane_words.lane_word(lane, now),
        lying=lane_facts.lane_facts(rt, target),
        ages=lane_words.ages(target),
        repeat=lane_words.REPEAT[target.kind.target.repeat],
        facts=pace_facts.facts(target),
        span=span,
        secrets=_secrets(target),
        routes=routes,
        said=condition_words.by_route(routes, rt.catalog.lead),
        newest=browse.deliveries(rt, wanted, limit=8),
        trial=trial,
        limit=inventory.COUNTED,
        ends=_ending(target),
    )


def _secrets(target: ConfiguredTarget) -> list[tuple[str, datetime | None]]:
    """The secrets that are set, by title, and when each became what it is, where that is known."""
    schema = target.kind.target.settings
    times = secret_times(current(), target.id)
    found = []
    for place in secret_places(schema, dict(target.settings)):
        name = parts(place)[0]
        title = schema.get("properties", {}).get(name, {}).get("title", name)
        at = [one for where, one in times.items() if where.startswith(f"/settings{place}")]
        found.append((str(title), max(at, default=None)))
    return found


def _ending(target: ConfiguredTarget) -> date | None:
    """When the vendor takes the version away that this target uses, if that is soon."""
    ends = target.kind.version_ends(target.settings)
    soon = current().clock.now().date() + timedelta(days=SOON)
    return ends if ends is not None and ends <= soon else None


@pages.post("/<uuid:target_id>/test")
@needs("operator")
def test(target_id: UUID) -> ResponseReturnValue:
    """Check the connection, or send a sample lead, through the client that sends the real ones."""
    target = own_target.of_project(target_id)
    send = request.form.get("how") == "send"
    trial = testing.try_target(current(), target, "send" if send else "check", actor())
    if request.headers.get("HX-Request"):
        return render_template("console/targets/_trial.html", target=target, trial=trial)
    return _show(target, trial)


@pages.route("/<uuid:target_id>/edit", methods=["GET", "POST"])
@needs("editor")
def edit(target_id: UUID) -> ResponseReturnValue:
    """The form for a target that is there."""
    target = own_target.of_project(target_id)
    if request.method == "GET":
        return _form(target.kind, target, editing.stored_draft(target.id) or abort(404))
    return _save(target.kind, target)


@pages.post("/<uuid:target_id>/remove")
@needs("editor")
def remove(target_id: UUID) -> ResponseReturnValue:
    """Take a target out of use; what it has got stays in the log."""
    target = own_target.of_project(target_id)
    configure.archive(current(), target.id, actor())
    flash(f"{target.name} is gone. What it has got stays in the log.", "good")
    return redirect(url_for(".index"))


def _free_name(kind: TargetKind) -> str:
    """A name to begin with that no target has yet."""
    taken = [row["name"] for row in inventory.targets_of(current(), g.project["id"])]
    return editing.free_name(kind.target.label, taken)


def _save(kind: TargetKind, target: ConfiguredTarget | None) -> ResponseReturnValue:
    document: dict[str, Any] = {"name": request.form.get("name", "").strip(), "kind": kind.name}
    stored = None if target is None else target.id
    try:
        document |= _kept(target) | _read(kind)
        saved = configure.save_target(current(), g.project["id"], document, actor(), stored)
    except (FormError, Mistakes) as error:
        return _form(kind, target, editing.mistaken(request.form, stored, error)), 422
    flash("Saved.", "good")
    return redirect(url_for(".show", target_id=saved))


def _kept(target: ConfiguredTarget | None) -> dict[str, Json]:
    """What its other pages say of a target that is there."""
    document = own_target.document(target.id) if target else {}
    return {name: document[name] for name in KEPT if name in document}


def _read(kind: TargetKind) -> dict[str, Json]:
    given = request.form
    settings = Form(kind.target.settings, "settings.").read(given)
    return {**editing.option_form("target").read(given), "settings": settings}


def _form(kind: TargetKind, target: ConfiguredTarget | None, draft: editing.Draft) -> str:
    return render_template(
        "console/targets/form.html",
        kind=kind,
        target=target,
        **draft.drawn(kind.target.settings, "target"),
    )
