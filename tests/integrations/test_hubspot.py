"""HubSpot's own: the words of its refusals, and the length of its notes."""

import pytest

from integrations.hubspot.notes import LONGEST, note_of, write_note
from integrations.hubspot.verdicts import words_of
from relay.core.contract import Duty, Json

DUTY = Duty(id="d", event="created", lead_id="l", version=1, occurred_at=0, now=0)


@pytest.mark.parametrize(
    "error",
    [
        {"message": "Property values were not valid: [{broken}]"},
        {"message": "Property values were not valid: [{}]", "errors": "none"},
        {"message": ["a"], "errors": [1, {"context": [], "in": 7}]},
        {"message": "no", "errors": [{"message": None, "context": {"propertyName": "a"}}]},
    ],
)
def test_odd_refusals_have_words_too(error: Json) -> None:
    assert words_of(error)


def test_a_note_is_short_enough_as_html_and_keeps_its_mark() -> None:
    payload = {"$lead": {"v": 1, "form": {"message": "&<>\n" * 20_000}}}
    rest = note_of(payload, {}, DUTY)
    request = next(write_note(rest, "512", {"token": "t"}, DUTY))
    assert rest.mark in request.body.decode()
    assert len(request.body) < LONGEST + 500
