"""The door of Octanist's WordPress plugin, which visitors' browsers and sites post to."""

import json
from typing import Any

import pytest
import sqlalchemy as sa

from relay.core.fixtures import fixtures_of
from relay.store import tables
from tests.web.apis.octanist.calls import Call, caller, configure, created, error
from tests.web.doors import kept, refused

SITE = "/api/integrations/incoming/wp/oct_12/"

FORM = {
    "name": "Jane Sample",
    "email": "jane@example.com",
    "octanist_id": "oct_12",
    "message": "Please call",
    "cookies": {"_fbp": "fb.1.1700000000000.1", "PHPSESSID": "secret"},
    "domain": "www.example.com",
    "path": "/contact",
}


@pytest.fixture
def call(runtime: Any, client: Any) -> Call:
    """Calls of a project with a WordPress site."""
    sources = [
        {"name": "api", "kind": "octanist"},
        {"name": "site", "kind": "octanist", "settings": {"wordpress_id": "oct_12"}},
    ]
    configure(runtime, sources=sources)
    return caller(client)


BEACONS = ["application/json", "text/plain;charset=UTF-8", "", "application/octet-stream"]


@pytest.mark.parametrize("content_type", BEACONS)
def test_a_posted_form_is_a_lead(runtime: Any, call: Call, content_type: str) -> None:
    headers = {"Content-Type": content_type, "Origin": "https://www.example.com"}
    answer = call("POST", SITE, FORM, key=None, headers=headers)
    lead = call("GET", f"/api/leads/{created(answer)}").get_json()["data"]
    assert [lead[name] for name in ("name", "email", "website", "path", "fbp")] == [
        "Jane Sample",
        "jane@example.com",
        "www.example.com",
        "/contact",
        "fb.1.1700000000000.1",
    ]
    (row,) = kept(runtime)
    assert "secret" not in json.dumps(row.document)
    assert row.state == "stored"


def test_an_event_is_one_lead_however_often_the_site_sends_it(runtime: Any, call: Call) -> None:
    kind = runtime.catalog.sources["octanist"]
    (capture,) = [one for one in fixtures_of(kind) if one.name == "wordpress_event"]
    for _ in range(3):
        assert created(call("POST", SITE, capture.inbound.body, key=None))
    assert [row.state for row in kept(runtime)] == ["stored", "duplicate", "duplicate"]


def test_a_beacon_of_a_page_is_welcome_with_its_cookies(call: Call) -> None:
    origin = {"Origin": "https://www.example.com"}
    asked = {"Access-Control-Request-Method": "POST"}
    preflight = call("OPTIONS", SITE, key=None, headers=origin | asked)
    posted = call("POST", SITE, FORM, key=None, headers=origin)
    for answer in (preflight, posted):
        assert answer.headers["Access-Control-Allow-Origin"] == origin["Origin"]
        assert answer.headers["Access-Control-Allow-Credentials"] == "true"
        assert "Origin" in answer.headers["Vary"]
    assert "Content-Type" in preflight.headers["Access-Control-Allow-Headers"]


def test_an_unknown_site_and_a_body_that_is_none_are_refused(runtime: Any, call: Call) -> None:
    other = SITE.replace("oct_12", "oct_13")
    assert error(call("POST", other, FORM, key=None)) == (404, "NOT_FOUND")
    assert error(call("POST", "/api/integrations/incoming/wp/", FORM)) == (404, "NOT_FOUND")
    for body in (b"", b"[1]", b"{", b"\x00"):
        assert error(call("POST", SITE, body, key=None)) == (400, "VALIDATION_ERROR")
    assert error(call("GET", SITE)) == (405, "METHOD_NOT_ALLOWED")
    assert kept(runtime) == []
    assert len(refused(runtime)) == 4


def test_without_a_slash_at_the_end_it_is_the_same(call: Call) -> None:
    assert created(call("POST", SITE.rstrip("/"), FORM, key=None))


def test_passwords_of_a_form_stay_out_of_the_lead(runtime: Any, call: Call) -> None:
    created(call("POST", SITE, {**FORM, "user_password": "hunter2", "cvc": "123"}, key=None))
    (row,) = kept(runtime)
    assert "hunter2" not in json.dumps(row.document)
    assert {warning["place"] for warning in row.warnings if warning["kind"] == "noise"} >= {
        "/secrets/user_password",
        "/secrets/cvc",
    }


def test_what_waits_or_is_refused_is_answered_as_taken(runtime: Any, client: Any) -> None:
    anything = {"name": "site", "kind": "octanist", "settings": {"wordpress_id": "oct_12"}}
    configure(runtime, sources=[{**anything, "refuse": [{"reason": "closed", "when": True}]}])
    call = caller(client)
    answer = call("POST", SITE, FORM, key=None)
    told = {"id": None, "message": "The lead is not added: closed"}
    assert (answer.status_code, answer.get_json()["data"]) == (200, told)
    configure(runtime, sources=[{**anything, "honeypot": "message"}])
    assert call("POST", SITE, FORM, key=None).status_code == 200
    assert [row.state for row in kept(runtime)] == ["refused", "held"]
    with runtime.database.read() as connection:
        doors = set(connection.execute(sa.select(tables.bodies.c.door)).scalars())
    assert doors == {"wordpress"}
