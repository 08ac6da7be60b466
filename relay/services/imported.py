"""Moving an account: a hosted account's leads become leads here, and nothing is sent on.

Each lead has its body and its submission, by the door `import`, so that the ledger comes out even.
It keeps its dates, status, value and note, and its number or public id where nobody has it yet;
what it had there stands under /keys/external. What is here already is left as it is.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import sqlalchemy as sa

from relay.core.clean import clean
from relay.core.contract import HostedLead, Inbound, Json, Parsed, Settings
from relay.core.lead import is_empty
from relay.core.money import to_minor
from relay.core.readings import instant, moment
from relay.runtime import Runtime
from relay.services import intake
from relay.services.arrival import Arrival, event_key, read
from relay.services.candidate import Moved
from relay.services.configured import ConfiguredProject, ConfiguredSource
from relay.services.hosted import Hosted
from relay.store.tables import event_keys

DOOR = "import"

Progress = Callable[[int, int | None], None]
"""Told how many more leads were looked at, and how many there are where the vendor says so."""


@dataclass
class Taken:
    """How many leads were taken over, were here already, and could not be understood, by id."""

    new: int = 0
    known: int = 0
    quarantined: list[str] = field(default_factory=list)
    erased: int = 0
    """Those whose person was erased here."""
    renamed: list[str] = field(default_factory=list)
    """Those whose number or public id somebody else has here."""


def take_over(
    rt: Runtime,
    project: ConfiguredProject,
    source: ConfiguredSource,
    hosted: Hosted,
    progress: Progress,
) -> Taken:
    """Take over all leads of the account; may be broken off at any time and run again.

    Raises Unavailable where the account gives no more, and Busy while the database is away.
    """
    taken = Taken()
    for page in hosted.pages():
        unknown = _unknown(rt, source, page.leads)
        taken.known += len(page.leads) - len(unknown)
        arrivals = [_arrival(rt, project, source, lead) for lead in unknown]
        for lead, kept in zip(unknown, intake.put_all(rt, arrivals), strict=True):
            _count(taken, lead, kept)
        progress(len(page.leads), page.total)
    return taken


def _unknown(
    rt: Runtime, source: ConfiguredSource, leads: Sequence[HostedLead]
) -> list[HostedLead]:
    """Those that were not taken over before, by an earlier run or an earlier page."""
    keys = {event_key(source, _event_id(lead)): lead for lead in leads}
    query = sa.select(event_keys.c.event_key).where(
        event_keys.c.source_id == source.id, event_keys.c.event_key.in_(keys)
    )
    with rt.database.read() as connection:
        known = set(connection.execute(query).scalars())
    return [lead for key, lead in keys.items() if key not in known]


def _event_id(lead: HostedLead) -> str:
    return f"import {lead.id}"


def _arrival(
    rt: Runtime, project: ConfiguredProject, source: ConfiguredSource, lead: HostedLead
) -> Arrival:
    now = rt.clock.now()
    body = json.dumps(lead.fields, ensure_ascii=False).encode("utf-8", "replace")
    inbound = Inbound(
        headers={"content-type": "application/json"}, body=body, received_at=now.timestamp()
    )
    arrival = read(rt, _for(source, lead), inbound, None, DOOR)
    (row,) = arrival.submissions
    if row["document"] is not None:
        row["document"] = clean(_completed(row["document"], project, source, lead))
        row["warnings"] = [*row["warnings"], _note(source, lead)]
    moved = Moved(_moment(lead.created_at) or now, lead.number, lead.public_id)
    return replace(arrival, at_once=True, moved=moved)


def _for(source: ConfiguredSource, lead: HostedLead) -> ConfiguredSource:
    """The source as it is for this lead: not paused, and with no rule that makes one of two leads
    that are two there.
    """
    original = source.kind.source
    options = {name: value for name, value in source.options.items() if name != "match"}

    def parse(inbound: Inbound, settings: Settings) -> list[Parsed]:
        found = original.parse(inbound, settings)
        return [replace(parsed, event_id=_event_id(lead)) for parsed in found]

    kind = replace(source.kind, source=replace(original, parse=parse))
    return replace(source, kind=kind, paused=False, options=options)


def _completed(
    document: Json, project: ConfiguredProject, source: ConfiguredSource, lead: HostedLead
) -> Json:
    """The lead's document with what the account knows beside what was once sent to it."""
    kind = source.kind.name
    state = {**document.get("state", {}), **_state(project, lead)}
    left = {
        name: value
        for name, value in lead.shown.items()
        if name not in lead.fields and not is_empty(value)
    }
    created = _moment(lead.created_at)
    times = {"submitted": instant(created)} if created else {}
    keys = document.get("keys", {})
    verbatim = document.get("verbatim", {})
    return {
        **document,
        "keys": {**keys, "external": {**keys.get("external", {}), kind: lead.id}},
        "state": state,
        "times": {**times, **document.get("times", {})},
        "verbatim": {**verbatim, kind: {**verbatim.get(kind, {}), "lead": left}},
    }


def _state(project: ConfiguredProject, lead: HostedLead) -> dict[str, Json]:
    state = {name: value for name, value in lead.state.items() if not is_empty(value)}
    for name in ("stage", "note", "loss_reason", "conversion_name"):
        if name in state:
            state[name] = str(state[name])
    if (qualified := _moment(state.pop("qualified_at", None))) is not None:
        state["qualified_at"] = instant(qualified)
    currency = state.get("currency") or project.currency
    if lead.amount is not None and (minor := to_minor(lead.amount, currency)) is not None:
        state["value_minor"] = minor
    if "value_minor" in state and currency:
        state["currency"] = currency
    return state


def _note(source: ConfiguredSource, lead: HostedLead) -> Json:
    label = source.kind.source.label
    message = f"taken over from {label}, where its id is {lead.id}; it was not sent on"
    return {"kind": "import", "place": "", "message": message}


def _moment(value: Json) -> datetime | None:
    try:
        return moment(value)
    except ValueError:
        return None


def _count(taken: Taken, lead: HostedLead, kept: intake.Kept) -> None:
    (row,) = kept.rows
    filed = kept.leads.get(row["id"])
    if row["state"] == "duplicate":
        taken.known += 1
    elif row["erased_at"] is not None:
        taken.erased += 1
    elif filed is None:
        taken.quarantined.append(lead.id)
    else:
        taken.new += 1
        if lead.id not in {str(filed.number), filed.public_id}:
            taken.renamed.append(lead.id)
