"""What lines of bodies beside each other are marked as."""

import json
from typing import Any

import pytest

from relay.core import differences
from relay.core.differences import Line, side_by_side


def _text(value: Any) -> str:
    return json.dumps(value, indent=2)


def _marked(side: list[Line]) -> list[str]:
    signs = {"same": " ", "taken": "-", "added": "+", "moved": "~", "blank": "_"}
    return [signs[line.mark] + line.text.strip() for line in side]


def test_versions_of_a_lead_differ_where_they_do_and_stand_across_from_each_other() -> None:
    left, right = side_by_side(
        [_text({"name": "Ada", "city": "Bonn"}), _text({"name": "Ada", "city": "Köln", "n": 3})]
    )
    assert _marked(left) == [" {", ' "name": "Ada",', '-"city": "Bonn"', "_", " }"]
    assert _marked(right) == [" {", ' "name": "Ada",', '+"city": "K\\u00f6ln",', '+"n": 3', " }"]


def test_a_comma_is_no_difference() -> None:
    left, right = side_by_side([_text({"a": 1}), _text({"a": 1, "b": 2})])
    assert _marked(left) == [" {", ' "a": 1', "_", " }"]
    assert _marked(right) == [" {", ' "a": 1,', '+"b": 2', " }"]


def test_a_value_under_another_name_is_told_from_one_that_is_gone() -> None:
    left, right = side_by_side(
        ["name = Ada\nspam = x", _text({"contact": {"full_name": "Ada", "new": "y"}})]
    )
    assert [one for one in _marked(left) if one != "_"] == ["~name = Ada", "-spam = x"]
    assert '~"full_name": "Ada",' in _marked(right)
    assert '+"new": "y"' in _marked(right)
    assert '+"contact": {' in _marked(right)


def test_more_than_two_are_each_held_against_the_one_before() -> None:
    sides = side_by_side(["a\nb", "a\nc", "a\nb\nc"])
    assert [_marked(side) for side in sides] == [[" a", "-b"], [" a", "+c"], [" a", "+b", " c"]]


@pytest.mark.parametrize(("texts", "sides"), [([], []), (["a"], [[" a"]]), (["", ""], [[], []])])
def test_what_has_nothing_beside_it_is_the_same(texts: list[str], sides: list[Any]) -> None:
    assert [_marked(side) for side in side_by_side(texts)] == sides


def test_long_bodies_are_cut() -> None:
    many = "\n".join(str(number) for number in range(5000))
    left, right = side_by_side([many, many + "\nmore"])
    assert len(left) == len(right) == differences.MOST_LINES
