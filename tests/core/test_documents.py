"""Documents read as YAML by its newer rules and written so that every reader agrees."""

import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from relay.core.documents import Malformed, read_document, write_document

TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12)
WORDS = st.sampled_from(
    ("on", "no", "YES", "~", "null", "True", "1e3", "010", "0x1F", "1:30", "2026-03-01", "- a", "#")
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT
    | WORDS
)
DOCUMENTS = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT | WORDS, inner, max_size=4),
    max_leaves=12,
)


@given(DOCUMENTS)
def test_what_is_written_is_read_back_unchanged(document: Any) -> None:
    assert read_document(write_document([document])) == [document]


@given(DOCUMENTS)
def test_json_is_read_as_json(document: Any) -> None:
    text = json.dumps({"is": document}, indent="\t")
    assert read_document(text) == {"is": document}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("on: [no, yes, off]", {"on": ["no", "yes", "off"]}),
        ("at: 2026-03-01", {"at": "2026-03-01"}),
        ("n: 010", {"n": "010"}),
        ("t: 1:30", {"t": "1:30"}),
        ("5: a", {"5": "a"}),
        ("true: a", {"true": "a"}),
        ("[true, False, null, ~, 1, -2.5, 1e3]", [True, False, None, None, 1, -2.5, 1000.0]),
        ("a:\n  - b:\n", {"a": [{"b": None}]}),
        ("a: &x {b: 1}\nc: *x", {"a": {"b": 1}, "c": {"b": 1}}),
        ('"${NAME}"', "${NAME}"),
    ],
)
def test_words_are_texts_unless_the_newer_rules_say_otherwise(text: str, expected: Any) -> None:
    assert read_document(text) == expected


def test_older_readers_take_written_words_for_texts_too() -> None:
    document = {"on": "no", "at": "2026-03-01", "n": "010"}
    assert yaml.safe_load(write_document(document)) == document


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\nb: 2\na: 3", "line 3, column 1: 'a' is given twice"),
        ("a: {b: 1, b: 2}", "line 1, column 11: 'b' is given twice"),
        ('{"a": {"b": 1, "b": 2}}', "'b' is given twice"),
        ("a: [1", "line 1"),
        ("[1]: 2", "a name must be text"),
        ("a: !!python/name:os.system", "line 1, column 4"),
        ("a: !secret x", "line 1, column 4"),
        ("a\n---\nb", "line 2"),
        ("a: \x00", "special characters"),
    ],
)
def test_what_is_no_document_is_named_by_its_place(text: str, said: str) -> None:
    with pytest.raises(Malformed) as caught:
        read_document(text)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "9" * 5000,
        "n: !!int abc",
        "b: !!bool perhaps",
        "f: !!float x",
        "at: !!timestamp 2026-13-45",
        "s: !!set {a}",
        "b: !!binary aGVsbG8=",
        "p: !!pairs [a: 1]",
    ],
)
def test_a_value_that_is_not_what_it_says_or_no_json_is_malformed(text: str) -> None:
    with pytest.raises(Malformed):
        read_document(text, aliases=False)
