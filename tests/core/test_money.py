"""Money is counted in minor units: nothing is lost on the way in and out."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.money import LARGEST, to_major, to_minor


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        (5000, "EUR", 500000),
        ("5000", "EUR", 500000),
        (" 19.99 ", None, 1999),
        (19.99, "USD", 1999),
        (0.1 + 0.2, "EUR", 30),
        ("0.005", "EUR", 1),
        (-1.005, "EUR", -101),
        (1e3, "EUR", 100000),
        ("5000", "JPY", 5000),
        ("5000.4", "jpy", 5000),
        ("1.234", "KWD", 1234),
        ("1.2345", "CLF", 12345),
        (0, "EUR", 0),
    ],
)
def test_an_amount_in_minor_units(amount: Any, currency: str | None, minor: int) -> None:
    assert to_minor(amount, currency) == minor


@pytest.mark.parametrize(
    "amount",
    ["", "five", "5,000", "NaN", "Infinity", "1e400", "1_000", "9" * 50, True, 1e300, LARGEST + 1],
)
def test_what_is_no_amount(amount: Any) -> None:
    assert to_minor(amount, "EUR") is None


@pytest.mark.parametrize(
    ("minor", "currency", "amount"),
    [(1999, "EUR", 19.99), (2000, "EUR", 20), (5000, "JPY", 5000), (1234, "KWD", 1.234)],
)
def test_minor_units_as_an_amount(minor: int, currency: str, amount: float) -> None:
    found = to_major(minor, currency)
    assert (found, type(found)) == (amount, type(amount))


@given(st.integers(-LARGEST // 8, LARGEST // 8), st.sampled_from(["EUR", "JPY", "KWD", None]))
def test_what_was_minor_units_is_so_again(minor: int, currency: str | None) -> None:
    assert to_minor(to_major(minor, currency), currency) == minor
