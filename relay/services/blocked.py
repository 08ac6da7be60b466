"""Contacts to whom nothing more goes out: numbers that a sender asked to block."""

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from relay.services.deliveries import call_off
from relay.store.insert import insert_new
from relay.store.tables import blocked_contacts, counters, deliveries, leads

BLOCKED = "this contact is blocked: nothing more goes out to it"

Contact = tuple[UUID, str]
"""A project and a phone number in E.164."""

NOT_BLOCKED = ~sa.exists().where(
    blocked_contacts.c.project_id == leads.c.project_id, blocked_contacts.c.phone == leads.c.phone
)
"""The condition on a lead to whose contact things may go out."""

OF_NOBODY_BLOCKED = deliveries.c.lead_id.not_in(
    sa.select(leads.c.id).join(
        blocked_contacts,
        sa.and_(
            blocked_contacts.c.project_id == leads.c.project_id,
            blocked_contacts.c.phone == leads.c.phone,
        ),
    )
)
"""The same condition on a delivery."""


def among(connection: sa.Connection, contacts: Iterable[Contact]) -> set[Contact]:
    """Those of the contacts that are blocked; asked by whoever owes, after locking the leads.

    Until the transaction ends nobody can block another: `stand_still` waits for it.
    """
    asked = set(contacts)
    if not asked:
        return set()
    columns = (blocked_contacts.c.project_id, blocked_contacts.c.phone)
    statement = sa.select(*columns).where(sa.tuple_(*columns).in_(sorted(asked)))
    found = connection.execute(statement.with_for_update(read=True, key_share=True))
    return {(row.project_id, row.phone) for row in found}


def stand_still(connection: sa.Connection, projects: Iterable[UUID]) -> None:
    """Wait for all that owe deliveries now, and let none begin until the transaction ends.

    So what they owe is seen, and called off; without it a delivery that is being written could
    slip past. Readers, such as a backup, are not in the way. The numbers of the projects are taken
    first, as all who owe do. SQLite has one writer at a time.
    """
    if connection.dialect.name != "sqlite":
        of_these = sa.select(counters.c.value).where(counters.c.project_id.in_(set(projects)))
        in_order = of_these.order_by(counters.c.project_id, counters.c.name)
        connection.execute(in_order.with_for_update()).all()
        connection.execute(sa.text("LOCK TABLE blocked_contacts IN EXCLUSIVE MODE"))


def block(connection: sa.Connection, contact: Contact, source_id: UUID, now: datetime) -> None:
    """Let nothing more go out to a contact, and call off what was about to."""
    project_id, phone = contact
    row = {"project_id": project_id, "phone": phone, "source_id": source_id, "at": now}
    insert_new(connection, blocked_contacts, [row])
    same = sa.select(leads.c.id).where(leads.c.project_id == project_id, leads.c.phone == phone)
    call_off(connection, list(connection.execute(same).scalars()), "cancelled", BLOCKED, now)


def unblock(connection: sa.Connection, contacts: Collection[Contact]) -> None:
    """Let things go out to these contacts again; what was called off stays so."""
    columns = (blocked_contacts.c.project_id, blocked_contacts.c.phone)
    connection.execute(sa.delete(blocked_contacts).where(sa.tuple_(*columns).in_(sorted(contacts))))
