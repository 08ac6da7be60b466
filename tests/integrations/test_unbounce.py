"""Unbounce's three formats say the same, and every value in them is a list."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from relay.catalog import load_catalog
from relay.core.adapter import MappingRules
from relay.core.contract import Inbound, Json, Unreadable

KIND = load_catalog().sources["unbounce"]
FORM = "application/x-www-form-urlencoded"
DATA = {"full_name": ["Ada Lovelace"], "email": ["ada@example.com"], "topics": ["a", "b"]}
XML = (
    "<form_data><full_name>Ada Lovelace</full_name><email>ada@example.com</email>"
    "<topics>a</topics><topics>b</topics></form_data>"
)
LEAD = {
    "v": 1,
    "contact": {
        "full_name": "Ada Lovelace",
        "first_name": "Ada",
        "last_name": "Lovelace",
        "email": "ada@example.com",
    },
    "form": {"fields": {"topics": ["a", "b"]}},
}


def lead(body: bytes | str | Json, type_: str = "application/json") -> Any:
    if isinstance(body, dict):
        body = urlencode(body) if type_ == FORM else json.dumps(body)
    raw = body if isinstance(body, bytes) else body.encode()
    (parsed,) = KIND.source.parse(Inbound(body=raw, headers={"content-type": type_}), {})
    assert parsed.event_id is None
    found = KIND.adapter.map(parsed, MappingRules())
    assert found.reasons == []
    return found.document


@pytest.mark.parametrize(
    ("body", "type_"),
    [
        (DATA, "application/json"),
        ({"data.json": DATA}, "application/json"),
        ({"data.json": json.dumps(DATA)}, FORM),
        ({"data_json": json.dumps(DATA), "data_xml": XML}, FORM),
        ({"data.xml": XML}, FORM),
        (XML, "application/xml"),
        (XML, "text/xml; charset=utf-8"),
    ],
)
def test_every_format_says_the_same(body: Any, type_: str) -> None:
    assert lead(body, type_) == LEAD


def test_what_the_page_says_twice_is_kept_once_and_what_differs_is_not_lost() -> None:
    page = {
        "page_id": "p-1",
        "page_name": "Roofs",
        "page_url": "https://x.example/",
        "variant": "a",
    }
    inner = {
        "page_uuid": ["p-1"],
        "page_name": ["Roofs"],
        "variant": ["b"],
        "email": ["a@b.example"],
    }
    document = lead({**page, "data.json": json.dumps(inner)}, FORM)
    assert document["attribution"] == {
        "page_id": "p-1",
        "page_title": "Roofs",
        "page_url": "https://x.example/",
        "variant": "b",
    }
    assert document["form"]["fields"] == {"variant": "a"}


@pytest.mark.parametrize(
    ("day", "clock", "at"),
    [
        ("2023-06-06", "10:57 PM UTC", "2023-06-06T22:57:00Z"),
        ("2023-06-06", "12:00 AM UTC", "2023-06-06T00:00:00Z"),
        ("2023-06-06", "9:05 AM UTC", "2023-06-06T09:05:00Z"),
    ],
)
def test_day_and_clock_are_one_time(day: str, clock: str, at: str) -> None:
    document = lead({**DATA, "date_submitted": [day], "time_submitted": [clock]})
    assert document["times"] == {"submitted": at}
    assert "date_submitted" not in document["form"]["fields"]


@pytest.mark.parametrize("clock", ["22:57", "10:57 PM", "", None, ["10:57 PM UTC", "x"]])
def test_a_time_of_another_shape_is_kept_as_it_is(clock: Json) -> None:
    document = lead({**DATA, "date_submitted": ["2023-06-06"], "time_submitted": clock})
    assert "times" not in document
    assert document["form"]["fields"]["date_submitted"] == "2023-06-06"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b"7",
        b'{"data.json": "{"}',
        b'{"data.json": "[1]"}',
        b'{"data.json": 7}',
        b'{"data.xml": "<form_data>"}',
        b'{"data.xml": "<!DOCTYPE x><x/>"}',
    ],
)
def test_a_body_without_fields_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        KIND.source.parse(Inbound(body=body), {})
