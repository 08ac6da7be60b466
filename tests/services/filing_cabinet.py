"""A project to which people upload files."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.core.contract import Json
from relay.services import configure, inventory, upload_job, upload_preview, uploads
from relay.store import tables
from tests.factories import Bell

TOKEN = "schedule-token-1"


class Cabinet:
    """Acme, whose files go to a CRM, with a schedule of TrackDrive's beside."""

    def __init__(self, rt: Any) -> None:
        self.rt = rt
        self.bell: Bell = rt.queue
        refuse = [{"reason": "no free mail", "when": _said("/contact/email", "free.example")}]
        acme = {
            "id": "acme",
            "name": "Acme",
            "sources": [
                {"name": uploads.SOURCE, "kind": "generic", "refuse": refuse},
                {"name": "Schedule", "kind": "trackdrive", "settings": {"token": TOKEN}},
            ],
            "targets": [
                {"name": "CRM", "kind": "webhook", "settings": {"url": "https://c.example"}}
            ],
            "routes": [
                {"from": uploads.SOURCE, "to": "CRM"},
                {"from": "Schedule", "to": "CRM"},
            ],
        }
        configure.apply(rt, {"projects": [acme]})
        self.project: UUID = inventory.all_projects(rt)[0]["id"]

    def upload(self, raw: bytes, name: str = "leads.csv") -> UUID:
        """Keep a file."""
        return uploads.add(self.rt, self.project, name, raw, "ada@example.com")

    def row(self, import_id: UUID) -> Any:
        """The import as it stands, with its bytes."""
        found = uploads.one(self.rt, self.project, import_id, file=True)
        assert found is not None
        return found

    def source(self, name: str) -> UUID:
        """The id of a source."""
        rows = inventory.sources_of(self.rt, self.project)
        return next(UUID(str(row["id"])) for row in rows if row["name"] == name)

    def start(self, import_id: UUID, *, forward: bool = True, **goals: Json) -> None:
        """Start with the suggested goals, changed by these (`E_Mail` stands for "E Mail")."""
        row = self.row(import_id)
        columns = upload_preview.columns(self.rt, row, upload_preview.sampled(row))
        chosen = {column.name: column.goal for column in columns}
        chosen |= {name.replace("_", " "): goal for name, goal in goals.items()}
        uploads.choose(self.rt, row, chosen, forward=forward)
        uploads.start(self.rt, self.row(import_id))

    def run(self, import_id: UUID) -> Any:
        """Work until the import is at its end; returns it."""
        while self.row(import_id)["state"] in {"waiting", "running"}:
            upload_job.work_on(self.rt, import_id)
        return self.row(import_id)

    def take(self, raw: bytes, name: str = "leads.csv", **goals: Json) -> Any:
        """Upload, start and import a file; returns the import."""
        import_id = self.upload(raw, name)
        self.start(import_id, **goals)
        return self.run(import_id)

    def rows(self, table: sa.Table) -> list[Any]:
        """All rows of a table, oldest first."""
        with self.rt.database.read() as connection:
            return list(connection.execute(sa.select(table).order_by(*table.primary_key)).all())

    def documents(self) -> list[Any]:
        """The leads as their newest versions say."""
        return [row.document for row in self.rows(tables.lead_versions)]

    def refused(self) -> list[tuple[int, list[str], str]]:
        """The rows that are given back: number, cells, first reason."""
        found = self.rows(tables.import_refusals)
        return [(one.row, one.cells, one.reasons[0]["message"]) for one in found]


def _said(pointer: str, ending: str) -> Json:
    """A condition: the text at this place ends so."""
    steps = pointer.split("/")[1:]
    condition: Json = {"type": "string", "pattern": ending.replace(".", "\\.") + "$"}
    for step in reversed(steps):
        condition = {"properties": {step: condition}, "required": [step]}
    return condition
