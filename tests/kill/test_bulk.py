"""A worker that is killed in the middle of a bulk run: each delivery is sent again exactly once."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from relay.core.ids import new_id
from relay.runtime import Runtime
from relay.services import bulk
from relay.services.bulk import Wish
from relay.services.configure import apply
from relay.services.filtering import Filter
from relay.store.tables import (
    bulk_runs,
    deliveries,
    lead_versions,
    leads,
    projects,
    sources,
    targets,
)
from tests.servers import until
from tests.stack import Stack

pytestmark = [pytest.mark.kill, pytest.mark.timeout(300)]

MANY = 3000

DOCUMENT = {
    "projects": [
        {
            "id": "kill",
            "name": "Kill tests",
            "sources": [{"name": "form", "kind": "generic", "key": "form-of-the-kill-tests"}],
            "targets": [
                {"name": "crm", "kind": "webhook", "settings": {"url": "https://crm.example/"}}
            ],
        }
    ]
}


def _failed(runtime: Runtime) -> UUID:
    """So many leads with a delivery each that failed; returns the project's id."""
    apply(runtime, DOCUMENT)
    now = datetime.now(UTC)
    with runtime.database.write() as connection:
        ids = [connection.scalar(sa.select(one.c.id)) for one in (projects, sources, targets)]
        project, source, target = ids
        people = [_lead(project, source, number, now) for number in range(MANY)]
        connection.execute(sa.insert(leads), people)
        same = {"version": 1, "document": {"v": 1}, "warnings": [], "created_at": now}
        versions = [{"lead_id": one["id"], **same} for one in people]
        connection.execute(sa.insert(lead_versions), versions)
        owed = [_delivery(one, target, now) for one in people]
        connection.execute(sa.insert(deliveries), owed)
        connection.execute(  # nothing is to be sent meanwhile, only made
            sa.text("UPDATE lanes SET paused_at = :now, pause = 'manual'"), {"now": now}
        )
    return UUID(str(project))


def _lead(project: Any, source: Any, number: int, now: datetime) -> dict[str, Any]:
    return {
        "id": new_id(),
        "project_id": project,
        "source_id": source,
        "number": number + 1,
        "public_id": f"lead_{number:020}",
        "lead_key": f"kill:{number}",
        "version": 1,
        "test": False,
        "partial": False,
        "status": "open",
        "created_at": now,
        "updated_at": now,
    }


def _delivery(lead: dict[str, Any], target: Any, now: datetime) -> dict[str, Any]:
    return {
        "id": new_id(),
        "project_id": lead["project_id"],
        "lead_id": lead["id"],
        "version": 1,
        "target_id": target,
        "source_id": lead["source_id"],
        "event": "created",
        "state": "failed",
        "created_at": now,
        "due_at": now,
        "expires_at": now + timedelta(days=7),
        "settled_at": now,
    }


def test_a_killed_worker_costs_a_run_nothing_and_doubles_nothing(
    stack: Stack, runtime: Runtime
) -> None:
    project = _failed(runtime)
    wanted = Filter(project=project, states=("failed",))
    wish = Wish(project=project, action="retry", filter=wanted, newest=new_id(), counted=MANY)
    stack.start()
    run_id = bulk.ask(runtime, wish, "ada@example.com")

    def run() -> Any:
        with runtime.database.read() as connection:
            return connection.execute(sa.select(bulk_runs).where(bulk_runs.c.id == run_id)).one()

    killed = 0
    for share in (0.05, 0.25, 0.5):
        least = share * MANY
        until(lambda least=least: run().done > least, "some are done", 60, pause=0.1)
        killed += run().state == "running"
        stack.workers[0].restart()
    until(lambda: run().state == "finished", "the run is finished", 90, pause=0.2)
    assert killed, "no kill met the run at work; make MANY larger"
    assert (run().done, run().skipped, run().failed) == (MANY, 0, 0)
    with runtime.database.read() as connection:
        made = connection.execute(
            sa.select(deliveries.c.replay_of, deliveries.c.run_id).where(deliveries.c.replay > 0)
        ).all()
    assert len({row.replay_of for row in made}) == len(made) == MANY
    assert {row.run_id for row in made} == {run_id}
