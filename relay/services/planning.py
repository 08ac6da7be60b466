"""A whole configuration document, and one element alone, brought before the planner."""

from dataclasses import replace

from relay.core.checks import problems, text_problems, words_for
from relay.core.contract import Json
from relay.core.kinds import Catalog
from relay.core.pointers import get, joined
from relay.core.references import Expanded
from relay.services.asked import Asked, in_words
from relay.services.elements import CHILDREN, Element, State, config_schema, route_name
from relay.services.naming import Names, secret_names
from relay.services.wanted import LISTED_BY_ID, Mistakes, Planner

Steps = tuple[str | int, ...]


def plan_document(
    catalog: Catalog, state: State, expanded: Expanded, *, prune: bool
) -> list[Element]:
    """The elements that a document wants. Raises Mistakes with every mistake in it."""
    expanded = replace(expanded, document=_with_text_ids(expanded.document))
    reading = _Reading(expanded, state, Planner(catalog, state, prune=prune))
    projects = expanded.document.get("projects") if isinstance(expanded.document, dict) else None
    for number in range(len(projects) if isinstance(projects, list) else 0):
        reading.project(("projects", number))
    reading.planner.check_keys()
    mistakes = [*reading.misshapen, *reading.planner.mistakes]
    if mistakes:
        raise Mistakes(mistakes)
    return reading.planner.made


def plan_element(
    catalog: Catalog,
    state: State,
    what: str,
    document: Json,
    project: Element,
    stored: Element | None,
) -> Element:
    """One element as a person edits it, `${...}` meaning itself. Raises Mistakes."""
    schema = {**config_schema(), "$ref": f"#/$defs/{what.replace(' ', '_')}"}
    schema = {name: schema[name] for name in ("$schema", "$ref", "$defs")}
    mistakes = [*problems(schema, document), *text_problems(document)]
    if mistakes:
        raise Mistakes(mistakes)
    names = secret_names(state).get(stored.id, {}) if stored else {}
    planner = Planner(catalog, state)
    element = planner.plan(Asked(what, "", Expanded(document), project, stored, names))
    planner.check_keys()
    if element is None or planner.mistakes:
        raise Mistakes(planner.mistakes)
    return element


def plan_project(catalog: Catalog, state: State, document: Json, stored: Element) -> Element:
    """A project's own settings as a person edits them; its id stays. Raises Mistakes."""
    members = {name: part for name, part in document.items() if name not in CHILDREN}
    given = _with_text_ids({"projects": [{**members, "id": stored.name}]})["projects"][0]
    schema = {**config_schema(), "$ref": "#/$defs/project"}
    schema = {name: schema[name] for name in ("$schema", "$ref", "$defs")}
    mistakes = [*problems(schema, given), *text_problems(given)]
    planner = Planner(catalog, state)
    if not mistakes:
        element = planner.plan_project(Asked("project", "", Expanded(given), None, stored))
        mistakes = planner.mistakes
    if mistakes:
        raise Mistakes(mistakes)
    return element


def _with_text_ids(document: Json) -> Json:
    """The document with texts for the numbers that projects, and what they list, have as ids."""
    projects = document.get("projects") if isinstance(document, dict) else None
    if not isinstance(projects, list):
        return document
    return {**document, "projects": [_with_text_id(one, LISTED_BY_ID) for one in projects]}


def _with_text_id(given: Json, lists: tuple[str, ...] = ()) -> Json:
    if not isinstance(given, dict):
        return given
    found = dict(given)
    if type(given.get("id")) is int:
        found["id"] = str(given["id"])
    for name in lists:
        if isinstance(given.get(name), list):
            found[name] = [_with_text_id(one) for one in given[name]]
    return found


class _Reading:
    """Walks through a document; what is misshapen is named and left out of the planning."""

    def __init__(self, expanded: Expanded, state: State, planner: Planner) -> None:
        self.planner = planner
        self._expanded = expanded
        self._state = state
        self._names = secret_names(state)
        unset = tuple(f"{in_words(at)}:" for at in expanded.missing)
        self.misshapen = [
            problem
            for problem in problems(config_schema(), expanded.document)
            if not problem.startswith(unset)
        ]
        self.misshapen += text_problems(expanded.document)

    def project(self, steps: Steps) -> None:
        """Plan one project and all it holds."""
        given = get(self._expanded.document, joined(steps))
        if not isinstance(given, dict) or not isinstance(given.get("id"), str):
            return
        own = {name: part for name, part in given.items() if name not in CHILDREN}
        if self._is_misshapen(steps, but=tuple(CHILDREN)):
            own = {"id": given["id"]}  # enough to look into what it holds
        stored = self._state.find("project", None, given["id"])
        asked = Asked("project", words_for(steps), self._part(steps, own), None, stored)
        project = self.planner.plan_project(asked)
        for plural, what in CHILDREN.items():
            children = given.get(plural)
            for position in range(len(children) if isinstance(children, list) else 0):
                self._child(what, (*steps, plural, position), project)

    def _child(self, what: str, steps: Steps, project: Element) -> None:
        given = get(self._expanded.document, joined(steps))
        asked = Asked(what, words_for(steps), self._part(steps, given), project)
        if self._is_misshapen(steps):
            self.planner.skip(asked)
            return
        name = route_name(given["from"], given["to"]) if what == "route" else given["name"]
        stored = self._state.find(what, project.id, name)
        names = self._names[stored.id] if stored else {}
        self.planner.plan(replace(asked, stored=stored, names=names))

    def _is_misshapen(self, steps: Steps, but: tuple[str, ...] = ()) -> bool:
        at = words_for(steps)
        elsewhere = tuple(f"{at}.{name}" for name in but)
        return any(
            problem.startswith((f"{at}:", f"{at}.", f"{at}["))
            and not (but and problem.startswith(elsewhere))
            for problem in self.misshapen
        )

    def _part(self, steps: Steps, document: Json) -> Expanded:
        """One element's part of the document, with the variables that are named within it."""
        return Expanded(
            document,
            _within(self._expanded.names, joined(steps), document),
            _within(self._expanded.missing, joined(steps), document),
        )


_ABSENT = object()


def _within(places: Names, prefix: str, document: Json) -> Names:
    inside = {at[len(prefix) :]: name for at, name in places.items() if at.startswith(f"{prefix}/")}
    return {at: name for at, name in inside.items() if get(document, at, _ABSENT) is not _ABSENT}
