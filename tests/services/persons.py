"""Asking about persons: requests that are worked on until nothing is left to do."""

import json
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.core.contacts import Contact
from relay.services import person_requests
from relay.services.person_job import work_on
from relay.store.tables import metadata
from tests.factories import Incoming

ADA = "ada@example.com"
NUMBER = "+49301234567"
BOTH = (Contact("email", ADA), Contact("phone", NUMBER))

FREE_OF_CONTACTS = {"person_requests"}
"""Tables that hold contacts sealed."""


def look(acme: Incoming, *contacts: Contact) -> dict[str, Any]:
    """Look for a person; the request's row once all was looked through."""
    asked = contacts or BOTH
    made = person_requests.ask(acme.rt, acme.project, asked, "case 7", "ada")
    return work(acme, made)


def work(acme: Incoming, request_id: UUID) -> dict[str, Any]:
    """Work on a request until nothing is to be done now."""
    for _ in range(100):
        work_on(acme.rt, request_id)
        row = request(acme, request_id)
        if row["work"] is None or row["due_at"] is not None:
            return row
    raise AssertionError("it does not come to an end")


def erase(acme: Incoming, *contacts: Contact) -> dict[str, Any]:
    """Look for a person and erase them; the request's row."""
    row = look(acme, *contacts)
    person_requests.confirm(acme.rt, row, "ada")
    acme.clock.advance(5)
    return work(acme, row["id"])


def request(acme: Incoming, request_id: UUID) -> dict[str, Any]:
    """A request's row."""
    found = person_requests.one(acme.rt, acme.project, request_id)
    assert found is not None
    return dict(found)


def finds(row: dict[str, Any]) -> dict[str, int]:
    """What was found, without what follows from it."""
    return {
        name: number
        for name, number in row["counts"].items()
        if name.startswith(("own", "mention"))
    }


def standing(acme: Incoming, *texts: str) -> list[str]:
    """The columns of any table in which one of these texts stands."""
    found = set()
    for table in metadata.sorted_tables:
        for row in acme.rows(table):
            for name, value in row._mapping.items():
                said = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
                said = said if isinstance(said, str) else json.dumps(said, default=str)
                if any(text.lower() in said.lower() for text in texts):
                    found.add(f"{table.name}.{name}")
    return sorted(found)


def count(acme: Incoming, table: sa.Table) -> int:
    """Rows of a table."""
    return len(acme.rows(table))
