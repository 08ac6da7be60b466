"""What a changed mapping would have made of the submissions that came before; nothing is kept."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from relay.core import pointers
from relay.core.adapter import Mapped
from relay.core.contract import Json
from relay.core.lead import LeadSchema
from relay.runtime import Runtime
from relay.services import past
from relay.services.browse import Row
from relay.services.configured import ConfiguredSource
from relay.services.remapping import its_own, understood

NEWEST = 100
"""Submissions that are looked at where no span is given."""

AT_MOST = 1000
"""Submissions of a span that are looked at, its newest."""

PATIENCE = 8.0
"""Seconds after which what was not looked at yet is left out; a person waits."""

LARGEST = 1_000_000
"""Bytes of a body that is looked at; thousands of large ones would fill the memory."""

SHOWN = 25
"""Changed submissions that are kept with all their differences."""

_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class Difference:
    """One place of a lead before and after; None where it has nothing there."""

    place: str
    before: Json
    after: Json


@dataclass(slots=True)
class PlaceChange:
    """How many leads gain, lose or change the value of one place, with one of them to look at."""

    place: str
    example: Difference
    gained: int = 0
    lost: int = 0
    changed: int = 0

    def count(self, one: Difference) -> None:
        """Count one lead's difference in."""
        if one.before is None:
            self.gained += 1
        elif one.after is None:
            self.lost += 1
        else:
            self.changed += 1


@dataclass(frozen=True, slots=True)
class Compared:
    """One submission that the change makes another lead of; reasons where there is none."""

    row: Row
    differences: list[Difference]
    reasons_before: list[Json]
    reasons_after: list[Json]


@dataclass(slots=True)
class DryRun:
    """What was looked at, and what would be different.

    `readable` and `unreadable` count submissions that become so. `left_out` counts those that are
    too large; `complete` is false where time or number ran out before the span did.
    """

    looked: int = 0
    changed: int = 0
    readable: int = 0
    unreadable: int = 0
    left_out: int = 0
    complete: bool = True
    shown: list[Compared] = field(default_factory=list)
    places: dict[str, PlaceChange] = field(default_factory=dict)


def dry_run(
    rt: Runtime, source: ConfiguredSource, mapping: Mapping[str, Json], days: int | None = None
) -> DryRun:
    """Compare what the source's mapping and another make of what came in the last days.

    Without days, of the newest NEWEST. Only kept bodies can be looked at.
    """
    since = None if days is None else rt.clock.now() - timedelta(days=days)
    most = NEWEST if days is None else AT_MOST
    rows = past.newest(rt, source.id, most + 1, since=since)
    run = DryRun(complete=days is None or len(rows) <= most)
    small = [row for row in rows[:most] if row["size"] <= LARGEST]
    run.left_out = len(rows[:most]) - len(small)
    until = time.monotonic() + PATIENCE
    for start in range(0, len(small), _AT_ONCE):
        if time.monotonic() > until:
            run.complete = False
            break
        _look(rt, run, source, replace(source, mapping=mapping), small[start : start + _AT_ONCE])
    return run


def differences(lead: LeadSchema, before: Json, after: Json) -> list[Difference]:
    """The places whose values differ, in the order of the lead's schema; of form fields by name."""
    there = [_by_place(lead, document) for document in (before, after)]
    order = {place: number for number, place in enumerate(lead.places)}
    names = sorted({**there[0], **there[1]}, key=lambda place: order.get(place, len(order)))
    found = (Difference(place, there[0].get(place), there[1].get(place)) for place in names)
    return [one for one in found if one.before != one.after]


def _look(
    rt: Runtime,
    run: DryRun,
    source: ConfiguredSource,
    changed: ConfiguredSource,
    rows: Sequence[Row],
) -> None:
    whole = past.whole(rt, source.id, [row["id"] for row in rows])
    for row in rows:
        if (request := whole.get(row["id"])) is None:  # erased meanwhile
            continue
        run.looked += 1
        before, after = _understood(source, request), _understood(changed, request)
        one = Compared(
            row,
            differences(rt.catalog.lead, before.document, after.document),
            before.reasons,
            after.reasons,
        )
        if one.differences:
            _count(run, one)


def _understood(source: ConfiguredSource, row: Any) -> Mapped:
    """What a submission becomes; nothing at all where that does not hang on the mapping."""
    found = understood(source, row)
    if isinstance(found, str):
        return Mapped(None, [], [{"place": "", "message": found}])
    return its_own(row, found)[1] or Mapped(None, [], [])


def _count(run: DryRun, one: Compared) -> None:
    run.changed += 1
    run.readable += bool(one.reasons_before and not one.reasons_after)
    run.unreadable += bool(one.reasons_after and not one.reasons_before)
    for difference in one.differences:
        known = run.places.setdefault(difference.place, PlaceChange(difference.place, difference))
        known.count(difference)
    if len(run.shown) < SHOWN:
        run.shown.append(one)


def _by_place(lead: LeadSchema, document: Json) -> dict[str, Json]:
    """A lead's values by the places that an answer can go to; a phone or a consent is one value."""
    if not isinstance(document, dict):
        return {}
    names = (_place_of(lead, pointer) for pointer, _ in pointers.leaves(document))
    return {name: pointers.get(document, name) for name in names if name}


def _place_of(lead: LeadSchema, pointer: str) -> str:
    """The place that holds this value, which may be part of it."""
    steps = pointers.parts(pointer)
    ways: Iterable[str] = (pointers.joined(steps[:end]) for end in range(1, len(steps) + 1))
    for way in ways:
        place = lead.place(way)
        if place is not None and place.reads != "map":
            return way
    return ""
