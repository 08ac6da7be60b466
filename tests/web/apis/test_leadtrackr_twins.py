"""The same event by both calls at the same moment: one lead, whatever the database."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from relay.app import create_app
from relay.services.ledger import ledger
from tests.web.apis.leadtrackr_calls import KEY, Calls, configure, lead

pytestmark = pytest.mark.redis

TWINS = 50
ROOM = {"RELAY_ADDRESS_RATE": "10000/minute"}


@pytest.fixture
def two(make_runtime: Callable[..., Any]) -> list[Calls]:
    """Two web processes on one database."""
    runtimes = [make_runtime(ROOM), make_runtime(ROOM)]
    configure(runtimes[0])
    return [Calls(runtime, create_app(runtime).test_client()) for runtime in runtimes]


def at_once(two: list[Calls], body: Callable[[int], Any], key: str | None) -> list[Any]:
    """Call createLead and createServerSideLead by turns, all at the same moment."""
    ready = threading.Barrier(TWINS)

    def one(number: int) -> Any:
        one = two[number % 2]
        calls = Calls(one.runtime, one.client.application.test_client())
        ready.wait()
        if number % 4 < 2:
            return calls.create(body(number))
        return calls.create_by_server(body(number), key)

    with ThreadPoolExecutor(TWINS) as pool:
        return list(pool.map(one, range(TWINS)))


@pytest.mark.parametrize("project", ["16", "open"], ids=["known-source", "source-of-first-call"])
def test_lt_44_fifty_twins_are_one_lead_one_201_and_49_updates(
    two: list[Calls], project: str
) -> None:
    def body(number: int) -> Any:
        form = {"uniqueEventId": "evt", f"answer {number}": number}
        return lead(projectId=project, formData=form, uniqueIdentifier="crm")

    answers = at_once(two, body, KEY if project == "16" else None)
    assert Counter(one.status_code for one in answers) == {201: 1, 200: TWINS - 1}
    assert {one.get_json()["leadId"] for one in answers} == {1}
    assert {one.get_json()["uniqueIdentifier"] for one in answers} == {"crm"}
    if project == "16":
        found = two[0].get(1)
        assert len(found["formData"]) == TWINS + 1, "nobody's answer was lost"
        assert two[1].find()["total"] == 1
    assert two[0].stored() == ["stored"] * TWINS
    assert ledger(two[0].runtime).gaps == []


def test_lt_45_without_an_event_fifty_calls_are_fifty_leads(two: list[Calls]) -> None:
    answers = at_once(two, lambda number: lead(formData={"n": number}), KEY)
    assert {one.status_code for one in answers} == {201}
    assert {one.get_json()["leadId"] for one in answers} == set(range(1, TWINS + 1))
    assert two[0].find("limit=1")["total"] == TWINS
