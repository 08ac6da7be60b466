"""Acts on one delivery: send it now, by force or elsewhere, or call it off; then back to the page.

`next`, a field of the form, is the page of this project that one comes back to.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from relay.runtime import current
from relay.services import acting, browse, configured, replay
from relay.services.acting import Acted
from relay.services.browse import Row
from relay.web.console.project import actor, identifier, needs

pages = Blueprint("acts", __name__, url_prefix="/deliveries/<uuid:delivery_id>")

AGAIN = "blocked"
"""The field by which a person says once more that something goes to a blocked contact."""


@pages.post("/retry")
@needs("operator")
def retry(delivery_id: UUID) -> ResponseReturnValue:
    """Send it now: itself while it waits, else anew."""
    return _act(delivery_id, acting.retry, "It is on its way again")


@pages.post("/force")
@needs("operator")
def force(delivery_id: UUID) -> ResponseReturnValue:
    """Send it now though its target is paused, held back or left alone."""
    return _act(delivery_id, acting.force, "It goes now, past what held it back")


@pages.post("/replay-to")
@needs("operator")
def replay_to(delivery_id: UUID) -> ResponseReturnValue:
    """Send another target what this delivery was to bring."""
    row = _delivery(delivery_id)
    named = identifier(request.form.get("target"))
    target = configured.target(current(), named) if named else None
    if target is None or target.project_id != g.project["id"]:
        flash("Choose the target that it is to go to.", "warn")
        return _back(row)

    def send(rt: Any, one: UUID, who: str, *, despite_block: bool) -> Acted:
        return acting.elsewhere(rt, one, target, who, despite_block=despite_block)

    return _act(delivery_id, send, f"It is on its way to {target.name}")


@pages.post("/cancel")
@needs("operator")
def cancel(delivery_id: UUID) -> ResponseReturnValue:
    """Stop one delivery that has not gone out."""
    row = _delivery(delivery_id)
    if replay.cancel_one(current(), delivery_id, actor(), f"called off by {actor()}"):
        flash("It will not be sent.", "good")
    else:
        flash("It had gone out already.", "warn")
    return _back(row)


def _act(delivery_id: UUID, act: Callable[..., Acted], done: str) -> ResponseReturnValue:
    row = _delivery(delivery_id)
    try:
        acted = act(current(), delivery_id, actor(), despite_block=AGAIN in request.form)
    except acting.Blocked:
        return _ask_again(row)
    except acting.Refused as refused:
        flash(f"It is not sent: {refused}.", "warn")
        return _back(row)
    if acted.waits_for is None:
        flash(f"{done}.", "good")
    else:
        flash(f"It is due now, and waits: {acted.waits_for}.", "warn")
    return _back(row)


def _ask_again(row: Row) -> str:
    """Nothing goes to a blocked contact by one click: the person is asked whether that is meant."""
    return render_template(
        "console/acts/blocked.html",
        row=row,
        field=AGAIN,
        kept={name: request.form.get(name, "") for name in ("next", "target")},
        back=_address(row),
    )


def _delivery(delivery_id: UUID) -> Row:
    row = browse.delivery(current(), delivery_id)
    return row if row is not None and row["project_id"] == g.project["id"] else abort(404)


def _back(row: Row) -> ResponseReturnValue:
    return redirect(_address(row), 303)


def _address(row: Row) -> str:
    """Where the person came from, if that is a page of this project; else the lead's page."""
    given = request.form.get("next", "")
    home = url_for("console.project.overview.index")
    parts = urlsplit(given.replace("\\", "/"))
    outside = parts.scheme or parts.netloc or "//" in parts.path or ".." in parts.path
    if given.isprintable() and given.startswith(home) and not outside:
        return given
    return url_for("console.project.leads.show", lead_id=row["lead_id"], _anchor=f"d-{row['id']}")
