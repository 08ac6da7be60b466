"""Projects: the list of one's own; for owners of all: make, copy, archive, bring back."""

from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from relay.runtime import current
from relay.services import projects
from relay.services.browse import Row
from relay.services.copying import copy_project
from relay.services.wanted import Mistakes
from relay.web.console import project
from relay.web.console.project import actor, may_everywhere, needs_everywhere, visible

pages = Blueprint("projects", __name__, url_prefix="/projects")
project.around(pages)


@pages.get("/")
def index() -> str:
    """The projects in which one has a role; those out of use for owners of all."""
    return _page()


@pages.post("/")
@needs_everywhere("owner")
def make() -> ResponseReturnValue:
    """Make a project that holds nothing yet."""
    public_id, name = _given()
    try:
        made = projects.make_project(current(), public_id, name, actor())
    except Mistakes as error:
        return _page(problems=error.problems), 422
    flash("The project is there. Begin with a source: the door by which leads come in.", "good")
    return redirect(url_for("console.project.overview.index", project=made))


@pages.route("/<uuid:project_id>/copy", methods=["GET", "POST"])
@needs_everywhere("owner")
def copy(project_id: UUID) -> ResponseReturnValue:
    """What a copy takes along, and afterwards what is left to be filled in."""
    row = _row(project_id, archived=False)
    if request.method == "GET":
        return render_template("console/projects/copy.html", row=row)
    public_id, name = _given()
    try:
        copied = copy_project(current(), project_id, public_id, name, actor())
    except Mistakes as error:
        page = render_template("console/projects/copy.html", row=row, problems=error.problems)
        return page, 422
    return render_template("console/projects/copied.html", row=row, copied=copied, name=name)


@pages.post("/<uuid:project_id>/archive")
@needs_everywhere("owner")
def archive(project_id: UUID) -> ResponseReturnValue:
    """Close the doors of a project."""
    row = _row(project_id, archived=False)
    projects.archive_project(current(), project_id, actor())
    flash(f"{row['name']} is archived: its doors are closed. You can bring it back below.", "warn")
    return redirect(url_for(".index"))


@pages.post("/<uuid:project_id>/restore")
@needs_everywhere("owner")
def restore(project_id: UUID) -> ResponseReturnValue:
    """Open the doors of an archived project again."""
    row = _row(project_id, archived=True)
    projects.restore_project(current(), project_id, actor())
    flash(f"{row['name']} is back, with everything that it held.", "good")
    return redirect(url_for(".index"))


def _given() -> tuple[str, str]:
    given = request.form
    return given.get("id", "").strip(), given.get("name", "").strip()


def _row(project_id: UUID, *, archived: bool) -> Row:
    rows = projects.listed(current())
    found = next((row for row in rows if row["id"] == project_id), None)
    if found is None or (found["archived_at"] is not None) != archived:
        abort(404)
    return found


def _page(**more: Any) -> str:
    rows, own = projects.listed(current()), {one["id"] for one in visible()}
    return render_template(
        "console/projects/index.html",
        used=[row for row in rows if row["id"] in own],
        archived=[row for row in rows if row["archived_at"] and may_everywhere("owner")],
        given=request.form,
        **more,
    )
