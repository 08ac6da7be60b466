"""What opens a door stands nowhere afterwards: in no row, no log, no answer and no metric."""

import json
import logging
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from relay.services.configure import apply
from relay.services.leads import store_batch
from relay.store import tables
from tests.web.apis import secured
from tests.web.apis.secured import ANN, ANNS_TOKEN, BOB

AUTH = "auth-token-0123456789abcdef"
SHOP = f"{ANNS_TOKEN}-of-shop"
SECRETS = (ANN, BOB, ANNS_TOKEN, AUTH, SHOP, "bearer-of-somebody-77")

PHONE = "+18004506787"


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    """SQLite alone."""
    path = tmp_path / "relay.db"
    path.write_bytes(sqlite_template.read_bytes())
    return f"sqlite:///{path}"


def everything(runtime: Any) -> str:
    """All rows of all tables as text, but for what is sealed."""
    found = []
    with runtime.database.read() as connection:
        for table in tables.metadata.sorted_tables:
            for row in connection.execute(sa.select(table)).mappings():
                found += [f"{table.name}.{name}={value!r}" for name, value in row.items()]
    return "\n".join(found)


def _ask_all(client: Any) -> list[Any]:
    """Calls of every kind, right and wrong, that carry secrets wherever senders put them."""
    bearer = {"Authorization": "Bearer bearer-of-somebody-77", "X-API-Key": ANN}
    lead = {"lead_token": ANNS_TOKEN, "auth_token": AUTH, "caller_id": PHONE, "note": "n"}
    query = f"lead_token={ANNS_TOKEN}&auth_token={AUTH}"
    nested = {"caller_id": PHONE, "data": {"auth_token": AUTH, "lead_token": ANNS_TOKEN}}
    user = {"projectId": "ann", "userData": {"email": "a@example.com"}}
    form = f"schedule_lead_token={ANNS_TOKEN}&data[auth_token]={AUTH}&caller_id=%2B18004506787"
    shop = "/api/integrations/custom/shop-of-ann"
    urlencoded = "application/x-www-form-urlencoded"
    return [
        client.post("/api/v1/leads", json=lead, headers=bearer),
        client.post("/api/v1/leads", data=form, content_type=urlencoded),
        client.post(f"/api/v1/leads?{query}", json=nested),
        client.post(f"/api/v1/leads?{query}&caller_id=none"),
        client.post("/api/v1/leads", json={**lead, "caller_id": [AUTH, ANNS_TOKEN]}),
        client.put("/api/v1/leads/create_or_update.json", json={**lead, "email": AUTH}),
        client.post("/api/leads/createServerSideLead", json=user, headers=bearer),
        client.post("/api/leads/createServerSideLead", json=user, headers={"X-API-Key": BOB}),
        client.post("/api/leads/createLead", json=user, headers=bearer),
        client.post("/api/leads", json={"email": "o@example.com"}, headers=bearer),
        client.post("/api/leads", data=b"{", headers=bearer),
        client.post(shop, json={"email": "s@example.com", "echo": SHOP}, headers={"X-Shop": SHOP}),
        client.post(shop, data=b"{", headers={"X-Shop": SHOP}),
    ]


def test_no_secret_of_a_call_is_kept_or_said(
    runtime: Any, client: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secured.configure(runtime)
    answers = _ask_all(client)
    assert sorted({answer.status_code for answer in answers}) == [200, 201, 400, 401, 422]
    store_batch(runtime)
    told = [answer.text for answer in answers] + [str(answer.headers) for answer in answers]
    told += [client.get("/metrics").text, caplog.text]
    for path in ("leads", "submissions", "turned-away", "sources", "keys", "project"):
        page = client.get(f"/api/relay/v1/{path}", headers={"X-API-Key": ANN})
        assert page.status_code == 200
        told.append(page.text)
        for row in json.loads(page.text).get("data", []) if path == "leads" else ():
            one = client.get(f"/api/relay/v1/leads/{row['id']}", headers={"X-API-Key": ANN})
            told.append(one.text)
    kept = everything(runtime)
    assert "a@example.com" in kept
    for secret in SECRETS:
        for text in (kept, *told):
            at = text.find(secret)
            assert at < 0, text[max(0, at - 300) : at + 60]


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
def test_no_answer_lets_pages_send_cookies_but_the_plugin_s(
    runtime: Any, client: Any, origin: str
) -> None:
    secured.configure(runtime)
    headers = {"Origin": origin, "Cookie": "relay_session=x", "X-API-Key": ANN}
    for method, path in (
        ("POST", "/api/leads/createLead"),
        ("OPTIONS", "/api/leads/createLead"),
        ("GET", "/api/leads/getLeads"),
        ("GET", "/api/leads"),
        ("POST", "/api/v1/leads"),
        ("OPTIONS", "/api/v1/leads"),
        ("GET", "/api/relay/v1/leads"),
        ("OPTIONS", "/api/relay/v1/leads"),
        ("GET", "/api/docs/openapi.json"),
    ):
        answer = client.open(path, method=method, json={}, headers=headers)
        assert "Access-Control-Allow-Credentials" not in answer.headers, path
        assert answer.headers.get("Access-Control-Allow-Origin") in (None, "*"), path
        assert "Set-Cookie" not in answer.headers
        if "/relay/" in path:
            assert "Access-Control-Allow-Origin" not in answer.headers


def test_origins_of_a_project_are_answered_by_name_and_others_not_at_all(
    runtime: Any, client: Any
) -> None:
    secured.configure(runtime, origins=["https://shop.example"])
    body = {"projectId": "ann", "userData": {"email": "a@example.com"}}
    for origin, status, allowed in (
        ("https://shop.example", 201, "https://shop.example"),
        ("https://shop.example.evil.example", 403, None),
        ("null", 403, None),
    ):
        answer = client.post("/api/leads/createLead", json=body, headers={"Origin": origin})
        assert answer.status_code == status
        assert answer.headers.get("Access-Control-Allow-Origin") == allowed
        assert "Origin" in answer.headers["Vary"]


@pytest.mark.parametrize("shape", ["event", "posted form"])
def test_passwords_that_a_site_s_plugin_posts_are_kept_nowhere(
    runtime: Any, client: Any, shape: str
) -> None:
    site = {"name": "site", "kind": "octanist", "settings": {"wordpress_id": "site-1"}}
    apply(runtime, {"projects": [{"id": "site", "sources": [site]}]})
    fields = {
        "email": "z@example.com",
        "password": "hunter2hunter2",
        "pwd_repeat": "hunter2hunter2",
    }
    event = {"type": "form_submit", "timestamp": 1, "form_fields": fields}
    body = event if shape == "event" else {**fields, "cookies": {}}
    answer = client.post("/api/integrations/incoming/wp/site-1/", json={**body, "domain": "d"})
    assert answer.status_code == 200
    kept = everything(runtime)
    assert "z@example.com" in kept
    assert "hunter2hunter2" not in kept
