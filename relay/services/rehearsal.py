"""What would be sent: the payload of a lead under a mapping that need not be saved yet."""

from collections.abc import Mapping
from dataclasses import dataclass

from relay.core.contract import Json
from relay.core.lead import outgoing
from relay.core.readings import instant
from relay.runtime import Runtime
from relay.services.browse import Row
from relay.services.configured import ConfiguredTarget
from relay.services.testing import SAMPLE

NO_ID = "00000000-0000-7000-8000-000000000000"
"""Stands for the id of the sample, which is no lead."""


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """A payload, what keeps it from being sent by place, and what of it would be cut."""

    payload: Json
    errors: list[str]
    faults: dict[str, str]
    cut: str


def rehearse(
    rt: Runtime,
    target: ConfiguredTarget,
    mapping: Mapping[str, Json],
    row: Row | None,
) -> Rehearsed:
    """The payload of this lead (None: of the sample that test leads are), as new."""
    adapter = target.kind.adapter
    built = adapter.build(lead_of(rt, row), mapping)
    faults: dict[str, str] = {}
    for place, said in adapter.faults(built.payload) if built.errors else ():
        faults.setdefault(place, said)
    return Rehearsed(built.payload, built.errors, faults, built.cut)


def lead_of(rt: Runtime, row: Row | None) -> Json:
    """The lead as targets get it."""
    found = row or {"id": NO_ID, "number": 0, "public_id": NO_ID, "version": 1, "document": SAMPLE}
    ids = {name: found[name] for name in ("number", "public_id", "version")}
    event = {"type": "created", "label": "", "at": instant(rt.clock.now())}
    return outgoing(found["document"], {"id": str(found["id"]), **ids}, event)
