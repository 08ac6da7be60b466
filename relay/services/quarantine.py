"""Quarantine and held submissions: mapped again after a fix, then on their way like any other."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.core.adapter import Mapped
from relay.core.clean import clean
from relay.core.contract import Parsed
from relay.runtime import Runtime
from relay.services import auditing, configured, word_lists
from relay.services.arrival import content_key, held, lead_key, mapped_row
from relay.services.configured import ConfiguredSource
from relay.services.intake import judge
from relay.services.remapping import Found, its_own, understood
from relay.store.insert import insert_new
from relay.store.tables import bodies, fetches, submissions

logger = logging.getLogger(__name__)

SHELVED = ("quarantined", "held", "refused")
"""The states from which a submission can be released."""


@dataclass(frozen=True, slots=True)
class Released:
    """How a release went: what goes on, what is still unmappable with its reasons, and what could
    be mapped and is held now for what the door saw in it."""

    released: tuple[UUID, ...]
    still: dict[UUID, list[str]]
    held: dict[UUID, list[str]]


def release(rt: Runtime, submission_ids: Sequence[UUID], actor: str) -> Released:
    """Map these submissions again by the present mapping and let those go on that now can.

    A held or refused one goes on as it is, past the rule that stopped it; what still cannot be
    mapped stays in quarantine with its new reasons. What was both unmappable and suspicious at the
    door is held once it is mapped, until it is released from there.
    """
    released: list[UUID] = []
    still: dict[UUID, list[str]] = {}
    held_now: dict[UUID, list[str]] = {}
    for submission_id in submission_ids:
        row = _read(rt, submission_id)
        values = None if row is None else _released(rt, row, actor)
        if values is None:
            continue
        if values["state"] == "received":
            released.append(submission_id)
        elif values["state"] in {"quarantined", "held"}:
            stays = still if values["state"] == "quarantined" else held_now
            stays[submission_id] = [reason["message"] for reason in values["reasons"]]
    rt.queue.wake_store()
    return Released(tuple(released), still, held_now)


def _released(rt: Runtime, row: Any, actor: str) -> dict[str, Any] | None:
    """What is written of one submission; None where somebody else was at it meanwhile."""
    values, *more = _values(rt, row)
    with rt.database.write() as connection:
        mine = submissions.c.id == row.id
        state = sa.select(submissions.c.state).where(mine).with_for_update()
        if connection.execute(state).scalar() != row.state:
            return None
        if "event_key" in values:  # it was never read before, and may be a repeat
            judged = judge(connection, [values, *more])
            values, *more = judged.values()
        word_lists.remove(connection, [row.id])  # it may say something else now
        connection.execute(sa.update(submissions).where(mine).values(**values, told=False))
        insert_new(connection, submissions, more)
        _note(rt, connection, row, values["state"], actor)
        if more:
            connection.execute(
                sa.update(bodies)
                .where(bodies.c.id == row.body_id)
                .values(parts=bodies.c.parts + len(more))
            )
    return values


def _note(rt: Runtime, connection: sa.Connection, row: Any, state: str, actor: str) -> None:
    subject = f"submission {row.id}"
    before, after = {"state": row.state}, {"state": state}
    auditing.note(connection, rt, row.project_id, actor, "release", subject, before, after)


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
            fetches.c.body.label("fetched"),
        )
        .join(bodies, bodies.c.id == submissions.c.body_id)
        .outerjoin(fetches, fetches.c.submission_id == submissions.c.id)
        .where(
            submissions.c.id == submission_id,
            submissions.c.state.in_(SHELVED),
            submissions.c.erased_at.is_(None),
        )
    )
    with rt.database.read() as connection:
        return connection.execute(statement).one_or_none()


def _values(rt: Runtime, row: Any) -> list[dict[str, Any]]:
    """The columns of the submission after it was mapped again, and what else its body holds."""
    going: dict[str, Any] = {"state": "received", "hold": None, "reasons": [], "tries": 0}
    if row.state == "refused":
        going["released"] = True
    if row.document is not None and row.state != "quarantined":
        return [going]
    source = configured.source(rt, row.source_id)
    if source is None:
        return [_still("its source is gone")]
    if row.blanked_at is not None:
        gone = _still("its body was removed by retention")
        return [going if row.document is not None else gone]
    found = understood(source, row)
    if isinstance(found, str):
        return [_still(found)]
    if row.lead_key is None and row.position == 0:
        return _read_at_last(source, row, found)
    again = _mapped_again(source, row, *its_own(row, found))
    if again.get("document") is not None and row.hold is not None:
        going |= held(row.hold)
    return [going | again]


def _read_at_last(
    source: ConfiguredSource, row: Any, found: Sequence[Found]
) -> list[dict[str, Any]]:
    """The rows of a body that could not be read when it came, and was one row so far."""
    where = {name: getattr(row, name) for name in ("body_id", "project_id", "source_id")}
    where |= {"received_at": row.received_at, "duplicate_of": None}
    rows = [mapped_row(source, parsed, mapped, row.hold) for parsed, mapped in found]
    for position, one in enumerate(rows):
        del one["dropped"]
        one.update(where, position=position)
    rows[0].update(id=row.id, tries=0)
    return rows


def _mapped_again(
    source: ConfiguredSource, row: Any, parsed: Parsed, mapped: Mapped | None
) -> dict[str, Any]:
    if mapped is None:  # the store step sees to what says no lead by itself
        return {"lead_key": lead_key(source, parsed, row.id)}
    if mapped.document is None:
        return {"state": "quarantined", "hold": row.hold, "reasons": clean(mapped.reasons)}
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
