"""Targets: the list, one with its lane and routes, the form, and the test that shows all it said."""

from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from relay.core.contract import Json
from relay.core.kinds import TargetKind
from relay.runtime import current
from relay.services import browse, configure, configured, inventory, lanes, testing
from relay.services.configured import ConfiguredTarget
from relay.web.console import editing
from relay.web.console.forms import FormError
from relay.web.console.project import actor, needs

pages = Blueprint("targets", __name__, url_prefix="/targets")


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
    return render_template("console/targets/pick.html", kinds=current().catalog.targets)


@pages.route("/new/<kind>", methods=["GET", "POST"])
@needs("editor")
def new(kind: str) -> ResponseReturnValue:
    """The form for a new target of one kind."""
    found = current().catalog.targets.get(kind) or abort(404)
    if request.method == "GET":
        return _form(found, None, {"name": found.name})
    return _save(found, None)


@pages.get("/<uuid:target_id>")
def show(target_id: UUID) -> str:
    """One target: its state, routes, newest deliveries, and the test."""
    return _show(_target(target_id))


def _show(target: ConfiguredTarget, trial: testing.Trial | None = None) -> str:
    rt = current()
    project = g.project["id"]
    lane = next(row for row in inventory.targets_of(rt, project) if row["id"] == target.id)
    wanted = browse.Filter(project=project, target=target.id)
    return render_template(
        "console/targets/show.html",
        target=target,
        lane=lane,
        routes=inventory.routes_of(rt, project, target=target.id),
        newest=browse.deliveries(rt, wanted, limit=8),
        trial=trial,
        limit=inventory.COUNTED,
    )


@pages.post("/<uuid:target_id>/test")
@needs("operator")
def test(target_id: UUID) -> ResponseReturnValue:
    """Check the connection, or send a sample lead, through the client that sends the real ones."""
    target = _target(target_id)
    how = "send" if request.form.get("how") == "send" else "check"
    trial = testing.try_target(current(), target, how, actor())
    if request.headers.get("HX-Request"):
        return render_template("console/targets/_trial.html", target=target, trial=trial)
    return _show(target, trial)


@pages.route("/<uuid:target_id>/edit", methods=["GET", "POST"])
@needs("editor")
def edit(target_id: UUID) -> ResponseReturnValue:
    """The form for a target that is there."""
    target = _target(target_id)
    if request.method == "GET":
        return _form(target.kind, target, _document(target))
    return _save(target.kind, target)


@pages.post("/<uuid:target_id>/pause")
@needs("operator")
def pause(target_id: UUID) -> ResponseReturnValue:
    """Keep its deliveries back."""
    reason = request.form.get("reason", "").strip()[:200] or f"paused by {actor()}"
    lanes.pause_target(current(), _target(target_id).id, reason, actor())
    flash("Paused: deliveries wait until you resume.", "warn")
    return redirect(url_for(".show", target_id=target_id))


@pages.post("/<uuid:target_id>/resume")
@needs("operator")
def resume(target_id: UUID) -> ResponseReturnValue:
    """Let deliveries out again."""
    lanes.resume_target(current(), _target(target_id).id, actor())
    flash("Deliveries go out again.", "good")
    return redirect(url_for(".show", target_id=target_id))


def _target(target_id: UUID) -> ConfiguredTarget:
    found = configured.target(current(), target_id)
    if found is None or found.project_id != g.project["id"]:
        abort(404)
    return found


def _document(target: ConfiguredTarget) -> dict[str, Json]:
    """A target as the configuration document says it; the form shows no secret of it."""
    return {
        "name": target.name,
        "kind": target.kind.name,
        "settings": target.settings,
        "mapping": target.mapping,
        "limits": list(target.limits) if target.limits != target.kind.target.limits else [],
        "retry": target.retry,
    }


def _save(kind: TargetKind, target: ConfiguredTarget | None) -> ResponseReturnValue:
    document: dict[str, Any] = {"name": request.form.get("name", "").strip(), "kind": kind.name}
    try:
        document |= _read(kind)
        saved = configure.save_target(
            current(), g.project["id"], document, actor(), target and target.id
        )
    except FormError as error:
        return _form(kind, target, document, {error.name: str(error)}), 422
    except configure.Mistakes as error:
        return _form(kind, target, document, editing.by_field(error.problems), error.problems), 422
    flash("Saved.", "good")
    return redirect(url_for(".show", target_id=saved))


def _read(kind: TargetKind) -> dict[str, Json]:
    given = request.form
    return {
        **editing.option_form("target").read(given),
        "settings": editing.settings_form(kind.target.settings).read(given),
        "mapping": editing.read_json(given, "mapping", {}),
    }


def _form(
    kind: TargetKind,
    target: ConfiguredTarget | None,
    document: dict[str, Json],
    errors: dict[str, str] | None = None,
    problems: tuple[str, ...] | list[str] = (),
) -> str:
    return render_template(
        "console/targets/form.html",
        kind=kind,
        target=target,
        document=document,
        settings=editing.settings_form(kind.target.settings).draw(
            document.get("settings", {}), errors
        ),
        options=editing.option_form("target").draw(document, errors),
        mapping=editing.written(document.get("mapping", {})),
        errors=errors or {},
        problems=problems,
    )
