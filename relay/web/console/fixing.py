"""Fix and release: the mapping edited beside a submission that could not be read."""

from functools import partial
from typing import Any
from uuid import UUID

from flask import (
    Blueprint,
    abort,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue

from relay.runtime import current
from relay.services import configured, past, quarantine, same_reason
from relay.services.configured import ConfiguredSource
from relay.web.console import alike, mapping, shelf_advice
from relay.web.console.goals import Goals
from relay.web.console.mapping_form import Editor, edit
from relay.web.console.project import actor, needs
from relay.web.console.shelves import submission_of_project, tell

pages = Blueprint("fixing", __name__, url_prefix="/quarantine/<uuid:submission_id>/fix")


@pages.get("/")
@needs("editor")
def index(submission_id: UUID) -> ResponseReturnValue:
    """The submission with the mapping of its source beside it."""
    return _page(submission_of_project(submission_id))


@pages.post("/")
@needs("editor")
def change(submission_id: UUID) -> ResponseReturnValue:
    """Look at the lead that a draft makes of it, or save the draft and release."""
    row, do = submission_of_project(submission_id), request.form.get("do", "preview")
    if do not in {"one", "all"}:
        return _page(row)
    source, editor = _edited(row)
    if problem := mapping.saved(source, editor):
        return make_response(_page(row, problem), 422)
    if do == "all":
        key = same_reason.key_of(row["reasons"])
        return alike.stepped(row["state"], source.id, key, alike.Progress())
    flash("The mapping is saved. It counts for what arrives from now on.", "good")
    tell(quarantine.release(current(), [submission_id], actor()))
    return redirect(url_for("console.project.shelves.show", submission_id=submission_id))


def _page(row: Any, problem: str = "") -> ResponseReturnValue:
    if row["state"] != "quarantined":
        return redirect(url_for("console.project.shelves.show", submission_id=row["id"]))
    source, editor = _edited(row)
    asked_by_script = request.method == "POST" and "HX-Request" in request.headers
    part = "mapping/_preview" if asked_by_script else "fixing/index"
    key = same_reason.key_of(row["reasons"])
    found = same_reason.group(current(), source.project_id, "quarantined", source.id, key)
    return render_template(
        f"console/{part}.html",
        row=row,
        source=source,
        editor=editor,
        goals=Goals.of(current().catalog.lead),
        advice=shelf_advice.advice(row),
        problem=problem,
        count=found.count if found else 1,
        limit=same_reason.LOOKED_AT,
        apart=True,
    )


def _edited(row: Any) -> tuple[ConfiguredSource, Editor]:
    source = configured.source(current(), row["source_id"])
    if source is None or source.archived:
        abort(404)
    whole = past.whole(current(), source.id, [row["id"]]).get(row["id"])
    explain = partial(past.explained, row=whole) if whole else None
    given = request.form if request.method == "POST" else None
    return source, edit(source, current().catalog.lead, explain, given)
