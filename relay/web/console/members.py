"""The people of one project: who has a role in it, for its owners."""

from uuid import UUID

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from relay.runtime import current
from relay.services import people
from relay.services.users import UserError
from relay.web.console.people import MEANINGS
from relay.web.console.project import actor, needs

pages = Blueprint("members", __name__, url_prefix="/people")


@pages.get("/")
@needs("owner")
def index() -> str:
    """Everybody with a role in the project."""
    return _page()


@pages.post("/")
@needs("owner")
def invite() -> ResponseReturnValue:
    """Let somebody into this project."""
    given = request.form
    try:
        made, link = people.invite(
            current(), given.get("email", ""), given.get("role", ""), g.project["id"], actor()
        )
    except UserError as error:
        return _page(error=str(error)), 422
    return _page(made=made.email, link=link)


@pages.post("/<uuid:user_id>/role")
@needs("owner")
def give(user_id: UUID) -> ResponseReturnValue:
    """Change a member's role in this project, or take it away."""
    found = people.one(current(), user_id)
    if found is None or g.project["id"] not in found.user.roles:
        abort(404)
    try:
        people.give(current(), user_id, g.project["id"], request.form.get("role") or None, actor())
    except UserError as error:
        return _page(error=str(error)), 422
    flash(f"{found.user.email}: the role is changed.", "good")
    lost = user_id == current_user.user.id and not request.form.get("role")
    return redirect(url_for("console.home") if lost else url_for(".index"))


def _page(**more: str | None) -> str:
    listed = people.of_project(current(), g.project["id"])
    return render_template(
        "console/people/members.html",
        listed=listed,
        commanded={one.user.id for one in listed if people.commands(current_user.user, one.user)},
        roles=MEANINGS,
        **more,
    )
