"""Saved views of lists: kept, opened, renamed, shared with the project, removed.

A list that has them offers `offered(<its name in PAGES>)` to the macro of _views.html.
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.datastructures import MultiDict

from relay.runtime import current
from relay.services import views
from relay.services.views import Editor, NotSaved, View
from relay.web.console.filters import hidden, kept
from relay.web.console.project import actor, may, needs

pages = Blueprint("views", __name__, url_prefix="/views")

PAGES = {"deliveries": "console.project.deliveries.index", "leads": "console.project.leads.index"}
"""The lists that have views, with the endpoints that show them."""


@dataclass(frozen=True, slots=True)
class Offered:
    """A view with its address; `chosen` is the one that the page shows."""

    view: View
    href: str
    chosen: bool
    changeable: bool


def offered(page: str) -> list[Offered]:
    """The views of a list that the signed-in person has."""
    found = views.of_page(current(), g.project["id"], _editor().user_id, page)
    found = [one for one in found if not _tells(one)]
    chosen = request.args.get("view")
    return [Offered(one, address(one), str(one.id) == chosen, _may_change(one)) for one in found]


def address(view: View) -> str:
    """Where the list is as the view keeps it."""
    given: dict[str, Any] = kept(MultiDict(parse_qsl(view.query)))
    return url_for(PAGES[view.page], **given | {"view": view.id})


@pages.post("/")
@needs("operator")
def save() -> ResponseReturnValue:
    """Keep the list as the page shows it, under a name."""
    page, given = request.form.get("page", ""), request.form
    if page not in PAGES:
        abort(400)
    query = urlencode(kept(MultiDict(parse_qsl(given.get("query", "")))), doseq=True)
    shared = "shared" in given
    try:
        made = views.save(
            current(),
            g.project["id"],
            page,
            given.get("name", ""),
            query,
            shared=shared,
            by=_editor(),
        )
    except NotSaved as error:
        flash(f"The view was not saved: {error}.", "warn")
        return redirect(address(View(UUID(int=0), page, "", query, shared, UUID(int=0))))
    flash("The view is saved.", "good")
    return redirect(address(_one(made)))


@pages.get("/<uuid:view_id>/")
@needs("operator")
def edit(view_id: UUID) -> str:
    """The page on which a view is renamed, shared or removed."""
    view = _one(view_id)
    return render_template("console/views/edit.html", view=view, back=address(view))


@pages.post("/<uuid:view_id>/")
@needs("operator")
def change(view_id: UUID) -> ResponseReturnValue:
    """Rename it, share it or keep it for oneself."""
    view, given = _one(view_id), request.form
    name, shared = given.get("name", ""), "shared" in given
    try:
        views.change(current(), g.project["id"], view_id, name=name, shared=shared, by=_editor())
    except NotSaved as error:
        flash(f"The view was not changed: {error}.", "warn")
        return redirect(url_for(".edit", view_id=view_id))
    flash("The view is changed.", "good")
    return redirect(address(view))


@pages.post("/<uuid:view_id>/remove")
@needs("operator")
def remove(view_id: UUID) -> ResponseReturnValue:
    """Forget it."""
    view = _one(view_id)
    if views.remove(current(), g.project["id"], view_id, _editor()):
        flash("The view is removed.", "good")
    return redirect(url_for(PAGES[view.page]))


def _one(view_id: UUID) -> View:
    return views.one(current(), g.project["id"], view_id, _editor()) or abort(404)


def _tells(view: View) -> bool:
    """Whether a view, maybe by its name too, says what the signed-in person must not see."""
    return any(name in hidden() for name, _ in parse_qsl(view.query))


def _editor() -> Editor:
    return Editor(current_user.user.id, actor(), all_shared=may("editor"))


def _may_change(view: View) -> bool:
    by = _editor()
    return may("operator") and (view.user_id == by.user_id or (view.shared and by.all_shared))
