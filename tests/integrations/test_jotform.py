"""Jotform: parts of names and phones, labels out of `pretty`, and an address that stays secret."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.jotform.labels import Labels
from relay.catalog import load_catalog
from relay.core.adapter import Mapped, MappingRules
from relay.core.contract import Inbound, Json, Parsed, Unreadable

KIND = load_catalog().sources["jotform"]
POST = {"formID": "2432", "submissionID": "6084", "formTitle": "Ask", "ip": "192.0.2.17"}


def parse(raw: Json, **more: Json) -> Parsed:
    body = {**POST, "rawRequest": json.dumps(raw), **more}
    (parsed,) = KIND.source.parse(Inbound(body=json.dumps(body).encode()), {})
    return parsed


def mapped(raw: Json, pretty: str = "", mapping: Json = None) -> Mapped:
    rules = MappingRules(mapping=mapping or {}, region="US", noise=KIND.source.noise)
    found = KIND.adapter.map(parse(raw, pretty=pretty), rules)
    assert found.reasons == []
    return found


def lead(raw: Json, pretty: str = "", mapping: Json = None) -> Any:
    return mapped(raw, pretty, mapping).document


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("Flat", {"roof": "Flat"}),
        (["Flat", "Green"], {"roof": ["Flat", "Green"]}),
        ({"0": "Flat", "other": "Thatched"}, {"roof": ["Flat", "Thatched"]}),
        ({"month": "3", "day": "9", "year": "2026"}, {"roof": "2026-03-09"}),
        (
            {"year": "2026", "month": "03", "day": "09", "hour": "4", "min": "05", "ampm": "PM"},
            {"roof": "2026-03-09 4:05 PM"},
        ),
        (
            {"timeInput": "05:55", "hourSelect": "05", "minuteSelect": "55", "ampm": "AM"},
            {"roof": "05:55 AM"},
        ),
        (
            {"date": "2026-04-25 16:00", "duration": "60", "timezone": "UTC", "implementation": ""},
            {"roof": "2026-04-25 16:00", "roof (duration)": "60", "roof (timezone)": "UTC"},
        ),
        ({"colIds": "[1]", "rowIds": "[1]", "0": ["a", "b"]}, {"roof": [["a", "b"]]}),
        ({"products": [{"productName": "Kit"}]}, {"roof": {"products": [{"productName": "Kit"}]}}),
        ("data:image/png;base64,iVBORw0KGgo=", {"roof": "(image/png, 34 characters)"}),
        (0, {"roof": 0}),
    ],
)
def test_every_widget_reads_well(value: Json, kept: Json) -> None:
    assert lead({"q9_roof": value})["form"]["fields"] == kept


@pytest.mark.parametrize(
    "value",
    [
        "",
        " ",
        None,
        [],
        {"month": "", "day": "", "year": ""},
        {"first": "", "last": ""},
        {"implementation": "new", "date": "", "duration": "60", "timezone": "UTC"},
        {"colIds": "[1]", "rowIds": "[1]"},
    ],
)
def test_what_nobody_filled_in_is_listed_and_not_kept(value: Json) -> None:
    found = mapped({"q9_roof": value, "q1_email": "ada@example.com"})
    assert "fields" not in found.document["form"]
    assert "/empty" in [warning["place"] for warning in found.warnings]


@pytest.mark.parametrize(
    ("value", "raw"),
    [
        ({"full": "(202) 555-0143"}, "(202) 555-0143"),
        ({"area": "202", "phone": "555-0143"}, "202 555-0143"),
        ({"country": "1", "area": "202", "phone": "555-0143"}, "1 202 555-0143"),
        ("202-555-0143", "202-555-0143"),
    ],
)
def test_a_phone_in_parts_is_one_number(value: Json, raw: str) -> None:
    for name in ("phoneNumber", "callMe") if isinstance(value, dict) else ("phoneNumber",):
        phone = lead({f"q4_{name}": value})["contact"]["phone"]
        assert phone == {"raw": raw, "e164": "+12025550143", "region": "US"}


def test_the_first_name_and_the_first_address_are_the_contact_s() -> None:
    person = {"prefix": "Dr.", "first": "Ada", "middle": "King", "last": "Lovelace", "suffix": ""}
    raw = {"q1_yourName": person, "q2_friend": {"first": "Charles", "last": "Babbage"}}
    document = lead(raw, "Your Name:Dr. Ada King Lovelace, Friend:Charles Babbage")
    assert document["contact"] == {
        "salutation": "Dr.",
        "first_name": "Ada",
        "last_name": "Lovelace",
        "full_name": "Ada Lovelace",
    }
    assert document["form"]["fields"] == {
        "Your Name (middle)": "King",
        "Friend (first)": "Charles",
        "Friend (last)": "Babbage",
    }


def test_a_mapping_goes_by_key_name_or_label() -> None:
    raw, pretty = {"q33_typeOf": "Flat"}, "Type of Roof:Flat"
    for name in ("q33_typeOf", "typeOf", "Type of Roof"):
        assert lead(raw, pretty, {name: "/form/subject"})["form"]["subject"] == "Flat"
    parts = {"q5_who": {"first": "Ada", "last": ""}}
    assert lead(parts, "", {"q5_who.first": "/tokens/who"})["tokens"] == {"who": "Ada"}


# --- labels ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "answer", "label"),
    [
        ("typeOf", "Online, at home", "Type of Tutoring"),
        ("studentsName", "Sam P", "Student's Name"),
        ("priorTutoring", "No", "Prior Tutoring?"),
        ("priorTutoring", "Yes", "priorTutoring"),
        ("grade", None, "Grade"),
        ("reports", "a.pdf", "Reports"),
        ("unknown", None, "unknown"),
        ("online", None, "online"),
        ("...", None, "..."),
    ],
)
def test_a_label_begins_with_the_name_and_has_the_answer_behind_it(
    name: str, answer: str | None, label: str
) -> None:
    pretty = (
        "Student's Name:Sam P, Type of Tutoring:Online, at home, Grade:12, Prior Tutoring?:No, "
        "Reports:a.pdf"
    )
    assert Labels(pretty).of(name, answer) == label


def test_what_a_visitor_writes_becomes_no_label() -> None:
    pretty = "Message:Hello, Email of my friend:x@example.com, E-mail:ada@example.com"
    assert Labels(pretty).of("email", "ada@example.com") == "E-mail"
    assert Labels("").of("email", None) == "email"


@given(st.text(alphabet="ab:, \n", max_size=80), st.text(max_size=5))
def test_no_line_makes_it_raise(pretty: str, name: str) -> None:
    assert isinstance(Labels(pretty).of(name, None), str)


# --- the post -------------------------------------------------------------------------------


def test_the_own_address_and_the_page_s_machinery_are_not_kept() -> None:
    address = "https://relay.example.com/in/SOURCE-KEY"
    raw = {
        "q1_email": "ada@example.com",
        "jsExecutionTracker": "t=>1",
        "event_id": "e",
        "path": "/",
    }
    parsed = parse(raw, webhookURL=address, username="somebody")
    assert "SOURCE-KEY" not in json.dumps(parsed.document)
    document = KIND.adapter.map(parsed, MappingRules()).document
    assert "fields" not in document["form"]
    assert "unique_event_id" not in document["keys"]


def test_what_jotform_adds_one_day_is_kept() -> None:
    assert lead({"q1_email": "a@example.com", "brandNew": "x"})["form"]["fields"] == {
        "brandNew": "x"
    }


def test_a_repeat_is_the_same_event_and_an_edit_another_one_of_the_same_lead() -> None:
    first, edited = parse({"q1_roof": "a"}), parse({"q1_roof": "b", "submissionEdited": 1})
    assert first.event_id == parse({"q1_roof": "a"}).event_id == "2432 6084"
    assert edited.event_id != first.event_id
    assert edited.event_id == parse({"q1_roof": "b", "submissionEdited": 1}).event_id
    assert edited.event_id != parse({"q1_roof": "c", "submissionEdited": 1}).event_id
    assert first.lead_id == edited.lead_id == "2432 6084"
    assert first.lead_scope == "kind"


@pytest.mark.parametrize("changed", [{"formID": ""}, {"submissionID": None}, {"formID": "a b"}])
def test_a_post_without_its_ids_has_a_reason(changed: Json) -> None:
    found = KIND.adapter.map(parse({"q1_roof": "a"}, **changed), MappingRules())
    assert found.document is None
    assert found.reasons[0]["place"] == "/" + next(iter(changed))


@pytest.mark.parametrize("raw", ["", "{", "[]", "{}", "7", None, ["a", "b"]])
def test_a_post_without_answers_is_unreadable(raw: Json) -> None:
    with pytest.raises(Unreadable):
        parse({"q1_roof": "a"}, rawRequest=raw)
