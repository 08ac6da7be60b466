"""TrackDrive: which parameters become custom tokens, and where those can be used."""

import json
from typing import Any
from urllib.parse import quote

import pytest

from relay.core.contract import Json
from relay.core.outbound import OutboundAdapter
from tests.web.apis.trackdrive.schedules import CALLER, FORM, SCHEDULE, Calls, configure, source

WHO = f"lead_token={SCHEDULE}&caller_id=8004506787"

RESERVED = (
    *("lead_token", "auth_token", "data", "data_json", "caller_id", "email"),
    *("contact_field_type", "schedule_callback_at", "schedule_callback_in_seconds"),
    *("update_all_matching_leads", "apply_to", "unblock_contact", "blocked"),
    *("assign_trackdrive_number", "assign_sms_number", "expire_existing", "delete_existing"),
    *("update_only", "lead_priority", "restart_schedule", "auto_format_nested_fields"),
    *("next_action_at", "hours_to_expire", "max_contact_attempts", "expires_in"),
    *("traffic_source_id", "sub_id", "id", "lead_id", "uuid", "controller", "action", "format"),
    *("serializer", "columns", "page", "per_page", "utf8", "authenticity_token", "callback"),
)
VALUES = {
    "caller_id": CALLER,
    "lead_token": SCHEDULE,
    "apply_to": "calls",
    "data": {},
    "data_json": "{}",
    "schedule_callback_at": "2026-03-02 13:00:00 +0000",
    "next_action_at": "2026-03-02T13:00:00Z",
    "update_only": "no",
}


@pytest.mark.parametrize(
    ("body", "tokens"),
    [
        pytest.param("data[loan_amount]=500", {"loan_amount": "500"}, id="TD-12"),
        pytest.param("data%5Bloan_amount%5D=500", {"loan_amount": "500"}, id="TD-13 encoded"),
        pytest.param("data[a][b][c]=1&data[a][d]=2", {"a": {"b": {"c": "1"}, "d": "2"}},
                     id="TD-13 deeper"),
        pytest.param("data[x][]=1&data[x][]=2", {"x": ["1", "2"]}, id="TD-13 list"),
        pytest.param("x=1&x=2", {"x": "2"}, id="TD-13 last wins"),
        pytest.param("data[x]=1&data[x]=2", {"x": "2"}, id="TD-13 last wins in data"),
        pytest.param("a[b]=1", {"a": {"b": "1"}}, id="TD-13 outside data"),
        pytest.param("a=1&a[b]=2", {"a": {"": "1", "b": "2"}}, id="TD-13 both shapes"),
        pytest.param("data[0]=x&data[1]=y", {"0": "x", "1": "y"}, id="TD-13 positions"),
        pytest.param("data=" + quote('{"a": 1}'), {"a": 1}, id="TD-15 data"),
        pytest.param("data_json=" + quote('{"a": 1, "b": [2]}'), {"a": 1, "b": [2]},
                     id="TD-15 data_json"),
        pytest.param("data=&data_json=", {}, id="TD-15 blank"),
        pytest.param("data_json=" + quote('{"a": 1, "b": 2}') + "&data[a]=3", {"a": "3", "b": 2},
                     id="TD-15 both"),
        pytest.param("loan_amount=500&x=y", {"loan_amount": "500", "x": "y"}, id="TD-16"),
        pytest.param("a=top&data[a]=within", {"a": "within"}, id="TD-18"),
        pytest.param("xxTrustedFormCertUrl=https://cert.trustedform.com/a", {
            "xxTrustedFormCertUrl": "https://cert.trustedform.com/a"}, id="TD-20"),
        pytest.param("data[lead_token]=other-lead-token-1&data[auth_token]=t&data[caller_id]=1",
                     {}, id="TD-21"),
        pytest.param("zip=007&address2=", {"zip": "007", "address2": ""}, id="TD-22"),
        pytest.param("=nameless", {}, id="TD-19 no name"),
    ],
)  # fmt: skip
def test_what_a_form_says_becomes_tokens(calls: Calls, body: str, tokens: Json) -> None:
    answer = calls.form(body)
    assert answer.status_code == 200, answer.text
    assert answer.json["lead"]["data"] == tokens
    assert calls.tokens == tokens


@pytest.mark.parametrize(
    ("said", "tokens"),
    [
        pytest.param({"data": {"email": "john@example.com", "interest": "kittens"}},
                     {"email": "john@example.com", "interest": "kittens"}, id="TD-14"),
        pytest.param({"data": '{"interest": "kittens"}'}, {"interest": "kittens"}, id="TD-15"),
        pytest.param({"data_json": {"interest": "kittens"}}, {"interest": "kittens"},
                     id="TD-15 an object after all"),
        pytest.param({"data": []}, {}, id="TD-14 PHP's empty object"),
        pytest.param({"data": None}, {}, id="TD-14 null"),
        pytest.param({"interest": "kittens"}, {"interest": "kittens"}, id="TD-16"),
        pytest.param({"a": 1, "data": {"a": 2}}, {"a": 2}, id="TD-18"),
        pytest.param({"n": 500, "f": 1.5, "b": False, "t": "007", "l": [1, "2"], "o": {"a": None},
                      "blank": "", "null": None}, {"n": 500, "f": 1.5, "b": False, "t": "007",
                      "l": [1, "2"], "o": {"a": None}, "blank": ""}, id="TD-22"),
        pytest.param({"AUTH_TOKEN": "made-up-token-1", "Lead_Token": "x"}, {}, id="TD-61 capitals"),
    ],
)  # fmt: skip
def test_what_json_says_becomes_tokens(calls: Calls, said: Json, tokens: Json) -> None:
    answer = calls.json(**said)
    assert answer.status_code == 200, answer.text
    assert answer.json["lead"]["data"] == tokens
    assert calls.tokens == tokens


@pytest.mark.parametrize("name", RESERVED)
def test_td_17_a_reserved_key_is_no_token(calls: Calls, name: str) -> None:
    answer = calls.json(**{name: VALUES.get(name, "1")})
    assert answer.status_code == 200, answer.text
    assert answer.json["lead"]["data"] == {}
    assert calls.tokens == {}


def test_td_61_an_auth_token_is_no_token_in_data_either(calls: Calls) -> None:
    answer = calls.json(data={"auth_token": "made-up-token-1", "a": 1})
    assert answer.json["lead"]["data"] == {"a": 1}
    assert "made-up-token-1" not in str(calls.kept) + str(calls.document)


@pytest.mark.parametrize("name", ["data", "data_json"])
def test_td_15_what_is_no_json_object_is_422(calls: Calls, name: str) -> None:
    for text in ("{broken", "Array", "7"):
        answer = calls.json(**{name: text})
        assert answer.status_code == 422
        assert list(answer.json["errors"]) == [name]
    assert calls.json(**{name: 7}).json["errors"] == {name: ["must be an object"]}
    assert calls.nothing_stored()


def test_td_20_21_templates_know_tokens_without_capitals_and_system_tokens_stay(
    calls: Calls,
) -> None:
    calls.json(
        Loan_Amount=500, first_name="Ada", **{"2nd": "x", "Zip Code": "2600"},
        data={"caller_id": "nobody", "email": "ada@example.com", "lead_number": 99},
    )  # fmt: skip
    lead = {**calls.document, "ids": {"id": "u", "number": 1}}
    mapping = {
        "/pointer": "/tokens/Loan_Amount",
        "/text": {"template": "[loan_amount] [LOAN_AMOUNT] [2nd] [zip_code] [none]{-}"},
        "/system": {"template": "[caller_id] [email] [lead_number]"},
    }
    built = OutboundAdapter({}).build(lead, mapping)
    assert built.errors == []
    assert built.payload == {
        "pointer": 500,
        "text": "500 500 x 2600 -",
        "system": f"{CALLER} ada@example.com 1",
    }


def test_tokens_that_are_known_by_name_fill_the_lead_as_well(calls: Calls) -> None:
    said = {
        "first_name": "Ada", "last_name": "Lovelace", "zip": "2600", "gclid": "CjwK",
        "utm_source": "google", "jornaya_leadid": "0123456789abcdef0123456789abcdef01234567",
        "ip_address": "192.0.2.9", "interest": "kittens",
    }  # fmt: skip
    calls.json(data=said)
    lead = calls.document
    assert lead["tokens"] == said
    assert lead["contact"]["full_name"] == "Ada Lovelace"
    assert lead["contact"]["address"] == {"postal_code": "2600"}
    assert lead["attribution"]["click_ids"] == {"gclid": "CjwK"}
    assert lead["consent"]["certificates"][0]["type"] == "trustedform"
    assert lead["device"] == {"ip": "192.0.2.9"}
    assert "form" not in lead


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        pytest.param({"traffic_source_id": "google_ads", "sub_id": "a1b2c3d"},
                     ("google_ads", "a1b2c3d"), id="TD-53"),
        pytest.param({"traffic_source_id": 1000, "sub_id": 7}, ("1000", "7"), id="TD-53 numbers"),
        pytest.param({"data": {"traffic_source_id": "FE1", "sub_id": "x"}}, ("FE1", "x"),
                     id="TD-54"),
        pytest.param({"traffic_source_id": "top", "data": {"traffic_source_id": "within"}},
                     ("top", None), id="TD-54 both"),
        pytest.param({"traffic_source_id": "", "data": {"traffic_source_id": "FE1"}},
                     ("FE1", None), id="TD-54 a blank one"),
    ],
)  # fmt: skip
def test_where_a_lead_is_from(calls: Calls, said: Json, expected: Any) -> None:
    lead = calls.json(**said).json["lead"]
    assert (lead["traffic_source_id"], lead["sub_id"]) == expected
    assert lead["data"] == {}
    [row] = calls.leads
    assert (row.traffic_source_id, row.sub_id) == expected


@pytest.mark.parametrize(
    ("flag", "tokens"),
    [
        ("no", {"car": {"make": "Ox", "year": 1999}, "pets": ["cat", "dog"], "kids": [{"a": 1}]}),
        ("yes", {"car_make": "Ox", "car_year": 1999, "pets": "cat, dog", "kids_0_a": 1}),
    ],
)
def test_nested_tokens_are_flat_where_auto_format_nested_fields_says_so(
    calls: Calls, flag: str, tokens: Json
) -> None:
    said = {"car": {"make": "Ox", "year": 1999}, "pets": ["cat", "dog"], "kids": [{"a": 1}]}
    calls.json(data=said, auto_format_nested_fields=flag)
    assert calls.tokens == tokens


def test_what_was_sent_is_kept_as_it_was_sent(calls: Calls) -> None:
    body = json.dumps({"caller_id": "(800) 450-6787", "data": {"b": "", "a": None}, "n": 1.0})
    calls.send(f"lead_token={SCHEDULE}&n=2&tags[]=x", body.encode(), "application/json")
    sent = calls.document["verbatim"]["trackdrive"]
    assert sent["params_query"] == {"lead_token": "***", "n": "2", "tags": ["x"]}
    assert sent["params_body"] == json.loads(body)
    assert sent["merged"] == {**json.loads(body), **sent["params_query"]}


def test_a_field_that_the_mapping_drops_is_nowhere(runtime: Any, client: Any) -> None:
    configure(runtime, source("roofs", SCHEDULE, mapping={"ssn": "drop"}))
    calls = Calls(runtime, client)
    answer = calls.send("", f"{WHO}&ssn=123-45-6789&a=b".encode(), FORM)
    assert answer.json["lead"]["data"] == {"a": "b"}
    assert "123-45-6789" not in str(calls.document) + str(calls.kept)
