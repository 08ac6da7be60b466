"""A long name around many values must not be written once for each of them."""

import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from relay.core.answers import LONGEST_PATH
from relay.core.templates import tokens_of
from tests.core.conftest import Mapping

MEGABYTE = 2**20
LONG = "n" * 100_000
MANY = {str(number): number for number in range(5000)}


@contextmanager
def within(limit: int) -> Iterator[None]:
    """Fails where more memory was taken at any time."""
    tracemalloc.start()
    try:
        yield
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < limit, f"{peak / MEGABYTE:.0f} MB"


@pytest.mark.parametrize(
    "fields",
    [{LONG: MANY}, {LONG: [{"a": number} for number in range(5000)]}, {"a": {LONG: {"b": MANY}}}],
    ids=["object", "list", "further inside"],
)
def test_answers_below_a_long_name_are_one_answer(form: Mapping, fields: Any) -> None:
    with within(60 * MEGABYTE):
        document: Any = form(fields).document
    found = document["form"]["fields"]
    assert len(found) == 1
    [value] = found.values()
    assert value in (fields.get(LONG), fields.get("a", {}).get(LONG))


def test_answers_below_an_ordinary_name_are_answers_of_their_own(form: Mapping) -> None:
    name = "n" * LONGEST_PATH
    document: Any = form({name: {"a": 1, "b": 2}}).document
    assert document["form"]["fields"] == {f"{name}.a": 1, f"{name}.b": 2}


def test_tokens_below_a_long_name_are_one_token() -> None:
    with within(60 * MEGABYTE):
        tokens = tokens_of({"tokens": {LONG: MANY}})
    assert tokens[LONG] == MANY
