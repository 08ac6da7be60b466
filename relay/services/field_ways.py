"""The way of each value of a lead: which answer it came from, and which fields it goes to."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.core import pointers
from relay.core.contract import Json
from relay.core.outbound import origins
from relay.core.trail import Placed
from relay.runtime import Runtime
from relay.services import configured, past
from relay.services.configured import ConfiguredTarget
from relay.store.tables import submissions

UNSHOWN = frozenset({"v", "ids", "event", "verbatim", "directives"})
"""Parts of a lead that no answer is brought to by itself."""

MOST = 300
"""Values that are told of."""


@dataclass(slots=True)
class Way:
    """One value at its place (a pointer): the answer it came from, and where each target has it.

    `goes` holds, by a target's name, pointers into its payload.
    """

    place: str
    value: Json
    came: Placed | None = None
    goes: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ways:
    """All ways of a lead, and the names of its targets; `trouble` says why none came from anywhere.

    Where a target is sent the lead as a whole, that is told in `whole`.
    """

    ways: list[Way]
    targets: list[str]
    whole: list[str]
    trouble: str = ""


def ways(rt: Runtime, document: Json, submission_id: UUID | None, targets: Sequence[UUID]) -> Ways:
    """How the values of a lead's version came and go, by today's mappings."""
    placed, trouble = _placed(rt, submission_id)
    shown = {name: part for name, part in document.items() if name not in UNSHOWN}
    found = [Way(place, value) for place, value in _values(shown)][:MOST]
    by_place = {one.place: one for one in placed if one.place is not None}
    known = [target for one in targets if (target := configured.target(rt, one)) is not None]
    sent = {target.name: list(_sent_by(target)) for target in known}
    for way in found:
        way.came = _nearest(by_place, way.place)
        for name, fields in sent.items():
            if taken := [to for to, sources in fields if _is_within(way.place, sources)]:
                way.goes[name] = taken
    whole = [name for name, fields in sent.items() if any("" in sources for _, sources in fields)]
    return Ways(found, list(sent), whole, trouble)


def _placed(rt: Runtime, submission_id: UUID | None) -> tuple[Sequence[Placed], str]:
    """What became of each answer of the submission, if its body is still kept and readable."""
    if submission_id is None:
        return (), "It did not come by a submission."
    query = sa.select(submissions.c.source_id).where(submissions.c.id == submission_id)
    with rt.database.read() as connection:
        source_id = connection.execute(query).scalar()
    source = None if source_id is None else configured.source(rt, source_id)
    if source is None:
        return (), "Its source is gone."
    row = past.whole(rt, source.id, [submission_id]).get(submission_id)
    if row is None:
        return (), "The body that it came in is not kept any more, or was a row of a file."
    explained = past.explained(source, row)
    return explained.placed, explained.trouble


def _values(document: Json) -> Iterator[tuple[str, Json]]:
    """Every value of a lead with its pointer; a phone or a consent is one value."""
    for place, value in pointers.leaves(document):
        head, _, last = place.rpartition("/")
        if last in {"raw", "e164", "region", "extension", "state", "basis"} and _is_one(
            pointers.get(document, head)
        ):
            if last == "raw":
                yield head, value
        elif value not in ({}, []):
            yield place, value


def _is_one(value: Any) -> bool:
    return isinstance(value, dict) and "raw" in value


def _nearest(placed: Mapping[str, Placed], place: str) -> Placed | None:
    """The answer that was brought to this place, or to one that it is within."""
    while place:
        if place in placed:
            return placed[place]
        place = place.rpartition("/")[0]
    return None


def _sent_by(target: ConfiguredTarget) -> Iterator[tuple[str, list[str]]]:
    """Each field of a target's payload with the pointers into the lead that it is read from."""
    mapping: Mapping[str, Json] = target.mapping
    for origin in origins(target.kind.adapter.schema):
        to = pointers.joined(origin.steps)
        if to not in mapping:
            yield to, _listed(origin.sources)
    for to, wish in mapping.items():
        if isinstance(wish, str | list):
            yield to, _listed(wish)


def _listed(sources: Json) -> list[str]:
    return [sources] if isinstance(sources, str) else [str(one) for one in sources or ()]


def _is_within(place: str, sources: Sequence[str]) -> bool:
    """Whether a field that is read from there tells of this place, or of a part of it."""
    return any(
        source
        and (place == source or place.startswith(f"{source}/") or source.startswith(f"{place}/"))
        for source in sources
    )
