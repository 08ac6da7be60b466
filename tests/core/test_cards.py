"""A lead in words: everything it holds, in an order that people read."""

from typing import Any

import pytest

from relay.core.contract import card_of, name_parts, text_card

LEAD: Any = {
    "v": 1,
    "contact": {
        "full_name": "Ada King",
        "email": "ada@example.com",
        "phone": {"raw": "020 7946", "e164": "+44207946", "extension": "12"},
        "address": {"city": "London"},
    },
    "form": {
        "name": "Request",
        "message": "Hello\nthere",
        "fields": {
            "How many?": 12,
            "Newsletter": False,
            "Colours": ["red", "blue"],
            "Odd": {"a": 1},
        },
        "files": [{"url": "https://x.test/1.pdf", "name": "1"}],
    },
    "tokens": {"plan_id": "p/1"},
    "state": {"stage": "won", "value_minor": 1250, "currency": "EUR"},
    "attribution": {"utm": {"source": "search"}, "click_ids": {"gclid": "G1"}},
    "consent": {"marketing": {"state": "granted", "raw": "on", "text": "I agree"}},
    "ids": {"id": "x", "number": 7},
    "verbatim": {"octanist": {"name": "ada"}},
    "device": {"ip": "192.0.2.1"},
}


def words(**changes: Any) -> str:
    """The whole card as text."""
    return text_card(card_of({**LEAD, **changes}))


@pytest.mark.parametrize(
    "line",
    [
        "Full name: Ada King",
        "Email: ada@example.com",
        "Phone: +44207946 ext. 12",
        "Address city: London",
        "Message: Hello\nthere",
        "How many?: 12",
        "Newsletter: no",
        "Colours: red, blue",
        "Odd a: 1",
        "Files: https://x.test/1.pdf",
        "plan_id: p/1",
        "Value: 12.5 EUR",
        "Stage: won",
        "UTM source: search",
        "Gclid: G1",
        "Marketing: yes (I agree)",
        "Number: 7",
        "IP address: 192.0.2.1",
    ],
)
def test_a_card_says_all_that_a_lead_holds(line: str) -> None:
    assert line.lower() in words().lower()


def test_a_card_leaves_out_what_has_a_field_of_its_own() -> None:
    card = card_of(LEAD, without=("/contact/email", "/attribution", "/form/fields"))
    text = text_card(card)
    assert "ada@example.com" not in text
    assert "G1" not in text
    assert "How many" not in text
    assert "Ada King" in text


def test_a_place_is_not_taken_for_another_that_begins_alike() -> None:
    lead = {"contact": {"full_name": "Ada", "full": "x"}}
    assert "Ada" in text_card(card_of(lead, without=("/contact/full",)))


@pytest.mark.parametrize(
    ("lead", "title"),
    [
        (LEAD, "Ada King – Request"),
        ({"contact": {"email": "a@b.c"}}, "a@b.c"),
        ({"contact": {"phone": {"raw": "1"}}, "form": {"name": "F\nx"}}, "1 – F x"),
        ({"contact": {"first_name": "Ada", "last_name": "King"}}, "Ada King"),
        ({}, "Somebody"),
        (
            {"contact": {"full_name": "Ada \u202egnol"}, "form": {"name": "Quote"}},
            "Ada gnol – Quote",
        ),
        ({"contact": {"full_name": "\u202e"}}, "Somebody"),
    ],
)
def test_a_title_names_the_person_and_the_form(lead: Any, title: str) -> None:
    assert card_of(lead).title == title


@pytest.mark.parametrize("most", [60, 100, 200, 400])
def test_a_card_that_is_too_long_says_what_is_missing(most: int) -> None:
    text = text_card(card_of(LEAD), most)
    assert len(text) <= most
    assert "lines are cut" in text


def test_a_long_line_is_cut_and_fits() -> None:
    text = text_card(card_of({"form": {"message": "x" * 5000}}), 2000)
    assert len(text) <= 2000
    assert text.startswith("Form\nMessage: xxx")


@pytest.mark.parametrize(
    ("contact", "names"),
    [
        ({"first_name": "Ada", "last_name": "King"}, ("Ada", "King")),
        ({"full_name": "Ada King Lovelace"}, ("Ada King", "Lovelace")),
        ({"full_name": "Ada"}, ("", "Ada")),
        ({"first_name": "Ada"}, ("", "Ada")),
        ({"first_name": "Ada", "full_name": "Ada"}, ("", "Ada")),
        ({"first_name": "Ada", "full_name": "Ada King"}, ("Ada", "King")),
        ({"email": "ada@x.test"}, ("", "ada")),
        ({}, ("", "Unknown")),
        ({"first_name": None, "full_name": "  "}, ("", "Unknown")),
    ],
)
def test_a_last_name_is_never_empty(contact: Any, names: tuple[str, str]) -> None:
    assert name_parts(contact) == names
