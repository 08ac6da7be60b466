"""What people configure is judged with the exact place and what was expected there."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.checks import branches, problems, schema_problems, words_for

SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["url"],
    "additionalProperties": False,
    "patternProperties": {"^x-": {"type": "string"}},
    "properties": {
        "url": {"type": "string", "format": "uri", "minLength": 3},
        "method": {"enum": ["POST", "PUT", None]},
        "fixed": {"const": True},
        "limits": {"type": "array", "items": {"type": "integer", "minimum": 1}, "maxItems": 2},
        "kind": {"type": ["string", "null"]},
        "either": {
            "anyOf": [
                {"type": "string"},
                {"type": "object", "required": ["template"], "properties": {"template": {}}},
            ]
        },
    },
}


@pytest.mark.parametrize(
    ("document", "lines"),
    [
        ({"url": "https://x.example"}, []),
        ([], ["must be an object"]),
        ({}, ["needs 'url'"]),
        ({"url": 5}, ["url: must be text"]),
        ({"url": "a"}, ["url: must have at least 3 characters"]),
        (
            {"url": "a:b", "urll": 1, "x-a": "1"},
            [
                "has no 'urll'; known are 'url', 'method', 'fixed', 'limits', 'kind', 'either'",
            ],
        ),
        ({"url": "a:b", "x-a": 1}, ["x-a: must be text"]),
        ({"url": "a:b", "method": "GET"}, ["method: must be one of 'POST', 'PUT', null"]),
        ({"url": "a:b", "fixed": False}, ["fixed: must be true"]),
        ({"url": "a:b", "limits": [1, 0]}, ["limits[1]: must be at least 1"]),
        ({"url": "a:b", "limits": ["1"]}, ["limits[0]: must be a whole number"]),
        ({"url": "a:b", "limits": [1, 2, 3]}, ["limits: must have at most 2 entries"]),
        ({"url": "a:b", "kind": 1}, ["kind: must be text or null"]),
        ({"url": "a:b", "either": {"tmplate": 1}}, ["either: needs 'template'"]),
    ],
)
def test_each_mistake_has_its_line(document: Any, lines: list[str]) -> None:
    assert problems(SCHEMA, document) == lines


def test_the_place_begins_where_the_caller_says() -> None:
    assert problems(SCHEMA, {"url": 5}, "targets[2].settings") == [
        "targets[2].settings.url: must be text"
    ]
    assert problems(SCHEMA, {}, "targets[2]") == ["targets[2]: needs 'url'"]


def test_all_mistakes_are_told_at_once_and_no_value_is_repeated() -> None:
    found = problems(SCHEMA, {"url": 4711, "method": "s3cret", "limits": [-4711]})
    assert len(found) == 3
    assert not any("4711" in line or "s3cret" in line for line in found)


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ((), ""),
        (("a", 0, "b"), "a[0].b"),
        (("a", "b c"), "a['b c']"),
        (("x-y",), "x-y"),
        ((0,), "[0]"),
    ],
)
def test_places_are_written_as_people_do(steps: Any, words: str) -> None:
    assert words_for(steps) == words


def test_a_schema_is_judged_by_its_own_rules() -> None:
    assert schema_problems(SCHEMA) == []
    assert schema_problems(schema=True) == []
    assert schema_problems({"properties": {"a": {"type": "texte"}}}, "conditions")[0].startswith(
        "conditions.properties.a.type: "
    )
    assert schema_problems({"required": "a"}) == ["required: must be a list"]


def test_other_documents_are_not_fetched() -> None:
    assert schema_problems({"$ref": "https://example.com/other.json"}) == []


def test_what_is_nested_too_deep_is_a_mistake_and_no_crash() -> None:
    schema: Any = {}
    for _ in range(5000):
        schema = {"not": schema}
    assert schema_problems(schema, "when") == ["when: is nested too deep"]


def test_every_branch_of_a_schema_is_found() -> None:
    schema = {
        "properties": {"a/b": {"items": {"lead": 1}}},
        "if": {"lead": 2},
        "oneOf": [{}, {"lead": 3}],
        "$defs": {"x": {"additionalProperties": {"lead": 4}}},
        "enum": [{"lead": 5}],
        "default": {"properties": {"lead": 6}},
    }
    found = {place: branch["lead"] for place, branch in branches(schema) if "lead" in branch}
    assert found == {
        "/properties/a~1b/items": 1,
        "/if": 2,
        "/oneOf/1": 3,
        "/$defs/x/additionalProperties": 4,
    }


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5) | st.sampled_from(sorted(SCHEMA)), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(ANYTHING)
def test_no_document_makes_it_raise(document: Any) -> None:
    assert isinstance(problems(SCHEMA, document), list)
    assert isinstance(schema_problems(document), list)
