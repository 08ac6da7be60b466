"""What is too long for a vendor is cut, and its whole is kept beside it."""

from typing import Any

import pytest

from relay.core.contract import cut_note, shorten
from relay.core.outbound import OutboundAdapter

SCHEMA: Any = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "additionalProperties": {"maxLength": 12},
    "properties": {
        "first": {"type": "string", "maxLength": 10, "lead": "/contact/first_name"},
        "mail": {
            "type": "string",
            "format": "email",
            "maxLength": 20,
            "title": "E-mail",
            "lead": "/contact/email",
        },
        "person": {"$ref": "#/$defs/person"},
        "tags": {"type": "array", "items": {"type": "string", "maxLength": 3}},
        "$lead": {"lead": ""},
    },
    "$defs": {
        "person": {
            "type": "object",
            "properties": {"name": {"maxLength": 4, "lead": "/contact/full_name"}},
        }
    },
}
LONG = "Wolfeschlegelsteinhausen"


def build(contact: dict[str, Any], **mapping: Any) -> Any:
    """What the adapter makes of a contact."""
    lead = {"v": 1, "contact": contact}
    return OutboundAdapter(SCHEMA).build(lead, {f"/{name}": wish for name, wish in mapping.items()})


def test_what_fits_stays_and_nothing_is_said() -> None:
    built = build({"first_name": "Ada", "email": "ada@example.com", "full_name": "Adaa"})
    assert built.errors == []
    assert built.cut == ""
    assert built.payload["first"] == "Ada"
    assert "$cut" not in built.payload
    assert cut_note(built.payload) == ""


def test_what_is_too_long_is_cut_and_kept_whole() -> None:
    built = build({"first_name": LONG, "full_name": LONG})
    assert built.errors == []
    assert built.payload["first"] == "Wolfeschl…"
    assert built.payload["person"]["name"] == "Wolf"
    assert built.payload["$cut"] == {"/first": LONG, "/person/name": LONG}
    assert cut_note(built.payload) == f"First in full: {LONG}\nName in full: {LONG}"
    assert "First (24 characters, 10 fit)" in built.cut


def test_an_address_is_left_out_rather_than_made_another_one() -> None:
    email = "a.very.long.name@example.com"
    built = build({"email": email})
    assert "mail" not in built.payload
    assert built.payload["$cut"] == {"/mail": email}
    assert "E-mail (28 characters, 20 fit)" in built.cut


def test_members_that_a_mapping_adds_have_the_limit_of_all_others() -> None:
    built = build({"last_name": LONG}, custom_field="/contact/last_name")
    assert built.payload["custom_field"] == "Wolfeschleg…"


def test_items_of_a_list_have_theirs() -> None:
    built = build({}, tags={"value": ["abc", "abcd"]})
    assert built.payload["tags"] == ["abc", "abc"]
    assert built.payload["$cut"] == {"/tags/1": "abcd"}


def test_the_lead_itself_is_never_cut() -> None:
    built = build({"first_name": LONG})
    assert built.payload["$lead"]["contact"]["first_name"] == LONG


@pytest.mark.parametrize(
    ("text", "most", "shown"),
    [
        ("abcdef", 6, "abcdef"),
        ("abcdefg", 6, "abcdef"),
        ("abcdefghij k", 11, "abcdefghij…"),
        ("", 0, ""),
        ("𝒜𝒷𝒸𝒹", 2, "𝒜𝒷"),
    ],
)
def test_a_text_is_shortened_by_characters(text: str, most: int, shown: str) -> None:
    assert shorten(text, most) == shown
