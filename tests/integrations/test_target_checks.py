"""What a person reads who checks a connection: never that it works where it does not."""

from types import SimpleNamespace
from typing import Any

import pytest

from relay.core.contract import Kind, Outcome, Reply
from relay.services.testing import in_words
from tests.integrations.conversing import NAMES, catalog, duty_of, led, of_target, usual

OF_SETTINGS = {Kind.UNAUTHORIZED, Kind.GONE, Kind.REJECTED}
"""Outcomes of a check that a person puts right in the settings, or at the vendor."""


def _target(name: str) -> Any:
    return SimpleNamespace(kind=catalog().targets[name], settings=usual(name)["settings"])


def _checked(name: str, reply: Reply) -> tuple[Outcome, str]:
    target, recorded = _target(name), usual(name)
    outcome = led(target.kind.target.check(target.settings, duty_of(recorded["duty"])), reply)
    return outcome, in_words(target, outcome, "check")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_check_that_is_refused_does_not_pass(name: str, status: int) -> None:
    outcome, words = _checked(name, Reply(status=status))
    assert outcome.kind not in {Kind.DELIVERED, Kind.IGNORED, Kind.ACCEPTED}
    assert str(status) in words or name == "webhook"
    if outcome.kind in OF_SETTINGS:
        titles = [
            one["title"] for one in catalog().targets[name].target.settings["properties"].values()
        ]
        assert any(title in words for title in titles), words


@pytest.mark.parametrize("name", NAMES)
def test_a_check_says_which_setting_is_not_accepted(name: str) -> None:
    """By the recorded words of the vendor's own refusal, where there are some."""
    recordings = [
        one for one in of_target(name) if one["outcome"]["kind"] == Kind.UNAUTHORIZED.value
    ]
    for recorded in recordings:
        outcome = Outcome(**{**recorded["outcome"], "kind": Kind.UNAUTHORIZED})
        words = in_words(_target(name), outcome, "check")
        assert words.startswith(outcome.message)
        assert " Check " in words


def test_what_works_is_said_as_before() -> None:
    target = _target("slack")
    assert in_words(target, Outcome(kind=Kind.DELIVERED), "check") == "The connection works."
    assert in_words(target, Outcome(kind=Kind.DELIVERED), "send") == "The test lead was taken."
    assert in_words(target, Outcome(kind=Kind.IGNORED, message="so"), "send") == "so"
    assert in_words(target, Outcome(kind=Kind.RETRY), "check") == "It did not work."
    refused = Outcome(kind=Kind.GONE, message="answered 404: no_service")
    assert (
        in_words(target, refused, "check")
        == "answered 404: no_service. Check the setting Webhook URL."
    )
