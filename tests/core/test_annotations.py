"""An annotation or mapping that leads nowhere is named by its place, before any lead comes."""

from typing import Any

import pytest

from relay.core.annotations import (
    annotation_problems,
    goal_problems,
    origin_annotation_problems,
    origin_problems,
)
from relay.core.lead import LeadSchema


@pytest.mark.parametrize(
    "goal",
    ["/contact/email", "/form/fields/Any label", "/tokens/x", {"field": "A"}, {"answers": True},
     {"answers": "known"},     {"drop": "machinery"}],
)  # fmt: skip
def test_what_an_inbound_annotation_may_say(lead: LeadSchema, goal: Any) -> None:
    schema = {"properties": {"a/b": {"if": {}, "then": {"lead": goal}}}}
    assert annotation_problems(schema, lead) == []


@pytest.mark.parametrize(
    ("goal", "problem"),
    [
        ("/contact/mail", "a lead has no place '/contact/mail' for a value"),
        ("contact/email", "a lead has no place 'contact/email' for a value"),
        ("/ids/id", "a lead has no place '/ids/id' for a value"),
        ("drop", "a lead has no place 'drop' for a value"),
        (7, "must be text or an object"),
        (["/contact/email"], "must be text or an object"),
        ({"answers": False}, "answers: must be one of true, 'known'"),
        ({"field": ""}, "field: must have at least 1 characters"),
        ({"feild": "A"}, "has no 'feild'; known are 'answers', 'field', 'drop'"),
        ({}, "must have at least 1 entries"),
    ],
)
def test_what_it_may_not(lead: LeadSchema, goal: Any, problem: str) -> None:
    schema = {"properties": {"a/b": {"anyOf": [{}, {"lead": goal}]}}}
    (found,) = annotation_problems(schema, lead)
    assert found.startswith("/properties/a~1b/anyOf/1/lead")
    assert found.endswith(problem)


def test_mappings_of_sources(lead: LeadSchema) -> None:
    for goal in ("/contact/email", "drop", {"field": "A"}):
        assert goal_problems(goal, lead) == []
    assert goal_problems("/nowhere", lead, "mapping.x") == [
        "mapping.x: a lead has no place '/nowhere' for a value"
    ]
    assert goal_problems({"answers": True}, lead) == ["has no 'answers'; known are 'field'"]
    assert goal_problems(None, lead) == ["must be text or an object"]


@pytest.mark.parametrize(
    "origin",
    ["", "/contact", "/contact/email", "/ids/number", ["/contact/email", "/form/fields/x"]],
)
def test_what_an_outbound_annotation_may_say(lead: LeadSchema, origin: Any) -> None:
    assert origin_annotation_problems({"properties": {"a": {"lead": origin}}}, lead) == []
    assert origin_problems(origin, lead) == []


@pytest.mark.parametrize(
    ("origin", "problem"),
    [
        ("/contact/mail", "a lead never has anything at '/contact/mail'"),
        ("contact", "a lead never has anything at 'contact'"),
        (["/contact/email", "/x"], "a lead never has anything at '/x'"),
        ([], "must have at least 1 entries"),
        ([7], "[0]: must be text"),
    ],
)
def test_what_that_may_not(lead: LeadSchema, origin: Any, problem: str) -> None:
    (found,) = origin_annotation_problems({"properties": {"a": {"lead": origin}}}, lead)
    assert found.startswith("/properties/a/lead")
    assert found.endswith(problem)


def test_an_outbound_annotation_where_nothing_is_built_is_a_mistake(lead: LeadSchema) -> None:
    schema = {
        "$defs": {"person": {"lead": "/contact/full_name"}},
        "properties": {
            "a": {"$ref": "#/$defs/person"},
            "b": {"oneOf": [{"lead": "/contact/email"}]},
            "c": {"prefixItems": [{"lead": "/contact/email"}]},
        },
        "allOf": [{"properties": {"d": {"lead": "/contact/email"}}}],
    }
    assert origin_annotation_problems(schema, lead) == [
        "/properties/b/oneOf/0/lead: is never read: only properties and prefixItems make values"
    ]


def test_mappings_of_targets(lead: LeadSchema) -> None:
    for origin in ({"template": "[x]"}, {"value": {"a": 1}}, {"value": None}, None):
        assert origin_problems(origin, lead) == []
    assert origin_problems({"tmpl": 1}, lead) == ["has no 'tmpl'; known are 'template', 'value'"]
    assert origin_problems({"template": 1}, lead, "m") == ["m.template: must be text"]
    assert origin_problems(7, lead) == ["must be text or a list or null or an object"]
