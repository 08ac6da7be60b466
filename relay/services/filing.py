"""Filing submissions: finding or making each one's lead and writing its next version."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.core.conditions import matches
from relay.core.contract import Json
from relay.core.ids import new_id, new_key
from relay.core.lead import merge, summary
from relay.runtime import Runtime
from relay.services.candidate import Candidate
from relay.services.owing import Change, owe
from relay.services.repeats import lock, mark_equal_content, match_lead, matching_rule
from relay.store.insert import new_rows
from relay.store.tables import counters, lead_versions, leads, submissions

LONGEST = 500
"""Characters of a searchable value: an index takes no more than some 2700 bytes."""

LARGEST = 2**63 - 1
"""What a column of whole numbers holds; the document holds any."""


@dataclass(slots=True)
class _Lead:
    """A lead as the transaction sees it: its row's values, and the versions to be written.

    `newest` is when the latest of its submissions arrived. `echoes` are what other sources say
    again: no news for the lead, but perhaps for their targets.
    """

    id: UUID
    project_id: UUID
    source_id: UUID
    lead_key: str
    created_at: datetime
    number: int = 0
    version: int = 0
    document: Json = None
    newest: datetime | None = None
    test: bool = False
    partial: bool = False
    new: bool = True
    changes: list[Change] = field(default_factory=list)
    echoes: list[Change] = field(default_factory=list)


def file_all(
    rt: Runtime, connection: sa.Connection, candidates: Sequence[Candidate], now: datetime
) -> set[UUID]:
    """File every submission inside this transaction; returns the lanes to wake.

    `now` is the moment at which all of it counts as done.
    """
    for candidate in candidates:
        _refuse(candidate)
    lock(connection, candidates)
    mark_equal_content(connection, candidates)
    waiting = [candidate for candidate in candidates if candidate.open]
    together = [candidate for candidate in waiting if matching_rule(candidate.source) is None]
    lanes = _file(rt, connection, together, now)
    for candidate in waiting:  # each of these has to see the leads that the one before it made
        if matching_rule(candidate.source) is not None:
            match_lead(connection, candidate)
            lanes |= _file(rt, connection, [candidate] if candidate.open else [], now)
    return lanes


def _refuse(candidate: Candidate) -> None:
    if candidate.open and not candidate.submission.released:
        for rule in candidate.source.refuse:
            if matches(rule["when"], candidate.submission.document):
                candidate.end("refused", rule["reason"])
                return


def _file(
    rt: Runtime, connection: sa.Connection, candidates: Sequence[Candidate], now: datetime
) -> set[UUID]:
    if not candidates:
        return set()
    found = _leads_of(connection, candidates)
    for candidate in candidates:
        _take_up(found[candidate.submission.project_id, candidate.lead_key], candidate)
    _number_new(connection, list(found.values()))
    _write(connection, list(found.values()), now)
    changes = [change for lead in found.values() for change in (*lead.changes, *lead.echoes)]
    return owe(rt, connection, changes, now)


def _leads_of(
    connection: sa.Connection, candidates: Sequence[Candidate]
) -> dict[tuple[UUID, str], _Lead]:
    """Their leads, locked in one order for all workers; new ones where there are none."""
    keys = sorted(
        {(candidate.submission.project_id, candidate.lead_key) for candidate in candidates}
    )
    newest = sa.select(sa.func.max(submissions.c.received_at)).where(
        submissions.c.lead_id == leads.c.id
    )
    statement = (
        sa.select(leads, lead_versions.c.document, newest.scalar_subquery().label("newest"))
        .join(
            lead_versions,
            sa.and_(
                lead_versions.c.lead_id == leads.c.id, lead_versions.c.version == leads.c.version
            ),
        )
        .where(sa.tuple_(leads.c.project_id, leads.c.lead_key).in_(keys))
        .order_by(leads.c.project_id, leads.c.lead_key)
        .with_for_update(of=leads)
    )
    found = {(row.project_id, row.lead_key): _known(row) for row in connection.execute(statement)}
    for candidate in candidates:
        key = (candidate.submission.project_id, candidate.lead_key)
        if key not in found:
            found[key] = _Lead(
                id=new_id(),
                project_id=candidate.submission.project_id,
                source_id=candidate.source.id,
                lead_key=candidate.lead_key,
                created_at=candidate.submission.received_at,
            )
    return dict(sorted(found.items()))


def _known(row: Any) -> _Lead:
    return _Lead(
        id=row.id,
        project_id=row.project_id,
        source_id=row.source_id,
        lead_key=row.lead_key,
        created_at=row.created_at,
        number=row.number,
        version=row.version,
        document=row.document,
        newest=row.newest,
        test=row.test,
        partial=row.partial,
        new=False,
    )


def _take_up(lead: _Lead, candidate: Candidate) -> None:
    """Let the lead say what this submission says; an equal document makes no new version."""
    submission = candidate.submission
    document = _next_document(lead, submission)
    completes = lead.partial and not submission.partial
    proves = lead.test and not submission.test
    news = document != lead.document or completes or proves
    if news:
        lead.version += 1
        lead.document = document
        lead.partial = submission.partial and (lead.version == 1 or lead.partial)
        lead.test = submission.test and (lead.version == 1 or lead.test)
        lead.changes.append(_change(lead, candidate))
    elif candidate.source.id != lead.source_id:
        lead.echoes.append(_change(lead, candidate, echo=True))
    lead.newest = max(submission.received_at, lead.newest or submission.received_at)
    candidate.state = "stored"
    candidate.lead_id = lead.id
    candidate.lead_version = lead.version


def _change(lead: _Lead, candidate: Candidate, *, echo: bool = False) -> Change:
    return Change(
        candidate=candidate,
        lead_id=lead.id,
        version=lead.version,
        document=lead.document,
        test=lead.test,
        partial=lead.partial,
        known_before=not lead.new,
        echo=echo,
    )


def _next_document(lead: _Lead, submission: Any) -> Json:
    if lead.version == 0 or (lead.partial and not submission.partial):
        return submission.document  # the complete response supersedes the partial one
    if submission.partial and not lead.partial:
        return lead.document  # superseded before it came
    if lead.newest is not None and submission.received_at < lead.newest:
        return merge(submission.document, lead.document)  # it was held: what was said since stays
    return merge(lead.document, submission.document)


def _number_new(connection: sa.Connection, found: list[_Lead]) -> None:
    """Give new leads the next numbers of their projects."""
    new = sorted((lead for lead in found if lead.new), key=lambda lead: lead.project_id)
    for project_id, group in groupby(new, key=lambda lead: lead.project_id):
        members = list(group)
        insert = new_rows(connection, counters).values(
            project_id=project_id, name="leads", value=len(members)
        )
        taken = insert.on_conflict_do_update(
            index_elements=["project_id", "name"],
            set_={"value": counters.c.value + len(members)},
        ).returning(counters.c.value)
        last = connection.execute(taken).scalar_one()
        for number, lead in enumerate(members, last - len(members) + 1):
            lead.number = number


def _write(connection: sa.Connection, found: list[_Lead], now: datetime) -> None:
    changed = [lead for lead in found if lead.changes]
    if new := [_row(lead, now) for lead in changed if lead.new]:
        connection.execute(sa.insert(leads), new)
    if known := [_row(lead, now) for lead in changed if not lead.new]:
        _update(connection, known)
    if versions := [_version_row(change, now) for lead in changed for change in lead.changes]:
        connection.execute(sa.insert(lead_versions), versions)


def _row(lead: _Lead, now: datetime) -> dict[str, Any]:
    told = summary(lead.document)
    value = told.value_minor
    return {
        "id": lead.id,
        "project_id": lead.project_id,
        "source_id": lead.source_id,
        "number": lead.number,
        "public_id": new_key("lead_", 20),
        "lead_key": lead.lead_key,
        "version": lead.version,
        "test": lead.test,
        "partial": lead.partial,
        "name": _short(told.name),
        "email": _short(told.email),
        "phone": _short(told.phone),
        "company": _short(told.company),
        "status": told.status or "open",
        "value_minor": None if value is None or abs(value) > LARGEST else value,
        "currency": told.currency,
        "created_at": lead.created_at,
        "updated_at": now,
    }


def _short(text: str | None) -> str | None:
    return None if text is None else text[:LONGEST]


_RENEWED = (
    "version",
    "test",
    "partial",
    "name",
    "email",
    "phone",
    "company",
    "status",
    "value_minor",
    "currency",
    "updated_at",
)


def _update(connection: sa.Connection, rows: list[dict[str, Any]]) -> None:
    statement = (
        sa.update(leads)
        .where(leads.c.id == sa.bindparam("row_id"))
        .values({name: sa.bindparam(f"new_{name}") for name in _RENEWED})
    )
    values = [
        {"row_id": row["id"], **{f"new_{name}": row[name] for name in _RENEWED}} for row in rows
    ]
    connection.execute(statement, values)


def _version_row(change: Change, now: datetime) -> dict[str, Any]:
    return {
        "lead_id": change.lead_id,
        "version": change.version,
        "submission_id": change.candidate.submission.id,
        "document": change.document,
        "warnings": change.candidate.submission.warnings,
        "created_at": now,
    }
