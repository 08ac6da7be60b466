"""The filters of the console's lists of leads, as conditions on their table.

Some the order's own indexes answer; the others are asked lead by lead, or, where they let few leads
through, looked up.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from relay.store.tables import deliveries, leads

KINDS = ("real", "test", "partial", "archived")
SENT = {
    "failed": ("failed", "expired"),
    "waiting": ("waiting", "sending"),
    "skipped": ("skipped",),
    "delivered": ("delivered",),
    "nowhere": (),
}
"""What can be asked of a lead's deliveries, and the states of those that are looked for."""

OPEN_OR_FAILED = ("waiting", "sending", "failed", "expired", "cancelled")
"""States of deliveries of which a lead may have none that all targets have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which leads; what is left out does not restrict. `until` is exclusive.

    `kind` is one of KINDS, `sent` one of SENT. Where `ids_only`, the text finds by our ids alone.
    Archived leads are found by a text, and listed where that kind is asked for.
    """

    project: UUID
    text: str = ""
    source: UUID | None = None
    statuses: Sequence[str] = ()
    kind: str = ""
    sent: str = ""
    since: datetime | None = None
    until: datetime | None = None
    ids_only: bool = False


def all_of(wanted: Wanted, table: sa.FromClause) -> list[sa.ColumnElement[bool]]:
    """Every condition but for the text, of the table or a part of it."""
    return [
        table.c.project_id == wanted.project,
        *by_index(wanted, table),
        *by_looking(wanted, table),
    ]


def by_index(wanted: Wanted, table: sa.FromClause) -> list[sa.ColumnElement[bool]]:
    """The conditions that the order's own indexes answer."""
    found: list[sa.ColumnElement[bool]] = []
    if wanted.kind == "archived":
        found.append(table.c.archived_at.is_not(None))
    elif not wanted.text.strip():
        found.append(table.c.archived_at.is_(None))
    if wanted.source is not None:
        found.append(table.c.source_id == wanted.source)
    if wanted.since is not None:
        found.append(table.c.created_at >= wanted.since)
    if wanted.until is not None:
        found.append(table.c.created_at < wanted.until)
    return found


def by_looking(wanted: Wanted, table: sa.FromClause) -> list[sa.ColumnElement[bool]]:
    """The conditions that each lead has to be looked at for."""
    found = _of_kind(wanted, table)
    if wanted.statuses:
        found.append(table.c.status.in_(wanted.statuses))
    if wanted.sent in SENT:
        found += _sent(wanted.sent, table)
    return found


def _of_kind(wanted: Wanted, table: sa.FromClause) -> list[sa.ColumnElement[bool]]:
    if wanted.kind == "real":
        return [sa.not_(table.c.test), sa.not_(table.c.partial)]
    if wanted.kind == "archived":
        return [table.c.archived_at.is_not(None)]
    return [table.c[wanted.kind]] if wanted.kind in KINDS else []


def _sent(sent: str, table: sa.FromClause) -> list[sa.ColumnElement[bool]]:
    if sent == "nowhere":
        return [_there(table).is_(None)]
    if sent == "delivered":
        return [_there(table, "delivered").is_not(None), _there(table, *OPEN_OR_FAILED).is_(None)]
    return [_there(table, *SENT[sent]).is_not(None)]


def _there(table: sa.FromClause, *states: str) -> sa.ScalarSelect[int]:
    """One if the lead has a delivery in these states that none to the same target has followed.

    A scalar, not EXISTS: it is to be asked lead by lead, not of all deliveries at once.
    """
    own, newer = deliveries.alias("own"), deliveries.alias("newer")
    query = sa.select(sa.literal(1)).where(own.c.lead_id == table.c.id).limit(1)
    if states:
        again = sa.exists().where(
            newer.c.lead_id == own.c.lead_id,
            newer.c.target_id == own.c.target_id,
            newer.c.replay_of == own.c.id,
        )
        query = query.where(own.c.state.in_(states), ~again)
    return query.correlate(table).scalar_subquery()


def rare(wanted: Wanted) -> list[sa.Select[UUID]]:
    """The filters that an index answers, if they let few leads through."""
    mine = sa.select(leads.c.id).where(leads.c.project_id == wanted.project)
    found = []
    if wanted.sent in {"failed", "waiting", "skipped"}:
        of_project = deliveries.c.project_id == wanted.project
        in_state = deliveries.c.state.in_(SENT[wanted.sent])
        found.append(sa.select(deliveries.c.lead_id).where(of_project, in_state))
    if wanted.kind in {"test", "partial", "archived"}:
        found.append(mine.where(sa.literal_column(_APART), *_of_kind(wanted, leads)))
    elif wanted.statuses:
        live = leads.c.archived_at.is_(None)
        found.append(mine.where(live, leads.c.status.in_(wanted.statuses)))
    return found


_APART = "(leads.test OR leads.partial OR leads.archived_at IS NOT NULL)"
