"""Sources: the list, one with its address, guide and live check, and the form that makes one."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from relay.core.contract import Json
from relay.core.kinds import SourceKind
from relay.runtime import current
from relay.services import (
    comparisons,
    configure,
    configured,
    door_keys,
    inventory,
    lanes,
    rates,
    watch,
)
from relay.services.configured import ConfiguredSource
from relay.services.wanted import Mistakes
from relay.web.console import editing, guide, picking, sample
from relay.web.console.forms import Form, FormError
from relay.web.console.project import actor, may, needs

pages = Blueprint("sources", __name__, url_prefix="/sources")

LATELY = timedelta(days=7)
"""A source that has got something within this time is called receiving."""


@pages.get("/")
def index() -> str:
    """Every source of the project."""
    rt = current()
    return render_template(
        "console/sources/index.html",
        sources=inventory.sources_of(rt, g.project["id"]),
        routes=inventory.routes_of(rt, g.project["id"]),
        kinds=rt.catalog.sources,
        lately=rt.clock.now() - LATELY,
    )


@pages.get("/new")
@needs("editor")
def pick() -> str:
    """The kinds to choose from."""
    return picking.page("console/sources/pick.html", current().catalog.sources)


@pages.route("/new/<kind>", methods=["GET", "POST"])
@needs("editor")
def new(kind: str) -> ResponseReturnValue:
    """The form for a new source of one kind."""
    found = current().catalog.sources.get(kind) or abort(404)
    if request.method == "GET":
        return _form(found, None, editing.new_draft(_free_name(found)))
    return _save(found, None)


@pages.get("/<uuid:source_id>")
def show(source_id: UUID) -> str:
    """One source: the address to paste, the guide, what has arrived."""
    rt = current()
    source = _source(source_id)
    comparison = comparisons.of_source(rt, source_id)
    known = may("operator")  # the address is a secret, and the guide has it in it
    return render_template(
        "console/sources/show.html",
        source=source,
        secrets=door_keys.secret_lists(source),
        rates=rates.rates(rt, source_id),
        rules=len(source.refuse),
        counted=rates.COUNTED,
        guide=guide.filled(source) if known else guide.general(source.kind.guide),
        comparison=comparison,
        comparison_told=comparisons.told(comparison, quoting=known) if comparison else "",
        address=sample.address_of(source) if known else "",
        curl=sample.curl_of(source) if known else "",
        targets=inventory.targets_of(rt, g.project["id"]),
        routes=inventory.routes_of(rt, g.project["id"], source=source_id),
        arrival=watch.newest_arrival(rt, source_id),
    )


@pages.get("/<uuid:source_id>/live")
def live(source_id: UUID) -> ResponseReturnValue:
    """The live check alone, which asks again by itself; nothing (204) where there is no news."""
    source = _source(source_id)
    arrival = watch.newest_arrival(current(), source_id)
    asked_by_itself = "HX-Request" in request.headers
    if asked_by_itself and request.args.get("seen") == arrival.seen:
        return "", 204
    page = "console/sources/_live.html" if asked_by_itself else "console/sources/live.html"
    return render_template(page, source=source, arrival=arrival)


@pages.route("/<uuid:source_id>/edit", methods=["GET", "POST"])
@needs("editor")
def edit(source_id: UUID) -> ResponseReturnValue:
    """The form for a source that is there."""
    source = _source(source_id)
    if request.method == "GET":
        return _form(source.kind, source, editing.stored_draft(source.id) or abort(404))
    return _save(source.kind, source)


@pages.post("/<uuid:source_id>/remove")
@needs("editor")
def remove(source_id: UUID) -> ResponseReturnValue:
    """Close a source's address; what has come by it stays."""
    source = _source(source_id)
    configure.archive(current(), source.id, actor())
    flash(f"{source.name} is gone. Leads that came by it stay.", "good")
    return redirect(url_for(".index"))


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


def _free_name(kind: SourceKind) -> str:
    """A name to begin with that no source has yet."""
    taken = [row["name"] for row in inventory.sources_of(current(), g.project["id"])]
    return editing.free_name(kind.source.label, taken)


def _source(source_id: UUID) -> ConfiguredSource:
    found = configured.source(current(), source_id)
    if found is None or found.archived or found.project_id != g.project["id"]:
        abort(404)
    return found


def _save(kind: SourceKind, source: ConfiguredSource | None) -> ResponseReturnValue:
    document: dict[str, Any] = {"name": request.form.get("name", "").strip(), "kind": kind.name}
    stored = None if source is None else source.id
    try:
        document |= _read(kind) | _kept(stored)
        saved = configure.save_source(current(), g.project["id"], document, actor(), stored)
    except (FormError, Mistakes) as error:
        return _form(kind, source, editing.mistaken(request.form, stored, error)), 422
    flash("Saved.", "good")
    return redirect(url_for(".show", source_id=saved))


def _read(kind: SourceKind) -> dict[str, Json]:
    given = request.form
    return {
        **editing.option_form("source").read(given),
        "settings": Form(kind.source.settings, "settings.").read(given),
    }


def _kept(stored: UUID | None) -> dict[str, Json]:
    """What a source has that its form does not show: mapping and rules have pages of their own."""
    found = configure.editable(current(), stored) if stored else None
    document = found[0] if found else {}
    return {name: document[name] for name in ("mapping", "refuse") if name in document}


def _form(kind: SourceKind, source: ConfiguredSource | None, draft: editing.Draft) -> str:
    return render_template(
        "console/sources/form.html",
        kind=kind,
        source=source,
        guide=guide.filled(source) if source else guide.general(kind.guide),
        **draft.drawn(kind.source.settings, "source"),
    )
