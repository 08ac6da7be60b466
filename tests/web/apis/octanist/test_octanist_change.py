"""`PATCH /api/leads` of Octanist's API: which lead is meant, and what becomes of it."""

from typing import Any

import pytest

from relay.runtime import Runtime
from relay.store.tables import status_changes
from tests.web.apis.octanist.calls import (
    LEAD,
    OTHER_KEY,
    READ_KEY,
    Call,
    caller,
    configure,
    created,
    error,
)


@pytest.fixture
def lead(call: Call) -> str:
    """The id of a lead."""
    return created(call("POST", "/api/leads", LEAD))


def change(call: Call, **body: Any) -> dict[str, Any]:
    answer = call("PATCH", "/api/leads", body)
    assert answer.status_code == 200, answer.get_json()
    told: dict[str, Any] = answer.get_json()["data"]
    return told


def shown(call: Call, lead_id: str) -> dict[str, Any]:
    told: dict[str, Any] = call("GET", f"/api/leads/{lead_id}").get_json()["data"]
    return told


def test_oc_34_the_answer_of_a_change(call: Call, lead: str) -> None:
    assert change(call, id=lead, status="qualified") == {
        "leadId": lead,
        "leadsUpdated": 1,
        "message": "Lead updated successfully",
    }
    assert shown(call, lead)["status"] == "qualified"
    assert shown(call, lead)["qualifiedAt"] == "2026-03-02T12:00:00.000Z"


def test_a_change_names_the_key_that_made_it(runtime: Runtime, call: Call, lead: str) -> None:
    change(call, id=lead, note="called")
    with runtime.database.read() as connection:
        (row,) = connection.execute(status_changes.select()).all()
    assert row.actor == "Octanist API, key all"


CHANGES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "OC-34-status-over-changedTo": ({"status": "won", "changedTo": "lost"}, {"status": "won"}),
    "OC-34-changedTo": ({"changedTo": "lost"}, {"status": "lost"}),
    "OC-34-older-win": ({"changedTo": "win", "value": 1}, {"status": "won", "value": 1}),
    "OC-34-value-text": ({"value": "5000"}, {"value": 5000, "status": "open"}),
    "OC-34-value-number": ({"value": 19.99}, {"value": 19.99}),
    "OC-34-value-zero": ({"value": 0}, {"value": 0}),
    "OC-34-value-float": ({"value": 0.1 + 0.2}, {"value": 0.3}),
    "OC-34-currency": ({"value": "5000", "currency": "jpy"}, {"value": 5000, "currency": "JPY"}),
    "OC-34-note": ({"note": "call on Monday"}, {"note": "call on Monday"}),
    "OC-34-reason-when-lost": (
        {"status": "lost", "lossReason": "too dear"},
        {"status": "lost", "lossReason": "too dear"},
    ),
    "OC-34-reason-only-when-lost": (
        {"status": "won", "lossReason": "too dear"},
        {"status": "won", "lossReason": None},
    ),
    "OC-34-older-also-qualified": (
        {"changedTo": "won", "alsoQualified": True},
        {"status": "won", "qualifiedAt": "2026-03-02T12:00:00.000Z"},
    ),
    "OC-34-won-alone": ({"status": "WON"}, {"status": "won", "qualifiedAt": None}),
}


@pytest.mark.parametrize(("asked", "told"), CHANGES.values(), ids=CHANGES)
def test_what_a_change_makes_of_a_lead(
    call: Call, lead: str, asked: dict[str, Any], told: dict[str, Any]
) -> None:
    change(call, id=lead, **asked)
    now = shown(call, lead)
    assert {name: now[name] for name in told} == told


def test_another_currency_keeps_the_amount(call: Call, lead: str) -> None:
    change(call, id=lead, value=1250, currency="EUR")
    for currency in ("JPY", "BHD", "EUR"):
        change(call, id=lead, note=currency, currency=currency)
        now = shown(call, lead)
        assert (now["value"], now["currency"]) == (1250, currency)


def test_what_is_not_said_stays(call: Call, lead: str) -> None:
    change(call, id=lead, status="lost", lossReason="no money", value=12.5, note="first")
    change(call, id=lead, note="second")
    now = shown(call, lead)
    told = [now[name] for name in ("status", "lossReason", "value", "note")]
    assert told == ["lost", "no money", 12.5, "second"]
    change(call, id=lead, lossReason="out of town")
    assert shown(call, lead)["lossReason"] == "out of town"
    change(call, id=lead, status="won")
    assert shown(call, lead)["lossReason"] is None


BAD: dict[str, dict[str, Any]] = {
    "OC-34-nobody-named": {"status": "won"},
    "OC-34-blank": {"id": " ", "email": "", "phone": None, "status": "won"},
    "OC-34-nothing-to-do": {"id": "lead_1"},
    "OC-34-blank-status": {"id": "lead_1", "status": ""},
    "OC-35-open": {"id": "lead_1", "status": "open"},
    "OC-35-other": {"id": "lead_1", "status": "nearly"},
    "OC-35-changedTo": {"id": "lead_1", "changedTo": "open"},
    "OC-35-number": {"id": "lead_1", "status": 1},
    "OC-34-id-number": {"id": 7, "status": "won"},
    "OC-34-value-words": {"id": "lead_1", "value": "a lot"},
    "OC-34-value-comma": {"id": "lead_1", "value": "5,000"},
    "OC-34-value-negative": {"id": "lead_1", "value": -1},
    "OC-34-value-huge": {"id": "lead_1", "value": 1e300},
    "OC-34-value-list": {"id": "lead_1", "value": [1]},
    "OC-34-value-boolean": {"id": "lead_1", "value": True},
    "OC-34-currency": {"id": "lead_1", "value": 1, "currency": "euros"},
    "OC-34-note-object": {"id": "lead_1", "note": {}},
}


@pytest.mark.parametrize("body", BAD.values(), ids=BAD)
def test_a_change_that_makes_no_sense_is_refused(call: Call, body: dict[str, Any]) -> None:
    assert error(call("PATCH", "/api/leads", body)) == (400, "VALIDATION_ERROR")


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"id=lead_1", b"\xff"])
def test_oc_34_a_change_that_is_no_json_object_is_refused(call: Call, body: bytes) -> None:
    assert error(call("PATCH", "/api/leads", body)) == (400, "VALIDATION_ERROR")


def test_oc_34_who_is_meant_is_the_id_then_the_email_then_the_phone(call: Call) -> None:
    ada = created(call("POST", "/api/leads", {"email": "Ada@example.com", "phone": "1"}))
    bea = created(call("POST", "/api/leads", {"email": "bea@example.com", "phone": "06 1234567"}))
    both = {"email": "bea@example.com", "phone": "1"}
    assert change(call, id=ada, **both, status="won")["leadId"] == ada
    assert change(call, **both, status="lost")["leadId"] == bea
    assert change(call, email="ADA@example.com", note="x")["leadId"] == ada
    assert change(call, phone="06 1234567", note="x")["leadId"] == bea


def test_oc_34_nobody_found_and_several_found(call: Call, lead: str) -> None:
    for who in ({"id": "lead_0"}, {"email": "x@y.example"}, {"phone": "0"}):
        answer = call("PATCH", "/api/leads", {**who, "status": "won"})
        assert error(answer) == (404, "NOT_FOUND")
    answer = call("PATCH", "/api/leads", {"id": lead, "status": "won"}, key=OTHER_KEY)
    assert error(answer) == (404, "NOT_FOUND")
    created(call("POST", "/api/leads", LEAD))
    for who in ({"email": LEAD["email"]}, {"phone": LEAD["phone"]}):
        answer = call("PATCH", "/api/leads", {**who, "status": "won"})
        assert error(answer) == (409, "CONFLICT")
    assert shown(call, lead)["status"] == "open"


def test_a_change_needs_a_key_that_may_write(call: Call, lead: str) -> None:
    body = {"id": lead, "status": "won"}
    assert error(call("PATCH", "/api/leads", body, key=READ_KEY)) == (403, "FORBIDDEN")
    assert error(call("PATCH", "/api/leads", b"{", key="wrong")) == (401, "UNAUTHORIZED")


def test_a_change_reaches_the_targets_that_want_to_know(runtime: Any, client: Any) -> None:
    import sqlalchemy as sa

    from relay.store.tables import deliveries

    target = {"name": "crm", "kind": "webhook", "settings": {"url": "https://crm.example/"}}
    route = {"from": "api", "to": "crm", "on": ["created", "status"]}
    configure(
        runtime, sources=[{"name": "api", "kind": "octanist"}], targets=[target], routes=[route]
    )
    call = caller(client)
    lead = created(call("POST", "/api/leads", LEAD))
    for status in ("qualified", "won", "won"):
        change(call, id=lead, status=status)
    with runtime.database.read() as connection:
        found = connection.execute(sa.select(deliveries).order_by(deliveries.c.id)).all()
    told = [(row.event, row.label) for row in found]
    assert told == [("created", ""), ("status", "qualified"), ("status", "won")]
