"""Numbers as they are typed become numbers as they are dialled."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.e164 import COUNTRIES, to_e164


@pytest.mark.parametrize(
    ("raw", "country", "number"),
    [
        pytest.param("+18004506787", "US", "+18004506787", id="TD-31 plus"),
        pytest.param("18004506787", "US", "+18004506787", id="TD-31 eleven digits"),
        pytest.param("8004506787", "US", "+18004506787", id="TD-31 ten digits"),
        pytest.param("(800) 450-6787", "US", "+18004506787", id="TD-31 brackets"),
        pytest.param("800.450.6787", "US", "+18004506787", id="TD-31 dots"),
        pytest.param("1-800-450-6787", "US", "+18004506787", id="TD-31 dashes"),
        pytest.param("+1 (800) 450-6787", "US", "+18004506787", id="TD-31 all of it"),
        pytest.param("5555555555", "US", "+15555555555", id="TD-31 nobody's number"),
        pytest.param("15555555555", "US", "+15555555555", id="TD-31 nobody's with its code"),
        pytest.param("1234567890", "US", "+11234567890", id="TD-31 a made-up number"),
        pytest.param("11234567890", "US", "+11234567890", id="TD-31 made up, with its code"),
        pytest.param("06 12345678", "NL", "+31612345678", id="TD-31 of another country"),
        pytest.param("020 7946 0000", "GB", "+442079460000", id="TD-31 of a third"),
        pytest.param("06 1234 5678", "IT", "+390612345678", id="TD-31 a zero that stays"),
        pytest.param("+39 06 1234 5678", "US", "+390612345678", id="TD-31 stays behind a code"),
        pytest.param(" 18004506787", "US", "+18004506787", id="TD-32 lost plus"),
        pytest.param(" 31612345678", "US", "+31612345678", id="TD-32 lost plus abroad"),
        pytest.param(" 8004506787", "US", "+18004506787", id="TD-32 only a blank"),
        pytest.param("31612345678", "US", "+31612345678", id="TD-32 lost without a trace"),
        pytest.param("0031612345678", "US", "+31612345678", id="TD-33 00"),
        pytest.param("0031612345678", "DE", "+31612345678", id="TD-33 00 from there"),
        pytest.param("01131612345678", "US", "+31612345678", id="TD-33 011"),
        pytest.param("0113 496 0000", "GB", "+441134960000", id="TD-33 011 of Leeds"),
        pytest.param("1-800-FLOWERS", "US", None, id="TD-34 letters"),
        pytest.param("800 450 6787 ext 5", "US", None, id="TD-34 extension"),
        pytest.param("tel:+18004506787", "US", None, id="TD-34 address"),
        pytest.param("123", "US", None, id="TD-34 short"),
        pytest.param("450-6787", "US", None, id="TD-34 without its area"),
        pytest.param("+1800450678", "US", None, id="TD-34 one digit short"),
        pytest.param("+1234567890123456", "US", None, id="TD-34 sixteen digits"),
        pytest.param("1234567890123456", "US", None, id="TD-34 sixteen without a plus"),
        pytest.param("+", "US", None, id="TD-34 nothing but a plus"),
        pytest.param("", "US", None, id="TD-34 nothing"),
        pytest.param("²²²²²²²²²²", "US", None, id="TD-34 no digits of numbers"),
        pytest.param("8" * 5000, "US", None, id="TD-34 endless"),
        pytest.param("8004506787", "ZZ", None, id="TD-34 from nowhere"),
        pytest.param("+81 00100000000000", "US", None, id="TD-34 sixteen digits"),
        pytest.param("+31 000000000", "US", None, id="TD-34 zeros that are read as fewer"),
    ],
)
def test_numbers(raw: str, country: str, number: str | None) -> None:
    assert to_e164(raw, country) == number


def test_the_countries_are_two_letters_each() -> None:
    assert {"US", "NL", "GB"} <= set(COUNTRIES)
    assert all(re.fullmatch("[A-Z]{2}", country) for country in COUNTRIES)


@given(st.text(max_size=25) | st.text(alphabet=" +0123456789()-.", max_size=20))
def test_whatever_is_typed_becomes_a_number_or_none_and_stays_what_it_is(raw: str) -> None:
    number = to_e164(raw, "US")
    if number is not None:
        assert re.fullmatch(r"\+[1-9][0-9]{4,14}", number)
        assert to_e164(number, "NL") == number
