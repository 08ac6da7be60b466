"""What else came of the person whom a lead is of: repeats of its submissions, and other leads."""

from collections.abc import Collection
from uuid import UUID

import sqlalchemy as sa

from relay.runtime import Runtime
from relay.services.browse import Row
from relay.store.tables import leads, sources, submissions

MOST = 20
"""Other leads by e-mail and by phone, the newest, and repeats, the first."""


def other_leads(rt: Runtime, lead: Row) -> list[Row]:
    """Other leads with the same e-mail or phone, newest first; `same` says which of them."""
    found: dict[UUID, Row] = {}
    with rt.database.read() as connection:
        for name in ("email", "phone"):
            if lead[name]:
                for row in connection.execute(_with_the_same(lead, name)).mappings():
                    same = [*found[row["id"]]["same"], name] if row["id"] in found else [name]
                    found[row["id"]] = {**row, "same": same}
    return sorted(found.values(), key=lambda row: row["created_at"], reverse=True)[:MOST]


def repeats(rt: Runtime, submission_ids: Collection[UUID]) -> list[Row]:
    """What came again of these submissions and changed nothing, oldest first."""
    query = (
        sa.select(
            submissions.c.id,
            submissions.c.received_at,
            submissions.c.reasons,
            submissions.c.source_id,
            sources.c.name.label("source"),
        )
        .join(sources, sources.c.id == submissions.c.source_id)
        .where(submissions.c.duplicate_of.in_(submission_ids))
        .order_by(submissions.c.id)
        .limit(MOST)
    )
    with rt.database.read() as connection:
        return [dict(row) for row in connection.execute(query).mappings()]


def _with_the_same(lead: Row, name: str) -> sa.Select[tuple[object, ...]]:
    return (
        sa.select(
            leads.c.id,
            leads.c.number,
            leads.c.name,
            leads.c.email,
            leads.c.phone,
            leads.c.status,
            leads.c.created_at,
            sources.c.name.label("source"),
        )
        .join(sources, sources.c.id == leads.c.source_id)
        .where(
            leads.c.project_id == lead["project_id"],
            leads.c[name] == lead[name],
            leads.c.archived_at.is_(None),
            leads.c.id != lead["id"],
        )
        .order_by(leads.c.number.desc())
        .limit(MOST)
    )
