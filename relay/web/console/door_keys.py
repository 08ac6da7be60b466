"""What a source is known and trusted by: a new address, signing secrets changed without a gap."""

from uuid import UUID

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from relay.core.ids import new_key
from relay.runtime import current
from relay.services import configured, door_keys
from relay.services.configured import ConfiguredSource
from relay.services.wanted import Mistakes
from relay.web.console import sample
from relay.web.console.project import actor, needs

pages = Blueprint("door_keys", __name__, url_prefix="/sources/<uuid:source_id>/keys")


@pages.get("/")
@needs("editor")
def index(source_id: UUID) -> str:
    """The address, and each list of secrets with one made up to be added."""
    source = _source(source_id)
    return render_template(
        "console/door_keys/index.html",
        source=source,
        address=sample.address_of(source),
        lists=door_keys.secret_lists(source),
        made={one.place: new_key("whsec_") for one in door_keys.secret_lists(source)},
    )


@pages.post("/address")
@needs("editor")
def renew(source_id: UUID) -> ResponseReturnValue:
    """Make a new address, once the box beside the button is ticked."""
    source = _source(source_id)
    if "sure" not in request.form:
        flash("Tick the box first: the old address stops at once.", "warn")
        return redirect(url_for(".index", source_id=source.id))
    door_keys.renew_address(current(), source, actor())
    flash("The source has a new address. Paste it at the sender now: the old one is shut.", "warn")
    return redirect(url_for("console.project.sources.show", source_id=source.id))


@pages.post("/add")
@needs("editor")
def add(source_id: UUID) -> ResponseReturnValue:
    """Let one more secret count."""
    source, given = _source(source_id), request.form
    try:
        place, secret = given.get("place", ""), given.get("secret", "").strip()
        door_keys.add_secret(current(), source, place, secret, actor())
    except Mistakes as error:
        flash(f"Not saved: {'; '.join(error.problems)}.", "bad")
    else:
        flash("The new secret counts beside the old ones. Set it at the sender now.", "good")
    return redirect(url_for(".index", source_id=source.id))


@pages.post("/newest")
@needs("editor")
def keep_newest(source_id: UUID) -> ResponseReturnValue:
    """Let the newest secret alone count."""
    source = _source(source_id)
    try:
        door_keys.keep_newest(current(), source, request.form.get("place", ""), actor())
    except Mistakes as error:
        flash(f"Not saved: {'; '.join(error.problems)}.", "bad")
    else:
        flash("The newest secret alone counts now.", "good")
    return redirect(url_for(".index", source_id=source.id))


def _source(source_id: UUID) -> ConfiguredSource:
    found = configured.source(current(), source_id)
    if found is None or found.archived or found.project_id != g.project["id"]:
        abort(404)
    return found
