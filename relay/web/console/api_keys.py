"""API keys: what programs prove themselves by; shown once, revocable, of a project or of all."""

from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from relay.core.contract import Json
from relay.runtime import current
from relay.services import configure, inventory
from relay.services.browse import Row
from relay.services.wanted import Mistakes
from relay.web.console import editing, project
from relay.web.console.project import actor, needs, needs_everywhere

pages = Blueprint("api_keys", __name__, url_prefix="/keys")
whole = Blueprint("api_keys", __name__, url_prefix="/keys")
project.around(whole)

SCOPES = {
    "read": "Read leads",
    "write": "Send and change leads",
    "manage": "Read and change the configuration, send again",
}


@pages.route("/", methods=["GET", "POST"])
@needs("editor")
def index() -> ResponseReturnValue:
    """The project's keys, and the form that makes one."""
    return _made(g.project["id"]) if request.method == "POST" else _page(g.project["id"])


@pages.post("/<uuid:key_id>/revoke")
@needs("editor")
def revoke(key_id: UUID) -> ResponseReturnValue:
    """Let a key of the project open nothing any more."""
    _revoke(g.project["id"], key_id)
    return redirect(url_for(".index"))


@whole.route("/", methods=["GET", "POST"])
@needs_everywhere("owner")
def everywhere() -> ResponseReturnValue:
    """The keys that open all projects."""
    return _made(None) if request.method == "POST" else _page(None)


@whole.post("/<uuid:key_id>/revoke")
@needs_everywhere("owner")
def revoke_everywhere(key_id: UUID) -> ResponseReturnValue:
    """Let a key of all projects open nothing any more."""
    _revoke(None, key_id)
    return redirect(url_for(".everywhere"))


def _made(project_id: UUID | None) -> ResponseReturnValue:
    given = request.form
    name = given.get("name", "").strip()
    scopes = [one for one in given.getlist("scopes") if one in SCOPES]
    document: dict[str, Json] = {"name": name, "scopes": scopes}
    if expires := given.get("expires", "").strip():
        document["expires"] = expires
    try:
        _id, key = configure.make_key(current(), project_id, document, actor())
    except Mistakes as error:
        said = editing.in_words(error.problems, ())
        return _page(project_id, problems=said, key_name=name, chosen=scopes, expires=expires), 422
    return _page(project_id, made=key, made_name=name)


def _revoke(project_id: UUID | None, key_id: UUID) -> None:
    row = next((one for one in _keys(project_id) if one["id"] == key_id), None) or abort(404)
    configure.archive(current(), key_id, actor())
    flash(f"The key {row['name']} opens nothing any more.", "good")


def _keys(project_id: UUID | None) -> list[Row]:
    rows = inventory.keys_of(current(), project_id)
    return [row for row in rows if row["project_id"] == project_id]


def _page(project_id: UUID | None, **more: Any) -> str:
    return render_template(
        "console/keys/index.html",
        keys=_keys(project_id),
        whole=project_id is None,
        scopes=SCOPES,
        today=current().clock.now().date(),
        **more,
    )
