"""From a written document to the elements it wants, with every mistake named by its place."""

import copy
from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar
from uuid import UUID

from relay.core import rules
from relay.core.annotations import goal_problems, origin_problems
from relay.core.checks import problems
from relay.core.conditions import check_condition
from relay.core.contract import Json
from relay.core.ids import new_id, new_key
from relay.core.kinds import Catalog, SourceKind, TargetKind
from relay.core.phones import known_region
from relay.core.pointers import joined, put
from relay.core.secrets import hash_key
from relay.services.asked import (
    Asked,
    Document,
    names_of_secrets,
    places_of_secrets,
    with_kept_secrets,
)
from relay.services.elements import Element, State, complete
from relay.services.naming import known_by_name
from relay.services.source_tokens import clashes

HINT = 4
"""Characters of an API key that are kept to tell keys apart."""

LISTED_BY_ID = ("conversion_labels", "traffic_sources")
"""Members of a project that are lists of ids with names."""

Kind = TypeVar("Kind", SourceKind, TargetKind)


class Mistakes(Exception):  # noqa: N818 - the list itself is what a caller shows
    """What is wrong with a configuration, each by its place; nothing was changed."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class Planner:
    """Makes elements of what is asked for, one after the other; `mistakes` collects the rest.

    With `prune`, what the document does not name is as good as gone: no route may lead to it.
    """

    def __init__(self, catalog: Catalog, state: State, *, prune: bool = False) -> None:
        self.mistakes: list[str] = []
        self.made: list[Element] = []
        self._catalog = catalog
        self._state = state
        self._prune = prune
        self._unclear: set[tuple[UUID, str, str]] = set()
        self._seen: dict[tuple[UUID | None, str, str], Asked] = {}
        self._keyed: list[tuple[Asked, Element]] = []
        self._clear_sources: list[tuple[Asked, Element]] = []

    def plan(self, asked: Asked) -> Element | None:
        """The element as it is wanted, or None when it is not clear what it would be."""
        document = self._resolve(asked)
        make = {
            "api key": self._api_key,
            "source": self._source,
            "target": self._target,
            "route": self._route,
            "recipient": self._recipient,
        }[asked.what]
        element = make(asked, document)
        if element is None:
            self.skip(asked)
        else:
            self._check_name(asked, element)
            self.made.append(element)
        return element

    def plan_project(self, asked: Asked) -> Element:
        """The project as it is wanted, without what it holds."""
        document = self._resolve(asked)
        document.setdefault("name", document["id"])
        if set(document["id"]) == {"."}:
            self._wrong(asked, "/id", "must not be dots alone: addresses give them a meaning")
        self._check_refusals(asked, document)
        self._check_ids(asked, document)
        project_id = asked.stored.id if asked.stored else new_id()
        project = Element(
            what="project",
            id=project_id,
            project_id=project_id,
            project=document["id"],
            document=complete("project", document),
        )
        self._check_name(asked, project)
        self.made.append(project)
        return project

    def skip(self, asked: Asked) -> None:
        """Remember that this was asked for and cannot be planned: routes to it are no mistake."""
        document = asked.given.document
        if asked.project is not None and isinstance(document, dict):
            self._unclear.add((asked.project.id, asked.what, str(document.get("name"))))

    def check_keys(self) -> None:
        """No key may open two doors; asked when all is planned, so that two may swap theirs."""
        planned = {made.id for made in self.made}
        owners = {
            (stored.what, stored.document["key"]): stored
            for stored in self._state.elements
            if "key" in stored.document and stored.id not in planned
        }
        for asked, element in self._keyed:
            owner = owners.setdefault((element.what, element.document["key"]), element)
            if owner is not element:
                archived = "archived " if owner.archived else ""
                said = f"is the key of {archived}{owner.what} {owner.name!r} too"
                self._wrong(asked, "/key", said)
        self._check_tokens(planned)

    def _check_tokens(self, planned: set[UUID]) -> None:
        """No token may lead to two sources, whatever their projects; asked like `check_keys`."""
        rest = () if self._prune else self._state.elements
        others = [one for one in rest if one.id not in planned]
        for asked, place, owner in clashes(self._catalog, others, self._clear_sources):
            said = f"is taken by source {owner.name!r} of project {owner.project!r}"
            self._wrong(asked, place, said)

    # --- one function for each sort ---

    def _api_key(self, asked: Asked, document: Document) -> Element | None:
        stored = asked.stored.document["key"] if asked.stored else None
        gone = asked.stored is None or asked.stored.archived
        made = new_key("rk_", 32) if gone and "key" not in document else None  # revoked stays so
        given: Json = made or document.get("key", stored)
        document["key"] = stored if given == stored else hash_key(given)
        hint = None if given == stored else given[-HINT:]
        element = replace(self._element(asked, document, ["/key"]), hint=hint, made=made)
        self._keyed.append((asked, element))
        return element

    def _source(self, asked: Asked, document: Document) -> Element | None:
        kind = self._kind(asked, document, self._catalog.sources)
        if kind is None:
            return None
        mistakes = len(self.mistakes)
        document = self._settings(asked, document, kind.source.settings)
        clear = len(self.mistakes) == mistakes
        document.setdefault("key", new_key(f"{kind.name}-"))
        if "captcha" in document and "secret" not in document["captcha"]:
            self._wrong(asked, "/captcha/secret", "is needed to ask the provider")
        for name, text in document.get("limits", {}).items():
            self._wrong(asked, f"/limits/{name}", *rules.limit_problems(text))
        if "region" in document and not known_region(document["region"]):
            self._wrong(asked, "/region", "is no country whose phone numbers are known")
        for name, wish in document.get("mapping", {}).items():
            place = asked.place(joined(["mapping", name]))
            self.mistakes += goal_problems(wish, self._catalog.lead, place)
        self._check_refusals(asked, document)
        element = self._element(
            asked, document, places_of_secrets(kind.source.settings, "source", document)
        )
        self._keyed.append((asked, element))
        if clear:
            self._clear_sources.append((asked, element))
        return element

    def _target(self, asked: Asked, document: Document) -> Element | None:
        kind = self._kind(asked, document, self._catalog.targets)
        if kind is None:
            return None
        document = self._settings(asked, document, kind.target.settings)
        for number, text in enumerate(document.get("limits", [])):
            self._wrong(asked, f"/limits/{number}", *rules.limit_problems(text))
        for name, wish in document.get("mapping", {}).items():
            place = asked.place(joined(["mapping", name]))
            self.mistakes += origin_problems(wish, self._catalog.lead, place)
        return self._element(
            asked, document, places_of_secrets(kind.target.settings, "target", document)
        )

    def _route(self, asked: Asked, document: Document) -> Element | None:
        self._wrong(asked, "/when", *check_condition(document.get("when", {})))
        source = self._end(asked, "source", document, "from")
        target = self._end(asked, "target", document, "to")
        if source is None or target is None:
            return None
        kind = self._catalog.targets.get(target.document["kind"])
        document.setdefault("on", list(kind.target.events) if kind else ["created"])
        return self._element(asked, document, [], source=source.id, target=target.id)

    def _recipient(self, asked: Asked, document: Document) -> Element | None:
        telling = {n: one for n, one in self._catalog.targets.items() if one.target.tell}
        kind = self._kind(asked, document, telling)
        if kind is None:
            return None
        document = self._settings(asked, document, kind.target.settings)
        secret = places_of_secrets(kind.target.settings, "recipient", document)
        return self._element(asked, document, secret)

    # --- what they share ---

    def _element(
        self, asked: Asked, document: Document, secret: list[str], **ends: UUID
    ) -> Element:
        project = asked.project
        assert project is not None  # noqa: S101 - only a project has none, and it is made above
        return Element(
            what=asked.what,
            id=asked.stored.id if asked.stored else new_id(),
            project_id=project.id,
            project=project.project,
            document=complete(asked.what, document),
            secret=tuple(secret),
            names=names_of_secrets(asked, document, secret),
            source_id=ends.get("source"),
            target_id=ends.get("target"),
        )

    def _wrong(self, asked: Asked, within: str, *messages: str) -> None:
        self.mistakes += [f"{asked.place(within)}: {message}" for message in messages]

    def _resolve(self, asked: Asked) -> Document:
        """The document with unset variables replaced where they stand for a stored secret."""
        document: Document = copy.deepcopy(asked.given.document)
        known = known_by_name(asked.stored, asked.names) if asked.stored else {}
        for at, name in asked.given.missing.items():
            if at in asked.given.names and name in known:
                put(document, at, known[name])
            else:
                self._wrong(asked, at, f"${{{name}}} is not set in the environment")
        return document

    def _kind(self, asked: Asked, document: Document, known: Mapping[str, Kind]) -> Kind | None:
        name = document["kind"]
        if name not in known:
            listed = ", ".join(sorted(known))
            self._wrong(asked, "/kind", f"there is no {asked.what} kind {name!r}, only: {listed}")
        return known.get(name)

    def _settings(self, asked: Asked, document: Document, schema: Json) -> Document:
        """Keep the stored secrets that are left out, then check the settings as a whole."""
        document = with_kept_secrets(asked, document, schema)
        unset = tuple(f"{asked.place(at)}:" for at in asked.given.missing)
        self.mistakes += [
            problem
            for problem in problems(schema, document.get("settings", {}), asked.place("/settings"))
            if not problem.startswith(unset)
        ]
        return document

    def _check_refusals(self, asked: Asked, document: Document) -> None:
        for number, rule in enumerate(document.get("refuse", [])):
            self._wrong(asked, f"/refuse/{number}/when", *check_condition(rule["when"]))

    def _check_ids(self, asked: Asked, document: Document) -> None:
        """What a project lists by ids has each of them once."""
        for member in LISTED_BY_ID:
            first: dict[str, int] = {}
            for number, one in enumerate(document.get(member, [])):
                other = first.setdefault(one["id"], number)
                if other != number:
                    said = f"is the id of {asked.place(f'/{member}/{other}')} too"
                    self._wrong(asked, f"/{member}/{number}/id", said)

    def _check_name(self, asked: Asked, element: Element) -> None:
        scope = asked.project.id if asked.project else None
        first = self._seen.setdefault((scope, element.what, element.name), asked)
        other = self._state.find(element.what, scope, element.name)
        if first is not asked:
            self._wrong(asked, _NAMED_BY[asked.what], f"{element.name!r} stands at {first.at} too")
        elif other is not None and other.id != element.id:
            self._wrong(asked, _NAMED_BY[asked.what], f"{element.name!r} is there already")

    def _end(self, asked: Asked, what: str, document: Document, member: str) -> Element | None:
        name, project = document[member], asked.project
        assert project is not None  # noqa: S101 - only a project has none
        if (project.id, what, name) in self._unclear:
            return None
        states = (
            [State(tuple(self.made))] if self._prune else [State(tuple(self.made)), self._state]
        )
        for state in states:
            end = state.find(what, project.id, name)
            if end is not None and not end.archived:
                return end
        self._wrong(asked, joined([member]), f"there is no {what} {name!r} in this project")
        return None


_NAMED_BY = {
    "project": "/id",
    "api key": "/name",
    "source": "/name",
    "target": "/name",
    "route": "",
    "recipient": "/name",
}
