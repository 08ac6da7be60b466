"""The project that a page is about, and who may do what in it."""

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec
from uuid import UUID

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from relay.runtime import current
from relay.services import inventory
from relay.store.tables import ROLES

P = ParamSpec("P")


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
    inside.context_processor(_surroundings)


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
    g.projects = inventory.all_projects(current())
    found = [one for one in g.projects if one["public_id"] == g.project_public_id]
    if not found:
        abort(404)
    g.project = found[0]


def _surroundings() -> dict[str, Any]:
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
