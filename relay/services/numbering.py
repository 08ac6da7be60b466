"""Numbers and public ids of new leads: the next ones, or those that a lead brings along."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from uuid import UUID

import sqlalchemy as sa

from relay.services.lead_rows import Filing
from relay.store.insert import new_rows
from relay.store.tables import counters, leads

LARGEST = 2**53
"""A number that every reader of JSON still tells from the next."""


def number_new(connection: sa.Connection, found: Iterable[Filing]) -> None:
    """Give new leads the next numbers of their projects; a moved one keeps what is still free."""
    new = sorted((lead for lead in found if lead.new), key=lambda lead: lead.project_id)
    _keep_public_ids(connection, [lead for lead in new if lead.moved and lead.moved.public_id])
    for project_id, group in groupby(new, key=lambda lead: lead.project_id):
        members = list(group)
        _keep_numbers(connection, project_id, members)
        nameless = [lead for lead in members if not lead.number]
        last = _raised(connection, project_id, by=len(nameless)) if nameless else 0
        for number, lead in enumerate(nameless, last - len(nameless) + 1):
            lead.number = number


def _keep_public_ids(connection: sa.Connection, moved: Sequence[Filing]) -> None:
    if not moved:
        return
    wanted = {lead.moved.public_id: lead for lead in moved if lead.moved}
    taken = sa.select(leads.c.public_id).where(leads.c.public_id.in_(wanted))
    for public_id in wanted.keys() - set(connection.execute(taken).scalars()):
        wanted[public_id].public_id = str(public_id)


def _keep_numbers(connection: sa.Connection, project_id: UUID, members: Sequence[Filing]) -> None:
    wanted = {
        lead.moved.number: lead
        for lead in members
        if lead.moved and lead.moved.number and 0 < lead.moved.number < LARGEST
    }
    if not wanted:
        return
    _raised(connection, project_id, least=max(wanted))  # locks it: nobody takes one meanwhile
    taken = sa.select(leads.c.number).where(
        leads.c.project_id == project_id, leads.c.number.in_(wanted)
    )
    for number in wanted.keys() - set(connection.execute(taken).scalars()):
        wanted[number].number = number


def _raised(connection: sa.Connection, project_id: UUID, *, by: int = 0, least: int = 0) -> int:
    """The project's counter, raised by so many or to at least so much."""
    value = counters.c.value + by
    insert = new_rows(connection, counters).values(
        project_id=project_id, name="leads", value=max(by, least)
    )
    raised = insert.on_conflict_do_update(
        index_elements=["project_id", "name"],
        set_={"value": sa.case((value < least, least), else_=value)},
    )
    last: int = connection.execute(raised.returning(counters.c.value)).scalar_one()
    return last
