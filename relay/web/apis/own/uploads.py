"""File uploads: a file, where its columns go, how far its import is, and what came of it."""

from collections.abc import Mapping
from typing import Any

from relay.core.contract import Json
from relay.core.delimited import DELIMITERS, ENCODINGS
from relay.core.sheets import Unfit
from relay.services import configured, inventory, upload_preview, uploads
from relay.services.browse import Row
from relay.web.apis.calls import Refusal
from relay.web.apis.own.answers import missing, mistakes, told
from relay.web.apis.own.bodies import IDENTIFIER, typed
from relay.web.apis.own.operations import Asked, Operation, Parameter

NAME = Parameter(name="name", about="What the file is called.", schema={"type": "string"})

CHANGE: Json = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "source": IDENTIFIER,
        "sheet": {"type": "string"},
        "encoding": {"enum": list(ENCODINGS)},
        "delimiter": {"enum": list(DELIMITERS)},
        "headed": {"type": "boolean"},
        "columns": {
            "type": "object",
            "additionalProperties": {
                "anyOf": [
                    {"type": "string"},
                    {"type": "object", "required": ["field"], "properties": {"field": {}}},
                ]
            },
        },
        "forward": {"type": "boolean"},
        "start": {"type": "boolean"},
    },
}


def _uploads(asked: Asked) -> Json:
    return {"data": told(uploads.newest(asked.rt, asked.project.id))}


def _add(asked: Asked) -> Json:
    name = asked.query.get("name", "file")
    if asked.call.environ.get("CONTENT_TYPE", "").startswith("multipart/"):
        raise Refusal(400, "The body is to be the file itself")
    try:
        made = uploads.add(asked.rt, asked.project.id, name, asked.body, asked.actor)
    except Unfit as error:
        raise mistakes([f"file: {error}"]) from error
    return _shown(asked, _row(asked, made))


def _upload(asked: Asked) -> Json:
    return _shown(asked, _row(asked, asked.id()))


def _change(asked: Asked) -> Json:
    """Where columns go that are not named stays as it is, or as it is suggested."""
    row = _row(asked, asked.id())
    if row["state"] != "new":
        raise Refusal(409, "This import has begun")
    given = typed(asked.body)
    try:
        uploads.describe(asked.rt, row, _description(asked, row, given))
        row = _row(asked, row["id"])
        goals = _goals(asked, row, given.get("columns", {}))
        forward = bool(given.get("forward", row["forward"]))
        uploads.choose(asked.rt, row, goals, forward=forward)
        if given.get("start"):
            uploads.start(asked.rt, _row(asked, row["id"]))
    except Unfit as error:
        raise mistakes([f"file: {error}"]) from error
    return _shown(asked, _row(asked, row["id"]))


def _stop(asked: Asked) -> Json:
    row = _row(asked, asked.id())
    uploads.cancel(asked.rt, row["id"])
    return _shown(asked, _row(asked, row["id"]))


def _refused(asked: Asked) -> Json:
    return {"csv": told(uploads.refusals(asked.rt, _row(asked, asked.id())))}


def _row(asked: Asked, import_id: Any) -> Row:
    found = uploads.one(asked.rt, asked.project.id, import_id, file=True)
    if found is None:
        raise missing("upload")
    return found


def _shown(asked: Asked, row: Row) -> Json:
    """The upload; while it is new, with its columns and what its first rows become."""
    shown = {name: value for name, value in row.items() if name != "file"}
    if row["state"] != "new":
        return told(shown)
    rows = upload_preview.sampled(row)
    columns = upload_preview.columns(asked.rt, row, rows)
    source = configured.source(asked.rt, row["source_id"])
    goals = {column.name: column.goal for column in columns}
    first = upload_preview.previewed(asked.rt, source, rows, goals) if source else []
    return told(
        {
            **shown,
            "columns": [{"name": c.name, "goal": c.goal, "samples": c.samples} for c in columns],
            "preview": [
                {"row": one.number, "document": one.document, "reasons": one.reasons}
                for one in first
            ],
        }
    )


def _description(asked: Asked, row: Row, given: Mapping[str, Any]) -> dict[str, Json]:
    """How the file is to be read: as it is said, else as before. Raises Refusal 422."""
    known = {one["id"] for one in inventory.sources_of(asked.rt, asked.project.id)}
    if "source" in given and given["source"] not in known:
        raise mistakes(["source: is no source of this project"])
    read = {name: given.get(name, row[name]) for name in ("sheet", "encoding", "delimiter")}
    return {"source_id": given.get("source"), "headed": given.get("headed", row["headed"]), **read}


def _goals(asked: Asked, row: Row, given: Mapping[str, Json]) -> dict[str, Json]:
    """Where each column goes. Raises Refusal 422 for what is no column or no place."""
    places = {*asked.rt.catalog.lead.places, "drop"}
    wrong = [f"columns.{name}: is no column" for name in given if name not in row["header"]]
    wrong += [
        f"columns.{name}: is no place of a lead"
        for name, goal in given.items()
        if isinstance(goal, str) and goal not in places
    ]
    if wrong:
        raise mistakes(wrong)
    columns = upload_preview.columns(asked.rt, row, upload_preview.sampled(row))
    chosen = {
        name: goal if isinstance(goal, str) else {"field": True} for name, goal in given.items()
    }
    return {column.name: chosen.get(column.name, column.goal) for column in columns}


OPERATIONS = (
    Operation(
        method="GET",
        path="/uploads",
        name="listUploads",
        summary="The newest uploaded files",
        scope="read",
        act=_uploads,
        tag="Uploads",
    ),
    Operation(
        method="POST",
        path="/uploads",
        name="addUpload",
        summary="Keep a CSV or XLSX file, which is the body; nothing is imported yet",
        scope="manage",
        act=_add,
        query=(NAME,),
        largest=uploads.LIMIT,
        status=201,
        tag="Uploads",
    ),
    Operation(
        method="GET",
        path="/uploads/{id}",
        name="getUpload",
        summary="Its columns with a preview of the leads, then how far its import is",
        scope="read",
        act=_upload,
        tag="Uploads",
    ),
    Operation(
        method="PATCH",
        path="/uploads/{id}",
        name="changeUpload",
        summary="Say how the file is read and where its columns go, and start its import",
        scope="manage",
        act=_change,
        body=CHANGE,
        tag="Uploads",
    ),
    Operation(
        method="POST",
        path="/uploads/{id}/stop",
        name="stopUpload",
        summary="Take no further row; leads that are there stay",
        scope="manage",
        act=_stop,
        tag="Uploads",
    ),
    Operation(
        method="GET",
        path="/uploads/{id}/refused",
        name="listRefusedRows",
        summary="The rows that became no leads, as CSV with their reasons",
        scope="read",
        act=_refused,
        tag="Uploads",
    ),
)
