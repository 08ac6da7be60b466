"""Problems: what goes wrong, grouped by its cause, since when, how often, and what to do."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from relay.core.problem_sorts import SORTS
from relay.core.problem_words import advice, particulars
from relay.runtime import current
from relay.services import problems
from relay.services.problems import SHELVES, Scope, Whole
from relay.web.console import ways_out
from relay.web.console.charts import Chart, Series, Slot, draw
from relay.web.console.deliveries import cursor_of
from relay.web.console.project import actor, may_everywhere, needs

pages = Blueprint("problems", __name__, url_prefix="/problems")

SPANS: dict[str, tuple[str, float | None]] = {
    "hour": ("for an hour", 3600.0),
    "day": ("for a day", 86400.0),
    "ever": ("until somebody unmutes it", None),
}
"""For how long a problem can be muted, in words and seconds."""

HOURS, DAYS = 48, 30
"""Slots of a chart by the hour, and by the day."""


@pages.get("/")
def index() -> str:
    """One shelf of problems, the newest happening first."""
    shelf = request.args.get("shelf", "open")
    sort = request.args.get("sort", "")
    if shelf not in SHELVES or (sort and sort not in SORTS):
        abort(404)
    rt, scope = current(), scope_of_person()
    return render_template(
        "console/problems/index.html",
        page=problems.listed(rt, scope, shelf, sort=sort, cursor=cursor_of(request.args)),
        counts=problems.counts(rt, scope),
        shelf=shelf,
        sorts=SORTS,
        given=request.args,
    )


@pages.get("/<uuid:problem_id>")
def show(problem_id: UUID) -> str:
    """One problem: what, since when, how often, why, and where it is put right."""
    whole = _problem(problem_id)
    row = whole.row
    return render_template(
        "console/problems/show.html",
        row=row,
        turns=whole.turns,
        sort=SORTS[row["sort"]],
        advice=advice(row),
        particulars=particulars(row),
        ways=ways_out.of(row),
        chart=_chart(whole) if SORTS[row["sort"]].repeats else None,
        muted=problems.is_muted(row, current().clock.now()),
        spans=SPANS,
        may_act=_may_act(whole),
    )


@pages.post("/<uuid:problem_id>/mute")
@needs("operator")
def mute(problem_id: UUID) -> ResponseReturnValue:
    """Send no notices of it for a while."""
    words, seconds = SPANS.get(request.form.get("span", ""), SPANS["day"])
    return _done(
        problem_id,
        lambda: problems.mute(current(), problem_id, seconds, actor()),
        f"Muted {words}: it is counted on, and nobody is told.",
    )


@pages.post("/<uuid:problem_id>/unmute")
@needs("operator")
def unmute(problem_id: UUID) -> ResponseReturnValue:
    """Send notices of it again."""
    return _done(
        problem_id,
        lambda: problems.unmute(current(), problem_id, actor()),
        "It is not muted any more.",
    )


@pages.post("/<uuid:problem_id>/resolve")
@needs("operator")
def resolve(problem_id: UUID) -> ResponseReturnValue:
    """Say that the cause is put right."""
    return _done(
        problem_id,
        lambda: problems.resolve(current(), problem_id, actor()),
        "Resolved. Should it happen again, it opens anew.",
    )


def scope_of_person() -> Scope:
    """The page's project; the relay's own problems are for those who see all projects."""
    return Scope(project=g.project["id"], house=may_everywhere("viewer"))


def _problem(problem_id: UUID) -> Whole:
    return problems.one(current(), scope_of_person(), problem_id) or abort(404)


def _may_act(whole: Whole) -> bool:
    """Whether the person may mute it: what is everybody's takes a role everywhere."""
    return whole.row["project_id"] is not None or may_everywhere("operator")


def _done(problem_id: UUID, act: Callable[[], bool], said: str) -> ResponseReturnValue:
    if not _may_act(_problem(problem_id)):
        abort(403)
    if act():
        flash(said, "good")
    else:
        flash("Nothing to do: it has changed meanwhile.", "warn")
    return redirect(url_for(".show", problem_id=problem_id), 303)


def _chart(whole: Whole) -> Chart:
    """How often it happened: by the hour where it began lately, else by the day."""
    now = current().clock.now()
    lately = whole.row["first_at"] > now - timedelta(hours=HOURS)
    step, slots = (timedelta(hours=1), HOURS) if lately else (timedelta(days=1), DAYS)
    last = now.replace(minute=0, second=0, microsecond=0)
    last = last if lately else last.replace(hour=0)
    begins = [last - step * back for back in reversed(range(slots))]
    counted = dict.fromkeys(begins, 0)
    for minute, times in whole.minutes.items():
        begun = minute.replace(minute=0) if lately else minute.replace(hour=0, minute=0)
        if begun in counted:
            counted[begun] += times
    drawn = [Slot((times,), at=at) for at, times in counted.items()]
    return draw((Series("Happened", "bad"),), drawn, ((0,),), daily=not lately)
