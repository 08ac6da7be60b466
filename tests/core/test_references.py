"""`${NAME}` in a document: replaced, noted, or left where the variable is not set."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from relay.core.references import escape, expand

ENVIRONMENT = {"ONE": "1", "TWO": "${ONE}"}


def test_references_are_replaced_wherever_they_stand() -> None:
    found = expand({"a": ["${ONE}", "x${ONE}y${ONE}"], "${ONE}": 1}, ENVIRONMENT)
    assert found.document == {"a": ["1", "x1y1"], "${ONE}": 1}


def test_what_a_variable_holds_is_not_looked_into() -> None:
    assert expand("${TWO}", ENVIRONMENT).document == "${ONE}"


def test_a_text_that_is_one_reference_is_remembered_by_its_name() -> None:
    found = expand({"a~/b": ["${ONE}", "x${ONE}"]}, ENVIRONMENT)
    assert found.names == {"/a~0~1b/0": "ONE"}
    assert found.missing == {}


def test_a_variable_that_is_not_set_stays_as_it_is_and_is_named() -> None:
    found = expand({"a": "${NONE}", "b": "x${NONE}"}, ENVIRONMENT)
    assert found.document == {"a": "${NONE}", "b": "x${NONE}"}
    assert found.missing == {"/a": "NONE", "/b": "NONE"}
    assert found.names == {"/a": "NONE"}


def test_two_dollars_mean_the_text_itself_and_what_is_no_reference_is_left_alone() -> None:
    given_text = "$${ONE} $ONE ${} ${1X} $$ $$${ONE} {ONE}"
    found = expand(given_text, ENVIRONMENT)
    assert found.document == "${ONE} $ONE ${} ${1X} $$ $${ONE} {ONE}"
    assert found.names == {}


PIECES = st.sampled_from(("$", "{", "}", "${ONE}", "$${ONE}", "ONE", "a", " "))
TEXTS = st.lists(PIECES, max_size=8).map("".join)


@given(st.recursive(TEXTS | st.integers(), lambda inner: st.lists(inner, max_size=3)))
def test_an_escaped_document_expands_to_itself(document: Any) -> None:
    found = expand(escape(document), ENVIRONMENT)
    assert found.document == document
    assert found.names == found.missing == {}
