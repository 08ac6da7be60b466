"""Settings: what holds for the whole project."""

from functools import cache

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from relay.core.contract import Json
from relay.runtime import current
from relay.services import configure
from relay.services.elements import config_schema, properties
from relay.services.wanted import Mistakes
from relay.web.console import editing
from relay.web.console.forms import Form, FormError, Given
from relay.web.console.project import actor, needs

pages = Blueprint("settings", __name__, url_prefix="/settings")

LISTS = ("conversion_labels", "traffic_sources")
"""Settings that are rows of an id and a name."""

ELSEWHERE = ("keep",)
"""Settings that another page has."""


@pages.route("/", methods=["GET", "POST"])
@needs("editor")
def index() -> ResponseReturnValue:
    """The project's settings."""
    if request.method == "GET":
        return _page(editing.stored_draft(g.project["id"]) or abort(404))
    try:
        wanted = _read(request.form) | _of_other_pages()
        configure.save_project(current(), g.project["id"], wanted, actor())
    except (FormError, Mistakes) as error:
        return _page(editing.mistaken(request.form, g.project["id"], error)), 422
    flash("Saved.", "good")
    return redirect(url_for(".index"))


@cache
def _form() -> Form:
    """The settings that are plain fields."""
    definitions = config_schema()["$defs"]
    plain = ("active", "origins", "keyless", "currency")
    left_out = frozenset(definitions["project"]["properties"].keys() - set(plain))
    return Form({**definitions["project"], "$defs": definitions}, leave_out=left_out)


def _read(given: Given) -> dict[str, Json]:
    return {
        **_form().read(given),
        "name": given.get("name", "").strip(),
        "refuse": editing.read_json(given, "refuse", []),
        **{name: _read_rows(given, name) for name in LISTS},
    }


def _of_other_pages() -> dict[str, Json]:
    """Settings of the project that stay as they are here."""
    draft = editing.stored_draft(g.project["id"])
    stored = draft.document if draft else {}
    return {name: stored[name] for name in ELSEWHERE if name in stored}


def _read_rows(given: Given, name: str) -> list[Json]:
    """The rows of a list in which something stands."""
    pairs = zip(given.getlist(f"{name}.id"), given.getlist(f"{name}.name"), strict=False)
    stripped = [(one.strip(), called.strip()) for one, called in pairs]
    return [{"id": one, "name": called} for one, called in stripped if one or called]


def _rows(draft: editing.Draft, name: str) -> list[tuple[str, str]]:
    given = draft.sheet.given
    if given is not None:
        return [(one["id"], one["name"]) for one in _read_rows(given, name)]
    return [(one["id"], one["name"]) for one in draft.document.get(name, [])]


def _page(draft: editing.Draft) -> str:
    fields = _form().draw(draft.document, draft.sheet)
    return render_template(
        "console/settings/index.html",
        draft=draft,
        fields=fields,
        lists=[(name, properties("project")[name], _rows(draft, name)) for name in LISTS],
        errors=draft.sheet.errors,
        problems=editing.in_words(draft.problems, fields),
    )
