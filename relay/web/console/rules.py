"""What a source does not want as a lead: its rules as rows, held against what came lately."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from relay.core.conditions import check_condition
from relay.core.contract import Json
from relay.runtime import current
from relay.services import configured, matching, source_parts
from relay.services.configured import ConfiguredSource
from relay.services.wanted import Mistakes
from relay.services.would_refuse import Judged, would_refuse
from relay.web.console import conditions
from relay.web.console.conditions import DrawnCondition
from relay.web.console.forms import FormError
from relay.web.console.project import actor, needs

pages = Blueprint("rules", __name__, url_prefix="/sources/<uuid:source_id>/rules")

MOST = 20
"""Rules of a source that the page takes."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule as the form shows it; `name` is what its fields' names begin with."""

    name: str
    reason: str
    drawn: DrawnCondition
    error: str = ""


@pages.get("/")
@needs("editor")
def index(source_id: UUID) -> str:
    """The rules as they are stored."""
    source = _source(source_id)
    stored = source_parts.part_of(current(), source, "refuse") or []
    lead, known = current().catalog.lead, matching.names_seen(current(), g.project["id"])
    rules = [
        Rule(
            f"refuse.{number}",
            one["reason"],
            conditions.draw_stored(f"refuse.{number}.when", one["when"], lead, known),
        )
        for number, one in enumerate(stored)
    ]
    return _page(source, rules, source_parts.fingerprint(stored))


@pages.post("/")
@needs("editor")
def change(source_id: UUID) -> ResponseReturnValue:
    """Save the rules, or show what they would refuse."""
    source, act = _source(source_id), request.form.get("act", "")
    seen = request.form.get("seen", "")
    names = _names()
    if act.startswith("remove "):
        names = [name for name in names if name != act.removeprefix("remove ")]
    elif act == "add" and len(names) < MOST:
        names.append(_next(names))
    redrawn = any(conditions.is_redrawn(request.form, f"{name}.when") for name in names)
    if redrawn or act == "add" or act.startswith("remove "):
        return _page(source, _given(names, {}), seen)
    rules, errors = _read(names)
    drawn = _given(names, errors)
    if errors:
        return _page(source, drawn, seen), 422
    if act == "preview":
        return _page(source, drawn, seen, would_refuse(current(), source.id, rules))
    return _save(source, rules, drawn, seen)


def _save(
    source: ConfiguredSource, rules: list[Json], drawn: Sequence[Rule], seen: str
) -> ResponseReturnValue:
    try:
        source_parts.save(current(), source, {"refuse": rules}, actor(), seen)
    except Mistakes as error:
        return _page(source, drawn, seen, problem="; ".join(error.problems)), 422
    flash("Saved. The rules count for what arrives from now on.", "good")
    return redirect(url_for("console.project.sources.show", source_id=source.id))


def _page(
    source: ConfiguredSource,
    rules: Sequence[Rule],
    seen: str,
    judged: Sequence[Judged] | None = None,
    problem: str = "",
) -> str:
    own = source_parts.part_of(current(), source, "refuse") or []
    return render_template(
        "console/rules/index.html",
        source=source,
        rules=rules,
        seen=seen,
        judged=judged,
        problem=problem,
        of_project=len(source.refuse) - len(own),
        most=MOST,
    )


def _names() -> list[str]:
    """What the fields of each rule begin with, such as refuse.0."""
    known = {f"refuse.{number}" for number in range(1000)}
    return [name for name in request.form.getlist("rule") if name in known][:MOST]


def _next(names: Sequence[str]) -> str:
    numbers = [int(name.rpartition(".")[2]) for name in names]
    return f"refuse.{max(numbers, default=-1) + 1}"


def _given(names: Sequence[str], errors: Mapping[str, str]) -> list[Rule]:
    """The rules as they were filled in, with what is wrong with them."""
    lead, known = current().catalog.lead, matching.names_seen(current(), g.project["id"])
    found = []
    for name in names:
        error = errors.get(name, "")
        drawn = conditions.draw_given(f"{name}.when", request.form, lead, known, error)
        found.append(Rule(name, request.form.get(f"{name}.reason", ""), drawn, error))
    return found


def _read(names: Sequence[str]) -> tuple[list[Json], dict[str, str]]:
    """The rules that say something, and what is wrong with them, by their names."""
    rules: list[Json] = []
    errors: dict[str, str] = {}
    for name in names:
        reason = request.form.get(f"{name}.reason", "").strip()
        try:
            when = conditions.read(request.form, f"{name}.when", current().catalog.lead)
        except FormError as error:
            errors[name] = str(error)
            continue
        if problem := _problem(reason, when):
            errors[name] = problem
        elif reason:
            rules.append({"reason": reason, "when": when})
    return rules, errors


def _problem(reason: str, when: Json) -> str:
    if not reason and when == {}:
        return ""
    if not reason:
        return "Say the reason in a few words: people read it beside what was refused."
    if when == {} or when is True:
        return "Choose at least one field: a rule without one would refuse every lead."
    return "; ".join(check_condition(when))


def _source(source_id: UUID) -> ConfiguredSource:
    found = configured.source(current(), source_id)
    if found is None or found.archived or found.project_id != g.project["id"]:
        abort(404)
    return found
