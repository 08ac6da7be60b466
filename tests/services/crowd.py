"""Leads as lists show them, written as filing writes them: with their totals and texts."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.core.ids import new_id
from relay.services import archiving, listing, searching, totals
from relay.services.listing import Found
from relay.services.selecting import Query
from relay.store import tables
from tests.factories import Incoming


class Crowd:
    """A project's leads, one minute after the other."""

    def __init__(self, acme: Incoming) -> None:
        self.acme = acme
        self.rt = acme.rt
        self.source = acme.source("crowd").id
        self.begin: datetime = acme.clock.now()
        self._last = 0

    def add(self, **columns: Any) -> int:
        """One more lead with these columns; returns its number."""
        self._last += 1
        at = self.begin + timedelta(minutes=self._last)
        document = columns.pop("document", {"v": 1})
        row = {
            **{column.name: None for column in tables.leads.columns if column.nullable},
            **dict.fromkeys(("has_gclid", "has_cid", "has_fbp", "has_fbc"), False),
            "id": new_id(),
            "project_id": self.acme.project,
            "source_id": self.source,
            "number": self._last,
            "public_id": f"lead_{new_id()}",
            "lead_key": f"key {self._last}",
            "version": 1,
            "test": False,
            "partial": False,
            "status": "open",
            "created_at": at,
            "updated_at": at,
            **columns,
        }
        version = {"lead_id": row["id"], "version": 1, "document": document, "warnings": []}
        with self.rt.database.write() as connection:
            connection.execute(sa.insert(tables.leads), [row])
            connection.execute(sa.insert(tables.lead_versions), [{**version, "created_at": at}])
            searching.keep(connection, [row])
            totals.shift(connection, [], [row])
        return self._last

    def archive(self, number: int) -> None:
        """Archive one as a deletion does."""
        with self.rt.database.write() as connection:
            now = self.acme.clock.now()
            rows = archiving.archive(connection, [self.row(number)["id"]], now, "asked to")
            totals.shift(connection, rows, [])

    def row(self, number: int) -> Any:
        """A lead as it is listed, or None."""
        return listing.one(self.rt, self.acme.project, number=number)

    def find(self, **wanted: Any) -> Found:
        """A page of them."""
        return listing.find(self.rt, Query(project_id=self.acme.project, **wanted))

    def numbers(self, **wanted: Any) -> list[int]:
        """The numbers of a page; all pages have no more than it is told."""
        found = self.find(**wanted)
        if "page" not in wanted and "limit" not in wanted:
            assert found.total == len(found.rows)
        return [row["number"] for row in found.rows]

    def at(self, number: int) -> datetime:
        """When this lead was created."""
        return self.begin + timedelta(minutes=number)

    @property
    def project(self) -> UUID:
        """Whose leads they are."""
        return self.acme.project


def five(acme: Incoming) -> Crowd:
    """Five leads: Ada (1), Bob (2), Cem (3), one without a name (4), and another Ada (5)."""
    made = Crowd(acme)
    made.add(
        first_name="Ada",
        last_name="Lovelace",
        name="Ada Lovelace",
        email="ada@example.com",
        phone="+4930111",
        phone_raw="030 111",
        company="Engines GmbH",
        form_name="Contact Form",
        has_gclid=True,
        has_fbp=True,
        value_minor=500,
    )
    made.add(
        first_name="Bob",
        last_name="100%_sure",
        email="bob@example.com",
        phone="+4930222",
        phone_raw="+4930222",
        form_name="Quote",
        status="won",
        has_gclid=True,
        value_minor=9000,
        unique_identifier="crm-1",
    )
    made.add(first_name="Cem", name="Cem Öztürk", status="lost", has_cid=True, value_minor=0)
    made.add(form_name="Quote", status="pending", has_fbc=True, unique_identifier="crm-1")
    made.add(first_name="Ada", last_name="Byron", email="ada@example.com", unique_identifier="x")
    return made
