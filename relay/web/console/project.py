"""The project that a page is about, and who may do what in it."""

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec
from uuid import UUID

from flask import Blueprint, abort, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from relay.runtime import current
from relay.services import inventory
from relay.store.tables import ROLES

P = ParamSpec("P")

LAST = "project"
"""Where the session has the project that was looked at last."""


def root() -> ResponseReturnValue:
    """The bare address leads to the console."""
    return redirect(url_for("console.home"))


def home() -> ResponseReturnValue:
    """The console opens on the first project."""
    projects = inventory.all_projects(current())
    if not projects:
        return render_template(
            "console/message.html",
            title="No project yet",
            text="Give the relay its first project with “python -m relay apply”.",
        )
    return redirect(url_for("console.project.overview.index", project=projects[0]["public_id"]))


def set_up(inside: Blueprint) -> None:
    """Every page below knows its project as `g.project`, and its links carry it."""
    inside.url_value_preprocessor(_take_project)
    inside.url_defaults(_give_project)
    inside.before_request(_load_project)
    inside.context_processor(surroundings)


def may(role: str) -> bool:
    """Whether the signed-in person has this role or a higher one."""
    return ROLES.index(current_user.role) <= ROLES.index(role)


def needs(role: str) -> Callable[[Callable[P, Any]], Callable[P, Any]]:
    """Only for people of this role or a higher one; others get 403."""

    def guarded(view: Callable[P, Any]) -> Callable[P, Any]:
        @wraps(view)
        def guard(*args: P.args, **kwargs: P.kwargs) -> Any:
            if not may(role):
                abort(403)
            return view(*args, **kwargs)

        return guard

    return guarded


def actor() -> str:
    """Who is doing this, for the audit."""
    return str(current_user.email)


def identifier(text: str | None) -> UUID | None:
    """An id out of an address, or None where it is none."""
    try:
        return UUID(text or "")
    except ValueError:
        return None


def _take_project(_endpoint: str | None, values: dict[str, Any] | None) -> None:
    g.project_public_id = (values or {}).pop("project", None)


def _give_project(_endpoint: str, values: dict[str, Any]) -> None:
    if "project_public_id" in g:
        values.setdefault("project", g.project_public_id)


def _load_project() -> None:
    if not load(g.project_public_id):
        abort(404)


def load(public_id: str | None) -> bool:
    """Make this project the page's; where none is named, the one that was looked at last."""
    g.projects = inventory.all_projects(current())
    wanted = public_id or request.args.get("project")
    found = [one for one in g.projects if one["public_id"] == (wanted or session.get(LAST))]
    if not wanted and not found:
        found = list(g.projects[:1])
    if not found:
        return False
    g.project = found[0]
    g.project_public_id = g.project["public_id"]
    if session.get(LAST) != g.project_public_id:
        session[LAST] = g.project_public_id
    return True


def surroundings() -> dict[str, Any]:
    """What the frame of a page shows of its project."""
    counts = {} if request.headers.get("HX-Request") else _shelf_counts()
    return {
        "project": g.get("project"),
        "projects": g.get("projects"),
        "shelved": counts,
        "may": may,
    }


def _shelf_counts() -> dict[str, int]:
    project = g.get("project")
    return inventory.shelf_counts(current(), project["id"]) if project else {}
