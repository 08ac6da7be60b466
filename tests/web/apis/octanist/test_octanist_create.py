"""`POST /api/leads` of Octanist's API: what is taken, what is refused, and what is answered."""

import json
from typing import Any

import pytest

from relay.store import tables
from relay.store.writer import Busy
from tests.web.apis.octanist.calls import (
    EVERY_KEY,
    KEY,
    LEAD,
    OTHER_KEY,
    READ_KEY,
    Call,
    caller,
    configure,
    created,
    error,
)
from tests.web.doors import kept, refused


def shown(call: Call, lead_id: str) -> dict[str, Any]:
    answer = call("GET", f"/api/leads/{lead_id}")
    assert answer.status_code == 200
    lead: dict[str, Any] = answer.get_json()["data"]
    return lead


@pytest.mark.parametrize(
    "header", ["X-API-KEY", "x-api-key", "X-Api-Key"], ids=lambda h: f"OC-1-{h}"
)
def test_a_lead_is_created_with_a_key_in_any_spelling(call: Call, header: str) -> None:
    answer = call("POST", "/api/leads", LEAD, key=None, headers={header: KEY})
    assert created(answer)


def test_oc_2_the_answer_of_a_new_lead(call: Call) -> None:
    told = call("POST", "/api/leads", LEAD).get_json()
    assert set(told["data"]) == {"id", "message"}
    assert told["data"]["message"] == "Lead added"


def test_oc_3_oc_4_a_new_lead_is_answered_with_200_and_an_id_of_its_own(call: Call) -> None:
    answer = call("POST", "/api/leads", LEAD)
    assert answer.status_code == 200
    assert answer.get_json()["data"]["id"].startswith("lead_")


def test_oc_5_oc_6_every_answer_has_a_request_id_of_its_own_and_a_time(call: Call) -> None:
    answers = [call("POST", "/api/leads", LEAD), call("POST", "/api/leads", b"{")]
    answers += [call("GET", "/api/leads", key=None), call("DELETE", "/api/leads")]
    ids = {answer.get_json()["meta"]["requestId"] for answer in answers}
    assert len(ids) == 4
    assert {answer.get_json()["meta"]["timestamp"] for answer in answers} == {
        "2026-03-02T12:00:00.000Z"
    }


@pytest.mark.parametrize("key", [None, "", "not a key", KEY + "x", KEY.upper()])
def test_oc_7_a_missing_or_wrong_key_is_refused(call: Call, key: str | None) -> None:
    assert error(call("POST", "/api/leads", LEAD, key=key)) == (401, "UNAUTHORIZED")


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe\x00", b"[" * 3000])
def test_oc_9_the_key_is_judged_before_the_body(runtime: Any, call: Call, body: bytes) -> None:
    assert error(call("POST", "/api/leads", body, key="wrong")) == (401, "UNAUTHORIZED")
    assert kept(runtime) == []


BAD_BODIES = {
    "OC-10-nothing": b"",
    "OC-10-cut-off": b'{"name": "Jo',
    "OC-10-no-json": b"name is Jo",
    "OC-10-two-values": b'{"name":"a"}{"name":"b"}',
    "OC-10-nan": b'{"name":"Jo","custom":NaN}',
    "OC-10-a-list": b'[{"name":"Jo"}]',
    "OC-10-a-text": b'"Jo"',
    "OC-10-null": b"null",
    "OC-10-deep": b'{"custom":' + b"[" * 5000 + b"]" * 5000 + b"}",
    "OC-11-nothing-given": b"{}",
    "OC-11-other-fields-alone": b'{"gclid":"abc","note":"x","website":"https://example.com"}',
    "OC-13-empty-texts": b'{"name":"","email":"","phone":"","custom":""}',
    "OC-13-blanks": b'{"name":"  ","email":"\\t","phone":" \\n ","custom":" "}',
    "OC-13-nulls": b'{"name":null,"email":null,"phone":null,"custom":null}',
    "OC-19-consent-number": b'{"name":"Jo","ad_storage":1}',
    "OC-19-consent-object": b'{"name":"Jo","ad_user_data":{"granted":true}}',
    "OC-39-form": b"name=Jo&email=jo%40example.com",
}


@pytest.mark.parametrize("body", BAD_BODIES.values(), ids=BAD_BODIES)
def test_a_body_that_is_no_lead_is_refused_and_nothing_is_stored(
    runtime: Any, call: Call, body: bytes
) -> None:
    assert error(call("POST", "/api/leads", body)) == (400, "VALIDATION_ERROR")
    assert kept(runtime) == []
    assert [row.status for row in refused(runtime)] == [400]
    assert KEY.encode() not in bytes(str(refused(runtime)[0].headers), "utf-8")


WRONG_TYPES = ["name", "email", "phone", "gclid", "website", "utm_source", "sessionId", "note"]


@pytest.mark.parametrize(
    "value", [12, 1.5, True, {"a": 1}, ["x"]], ids=lambda v: f"OC-12-OC-21-{v}"
)
@pytest.mark.parametrize("field", WRONG_TYPES)
def test_a_text_field_that_holds_no_text_is_named(call: Call, field: str, value: Any) -> None:
    answer = call("POST", "/api/leads", {"custom": "x", field: value})
    assert error(answer) == (400, "VALIDATION_ERROR")
    assert answer.get_json()["error"]["details"] == {field: ["must be a string"]}


CUSTOMS: dict[str, tuple[Any, str]] = {
    "OC-14-text": ("as it is", "as it is"),
    "OC-14-json-text": ('{"a": 1}', '{"a": 1}'),
    "OC-14-object": ({"b": 1, "a": "ü/x"}, '{"b":1,"a":"ü/x"}'),
    "OC-14-list": (["x", 1, None, True], '["x",1,null,true]'),
    "OC-14-number": (42, "42"),
    "OC-14-boolean": (True, "true"),
    "OC-13-zero": (0, "0"),
    "OC-13-false": (False, "false"),
    "OC-16-empty-object": ({}, "{}"),
    "OC-16-whole-float": ({"n": 1.0}, '{"n":1}'),
    "OC-16-nested": ({"z": {"y": ["é", {"x": 1.5}]}}, '{"z":{"y":["é",{"x":1.5}]}}'),
    "OC-16-emoji": ({"say": '👋 "quoted"'}, '{"say":"👋 \\"quoted\\""}'),
}


@pytest.mark.parametrize(("given", "told"), CUSTOMS.values(), ids=CUSTOMS)
def test_oc_15_custom_comes_back_as_text(call: Call, given: Any, told: str) -> None:
    lead_id = created(call("POST", "/api/leads", {"custom": given}))
    assert shown(call, lead_id)["custom"] == told


CONSENTS: dict[str, tuple[Any, bool]] = {
    "OC-17-true": (True, True),
    "OC-17-false": (False, False),
    "OC-17-text-true": ("true", True),
    "OC-17-any-case": ("TrUe", True),
    "OC-17-text-false": ("false", False),
    "OC-17-granted": ("granted", False),
    "OC-17-one": ("1", False),
    "OC-17-yes": ("yes", False),
    "OC-17-empty": ("", False),
    "OC-19-null": (None, False),
    "OC-19-spaces": (" true ", False),
}


@pytest.mark.parametrize(("given", "told"), CONSENTS.values(), ids=CONSENTS)
def test_consent_is_true_or_false(call: Call, given: Any, told: bool) -> None:
    lead_id = created(call("POST", "/api/leads", {**LEAD, "ad_storage": given}))
    assert shown(call, lead_id)["ad_storage"] is told


def test_oc_18_an_absent_consent_is_false_and_stored_as_unknown(runtime: Any, call: Call) -> None:
    lead_id = created(call("POST", "/api/leads", {**LEAD, "ad_user_data": "granted"}))
    lead = shown(call, lead_id)
    assert [lead[name] for name in ("ad_storage", "ad_user_data")] == [False, False]
    (submission,) = kept(runtime)
    assert submission.document["consent"] == {"ad_user_data": {"state": "denied", "raw": "granted"}}


FIELDS = {
    **LEAD,
    "note": "Please call",
    "website": "https://example.com",
    "path": "/contact",
    **{
        name: f"{name}-Value.1"
        for name in (
            *("gclid", "fbc", "fbp", "ga4sid", "li_fat_id", "msclkid", "ttclid", "twclid"),
            *("rdt_cid", "sccid", "utm_source", "utm_medium", "utm_campaign"),
        )
    },
    "ga4cid": "GA1.1.1234567890.1700000000",
}
NEWER = {"sessionId": "s_1", "dclid": "D-1", "wbraid": "W-1", "gbraid": "G-1", "epik": "E-1"}


@pytest.mark.parametrize("fields", [FIELDS, {**LEAD, **NEWER}], ids=["OC-20", "OC-23"])
def test_every_field_is_stored_and_comes_back(call: Call, fields: dict[str, str]) -> None:
    lead = shown(call, created(call("POST", "/api/leads", fields)))
    assert {name: lead[name] for name in fields} == fields


def test_oc_22_unknown_fields_are_no_part_of_the_answer(call: Call) -> None:
    lead_id = created(call("POST", "/api/leads", {**LEAD, "budget": "high", "status": "won"}))
    lead = shown(call, lead_id)
    assert "budget" not in lead
    assert lead["status"] == "open"


def test_oc_24_attribution_beside_a_session_is_kept(call: Call) -> None:
    lead_id = created(call("POST", "/api/leads", {**LEAD, "sessionId": "s_1", "gclid": "abc"}))
    assert shown(call, lead_id)["gclid"] == "abc"


def test_oc_25_a_lead_that_the_rules_refuse_leaves_a_row_and_no_lead(
    runtime: Any, client: Any
) -> None:
    unwanted = {"properties": {"contact": {"properties": {"email": {"pattern": "@spam"}}}}}
    unwanted["properties"]["contact"]["required"] = ["email"]  # type: ignore[assignment]
    unwanted["required"] = ["contact"]  # type: ignore[assignment]
    configure(runtime, refuse=[{"reason": "spam", "when": unwanted}])
    call = caller(client)
    answer = call("POST", "/api/leads", {"email": "a@spam.example"})
    assert error(answer) == (403, "FORBIDDEN")
    assert "spam" in answer.get_json()["error"]["message"]
    assert created(call("POST", "/api/leads", {"email": "a@ham.example"}))
    assert [row.state for row in kept(runtime)] == ["refused", "stored"]
    assert call("GET", "/api/leads").get_json()["meta"]["pagination"]["total"] == 1


def test_oc_26_a_bug_is_answered_without_its_words(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: object, **_named: object) -> None:
        raise RuntimeError("the secret of the house")

    monkeypatch.setattr("relay.web.apis.octanist.creating.filed.file", fail)
    answer = call("POST", "/api/leads", LEAD)
    assert error(answer) == (500, "INTERNAL_ERROR")
    assert b"secret" not in answer.data


def test_a_database_that_is_away_asks_to_come_again(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: object, **_named: object) -> None:
        raise Busy("the database is away")

    monkeypatch.setattr("relay.web.apis.octanist.creating.filed.file", fail)
    answer = call("POST", "/api/leads", LEAD)
    assert error(answer) == (503, "SERVICE_UNAVAILABLE")
    assert int(answer.headers["Retry-After"]) > 0


def test_oc_27_two_equal_calls_make_two_leads(call: Call) -> None:
    assert len({created(call("POST", "/api/leads", LEAD)) for _ in range(2)}) == 2


def test_the_same_idempotency_key_answers_with_the_same_lead(runtime: Any, call: Call) -> None:
    headers = {"Idempotency-Key": "order-1"}
    ids = {created(call("POST", "/api/leads", LEAD, headers=headers)) for _ in range(3)}
    assert len(ids) == 1
    assert [row.state for row in kept(runtime)] == ["stored", "duplicate", "duplicate"]
    assert created(call("POST", "/api/leads", LEAD, headers={"Idempotency-Key": "2"})) not in ids
    (other,) = {created(call("POST", "/api/leads", LEAD, key=OTHER_KEY, headers=headers))}
    assert other not in ids


AS_SENT = [
    {"email": "John.DOE@Example.COM", "phone": "+1234567890"},
    {"email": "no address at all", "phone": "call me"},
    {"name": " Jörg  Ünal 🦊 ", "phone": "06 12345678"},
]


@pytest.mark.parametrize("fields", AS_SENT, ids=["OC-28", "OC-29", "OC-28-unicode"])
def test_nothing_is_normalised_in_answers(call: Call, fields: dict[str, str]) -> None:
    lead = shown(call, created(call("POST", "/api/leads", fields)))
    assert {name: lead[name] for name in fields} == fields


TYPES = ["", "text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-8"]


@pytest.mark.parametrize("content_type", TYPES, ids=lambda kind: f"OC-39-{kind or 'none'}")
def test_json_of_any_declared_type_is_taken(call: Call, content_type: str) -> None:
    headers = {"Content-Type": content_type}
    assert created(call("POST", "/api/leads", LEAD, headers=headers))


def test_a_key_without_the_scope_and_an_inactive_project_are_forbidden(
    runtime: Any, client: Any, call: Call
) -> None:
    assert error(call("POST", "/api/leads", LEAD, key=READ_KEY)) == (403, "FORBIDDEN")
    configure(runtime, active=False)
    assert error(call("POST", "/api/leads", LEAD)) == (403, "FORBIDDEN")
    assert kept(runtime) == []


def test_what_cannot_become_a_lead_at_once_is_kept_and_said(runtime: Any, client: Any) -> None:
    configure(runtime, sources=[{"name": "api", "kind": "octanist", "limits": {"source": "1/day"}}])
    call = caller(client)
    assert created(call("POST", "/api/leads", LEAD))
    answer = call("POST", "/api/leads", LEAD)
    assert answer.status_code == 202
    assert answer.get_json()["data"]["id"] is None
    assert "limit" in answer.get_json()["data"]["message"]
    assert [row.state for row in kept(runtime)] == ["stored", "held"]


def test_a_body_beyond_the_limit_is_refused(make_runtime: Any) -> None:
    from relay.app import create_app

    runtime = make_runtime({"RELAY_BODY_LIMIT": "1000"})
    configure(runtime)
    call = caller(create_app(runtime).test_client())
    answer = call("POST", "/api/leads", {**LEAD, "custom": "x" * 2000})
    assert error(answer) == (413, "PAYLOAD_TOO_LARGE")
    assert kept(runtime) == []
    assert [row.status for row in refused(runtime)] == [413]


def test_a_key_of_all_projects_needs_to_be_told_one(runtime: Any, call: Call) -> None:
    import sqlalchemy as sa

    from relay.core.ids import new_id
    from relay.core.secrets import hash_key

    with runtime.database.write() as connection:
        connection.execute(
            sa.insert(tables.api_keys).values(
                id=new_id(),
                name="all",
                hash=hash_key(EVERY_KEY),
                hint="ects",
                scopes=["write"],
                created_at=runtime.clock.now(),
            )
        )
    assert error(call("POST", "/api/leads", LEAD, key=EVERY_KEY)) == (400, "VALIDATION_ERROR")
    assert created(call("POST", "/api/leads?projectId=acme", LEAD, key=EVERY_KEY))
    assert call("POST", "/api/leads?projectId=nobody", LEAD, key=EVERY_KEY).status_code == 401


def test_the_door_and_the_bytes_are_kept(runtime: Any, call: Call) -> None:
    import sqlalchemy as sa

    body = b'{ "name" : "Jo",  "custom": {"b":1,"a":2} }'
    created(call("POST", "/api/leads", body))
    with runtime.database.read() as connection:
        (row,) = connection.execute(sa.select(tables.bodies)).all()
    assert (row.door, row.body, row.method) == ("leads", body, "POST")
    assert KEY not in json.dumps(row.headers)
