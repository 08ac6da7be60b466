"""Gravity Forms: what the numbers of an entry mean, and what tells one entry from another."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.gravity_forms.php_lists import read_list
from relay.catalog import load_catalog
from relay.core.adapter import Mapped, MappingRules
from relay.core.contract import Inbound, Json, Parsed, Unreadable

KIND = load_catalog().sources["gravity_forms"]
ENTRY = {"id": "7", "form_id": "2", "source_url": "https://www.example.com/quote/"}
ADDRESS = {
    "1": "12 Example Street",
    "2": "",
    "3": "Springfield",
    "4": "IL",
    "5": "62701",
    "6": "US",
}


def parse(body: Json, agent: str = "") -> Parsed:
    inbound = Inbound(body=json.dumps(body).encode(), headers={"user-agent": agent})
    (parsed,) = KIND.source.parse(inbound, {})
    return parsed


def mapped(fields: Json, mapping: Json = None) -> Mapped:
    found = KIND.adapter.map(
        parse({**ENTRY, **fields}),
        MappingRules(mapping=mapping or {}, noise=KIND.source.noise, region="US"),
    )
    assert found.reasons == []
    return found


def lead(fields: Json, mapping: Json = None) -> Any:
    return mapped(fields, mapping).document


def inputs(number: int, parts: dict[str, str]) -> dict[str, str]:
    return {f"{number}.{part}": value for part, value in parts.items()}


def test_a_name_is_told_by_its_inputs_whatever_its_number() -> None:
    name = {"2": "Dr.", "3": "Ada", "4": "King", "6": "Lovelace", "8": "Jr."}
    document = lead(inputs(14, name))
    assert document["contact"] == {
        "salutation": "Dr.",
        "first_name": "Ada",
        "last_name": "Lovelace",
        "full_name": "Ada Lovelace",
    }
    assert document["form"]["fields"] == {"middle name": "King", "name suffix": "Jr."}


def test_a_second_person_is_kept_beside_the_first() -> None:
    first, second = {"3": "Ada", "6": "Lovelace"}, {"3": "Charles", "6": "Babbage"}
    document = lead({**inputs(1, first), **inputs(5, second)})
    assert document["contact"]["full_name"] == "Ada Lovelace"
    assert document["form"]["fields"] == {"first_name": "Charles", "last_name": "Babbage"}


def test_an_address_is_no_name_though_it_has_the_same_numbers() -> None:
    contact = lead(inputs(1, ADDRESS))["contact"]
    assert "first_name" not in contact
    assert contact["address"] == {
        "street": "12 Example Street",
        "city": "Springfield",
        "region": "IL",
        "postal_code": "62701",
        "country": "US",
    }


@pytest.mark.parametrize(
    "changed",
    [{"3": ""}, {"5": ""}, {"5": "five rooms"}, {"3": "2022"}, {"5": "No postal code here"}],
)
def test_six_choices_are_no_address(changed: dict[str, str]) -> None:
    document = lead(inputs(3, {**ADDRESS, **changed}))
    assert "contact" not in document
    chosen = [value for value in {**ADDRESS, **changed}.values() if value]
    assert document["form"]["fields"] == {"3": chosen}


def test_choices_are_a_list_and_a_lone_box_is_itself() -> None:
    boxes = {"5.1": "", "5.2": "Roof", "5.3": "Battery", "6.1": "Newsletter", "7.1": "", "7.2": ""}
    assert lead(boxes)["form"]["fields"] == {"5": ["Roof", "Battery"], "6": "Newsletter"}
    for name in ("6", "6.1"):
        consent = lead(boxes, {name: "/consent/marketing"})["consent"]["marketing"]
        assert consent["raw"] == "Newsletter"


def test_a_consent_is_kept_with_the_text_that_was_shown() -> None:
    box = {"9.1": "1", "9.2": "I agree to the privacy policy.", "9.3": "4"}
    found = mapped(box)
    assert found.document["consent"]["privacy"] == {
        "state": "granted",
        "raw": True,
        "text": "I agree to the privacy policy.",
    }
    assert "fields" not in found.document["form"]
    assert lead({"9.1": "1", "9.2": "2", "9.3": "3"})["form"]["fields"] == {"9": ["1", "2", "3"]}


def test_what_a_value_looks_like_counts_only_where_nothing_says_more() -> None:
    fields = {"2": "ada@example.com", "3": "friend@example.com", "4": "+44 20 7946 0000", "5": "12"}
    document = lead(fields)
    assert document["contact"]["email"] == "ada@example.com"
    assert document["contact"]["phone"]["e164"] == "+442079460000"
    assert document["form"]["fields"] == {"3": "friend@example.com", "5": "12"}
    assert lead(fields, {"3": "/contact/email"})["contact"]["email"] == "friend@example.com"


def test_a_payment_card_is_not_kept() -> None:
    found = mapped({"8.1": "XXXXXXXXXXXX4242", "8.4": "Visa"})
    assert "4242" not in json.dumps(found.document)
    assert "payment card" in [warning.get("rule") for warning in found.warnings]


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ('["One","Two"]', ["One", "Two"]),
        ("[not json", "[not json"),
        ("[]", "[]"),
        ('a:2:{i:0;s:5:"Alpha";i:1;s:4:"Übe";}', ["Alpha", "Übe"]),
        ('a:1:{i:0;a:2:{s:4:"Name";s:3:"Ada";s:3:"Age";i:36;}}', [{"Name": "Ada", "Age": 36}]),
        ("a: colon is no list", "a: colon is no list"),
        ([{"nested": "rows"}], [{"nested": "rows"}]),
        (0, 0),
    ],
)
def test_a_list_in_a_text_is_a_list(value: Json, kept: Json) -> None:
    assert lead({"11": value})["form"]["fields"] == {"11": kept}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a:0:{}", []),
        ("a:3:{i:0;N;i:1;b:1;i:2;d:1.5;}", [None, True, 1.5]),
        ('a:1:{s:1:"a";a:1:{i:0;i:-7;}}', {"a": [-7]}),
        ('a:1:{i:0;s:99:"short";}', None),
        ("a:2:{i:0;i:1;}", None),
        ("a:1:{i:0;i:1;", None),
        ("a:1:{i:0;i:1;}more", None),
        ("i:1;", None),
        ('s:1:"a";', None),
        ("a:9999999:{", None),
        ("a:1:{i:0;" * 50, None),
        ("a:1:{d:1.2.3;i:1;}", None),
        ("a:1:{a:0:{}i:1;}", None),
    ],
)
def test_lists_as_php_writes_them(text: str, found: Json) -> None:
    assert read_list(text) == found


@given(st.text(alphabet='asidbN:;{}"0123456789.', max_size=60))
def test_no_text_makes_the_reader_of_lists_raise(text: str) -> None:
    assert isinstance(read_list("a:" + text), list | dict | None)


@pytest.mark.parametrize(
    ("changed", "agent", "event"),
    [
        ({}, "", "www.example.com 2 7"),
        ({"source_url": "https://shop.example.com/"}, "", "shop.example.com 2 7"),
        ({"source_url": ""}, "WordPress/6.7; https://x.example", "x.example 2 7"),
        ({"source_url": None}, "curl/8", " 2 7"),
        ({"id": 7}, "", "www.example.com 2 7"),
        ({"id": ""}, "", None),
        ({"id": ["7"]}, "", None),
        ({"form_id": "x"}, "", None),
    ],
)
def test_an_entry_is_known_by_site_form_and_number(
    changed: Json, agent: str, event: str | None
) -> None:
    assert parse({**ENTRY, **changed}, agent).event_id == event


def test_without_ids_equal_content_is_a_repeat() -> None:
    assert parse({"email": "ada@example.com"}).event_id is None
    assert KIND.source.repeat_window == 600


def test_only_the_preview_is_a_test() -> None:
    assert parse({**ENTRY, "source_url": "https://x.example/?gf_page=preview&id=1"}).test
    assert not parse(ENTRY).test


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"[1]", b"null", b"7", b"{"])
def test_a_body_without_fields_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        KIND.source.parse(Inbound(body=body), {})
