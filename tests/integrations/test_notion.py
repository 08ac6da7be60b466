"""Notion's pages: properties by their types, and texts that are not too long."""

import json
from typing import Any

import pytest

from integrations.notion.page import (
    LONGEST_TEXT,
    blocks_of,
    properties_of,
    rich_text,
    sections_of,
)
from relay.core.contract import Json
from tests.integrations.conversing import catalog


def built(lead: Json, mapping: Json = None) -> Json:
    made = catalog().targets["notion"].adapter.build({"v": 1, **lead}, mapping or {})
    assert made.errors == []
    return made.payload


def written(kind: str, value: Any) -> Json:
    """A property of this type with this value, None where it is left out."""
    payload = built({}, {f"/{kind}/It": {"value": value}})
    return properties_of(payload, "1", "Lead ID").get("It", {}).get(kind)


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("number", "12.5", 12.5),
        ("number", 3, 3),
        ("number", "a dozen", None),
        ("number", "nan", None),
        ("number", [1], None),
        ("checkbox", "yes", True),
        ("checkbox", False, False),
        ("checkbox", "denied", False),
        ("checkbox", "perhaps", None),
        ("date", "2026-03-02", {"start": "2026-03-02"}),
        ("date", "2026-03-02T11:59:58Z", {"start": "2026-03-02T11:59:58+00:00"}),
        ("date", "next week", None),
        ("select", "a, b", {"name": "a b"}),
        ("select", " , ", None),
        ("multi_select", ["a", "b", "a"], [{"name": "a"}, {"name": "b"}]),
        ("multi_select", "a", [{"name": "a"}]),
        ("multi_select", [], None),
        ("status", "x" * 300, {"name": "x" * 99 + "…"}),
        ("rich_text", ["a", "b"], [{"type": "text", "text": {"content": "a, b"}}]),
    ],
)
def test_a_value_is_written_by_the_type_of_its_property(
    kind: str, value: Any, expected: Json
) -> None:
    assert written(kind, value) == expected


def test_what_is_no_number_stands_in_the_text() -> None:
    lead = {"form": {"fields": {"Rooms": "a dozen"}}}
    payload = built(lead, {"/number/Rooms": "/form/fields/Rooms"})
    assert "Rooms" not in properties_of(payload, "1", "Lead ID")
    assert ("Form", "Rooms: a dozen") in sections_of(payload)


def test_an_option_that_had_to_change_stands_in_the_text_as_it_was() -> None:
    assert ("Form", "Name: Kitchens, Baths") in sections_of(
        built({"form": {"name": "Kitchens, Baths"}})
    )
    assert sections_of(built({"form": {"name": "Kitchens"}})) == []


def test_an_address_that_is_too_long_is_left_out_and_stands_in_the_text() -> None:
    email = "a" * 200 + "@example.com"
    payload = built({"contact": {"email": email, "full_name": "Ada"}})
    assert "Email" not in properties_of(payload, "1", "Lead ID")
    assert any(email in text for _, text in sections_of(payload))


@pytest.mark.parametrize("sign", ["a", "ä", "😀", '"'])
def test_the_longest_lead_is_one_request(sign: str) -> None:
    fields = {f"Question {at}": sign * 3000 for at in range(100)}
    payload = built({"form": {"message": sign * 30_000, "fields": fields}})
    page = {
        "properties": properties_of(payload, "1", "Lead ID"),
        "children": blocks_of(sections_of(payload)),
    }
    body = json.dumps(page, ensure_ascii=False, separators=(",", ":")).encode()
    assert len(body) < 500_000
    assert len(page["children"]) <= 100
    for block in page["children"]:
        assert all(len(piece["text"]["content"]) <= LONGEST_TEXT for piece in pieces(block))
        assert len(pieces(block)) <= 100


def pieces(block: Json) -> list[Json]:
    return list(block[block["type"]]["rich_text"])


def test_pieces_are_the_whole_text() -> None:
    text = "".join(str(at) for at in range(5000))
    assert "".join(piece["text"]["content"] for piece in rich_text(text)) == text
