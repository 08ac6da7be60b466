"""The data map of a project: which personal field goes to which target, on what basis, kept how
long; made of what the adapters, mappings and settings really read.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.core import pointers
from relay.core.cards import SECTIONS
from relay.core.contract import Json
from relay.core.fitting import MACHINE_PLACES, WITH_DETAILS
from relay.core.lead import LeadSchema
from relay.core.remainders import LEAD
from relay.core.templates import named_in, tokens_of
from relay.runtime import Runtime
from relay.services import configured, keeping
from relay.services.configured import ConfiguredTarget
from relay.services.keeping import Kept
from relay.services.person_receipt import host_of
from relay.store.tables import projects, routes, sources, targets

NOT_SAID = "not said at the source"


@dataclass(frozen=True, slots=True)
class Field:
    """One place of the lead that holds personal data."""

    pointer: str
    title: str


@dataclass(frozen=True, slots=True)
class Flow:
    """How a target gets a field: by which names of its payload, or in words."""

    field: Field
    ways: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Basis:
    """A source whose leads go there, and by what right."""

    source: str
    words: str


@dataclass(frozen=True, slots=True)
class Receiver:
    """One target with what it gets. `region` is what its settings say of where it is."""

    id: UUID
    name: str
    kind: str
    label: str
    host: str
    region: str
    note: str
    needs: tuple[str, ...]
    bases: tuple[Basis, ...]
    flows: tuple[Flow, ...]


@dataclass(frozen=True, slots=True)
class DataMap:
    """A project's map; `fields` are all that there are, whoever gets them."""

    project: str
    kept: Kept
    fields: tuple[Field, ...]
    receivers: tuple[Receiver, ...]


def draw(rt: Runtime, project_id: UUID) -> DataMap:
    """The map as things are configured now."""
    kept, _own = keeping.of_project(rt, project_id)
    of = targets.c
    live = sa.select(of.id).where(of.project_id == project_id, of.archived_at.is_(None))
    with rt.database.read() as connection:
        name = sa.select(projects.c.name).where(projects.c.id == project_id)
        project = connection.execute(name).scalar_one()
        ids = connection.execute(live.order_by(of.name)).scalars().all()
        bases = _bases(connection, project_id)
    found = [configured.target(rt, one) for one in ids]
    lead = rt.catalog.lead
    receivers = [_receiver(lead, one, bases.get(one.id, [])) for one in found if one is not None]
    return DataMap(project, kept, fields_of(lead), tuple(receivers))


@lru_cache(maxsize=2)
def fields_of(lead: LeadSchema) -> tuple[Field, ...]:
    """The personal fields of a lead; what stands within one that takes any name is part of it."""
    found: list[Field] = []
    for pointer in sorted(lead.personal):
        if not any(pointer.startswith(f"{one.pointer}/") for one in found):
            found.append(Field(pointer, _title(lead, pointer)))
    return tuple(found)


def rows(drawn: DataMap) -> Iterator[dict[str, Json]]:
    """The map line by line, for files."""
    for receiver in drawn.receivers:
        for flow in receiver.flows:
            for basis in receiver.bases or (Basis("", "no route leads there"),):
                yield {
                    "field": flow.field.title,
                    "place": flow.field.pointer,
                    "target": receiver.name,
                    "kind": receiver.label,
                    "host": receiver.host,
                    "region": receiver.region,
                    "as": "; ".join(flow.ways),
                    "source": basis.source,
                    "consent needed": " or ".join(receiver.needs),
                    "basis": basis.words,
                    "raw kept (days)": drawn.kept.bodies or "for ever",
                    "sent kept (days)": drawn.kept.attempts or "for ever",
                    "lead kept (days)": drawn.kept.leads or "for ever",
                }


def _receiver(lead: LeadSchema, target: ConfiguredTarget, bases: list[Any]) -> Receiver:
    kind = target.kind
    return Receiver(
        id=target.id,
        name=target.name,
        kind=kind.name,
        label=kind.target.label,
        host=host_of(target.settings),
        region=_region(target.settings),
        note=str(kind.adapter.schema.get("description", "")),
        needs=tuple(kind.target.consent),
        bases=tuple(Basis(row.name, _basis(row.options, kind.target.consent)) for row in bases),
        flows=tuple(_flows(lead, target)),
    )


def _flows(lead: LeadSchema, target: ConfiguredTarget) -> Iterator[Flow]:
    ways: dict[str, dict[str, None]] = {}
    for field, way in _reads(lead, target):
        ways.setdefault(field.pointer, {})[way] = None
    for field in fields_of(lead):
        if field.pointer in ways:
            yield Flow(field, tuple(ways[field.pointer]))


def _reads(lead: LeadSchema, target: ConfiguredTarget) -> Iterator[tuple[Field, str]]:
    """What the payload takes, and what texts of the settings name."""
    for pointer, wish in target.kind.adapter.wishes(target.mapping).items():
        name = pointer.removeprefix("/").replace("/", ".")
        if isinstance(wish, dict):
            for field in _named(lead, str(wish.get("template", ""))):
                yield field, name
        else:
            for source in [wish] if isinstance(wish, str) else wish:
                yield from _read(lead, target, source, name)
    for pointer, text in pointers.leaves(target.settings):
        if isinstance(text, str) and text not in target.secrets:
            for field in _named(lead, text):
                yield field, f"the setting {pointer.removeprefix('/')}"


def _read(
    lead: LeadSchema, target: ConfiguredTarget, source: str, name: str
) -> Iterator[tuple[Field, str]]:
    if source == "" and name == LEAD:
        hidden = _hidden(target)
        for field in fields_of(lead):
            on_card = any(_within(field.pointer, section) for section, _ in SECTIONS)
            if on_card and not any(_within(field.pointer, one) for one in hidden):
                yield field, "the text of the lead"
        return
    for field in fields_of(lead):
        if _within(field.pointer, source):
            yield field, _way(name) if source else "the whole lead"
        elif _within(source, field.pointer):
            yield field, f"{_way(name)} (its {source.removeprefix(field.pointer + '/')})"


def _way(name: str) -> str:
    """A member of the payload; one that begins with a dollar is not sent as it is."""
    return f"what its own code makes of {name.removeprefix('$')}" if name[:1] == "$" else name


def _hidden(target: ConfiguredTarget) -> tuple[str, ...]:
    """What messages to people leave out, unless they are to have everything."""
    told = target.kind.target.settings.get("properties", {})
    brief = [name for name, part in told.items() if part == WITH_DETAILS]
    return () if not brief or any(target.settings.get(name) for name in brief) else MACHINE_PLACES


def _named(lead: LeadSchema, template: str) -> Iterator[Field]:
    known = _tokens(lead)
    places = {field.pointer: field for field in fields_of(lead)}
    for token in named_in(template):
        if token in known:
            yield from (places[one] for one in known[token])
        elif not token.isdecimal():  # a token or an answer that a sender has named
            yield from (places[one] for one in ("/tokens", "/form/fields"))


@lru_cache(maxsize=2)
def _tokens(lead: LeadSchema) -> Mapping[str, list[str]]:
    """By the name of each token that every lead may have, the personal fields that it says."""
    marked: dict[str, Json] = {}
    for pointer in lead.places:
        reads = lead.places[pointer].reads
        value: Json = {"raw": pointer, "e164": pointer} if reads == "phone" else pointer
        if reads != "map":
            pointers.put(marked, pointer, value)
    fields = [field.pointer for field in fields_of(lead)]
    return {
        token: [one for one in fields if _within(str(pointer), one)]
        for token, pointer in tokens_of(marked).items()
    }


def _within(pointer: str, above: str) -> bool:
    return f"{pointer}/".startswith(f"{above}/")


def _title(lead: LeadSchema, pointer: str) -> str:
    """The field's title, with that of the part it belongs to where it does not stand for itself."""
    steps = pointers.parts(pointer)
    title = lead.places[pointer].title
    above = steps[-2].replace("_", " ") if len(steps) > 1 else ""
    return (
        title
        if steps[0] in ("contact", "form", "verbatim")
        else f"{title} ({above})".replace(" ()", "")
    )


def _region(settings: Mapping[str, Json]) -> str:
    names = ("region", "data_centre", "data_center", "datacenter")
    return next((str(settings[name]) for name in names if settings.get(name)), "")


def _bases(connection: sa.Connection, project_id: UUID) -> dict[UUID, list[Any]]:
    query = (
        sa.select(routes.c.target_id, sources.c.name, sources.c.options)
        .join(sources, sources.c.id == routes.c.source_id)
        .where(
            routes.c.project_id == project_id,
            routes.c.archived_at.is_(None),
            sources.c.archived_at.is_(None),
        )
        .order_by(sources.c.name)
    )
    found: dict[UUID, list[Any]] = {}
    for row in connection.execute(query):
        found.setdefault(row.target_id, []).append(row)
    return found


def _basis(options: Mapping[str, Json], needed: tuple[str, ...]) -> str:
    """By what right a source's leads go to a target that needs these consents."""
    basis = str(options.get("legal_basis") or "").replace("_", " ")
    if not needed:
        return basis or NOT_SAID
    default = options.get("consent_default", "unknown")
    if default == "granted" and basis:
        return f"consent where it was asked; else {basis}"
    return "consent alone: who was not asked is not sent"
