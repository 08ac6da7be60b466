"""Calls that answer with a lead: twins over two web processes, and a kill in the middle."""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from relay.services.ledger import ledger
from relay.store.tables import deliveries, lead_totals, lead_versions, leads
from tests.kill.proof import PER_SECOND, settled
from tests.peer import Peer
from tests.stack import Stack, post

pytestmark = [pytest.mark.kill, pytest.mark.timeout(240)]

KEY = "a key for kill tests"
TWINS = 50
LEADS = 160
CALLS = ("/api/leads/createServerSideLead", "/api/leads/createLead")
RATES = {"RELAY_ADDRESS_RATE": "100000/minute", "RELAY_SOURCE_RATE": "100000/minute"}

Answer = tuple[int, Any]


@pytest.fixture
def webs(quick: dict[str, str], tmp_path: Path, database_url: str) -> Iterator[list[Stack]]:
    """The web processes: two on PostgreSQL, the one that there is on SQLite."""
    running = []
    for number in range(1 if database_url.startswith("sqlite") else 2):
        (tmp_path / str(number)).mkdir()
        running.append(Stack(quick | RATES, tmp_path / str(number), workers=0))
        running[-1].web.start()
    for stack in running:
        stack.until_it_answers()
    yield running
    for stack in running:
        stack.stop()


def configure(runtime: Any, peer: Peer) -> None:
    """A project whose leads of both APIs go to a webhook."""
    from relay.services.configure import apply

    kinds = ("leadtrackr", "octanist")
    project = {
        "id": "kill",
        "api_keys": [{"name": "all", "key": KEY, "scopes": ["read", "write"]}],
        "sources": [{"name": kind, "kind": kind} for kind in kinds],
        "targets": [{"name": "crm", "kind": "webhook", "settings": {"url": peer.url}}],
        "routes": [{"from": kind, "to": "crm"} for kind in kinds],
    }
    apply(runtime, {"projects": [project]})


def create(url: str, call: str, **members: Any) -> Answer | None:
    """Create a lead; the status and what is answered."""
    headers = {"Content-Type": "application/json", "X-API-Key": KEY}
    return post(url + call, json.dumps({"projectId": "kill", **members}).encode(), headers)


def test_fifty_twins_over_real_processes_are_one_lead(
    webs: list[Stack], runtime: Any, peer: Peer
) -> None:
    """By both calls, through every web process, at the same moment."""
    configure(runtime, peer)
    time.sleep(1.1)  # what the processes remember of the configuration is a second old at most
    ready = threading.Barrier(TWINS)

    def twin(number: int) -> Answer | None:
        user = {"email": "ada@x.example", "phone": f"06{number:08}"}
        ready.wait()
        url = webs[number % len(webs)].url
        form = {"uniqueEventId": "e-1", f"answer {number}": "yes"}
        return create(url, CALLS[number // 2 % 2], formData=form, userData=user)

    with ThreadPoolExecutor(TWINS) as pool:
        answers = [answer for answer in pool.map(twin, range(TWINS)) if answer is not None]
    assert Counter(status for status, _ in answers) == {201: 1, 200: TWINS - 1}
    assert {document["leadId"] for _, document in answers} == {1}
    with runtime.database.read() as connection:
        [lead] = connection.execute(sa.select(leads)).all()
        versions = connection.execute(sa.select(lead_versions.c.version)).scalars().all()
        events = Counter(connection.execute(sa.select(deliveries.c.event)).scalars())
        [total] = connection.execute(sa.select(lead_totals.c.count)).scalars()
    assert (lead.version, sorted(versions)) == (TWINS, list(range(1, TWINS + 1)))
    assert events == {"created": 1, "updated": TWINS - 1}
    assert total == 1
    assert ledger(runtime).gaps == []


class Clients:
    """Clients that create leads at a steady rate, each again until it is told what became of it."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._pool = ThreadPoolExecutor(32)
        self._answers: list[Future[Any]] = []

    def create(self, count: int, make: Callable[[int], tuple[str, dict[str, Any]]]) -> None:
        """Send what `make` gives for each number: the call and the body's members."""
        begun = time.monotonic()
        for number in range(count):
            time.sleep(max(0.0, begun + number / PER_SECOND - time.monotonic()))
            self._answers.append(self._pool.submit(self._insist, *make(number)))

    def answers(self) -> list[Any]:
        """What everybody was told, in the end."""
        return [answer.result(120) for answer in self._answers]

    def _insist(self, call: str, members: dict[str, Any]) -> Any:
        for _ in range(60):
            answer = create(self._url, call, **members)
            if answer is not None and answer[0] < 300:
                return answer[1]
            assert answer is None or answer[0] == 503, answer
            time.sleep(0.5)
        raise AssertionError("nobody took the lead")


def _either(number: int) -> tuple[str, dict[str, Any]]:
    if number % 2:
        return "/api/leads", {"name": f"Ada {number}", "email": f"{number}@x.example"}
    user = {"email": f"{number}@x.example"}
    return CALLS[0], {"formData": {"uniqueEventId": f"e-{number}"}, "userData": user}


def test_a_web_process_killed_in_the_middle_leaves_no_answer_without_its_lead(
    stack: Stack, runtime: Any, peer: Peer
) -> None:
    configure(runtime, peer)
    stack.start()
    clients = Clients(stack.url)
    sending = threading.Thread(target=clients.create, args=(LEADS, _either))
    sending.start()
    for _ in range(3):
        time.sleep(1)
        stack.web.restart()
    sending.join()
    told = clients.answers()
    settled(runtime)
    numbers = {one["leadId"] for one in told if "leadId" in one}
    publics = {one["data"]["id"] for one in told if "data" in one}
    assert len(numbers) == len(publics) == LEADS // 2
    with runtime.database.read() as connection:
        made = connection.execute(sa.select(leads)).all()
        sent = connection.execute(sa.select(deliveries)).all()
        counted = connection.execute(sa.select(sa.func.sum(lead_totals.c.count))).scalar_one()
    assert numbers <= {lead.number for lead in made}
    assert publics <= {lead.public_id for lead in made}
    assert sum(lead.lead_key.startswith("leadtrackr:") for lead in made) == LEADS // 2
    assert {row.lead_id for row in sent} == {lead.id for lead in made}
    assert {row.state for row in sent} == {"delivered"}
    assert {one.headers["webhook-id"] for one in peer.arrivals} == {str(row.id) for row in sent}
    assert counted == len(made)
    assert ledger(runtime).gaps == []
