"""Who was erased does not come back by a lead API: each refuses in its own dialect."""

from typing import Any

import pytest
import sqlalchemy as sa

from relay.core.contacts import Contact
from relay.services import person_requests
from relay.services.configure import apply
from relay.services.leads import store_batch
from relay.services.ledger import ledger
from relay.services.person_job import work_on
from relay.services.returning import REASON
from relay.store import tables
from tests.web.apis.trackdrive.schedules import CALLER, SCHEDULE, source

KEY = "a-key-of-acme-of-every-scope"
FORM_KEY = "the-key-of-a-generic-source"
ADA = "ada@example.com"

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "trackdrive": ("/api/v1/leads", {"lead_token": SCHEDULE, "caller_id": CALLER, "email": ADA}),
    "octanist": ("/api/leads", {"name": "Ada", "email": ADA}),
    "leadtrackr": (
        "/api/leads/createServerSideLead",
        {"projectId": "acme", "userData": {"firstName": "Ada", "email": ADA}},
    ),
    "form": (f"/in/{FORM_KEY}", {"name": "Ada", "email": ADA}),
}


@pytest.fixture
def browser(runtime: Any, client: Any, clock: Any) -> Any:
    """A client of a project in which Ada, who had come by every door, was erased."""
    form = {"name": "form", "kind": "generic", "key": FORM_KEY}
    keys = [{"name": "all", "key": KEY, "scopes": ["read", "write", "manage"]}]
    sources = [source("roofs", SCHEDULE), form]
    apply(runtime, {"projects": [{"id": "acme", "api_keys": keys, "sources": sources}]})
    for door in CALLS:
        assert _call(client, door).status_code < 300, door
    store_batch(runtime)
    assert len(_leads(runtime)) == len(CALLS)
    _erase(runtime, clock)
    assert _leads(runtime) == []
    return client


def _erase(rt: Any, clock: Any) -> None:
    with rt.database.read() as connection:
        project = connection.execute(sa.select(tables.projects.c.id)).scalar_one()
    contacts = [Contact("email", ADA), Contact("phone", CALLER)]
    made = person_requests.ask(rt, project, contacts, "", "test")
    for step in (None, person_requests.confirm):
        if step:
            step(rt, person_requests.one(rt, project, made) or {}, "test")
            clock.advance(5)
        while (person_requests.one(rt, project, made) or {})["work"]:
            work_on(rt, made)


def _call(client: Any, door: str) -> Any:
    address, sent = CALLS[door]
    return client.post(address, json=sent, headers={"X-API-Key": KEY})


def _leads(rt: Any) -> list[Any]:
    with rt.database.read() as connection:
        return list(connection.execute(sa.select(tables.leads.c.email)).scalars())


@pytest.mark.parametrize("door", CALLS)
def test_a_repeat_is_refused_in_the_words_of_its_dialect(
    runtime: Any, browser: Any, door: str
) -> None:
    answer = _call(browser, door)
    if door == "form":
        assert answer.status_code == 200, "a form builder is not told"
        store_batch(runtime)
    else:
        assert answer.status_code in {400, 403, 422}, answer.text
        assert REASON in answer.text
    assert ADA not in answer.text
    assert _leads(runtime) == []
    with runtime.database.read() as connection:
        query = sa.select(tables.submissions, tables.bodies.c.body).join(tables.bodies)
        row = connection.execute(query.order_by(tables.submissions.c.id.desc()).limit(1)).one()
    assert (row.state, row.document, row.body) == ("refused", None, b"")
    assert ledger(runtime).gaps == []


@pytest.mark.parametrize("door", CALLS)
def test_who_calls_again_days_later_is_a_lead(
    runtime: Any, browser: Any, clock: Any, door: str
) -> None:
    clock.advance(86400 * 4)
    assert _call(browser, door).status_code < 300
    store_batch(runtime)
    assert _leads(runtime) == [ADA]
