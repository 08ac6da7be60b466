"""What becomes of a lead after it is one: its status, value and note, and who is told of it."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.core.clean import clean
from relay.core.ids import new_id
from relay.core.stages import StatusChange, with_state
from relay.runtime import Runtime
from relay.services import auditing, totals
from relay.services.lead_rows import LONGEST, PENDING, copies
from relay.services.telling import tell
from relay.store.insert import new_rows
from relay.store.tables import lead_versions, leads, state_is, status_changes

__all__ = ["Changed", "NoLead", "Pending", "StatusChange", "change_status", "process_status"]

logger = logging.getLogger(__name__)

BATCH = 200
"""Queued changes that one job carries out."""

STATE = ("status", "value_minor", "currency")
"""The columns of `leads` that copy a lead's state."""


class NoLead(Exception):  # noqa: N818 - says what was looked for
    """There is no such lead, or it is archived."""


class Pending(Exception):  # noqa: N818 - says what is in the way
    """A change of this lead is queued already, and only one may be."""


@dataclass(frozen=True, slots=True)
class Changed:
    """A change that was made (`done`) or queued (`pending`), and the lead after it."""

    id: UUID
    state: str
    status: str
    version: int


@dataclass(slots=True)
class _Lead:
    """A locked lead: its row as it was, and as it is now."""

    was: Mapping[str, Any]
    row: dict[str, Any]

    def set(self, connection: sa.Connection, **values: Any) -> None:
        """Write columns of its row."""
        connection.execute(sa.update(leads).where(leads.c.id == self.row["id"]).values(**values))
        self.row |= values


def change_status(
    rt: Runtime,
    lead_id: UUID,
    change: StatusChange,
    *,
    actor: str,
    label: str = "",
    queued: bool = False,
    audited: bool = False,
) -> Changed:
    """Change a lead's state at once, or queue the change; raises NoLead, or Pending where queued.

    `actor` is the API and its key, or the person. `label` names the event that targets are told of,
    once for each lead; left out, the stage that it comes to does. While a change is queued the
    lead's status reads `pending`; its value counts from now on. A change at once comes after what
    was queued before it. What people do by hand is `audited`.
    """
    now = rt.clock.now()
    said = {
        "id": new_id(),
        "lead_id": lead_id,
        "at": now,
        "actor": clean(actor),
        "change": clean(change.to_json()),
        "label": clean(label)[:LONGEST],
    }
    with rt.database.write() as connection:
        lead = _locked(connection, lead_id)
        said["project_id"] = lead.row["project_id"]
        lanes = set() if queued else _carry_out_pending(rt, connection, lead, now)
        if queued:
            _queue(connection, lead, said)
        else:
            connection.execute(sa.insert(status_changes).values(**said, state="pending"))
            lanes |= _carry_out(rt, connection, lead, said, now)
        if audited:
            _note(rt, connection, lead, actor)
        totals.shift(connection, [lead.was], [lead.row])
    if queued:
        rt.queue.wake_status()
    _wake(rt, lanes)
    state = "pending" if queued else "done"
    return Changed(said["id"], state, lead.row["status"], lead.row["version"])


def process_status(rt: Runtime) -> int:
    """Carry out the changes that are queued; returns how many were. Safe to run at the same time.

    One that fails stays queued, and the sweep rings for it again.
    """
    waiting = sa.select(status_changes.c.lead_id).where(state_is(status_changes, "pending"))
    with rt.database.read() as connection:
        lead_ids = connection.execute(waiting.order_by(status_changes.c.at).limit(BATCH)).scalars()
        found = list(lead_ids)
    done = 0
    for lead_id in found:
        try:
            done += _process(rt, lead_id)
        except Exception:  # the others must not wait for one that cannot be carried out
            logger.exception("the change of the status of lead %s failed", lead_id)
    if done and len(found) == BATCH:
        rt.queue.wake_status()
    return done


def _process(rt: Runtime, lead_id: UUID) -> bool:
    now = rt.clock.now()
    with rt.database.write() as connection:
        try:
            lead = _locked(connection, lead_id)
        except NoLead:
            _end_without_effect(connection, lead_id, now)
            return True
        before = lead.row["version"], lead.row["status"]
        lanes = _carry_out_pending(rt, connection, lead, now)
        totals.shift(connection, [lead.was], [lead.row])
    _wake(rt, lanes)
    return before != (lead.row["version"], lead.row["status"])


def _wake(rt: Runtime, lanes: set[UUID]) -> None:
    for target_id in lanes:
        rt.queue.wake_lane(target_id)


def _locked(connection: sa.Connection, lead_id: UUID) -> _Lead:
    newest = sa.and_(
        lead_versions.c.lead_id == leads.c.id, lead_versions.c.version == leads.c.version
    )
    own = sa.and_(leads.c.id == lead_id, leads.c.archived_at.is_(None))
    statement = sa.select(leads, lead_versions.c.document).join(lead_versions, newest).where(own)
    row = connection.execute(statement.with_for_update(of=leads)).mappings().one_or_none()
    if row is None:
        raise NoLead(f"there is no lead {lead_id}")
    return _Lead(dict(row), dict(row))


def _queue(connection: sa.Connection, lead: _Lead, said: Mapping[str, Any]) -> None:
    insert = new_rows(connection, status_changes).values(**said, state="pending")
    taken = insert.on_conflict_do_nothing().returning(status_changes.c.id)
    if connection.execute(taken).first() is None:
        raise Pending(f"a change of lead {lead.row['id']} is queued")
    told = copies(with_state(lead.row["document"], said["change"]))
    lead.set(connection, **{name: told[name] for name in STATE} | {"status": PENDING})


def _carry_out_pending(
    rt: Runtime, connection: sa.Connection, lead: _Lead, now: datetime
) -> set[UUID]:
    own = sa.and_(status_changes.c.lead_id == lead.row["id"], state_is(status_changes, "pending"))
    said = connection.execute(sa.select(status_changes).where(own)).mappings().one_or_none()
    return set() if said is None else _carry_out(rt, connection, lead, dict(said), now)


def _carry_out(
    rt: Runtime, connection: sa.Connection, lead: _Lead, said: Mapping[str, Any], now: datetime
) -> set[UUID]:
    """Write the lead's next version, where it says something new; returns the lanes to wake."""
    document = with_state(lead.row["document"], said["change"])
    owed, lanes = 0, set[UUID]()
    told = copies(document)
    values = {name: told[name] for name in STATE}
    if document == lead.row["document"]:
        lead.set(connection, **values)
    else:
        version = lead.row["version"] + 1
        row = {"lead_id": lead.row["id"], "version": version, "document": document}
        row |= {
            "warnings": [],
            "created_at": said["at"],
        }  # the event's time, however long it waited
        connection.execute(sa.insert(lead_versions).values(row))
        lead.set(connection, **values, version=version, updated_at=now)
        lead.row["document"] = document
        label = said["label"] or values["status"]
        owed, lanes = tell(rt, connection, lead.row, label, said["at"], now)
    done = {"state": "done", "version": lead.row["version"], "done_at": now, "owed": owed}
    own = sa.update(status_changes).where(status_changes.c.id == said["id"])
    connection.execute(own.values(**done))
    return lanes


def _note(rt: Runtime, connection: sa.Connection, lead: _Lead, actor: str) -> None:
    before, after = ({name: row[name] for name in STATE} for row in (lead.was, lead.row))
    subject = f"lead {lead.row['number']}"
    project_id = lead.row["project_id"]
    auditing.note(connection, rt, project_id, actor, "status", subject, before, after)


def _end_without_effect(connection: sa.Connection, lead_id: UUID, now: datetime) -> None:
    """The lead was archived meanwhile: nobody is told of it any more."""
    connection.execute(
        sa.update(status_changes)
        .where(status_changes.c.lead_id == lead_id, state_is(status_changes, "pending"))
        .values(state="done", done_at=now)
    )
