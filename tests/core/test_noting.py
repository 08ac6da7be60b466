"""A record and its note: what was made stays made, and people read what is missing."""

from collections.abc import Generator
from dataclasses import replace
from typing import Any

import pytest

from relay.core.contract import (
    Conversation,
    Duty,
    Json,
    Kind,
    Note,
    Noting,
    Outcome,
    Putting,
    Reply,
    Request,
    left_out,
    not_taken,
    put_and_note,
    said_objects,
)

DUTY = Duty(id="d", event="created", lead_id="l-1", version=2, occurred_at=0, now=0)
MADE = Outcome(kind=Kind.DELIVERED, message="without x", remote_id="7", remote_url="https://x/7")
RECORD = {"remote_id": "7", "remote_url": "https://x/7", "message": "without x"}


def putting(made: Outcome = MADE) -> Putting:
    """One request, and this outcome."""
    yield Request(method="PUT", url="https://x.example/record")
    return made, ["x"]


def noting(outcome: Outcome) -> Noting:
    """One request that names what it was told, and this outcome."""

    def write(record: str, told: Json) -> Generator[Request, Reply, Outcome]:
        yield Request(method="POST", url=f"https://x.example/{record}/{told}")
        return outcome

    return write


def held(conversation: Conversation) -> tuple[list[Any], Outcome]:
    """What a conversation asks and notes, and how it ends."""
    steps: list[Any] = []
    try:
        steps.append(next(conversation))
        while True:
            steps.append(conversation.send(Reply(status=200)))
    except StopIteration as ended:
        return [getattr(step, "url", step) for step in steps], ended.value


def test_the_record_is_put_in_and_then_its_note() -> None:
    written = noting(Outcome(kind=Kind.DELIVERED, hold=3.0))
    steps, outcome = held(put_and_note(putting(replace(MADE, hold=9.0)), written, DUTY))
    kept = Note({"record": RECORD, "told": ["x"]})
    assert steps == ["https://x.example/record", kept, "https://x.example/7/['x']"]
    assert outcome == replace(MADE, hold=3.0)


def test_what_an_earlier_attempt_made_is_not_made_again() -> None:
    duty = replace(DUTY, attempt=2, noted={"record": RECORD, "told": ["x"]})
    written = noting(Outcome(kind=Kind.DELIVERED))
    steps, outcome = held(put_and_note(putting(), written, duty))
    assert steps == ["https://x.example/7/['x']"]
    assert outcome == MADE


def test_a_missing_note_says_that_the_record_is_there() -> None:
    failed = Outcome(kind=Kind.THROTTLED, message="answered 429", retry_after=8.0)
    _, outcome = held(put_and_note(putting(), noting(failed), DUTY, "lead"))
    said = "the lead is there, its note is not: answered 429"
    assert outcome == replace(failed, message=said, remote_id="7")


def test_without_a_record_there_is_no_note() -> None:
    refused = Outcome(kind=Kind.REJECTED, message="answered 400")
    steps, outcome = held(put_and_note(putting(refused), noting(MADE), DUTY))
    assert (steps, outcome) == (["https://x.example/record"], refused)


def test_nothing_is_kept_where_no_note_is_wanted() -> None:
    steps, outcome = held(put_and_note(putting(), None, DUTY))
    assert (steps, outcome) == (["https://x.example/record"], MADE)


def test_what_a_product_does_not_take_is_named() -> None:
    assert left_out([], "Zoho") == ""
    said = "without Website, Phone, which Zoho does not take"
    assert left_out(["Website", "Phone"], "Zoho") == said
    payload = {"Website": "htp:/x", "Phone": None}
    assert not_taken(payload, ["Website", "City"]) == ["Not taken as Website: htp:/x"]


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b'{"notes": [{"a": 1}, 2, {"b": 2}]}', [{"a": 1}, {"b": 2}]),
        (b'{"notes": {"a": 1}}', []),
        (b'{"others": [{"a": 1}]}', []),
        (b'[{"notes": 1}]', []),
        (b"<html>", []),
    ],
)
def test_only_objects_of_a_list_are_heard(body: bytes, found: list[Json]) -> None:
    assert said_objects(Reply(status=200, body=body), "notes") == found
