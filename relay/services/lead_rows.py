"""The rows of a lead and its versions, as filing writes them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.core.contract import Json
from relay.core.lead import summary
from relay.services import searching, word_lists
from relay.services.candidate import Moved
from relay.services.owing import Change
from relay.store.tables import lead_versions, leads

LONGEST = 500
"""Characters of a searchable value: an index takes no more than some 2700 bytes."""

LARGEST = 2**63 - 1
"""What a column of whole numbers holds; the document holds any."""

PENDING = "pending"
"""What a lead's status reads while a change of it is still to be made."""


@dataclass(slots=True)
class Filing:
    """A lead as the transaction sees it: its row's values, and the versions to be written.

    `newest` is when the latest of its submissions arrived. `echoes` are what other sources say
    again: no news for the lead, but perhaps for their targets. `before` is its row with the newest
    `document`, `after` the row as it was written, where it was.
    """

    id: UUID
    project_id: UUID
    source_id: UUID
    lead_key: str
    created_at: datetime
    public_id: str
    number: int = 0
    version: int = 0
    document: Json = None
    newest: datetime | None = None
    test: bool = False
    partial: bool = False
    new: bool = True
    moved: Moved | None = None
    changes: list[Change] = field(default_factory=list)
    echoes: list[Change] = field(default_factory=list)
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None

    @property
    def status(self) -> str:
        """Its status, as its row says."""
        row = self.after or self.before
        return str(row["status"]) if row else ""


def write(connection: sa.Connection, filed: Sequence[Filing], now: datetime) -> None:
    """Write what changed of these leads."""
    changed = [lead for lead in filed if lead.changes]
    new: list[dict[str, Any]] = []
    known: list[dict[str, Any]] = []
    for lead in changed:
        lead.after = row = _row(lead, now)
        (new if lead.new else known).append(row)
    if new:
        connection.execute(sa.insert(leads), new)
    if known:
        _update(connection, known)
    searching.keep(connection, [*new, *known])
    word_lists.keep(connection, [(lead.after, lead.document) for lead in changed if lead.after])
    if versions := [_version_row(change, now) for lead in changed for change in lead.changes]:
        connection.execute(sa.insert(lead_versions), versions)


def copies(document: Json) -> dict[str, Any]:
    """The columns of `leads` that copy its newest version."""
    told = summary(document)
    value = told.value_minor
    return {
        "name": _short(told.name),
        "email": _short(told.email),
        "phone": _short(told.phone),
        "company": _short(told.company),
        "first_name": _short(told.first_name),
        "last_name": _short(told.last_name),
        "form_name": _short(told.form_name),
        "phone_raw": _short(told.phone_raw),
        "unique_identifier": _short(told.unique_identifier),
        "traffic_source_id": _short(told.traffic_source_id),
        "sub_id": _short(told.sub_id),
        "campaign": _short(told.campaign),
        "has_gclid": told.has_gclid,
        "has_cid": told.has_cid,
        "has_fbp": told.has_fbp,
        "has_fbc": told.has_fbc,
        "status": told.status[:LONGEST],
        "value_minor": None if value is None or abs(value) > LARGEST else value,
        "currency": told.currency,
    }


def _row(lead: Filing, now: datetime) -> dict[str, Any]:
    row = {
        "id": lead.id,
        "project_id": lead.project_id,
        "source_id": lead.source_id,
        "number": lead.number,
        "public_id": lead.public_id,
        "lead_key": lead.lead_key,
        "version": lead.version,
        "test": lead.test,
        "partial": lead.partial,
        "created_at": lead.created_at,
        "updated_at": now,
        **copies(lead.document),
    }
    if _is_pending(lead):
        row["status"] = PENDING
    return row


def _is_pending(lead: Filing) -> bool:
    """Whether a change of its status is still to be made, which this version must not hide."""
    if lead.before is None or lead.before["status"] != PENDING:
        return False
    stage = lead.before["document"].get("state", {}).get("stage")
    return bool(stage != PENDING)


def _short(text: Json) -> str | None:
    return text[:LONGEST] if isinstance(text, str) else None


_FIXED = {
    "id",
    "project_id",
    "source_id",
    "number",
    "public_id",
    "lead_key",
    "created_at",
}
"""What a lead is born with."""


def _update(connection: sa.Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    renewed = rows[0].keys() - _FIXED
    statement = (
        sa.update(leads)
        .where(leads.c.id == sa.bindparam("row_id"))
        .values({name: sa.bindparam(f"new_{name}") for name in sorted(renewed)})
    )
    values = [
        {"row_id": row["id"], **{f"new_{name}": row[name] for name in renewed}} for row in rows
    ]
    connection.execute(statement, values)


def _version_row(change: Change, now: datetime) -> dict[str, Any]:
    return {
        "lead_id": change.lead_id,
        "version": change.version,
        "submission_id": change.candidate.submission.id,
        "document": change.document,
        "warnings": change.candidate.all_warnings,
        "created_at": now,
    }
