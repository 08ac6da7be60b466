"""Quarantine and held submissions: mapped again after a fix, then on their way like any other."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.core.clean import clean
from relay.core.contract import Inbound, Unreadable
from relay.runtime import Runtime
from relay.services import configured
from relay.services.arrival import content_key, lead_key, remap
from relay.services.configured import ConfiguredSource
from relay.store.tables import bodies, submissions

SHELVED = ("quarantined", "held", "refused")
"""The states from which a submission can be released."""


@dataclass(frozen=True, slots=True)
class Released:
    """How a release went: what goes on, and what is still unmappable with its reasons."""

    released: tuple[UUID, ...]
    still: dict[UUID, list[str]]


def release(rt: Runtime, submission_ids: Sequence[UUID]) -> Released:
    """Map these submissions again by the present mapping and let those go on that now can.

    A held or refused one goes on as it is, past the rule that stopped it; what still cannot be
    mapped stays in quarantine with its new reasons.
    """
    released: list[UUID] = []
    still: dict[UUID, list[str]] = {}
    for submission_id in submission_ids:
        row = _read(rt, submission_id)
        if row is None:
            continue
        values = _values(rt, row)
        with rt.database.write() as connection:
            changed = connection.execute(
                sa.update(submissions)
                .where(submissions.c.id == submission_id, submissions.c.state == row.state)
                .values(**values)
            ).rowcount
        if changed and values["state"] == "received":
            released.append(submission_id)
        elif changed:
            still[submission_id] = [reason["message"] for reason in values["reasons"]]
    rt.queue.wake_store()
    return Released(tuple(released), still)


def _read(rt: Runtime, submission_id: UUID) -> Any | None:
    statement = (
        sa.select(
            submissions,
            bodies.c.method,
            bodies.c.query,
            bodies.c.headers,
            bodies.c.body,
            bodies.c.address,
            bodies.c.blanked_at,
        )
        .join(bodies, bodies.c.id == submissions.c.body_id)
        .where(submissions.c.id == submission_id, submissions.c.state.in_(SHELVED))
    )
    with rt.database.read() as connection:
        return connection.execute(statement).one_or_none()


def _values(rt: Runtime, row: Any) -> dict[str, Any]:
    """The columns of the submission after it was mapped again."""
    going: dict[str, Any] = {"state": "received", "hold": None, "reasons": [], "tries": 0}
    if row.state == "refused":
        going["released"] = True
    if row.document is not None and row.state != "quarantined":
        return going
    source = configured.source(rt, row.source_id)
    if source is None:
        return _still("its source is gone")
    if row.blanked_at is not None:
        return going if row.document is not None else _still("its body was removed by retention")
    return going | _mapped_again(source, row)


def _mapped_again(source: ConfiguredSource, row: Any) -> dict[str, Any]:
    inbound = Inbound(
        method=row.method,
        query=tuple((name, value) for name, value in json.loads(row.query)),
        headers=row.headers,
        body=row.body,
        address=row.address,
        received_at=row.received_at.timestamp(),
    )
    try:
        found = remap(source, inbound)
    except Unreadable as error:
        return _still(str(error))
    if row.position >= len(found):
        return _still(f"the body now holds only {len(found)} submissions")
    parsed, mapped = found[row.position]
    if mapped.document is None:
        return {"state": "quarantined", "reasons": clean(mapped.reasons)}
    return {
        "document": mapped.document,
        "warnings": mapped.warnings,
        "lead_key": lead_key(source, parsed, row.id),
        "content_key": content_key(source, parsed, mapped),
        "test": parsed.test,
        "partial": parsed.partial,
    }


def _still(message: str) -> dict[str, Any]:
    return {"state": "quarantined", "reasons": [{"place": "body", "message": clean(message)}]}
