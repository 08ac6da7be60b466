"""The note beside a record: all that its fields do not hold, and nothing twice."""

from typing import Any

import pytest

from relay.core.contract import Duty, Remainder, remainder_of, with_remainder

DUTY = Duty(id="d", event="created", lead_id="l-1", version=2, occurred_at=0, now=0)
PLACES = {
    "/first": "/contact/first_name",
    "/last": "/contact/last_name",
    "/phone": "/contact/phone",
    "/firm": "/contact/company",
}
CONTACT: Any = {
    "first_name": "Ada",
    "last_name": "King",
    "full_name": "Ada King",
    "phone": {"raw": "020 7946", "e164": "+44207946"},
    "company": "Engines",
}
PLACED: Any = {"first": "Ada", "last": "King", "phone": "+44207946", "firm": "Engines"}


def noted(payload: Any, contact: Any, most: int | None = None, **more: Any) -> Remainder:
    lead = {"contact": contact, "ids": {"id": "l-1", "number": 7, "version": 2}, **more}
    return remainder_of({**payload, "$lead": lead}, PLACES, DUTY, most)


def test_what_has_a_field_is_not_said_again() -> None:
    note = noted(PLACED, CONTACT)
    assert note.title == "Ada King"
    assert note.text == "Lead\nNumber: 7\n\nLead l-1, version 2"
    assert note.text.endswith(note.mark)


def test_what_a_mapping_has_replaced_or_taken_out_is_said() -> None:
    text = noted({**PLACED, "firm": "Something else", "phone": None}, CONTACT).text
    assert "Company: Engines" in text
    assert "Phone: +44207946" in text
    assert "Ada" not in text


def test_a_name_is_said_whole_or_in_its_parts() -> None:
    lead = {"contact": CONTACT}
    whole = remainder_of({"name": "Ada King", "$lead": lead}, {"/name": "/contact/full_name"}, DUTY)
    assert "Ada" not in whole.text
    first = remainder_of({"first": "Ada", "$lead": lead}, PLACES, DUTY)
    assert "Full name: Ada King" in first.text


def test_an_extension_has_no_field() -> None:
    phone = {"raw": "1", "e164": "+4415", "extension": "12"}
    assert "+4415 ext. 12" in noted({"phone": "+4415"}, {"phone": phone}).text


def test_a_number_that_is_only_as_written_is_placed_too() -> None:
    assert "Phone" not in noted({"phone": "five"}, {"phone": {"raw": "five"}}).text


def test_what_was_cut_stands_whole_and_once() -> None:
    payload = {"firm": "Engi…", "$cut": {"/firm": "Engines and more"}}
    text = noted(payload, {"company": "Engines and more"}).text
    assert text.count("Engines and more") == 1
    assert "Firm in full" in text


def test_a_long_text_leaves_room_for_the_others() -> None:
    cut = {"/b": "y" * 5000, "/a": "a name"}
    assert "A in full: a name" in noted({"$cut": cut}, {}, 1000).text


def test_lines_beside_are_kept() -> None:
    text = remainder_of({}, PLACES, DUTY, beside=["Not taken as A: b", ""]).text
    assert text == "Not taken as A: b\n\nLead l-1, version 2"


def test_no_note_is_longer_than_its_room_and_each_has_its_mark() -> None:
    cut = {"firm": "…", "$cut": {"/firm": "y" * 5000}}
    for most in (200, 500, 3000):
        note = noted(cut, {"company": "y" * 5000}, most, form={"message": "x" * 5000})
        assert len(note.text) <= most
        assert note.text.endswith(note.mark)


def test_a_note_is_not_taken_for_that_of_a_later_version() -> None:
    first = Remainder("", "", "Lead 0195, version 1")
    assert first.stands_in("<p>…<br>Lead 0195, version 1</p>")
    assert first.stands_in("Lead 0195, version 1")
    assert not first.stands_in("Lead 0195, version 10")


@pytest.mark.parametrize(
    ("said", "most"), [("", 30_000), ("Hello.", 30_000), ("x" * 29_000, 30_000), ("x" * 99, 9_000)]
)
def test_one_field_holds_what_was_said_and_the_rest(said: str, most: int) -> None:
    payload = {"$lead": {"contact": CONTACT, "form": {"fields": {"Why": "y" * 5_000}}}}
    text = with_remainder(said, payload, {}, DUTY, most)
    assert len(text) <= most
    assert text.startswith(said[:9_000])
    assert text.endswith("Lead l-1, version 2")
    assert "y" * 5_000 in text


def test_a_very_long_text_leaves_room_for_the_rest() -> None:
    payload = {"$lead": {"contact": CONTACT, "form": {"fields": {"Why": "y" * 50_000}}}}
    text = with_remainder("x" * 50_000, payload, {}, DUTY, 30_000)
    assert len(text) <= 30_000
    assert text.count("x") > 21_000
    assert text.count("y") > 7_000
