"""A target's mapping: where each value of what is sent comes from, with the payload beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from relay.core import pointers
from relay.core.contract import Json
from relay.core.payload_members import Member, members, takes_more
from relay.runtime import current
from relay.services import configure, matching, rehearsal
from relay.services.browse import Row
from relay.services.configured import ConfiguredTarget
from relay.services.rehearsal import Rehearsed
from relay.services.wanted import Mistakes
from relay.web.console import own_target
from relay.web.console.editing import read_json, written
from relay.web.console.forms import FormError
from relay.web.console.origins import Origins
from relay.web.console.outgoing_rows import (
    HOW,
    OutgoingRow,
    mapping_of,
    read_rows,
    rows_of,
    usual_words,
)
from relay.web.console.project import actor, needs

pages = Blueprint("outgoing", __name__)

OFFERED = 20
"""Newest leads to look at the payload of."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row as the page shows it; `now` is what the payload has there for the chosen lead."""

    row: OutgoingRow
    member: Member | None
    usual: str
    now: Json
    error: str


@pages.get("/<uuid:target_id>/mapping")
@needs("editor")
def index(target_id: UUID) -> str:
    """The mapping as it is stored."""
    target = own_target.of_project(target_id)
    known = members(target.kind.adapter.schema)
    rows = rows_of(target.mapping, known, _origins())
    return _page(target, rows, target.mapping, {})


@pages.post("/<uuid:target_id>/mapping")
@needs("editor")
def save(target_id: UUID) -> ResponseReturnValue:
    """Save the mapping, or show what it would send."""
    target = own_target.of_project(target_id)
    known = members(target.kind.adapter.schema)
    if request.form.get("act") == "json":
        return _save_json(target, known)
    rows = read_rows(request.form)
    mapping, wrong = mapping_of(rows, known, _origins())
    if request.form.get("act") == "preview":
        return _page(target, rows, mapping, wrong)
    if not wrong:
        wrong = _saved(target, mapping)
    if wrong:
        return _page(target, rows, mapping, wrong), 422
    return _done(target_id)


def _save_json(target: ConfiguredTarget, known: Sequence[Member]) -> ResponseReturnValue:
    """Save the mapping that was written as a whole."""
    try:
        mapping = read_json(request.form, "json", {})
    except FormError as error:
        wrong = {"json": str(error)}
    else:
        wrong = _saved(target, mapping)
    if not wrong:
        return _done(target.id)
    said = "; ".join(f"{place}: {one}" if place != "json" else one for place, one in wrong.items())
    rows = rows_of(target.mapping, known, _origins())
    return _page(target, rows, target.mapping, {"json": said}), 422


def _saved(target: ConfiguredTarget, mapping: Json) -> dict[str, str]:
    """Save it; what is wrong with it by member, or nothing where it was saved."""
    document = own_target.document(target.id) | {"mapping": mapping}
    try:
        configure.save_target(current(), target.project_id, document, actor(), target.id)
    except Mistakes as error:
        return dict(_by_member(error.problems, mapping))
    return {}


def _done(target_id: UUID) -> ResponseReturnValue:
    flash("Saved. It applies to what is sent from now on.", "good")
    return redirect(url_for(".index", target_id=target_id, lead=request.form.get("lead") or None))


def _by_member(problems: Sequence[str], mapping: Json) -> list[tuple[str, str]]:
    """Problems such as `mapping['/a/b']: …` by the member that they are about."""
    found = []
    for problem in problems:
        place, colon, said = problem.partition(": ")
        about = [one for one in mapping if isinstance(mapping, dict) and repr(one) in place]
        longest = max(about, key=len, default="json")
        found.append((longest, said if colon and longest != "json" else problem))
    return found


def _origins() -> Origins:
    return Origins.of(current().catalog.lead)


def _page(
    target: ConfiguredTarget,
    rows: Sequence[OutgoingRow],
    mapping: Mapping[str, Json],
    wrong: Mapping[str, str],
) -> str:
    rt = current()
    newest = matching.newest_of_project(rt, target.project_id)
    chosen = _chosen(newest)
    tried = rehearsal.rehearse(rt, target, mapping, chosen)
    part = request.headers.get("HX-Request") and request.form.get("act") == "preview"
    schema = target.kind.adapter.schema
    return render_template(
        f"console/targets/{'_outgoing' if part else 'mapping'}.html",
        target=target,
        lines=_lines(rows, target, tried, wrong),
        hows=HOW,
        tried=tried,
        shown={name: part for name, part in tried.payload.items() if not name.startswith("$")}
        if isinstance(tried.payload, dict)
        else tried.payload,
        unseen=_unseen(tried.payload),
        wrong=wrong,
        chosen=chosen,
        newest=newest[:OFFERED],
        places=[*map(_origins().text, matching.names_in(newest)), *_origins().pointers],
        about=schema.get("description", ""),
        needs_words=schema.get("x-needs", ""),
        more=takes_more(schema),
        json=request.form.get("json") or written(dict(mapping)),
    )


def _chosen(newest: Sequence[Row]) -> Row | None:
    """The lead to look at: the one that was chosen, else the newest, else none."""
    wanted = request.values.get("lead")
    if wanted == "sample":
        return None
    found = [row for row in newest if str(row["id"]) == wanted]
    return (found or newest or [None])[0]  # type: ignore[list-item] # none stands for the sample


def _lines(
    rows: Sequence[OutgoingRow],
    target: ConfiguredTarget,
    tried: Rehearsed,
    wrong: Mapping[str, str],
) -> list[Line]:
    known = {member.pointer: member for member in members(target.kind.adapter.schema)}
    origins = _origins()
    return [
        Line(
            row=row,
            member=(member := known.get(row.member)),
            usual=usual_words(member, origins) if member else "",
            now=pointers.get(tried.payload, row.member),
            error=wrong.get(row.member) or tried.faults.get(row.member, ""),
        )
        for row in rows
    ]


def _unseen(payload: Any) -> list[str]:
    """Members that are for the target's own code."""
    names = payload if isinstance(payload, dict) else ()
    return [name for name in names if name.startswith("$") and name != "$cut"]
