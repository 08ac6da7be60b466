"""Bulk runs: one act on all that a filter names; counted first, called off in time, watched."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from relay.core.contract import Json
from relay.core.ids import new_id
from relay.runtime import current
from relay.services import bulk, bulk_counts, catch_up_counts, configured, filters, inventory
from relay.services.browse import Row
from relay.services.bulk import Wish
from relay.services.bulk_acts import BY_RETRY
from relay.services.configured import ConfiguredTarget
from relay.services.filtering import Filter
from relay.store.tables import DELIVERY_STATES
from relay.web.console import filter_words
from relay.web.console.filters import SPANS, cursor_of, filter_of
from relay.web.console.project import actor, identifier, needs

pages = Blueprint("bulk", __name__, url_prefix="/bulk")

TAKEN_UP = {
    "retry": BY_RETRY,
    "replay": tuple(state for state in DELIVERY_STATES if state != "sending"),
    "replay_to": DELIVERY_STATES,
    "cancel": ("waiting",),
}
"""The states that each action takes up, of those that a filter names."""


@pages.get("/")
def index() -> str:
    """The project's runs, newest first."""
    page = bulk.newest(current(), g.project["id"], cursor_of(request.args))
    return render_template("console/bulk/index.html", page=page, given=request.args)


@pages.get("/new")
@needs("operator")
def new() -> str:
    """What the filter in the address names, counted, and what can be done to it."""
    wanted, newest = filter_of(request.args, g.project["id"]), new_id()
    counted = bulk_counts.count(current(), wanted)
    told = filters.to_json(wanted)
    return render_template(
        "console/bulk/new.html",
        counted=counted,
        actions={name: counted.of(states) for name, states in TAKEN_UP.items()},
        said=filter_words.in_words(told, _names()),
        filter=json.dumps(told),
        newest=newest,
        given=request.args,
        targets=inventory.targets_of(current(), g.project["id"]),
        undo=f"{current().config.undo_seconds:g}",
    )


@pages.post("/new")
@needs("operator")
def ask() -> ResponseReturnValue:
    """Keep what is asked for; it begins by itself when the time for calling it off is over."""
    action = request.form.get("action", "")
    target = _target() if action == "replay_to" else None
    if action not in TAKEN_UP:
        flash("Choose what is to be done.", "warn")
        return redirect(_back(), 303)
    if action == "replay_to" and target is None:
        flash("Choose the target that they are to go to.", "warn")
        return redirect(_back(), 303)
    return _asked(action, _filter(), target)


@pages.get("/catch-up")
@needs("operator")
def catch_up() -> str:
    """What a target never got of a span of time, counted, to be brought to it."""
    rt, project = current(), g.project["id"]
    target, wanted, newest = _late(request.args), filter_of(request.args, project), new_id()
    wanted = Filter(
        project=project,
        target=target.id if target else None,
        source=wanted.source,
        since=wanted.since,
        until=wanted.until,
    )
    return render_template(
        "console/bulk/catch_up.html",
        target=target,
        found=catch_up_counts.count(rt, target, wanted) if target else None,
        filter=json.dumps(filters.to_json(wanted)),
        newest=newest,
        given=request.args,
        spans=SPANS,
        routes=inventory.routes_of(rt, project, target=target.id) if target else [],
        targets=inventory.targets_of(rt, project),
        undo=f"{rt.config.undo_seconds:g}",
    )


@pages.post("/catch-up")
@needs("operator")
def bring() -> ResponseReturnValue:
    """Have the target brought what it never got."""
    wanted = _filter()
    known = {row["id"] for row in inventory.targets_of(current(), g.project["id"])}
    if wanted.target not in known:
        abort(404)
    return _asked("catch_up", wanted, wanted.target)


def _late(given: Mapping[str, str]) -> ConfiguredTarget | None:
    """The target that an address names, if it is one of the project's."""
    named = identifier(given.get("target"))
    found = configured.target(current(), named) if named else None
    return found if found is not None and found.project_id == g.project["id"] else None


def _asked(action: str, wanted: Filter, target: UUID | None) -> ResponseReturnValue:
    counted = request.form.get("counted", "")
    wish = Wish(
        project=g.project["id"],
        action=action,
        filter=wanted,
        newest=identifier(request.form.get("newest")) or new_id(),
        counted=int(counted[:9]) if counted.isascii() and counted.isdigit() else None,
        target=target,
    )
    return redirect(url_for(".show", run_id=bulk.ask(current(), wish, actor())), 303)


@pages.get("/<uuid:run_id>")
def show(run_id: UUID) -> str:
    """One run: what it is for, how far it is, what became of it."""
    return _page(_run(run_id), "console/bulk/show.html")


@pages.get("/<uuid:run_id>/progress")
def progress(run_id: UUID) -> str:
    """How far it is, which asks again by itself."""
    whole = "HX-Request" not in request.headers
    return _page(_run(run_id), f"console/bulk/{'show' if whole else '_progress'}.html")


@pages.post("/<uuid:run_id>/stop")
@needs("operator")
def stop(run_id: UUID) -> ResponseReturnValue:
    """Do nothing more of it."""
    row = _run(run_id)
    if not bulk.stop(current(), g.project["id"], run_id, actor()):
        flash("It had ended already.", "warn")
    elif row["began_at"] is None:
        flash("Called off: nothing was done.", "good")
    else:
        flash("Stopped. What was done until now stays.", "warn")
    return redirect(url_for(".show", run_id=run_id), 303)


def _page(row: Row, template: str) -> str:
    now = current().clock.now()
    ended = row["state"] not in bulk.OPEN
    done = row["done"] + row["skipped"] + row["failed"]
    worked = ((row["finished_at"] or now) - row["began_at"]).total_seconds() if done else 0.0
    made = bulk.made(current(), row["id"]) if row["done"] else {}
    return render_template(
        template,
        row=row,
        made=made,
        unlisted=max(0, row["done"] - sum(made.values())),
        capped=sum(made.values()) == bulk.MADE,
        ended=ended,
        through=done,
        per_second=done / worked if worked >= 1 else None,
        begins_in=max(0.0, (row["starts_at"] - now).total_seconds()),
        said=filter_words.in_words(row["filter"], _names()),
    )


def _run(run_id: UUID) -> Row:
    return bulk.one(current(), g.project["id"], run_id) or abort(404)


def _filter() -> Filter:
    """The filter that the form was drawn for, always of this project."""
    try:
        told: Any = json.loads(request.form.get("filter", "{}"))
        return filters.from_json({**told, "project": str(g.project["id"])})
    except (ValueError, TypeError):
        abort(400)


def _target() -> UUID | None:
    """The target of the form, if it is one of the project's."""
    named = identifier(request.form.get("target"))
    known = {row["id"] for row in inventory.targets_of(current(), g.project["id"])}
    return named if named in known else None


def _back() -> str:
    """The page again that the form stood on."""
    return url_for(".new") + (f"?{given}" if (given := request.form.get("query", "")) else "")


def _names() -> dict[str, Json]:
    """Names of the project's sources and targets by their ids."""
    rt, project = current(), g.project["id"]
    rows = [*inventory.sources_of(rt, project), *inventory.targets_of(rt, project)]
    return {str(row["id"]): row["name"] for row in rows}
