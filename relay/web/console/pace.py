"""A target's pace: how many deliveries per time, how many at once, when to try again, how old.

The form's fields: one `amount`, `every` and `unit` a limit; `mode` (usual or own) and one `wait`
and `wait_unit` a retry; `in_flight`; `max_age` and `max_age_unit`; and the buttons `act`, which
change the rows and save nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from relay.core.contract import Json
from relay.core.rates import SECONDS, Rate, largest_unit, rate, span
from relay.runtime import current
from relay.services import configure
from relay.services.configured import ConfiguredTarget
from relay.services.wanted import Mistakes
from relay.web.console import own_target
from relay.web.console.forms import FormError, Given, read_number
from relay.web.console.pace_facts import Facts, facts_of, usual_schedule
from relay.web.console.project import actor, needs

pages = Blueprint("pace", __name__)

UNITS = ("second", "minute", "hour", "day")
LIMIT_UNITS = (*UNITS, "month")
LONGEST = 30
"""Retries that a schedule may have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """The form as it is shown: rows as typed, and what they come to as far as they can be read."""

    limits: Sequence[tuple[str, str, str]] = ()
    mode: str = "usual"
    waits: Sequence[tuple[str, str]] = ()
    in_flight: str = ""
    max_age: tuple[str, str] = ("", "day")
    errors: Mapping[str, str] = field(default_factory=dict)


@pages.route("/<uuid:target_id>/pace", methods=["GET"])
@needs("editor")
def index(target_id: UUID) -> str:
    """Limits and retries of one target."""
    target = own_target.of_project(target_id)
    return _page(target, stored(target))


@pages.post("/<uuid:target_id>/pace")
@needs("editor")
def save(target_id: UUID) -> ResponseReturnValue:
    """Save the pace, or show the rows again after a button among them."""
    target = own_target.of_project(target_id)
    shown = given(request.form)
    if "act" in request.form:
        return _page(target, pressed(shown, request.form["act"]))
    try:
        document = own_target.document(target_id) | read(request.form)
        configure.save_target(current(), target.project_id, document, actor(), target_id)
    except (FormError, Mistakes) as error:
        return _page(target, _blamed(shown, error)), 422
    flash("Saved. It applies to what is sent from now on.", "good")
    return redirect(url_for("console.project.targets.show", target_id=target_id))


def stored(target: ConfiguredTarget) -> Pace:
    """The form of what is stored; what is the kind's own stays empty."""
    retry = target.retry
    own = own_target.document(target.id).get("limits") or []
    rates = [one for text in own if (one := rate(text))]
    age = retry.get("max_age")
    return Pace(
        limits=[(str(one.amount), str(one.every), one.unit) for one in rates],
        mode="own" if "schedule" in retry else "usual",
        waits=[_written(wait) for wait in retry.get("schedule", usual_schedule(target))],
        in_flight=str(retry.get("in_flight") or ""),
        max_age=_written(age) if age else ("", "day"),
    )


def given(form: Given) -> Pace:
    """The form as it was filled in."""
    limits = zip(*(form.getlist(name) for name in ("amount", "every", "unit")), strict=False)
    return Pace(
        limits=list(limits),
        mode="own" if form.get("mode") == "own" else "usual",
        waits=list(zip(form.getlist("wait"), form.getlist("wait_unit"), strict=False)),
        in_flight=form.get("in_flight", ""),
        max_age=(form.get("max_age", ""), form.get("max_age_unit", "day")),
    )


def pressed(shown: Pace, act: str) -> Pace:
    """The form after a button among its rows."""
    what, _, which = act.partition(" ")
    limits, waits = list(shown.limits), list(shown.waits)
    if what == "add-limit":
        limits.append(("", "1", "minute"))
    elif what == "add-wait" and len(waits) < LONGEST:
        waits.append(waits[-1] if waits else ("1", "minute"))
    elif what == "remove-limit" and which.isdecimal():
        limits = [one for at, one in enumerate(limits) if at != int(which)]
    elif what == "remove-wait" and which.isdecimal():
        waits = [one for at, one in enumerate(waits) if at != int(which)]
    return Pace(
        limits=limits,
        mode=shown.mode,
        waits=waits,
        in_flight=shown.in_flight,
        max_age=shown.max_age,
    )


def read(form: Given) -> dict[str, Json]:
    """The members of a target's document that the form says. Raises FormError."""
    shown = given(form)
    retry: dict[str, Json] = {}
    if shown.mode == "own":
        retry["schedule"] = _schedule(shown)
    if shown.in_flight.strip():
        retry["in_flight"] = _whole("in_flight", shown.in_flight)
    if shown.max_age[0].strip():
        retry["max_age"] = round(_seconds("max_age", *shown.max_age))
    return {"limits": [one.written for one in _rates(shown)], "retry": retry}


def _page(target: ConfiguredTarget, shown: Pace) -> str:
    return render_template(
        "console/targets/pace.html",
        target=target,
        pace=shown,
        facts=_shown_facts(target, shown),
        usual=facts_of(target, target.kind.target.limits, None, usual=True),
        units=UNITS,
        limit_units=LIMIT_UNITS,
        span=span,
    )


def _shown_facts(target: ConfiguredTarget, shown: Pace) -> Facts:
    """What the form comes to; what cannot be read of it is as if it were not there."""
    try:
        limits = [one.written for one in _rates(shown)]
    except FormError:
        limits = []
    try:
        own = _schedule(shown) if shown.mode == "own" else None
    except FormError:
        own = None
    return facts_of(target, limits or target.kind.target.limits, own, usual=own is None)


def _rates(shown: Pace) -> list[Rate]:
    """The limits of the rows that say something. Raises FormError."""
    rows = [row for row in shown.limits if row[0].strip()]
    return [
        Rate(_whole("limits", amount), _whole("limits", every or "1"), _unit("limits", unit))
        for amount, every, unit in rows
    ]


def _schedule(shown: Pace) -> list[float]:
    return [_seconds("schedule", wait, unit) for wait, unit in shown.waits if wait.strip()]


def _seconds(name: str, text: str, unit: str) -> float:
    seconds = read_number(name, text) * SECONDS[_unit(name, unit)]
    if seconds < 0 or seconds > SECONDS["year"]:
        raise FormError(name, "This must be between nothing and a year.")
    return int(seconds) if float(seconds).is_integer() else seconds


def _whole(name: str, text: str) -> int:
    number = read_number(name, text.strip())
    if not isinstance(number, int) or number < 1:
        raise FormError(name, "This must be a whole number of at least 1.")
    return number


def _unit(name: str, unit: str) -> str:
    if unit not in SECONDS:
        raise FormError(name, "Choose one of the units that are offered.")
    return unit


def _written(seconds: float) -> tuple[str, str]:
    number, unit = largest_unit(seconds)
    return f"{number:g}", unit


def _blamed(shown: Pace, error: FormError | Mistakes) -> Pace:
    problems = [f"{error.name}: {error}"] if isinstance(error, FormError) else error.problems
    errors: dict[str, Any] = {}
    for problem in problems:
        name, _, message = problem.partition(": ")
        part = name.removeprefix("retry.").partition("[")[0]
        errors.setdefault(part, message or problem)
    return Pace(
        limits=shown.limits,
        mode=shown.mode,
        waits=shown.waits,
        in_flight=shown.in_flight,
        max_age=shown.max_age,
        errors=errors,
    )
