"""The project that a page is about, and who may do what in it."""

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec
from uuid import UUID

from flask import Blueprint, abort, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from relay.runtime import current
from relay.services import inventory, problems
from relay.services.browse import Row

P = ParamSpec("P")

LAST = "project"
"""Where the session has the project that was looked at last."""

NO_PROJECT = (
    "No project yet",
    "Give the relay its first project with “python -m relay apply”.",
)
NOT_YOURS = (
    "No project is yours to see",
    "You can sign in, but nobody has given you a role in a project. Ask an owner of this relay.",
)


def root() -> ResponseReturnValue:
    """The bare address leads to the console."""
    return redirect(url_for("console.home"))


def home() -> ResponseReturnValue:
    """The console opens on the first project."""
    projects = visible()
    if not projects:
        title, text = NO_PROJECT if may_everywhere("viewer") else NOT_YOURS
        return render_template("console/message.html", title=title, text=text)
    return redirect(url_for("console.project.overview.index", project=projects[0]["public_id"]))


def set_up(inside: Blueprint) -> None:
    """Every page below knows its project as `g.project`, and its links carry it."""
    inside.url_value_preprocessor(_take_project)
    inside.url_defaults(_give_project)
    inside.before_request(_load_project)
    inside.context_processor(surroundings)


def around(pages: Blueprint) -> None:
    """Show pages that are about no project within the one that was looked at last."""
    pages.before_request(_load_last)
    pages.context_processor(surroundings)


def may(role: str) -> bool:
    """Whether the signed-in person has this role or a higher one in the page's project.

    On a page that is about no project: in all of them.
    """
    project = g.get("project")
    return bool(
        current_user.is_authenticated
        and current_user.user.may(role, project["id"] if project else None)
    )


def may_everywhere(role: str) -> bool:
    """Whether the signed-in person has this role or a higher one in all projects."""
    return bool(current_user.is_authenticated and current_user.user.may(role, None))


def may_anywhere(role: str) -> bool:
    """Whether the signed-in person has this role or a higher one in any project."""
    if not current_user.is_authenticated:
        return False
    user = current_user.user
    return any(user.may(role, one) for one in (None, *user.roles))


def needs(role: str) -> Callable[[Callable[P, Any]], Callable[P, Any]]:
    """Only for people of this role or a higher one in the page's project; others get 403."""
    return _only_where(may, role)


def needs_everywhere(role: str) -> Callable[[Callable[P, Any]], Callable[P, Any]]:
    """Only for people of this role or a higher one in all projects; others get 403."""
    return _only_where(may_everywhere, role)


def needs_anywhere(role: str) -> Callable[[Callable[P, Any]], Callable[P, Any]]:
    """Only for people of this role or a higher one in any project; others get 403."""
    return _only_where(may_anywhere, role)


def _only_where(
    asked: Callable[[str], bool], role: str
) -> Callable[[Callable[P, Any]], Callable[P, Any]]:
    def guarded(view: Callable[P, Any]) -> Callable[P, Any]:
        @wraps(view)
        def guard(*args: P.args, **kwargs: P.kwargs) -> Any:
            if not asked(role):
                abort(403)
            return view(*args, **kwargs)

        return guard

    return guarded


def visible() -> list[Row]:
    """The projects in use in which the signed-in person has a role, oldest first."""
    own = current_user.user
    return [one for one in inventory.all_projects(current()) if own.may("viewer", one["id"])]


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


def _load_last() -> None:
    if current_user.is_authenticated:
        load(None)


def load(public_id: str | None) -> bool:
    """Make this project the page's; where none is named, the one that was looked at last.

    A project in which the person has no role is as if it were not there.
    """
    g.projects = visible()
    wanted = public_id or request.args.get("project")
    found = [one for one in g.projects if one["public_id"] == (wanted or session.get(LAST))]
    if not wanted and not found:
        found = g.projects[:1]
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
        "problem_counts": {} if request.headers.get("HX-Request") else _problem_counts(),
        "may": may,
        "may_everywhere": may_everywhere,
    }


def _shelf_counts() -> dict[str, int]:
    project = g.get("project")
    return inventory.shelf_counts(current(), project["id"]) if project else {}


def _problem_counts() -> dict[str, int]:
    project = g.get("project")
    if not project:
        return {}
    scope = problems.Scope(project=project["id"], house=may_everywhere("viewer"))
    return problems.counts(current(), scope)
