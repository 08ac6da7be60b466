"""What people do to a target's lane: pause it, hold it until a time, let it go on."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from relay.runtime import current
from relay.services import lanes
from relay.web.console import own_target
from relay.web.console.project import actor, needs

pages = Blueprint("lane", __name__)

SPANS = {"10 min": 600, "1 h": 3600, "4 h": 14400, "1 d": 86400}
"""Holds that are offered by one click, in seconds."""

LONGEST_HOLD = timedelta(days=90)


@pages.post("/<uuid:target_id>/pause")
@needs("operator")
def pause(target_id: UUID) -> ResponseReturnValue:
    """Keep its deliveries back."""
    reason = _reason() or f"paused by {actor()}"
    lanes.pause_target(current(), own_target.of_project(target_id).id, reason, actor())
    flash("Paused: deliveries wait until you resume.", "warn")
    return _back(target_id)


@pages.post("/<uuid:target_id>/resume")
@needs("operator")
def resume(target_id: UUID) -> ResponseReturnValue:
    """Let deliveries out again, whatever held them."""
    lanes.resume_target(current(), own_target.of_project(target_id).id, actor())
    flash("Deliveries go out again.", "good")
    return _back(target_id)


@pages.post("/<uuid:target_id>/hold")
@needs("operator")
def hold(target_id: UUID) -> ResponseReturnValue:
    """Keep its deliveries back until a time, after which they go by themselves."""
    target = own_target.of_project(target_id)
    until = _until()
    now = current().clock.now()
    if until is None or not now < until <= now + LONGEST_HOLD:
        flash("Choose a time that is to come, within 90 days.", "bad")
        return _back(target_id)
    reason = _reason() or f"held by {actor()}"
    if lanes.hold_target(current(), target.id, until, reason, actor()):
        flash(f"Deliveries wait until {until:%Y-%m-%d %H:%M} UTC, then go by themselves.", "warn")
    else:
        flash("It is held longer already. Let it go on first to hold it for less.", "bad")
    return _back(target_id)


def _until() -> datetime | None:
    """The end of the hold: after one of SPANS, or the time that was typed, which is in UTC."""
    if seconds := SPANS.get(request.form.get("for", "")):
        return current().clock.now() + timedelta(seconds=seconds)
    try:
        typed = datetime.fromisoformat(request.form.get("until", "").strip())
    except ValueError:
        return None
    return typed.replace(tzinfo=UTC) if typed.tzinfo is None else typed.astimezone(UTC)


def _reason() -> str:
    return request.form.get("reason", "").strip()[:200]


def _back(target_id: UUID) -> ResponseReturnValue:
    return redirect(url_for("console.project.targets.show", target_id=target_id))
