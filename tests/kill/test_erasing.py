"""A person is erased wholly whatever becomes of the workers, and the ledger stays even."""

import json
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from relay.core.contacts import Contact
from relay.core.contract import Inbound
from relay.services import configured, intake, person_requests
from relay.services.arrival import read
from relay.services.configure import apply
from relay.services.ledger import ledger
from relay.store import tables
from tests.kill.proof import settled
from tests.peer import Peer
from tests.servers import until
from tests.stack import Stack

pytestmark = [pytest.mark.kill, pytest.mark.timeout(300)]

COUNT = 300
"""Leads of the person; somebody else has as many."""

ADA, BOB = "ada@example.com", "bob@example.com"


def test_a_killed_worker_leaves_nothing_of_a_person_behind(
    stack: Stack, runtime: Any, peer: Peer
) -> None:
    source = {"name": "form", "kind": "generic", "key": "a-key-of-the-form"}
    crm = {"name": "crm", "kind": "webhook", "settings": {"url": peer.url}}
    routes = [{"from": "form", "to": "crm"}]
    project = {"id": "kill", "sources": [source], "targets": [crm], "routes": routes}
    apply(runtime, {"projects": [project]})
    _arrive(runtime)
    stack.start()
    settled(runtime)
    before = ledger(runtime)
    owner = _project(runtime)
    made = person_requests.ask(runtime, owner, [Contact("email", ADA)], "Case 1", "test")
    _kill_while(stack, runtime, made, lambda row: row["place"]["share"] > 0.1)
    until(lambda: _row(runtime, made)["work"] is None, "it was looked for", 60)
    assert _row(runtime, made)["counts"]["own lead"] == COUNT
    person_requests.confirm(runtime, _row(runtime, made), "test")
    for share in (0.1, 0.4, 0.7):
        gone = COUNT * share
        _kill_while(stack, runtime, made, lambda row, gone=gone: _erased(row) > gone)
    until(lambda: _row(runtime, made)["work"] is None, "they were erased", 90)
    row = _row(runtime, made)
    assert row["erased_at"] is not None
    assert row["counts"]["leads"] == COUNT, "each was erased once"
    assert _mentions(runtime, ADA) == 0
    assert _mentions(runtime, BOB) == COUNT
    after = ledger(runtime)
    assert after.gaps == []
    assert (after.received, after.owed) == (before.received, before.owed)
    with runtime.database.read() as connection:
        count = sa.select(sa.func.count()).select_from(tables.receipt_lines)
        assert connection.execute(count).scalar_one() == COUNT


def _arrive(rt: Any) -> None:
    source = configured.source_by_key(rt, "a-key-of-the-form")
    assert source is not None
    for begin in range(0, COUNT, 100):
        arrivals = []
        for number in range(begin, begin + 100):
            for email in (ADA, BOB):
                body = json.dumps({"email": email, "n": str(number)}).encode()
                headers = {"content-type": "application/json"}
                arrival = read(rt, source, Inbound(headers=headers, body=body), None)
                arrival.at_once = True
                arrivals.append(arrival)
        intake.put_all(rt, arrivals)


def _project(rt: Any) -> UUID:
    with rt.database.read() as connection:
        found: UUID = connection.execute(sa.select(tables.projects.c.id)).scalar_one()
    return found


def _kill_while(stack: Stack, rt: Any, request_id: UUID, far: Any) -> None:
    def is_far() -> bool:
        row = _row(rt, request_id)
        return row["work"] is None or far(row)

    until(is_far, f"it goes on\n{stack.workers[0].output[-3000:]}", 60, pause=0.01)
    stack.workers[0].restart()


def _erased(row: Any) -> int:
    return int(row["counts"].get("leads", 0))


def _row(rt: Any, request_id: UUID) -> Any:
    with rt.database.read() as connection:
        query = sa.select(tables.person_requests).where(tables.person_requests.c.id == request_id)
        return dict(connection.execute(query).mappings().one())


def _mentions(rt: Any, email: str) -> int:
    """In how many raw bodies and leads somebody stands."""
    with rt.database.read() as connection:
        bodies = connection.execute(sa.select(tables.bodies.c.body)).scalars().all()
        leads = connection.execute(sa.select(tables.leads.c.email)).scalars().all()
    assert len([one for one in bodies if email.encode() in one]) == leads.count(email)
    return leads.count(email)
