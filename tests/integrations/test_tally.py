"""Tally: ids of options and their texts, boxes that are said twice, and its signature."""

import json
from typing import Any

import pytest

from relay.catalog import load_catalog
from relay.core.adapter import MappingRules
from relay.core.contract import Inbound, Json, Parsed
from relay.core.verify import verify

KIND = load_catalog().sources["tally"]
OPTIONS = [
    {"id": "a1", "text": "Flat"},
    {"id": "b2", "text": "Steep"},
    {"id": "c3", "text": "None"},
]


def event(*fields: Json, **more: Json) -> Json:
    data = {"formId": "mZA0Av", "submissionId": "jaMb6Ka", "responseId": "jaMb6Ka"}
    data |= {"fields": list(fields), **more}
    return {"eventId": "02ee", "eventType": "FORM_RESPONSE", "createdAt": "x", "data": data}


def field(
    type_: str, value: Json, label: Json = "Roof", key: str = "question_1", **m: Json
) -> Json:
    return {"key": key, "label": label, "type": type_, "value": value, **m}


def parse(body: Json) -> Parsed:
    (parsed,) = KIND.source.parse(Inbound(body=json.dumps(body).encode()), {})
    return parsed


def lead(body: Json, mapping: Json = None) -> Any:
    found = KIND.adapter.map(parse(body), MappingRules(mapping=mapping or {}))
    assert found.reasons == []
    return found.document


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (field("INPUT_TEXT", "flat"), "flat"),
        (field("INPUT_NUMBER", 0), 0),
        (field("MULTIPLE_CHOICE", ["a1"], options=OPTIONS), "Flat"),
        (field("MULTIPLE_CHOICE", "a1", options=OPTIONS), "Flat"),
        (field("MULTIPLE_CHOICE", ["a1", "b2"], options=OPTIONS), ["Flat", "Steep"]),
        (field("DROPDOWN", ["Thatched"], options=OPTIONS), "Thatched"),
        (field("DROPDOWN", None, options=OPTIONS), []),
        (field("CHECKBOXES", ["b2"], options=OPTIONS), ["Steep"]),
        (field("MULTI_SELECT", ["b2", "a1"], options=OPTIONS), ["Steep", "Flat"]),
        (field("RANKING", ["c3", "a1"], options=OPTIONS), ["None", "Flat"]),
        (field("CHECKBOXES", [["odd"], 7], options=OPTIONS), [["odd"], 7]),
        (field("DROPDOWN", ["a1"], options=[{"id": "a1"}, None, {"text": "x"}]), ["a1"]),
        (
            field("MATRIX", {"a1": ["b2"], "x": ["a1", "b2"]}, rows=OPTIONS, columns=OPTIONS),
            {"Flat": "Steep", "x": ["Flat", "Steep"]},
        ),
        (field("MATRIX", "odd", rows=None), "odd"),
        (field("BRAND_NEW", {"x": 1}), {"x": 1}),
    ],
)
def test_an_answer_is_kept_under_its_label(given: Json, kept: Json) -> None:
    assert lead(event(given))["form"]["fields"] == {"Roof": kept}


def test_what_is_said_again_of_each_box_is_dropped() -> None:
    group = field("CHECKBOXES", ["a1"], options=OPTIONS)
    again = [
        field("CHECKBOXES", one == "a1", f"Roof ({one})", f"question_1_{one}")
        for one in ("a1", "b2")
    ]
    body = event(group, *again)
    assert lead(body)["form"]["fields"] == {"Roof": ["Flat"]}
    assert parse(body).document["data"]["copies"] == ["question_1_a1", "question_1_b2"]
    assert lead(event(*again))["form"]["fields"] == {"Roof (a1)": True, "Roof (b2)": False}


@pytest.mark.parametrize(("value", "state"), [(["n"], "granted"), ([], "denied"), (None, "denied")])
def test_a_group_with_one_box_is_that_box(value: Json, state: str) -> None:
    box = field("CHECKBOXES", value, "Newsletter", options=[{"id": "n", "text": "Write to me"}])
    assert lead(event(box))["consent"]["marketing"] == {
        "state": state,
        "raw": state == "granted",
        "text": "Write to me",
    }
    agreed = field("CHECKBOXES", ["n"], None, options=[{"id": "n", "text": "I accept the terms"}])
    assert lead(event(agreed))["consent"]["privacy"]["state"] == "granted"


def test_hidden_fields_give_way_to_answers_wherever_they_stand() -> None:
    hidden = field("HIDDEN_FIELDS", "guess@example.com", "email", "question_h")
    asked = field("INPUT_EMAIL", "ada@example.com", "Mail")
    for body in (event(hidden, asked), event(asked, hidden)):
        document = lead(body)
        assert document["contact"]["email"] == "ada@example.com"
        assert document["form"]["fields"] == {"email": "guess@example.com"}
    assert lead(event(hidden))["contact"]["email"] == "guess@example.com"


def test_what_is_calculated_names_nobody() -> None:
    one = field("CALCULATED_FIELDS", "Ada", "Name", "question_c_1")
    two = field("CALCULATED_FIELDS", 7, "Name", "question_c_2")
    document = lead(event(one, two))
    assert "contact" not in document
    assert document["form"]["fields"] == {"Name": "Ada", "question_c_2": 7}


def test_a_mapping_goes_by_key_or_label() -> None:
    for name in ("question_1", "Roof"):
        document = lead(event(field("INPUT_TEXT", "flat")), {name: "/form/subject"})
        assert document["form"]["subject"] == "flat"


def test_a_repeat_is_known_by_form_and_submission_whatever_its_event() -> None:
    first = parse(event())
    assert first.event_id == first.lead_id == "mZA0Av jaMb6Ka"
    assert parse({**event(), "eventId": "another"}).event_id == first.event_id
    assert parse(event(submissionId=None)).event_id == first.event_id
    assert parse(event(submissionId="b")).event_id != first.event_id
    assert parse(event(formId="b")).event_id != first.event_id


@pytest.mark.parametrize("fields", [[None, 1, "x"], [[]], [{}], [{"key": 1, "type": []}], []])
def test_fields_of_any_shape_cost_no_response(fields: Json) -> None:
    assert lead(event(*fields))["form"]["id"] == "mZA0Av"


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({}, ""),
        ([], ""),
        ({"data": None}, "/data"),
        (event(formId=None), "/data/formId"),
        (event(submissionId=None, responseId=7), "/data/submissionId"),
        (event(fields="x"), "/data/fields"),
        ({**event(), "eventType": "OTHER"}, "/eventType"),
    ],
)
def test_what_is_no_response_has_a_reason_with_its_place(body: Json, place: str) -> None:
    found = KIND.adapter.map(parse(body), MappingRules())
    assert found.document is None
    assert place in [reason["place"] for reason in found.reasons]


BODY = b'{"a":1}'
GENUINE = "JFVPYoU2PdF5GisYQLu7TkYIwKbtHUhVHqgxhPTibkI="


@pytest.mark.parametrize(
    ("header", "genuine"),
    [(GENUINE, True), (GENUINE.lower(), False), (GENUINE[:-1], False), ("", False)],
)
def test_the_vendor_s_own_signature_is_known(header: str, genuine: bool) -> None:
    inbound = Inbound(body=BODY, headers={"tally-signature": header})
    reason = verify(KIND.source, inbound, {"secrets": ["newer", "abc123"]}, 0)
    assert (reason is None) is genuine
    assert verify(KIND.source, Inbound(body=BODY), {}, 0) is None
