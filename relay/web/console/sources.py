"""Sources: the list, one with its address, guide and live check, and the form that makes one."""

from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from relay.core.contract import Json
from relay.core.kinds import SourceKind
from relay.runtime import current
from relay.services import configure, configured, inventory, lanes, watch
from relay.services.configured import ConfiguredSource
from relay.web.console import editing, sample
from relay.web.console.forms import FormError
from relay.web.console.project import actor, needs

pages = Blueprint("sources", __name__, url_prefix="/sources")


@pages.get("/")
def index() -> str:
    """Every source of the project."""
    rt = current()
    return render_template(
        "console/sources/index.html",
        sources=inventory.sources_of(rt, g.project["id"]),
        routes=inventory.routes_of(rt, g.project["id"]),
        kinds=rt.catalog.sources,
    )


@pages.get("/new")
@needs("editor")
def pick() -> str:
    """The kinds to choose from."""
    return render_template("console/sources/pick.html", kinds=current().catalog.sources)


@pages.route("/new/<kind>", methods=["GET", "POST"])
@needs("editor")
def new(kind: str) -> ResponseReturnValue:
    """The form for a new source of one kind."""
    found = current().catalog.sources.get(kind) or abort(404)
    if request.method == "GET":
        return _form(found, None, {"name": found.name})
    return _save(found, None)


@pages.get("/<uuid:source_id>")
def show(source_id: UUID) -> str:
    """One source: the address to paste, the guide, what has arrived."""
    rt = current()
    source = _source(source_id)
    return render_template(
        "console/sources/show.html",
        source=source,
        address=sample.address_of(source),
        guide=sample.guide_of(source),
        curl=sample.curl_of(source),
        routes=inventory.routes_of(rt, g.project["id"], source=source_id),
        arrival=watch.newest_arrival(rt, source_id),
    )


@pages.get("/<uuid:source_id>/live")
def live(source_id: UUID) -> str:
    """The live check alone: it asks again by itself until something has arrived and is done."""
    part = "_live" if request.headers.get("HX-Request") else "live"
    return render_template(
        f"console/sources/{part}.html",
        source=_source(source_id),
        arrival=watch.newest_arrival(current(), source_id),
    )


@pages.route("/<uuid:source_id>/edit", methods=["GET", "POST"])
@needs("editor")
def edit(source_id: UUID) -> ResponseReturnValue:
    """The form for a source that is there."""
    source = _source(source_id)
    if request.method == "GET":
        return _form(source.kind, source, _document(source))
    return _save(source.kind, source)


@pages.post("/<uuid:source_id>/pause")
@needs("operator")
def pause(source_id: UUID) -> ResponseReturnValue:
    """Keep taking submissions, but hold them."""
    lanes.pause_source(current(), _source(source_id).id, actor())
    flash("Paused: submissions are still taken and kept, but wait.", "warn")
    return redirect(url_for(".show", source_id=source_id))


@pages.post("/<uuid:source_id>/resume")
@needs("operator")
def resume(source_id: UUID) -> ResponseReturnValue:
    """Let submissions through again."""
    lanes.resume_source(current(), _source(source_id).id, actor())
    flash("Submissions go through again.", "good")
    return redirect(url_for(".show", source_id=source_id))


def _source(source_id: UUID) -> ConfiguredSource:
    found = configured.source(current(), source_id)
    if found is None or found.project_id != g.project["id"]:
        abort(404)
    return found


def _document(source: ConfiguredSource) -> dict[str, Json]:
    """A source as the configuration document says it; the form shows no secret of it."""
    return {
        **source.options,
        "name": source.name,
        "kind": source.kind.name,
        "settings": source.settings,
        "mapping": source.mapping,
        "refuse": source.refuse,
    }


def _save(kind: SourceKind, source: ConfiguredSource | None) -> ResponseReturnValue:
    document: dict[str, Any] = {"name": request.form.get("name", "").strip(), "kind": kind.name}
    try:
        document |= _read(kind)
        saved = configure.save_source(
            current(), g.project["id"], document, actor(), source and source.id
        )
    except FormError as error:
        return _form(kind, source, document, {error.name: str(error)}), 422
    except configure.Mistakes as error:
        return _form(kind, source, document, editing.by_field(error.problems), error.problems), 422
    flash("Saved.", "good")
    return redirect(url_for(".show", source_id=saved))


def _read(kind: SourceKind) -> dict[str, Json]:
    given = request.form
    return {
        **editing.option_form("source").read(given),
        "settings": editing.settings_form(kind.source.settings).read(given),
        "mapping": editing.read_mapping(given),
        "refuse": editing.read_json(given, "refuse", []),
    }


def _form(
    kind: SourceKind,
    source: ConfiguredSource | None,
    document: dict[str, Json],
    errors: dict[str, str] | None = None,
    problems: tuple[str, ...] | list[str] = (),
) -> str:
    return render_template(
        "console/sources/form.html",
        kind=kind,
        source=source,
        document=document,
        settings=editing.settings_form(kind.source.settings).draw(
            document.get("settings", {}), errors
        ),
        options=editing.option_form("source").draw(document, errors),
        mapping=editing.mapping_rows(document.get("mapping", {})),
        refuse=editing.written(document.get("refuse", [])),
        places=editing.places(current().catalog.lead_schema),
        errors=errors or {},
        problems=problems,
    )
