"""What tests of TrackDrive's API stand on: a project with schedules and an offer, and calls."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from relay.runtime import Runtime
from relay.services.configure import apply
from relay.store.tables import lead_versions, leads, submissions
from tests.web.doors import kept, refused

SCHEDULE = "sched-5d1f0c9a8b7e"
OTHER = "sched-1b2c3d4e5f60"
OFFER = "offer-a1b2c3d4e5f6"
CALLER = "+18004506787"
FORM = "application/x-www-form-urlencoded"
PATH = "/api/v1/leads"


def source(name: str, token: str, owner: str = "schedule", **more: Any) -> Any:
    """A source of the configuration document; `settings` are added to owner and token."""
    settings = {"owner": owner, "token": token, **more.pop("settings", {})}
    return {"name": name, "kind": "trackdrive", "settings": settings, **more}


def configure(runtime: Runtime, *sources: Any, prune: bool = False, **project: Any) -> None:
    """Apply a project `acme` with these sources, or two schedules and an offer."""
    given = sources or (
        source("roofs", SCHEDULE),
        source("windows", OTHER),
        source("summer", OFFER, "offer"),
    )
    whole = {"id": "acme", "name": "Acme", "sources": list(given), **project}
    apply(runtime, {"projects": [whole]}, environment={}, prune=prune)


@dataclass(slots=True)
class Calls:
    """Calls of a client, and what the relay made of them."""

    runtime: Runtime
    client: Any

    def send(
        self,
        query: str = "",
        body: bytes = b"",
        content_type: str = "",
        *,
        method: str = "POST",
        path: str = PATH,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """One call as it is."""
        more = {"content_type": content_type} if content_type else {}
        address = f"{path}?{query}" if query else path
        return self.client.open(address, method=method, data=body, headers=headers or {}, **more)

    def json(self, document: Any = None, query: Any = "", **members: Any) -> Any:
        """A call with JSON; without a document, a lead of the first schedule."""
        said = {"lead_token": SCHEDULE, "caller_id": CALLER, **members}
        body = json.dumps(said if document is None else document).encode()
        return self.send(query, body, "application/json")

    def form(self, body: str, query: str = f"lead_token={SCHEDULE}&caller_id=8004506787") -> Any:
        """A call with a form."""
        return self.send(query, body.encode(), FORM)

    def rows(self, table: sa.Table) -> list[Any]:
        """All rows of a table."""
        with self.runtime.database.read() as connection:
            return list(connection.execute(sa.select(table)))

    @property
    def leads(self) -> list[Any]:
        """All leads in the order of their numbers."""
        return sorted(self.rows(leads), key=lambda row: row.number)

    @property
    def document(self) -> Any:
        """The newest version of the only lead."""
        versions = self.rows(lead_versions)
        assert len({row.lead_id for row in versions}) == 1
        return max(versions, key=lambda row: row.version).document

    @property
    def tokens(self) -> Any:
        """The custom tokens of the only lead."""
        return self.document.get("tokens", {})

    def nothing_stored(self) -> bool:
        """Whether no lead came of it, and no submission was kept."""
        assert self.rows(leads) == []
        assert self.rows(submissions) == []
        return True

    @property
    def kept(self) -> list[Any]:
        """The submissions with their bodies."""
        return kept(self.runtime)

    @property
    def turned_away(self) -> list[Any]:
        """The notes of what was refused."""
        return refused(self.runtime)
