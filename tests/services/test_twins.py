"""The same lead many times at once: the database decides which one makes it."""

import json
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from relay.core.contract import Inbound
from relay.services import configured, intake
from relay.services.filed import Filed, file
from relay.store import tables
from tests.factories import Bell, Incoming, catalog
from tests.services.test_filed import lead_of

TWINS = 50


def all_at_once(runtimes: list[Any], source_id: Any, letters: list[Any]) -> list[Filed]:
    """File these letters at the same moment, through one runtime after the other."""
    ready = threading.Barrier(len(letters))

    def one(number: int) -> Filed:
        rt = runtimes[number % len(runtimes)]
        source = configured.source(rt, source_id)
        assert source is not None
        headers = {"content-type": "application/json"}
        inbound = Inbound(headers=headers, body=json.dumps(letters[number]).encode())
        ready.wait()
        return file(rt, source, inbound, door="createServerSideLead")

    with ThreadPoolExecutor(len(letters)) as pool:
        return list(pool.map(one, range(len(letters))))


@pytest.fixture
def two(acme: Incoming, make_runtime: Callable[..., Any]) -> list[Any]:
    """Two runtimes on one database, as two web processes have them."""
    return [acme.rt, make_runtime(queue=Bell(), catalog=catalog())]


@pytest.mark.parametrize("processes", [1, 2])
def test_fifty_twins_are_one_lead_one_of_them_made_it(
    acme: Incoming, two: list[Any], processes: int
) -> None:
    source, target = acme.source(), acme.target()
    acme.route(source, target)
    letters = [{"says": {f"answer {n}": "yes"}, "lead": "twin"} for n in range(TWINS)]
    filed = all_at_once(two[:processes], source.id, letters)
    assert [one.state for one in filed] == ["stored"] * TWINS
    assert Counter(lead_of(one).created for one in filed) == {True: 1, False: TWINS - 1}
    assert sorted(lead_of(one).version for one in filed) == list(range(1, TWINS + 1))
    [lead] = acme.leads()
    assert {lead_of(one).id for one in filed} == {lead.id}
    assert (lead.version, lead.number) == (TWINS, 1)
    [newest] = acme.rows(tables.lead_versions, tables.lead_versions.c.version == TWINS)
    assert len(newest.document["form"]["fields"]) == TWINS, "nobody's answer was lost"
    events = Counter(row.event for row in acme.deliveries(target))
    assert events == {"created": 1, "updated": TWINS - 1}
    assert acme.balanced()


@pytest.mark.parametrize("processes", [1, 2])
def test_fifty_times_one_event_is_one_lead_and_repeats_of_it(
    acme: Incoming, two: list[Any], processes: int
) -> None:
    source = acme.source()
    letters = [{"says": {"name": "Ada"}, "event": "e"}] * TWINS
    filed = all_at_once(two[:processes], source.id, letters)
    assert Counter(one.state for one in filed) == {"stored": 1, "duplicate": TWINS - 1}
    [lead] = acme.leads()
    assert {lead_of(one).id for one in filed} == {lead.id}
    assert acme.balanced()


def test_the_same_person_many_times_at_once_is_one_lead(acme: Incoming, two: list[Any]) -> None:
    source = acme.source(options={"match": {"by": ["email", "phone"], "then": "update"}})
    letters = [
        {"says": {"email": "ada@x.example", "phone": "+31612345678", f"answer {n}": "yes"}}
        for n in range(20)
    ]
    filed = all_at_once(two, source.id, letters)
    assert Counter(lead_of(one).created for one in filed) == {True: 1, False: 19}
    assert len(acme.leads()) == 1
    assert acme.balanced()


def test_many_leads_crosswise_do_not_block_each_other(acme: Incoming, two: list[Any]) -> None:
    """Each of a few leads comes many times by both processes, in orders of their own."""
    source = acme.source()
    letters = [{"says": {f"answer {n}": "y"}, "lead": str(n * 7 % 10)} for n in range(60)]
    filed = all_at_once(two, source.id, letters)
    assert Counter(lead_of(one).created for one in filed) == {True: 10, False: 50}
    assert sorted(lead.number for lead in acme.leads()) == list(range(1, 11))
    assert [lead.version for lead in acme.leads()] == [6] * 10


@pytest.mark.parametrize(
    "database_url", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)
def test_a_clash_costs_nobody_a_try(
    acme: Incoming, two: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """More batches in a row meet a deadlock than a failing batch is tried; none goes row by row."""
    commit, batches = intake.file_all, []

    def clash(rt: Any, connection: Any, candidates: Any, now: Any) -> Any:
        batches.append(len(candidates))
        if len(batches) <= 4:
            raise sa.exc.OperationalError("INSERT", {}, psycopg.errors.DeadlockDetected())
        return commit(rt, connection, candidates, now)

    monkeypatch.setattr(intake, "file_all", clash)
    [filed] = all_at_once(two[:1], acme.source().id, [{"says": {"name": "Ada"}}])
    assert (filed.state, len(batches)) == ("stored", 5)
