"""Cards as messages to people, in the room that there is."""

from typing import Any

import pytest

from relay.core.contract import (
    Card,
    Line,
    card_of,
    fill_template,
    fit_card,
    message_card,
    shorten_utf16,
    utf16_length,
)

LEAD: Any = {
    "v": 1,
    "contact": {"first_name": "Ada", "last_name": "King", "full_name": "Ada King"},
    "form": {"id": "f1", "message": "Hello"},
    "attribution": {"utm": {"source": "search"}, "click_ids": {"gclid": "G1"}},
    "consent": {"tcpa": {"ip": "192.0.2.1", "text": "Yes"}},
    "device": {"ip": "192.0.2.1"},
    "ids": {"id": "x"},
    "keys": {"submission_id": "s"},
}


def places(card: Card) -> list[str]:
    """What a card shows."""
    return [line.pointer for line in card.lines]


def test_a_message_shows_what_people_read() -> None:
    assert places(message_card(LEAD)) == [
        "/contact/full_name",
        "/form/message",
        "/attribution/utm/source",
        "/consent/tcpa/text",
    ]


def test_the_whole_of_it_leaves_out_what_is_said_twice_alone() -> None:
    left_out = set(places(card_of(LEAD))) - set(places(message_card(LEAD, whole=True)))
    assert left_out == {"/contact/first_name", "/contact/last_name"}


def test_a_name_in_parts_alone_is_shown_in_parts() -> None:
    lead = {"contact": {"first_name": "Ada", "last_name": "King"}}
    assert places(message_card(lead)) == ["/contact/first_name", "/contact/last_name"]


def size(line: Line) -> int:
    """A line with its label and a sign between."""
    return utf16_length(f"{line.label}:{line.text}")


def card(*texts: str) -> Card:
    """A card of these values."""
    lines = tuple(Line("Form", "L", text, f"/form/fields/{at}") for at, text in enumerate(texts))
    return Card("Title", lines)


def test_what_fits_is_left_as_it_is() -> None:
    given = card("a" * 48, "b" * 48)
    fitted = fit_card(given, room=100, longest=50, size=size)
    assert (fitted.lines, fitted.cut) == (given.lines, "")


def test_a_value_that_is_too_long_is_cut_and_said() -> None:
    fitted = fit_card(card("a" * 49, "b"), room=100, longest=50, size=size)
    assert [line.text for line in fitted.lines] == ["a" * 47 + "…", "b"]
    assert fitted.cut == "1 value did not fit whole"


def test_where_the_room_ends_lines_are_left_out() -> None:
    fitted = fit_card(card("a" * 48, "b" * 48, "c" * 48), room=70, longest=50, size=size)
    assert [line.text for line in fitted.lines] == ["a" * 48, "b" * 17 + "…"]
    assert fitted.cut == "2 values did not fit whole"
    assert sum(map(size, fitted.lines)) <= 70


@pytest.mark.parametrize("room", [0, 5, 13, 14, 15, 30, 31, 100])
@pytest.mark.parametrize("sign", ["a", "é", "漢", "😀", "&"])
def test_no_room_is_overrun(room: int, sign: str) -> None:
    fitted = fit_card(card(sign * 30, sign * 3), room=room, longest=40, size=size)
    assert sum(map(size, fitted.lines)) <= room
    assert (fitted.cut == "") is ([line.text for line in fitted.lines] == [sign * 30, sign * 3])


@pytest.mark.parametrize(("text", "length"), [("", 0), ("aé漢", 3), ("😀", 2), ("a😀b𐍈", 6)])
def test_signs_are_counted_as_chats_do(text: str, length: int) -> None:
    assert utf16_length(text) == length == len(text.encode("utf-16-le")) // 2


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("abcd", "abcd"),
        ("abcde", "abc…"),
        ("ab de", "ab…"),
        ("😀😀", "😀😀"),
        ("a😀😀", "a😀…"),
        ("😀😀b", "😀…"),
    ],
)
def test_a_text_is_cut_between_its_signs(text: str, short: str) -> None:
    assert shorten_utf16(text, 4) == short


def test_a_template_is_filled_from_a_lead() -> None:
    assert fill_template("[name], [form_name]{a form} by [utm_source]", LEAD) == (
        "Ada King, a form by search"
    )
