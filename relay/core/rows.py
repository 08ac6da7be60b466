"""Rows of uploaded files: how one is kept as a body, and what a source of any kind makes of it."""

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

from relay.core.adapter import InboundAdapter
from relay.core.contract import Inbound, Json, Parsed, Settings, Source, Unreadable, read_json
from relay.core.lead import LeadSchema

METHOD = "FILE"
"""Stands where a request has its method; no request from outside comes with it."""

SCHEMA: Json = {
    "type": "object",
    "required": ["fields"],
    "properties": {"fields": {"type": "object", "lead": {"answers": True}}},
}
"""A row as any form's answers, by the names of their columns."""

Goals = Mapping[str, Json]
"""Where columns go: a pointer into the lead, "drop", or {"field": true}."""


def request_of(event_id: str, fields: Mapping[str, str], goals: Goals, now: float) -> Inbound:
    """A row as it is kept: its cells, and where they go; those to be dropped are left out."""
    kept = {name: cell for name, cell in fields.items() if goals.get(name) != "drop"}
    told = {"event": event_id, "fields": kept, "mapping": {name: goals[name] for name in kept}}
    body = json.dumps(told, ensure_ascii=False).encode("utf-8", "replace")
    headers = {"content-type": "application/json"}
    return Inbound(method=METHOD, headers=headers, body=body, received_at=now)


def read_row(source: Source, settings: Settings, inbound: Inbound) -> tuple[Parsed, Goals]:
    """What a kept row says, and where its columns go.

    A kind whose calls are flat reads it as a call, by its own rules. Raises Unreadable.
    """
    told = read_json(inbound.body.decode("utf-8", "replace"))
    fields, goals = told.get("fields"), told.get("mapping")
    if not fields:
        raise Unreadable("the row says nothing in the columns that are kept")
    if source.columns is None:
        return Parsed(document={"fields": fields}, event_id=told["event"]), goals
    call = replace(
        inbound,
        method="POST",
        body=json.dumps(_parameters(fields, goals, source.columns), ensure_ascii=False).encode(),
    )
    (parsed,) = source.parse(call, settings)
    return replace(parsed, event_id=told["event"]), goals


@lru_cache(maxsize=4)
def adapter_of(lead: LeadSchema) -> InboundAdapter:
    """The adapter of rows that are read as a form's answers."""
    return InboundAdapter(SCHEMA, lead)


def _parameters(
    fields: Mapping[str, str], goals: Goals, columns: Mapping[str, str]
) -> dict[str, str]:
    """The cells as parameters: by the place that they go to, else by their column's name."""
    known = {
        columns[goal]: name for name, goal in reversed(list(goals.items())) if _in(goal, columns)
    }
    taken = set(known.values())
    rest = {name: cell for name, cell in fields.items() if name not in taken}
    return {**rest, **{parameter: fields[name] for parameter, name in known.items()}}


def _in(goal: Json, columns: Mapping[str, str]) -> bool:
    return isinstance(goal, str) and goal in columns
