"""The audit log: who did what, when, with what was there before and after."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, abort, g, render_template, request

from relay.core.sheets import given_back
from relay.runtime import current
from relay.services import audit_log
from relay.services.audit_log import Wanted
from relay.web.console import project
from relay.web.console.days import day_of
from relay.web.console.deliveries import cursor_of
from relay.web.console.project import identifier, needs, needs_everywhere, visible

pages = Blueprint("audit", __name__, url_prefix="/audit")
whole = Blueprint("audit", __name__, url_prefix="/audit")
project.around(whole)

OUTSIDE = "relay"
"""Stands in an address for what was done in no project."""

LONGEST = 200
"""Characters of a filter."""


@pages.get("/")
@needs("operator")
def index() -> str:
    """What was done in the project."""
    return _page(_wanted(g.project["id"]))


@pages.get("/audit.csv")
@needs("owner")
def as_csv() -> Response:
    """The same as a file."""
    return _file(_wanted(g.project["id"]), f"audit-{g.project['public_id']}.csv")


@whole.get("/")
@needs_everywhere("owner")
def everywhere() -> str:
    """What was done in all projects, and outside of them."""
    return _page(_wanted_anywhere(), whole=True)


@whole.get("/audit.csv")
@needs_everywhere("owner")
def everywhere_as_csv() -> Response:
    """The same as a file."""
    return _file(_wanted_anywhere(), "audit.csv")


def _page(wanted: Wanted, **more: Any) -> str:
    return render_template(
        "console/audit/index.html",
        page=audit_log.page(current(), wanted, cursor_of(request.args)),
        given=request.args,
        filtered=any(request.args.get(name) for name in ("actor", "action", "subject", "from")),
        **more,
    )


def _file(wanted: Wanted, name: str) -> Response:
    content = given_back(audit_log.lines(current(), wanted))
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, content_type="text/csv; charset=utf-8", headers=disposition)


def _wanted_anywhere() -> Wanted:
    where = request.args.get("in", "")
    if where in {"", OUTSIDE}:
        return _wanted(None, outside=where == OUTSIDE)
    chosen = identifier(where)
    if chosen not in {one["id"] for one in visible()}:
        abort(404)
    return _wanted(chosen)


def _wanted(project_id: UUID | None, *, outside: bool = False) -> Wanted:
    given = request.args
    texts = {name: given.get(name, "").strip() for name in ("actor", "action", "subject")}
    return Wanted(
        project=project_id,
        outside=outside,
        since=_midnight(given.get("from"), 0),
        until=_midnight(given.get("until"), 1),
        **{name: text[:LONGEST] for name, text in texts.items()},
    )


def _midnight(text: str | None, later: int) -> datetime | None:
    """When a day begins, or the one so many days later; None where it is none."""
    day = day_of(text)
    return None if day is None else datetime.combine(day, time(), UTC) + timedelta(days=later)
