"""A configuration document brought in by a person: its difference is shown, then that is applied.

Variables are those that the person gives with it: the process's own environment is none of theirs.
"""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from relay.core.contract import Json
from relay.core.references import expand
from relay.runtime import Runtime
from relay.services.changes import Change, compare
from relay.services.configure import announce, changing
from relay.services.elements import State
from relay.services.planning import plan_document
from relay.services.recipients import keep_to_project
from relay.services.recording import record
from relay.services.wanted import Mistakes


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """What is brought in: the document, values of the variables that it names, the tick to prune.

    `only` are the public ids of the projects that it may be about; None lets it be about all.
    """

    document: Json
    variables: Mapping[str, str] = field(default_factory=dict)
    prune: bool = False
    only: Collection[str] | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """What an import changes, and the mark by which it is told whether it still is that."""

    changes: Sequence[Change]
    mark: str


def look(rt: Runtime, given: Import) -> Shown:
    """What an import would change. Raises Mistakes with every mistake in it."""
    with changing(rt) as (_connection, state):
        return _shown(rt, state, given)


def bring_in(rt: Runtime, given: Import, mark: str, actor: str) -> tuple[Shown, bool]:
    """Apply an import whose difference was shown with this mark; whether that was done.

    Where the difference is another one by now, nothing is done. Raises Mistakes.
    """
    with changing(rt) as (connection, state):
        shown = _shown(rt, state, given)
        if shown.mark != mark:
            return shown, False
        record(rt, connection, shown.changes, actor)
    announce(rt, shown.changes)
    return shown, True


def unset(given: Import) -> list[str]:
    """The variables that the document names and that have no value, each once, in their order."""
    return list(dict.fromkeys(expand(given.document, given.variables).missing.values()))


def _shown(rt: Runtime, state: State, given: Import) -> Shown:
    if given.only is not None:
        _refuse_others(given.document, given.only)
    expanded = expand(given.document, given.variables)
    wanted = plan_document(rt.catalog, state, expanded, prune=given.prune)
    changes = compare(_within(state, given.only), wanted, prune=given.prune)
    if given.only is not None:
        _keep_to_projects(changes)
    return Shown(changes, _mark(changes))


def _within(state: State, only: Collection[str] | None) -> State:
    """What of the state an import may be about."""
    if only is None:
        return state
    projects = {one.id for one in state.elements if one.what == "project" and one.name in only}
    return State(tuple(one for one in state.elements if one.project_id in projects))


def _refuse_others(document: Json, only: Collection[str]) -> None:
    """Raise Mistakes where the document is about projects that are not the person's, or none.

    Whether there are such projects is not told.
    """
    listed = document.get("projects") if isinstance(document, dict) else None
    found = listed if isinstance(listed, list) else []
    ids = [str(one.get("id")) if isinstance(one, dict) else "" for one in found]
    wrong = [
        f"projects[{number}].id: must be {' or '.join(sorted(only))}"
        for number, public_id in enumerate(ids)
        if public_id not in only
    ]
    if wrong or not ids:
        raise Mistakes(wrong or [f"projects: must name {' or '.join(sorted(only))}"])


def _keep_to_projects(changes: Sequence[Change]) -> None:
    for one in changes:
        if one.element.what == "recipient" and one.action != "archive":
            keep_to_project(one.element.document)


def _mark(changes: Sequence[Change]) -> str:
    told = json.dumps([one.to_json() for one in changes], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()
