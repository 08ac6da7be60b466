"""Reading and mapping what a source was sent: at its door, and again after a change."""

import json
import logging
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from relay.core import rows
from relay.core.adapter import Mapped, MappingRules
from relay.core.contract import Fetching, Inbound, Json, Parsed, Unreadable, read_body
from relay.core.permission import ConsentDefault
from relay.services.configured import ConfiguredSource

logger = logging.getLogger(__name__)

Found = tuple[Parsed, Mapped | None]
"""One submission of a body; what says no lead by itself is not mapped."""


def remap(source: ConfiguredSource, inbound: Inbound) -> list[Found]:
    """Read and map a stored request anew, as after a change of the mapping.

    Raises Unreadable when the body cannot be read as the source's format.
    """
    if inbound.method == rows.METHOD:
        return [row_of_a_file(source, inbound)]
    rules = rules_of(source)
    return [
        (parsed, None if says_no_lead(source, parsed) else source.kind.adapter.map(parsed, rules))
        for parsed in _parsed(source, inbound, rules)
    ]


def _parsed(source: ConfiguredSource, inbound: Inbound, rules: MappingRules) -> list[Parsed]:
    """What the integration reads in it, or else what the source's own mapping points to."""
    reason = Unreadable("the body holds no submission")
    try:
        if found := source.kind.source.parse(inbound, source.settings):
            return found
    except Unreadable as error:
        reason = error
    document = plain(source, inbound) if rules.points else None
    if document is None or not rules.reads(document):
        raise reason
    return [Parsed(document=document)]


def plain(source: ConfiguredSource, inbound: Inbound) -> Json:
    """A body as it is written, None where nobody can read it; calls of lead APIs are never plain.

    Their callers are told what is wrong with them.
    """
    try:
        return None if source.kind.source.tokens else read_body(inbound)
    except Unreadable:
        return None


def understood(source: ConfiguredSource, row: Any) -> list[Found] | str:
    """What the request of a stored submission holds, or in words why it cannot be read.

    `row` is as `stored_request` wants it.
    """
    try:
        found = remap(source, stored_request(row))
    except Unreadable as error:
        return str(error)
    except Exception as error:  # a bug of an integration must not stop what others wait for
        logger.exception("source kind %s failed to read a body", source.kind.name)
        return f"the {source.kind.name} integration failed: {error!r}"
    if _position(row) >= len(found) and row.lead_key is not None:
        return f"the body now holds only {len(found)} submissions"
    return found


def its_own(row: Any, found: list[Found]) -> Found:
    """Which of what was understood is this submission: what was fetched is but the one."""
    return found[_position(row)]


def _position(row: Any) -> int:
    return int(row.position) if row.fetched is None else 0


def says_no_lead(source: ConfiguredSource, parsed: Parsed) -> bool:
    """Whether this asks for somebody to be forgotten, or is an id whose data is to be fetched."""
    return parsed.erases or fetching(source, parsed) is not None


def fetching(source: ConfiguredSource, parsed: Parsed, now: float = 0.0) -> Fetching | None:
    """The conversation that brings this submission's data, None where it has all; not begun."""
    fetch = source.kind.source.fetch
    return fetch(parsed, source.settings, now) if fetch else None


def row_of_a_file(source: ConfiguredSource, inbound: Inbound) -> tuple[Parsed, Mapped]:
    """Each column goes where the person who uploaded the file said."""
    kind = source.kind
    parsed, goals = rows.read_row(kind.source, source.settings, inbound)
    adapter = kind.adapter if kind.source.columns else rows.adapter_of(kind.adapter.lead)
    return parsed, adapter.map(parsed, replace(rules_of(source), mapping=goals))


def rules_of(source: ConfiguredSource) -> MappingRules:
    """The source's own mapping rules."""
    return MappingRules(
        mapping=source.mapping,
        region=source.options.get("region"),
        noise=source.kind.source.noise,
        consent=ConsentDefault.of(source.options),
    )


def stored_request(row: Any) -> Inbound:
    """The request that a submission came in, by a row with its body's columns.

    Where its data had to be fetched, and was (`fetched`), that is what its source reads.
    """
    if row.fetched is not None:
        return fetched_request(row.fetched, row.received_at.timestamp())
    return Inbound(
        method=row.method,
        query=tuple((name, value) for name, value in json.loads(row.query)),
        headers=row.headers,
        body=row.body,
        address=row.address,
        received_at=row.received_at.timestamp(),
    )


def read_fetched(source: ConfiguredSource, row: Any, body: bytes) -> Found | str:
    """What was just fetched for a stored submission, or in words why it cannot be read."""
    named = {name: getattr(row, name) for name in ("lead_key", "position", "received_at")}
    found = understood(source, SimpleNamespace(fetched=body, **named))
    return found if isinstance(found, str) else found[0]


def fetched_request(body: bytes, received_at: float) -> Inbound:
    """What a provider said when it was asked, as a request to its source."""
    headers = {"content-type": "application/json"}
    return Inbound(headers=headers, body=body, received_at=received_at)
