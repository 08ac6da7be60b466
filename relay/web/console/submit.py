"""Submit Leads: the ways in which leads come in, as five tiles, and guides to two of them."""

import secrets
from dataclasses import dataclass
from uuid import UUID

from flask import Blueprint, Flask, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from relay.core.contract import Json
from relay.runtime import current
from relay.services import configure, configured, inventory, watch
from relay.services.configured import ConfiguredSource
from relay.web.console import editing, sample
from relay.web.console.project import actor, identifier, may, needs

pages = Blueprint("submit", __name__, url_prefix="/submit")

ADDRESS = "/leads/import_type"

GUIDED = {"typeform": "Typeform Integration", "instapage": "Instapage Guide"}
"""Kinds of sources with a guide of their own, and its title."""


@dataclass(frozen=True, slots=True)
class Tile:
    """One way in which leads come in."""

    title: str
    text: str
    address: str


def set_up(app: Flask) -> None:
    """Put the page at the address that it has elsewhere, within the console's surroundings."""
    app.add_url_rule(ADDRESS, "console.project.submit.index", index)


def index() -> str:
    """The five tiles."""
    return render_template("console/submit/index.html", tiles=_tiles())


def _tiles() -> list[Tile]:
    return [
        Tile(
            "File Upload",
            "A list of people as CSV or XLSX becomes leads in the background.",
            url_for("console.project.uploads.index"),
        ),
        Tile(
            "Manual Test",
            "Send one request as a real sender would, and see what becomes of it.",
            url_for("console.project.trial.index"),
        ),
        Tile(
            GUIDED["typeform"],
            "Connect a Typeform, step by step, and see its first response arrive.",
            url_for(".guide", kind="typeform"),
        ),
        Tile(
            GUIDED["instapage"],
            "Connect an Instapage form, step by step, and see its first lead arrive.",
            url_for(".guide", kind="instapage"),
        ),
        Tile(
            "API Usage",
            "Every parameter of the API, with examples for this deployment to copy.",
            url_for("console.reference.trackdrive", project=g.project["public_id"]),
        ),
    ]


@pages.get("/guide/<kind>")
def guide(kind: str) -> str:
    """The steps for one kind, with its source's own address and secret where there is one."""
    if kind not in GUIDED:
        abort(404)
    rt = current()
    sources = [row for row in inventory.sources_of(rt, g.project["id"]) if row["kind"] == kind]
    source = _chosen(sources)
    return render_template(
        "console/submit/guide.html",
        kind=kind,
        title=GUIDED[kind],
        sources=sources,
        source=source,
        address=sample.address_of(source) if source and may("operator") else "",
        secret=_secret(source) if source and may("editor") else "",
        arrival=watch.newest_arrival(rt, source.id) if source else None,
        routes=inventory.routes_of(rt, g.project["id"], source=source.id) if source else [],
    )


@pages.post("/guide/<kind>")
@needs("editor")
def make(kind: str) -> ResponseReturnValue:
    """Make the source that a guide is about, with a secret where its kind has one."""
    found = current().catalog.sources.get(kind) if kind in GUIDED else None
    if found is None:
        abort(404)
    taken = [row["name"] for row in inventory.sources_of(current(), g.project["id"])]
    document: Json = {"name": editing.free_name(found.source.label, taken), "kind": kind}
    if "secrets" in found.source.settings.get("properties", {}):
        document["settings"] = {"secrets": [secrets.token_urlsafe(24)]}
    made = configure.save_source(current(), g.project["id"], document, actor())
    flash("The source is there. Go on with the steps below.", "good")
    return redirect(url_for(".guide", kind=kind, source=made))


def _chosen(sources: list[Json]) -> ConfiguredSource | None:
    """The source that the address names, else the oldest of the kind."""
    wanted = identifier(request.args.get("source"))
    ids: list[UUID] = [row["id"] for row in sources]
    if wanted is not None and wanted not in ids:
        abort(404)
    oldest = min(ids, default=None)
    return configured.source(current(), wanted or oldest) if oldest else None


def _secret(source: ConfiguredSource) -> str:
    """The newest signing secret of a source, which the other side has to be given."""
    listed = source.settings.get("secrets") or [""]
    return str(listed[0])
