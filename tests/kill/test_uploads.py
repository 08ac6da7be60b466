"""An uploaded file is imported once and wholly, whatever becomes of the workers meanwhile."""

from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from relay.services import configure, inventory, uploads
from relay.services.ledger import ledger
from relay.store.tables import imports, leads, submissions
from tests.kill.proof import settled
from tests.peer import Peer
from tests.servers import until
from tests.stack import Stack

pytestmark = pytest.mark.kill

COUNT = 3000


def test_a_killed_worker_costs_an_import_no_row_and_doubles_none(
    stack: Stack, runtime: Any, peer: Peer
) -> None:
    project = {
        "id": "files",
        "name": "Files",
        "sources": [{"name": uploads.SOURCE, "kind": "generic"}],
        "targets": [{"name": "crm", "kind": "webhook", "settings": {"url": peer.url}}],
    }
    configure.apply(runtime, {"projects": [project]})
    import_id = _start(runtime)
    stack.start()
    for share in (0.1, 0.4, 0.7):
        what = f"it goes on\n{stack.workers[0].output[-4000:]}"
        until(lambda share=share: _done(runtime, import_id) > COUNT * share, what, 60)
        stack.workers[0].restart()
    until(lambda: _row(runtime, import_id)["state"] == "finished", "it is done", 120, pause=0.2)
    settled(runtime)
    row = _row(runtime, import_id)
    assert (row["stored"], row["refused"], row["repeated"]) == (COUNT, 0, 0)
    with runtime.database.read() as connection:
        emails = sa.select(sa.func.count(leads.c.email.distinct()), sa.func.count())
        assert connection.execute(emails.select_from(leads)).one() == (COUNT, COUNT)
        count = sa.select(sa.func.count()).select_from(submissions)
        assert connection.execute(count).scalar_one() == COUNT
    assert ledger(runtime).gaps == []


def _start(runtime: Any) -> UUID:
    owner = inventory.all_projects(runtime)[0]["id"]
    lines = "".join(f"Person {number},p{number}@x.example\n" for number in range(COUNT))
    import_id = uploads.add(runtime, owner, "p.csv", f"Name,E-Mail\n{lines}".encode(), "test")
    row = uploads.one(runtime, owner, import_id, file=True) or {}
    uploads.choose(runtime, row, {"E-Mail": "/contact/email"}, forward=True)
    uploads.start(runtime, uploads.one(runtime, owner, import_id, file=True) or {})
    return import_id


def _row(runtime: Any, import_id: UUID) -> Any:
    with runtime.database.read() as connection:
        query = sa.select(imports).where(imports.c.id == import_id)
        return connection.execute(query).mappings().one()


def _done(runtime: Any, import_id: UUID) -> int:
    return int(_row(runtime, import_id)["done"])
