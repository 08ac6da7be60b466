"""Phones are kept as written, with E.164 beside where there is no doubt."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.phones import known_region, looks_like_phone, read_phone


@pytest.mark.parametrize(
    ("raw", "region", "e164"),
    [
        ("+18004506787", None, "+18004506787"),
        ("18004506787", "US", "+18004506787"),
        ("8004506787", "US", "+18004506787"),
        ("(800) 450-6787", "US", "+18004506787"),
        ("800.450.6787", "US", "+18004506787"),
        ("1-800-450-6787", "US", "+18004506787"),
        (" 18004506787", None, "+18004506787"),
        (" 31612345678", "US", "+31612345678"),
        ("0031612345678", "NL", "+31612345678"),
        ("0031612345678", None, "+31612345678"),
        ("011 31 6 12345678", "US", "+31612345678"),
        ("06 12 34 56 78", "nl", "+31612345678"),
        ("06-12345678", "NL", "+31612345678"),
        ("+31 (0)6 12345678", None, "+31612345678"),
        ("+31612345678", None, "+31612345678"),
        ("٠٦١٢٣٤٥٦٧٨", "NL", "+31612345678"),
        # a number that does not exist, but could: with a plus nobody has to guess the country
        ("+1234567890", None, None),
        ("+1 555 000 0000", None, "+15550000000"),
    ],
)
def test_numbers_in_the_ways_people_write_them(raw: str, region: str | None, e164: Any) -> None:
    phone, doubt = read_phone(raw, region)
    assert phone.get("e164") == e164
    assert phone["raw"] == raw
    assert (doubt is None) == (e164 is not None)


def test_a_plus_that_was_lost_is_put_back_and_said() -> None:
    phone, doubt = read_phone("31612345678", "US")
    assert phone["e164"] == "+31612345678"
    assert doubt is not None
    assert "plus" in doubt


def test_the_source_s_region_comes_before_a_lost_plus() -> None:
    # eleven digits that begin with 1 are a Chinese mobile number at home, and no American one
    assert read_phone("13800138000", "CN")[0]["e164"] == "+8613800138000"


def test_region_and_extension_are_told() -> None:
    phone, _ = read_phone("+1 415 555 2671 ext. 12", None)
    assert phone == {
        "raw": "+1 415 555 2671 ext. 12",
        "e164": "+14155552671",
        "region": "US",
        "extension": "12",
    }


@pytest.mark.parametrize(
    "raw",
    ["", " ", "call me", "12", "0612", "n/a", "+", "+999999999999999999", "1" * 300, "ada@x.y"],
)
def test_what_is_no_number_stays_as_it_is_with_a_reason(raw: str) -> None:
    phone, doubt = read_phone(raw, "NL")
    assert phone == {"raw": raw}
    assert doubt


def test_a_national_number_without_a_region_is_not_guessed() -> None:
    phone, doubt = read_phone("0612345678", None)
    assert phone == {"raw": "0612345678"}
    assert doubt is not None
    assert "region" in doubt


@given(raw=st.text(max_size=40), region=st.none() | st.text(max_size=3) | st.just("NL"))
def test_no_text_makes_it_raise(raw: str, region: str | None) -> None:
    phone, doubt = read_phone(raw, region)
    assert phone["raw"] == raw
    assert doubt or phone["e164"].startswith("+")


@given(
    digits=st.from_regex(r"[1-9][0-9]{3,14}", fullmatch=True), region=st.sampled_from(["NL", "US"])
)
def test_e164_read_again_is_itself(digits: str, region: str) -> None:
    phone, _ = read_phone("+" + digits, region)
    if "e164" in phone:
        assert read_phone(phone["e164"], None)[0]["e164"] == phone["e164"]


@pytest.mark.parametrize("text", ["+31 6 12345678", "(800) 450-6787", "0612345678", "06/12345678"])
def test_what_looks_like_a_number(text: str) -> None:
    assert looks_like_phone(text)


@pytest.mark.parametrize("text", ["12", "2026", "Ada", "call 0612345678", "1 000 000 EUR", ""])
def test_what_does_not(text: str) -> None:
    assert not looks_like_phone(text)


def test_regions_are_known_in_either_case() -> None:
    assert known_region("nl")
    assert not known_region("XX")
