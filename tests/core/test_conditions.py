"""Conditions are JSON Schemas over the lead: they match or they do not, and nothing else."""

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.conditions import check_condition, matches

LEAD = {"v": 1, "contact": {"email": "ada@x.example"}, "form": {"fields": {"Rooms": 3}}}
HAS_EMAIL = {"properties": {"contact": {"required": ["email"]}}, "required": ["contact"]}


@pytest.mark.parametrize(
    ("condition", "wanted"),
    [
        ({}, True),
        (True, True),
        (False, False),
        (HAS_EMAIL, True),
        ({"not": HAS_EMAIL}, False),
        ({"properties": {"contact": {"required": ["company"]}}}, False),
        ({"properties": {"contact": {"properties": {"email": {"pattern": "@x\\."}}}}}, True),
        (
            {"properties": {"form": {"properties": {"fields": {
                "properties": {"Rooms": {"minimum": 4}}}}}}},
            False,
        ),
        ({"anyOf": [{"required": ["attribution"]}, {"required": ["form"]}]}, True),
    ],
)  # fmt: skip
def test_a_lead_fulfils_a_condition_or_not(condition: Any, wanted: bool) -> None:
    assert check_condition(condition) == []
    assert matches(condition, LEAD) is wanted


@pytest.mark.parametrize(
    ("condition", "problem"),
    [
        ("x", "must be an object"),
        (None, "must be an object"),
        ({"type": "text"}, "type"),
        ({"properties": {"contact": {"required": "email"}}}, "properties.contact.required"),
        ({"minimum": "3"}, "minimum: must be a number"),
        ({"pattern": "("}, "pattern"),
        ({"not": {"pattern": "(?=a)b"}}, "not.pattern: must be a regular expression without"),
        ({"$ref": "https://example.com/schema.json"}, "cannot refer to another document"),
        ({"$ref": "#/$defs/missing"}, "missing"),
    ],
)
def test_what_is_no_condition_is_named(condition: Any, problem: str) -> None:
    found = check_condition(condition)
    assert len(found) == 1
    assert problem in found[0]
    if isinstance(condition, dict):
        with pytest.raises(ValueError, match=r".+"):
            matches(condition, LEAD)


def test_a_pattern_cannot_hang_a_worker() -> None:
    condition = {"properties": {"a": {"pattern": "^(a+)+$"}}}
    assert check_condition(condition) == []
    started = time.process_time()
    assert not matches(condition, {"a": "a" * 5000 + "!"})
    assert time.process_time() - started < 1


def test_a_condition_that_is_nested_too_deep_is_named() -> None:
    condition: Any = {}
    for _ in range(5000):
        condition = {"not": condition}
    assert check_condition(condition) == ["is nested too deep"]


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["type", "properties", "required", "not", "$ref", "pattern", "items"]
                )
                | st.text(max_size=3),
                inner,
                max_size=3,
            )
        ),
        max_leaves=10,
    )
)
def test_what_passes_the_check_can_be_asked(condition: Any) -> None:
    if check_condition(condition) == []:
        assert matches(condition, LEAD) in {True, False}
