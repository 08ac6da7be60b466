"""The delivery log: every delivery, found by the filters in the address, and what can be done."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from relay.runtime import current
from relay.services import browse, inventory, replay
from relay.store.tables import DELIVERY_STATES
from relay.web.console.project import actor, identifier, needs

pages = Blueprint("deliveries", __name__, url_prefix="/deliveries")

SPANS = {
    "1h": ("Last hour", timedelta(hours=1)),
    "24h": ("Last 24 hours", timedelta(days=1)),
    "7d": ("Last 7 days", timedelta(days=7)),
    "30d": ("Last 30 days", timedelta(days=30)),
}


@pages.get("/")
def index() -> str:
    """The log, newest first."""
    rt = current()
    wanted = filter_of(request.args, g.project["id"])
    page = browse.deliveries(rt, wanted, cursor_of(request.args))
    return render_template(
        "console/deliveries/index.html",
        page=page,
        given=request.args,
        filtered=any(request.args.get(name) for name in ("q", "state", "source", "target", *TIMES)),
        states=DELIVERY_STATES,
        spans=SPANS,
        sources=inventory.sources_of(rt, g.project["id"]),
        targets=inventory.targets_of(rt, g.project["id"]),
    )


TIMES = ("span", "from", "until")


def filter_of(given: MultiDict[str, str], project: UUID) -> browse.Filter:
    """The filter that an address asks for; what it says wrongly restricts nothing."""
    span = SPANS.get(given.get("span", ""))
    since = current().clock.now() - span[1] if span else _moment(given.get("from"))
    return browse.Filter(
        project=project,
        states=[state for state in given.getlist("state") if state in DELIVERY_STATES],
        source=identifier(given.get("source")),
        target=identifier(given.get("target")),
        lead=identifier(given.get("lead")),
        since=since,
        until=_moment(given.get("until")),
        text=given.get("q", "")[:200],
    )


def cursor_of(given: MultiDict[str, str]) -> browse.Cursor:
    """Where the page begins that an address asks for."""
    return browse.Cursor(identifier(given.get("after")), identifier(given.get("before")))


def _moment(text: str | None) -> datetime | None:
    """A time from a form field, which has no zone: UTC."""
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


@pages.post("/<uuid:delivery_id>/replay")
@needs("operator")
def send_again(delivery_id: UUID) -> ResponseReturnValue:
    """Send one delivery again, now."""
    lead_id = _lead_of(delivery_id)
    replay.replay_one(current(), delivery_id)
    flash("It is on its way again.", "good")
    return redirect(url_for("console.project.leads.show", lead_id=lead_id))


@pages.post("/<uuid:delivery_id>/cancel")
@needs("operator")
def cancel(delivery_id: UUID) -> ResponseReturnValue:
    """Stop one delivery that has not gone out."""
    lead_id = _lead_of(delivery_id)
    wanted = browse.Filter(delivery=delivery_id)
    if replay.cancel(current(), wanted, f"called off by {actor()}").ended:
        flash("It will not be sent.", "good")
    else:
        flash("It had gone out already.", "warn")
    return redirect(url_for("console.project.leads.show", lead_id=lead_id))


def _lead_of(delivery_id: UUID) -> UUID:
    """The delivery's lead; 404 for one of another project."""
    found = browse.delivery(current(), delivery_id)
    if found is None or found["project_id"] != g.project["id"]:
        abort(404)
    lead_id: UUID = found["lead_id"]
    return lead_id
