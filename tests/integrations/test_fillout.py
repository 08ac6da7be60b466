"""Fillout: a submission in any wrapping, and what in it is an answer and what a guess."""

import json
from typing import Any

import pytest

from relay.catalog import load_catalog
from relay.core.adapter import MappingRules
from relay.core.contract import Inbound, Json, Parsed, Unreadable

KIND = load_catalog().sources["fillout"]


def question(value: Json, type_: str = "ShortAnswer", name: str = "Roof") -> Json:
    return {"id": "q1", "name": name, "type": type_, "value": value}


def submission(*questions: Json, **more: Json) -> Json:
    return {"submissionId": "abc123", "questions": list(questions), **more}


def parse(body: Json, type_: str = "") -> Parsed:
    inbound = Inbound(body=json.dumps(body).encode(), headers={"content-type": type_})
    (parsed,) = KIND.source.parse(inbound, {})
    return parsed


def lead(body: Json, mapping: Json = None) -> Any:
    found = KIND.adapter.map(parse(body), MappingRules(mapping=mapping or {}))
    assert found.reasons == []
    return found.document


def test_every_wrapping_is_opened() -> None:
    inner = submission(question("flat"))
    expected = {
        "v": 1,
        "keys": {"submission_id": "abc123"},
        "form": {"fields": {"Roof": "flat"}},
    }
    for body in ({"submission": inner}, inner, json.dumps({"submission": inner})):
        for type_ in ("application/json", "text/plain", ""):
            found = KIND.adapter.map(parse(body, type_), MappingRules())
            assert found.document == expected


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (question(["a", "b"], "Checkboxes"), ["a", "b"]),
        (question(0, "NumberInput"), 0),
        (question(value=False, type_="Switch"), False),
        (question({"row": "x"}, "Matrix"), {"row": "x"}),
        (question("x", "BrandNew"), "x"),
    ],
)
def test_an_answer_is_kept_under_its_question(given: Json, kept: Json) -> None:
    assert lead({"submission": submission(given)})["form"]["fields"] == {"Roof": kept}


def test_types_tell_what_an_answer_is() -> None:
    document = lead(
        {
            "submission": submission(
                question("ada@example.com", "EmailInput", "A"),
                question("+12025550143", "PhoneNumber", "B"),
                question(
                    [{"url": "https://f.example/a.pdf", "filename": "a.pdf"}], "FileUpload", "C"
                ),
                question({"city": "London", "zipCode": "N1"}, "Address", "D"),
            )
        }
    )
    assert document["contact"]["email"] == "ada@example.com"
    assert document["contact"]["phone"]["e164"] == "+12025550143"
    assert document["contact"]["address"] == {"city": "London", "postal_code": "N1"}
    assert document["form"]["files"] == [
        {"url": "https://f.example/a.pdf", "name": "a.pdf", "label": "C"}
    ]


def test_address_parameters_give_way_to_answers() -> None:
    guess = [{"id": "email", "name": "email", "value": "guess@example.com"}]
    asked = question("ada@example.com", "Email", "Mail")
    document = lead({"submission": {"urlParameters": guess, **submission(asked)}})
    assert document["contact"]["email"] == "ada@example.com"
    assert document["form"]["fields"] == {"email": "guess@example.com"}
    alone = {"submission": submission(urlParameters=guess)}
    assert lead(alone)["contact"]["email"] == "guess@example.com"


def test_what_is_calculated_names_nobody() -> None:
    body = {"submission": submission(calculations=[{"id": "c", "name": "Name", "value": "Ada"}])}
    assert lead(body)["form"]["fields"] == {"Name": "Ada"}
    assert "contact" not in lead(body)


def test_a_mapping_goes_by_id_or_words() -> None:
    for name in ("q1", "Roof"):
        document = lead({"submission": submission(question("x"))}, {name: "/form/subject"})
        assert document["form"]["subject"] == "x"


def test_a_repeat_is_known_by_form_and_submission() -> None:
    assert parse({"formId": "f", "submission": submission()}).event_id == "f abc123"
    assert parse({"submission": submission()}).event_id == " abc123"
    assert parse({"submission": submission(submissionId=None)}).event_id is None
    assert parse({"email": "ada@example.com"}).event_id is None


@pytest.mark.parametrize("odd", [None, 7, "x", [], [None, 1, "x", []], {"a": 1}])
def test_parts_of_any_shape_cost_no_submission(odd: Json) -> None:
    body = {"submission": submission(calculations=odd, urlParameters=odd, quiz=odd, payments=odd)}
    assert lead(body)["keys"] == {"submission_id": "abc123"}
    if isinstance(odd, list):
        assert lead({"submission": submission(*odd)})["keys"] == {"submission_id": "abc123"}


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"7", b'"text"', b'"[1]"', b"{"])
def test_a_body_without_fields_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        KIND.source.parse(Inbound(body=body), {})
