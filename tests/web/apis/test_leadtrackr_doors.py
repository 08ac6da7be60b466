"""Pages, limits, rules and methods: how LeadTrackr's calls answer around the lead itself."""

import json
from typing import Any

import pytest
import sqlalchemy as sa

from relay.services.configure import apply
from relay.services.ledger import ledger
from relay.store.tables import bodies, sources
from tests.web.apis.leadtrackr_calls import (
    CONNECTION,
    EVERY_KEY,
    KEY,
    TOKEN,
    USER,
    Calls,
    configure,
    lead,
    said,
)
from tests.web.doors import kept

pytestmark = [
    pytest.mark.redis,
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]

PAGE = "https://www.example.com"

NAMES = ("createLead", "createServerSideLead", "getLeads", "getLead", "updateLeadStatus")
READING = ("getLeads", "getLead")
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "OPTIONS")


@pytest.fixture
def calls(runtime: Any, client: Any) -> Calls:
    configure(runtime)
    return Calls(runtime, client)


# --- pages -----------------------------------------------------------------------------------


def test_lt_53_every_answer_can_be_read_by_a_page(calls: Calls) -> None:
    answers = [
        calls.create(headers={"Origin": PAGE}),
        calls.create(b"{", headers={"Origin": PAGE}),
        calls.create(lead(projectId="nobody"), headers={"Origin": PAGE}),
        calls.create_by_server(key="wrong"),
        calls.send("GET", "getLeads", key=None),
        calls.send("GET", "getLead?leadId=9", key=KEY),
        calls.send("DELETE", "createLead"),
        calls.send("GET", "createLead/unknown"),
        calls.send("POST", "/api/integrations/custom/nobody", {}),
        calls.send("POST", "/api/integrations/custom", {}),
    ]
    assert [one.status_code for one in answers] == [
        201,
        400,
        404,
        401,
        401,
        404,
        405,
        404,
        404,
        404,
    ]
    assert {one.headers["Access-Control-Allow-Origin"] for one in answers} == {"*"}
    assert not any("Access-Control-Allow-Credentials" in one.headers for one in answers)


@pytest.mark.parametrize("name", [*NAMES, CONNECTION], ids=lambda name: f"LT-54-{name}")
def test_a_browser_may_ask_without_a_key(calls: Calls, name: str) -> None:
    method = "GET" if name in READING else "POST"
    asked = {
        "Origin": PAGE,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "content-type,x-api-key",
    }
    for path in (name, f"{name}/"):
        answer = calls.send("OPTIONS", path, headers=asked)
        assert answer.status_code == 204
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert method in answer.headers["Access-Control-Allow-Methods"]
        allowed = answer.headers["Access-Control-Allow-Headers"].lower()
        assert {"content-type", "x-api-key"} <= {one.strip() for one in allowed.split(",")}
        assert int(answer.headers["Access-Control-Max-Age"]) > 0


@pytest.mark.parametrize("name", NAMES, ids=lambda name: f"LT-55-{name}")
@pytest.mark.parametrize("slash", ["", "/"], ids=["", "LT-57"])
def test_a_wrong_method_is_405_of_this_dialect(calls: Calls, name: str, slash: str) -> None:
    """Also where Octanist's addresses would take the name for an id."""
    for method in METHODS:
        answer = calls.send(method, name + slash)
        reads = method in ("GET", "HEAD") and name in READING
        if method == "OPTIONS" or reads or (method == "POST" and name not in READING):
            assert answer.status_code != 405
            continue
        assert answer.status_code == 405
        if method != "HEAD":
            assert answer.get_json() == {"message": "Method not allowed"}
        allowed = answer.headers["Allow"].split(", ")
        assert allowed == (["GET", "HEAD"] if name in READING else ["POST"]) + ["OPTIONS"]


def test_lt_56_lt_57_a_slash_at_the_end_is_the_same_call(calls: Calls) -> None:
    assert calls.send("POST", "createLead/", lead()).status_code == 201
    assert calls.send("POST", "createServerSideLead/", lead(), key=KEY).status_code == 201
    answer = calls.send("GET", "getLeads/?limit=1", key=KEY)
    assert answer.content_type == "application/json"
    assert answer.get_json()["total"] == 2
    assert calls.send("GET", "getLead/?leadId=2", key=KEY).status_code == 200


ORIGINS = [
    pytest.param("https://www.example.com", 201, id="listed"),
    pytest.param("HTTPS://WWW.EXAMPLE.COM", 201, id="listed-in-capitals"),
    pytest.param("https://shop.example.com:8443", 201, id="listed-with-a-slash"),
    pytest.param(None, 201, id="no-page"),
    pytest.param("http://www.example.com", 403, id="other-scheme"),
    pytest.param("https://www.example.com.evil.test", 403, id="longer"),
    pytest.param("https://example.com", 403, id="shorter"),
    pytest.param("null", 403, id="null"),
]


@pytest.mark.parametrize(("origin", "status"), ORIGINS)
def test_only_the_project_s_pages_create_where_it_lists_them(
    runtime: Any, calls: Calls, origin: str | None, status: int
) -> None:
    listed = ["https://www.example.com", "https://shop.example.com:8443"]
    apply(runtime, {"projects": [{"id": "16", "origins": listed}]})
    headers = {"Origin": origin} if origin else {}
    answer = calls.create(headers=headers)
    assert answer.status_code == status
    assert "Origin" in answer.headers["Vary"]
    read_by = answer.headers.get("Access-Control-Allow-Origin")
    if status == 403:
        assert read_by is None
        assert said(answer)[1] == "This origin may not create leads in the project"
        assert calls.stored() == []
        assert calls.turned_away() == [said(answer)]
    else:
        assert read_by == origin
    assert calls.create(b"{", headers=headers).status_code == 400
    assert calls.create_by_server(headers=headers).status_code == 201


BROKEN = ("creating.file", "reading.listing.find", "reading.listing.one")

EVERY_CALL = [
    *(("POST", name, lead(leadId=1, conversionId="open")) for name in NAMES if name not in READING),
    *(("GET", f"{name}?leadId=1", None) for name in READING),
]


def test_lt_53_a_bug_answers_500_in_this_dialect_and_tells_nothing_of_itself(
    calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise ZeroDivisionError("a secret of ours")

    for name in BROKEN:
        monkeypatch.setattr(f"relay.web.apis.leadtrackr.{name}", fail)
    for method, path, body in EVERY_CALL:
        answer = calls.client.open(
            f"/api/leads/{path}", method=method, json=body, headers={"X-API-Key": KEY}
        )
        assert answer.status_code == 500, path
        assert answer.get_json() == {"message": "Internal server error"}
        assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_lt_53_while_the_database_is_away_clients_are_asked_to_come_again(
    calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert calls.create().status_code == 201

    def away(*_: Any, **__: Any) -> Any:
        raise sa.exc.OperationalError("SELECT", {}, Exception("away"))

    monkeypatch.setattr(calls.runtime.database, "read", away)
    monkeypatch.setattr(calls.runtime.database, "write", away)
    for method, path, body in EVERY_CALL:
        answer = calls.send(method, path, body, key=KEY)
        assert said(answer) == (503, "Not taken now, please come again"), path
        assert int(answer.headers["Retry-After"]) > 0
        assert answer.headers["Access-Control-Allow-Origin"] == "*"


# --- what waits, what is refused --------------------------------------------------------------


def test_a_filled_honeypot_holds_a_page_s_lead(runtime: Any, client: Any) -> None:
    configure(runtime, source={"honeypot": "website2"})
    calls = Calls(runtime, client)
    robot = lead(formData={"formFields": [{"website2": "http://spam"}]})
    answer = calls.create(robot)
    assert answer.status_code == 202
    told = answer.get_json()
    assert (told["leadId"], told["uniqueIdentifier"]) == (None, None)
    assert "robots" in told["message"]
    assert calls.create(lead(formData={"website2": ""})).status_code == 201
    assert calls.stored() == ["held", "stored"]
    assert ledger(runtime).gaps == []


def test_over_a_limit_a_page_s_lead_is_kept_and_waits(runtime: Any, client: Any) -> None:
    configure(runtime, source={"limits": {"address": "2/minute", "source": "4/minute"}})
    calls = Calls(runtime, client)
    assert [calls.create().status_code for _ in range(3)] == [201, 201, 202]
    other = {"REMOTE_ADDR": "192.0.2.9"}
    body = json.dumps(lead())
    answer = client.post("/api/leads/createLead", data=body, environ_overrides=other)
    assert answer.status_code == 201  # another visitor
    by_server = [calls.create_by_server().status_code for _ in range(5)]
    assert by_server == [201, 201, 201, 201, 202]  # over the source's limit
    assert sorted(calls.stored()) == ["held"] * 2 + ["stored"] * 7
    assert calls.find()["total"] == 7


def test_reading_over_the_key_s_limit_is_answered_429(make_runtime: Any) -> None:
    from relay.app import create_app

    runtime = make_runtime({"RELAY_API_RATE": "2/minute"})
    configure(runtime)
    calls = Calls(runtime, create_app(runtime).test_client())
    statuses = [calls.send("GET", "getLeads", key=KEY).status_code for _ in range(2)]
    assert statuses == [200, 200]
    answer = calls.send("GET", "getLeads", key=KEY)
    assert said(answer) == (429, "Too many requests")
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert [calls.create_by_server().status_code for _ in range(3)] == [201, 201, 201]
    assert calls.send("GET", "getLeads", key="wrong").status_code == 401


def test_a_paused_source_keeps_what_comes(runtime: Any, client: Any) -> None:
    configure(runtime)
    with runtime.database.write() as connection:
        connection.execute(sources.update().values(paused_at=runtime.clock.now()))
    calls = Calls(runtime, client)
    answer = calls.create()
    assert said(answer) == (202, "Lead kept, but not created yet: the source is paused")
    assert calls.create_by_server().status_code == 202
    assert calls.stored() == ["held", "held"]


RULE = {"reason": "no e-mail", "when": {"not": {"required": ["contact"]}}}


@pytest.mark.parametrize("where", ["project", "source"])
def test_a_rule_that_refuses_answers_400_and_leaves_no_lead(
    runtime: Any, client: Any, where: str
) -> None:
    rules = {"refuse": [RULE]}
    configure(runtime, **(rules if where == "project" else {"source": rules}))
    calls = Calls(runtime, client)
    answer = calls.create(lead(userData={}))
    assert said(answer) == (400, "Lead refused: no e-mail")
    assert said(calls.create_by_server(lead(userData={}))) == said(answer)
    assert calls.stored() == ["refused", "refused"]
    assert calls.find()["total"] == 0
    assert calls.create().status_code == 201
    assert ledger(runtime).gaps == []


def test_a_project_whose_source_is_archived_takes_nothing(runtime: Any, calls: Calls) -> None:
    apply(runtime, {"projects": [{"id": "16", "sources": []}]}, prune=True)
    refused = (403, "Project 16 takes no leads by these calls any more")
    assert said(calls.create()) == refused
    assert said(calls.create_by_server(key=None)) == refused  # its keys are gone as well
    assert calls.stored() == []


# --- custom webhooks --------------------------------------------------------------------------

WEBHOOK = {
    "event_id": "ord-1",
    "event_name": "generate_lead",
    "transaction_id": "T-1",
    "value": 12.5,
    "currency": "EUR",
    "attribution": {
        "gclid": "g",
        "ga_cid": "1.2",
        "ga_sid": "3",
        "user_agent": "UA",
        "ip": "192.0.2.7",
    },
    "user_data": {"email": "a@b.cc", "phone_number": "+1234", "address": {"city": "Rome"}},
    "branch": {"north": True},
}


@pytest.fixture
def shop(runtime: Any, client: Any) -> Calls:
    connection = {"id": "shop", "token": TOKEN}
    configure(runtime, source={"settings": {"connection": connection}})
    return Calls(runtime, client)


def test_a_custom_webhook_is_a_lead_like_the_others(runtime: Any, shop: Calls) -> None:
    answer = shop.send("POST", CONNECTION, WEBHOOK, key=TOKEN)
    assert answer.status_code == 201
    found = shop.get(answer.get_json()["leadId"])
    assert found["userData"] == {"email": "a@b.cc", "phone": "+1234", "address": {"city": "Rome"}}
    assert found["attributionData"] == {"gclid": "g", "cid": "1.2", "sid": "3"}
    assert found["formData"] == {
        "uniqueEventId": "ord-1",
        "event_name": "generate_lead",
        "transaction_id": "T-1",
        "value": 12.5,
        "currency": "EUR",
        "branch": {"north": True},
    }
    assert shop.ids("cid[exists]=true") == [found["id"]]
    assert "192.0.2.7" not in str(found)
    with runtime.database.read() as connection:
        (row,) = connection.execute(bodies.select()).all()
    assert row.door == "custom"


@pytest.mark.parametrize("by", ["body", "header"])
def test_a_custom_webhook_s_repeat_changes_nothing(shop: Calls, by: str) -> None:
    headers = {"X-Event-Id": "try-1"} if by == "header" else {}
    first = shop.send("POST", CONNECTION, WEBHOOK, key=TOKEN, headers=headers).get_json()
    again = shop.send("POST", CONNECTION, WEBHOOK | {"value": 1}, key=TOKEN, headers=headers)
    assert again.status_code == 200
    assert again.get_json()["leadId"] == first["leadId"]
    assert shop.stored() == ["stored", "duplicate"]
    assert shop.get(first["leadId"])["formData"]["value"] == 12.5


def test_a_custom_webhook_and_a_page_tell_of_one_event(shop: Calls) -> None:
    number = shop.made(formData={"uniqueEventId": "ord-1"})
    answer = shop.send("POST", CONNECTION, WEBHOOK, key=TOKEN)
    assert (answer.status_code, answer.get_json()["leadId"]) == (200, number)


TOKENS = [
    pytest.param({}, "Missing X-API-Key header", id="none"),
    pytest.param({"X-API-Key": ""}, "Missing X-API-Key header", id="blank"),
    pytest.param({"X-API-Key": "wrong"}, "Invalid API key", id="wrong"),
    pytest.param({"X-API-Key": KEY}, "Invalid API key", id="the-project-s-key"),
    pytest.param({"X-API-Key": "é"}, "Invalid API key", id="not-ascii"),
]


@pytest.mark.parametrize(("headers", "message"), TOKENS)
def test_a_connection_has_a_token_of_its_own(
    shop: Calls, headers: dict[str, str], message: str
) -> None:
    answer = shop.send("POST", CONNECTION, WEBHOOK, headers=headers)
    assert said(answer) == (401, message)
    assert shop.stored() == []
    assert shop.turned_away() == [(401, message)]


def test_a_connection_may_name_another_header(runtime: Any, client: Any) -> None:
    connection = {"id": "shop", "token": TOKEN, "header": "X-Shop"}
    configure(runtime, source={"settings": {"connection": connection}})
    calls = Calls(runtime, client)
    assert said(calls.send("POST", CONNECTION, WEBHOOK, key=TOKEN)) == (
        401,
        "Missing X-Shop header",
    )
    answer = calls.send("POST", CONNECTION, WEBHOOK, headers={"x-shop": TOKEN})
    assert answer.status_code == 201
    (row,) = kept(runtime)
    assert TOKEN not in json.dumps(row.headers)


def test_a_connection_takes_the_calls_own_shape_too_and_says_what_is_wrong(shop: Calls) -> None:
    assert shop.send("POST", CONNECTION, {"userData": USER}, key=TOKEN).status_code == 201
    assert shop.send("POST", CONNECTION, {"note": "x"}, key=TOKEN).status_code == 201
    for body in (b"", b"{", b"[]", {}, {"uniqueIdentifier": "x" * 256}):
        assert shop.send("POST", CONNECTION, body, key=TOKEN).status_code == 400
    assert len(shop.stored()) == 2
    for path in ("/api/integrations/custom/nobody", "/api/integrations/custom/x/y"):
        assert shop.send("POST", path, WEBHOOK, key=EVERY_KEY).status_code == 404


def test_an_inactive_project_s_connection_takes_nothing(runtime: Any, shop: Calls) -> None:
    apply(runtime, {"projects": [{"id": "16", "active": False}]})
    answer = shop.send("POST", CONNECTION, WEBHOOK, key=TOKEN)
    assert said(answer) == (403, "Project subscription is inactive")
    assert shop.stored() == []
