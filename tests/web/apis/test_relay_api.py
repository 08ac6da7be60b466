"""Our own API: keys and scopes, errors, and that it does what the console and commands do."""

import json
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from relay.app import create_app
from relay.core.ids import new_id
from relay.core.secrets import hash_key
from relay.runtime import Runtime
from relay.services.inventory import all_projects
from relay.store.tables import api_keys, audit
from tests.peer import Peer
from tests.web.console.house import SECRETS, SIGNING, House

MANAGE, READ, BETA, ALL = (
    "key-that-manages-acme",
    "key-that-reads-acme",
    "key-of-beta",
    "key-of-all",
)
SCOPES = ["read", "write", "manage"]
V1 = "/api/relay/v1"


class Caller:
    """Calls with one key."""

    def __init__(self, client: FlaskClient, key: str) -> None:
        self._client = client
        self._headers = {"X-API-Key": key}

    def __call__(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        """The answer's document; fails the test when its status is another."""
        answer = self._client.open(V1 + path, method=method, json=body, headers=self._headers)
        assert answer.status_code == status, (path, answer.status_code, answer.text[:900])
        return None if status == 204 else json.loads(answer.text)


@pytest.fixture
def house(runtime: Runtime, peer: Peer) -> House:
    made = House(runtime, create_app(runtime), peer)
    ids = {row["public_id"]: row["id"] for row in all_projects(runtime)}
    _add_key(runtime, MANAGE, ids["acme"], SCOPES)
    _add_key(runtime, READ, ids["acme"], ["read"])
    _add_key(runtime, BETA, ids["beta"], SCOPES)
    _add_key(runtime, ALL, None, SCOPES)
    return made


def _add_key(runtime: Runtime, key: str, project: UUID | None, scopes: list[str]) -> None:
    row = {"id": new_id(), "project_id": project, "name": key, "hash": hash_key(key)}
    row |= {"hint": key[-4:], "scopes": scopes, "created_at": runtime.clock.now()}
    with runtime.database.write() as connection:
        connection.execute(sa.insert(api_keys).values(**row))


@pytest.fixture
def client(house: House) -> FlaskClient:
    return house.app.test_client()


@pytest.fixture
def call(client: FlaskClient) -> Caller:
    return Caller(client, MANAGE)


def asked(client: FlaskClient, path: str, **headers: str) -> TestResponse:
    return client.get(V1 + path, headers=headers)


# --- keys and errors -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers", [{}, {"X-API-Key": "no such key"}, {"Authorization": "Bearer no such key"}]
)
def test_without_a_known_key_nothing_is_told(client: FlaskClient, headers: dict[str, str]) -> None:
    answer = asked(client, "/sources", **headers)
    assert answer.status_code == 401
    assert answer.content_type == "application/problem+json"
    assert json.loads(answer.text)["status"] == 401


def test_a_bearer_is_a_key_too(client: FlaskClient) -> None:
    assert asked(client, "/sources", Authorization=f"Bearer {READ}").status_code == 200


def test_a_key_does_what_its_scopes_allow(client: FlaskClient) -> None:
    read = Caller(client, READ)
    read("GET", "/sources")
    said = read("POST", "/sources", {"name": "x", "kind": "generic"}, 403)
    assert "manage" in said["detail"]


def test_another_projects_things_are_not_there(client: FlaskClient, call: Caller) -> None:
    source = call("GET", "/sources")["data"][0]["id"]
    other = Caller(client, BETA)
    assert source not in json.dumps(other("GET", "/sources"))
    other("GET", f"/sources/{source}", status=404)
    other("DELETE", f"/sources/{source}", status=404)
    other("GET", "/sources?project=acme", status=404)


def test_a_key_for_all_projects_names_one(client: FlaskClient) -> None:
    everywhere = Caller(client, ALL)
    assert {one["public_id"] for one in everywhere("GET", "/projects")["data"]} == {"acme", "beta"}
    everywhere("GET", "/sources", status=400)
    names = {one["name"] for one in everywhere("GET", "/sources?project=beta")["data"]}
    assert names == {"Beta form"}


def test_what_is_about_no_project_needs_such_a_key(call: Caller) -> None:
    call("GET", "/projects", status=403)
    call("GET", "/configuration", status=403)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", "/leads/x", 404),
        ("PUT", "/leads", 405),
        ("GET", "/leads?limit=0", 400),
        ("GET", "/leads?limit=1e3", 400),
        ("GET", "/leads?after=x", 400),
        ("GET", "/leads?colour=red", 400),
        ("GET", "/deliveries?state=lost", 400),
        ("GET", "/ledger?since=yesterday", 400),
        ("GET", "/leads?text=%00", 400),
    ],
)
def test_errors_are_problems(call: Caller, method: str, path: str, status: int) -> None:
    said = call(method, path, status=status)
    assert said["status"] == status
    assert said["title"]
    assert said["detail"]


@pytest.mark.parametrize("body", [b"{", b"\xff", b'"x"', b"[" * 20000, b'{"name": NaN, "kind": 1}'])
def test_a_body_that_is_no_document_is_told(client: FlaskClient, body: bytes) -> None:
    answer = client.post(f"{V1}/sources", data=body, headers={"X-API-Key": MANAGE})
    assert answer.status_code in {400, 422}
    assert json.loads(answer.text)["detail"]


# --- configuring ---------------------------------------------------------------------------------


def test_a_source_is_added_changed_paused_and_removed(call: Caller, house: House) -> None:
    made = call("POST", "/sources", {"name": "Landing", "kind": "generic", "region": "NL"}, 201)
    one = call("GET", f"/sources/{made['id']}")
    assert one["document"]["region"] == "NL"
    assert one["address"].startswith("http://relay.test/in/")
    call("PUT", f"/sources/{made['id']}", {"name": "Landing", "kind": "generic", "region": "DE"})
    again = call("GET", f"/sources/{made['id']}")
    assert (again["document"]["region"], again["address"]) == ("DE", one["address"])
    assert call("POST", f"/sources/{made['id']}/pause", {}) == {"changed": True}
    assert call("POST", f"/sources/{made['id']}/resume") == {"released": 0}
    call("DELETE", f"/sources/{made['id']}", status=204)
    call("GET", f"/sources/{made['id']}", status=404)
    with house.rt.database.read() as connection:
        actors = set(connection.execute(sa.select(audit.c.actor)).scalars())
    assert f"API key {MANAGE}" in actors


def test_mistakes_are_told_by_their_places(call: Caller) -> None:
    said = call("POST", "/sources", {"name": "x", "kind": "nothing"}, 422)
    assert "kind" in said["errors"]
    said = call("POST", "/targets", {"name": "x", "kind": "webhook", "settings": {}}, 422)
    assert any("url" in f"{place} {texts}" for place, texts in said["errors"].items())


def test_secrets_are_never_told(call: Caller) -> None:
    told = json.dumps([call("GET", f"/{what}") for what in ("sources", "targets", "routes")])
    for what in ("sources", "targets"):
        for one in call("GET", f"/{what}")["data"]:
            told += json.dumps(call("GET", f"/{what}/{one['id']}"))
    assert not any(secret in told for secret in SECRETS)


def test_an_address_is_a_secret(client: FlaskClient, call: Caller) -> None:
    source = call("GET", "/sources")["data"][0]["id"]
    assert "address" not in Caller(client, READ)("GET", f"/sources/{source}")


def test_a_target_is_tried(call: Caller, peer: Peer) -> None:
    crm = next(one for one in call("GET", "/targets")["data"] if one["name"] == "Sales CRM")
    tried = call("POST", f"/targets/{crm['id']}/test", {"how": "send"})
    assert tried["outcome"] == "delivered"
    assert len(peer.arrivals) == 1
    assert SIGNING not in json.dumps(tried)


def test_a_route_is_added(call: Caller) -> None:
    made = call("POST", "/routes", {"from": "Quote form", "to": "Partner"}, 201)
    assert call("GET", f"/routes/{made['id']}")["document"]["to"] == "Partner"


def test_kinds_come_with_their_schemas(call: Caller) -> None:
    kinds = call("GET", "/kinds")
    assert kinds["targets"]["webhook"]["settings"]["required"] == ["url"]


def test_the_whole_document_goes_out_and_in(client: FlaskClient) -> None:
    everywhere = Caller(client, ALL)
    document = everywhere("GET", "/configuration")
    assert not any(secret in json.dumps(document) for secret in SECRETS)
    document["projects"] = [{"id": "gamma", "sources": [{"name": "form", "kind": "generic"}]}]
    planned = everywhere("POST", "/configuration?dry_run=true", document)
    assert [change["action"] for change in planned["changes"]] == ["add", "add"]
    assert everywhere("POST", "/configuration", document) == planned
    assert everywhere("GET", "/sources?project=gamma")["data"][0]["name"] == "form"
    everywhere("POST", "/configuration", {"projects": [{"id": 5.5}]}, 422)


# --- leads and deliveries ------------------------------------------------------------------------


def test_a_lead_from_the_door_to_its_attempts(house: House, call: Caller) -> None:
    house.submit("website-key-1", name="Grace", email="grace@example.com")
    house.work()
    (lead,) = call("GET", "/leads")["data"]
    assert (lead["number"], lead["email"]) == (1, "grace@example.com")
    whole = call("GET", f"/leads/{lead['id']}")
    assert whole["document"]["contact"]["email"] == "grace@example.com"
    (delivery,) = call("GET", f"/deliveries?lead={lead['id']}&state=delivered")["data"]
    (attempt,) = call("GET", f"/deliveries/{delivery['id']}/attempts")["data"]
    assert attempt["outcome"] == "delivered"
    assert not any(secret in json.dumps([whole, attempt]) for secret in SECRETS)
    ledger = call("GET", "/ledger")
    assert (ledger["received"], ledger["owed"], ledger["gaps"]) == (1, 1, [])


def test_pages_go_by_key(house: House, call: Caller) -> None:
    for number in range(5):
        house.submit("website-key-1", email=f"p{number}@example.com")
    house.work()
    first = call("GET", "/leads?limit=2")
    assert [one["number"] for one in first["data"]] == [5, 4]
    second = call("GET", f"/leads?limit=2&after={first['older']}")
    assert [one["number"] for one in second["data"]] == [3, 2]
    back = call("GET", f"/leads?limit=2&before={second['newer']}")
    assert [one["number"] for one in back["data"]] == [5, 4]
    assert call("GET", "/leads?text=p3%40example.com")["data"][0]["number"] == 4


def test_sending_again_and_calling_off(house: House, call: Caller, peer: Peer) -> None:
    house.submit("website-key-1", email="again@example.com")
    house.work()
    (delivery,) = call("GET", "/deliveries")["data"]
    going = call("POST", f"/deliveries/{delivery['id']}/replay")
    assert going["id"] != delivery["id"]
    assert call("POST", f"/deliveries/{going['id']}/cancel") == {"cancelled": 1}
    call("POST", f"/deliveries/{going['id']}/cancel", status=409)
    assert call("POST", "/replay", {"state": "delivered"}) == {"replayed": 1}
    assert call("POST", "/cancel", {"state": "waiting"}) == {"cancelled": 1, "sending": 0}
    call("POST", "/replay", {}, 422)


def test_what_never_went_is_brought(house: House, call: Caller) -> None:
    house.submit("website-key-1", email="late@example.com")
    house.work()
    partner = next(one for one in call("GET", "/targets")["data"] if one["name"] == "Partner")
    call("POST", "/routes", {"from": "Website", "to": "Partner"}, 201)
    assert call("POST", "/replay/missing", {"target": partner["id"]}) == {"brought": 1}
    call("POST", "/replay/missing", {"target": str(new_id())}, 404)


def test_the_quarantine_is_released(house: House, call: Caller) -> None:
    source = next(one for one in call("GET", "/sources")["data"] if one["name"] == "Website")
    call("POST", f"/sources/{source['id']}/pause", {})
    house.submit("website-key-1", email="held@example.com")
    (held,) = call("GET", "/submissions?state=held")["data"]
    assert call("GET", f"/submissions/{held['id']}")["state"] == "held"
    released = call("POST", "/submissions/release", {"ids": [held["id"]]})
    assert released == {"released": [held["id"]], "still": {}, "held": {}}
    call("POST", "/submissions/release", {"ids": [str(new_id())]}, 404)
    house.work()
    assert call("GET", "/leads")["data"][0]["email"] == "held@example.com"


def test_what_was_turned_away_is_shown(house: House, client: FlaskClient, call: Caller) -> None:
    client.post("/in/quote-form-key", json={"event_id": "x"})
    (row,) = call("GET", "/turned-away")["data"]
    assert row["status"] == 401


def test_a_status_is_set(house: House, call: Caller) -> None:
    house.submit("website-key-1", email="won@example.com")
    house.work()
    (lead,) = call("GET", "/leads")["data"]
    changed = call("PATCH", f"/leads/{lead['id']}", {"stage": "won", "value_minor": 12500})
    assert changed["status"] == "won"
    assert call("GET", "/leads")["data"][0]["value_minor"] == 12500
    call("PATCH", f"/leads/{lead['id']}", {"value_minor": -1}, 422)


def test_traffic_is_reported(house: House, call: Caller) -> None:
    house.lead(email="t@example.com", traffic_source_id="ads", sub_id="a1")
    (line,) = call("GET", "/reports/traffic")["traffic_sources"]
    assert (line["traffic_source_id"], line["leads"], line["deliveries"]["delivered"]) == (
        "ads",
        1,
        1,
    )


def test_the_project_is_changed(call: Caller) -> None:
    document = call("GET", "/project")["document"]
    labels = [{"id": "won-1", "name": "Won"}]
    changed = call("PUT", "/project", {**document, "conversion_labels": labels})
    assert changed["document"]["conversion_labels"] == labels
    assert call("GET", "/project") == changed
    call("PUT", "/project", {**document, "conversion_labels": labels * 2}, 422)


def test_a_key_is_made_used_and_revoked(client: FlaskClient, call: Caller) -> None:
    made = call("POST", "/keys", {"name": "new", "scopes": ["read"]}, 201)
    fresh = Caller(client, made["key"])
    fresh("GET", "/leads")
    listed = call("GET", "/keys")["data"]
    assert made["key"] not in json.dumps(listed)
    assert {one["name"] for one in listed} == {"new", MANAGE, READ}
    call("DELETE", f"/keys/{made['id']}", status=204)
    fresh("GET", "/leads", status=401)
    call("DELETE", f"/keys/{made['id']}", status=404)


def test_a_person_is_let_in(client: FlaskClient) -> None:
    everywhere = Caller(client, ALL)
    user = {"email": "bo@example.com", "password": "long enough to be good", "role": "viewer"}
    assert everywhere("POST", "/users", user, 201)["role"] == "viewer"
    everywhere("POST", "/users", user | {"password": "x"}, 422)


def test_the_house_is_kept(client: FlaskClient) -> None:
    everywhere = Caller(client, ALL)
    assert everywhere("POST", "/retain")["leads"] == 0
    everywhere("POST", "/sweep")


def test_a_configuration_with_a_mistake_changes_nothing(house: House, client: FlaskClient) -> None:
    everywhere = Caller(client, ALL)
    wrong = {"projects": [{"id": "delta"}, {"id": "x", "sources": [{"name": "a", "kind": "b"}]}]}
    everywhere("POST", "/configuration", wrong, 422)
    assert len(everywhere("GET", "/projects")["data"]) == 2
