"""Webflow: two versions of its API, and a signature with a time in milliseconds."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from relay.catalog import load_catalog
from relay.core.adapter import MappingRules
from relay.core.contract import Inbound, Json, Parsed
from relay.core.verify import verify

KIND = load_catalog().sources["webflow"]
SCHEMA = [
    {"fieldName": "Roof", "fieldType": "FormSelect", "fieldElementId": "e1"},
    {"fieldName": "Plan", "fieldType": "FormFileUploadWrapper", "fieldElementId": "e2"},
]


def parse(body: Json) -> Parsed:
    (parsed,) = KIND.source.parse(Inbound(body=json.dumps(body).encode()), {})
    return parsed


def version_2(data: Json, **more: Json) -> Json:
    payload = {"name": "Ask", "id": "63a", "formId": "65b", "data": data, "schema": SCHEMA, **more}
    return {"triggerType": "form_submission", "payload": payload}


def lead(body: Json, mapping: Mapping[str, Json] | None = None) -> Any:
    found = KIND.adapter.map(parse(body), MappingRules(mapping=mapping or {}))
    assert found.reasons == []
    return found.document


@pytest.mark.parametrize("key", ["Roof", "e1"])
def test_a_field_is_known_by_its_name_and_by_its_element(key: str) -> None:
    body = version_2({key: "Flat"})
    assert lead(body)["form"]["fields"] == {"Roof": "Flat"}
    for name in ("Roof", "e1"):
        assert lead(body, {name: "/form/subject"})["form"]["subject"] == "Flat"


def test_an_upload_is_a_file() -> None:
    files = lead(version_2({"Plan": "https://uploads.example/plan.pdf"}))["form"]["files"]
    assert files == [{"url": "https://uploads.example/plan.pdf", "label": "Plan"}]


@pytest.mark.parametrize("schema", [None, {}, "x", [None, 1, {"fieldName": 3}], []])
def test_without_its_schema_an_answer_is_kept_under_its_key(schema: Json) -> None:
    body = version_2({"Roof": "Flat", "7f": 0}, schema=schema)
    assert lead(body)["form"]["fields"] == {"Roof": "Flat", "7f": 0}


def test_both_versions_say_the_same() -> None:
    data = {"email": "ada@example.com", "Roof": "Flat"}
    at = "2026-03-02T11:53:07Z"
    newer = lead(version_2(data, submittedAt=at))
    older = lead({"name": "Ask", "site": "62", "data": data, "d": at, "_id": "63a"})
    assert newer == {**older, "form": {**older["form"], "id": "65b"}}


def test_a_repeat_is_known_by_its_id() -> None:
    assert parse(version_2({})).event_id == "63a"
    assert parse({"name": "Ask", "data": {}, "_id": "63c"}).event_id == "63c"


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({}, ""),
        ([], ""),
        ({"payload": None}, "/payload"),
        ({"payload": {"data": {}}}, "/payload"),
        (version_2(None), "/payload/data"),
        (version_2({}, id=""), "/payload/id"),
        ({"_id": "63a", "data": "x"}, "/data"),
        ({**version_2({}), "triggerType": "site_publish"}, "/triggerType"),
    ],
)
def test_what_is_no_submission_has_a_reason_with_its_place(body: Json, place: str) -> None:
    found = KIND.adapter.map(parse(body), MappingRules())
    assert found.document is None
    assert place in [reason["place"] for reason in found.reasons]


BODY = b'{"a":1}'
TIME = "1663849649733"
GENUINE = "9e0d70b19b6ee0de39e12315b35566889596f7ea8873811b05ad90cbbc06f813"


@pytest.mark.parametrize(
    ("changed", "now", "genuine"),
    [
        ({}, 1663849649.7, True),
        ({}, 1663849649.7 + 299, True),
        ({}, 1663849649.7 + 301, False),
        ({}, 1663849649.7 - 301, False),
        ({"x-webflow-timestamp": "1663849649734"}, 1663849649.7, False),
        ({"x-webflow-timestamp": ""}, 1663849649.7, False),
        ({"x-webflow-signature": GENUINE[:-1] + "4"}, 1663849649.7, False),
        ({"x-webflow-signature": GENUINE.upper()}, 1663849649.7, True),
        ({"x-webflow-signature": ""}, 1663849649.7, False),
    ],
)
def test_the_vendor_s_own_signature_is_known(
    changed: dict[str, str], now: float, genuine: bool
) -> None:
    headers = {"x-webflow-timestamp": TIME, "x-webflow-signature": GENUINE, **changed}
    inbound = Inbound(body=BODY, headers=headers)
    reason = verify(KIND.source, inbound, {"secrets": ["abc123"]}, now)
    assert (reason is None) is genuine
    assert verify(KIND.source, Inbound(body=BODY), {}, now) is None
