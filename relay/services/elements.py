"""What is configured, as documents: projects, API keys, sources, targets and routes.

A row and its document say the same. The document is what people write and read (design of the
configuration file), with every default filled in and, inside the process, secrets in clear; the row
keeps the secrets sealed and apart.
"""

import functools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.core.contract import Json
from relay.core.private import join, split
from relay.core.secrets import Box, hash_key
from relay.store import tables

EVERYWHERE = UUID(int=0)
"""Stands for the project of an API key that opens all projects."""

SCHEMA = Path(__file__).parents[2] / "jsonschemas" / "config.json"

SOURCE_COLUMNS = frozenset({"name", "kind", "key", "settings", "mapping", "refuse"})
"""Members of a source's document that have a place of their own; the others are its options."""

TABLES = {
    "project": tables.projects,
    "api key": tables.api_keys,
    "source": tables.sources,
    "target": tables.targets,
    "route": tables.routes,
    "recipient": tables.recipients,
}


@dataclass(frozen=True, kw_only=True)
class Element:
    """One configured thing with its complete document.

    `secret` are the JSON Pointers of its secret values; `names` the variables of the environment
    that texts within them were given by, by JSON Pointer.
    """

    what: str
    id: UUID
    project_id: UUID
    project: str
    document: dict[str, Json]
    secret: tuple[str, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    changed: Mapping[str, str] = field(default_factory=dict)
    """When each secret became what it is, by JSON Pointer; in ISO 8601."""
    archived: bool = False
    source_id: UUID | None = None
    target_id: UUID | None = None
    hint: str | None = None
    """The last characters of a new API key, to tell keys apart by."""
    made: str | None = field(default=None, repr=False)
    """A new API key that was made by chance, to be shown once."""

    @property
    def name(self) -> str:
        """What tells it from others of its sort in its project."""
        if self.what == "route":
            return route_name(self.document["from"], self.document["to"])
        return str(self.document["id" if self.what == "project" else "name"])


@dataclass(frozen=True)
class State:
    """Everything that is configured, archived things too, in the order it was made."""

    elements: tuple[Element, ...]

    def find(self, what: str, project_id: UUID | None, name: str) -> Element | None:
        """The element of this name; `project_id` None looks in all projects."""
        return next(
            (
                element
                for element in self.elements
                if (element.what, element.name) == (what, name)
                and project_id in {None, element.project_id}
            ),
            None,
        )

    def by_id(self, element_id: UUID) -> Element | None:
        """The element with this id."""
        return next((element for element in self.elements if element.id == element_id), None)

    def of(self, project_id: UUID, what: str) -> list[Element]:
        """The elements of one sort that a project uses, without archived ones."""
        return [
            element
            for element in self.elements
            if (element.what, element.project_id) == (what, project_id) and not element.archived
        ]


def load(connection: sa.Connection, box: Box) -> State:
    """Read everything that is configured. Raises Sealed where a secret cannot be opened."""
    public_ids = {
        row.id: row.public_id for row in connection.execute(sa.select(tables.projects)).all()
    }
    return State(tuple(_read(connection, box, public_ids)))


def columns(element: Element, box: Box) -> dict[str, Any]:
    """The element's row, without its id, project and times."""
    return _WRITERS[element.what](element, box)


def complete(what: str, document: dict[str, Json]) -> dict[str, Json]:
    """The document with its defaults filled in, its members in the schema's order."""
    known = properties(what)
    filled = {name: part["default"] for name, part in known.items() if "default" in part}
    given = {**filled, **document}
    return {name: given[name] for name in known if name in given}


def sparse(what: str, document: dict[str, Json]) -> dict[str, Json]:
    """The document without what its defaults say anyway."""
    known = properties(what)
    return {
        name: value
        for name, value in document.items()
        if "default" not in known[name] or value != known[name]["default"]
    }


def properties(what: str) -> dict[str, Json]:
    """The members that the configuration schema knows for one sort of element."""
    found: dict[str, Json] = config_schema()["$defs"][what.replace(" ", "_")]["properties"]
    if what == "project":
        return {name: part for name, part in found.items() if name not in CHILDREN}
    return found


CHILDREN = {
    "api_keys": "api key",
    "sources": "source",
    "targets": "target",
    "routes": "route",
    "notices": "recipient",
}
"""The lists within a project's document, in the order in which they can be made."""


@functools.cache
def config_schema() -> Json:
    """The JSON Schema of the configuration document."""
    return json.loads(SCHEMA.read_text("utf-8"))


def route_name(source: str, target: str) -> str:
    """What a route is called in messages."""
    return f"{source} -> {target}"


# --- rows to documents ----------------------------------------------------------------------------


def _read(connection: sa.Connection, box: Box, public_ids: dict[UUID, str]) -> Iterator[Element]:
    names: dict[UUID, str] = {}
    for what, table in TABLES.items():
        query = sa.select(table).order_by(table.c.created_at, table.c.id)
        for row in connection.execute(query).all():
            project_id = row.id if what == "project" else row.project_id or EVERYWHERE
            ended = row.revoked_at if what == "api key" else row.archived_at
            document, extra = _READERS[what](row, box, names)
            names[row.id] = document.get("name", "")
            yield Element(
                what=what,
                id=row.id,
                project_id=project_id,
                project=public_ids.get(project_id, ""),
                document=complete(what, document),
                archived=ended is not None,
                **extra,
            )


Read = tuple[dict[str, Json], dict[str, Any]]


def _read_project(row: Any, _box: Box, _names: dict[UUID, str]) -> Read:
    return {"id": row.public_id, "name": row.name, **row.settings}, {}


def _read_api_key(row: Any, _box: Box, _names: dict[UUID, str]) -> Read:
    """Its key is not known any more: the hash stands in for it."""
    document = {"name": row.name, "key": row.hash, "scopes": row.scopes}
    if row.expires_on is not None:
        document["expires"] = row.expires_on.isoformat()
    return document, {"secret": ("/key",)}


def _read_source(row: Any, box: Box, _names: dict[UUID, str]) -> Read:
    sealed = box.open(row.secrets)
    document = {
        "name": row.name,
        "kind": row.kind,
        "key": sealed["key"],
        "settings": join(row.settings, sealed["settings"]),
        "mapping": row.mapping,
        "refuse": row.refuse,
        **join(row.options, sealed["options"]),
    }
    secret = ("/key", *(f"/settings{place}" for place in sealed["settings"]), *sealed["options"])
    return document, {"secret": secret, **_noted(sealed)}


def _read_target(row: Any, box: Box, _names: dict[UUID, str]) -> Read:
    sealed = box.open(row.secrets)
    document = {
        "name": row.name,
        "kind": row.kind,
        "settings": join(row.settings, sealed["settings"]),
        "mapping": row.mapping,
        "limits": row.limits,
        "retry": row.retry,
    }
    if row.credentials_end is not None:
        document["credentials_end"] = row.credentials_end
    secret = tuple(f"/settings{place}" for place in sealed["settings"])
    return document, {"secret": secret, **_noted(sealed)}


def _noted(sealed: Json) -> dict[str, Any]:
    """What is kept beside the secrets; those that are older than this have no time."""
    return {"names": sealed["names"], "changed": sealed.get("changed", {})}


def _read_route(row: Any, _box: Box, names: dict[UUID, str]) -> Read:
    document = {
        "from": names[row.source_id],
        "to": names[row.target_id],
        "when": row.condition,
        "on": row.events,
        **row.options,
    }
    return document, {"source_id": row.source_id, "target_id": row.target_id}


def _read_recipient(row: Any, box: Box, _names: dict[UUID, str]) -> Read:
    sealed = box.open(row.secrets)
    document = {
        "name": row.name,
        "kind": row.kind,
        "settings": join(row.settings, sealed["settings"]),
        **row.options,
    }
    secret = tuple(f"/settings{place}" for place in sealed["settings"])
    return document, {"secret": secret, "names": sealed["names"]}


_READERS = {
    "project": _read_project,
    "api key": _read_api_key,
    "source": _read_source,
    "target": _read_target,
    "route": _read_route,
    "recipient": _read_recipient,
}


# --- documents to rows ----------------------------------------------------------------------------


def _project_columns(element: Element, _box: Box) -> dict[str, Any]:
    settings = {k: v for k, v in element.document.items() if k not in {"id", "name"}}
    document = element.document
    return {"public_id": document["id"], "name": document["name"], "settings": settings}


def _api_key_columns(element: Element, _box: Box) -> dict[str, Any]:
    document = element.document
    row = {
        "name": document["name"],
        "hash": document["key"],
        "scopes": document["scopes"],
        "expires_on": date.fromisoformat(document["expires"]) if "expires" in document else None,
    }
    return row if element.hint is None else {**row, "hint": element.hint}


def _source_columns(element: Element, box: Box) -> dict[str, Any]:
    public, secrets = split(element.document, list(element.secret))
    options = {name: part for name, part in public.items() if name not in SOURCE_COLUMNS}
    kept = {"key": secrets.pop("/key"), **_parted(secrets), **_notes(element)}
    return {
        **{name: public[name] for name in ("name", "kind", "settings", "mapping", "refuse")},
        "key_hash": hash_key(element.document["key"]),
        "options": options,
        "secrets": box.seal(kept),
    }


def _target_columns(element: Element, box: Box) -> dict[str, Any]:
    public, secrets = split(element.document, list(element.secret))
    sealed = box.seal({"settings": _parted(secrets)["settings"], **_notes(element)})
    return {"credentials_end": None, **public, "secrets": sealed}


def _notes(element: Element) -> dict[str, Json]:
    return {"names": dict(element.names), "changed": dict(element.changed)}


def _parted(secrets: dict[str, Json]) -> dict[str, dict[str, Json]]:
    """Secrets of the settings, by place within them, apart from those of the options."""
    within = "/settings"
    inside = {at[len(within) :]: v for at, v in secrets.items() if at.startswith(f"{within}/")}
    return {
        "settings": inside,
        "options": {at: v for at, v in secrets.items() if not at.startswith(f"{within}/")},
    }


def _route_columns(element: Element, _box: Box) -> dict[str, Any]:
    document = element.document
    return {
        "source_id": element.source_id,
        "target_id": element.target_id,
        "condition": document["when"],
        "events": document["on"],
        "options": {name: document[name] for name in ("settle", "directives")},
    }


def _recipient_columns(element: Element, box: Box) -> dict[str, Any]:
    public, secrets = split(element.document, list(element.secret))
    own = ("name", "kind", "settings")
    sealed = box.seal({"settings": _parted(secrets)["settings"], "names": dict(element.names)})
    options = {name: part for name, part in public.items() if name not in own}
    return {**{name: public[name] for name in own}, "options": options, "secrets": sealed}


_WRITERS = {
    "project": _project_columns,
    "api key": _api_key_columns,
    "source": _source_columns,
    "target": _target_columns,
    "route": _route_columns,
    "recipient": _recipient_columns,
}
