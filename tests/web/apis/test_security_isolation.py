"""A project's keys and tokens open that project alone, by whatever name another's things go."""

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from relay.app import create_app
from relay.services import configure, inventory
from relay.services.leads import store_batch
from relay.store import tables
from relay.web.apis.own import OPERATIONS
from relay.web.apis.own.operations import PREFIX, Operation
from tests.servers import until
from tests.web.apis import secured
from tests.web.apis.secured import ANN, BOB, EVERYWHERE, READER

BY_ID = [one for one in OPERATIONS if "{id}" in one.path]
"""The calls of our own API about one thing."""

BODIES: dict[str, Any] = {
    "changeSource": {"name": "mine", "kind": "generic"},
    "changeTarget": {"name": "mine", "kind": "webhook", "settings": {"url": "https://x.example"}},
    "changeRoute": {"from": "form", "to": "crm"},
    "changeRecipient": {
        "name": "mine",
        "kind": "webhook",
        "settings": {"url": "https://x.example"},
    },
    "changeStatus": {"stage": "won"},
}


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    """SQLite alone: whose a row is, is said in the conditions, which both databases are given."""
    path = tmp_path / "relay.db"
    path.write_bytes(sqlite_template.read_bytes())
    return f"sqlite:///{path}"


@pytest.fixture
def bobs(runtime: Any, client: Any) -> dict[str, list[Any]]:
    """Rows of Bob's project: leads of several doors, a delivery, what is configured."""
    secured.configure(runtime)
    target = {"name": "crm", "kind": "webhook", "settings": {"url": "https://crm.example/"}}
    form = {"name": "form", "kind": "generic", "key": "key-of-bobs-form"}
    projects = {row["public_id"]: row["id"] for row in inventory.all_projects(runtime)}
    bob = projects["bob"]
    configure.save_target(runtime, projects["ann"], target, "test")
    configure.save_source(runtime, bob, form, "test")
    configure.save_target(runtime, bob, target, "test")
    configure.save_route(runtime, bob, {"from": "form", "to": "crm"}, "test")
    client.post("/in/key-of-bobs-form", json={"email": "bobs@example.com"})
    client.post("/in/key-of-bobs-form", data=b"\xff\x00", content_type="image/x-nothing")
    client.post("/in/key-of-bobs-form", json=["no", "form"])
    store_batch(runtime)
    for event in ("same", "second"):
        form_data = {"uniqueEventId": event}
        unique = {"uniqueIdentifier": "same-person"}
        answer = secured.create(client, "bob", BOB, formData=form_data, **unique)
        assert answer.status_code == 201
    assert secured.create(client, "ann", ANN).status_code == 201
    return {table.name: _rows(runtime, table, bob) for table in _TABLES}


_TABLES = (
    *(tables.leads, tables.deliveries, tables.submissions, tables.sources, tables.targets),
    *(tables.routes, tables.api_keys),
)


def _rows(runtime: Any, table: Any, project: UUID) -> list[Any]:
    with runtime.database.read() as connection:
        found = list(connection.execute(sa.select(table).where(table.c.project_id == project)))
    assert found, table.name
    return found


def _get(client: Any, path: str, key: str) -> Any:
    return client.get(path, headers={"X-API-Key": key})


@pytest.mark.parametrize("operation", BY_ID, ids=lambda one: one.name)
def test_nothing_of_bobs_is_there_for_ann(
    runtime: Any, client: Any, bobs: dict[str, list[Any]], operation: Operation
) -> None:
    (target,) = _get(client, f"{PREFIX}/targets", ANN).get_json()["data"]
    bodies = BODIES | {"replayTo": {"target": target["id"]}}
    for row in (row for rows in bobs.values() for row in rows):
        path = PREFIX + operation.path.replace("{id}", str(row.id))
        body = bodies.get(operation.name, {}) if operation.body is not None else None
        answer = client.open(path, method=operation.method, json=body, headers={"X-API-Key": ANN})
        assert answer.status_code == 404, (path, answer.text)
        assert "bobs@example.com" not in answer.text
    of = bobs["leads"][0].project_id
    assert {table.name: _rows(runtime, table, of) for table in _TABLES} == bobs


def test_bobs_ids_choose_nothing_of_anns(client: Any, bobs: dict[str, list[Any]]) -> None:
    headers = {"X-API-Key": ANN}
    source = bobs["sources"][-1].id
    for path in ("leads", "deliveries", "submissions?state=quarantined&x", "turned-away"):
        at = f"{PREFIX}/{path.partition('?')[0]}?source={source}"
        assert client.get(at, headers=headers).get_json(force=True)["data"] == [], path
    lead, target = bobs["leads"][0].id, bobs["targets"][0].id
    for name, value in (("lead", lead), ("target", target)):
        at = f"{PREFIX}/deliveries?{name}={value}"
        assert client.get(at, headers=headers).get_json(force=True)["data"] == []
    for call, counted in (("replay", "replayed"), ("cancel", "cancelled")):
        for body in ({"source": str(source)}, {"lead": str(lead)}, {"target": str(target)}):
            done = client.post(f"{PREFIX}/{call}", json=body, headers=headers)
            assert done.get_json(force=True)[counted] == 0
    missing = client.post(f"{PREFIX}/replay/missing", json={"target": str(target)}, headers=headers)
    assert missing.status_code == 404
    ids = [str(row.id) for row in bobs["submissions"]]
    assert (
        client.post(
            f"{PREFIX}/submissions/release", json={"ids": ids[:1]}, headers=headers
        ).status_code
        == 404
    )
    shelf = {"state": "quarantined", "source": str(source)}
    released = client.post(f"{PREFIX}/submissions/release", json=shelf, headers=headers)
    assert released.get_json(force=True)["released"] == []


def test_no_name_of_bobs_lead_finds_it_in_a_dialect(
    client: Any, bobs: dict[str, list[Any]]
) -> None:
    ids = {one["id"] for one in _get(client, "/api/leads/getLeads", BOB).get_json()["leads"]}
    assert len(ids) == len(bobs["leads"]) > 2
    mine = _get(client, "/api/leads/getLeads", ANN).get_json()["leads"]
    assert [one["id"] for one in mine] == [1]
    for row in bobs["leads"]:
        found = _get(client, f"/api/leads/getLead?leadId={row.number}", ANN)
        assert (found.status_code == 404) is (row.number > 1)
        for name in (row.public_id, row.id):
            assert _get(client, f"/api/leads/{name}", ANN).status_code == 404
            change = {"id": str(name), "status": "won"}
            headers = {"X-API-Key": ANN}
            assert client.patch("/api/leads", json=change, headers=headers).status_code == 404
    for path in ("getLead", "getLeads"):
        for name in ("uniqueIdentifier=same-person", "email=bobs%40example.com"):
            answer = _get(client, f"/api/leads/{path}?{name}&projectId=bob", ANN)
            assert answer.status_code == 404 or answer.get_json()["total"] == 0
    assert _get(client, "/api/leads/getLeads?search=bobs", ANN).get_json()["total"] == 0
    assert (
        _get(client, "/api/leads?search=bobs", ANN).get_json()["meta"]["pagination"]["total"] == 0
    )


def test_what_two_projects_have_in_common_changes_in_one_alone(
    runtime: Any, client: Any, bobs: dict[str, list[Any]]
) -> None:
    headers = {"X-API-Key": ANN}
    change = {"email": "same@example.com", "status": "won", "value": 7}
    assert client.patch("/api/leads", json=change, headers=headers).status_code == 200
    lost = {"email": "same@example.com", "conversionId": "lost", "price": 5}
    assert client.post("/api/leads/updateLeadStatus", json=lost, headers=headers).status_code == 201
    assert secured.create(client, "ann", ANN, note="x").status_code == 200
    statuses = {row.status for row in _rows(runtime, tables.leads, bobs["leads"][0].project_id)}
    assert statuses == {"open"}


def test_a_token_of_ann_s_schedule_makes_no_lead_of_bobs(
    runtime: Any, client: Any, bobs: dict[str, list[Any]]
) -> None:
    body = {"lead_token": secured.ANNS_TOKEN, "caller_id": "+18004506787", "projectId": "bob"}
    answer = client.post("/api/v1/leads", json=body, headers={"X-API-Key": BOB})
    assert answer.status_code == 200
    assert answer.get_json()["lead"]["email"] is None  # Bob's lead of this number has one
    shop = "/api/integrations/custom/shop-of-bob"
    wrong = client.post(
        shop, json={"email": "a@b.example"}, headers={"X-Shop": "token-of-ann-1-of-shop"}
    )
    assert wrong.status_code == 401
    bob = bobs["leads"][0].project_id
    assert len(_rows(runtime, tables.leads, bob)) == len(bobs["leads"])


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.name)
def test_every_call_of_our_own_asks_for_its_scope(
    runtime: Any, client: Any, operation: Operation
) -> None:
    secured.configure(runtime)
    path = PREFIX + operation.path.replace("{id}", str(UUID(int=1)))
    answer = client.open(path, method=operation.method, headers={"X-API-Key": READER})
    if operation.scope != "read" or operation.anywhere:
        assert answer.status_code == 403, answer.text
    else:
        assert answer.status_code in {200, 404}
    bare = client.open(path, method=operation.method)
    assert bare.status_code == 401


CALLS = (
    ("GET", "/api/leads/getLeads"),
    ("GET", "/api/leads/getLead?leadId=1"),
    ("POST", "/api/leads/updateLeadStatus"),
    ("GET", "/api/leads"),
    ("GET", "/api/leads/1"),
    ("PATCH", "/api/leads"),
    ("POST", "/api/leads"),
    ("POST", "/api/check"),
    ("GET", f"{PREFIX}/sources"),
    ("PUT", f"{PREFIX}/project"),
)


def test_a_reader_changes_nothing_by_any_dialect(runtime: Any, client: Any) -> None:
    secured.configure(runtime)
    for method, path in CALLS:
        answer = client.open(path, method=method, json={}, headers={"X-API-Key": READER})
        reads = method == "GET" or path == "/api/check"
        assert (answer.status_code == 403) is not reads, (path, answer.status_code, answer.text)
    assert secured.create(client, "ann", READER).status_code == 403


def test_a_key_for_all_projects_reads_the_named_one_alone(
    client: Any, bobs: dict[str, list[Any]]
) -> None:
    for path in ("/api/leads/getLeads", "/api/leads", f"{PREFIX}/leads"):
        assert _get(client, path, EVERYWHERE).status_code == 400, path
    at = _get(client, "/api/leads/getLeads?projectId=ann", EVERYWHERE)
    assert at.get_json()["total"] == 1
    lead = bobs["leads"][0].id
    assert _get(client, f"/api/leads/{lead}?projectId=ann", EVERYWHERE).status_code == 404
    assert _get(client, f"{PREFIX}/leads/{lead}?project=ann", EVERYWHERE).status_code == 404
    assert _get(client, f"{PREFIX}/leads/{lead}?project=bob", EVERYWHERE).status_code == 200


def test_a_revoked_key_opens_nothing_here_at_once_and_elsewhere_within_a_second(
    make_runtime: Any, runtime: Any, client: Any
) -> None:
    secured.configure(runtime)
    elsewhere = create_app(make_runtime()).test_client()
    for one in (client, elsewhere):
        assert _get(one, f"{PREFIX}/sources", ANN).status_code == 200
    ann = next(row for row in inventory.all_projects(runtime) if row["public_id"] == "ann")["id"]
    key = next(row for row in inventory.keys_of(runtime, ann) if row["name"] == "all")
    configure.archive(runtime, key["id"], "test")
    for method, path in CALLS:
        answer = client.open(path, method=method, json={}, headers={"X-API-Key": ANN})
        assert answer.status_code == 401, path
    assert secured.create(client, "ann", ANN).status_code == 401
    until(lambda: _get(elsewhere, f"{PREFIX}/sources", ANN).status_code == 401, "it is revoked")
