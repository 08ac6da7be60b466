"""JSON pointers lead where the standard says, and nowhere else."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.pointers import get, joined, leaves, parts, put

DOCUMENT: dict[str, Any] = {
    "foo": ["bar", {"baz": 1}],
    "": 0,
    "a/b": 1,
    "m~n": 8,
    "~1": 9,
    "0": "zero",
    "none": None,
}


@pytest.mark.parametrize(
    ("pointer", "value"),
    [("", DOCUMENT), ("/foo/0", "bar"), ("/foo/1/baz", 1), ("/", 0), ("/a~1b", 1), ("/m~0n", 8),
     ("/~01", 9), ("/0", "zero")],
)  # fmt: skip
def test_values_are_found(pointer: str, value: Any) -> None:
    assert get(DOCUMENT, pointer) == value


@pytest.mark.parametrize(
    "pointer",
    ["/foo/2", "/foo/-", "/foo/-1", "/foo/٣", "/foo/" + "9" * 30, "/bar", "/foo/0/x", "/none/x"],
)
def test_where_nothing_is_the_default_is(pointer: str) -> None:
    assert get(DOCUMENT, pointer, "default") == "default"


def test_null_is_something() -> None:
    assert get(DOCUMENT, "/none", "default") is None


def test_a_pointer_begins_with_a_slash() -> None:
    with pytest.raises(ValueError, match="no JSON pointer"):
        parts("foo")


def test_putting_makes_its_way() -> None:
    document: Any = {"list": [1, 2], "text": "x"}
    assert put(document, "/a/b~1c", 1)
    assert put(document, "/list/1", 3)
    assert not put(document, "/list/2", 3)
    assert not put(document, "/list/x", 3)
    assert not put(document, "/text/x", 3)
    assert not put(document, "/text/x/y", 3)
    assert document == {"list": [1, 3], "text": "x", "a": {"b/c": 1}}


@given(st.lists(st.text(max_size=5), max_size=4))
def test_what_is_joined_comes_apart_again(steps: list[str]) -> None:
    assert parts(joined(steps)) == tuple(steps)


@given(
    st.recursive(
        st.none() | st.integers(),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
        ),
        max_leaves=8,
    )
)
def test_every_leaf_is_where_its_pointer_says(document: Any) -> None:
    for pointer, value in leaves(document):
        assert get(document, pointer, "missing") == value
