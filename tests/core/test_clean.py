"""What is cleaned can be stored anywhere, and nothing else of it has changed."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.clean import DEPTH, clean

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just("\ud800"),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(VALUES)
def test_everything_can_be_stored_and_cleaned_again(value: Any) -> None:
    cleaned = clean(value)
    text = json.dumps(cleaned, allow_nan=False, ensure_ascii=False)
    text.encode()
    assert "\\u0000" not in text
    assert clean(cleaned) == cleaned
    assert json.loads(text) == cleaned


@given(st.recursive(st.booleans() | st.integers(0, 9) | st.text(alphabet="aé😀 "), st.lists))
def test_what_is_clean_stays_as_it_is(value: Any) -> None:
    assert repr(clean(value)) == repr(value)


@pytest.mark.parametrize(
    ("value", "cleaned"),
    [
        ("a\x00b", "ab"),
        ("\ud83d\ude00", "😀"),
        ("\ud83d", "\ufffd"),
        (float("inf"), "inf"),
        (2**64, str(2**64)),
        (-(2**63), -(2**63)),
        ((1, 2), [1, 2]),
        ({1: "a", "1": "b"}, {"1": "a", "1_": "b"}),
        ({"\x00": 1, "": 2, "_": 3}, {"": 1, "_": 2, "__": 3}),
        (b"x", "b'x'"),
    ],
)
def test_what_is_not(value: Any, cleaned: Any) -> None:
    assert clean(value) == cleaned


def test_a_number_of_a_million_digits_has_a_text() -> None:
    assert clean(10**1_000_000).startswith("0x")


def test_what_is_nested_too_deep_becomes_its_json_text() -> None:
    inner: Any = {"a, }": [1, None, "x\ud800", {"b": []}, float("nan")], "c": {}}
    value = inner
    for _ in range(DEPTH):
        value = [value]
    found = clean(value)
    for _ in range(DEPTH):
        (found,) = found
    assert found == '{"a, }": [1, null, "x\ufffd", {"b": []}, NaN], "c": {}}'
