"""Reasons become rules, and nothing that a person wrote comes along."""

import pytest

from relay.core.reason_rules import in_general, rule_of


@pytest.mark.parametrize(
    ("place", "message", "rule"),
    [
        ("/a/b", '"ada@x" is not of type "array"', '/a/b is not of type "array"'),
        (
            "/answers/17/email",
            '"ada is not one of us" does not match "^a"',
            '/answers/*/email does not match "^a"',
        ),
        ("/c", "[1] has less than 2 items", "/c has less than 2 items"),
        ("/d", '"Ada was unexpected', "/d is not as expected"),
        ("", '"form_response" is a required property', "“form_response” is missing"),
        ("/items/3", '"id" is a required property', "/items/* “id” is missing"),
        ("body", "not JSON: Expecting 'ada'", "not JSON"),
        ("", "the typeform integration failed: KeyError('ada')", "the typeform integration failed"),
        ("", "it could not be fetched within 3 days: answered 500: ada", "it could not be fetched"),
        ("body", "neither JSON, nor a form, nor XML (declared as 'ada')", "neither JSON, nor a"),
    ],
)
def test_a_rule_says_what_many_have_in_common(place: str, message: str, rule: str) -> None:
    found = rule_of([{"place": place, "message": message}, {"place": "", "message": "other"}])
    assert found.startswith(rule)
    assert "ada" not in found


def test_numbers_make_no_rule_of_their_own() -> None:
    one, other = (
        f"the signature's time is {away} s away from ours, 300 s are allowed" for away in (4711, 12)
    )
    assert in_general(one) == in_general(other)
    assert in_general("the signature does not match") == "the signature does not match"


def test_what_has_no_reason_is_a_rule_too() -> None:
    assert rule_of([]) == ""
    assert rule_of(["a text of old"]) == "a text of old"
