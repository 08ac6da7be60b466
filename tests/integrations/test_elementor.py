"""Elementor's two ways to send a form, and what each of them hides."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from relay.catalog import load_catalog
from relay.core.adapter import Mapped, MappingRules
from relay.core.contract import Inbound, Json, Parsed, Unreadable

KIND = load_catalog().sources["elementor"]
FORM = {"content-type": "application/x-www-form-urlencoded"}


def parse(pairs: dict[str, str]) -> Parsed:
    (parsed,) = KIND.source.parse(Inbound(body=urlencode(pairs).encode(), headers=FORM), {})
    return parsed


def field(type_: str, value: str, title: str = "Roof", **more: str) -> dict[str, str]:
    said = {"id": "f", "type": type_, "title": title, "value": value, **more}
    return {"form[id]": "1", **{f"fields[f][{key}]": one for key, one in said.items()}}


def mapped(pairs: dict[str, str], mapping: Json = None) -> Mapped:
    rules = MappingRules(mapping=mapping or {}, noise=KIND.source.noise)
    found = KIND.adapter.map(parse(pairs), rules)
    assert found.reasons == []
    return found


def lead(pairs: dict[str, str], mapping: Json = None) -> Any:
    return mapped(pairs, mapping).document


@pytest.mark.parametrize(
    ("pairs", "kept"),
    [
        (field("text", "flat"), {"Roof": "flat"}),
        (field("text", "flat", title=""), {"f": "flat"}),
        (
            field("checkbox", "A, B", **{"raw_value][0": "A", "raw_value][1": "B"}),
            {"Roof": ["A", "B"]},
        ),
        (field("checkbox", "A, B", raw_value="A, B"), {"Roof": "A, B"}),
        (field("number", "0", required="1"), {"Roof": "0"}),
    ],
)
def test_an_answer_of_advanced_data_is_kept_under_its_label(
    pairs: dict[str, str], kept: Json
) -> None:
    assert lead(pairs)["form"]["fields"] == kept


@pytest.mark.parametrize("name", ["f", "Roof", "roof?"])
def test_a_mapping_goes_by_id_or_label(name: str) -> None:
    assert lead(field("text", "flat"), {name: "/form/subject"})["form"]["subject"] == "flat"


@pytest.mark.parametrize("type_", ["step", "html", "recaptcha", "recaptcha_v3", "honeypot"])
def test_machinery_is_listed_and_not_kept(type_: str) -> None:
    found = mapped(field(type_, "whatever"))
    assert "whatever" not in str(found.document)
    assert "/left_out" in [warning["place"] for warning in found.warnings]


def test_a_password_is_kept_nowhere() -> None:
    found = mapped(field("password", "correct horse"))
    assert "correct" not in str(found.document)
    assert found.dropped == ["correct horse"]
    assert mapped(field("password", "")).dropped == []
    simple = mapped({"Name": "Ada", "Passwort": "correct horse"})
    assert simple.dropped == ["correct horse"]
    assert "correct" not in str(simple.document)


@pytest.mark.parametrize(("value", "state"), [("on", "granted"), ("", "denied")])
def test_a_box_that_accepts_is_consent_by_its_label(value: str, state: str) -> None:
    given = lead(field("acceptance", value, title="Newsletter"))
    assert given["consent"]["marketing"]["state"] == state
    other = lead(field("acceptance", value, title="Weekend"))
    assert other["form"]["fields"] == {"Weekend": value == "on"}


def test_several_uploads_are_several_files() -> None:
    pairs = field("upload", "https://x.example/a.pdf, https://x.example/b.pdf", title="Plans")
    assert lead(pairs)["form"]["files"] == [
        {"url": "https://x.example/a.pdf", "label": "Plans"},
        {"url": "https://x.example/b.pdf", "label": "Plans"},
    ]
    assert "files" not in lead(field("upload", ""))["form"]


def test_a_field_without_a_label_is_known_by_its_id_unless_another_has_that_name() -> None:
    assert lead({"No Label email": "ada@example.com"})["contact"]["email"] == "ada@example.com"
    both = lead({"email": "ada@example.com", "No Label email": "other@example.com"})
    assert both["contact"]["email"] == "ada@example.com"
    assert both["form"]["fields"] == {"No Label email": "other@example.com"}


def test_a_date_of_the_visitor_s_own_is_never_taken_for_that_of_the_site() -> None:
    assert lead({"Name": "Ada", "Date": "2 May"})["form"]["fields"] == {"Date": "2 May"}


def test_equal_content_is_a_repeat_for_ten_minutes() -> None:
    assert parse(field("text", "flat")).event_id is None
    assert KIND.source.repeat_window == 600
    assert not KIND.source.retries


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"[1]", b"7", b"no form"])
def test_a_body_without_fields_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        KIND.source.parse(Inbound(body=body), {})


@pytest.mark.parametrize("fields", [None, 7, "text", [], {}, [1, {"value": 2}], {"a": []}, True])
def test_fields_of_any_shape_cost_no_submission(fields: Json) -> None:
    body = json.dumps({"form": {"id": "1"}, "fields": fields}).encode()
    (parsed,) = KIND.source.parse(Inbound(body=body), {})
    assert KIND.adapter.map(parsed, MappingRules()).document["form"]["id"] == "1"
