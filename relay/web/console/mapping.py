"""The mapping of a source, edited on what it was really sent, and tried on what came before."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from relay.core.contract import Inbound
from relay.runtime import current
from relay.services import configured, past, same_reason, source_parts
from relay.services.browse import Row
from relay.services.configured import ConfiguredSource
from relay.services.dry_run import DryRun, dry_run
from relay.services.past import Explained
from relay.services.wanted import Mistakes
from relay.web.console.goals import Goals
from relay.web.console.mapping_form import Editor, edit, sample_text
from relay.web.console.project import actor, identifier, needs

pages = Blueprint("mapping", __name__, url_prefix="/sources/<uuid:source_id>/mapping")

EXAMPLE = "example:"
"""How the name of a sample begins that is one of the kind's own."""

SPANS = {
    "": "the newest 100",
    "1": "the last day",
    "7": "the last 7 days",
    "30": "the last 30 days",
}
"""What a dry run can look at, by its days."""

_PARTS = {
    "preview": "console/mapping/_preview.html",
    "sample": "console/mapping/_editor.html",
    "compare": "console/mapping/_dry_run.html",
}
"""What of the page is asked for by a script, by what is to be done."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The submission that the mapping is shown on; without one there is nothing to show yet."""

    name: str = ""
    title: str = ""
    row: Any = None
    came: Inbound | None = None
    explain: Callable[[ConfiguredSource], Explained] | None = None


@pages.get("/")
@needs("editor")
def index(source_id: UUID) -> str:
    """The editor with the mapping as it is."""
    return _page(_source(source_id), request.args.get("sample", ""))


@pages.post("/")
@needs("editor")
def change(source_id: UUID) -> ResponseReturnValue:
    """Look at what a draft makes of the sample, or of what came before, or save it."""
    source = _source(source_id)
    wanted, do = request.form.get("sample", ""), request.form.get("do", "preview")
    if do == "save":
        return _save(source, wanted)
    part = _PARTS.get(do) if "HX-Request" in request.headers else None
    return _page(source, wanted, compare=do == "compare", part=part)


def _page(
    source: ConfiguredSource,
    wanted: str,
    *,
    compare: bool = False,
    part: str | None = None,
    problem: str = "",
    told: DryRun | None = None,
) -> str:
    rt = current()
    sample = sample_of(source, wanted)
    given = request.form if request.method == "POST" else None
    editor = edit(source, rt.catalog.lead, sample.explain, given)
    days = request.values.get("days", "")
    days = days if days in SPANS else ""
    run = compared(source, editor, days) if compare and not editor.errors else told
    tried = source_parts.fingerprint(editor.mapping)
    template = part or "console/mapping/index.html"
    return render_template(
        template,
        source=source,
        sample=sample,
        offered=past.newest(rt, source.id) if template != _PARTS["preview"] else (),
        examples=past.examples_of(source),
        editor=editor,
        run=run,
        tried=tried,
        stale=run is None and request.form.get("tried", tried) != tried,
        days=days,
        spans=SPANS,
        problem=problem,
        asked_to_save=told is not None,
        goals=Goals.of(rt.catalog.lead),
        example=EXAMPLE,
        described=described,
        sample_text=sample_text,
    )


def sample_of(source: ConfiguredSource, wanted: str) -> Sample:
    """The sample of this name; where there is none, the newest submission, else an example."""
    submission_id = identifier(wanted)
    if submission_id is None and not wanted.startswith(EXAMPLE):
        submission_id = _to_begin_with(source)
    if submission_id is not None:
        row = past.whole(current(), source.id, [submission_id]).get(submission_id)
        if row is not None:
            return Sample(str(row.id), "", row, None, partial(past.explained, row=row))
    return _example(source, wanted.removeprefix(EXAMPLE))


def _to_begin_with(source: ConfiguredSource) -> UUID | None:
    """The newest submission that was read, else the newest of all."""
    newest = past.newest(current(), source.id)
    read = (row["id"] for row in newest if row["document"] is not None)
    return next(read, newest[0]["id"] if newest else None)


def compared(source: ConfiguredSource, editor: Editor, days: str) -> DryRun:
    """What the draft would have made of the submissions of these days."""
    return dry_run(current(), source, editor.mapping, int(days) if days else None)


def saved(source: ConfiguredSource, editor: Editor) -> str:
    """Save the draft; returns in words why that cannot be, "" where it was done."""
    if editor.errors:
        return "One of the entries names no field of a lead."
    try:
        source_parts.save(
            current(), source, {"mapping": dict(editor.mapping)}, actor(), editor.seen
        )
    except Mistakes as error:
        return "; ".join(error.problems)
    return ""


def _example(source: ConfiguredSource, name: str) -> Sample:
    found = past.examples_of(source)
    if not found:
        return Sample()
    one = next((fixture for fixture in found if fixture.name == name), found[0])
    explain = partial(past.explained_fixture, fixture=one)
    return Sample(f"{EXAMPLE}{one.name}", one.title, None, one.inbound, explain)


def _save(source: ConfiguredSource, wanted: str) -> ResponseReturnValue:
    sample = sample_of(source, wanted)
    editor = edit(source, current().catalog.lead, sample.explain, request.form)
    if not editor.errors and (run := _untold(source, editor)):
        return _page(source, wanted, told=run)
    if problem := saved(source, editor):
        return _page(source, wanted, problem=problem), 422
    flash("Saved. It counts for what arrives from now on.", "good")
    waiting = same_reason.count(current(), g.project["id"], source.id)
    if waiting:
        flash(f"{waiting} of this source are in quarantine: they can be mapped again now.", "warn")
        return redirect(url_for("console.project.shelves.index", source=source.id))
    return redirect(url_for(".index", source_id=source.id, sample=sample.name))


def _untold(source: ConfiguredSource, editor: Editor) -> DryRun | None:
    """What the draft would change in what came before, where that is yet to be shown."""
    if request.form.get("tried") == source_parts.fingerprint(editor.mapping):
        return None
    run = dry_run(current(), source, editor.mapping)
    return run if run.changed else None


def _source(source_id: UUID) -> ConfiguredSource:
    found = configured.source(current(), source_id)
    if found is None or found.archived or found.project_id != g.project["id"]:
        abort(404)
    return found


def described(row: Row) -> str:
    """A submission in a few words, to choose it by."""
    contact = (row["document"] or {}).get("contact") or {}
    return str(contact.get("full_name") or contact.get("email") or contact.get("company") or "")
