"""Who is told of problems: recipients, their settings, a test, and what they were sent."""

from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from relay.core.contract import Json
from relay.core.kinds import TargetKind
from relay.core.problem_sorts import SORTS
from relay.runtime import current
from relay.services import configure, notices, recipients
from relay.services.recipients import Recipient
from relay.services.wanted import Mistakes
from relay.web.console import editing
from relay.web.console.forms import Form, FormError
from relay.web.console.project import actor, may_everywhere, needs

pages = Blueprint("notices", __name__, url_prefix="/notices")


@pages.get("/")
@needs("editor")
def index() -> str:
    """Everybody who is told, and the kinds to choose from."""
    return render_template(
        "console/notices/index.html",
        recipients=recipients.recipients_of(current(), g.project["id"]),
        kinds=_kinds(),
        sorts=SORTS,
    )


@pages.route("/new/<kind>", methods=["GET", "POST"])
@needs("editor")
def new(kind: str) -> ResponseReturnValue:
    """The form for a new recipient."""
    found = _kinds().get(kind) or abort(404)
    if request.method == "GET":
        return _form(found, None, editing.new_draft(_free_name(found)))
    return _save(found, None)


@pages.get("/<uuid:recipient_id>")
@needs("editor")
def show(recipient_id: UUID) -> str:
    """One recipient: the test, and the newest notices with what was said."""
    return _show(_recipient(recipient_id), None)


@pages.post("/<uuid:recipient_id>/try")
@needs("editor")
def try_(recipient_id: UUID) -> ResponseReturnValue:
    """Send a test notice, and show the conversation."""
    to = _recipient(recipient_id)
    return _show(to, notices.try_recipient(current(), to))


@pages.route("/<uuid:recipient_id>/edit", methods=["GET", "POST"])
@needs("editor")
def edit(recipient_id: UUID) -> ResponseReturnValue:
    """The form for one that is there."""
    to = _recipient(recipient_id)
    if request.method == "GET":
        return _form(to.kind, to, editing.stored_draft(to.id) or abort(404))
    return _save(to.kind, to)


@pages.post("/<uuid:recipient_id>/remove")
@needs("editor")
def remove(recipient_id: UUID) -> ResponseReturnValue:
    """Tell them nothing any more."""
    to = _recipient(recipient_id)
    configure.archive(current(), to.id, actor())
    flash(f"{to.name} is told nothing any more.", "good")
    return redirect(url_for(".index"))


def _kinds() -> dict[str, TargetKind]:
    """The kinds of targets by which people can be told."""
    found = current().catalog.targets.items()
    return {name: kind for name, kind in found if kind.target.tell is not None}


def _recipient(recipient_id: UUID) -> Recipient:
    found = recipients.recipient(current(), recipient_id)
    if found is None or found.project_id != g.project["id"]:
        abort(404)
    return found


def _free_name(kind: TargetKind) -> str:
    taken = [row["name"] for row in recipients.recipients_of(current(), g.project["id"])]
    return editing.free_name(kind.target.label, taken)


def _show(to: Recipient, trial: Any) -> str:
    return render_template(
        "console/notices/show.html",
        to=to,
        trial=trial,
        sorts=SORTS,
        sent=recipients.newest_notices(current(), to.id),
    )


def _save(kind: TargetKind, to: Recipient | None) -> ResponseReturnValue:
    document: dict[str, Any] = {"name": request.form.get("name", "").strip(), "kind": kind.name}
    stored = None if to is None else to.id
    try:
        document |= _read(kind)
        if not may_everywhere("editor"):
            recipients.keep_to_project(document)
        saved = configure.save_recipient(current(), g.project["id"], document, actor(), stored)
    except (FormError, Mistakes) as error:
        return _form(kind, to, editing.mistaken(request.form, stored, error)), 422
    flash("Saved. Send a test notice to see whether it arrives.", "good")
    return redirect(url_for(".show", recipient_id=saved))


def _read(kind: TargetKind) -> dict[str, Json]:
    return {
        **editing.option_form("recipient").read(request.form),
        "settings": Form(kind.target.settings, "settings.").read(request.form),
    }


def _form(kind: TargetKind, to: Recipient | None, draft: editing.Draft) -> str:
    return render_template(
        "console/notices/form.html",
        kind=kind,
        to=to,
        sorts=SORTS,
        **draft.drawn(kind.target.settings, "recipient"),
    )
