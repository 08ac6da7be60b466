"""Privacy: finding a person, who was erased, how long things are kept, and the data map."""

import csv
import io
import json
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from relay.core.contacts import Contact, read_contact
from relay.core.contract import Json
from relay.runtime import current
from relay.services import data_map, keeping, person_requests, returning
from relay.services.auditing import note
from relay.services.elements import config_schema
from relay.services.wanted import Mistakes
from relay.web.console.project import actor, may, needs, visible

pages = Blueprint("privacy", __name__, url_prefix="/privacy")


@pages.get("/")
@needs("editor")
def index() -> str:
    """What an owner may do about persons, and how long things are kept."""
    return _page()


@pages.post("/find")
@needs("owner")
def find() -> ResponseReturnValue:
    """Have a person looked for: in this project, or in every one of the owner's."""
    try:
        contacts = [read_contact(one) for one in _typed() if one.strip()]
    except ValueError as error:
        return _page(find_error=str(error)), 422
    if not contacts:
        return _page(find_error="Type an e-mail address, a phone number, or both."), 422
    label = request.form.get("label", "").strip()
    if any(_names(label, one) for one in contacts):
        return _page(find_error="The label stays in the receipt: name nobody in it."), 422
    projects = [g.project]
    if "everywhere" in request.form:
        projects = [one for one in visible() if _owns(one)]
    made = [person_requests.ask(current(), one["id"], contacts, label, actor()) for one in projects]
    if len(made) == 1:
        return redirect(url_for("console.project.persons.show", request_id=made[0]))
    flash(f"They are looked for in {len(made)} projects; each has a request of its own.", "good")
    return redirect(url_for(".index"))


@pages.post("/lift")
@needs("owner")
def lift() -> ResponseReturnValue:
    """Let somebody who was erased come in as anybody."""
    rt = current()
    try:
        contact = read_contact(request.form.get("contact", ""))
    except ValueError as error:
        return _page(lift_error=str(error)), 422
    with rt.database.write() as connection:
        known = returning.lift(rt, connection, g.project["id"], [contact])
        if known:
            said = f"erased {contact.kind}"
            note(connection, rt, g.project["id"], actor(), "let in again", said)
    returning.forget(rt)
    if known:
        flash("It is taken in again from now on, by whatever way it comes.", "good")
    else:
        flash("Nobody of this address or number was erased here.", "warn")
    return redirect(url_for(".index"))


@pages.post("/keep")
@needs("owner")
def keep() -> ResponseReturnValue:
    """Keep things for so many days; an empty field is as the relay says."""
    given = {name: request.form.get(name, "").strip() for name in keeping.PARTS}
    try:
        wanted = {name: int(text) for name, text in given.items() if text}
        keeping.save(current(), g.project["id"], wanted, actor())
    except (ValueError, Mistakes):
        return _page(keep_error="Write whole days from 0 to 36500, or nothing."), 422
    flash("Saved. It counts from the next hour on.", "good")
    return redirect(url_for(".index"))


@pages.get("/map")
@needs("editor")
def draw_map() -> str:
    """Which personal field goes where."""
    drawn = data_map.draw(current(), g.project["id"])
    return render_template("console/privacy/map.html", map=drawn, now=current().clock.now())


@pages.get("/map.csv")
@needs("editor")
def map_csv() -> Response:
    """The map for spreadsheets, a line for each field, target and source."""
    written = io.StringIO()
    listed = list(data_map.rows(data_map.draw(current(), g.project["id"])))
    if listed:
        table = csv.DictWriter(written, list(listed[0]))
        table.writeheader()
        table.writerows({name: _harmless(cell) for name, cell in row.items()} for row in listed)
    return _file(written.getvalue(), "text/csv", "data-map.csv")


@pages.get("/map.json")
@needs("editor")
def map_json() -> Response:
    """The map for programs."""
    drawn = asdict(data_map.draw(current(), g.project["id"]))
    text = json.dumps(drawn, ensure_ascii=False, indent=2, default=str)
    return _file(text, "application/json", "data-map.json")


def _page(**more: Any) -> str:
    rt, project_id = current(), g.project["id"]
    owner = may("owner")
    kept, own = keeping.of_project(rt, project_id)
    now = rt.clock.now()
    return render_template(
        "console/privacy/index.html",
        owner=owner,
        everywhere=owner and len([one for one in visible() if _owns(one)]) > 1,
        requests=person_requests.newest(rt, project_id, erased=False) if owner else [],
        receipts=person_requests.newest(rt, project_id, erased=True) if owner else [],
        kept=asdict(kept),
        own=own,
        of_relay=asdict(keeping.of_relay(rt)),
        gone={name: now - timedelta(days=days) for name, days in asdict(kept).items() if days},
        parts=_parts(),
        ends=person_requests.ends,
        given=request.form,
        **more,
    )


def _parts() -> dict[str, Json]:
    found: dict[str, Json] = config_schema()["$defs"]["project"]["properties"]["keep"]["properties"]
    return found


def _typed() -> list[str]:
    return [request.form.get(name, "") for name in ("email", "phone")]


def _names(label: str, contact: Contact) -> bool:
    return contact.value in label.lower()


def _owns(project: Any) -> bool:
    return bool(current_user.user.may("owner", project["id"]))


def _harmless(cell: Json) -> Json:
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@") else cell


def _file(text: str, kind: str, name: str) -> Response:
    response = Response(text, mimetype=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
