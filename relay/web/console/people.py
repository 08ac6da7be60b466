"""Everybody who may sign in: the list of them, and the page of one, for owners."""

from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from relay.runtime import current
from relay.services import people, second_step, signing_in
from relay.services.people import Listed
from relay.services.users import User, UserError
from relay.web.console import project
from relay.web.console.project import actor, identifier, needs_anywhere, needs_everywhere, visible

pages = Blueprint("people", __name__, url_prefix="/people")
project.around(pages)

MEANINGS = {
    "owner": "everything, people and projects too",
    "editor": "configures: sources, targets, routes, settings, API keys",
    "operator": "sees leads, sends again, pauses and resumes",
    "viewer": "looks, without personal data",
}
"""What each role may do."""


@pages.get("/")
@needs_everywhere("owner")
def index() -> str:
    """Everybody, by address."""
    return _index()


@pages.post("/")
@needs_everywhere("owner")
def invite() -> ResponseReturnValue:
    """Let somebody in, in all projects or in one."""
    try:
        where = _project(request.form.get("project", ""))
        made, link = people.invite(
            current(), request.form.get("email", ""), request.form.get("role", ""), where, actor()
        )
    except UserError as error:
        return _index(error=str(error)), 422
    return _index(made=made.email, link=link)


def _index(**more: str | None) -> str:
    found = people.everybody(current(), request.args.get("after", ""), people.SHOWN + 1)
    return render_template(
        "console/people/index.html",
        listed=found[: people.SHOWN],
        more=len(found) > people.SHOWN,
        mine=visible(),
        roles=MEANINGS,
        **more,
    )


@pages.get("/<uuid:user_id>")
@needs_anywhere("owner")
def show(user_id: UUID) -> str:
    """One person: where they may do what, and what an owner can do for them."""
    return _show(_one(user_id))


@pages.post("/<uuid:user_id>/role")
@needs_anywhere("owner")
def give(user_id: UUID) -> ResponseReturnValue:
    """Give a role in all projects, or in one of one's own; an empty one takes it away."""
    found = _one(user_id)
    where = _project(request.form.get("project", ""))
    if not _me().may("owner", where):
        abort(403)
    role = request.form.get("role") or None
    try:
        people.give(current(), user_id, where, role, actor())
    except UserError as error:
        return _show(found, error=str(error)), 422
    flash(f"{found.user.email}: the role is changed.", "good")
    if _commanded(user_id) is not None:
        return redirect(url_for(".show", user_id=user_id))
    return redirect(url_for(".index" if project.may_everywhere("owner") else "console.home"))


@pages.post("/<uuid:user_id>/link")
@needs_anywhere("owner")
def make_link(user_id: UUID) -> ResponseReturnValue:
    """A link to a new password, shown this once."""
    found = _other(user_id)
    try:
        return _show(found, link=people.new_link(current(), user_id, actor()))
    except UserError as error:
        return _show(found, error=str(error)), 422


@pages.post("/<uuid:user_id>/end-sessions")
@needs_anywhere("owner")
def end_sessions(user_id: UUID) -> ResponseReturnValue:
    """Sign somebody out everywhere."""
    found = _one(user_id)
    signing_in.end_sessions(current(), found.user, actor())
    flash(f"{found.user.email} is signed out everywhere.", "good")
    return redirect(url_for(".show", user_id=user_id))


@pages.post("/<uuid:user_id>/second-step")
@needs_anywhere("owner")
def reset_second_step(user_id: UUID) -> ResponseReturnValue:
    """Ask somebody who has lost their app for no second step any more."""
    found = _other(user_id)
    second_step.turn_off(current(), found.user, actor())
    flash(f"Signing in asks {found.user.email} for no second step any more.", "warn")
    return redirect(url_for(".show", user_id=user_id))


@pages.post("/<uuid:user_id>/disable")
@needs_anywhere("owner")
def disable(user_id: UUID) -> ResponseReturnValue:
    """Let somebody in no more; everything they did stays in the log."""
    found = _other(user_id)
    try:
        people.disable(current(), user_id, actor())
    except UserError as error:
        return _show(found, error=str(error)), 422
    flash(f"{found.user.email} cannot sign in any more.", "warn")
    return redirect(url_for(".show", user_id=user_id))


@pages.post("/<uuid:user_id>/enable")
@needs_anywhere("owner")
def enable(user_id: UUID) -> ResponseReturnValue:
    """Let somebody in again."""
    found = _other(user_id)
    people.disable(current(), user_id, actor(), disabled=False)
    flash(f"{found.user.email} can sign in again.", "good")
    return redirect(url_for(".show", user_id=user_id))


def _show(found: Listed, **more: str | None) -> str:
    user = found.user
    mine = [one for one in visible() if _me().may("owner", one["id"])]
    return render_template(
        "console/people/show.html",
        who=found,
        myself=user.id == _me().id,
        held=[one for one in mine if one["id"] in user.roles],
        free=[one for one in mine if one["id"] not in user.roles],
        links=people.waiting_links(current(), user.id),
        roles=MEANINGS,
        **more,
    )


def _one(user_id: UUID) -> Listed:
    """Somebody with whom the signed-in owner may do anything."""
    return _commanded(user_id) or abort(404)


def _commanded(user_id: UUID) -> Listed | None:
    found = people.one(current(), user_id)
    return found if found is not None and people.commands(_me(), found.user) else None


def _other(user_id: UUID) -> Listed:
    """The same, but not oneself: one's own account asks for proof of who one is."""
    if user_id == _me().id:
        abort(403)
    return _one(user_id)


def _project(text: str) -> UUID | None:
    """The project that a form names, one that is visible; none for all of them."""
    if not text:
        return None
    wanted = identifier(text)
    if wanted is None or all(one["id"] != wanted for one in visible()):
        abort(404)
    return wanted


def _me() -> User:
    user: User = current_user.user
    return user
