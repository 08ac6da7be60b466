"""One request about a person: what was found, the file for them, erasing, and the receipt."""

from uuid import UUID

from flask import Blueprint, Response, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from relay.core.contacts import Contact, read_contact
from relay.runtime import current
from relay.services import person_found, person_requests
from relay.services.browse import Row
from relay.services.person_receipt import written
from relay.services.person_zip import zipped
from relay.web.console.project import actor, needs

pages = Blueprint("persons", __name__, url_prefix="/privacy/persons")


@pages.get("/<uuid:request_id>")
@needs("owner")
def show(request_id: UUID) -> str:
    """How far the request is, what was found, and what can be done now."""
    return _page(_row(request_id))


@pages.get("/<uuid:request_id>/progress")
@needs("owner")
def progress(request_id: UUID) -> ResponseReturnValue:
    """How far the work is, which asks again by itself; the whole page once it is done."""
    row = _row(request_id)
    if "HX-Request" not in request.headers:
        return redirect(url_for(".show", request_id=request_id))
    if row["work"] is None:
        return "", 204, {"HX-Refresh": "true"}
    return render_template("console/privacy/_progress.html", row=row)


@pages.post("/<uuid:request_id>/widen")
@needs("owner")
def widen(request_id: UUID) -> ResponseReturnValue:
    """Look for the ticked contacts too."""
    row = _row(request_id)
    others = person_requests.opened(current(), row["others"])
    ticked = set(request.form.getlist("other"))
    more = [one for at, one in enumerate(others) if str(at) in ticked]
    if more:
        person_requests.widen(current(), row, more, actor())
    else:
        flash("Tick what belongs to this person.", "warn")
    return redirect(url_for(".show", request_id=request_id))


@pages.post("/<uuid:request_id>/file")
@needs("owner")
def make_file(request_id: UUID) -> ResponseReturnValue:
    """Have the file made that is given to the person."""
    person_requests.ask_file(current(), _row(request_id), actor())
    return redirect(url_for(".show", request_id=request_id))


@pages.get("/<uuid:request_id>/person.zip")
@needs("owner")
def download(request_id: UUID) -> Response:
    """The file, as long as it is there."""
    row = _row(request_id)
    until = row["file_until"]
    if row["file_at"] is None or until is None or until < current().clock.now():
        abort(404)
    response = Response(zipped(current(), row, actor()), mimetype="application/zip")
    response.headers["Content-Disposition"] = 'attachment; filename="person.zip"'
    return response


@pages.post("/<uuid:request_id>/erase")
@needs("owner")
def erase(request_id: UUID) -> ResponseReturnValue:
    """Erase the person, once the owner has typed by whom they are known."""
    row = _row(request_id)
    contacts = person_requests.contacts_of(current(), row)
    if row["looked_at"] is None or row["work"] is not None or not contacts:
        flash("It cannot be done now; look at what it says below.", "warn")
        return redirect(url_for(".show", request_id=request_id))
    if not _confirmed(contacts):
        words = "That is not the address or number that is looked for. Nothing was erased."
        return _page(row, erase_error=words), 422
    person_requests.confirm(current(), row, actor())
    return redirect(url_for(".show", request_id=request_id))


@pages.post("/<uuid:request_id>/end")
@needs("owner")
def end(request_id: UUID) -> ResponseReturnValue:
    """Let the request go, with the addresses it was made by."""
    person_requests.end(current(), _row(request_id), actor())
    flash("The request has let go of the address, of what was found and of its file.", "good")
    return redirect(url_for("console.project.privacy.index"))


@pages.get("/<uuid:request_id>/receipt.txt")
@needs("owner")
def receipt(request_id: UUID) -> ResponseReturnValue:
    """The receipt in plain words, to be kept elsewhere; until it is whole, the page."""
    row = _row(request_id)
    if row["erased_at"] is None:
        return redirect(url_for(".show", request_id=request_id))
    text = written(current(), row, g.project["name"])
    response = Response(text, mimetype="text/plain")
    response.headers["Content-Disposition"] = 'attachment; filename="receipt.txt"'
    return response


def _row(request_id: UUID) -> Row:
    found = person_requests.one(current(), g.project["id"], request_id)
    return found if found is not None else abort(404)


def _page(row: Row, **more: str) -> str:
    rt = current()
    if row["erasing_at"] is not None:
        return render_template(
            "console/privacy/receipt.html",
            row=row,
            lines=person_requests.lines(rt, row),
            text=written(rt, row, g.project["name"]) if row["erased_at"] else "",
        )
    there = row["file_until"] is not None and row["file_until"] >= rt.clock.now()
    return render_template(
        "console/privacy/person.html",
        row=row,
        contacts=person_requests.contacts_of(rt, row),
        others=person_requests.opened(rt, row["others"]),
        leads=person_found.leads_of(rt, row) if row["looked_at"] else [],
        told=person_found.in_words(row["counts"]) if row["looked_at"] else [],
        file_there=there,
        ends=person_requests.ends(row["created_at"]),
        **more,
    )


def _confirmed(contacts: list[Contact]) -> bool:
    try:
        return read_contact(request.form.get("typed", "")) in contacts
    except ValueError:
        return False
