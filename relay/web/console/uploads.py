"""File Upload: a file, where its columns go, how far its import is, and what came of it."""

from typing import Any
from uuid import UUID

from flask import (
    Blueprint,
    Response,
    abort,
    flash,
    g,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue

from relay.core.contract import Json
from relay.core.delimited import DELIMITERS, ENCODINGS
from relay.core.sheets import Unfit, sheets_of
from relay.runtime import current
from relay.services import configured, inventory, upload_preview, uploads
from relay.services.browse import Row
from relay.web.console import editing
from relay.web.console.facts import facts
from relay.web.console.project import actor, identifier, needs

pages = Blueprint("uploads", __name__, url_prefix="/submit/file")

AROUND = 64 * 1024
"""Bytes of a form beside its file."""

FIELD = "field"
"""Stands in the form for a column that is kept under its own name."""


@pages.url_value_preprocessor
def _let_files_pass(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Take more than other forms may send, from people who have signed in."""
    if endpoint == "console.project.uploads.add" and "_user_id" in session:
        request.max_content_length = uploads.LIMIT + AROUND


@pages.get("/")
@needs("operator")
def index() -> str:
    """The form for a file, and the imports so far."""
    return _list(None)


def _list(error: str | None) -> str:
    return render_template(
        "console/uploads/index.html",
        error=error,
        limit=uploads.LIMIT,
        imports=uploads.newest(current(), g.project["id"]),
    )


@pages.post("/")
@needs("editor")
def add() -> ResponseReturnValue:
    """Keep a file, and go on to its columns."""
    given = request.files.get("file")
    if given is None or not given.filename:
        return _list("Choose a file first."), 422
    try:
        raw = given.read(uploads.LIMIT + 1)
        made = uploads.add(current(), g.project["id"], given.filename, raw, actor())
    except Unfit as error:
        return _list(str(error)), 422
    return redirect(url_for(".show", import_id=made))


@pages.get("/<uuid:import_id>")
@needs("operator")
def show(import_id: UUID) -> str:
    """The columns of a file that is new, else how far its import is."""
    row = _import(import_id, file=True)
    return _columns(row, None) if row["state"] == "new" else _progress(row, whole=True)


@pages.post("/<uuid:import_id>")
@needs("editor")
def change(import_id: UUID) -> ResponseReturnValue:
    """Take what was chosen: look at the result, or begin."""
    row = _import(import_id, file=True)
    if row["state"] != "new":
        return redirect(url_for(".show", import_id=import_id))
    try:
        uploads.describe(current(), row, _description(row))
        described = _import(import_id, file=True)
        same = described["header"] == row["header"]  # else there are columns nobody has seen yet
        goals = _goals(row["header"]) if same else {}
        uploads.choose(current(), described, goals, forward="forward" in request.form)
        if same and request.form.get("do") == "start":
            uploads.start(current(), _import(import_id, file=True))
    except Unfit as error:
        return _columns(_import(import_id, file=True), str(error)), 422
    return redirect(url_for(".show", import_id=import_id))


@pages.get("/<uuid:import_id>/progress")
@needs("operator")
def progress(import_id: UUID) -> str:
    """How far it is, which asks again by itself."""
    return _progress(_import(import_id), whole="HX-Request" not in request.headers)


@pages.post("/<uuid:import_id>/stop")
@needs("editor")
def stop(import_id: UUID) -> ResponseReturnValue:
    """Take no further row."""
    uploads.cancel(current(), _import(import_id)["id"])
    flash("Stopped. Leads that are there already stay.", "warn")
    return redirect(url_for(".show", import_id=import_id))


@pages.get("/<uuid:import_id>/refused.csv")
@needs("operator")
def refused(import_id: UUID) -> Response:
    """The rows that became no leads, as they were, with the reasons."""
    row = _import(import_id)
    response = Response(uploads.refusals(current(), row), mimetype="text/csv")
    response.headers["Content-Disposition"] = 'attachment; filename="refused.csv"'
    return response


def _import(import_id: UUID, *, file: bool = False) -> Row:
    found = uploads.one(current(), g.project["id"], import_id, file=file)
    return found if found is not None else abort(404)


def _description(row: Row) -> dict[str, Json]:
    """How the file is to be read; a source that is not the project's is none."""
    given = request.form
    sources = {one["id"] for one in inventory.sources_of(current(), g.project["id"])}
    source = identifier(given.get("source"))
    encoding, delimiter = given.get("encoding"), given.get("delimiter")
    return {
        "source_id": source if source in sources else None,
        "sheet": given.get("sheet", row["sheet"]),
        "encoding": encoding if encoding in ENCODINGS else row["encoding"],
        "delimiter": delimiter if delimiter in DELIMITERS else row["delimiter"],
        "headed": "headed" in given,
    }


def _goals(header: list[str]) -> dict[str, Json]:
    """Where each column goes: a place that there is, "drop", or under its own name."""
    known = current().catalog.lead.places
    goals: dict[str, Json] = {}
    for number, name in enumerate(header):
        given = request.form.get(f"goal-{number}", FIELD)
        goals[name] = given if given == "drop" or given in known else {"field": True}
    return goals


def _columns(row: Row, error: str | None) -> str:
    rt = current()
    rows = upload_preview.sampled(row)
    columns = upload_preview.columns(rt, row, rows)
    source = configured.source(rt, row["source_id"])
    goals = {column.name: column.goal for column in columns}
    found = upload_preview.previewed(rt, source, rows, goals) if source else []
    return render_template(
        "console/uploads/columns.html",
        row=row,
        error=error,
        columns=columns,
        places=editing.places(rt.catalog.lead),
        previewed=[(one, facts(one.document, rt.catalog.lead_schema)) for one in found],
        sources=inventory.sources_of(rt, g.project["id"]),
        routes=inventory.routes_of(rt, g.project["id"], source=row["source_id"]),
        sheets=sheets_of(row["file"]) if row["format"] == "xlsx" else [],
        encodings=dict.fromkeys((row["encoding"], *ENCODINGS)),
        delimiters=DELIMITERS,
    )


def _progress(row: Row, *, whole: bool) -> str:
    ended = row["state"] not in uploads.OPEN
    return render_template(
        "console/uploads/show.html" if whole else "console/uploads/_progress.html",
        row=row,
        ended=ended,
        leads=uploads.leads_of(current(), row) if ended else [],
        routes=inventory.routes_of(current(), g.project["id"], source=row["source_id"]),
    )
