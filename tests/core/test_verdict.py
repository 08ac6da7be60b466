"""What an outcome means for the delivery and its lane."""

from typing import Any

import pytest

from relay.core.contract import Kind, Outcome
from relay.core.verdict import Verdict, judge


def verdict(kind: Kind, attempt: int = 1, **more: Any) -> Verdict:
    settings: dict[str, Any] = {
        "schedule": [10, 20],
        "max_attempts": None,
        "fallback_wait": 30.0,
        "jitter": 0.0,
    }
    given = {name: more.pop(name) for name in list(more) if name in settings}
    return judge(Outcome(kind=kind, **more), attempt=attempt, **{**settings, **given})


@pytest.mark.parametrize("kind", [Kind.DELIVERED, Kind.IGNORED])
def test_what_was_taken_is_over(kind: Kind) -> None:
    said = verdict(kind, message="thanks")
    assert (said.state, said.reason, said.ended) == (kind.value, "thanks", True)
    assert (said.counts, said.reached, said.hold, said.pause) == (True, True, None, None)


def test_a_rejection_fails_at_once_and_is_an_answer() -> None:
    said = verdict(Kind.REJECTED)
    assert (said.state, said.ended, said.reached) == ("failed", True, True)
    assert said.reason


def test_a_retry_waits_by_the_schedule_and_then_fails() -> None:
    waits = [verdict(Kind.RETRY, attempt).wait for attempt in (1, 2)]
    assert waits == [10, 20]
    last = verdict(Kind.RETRY, 3, message="no answer")
    assert (last.state, last.wait, last.reached) == ("failed", None, False)
    assert last.reason == "given up after 3 attempts: no answer"


def test_a_retry_counts_for_the_breaker() -> None:
    said = verdict(Kind.RETRY)
    assert (said.state, said.counts, said.reached, said.ended) == ("waiting", True, False, False)


def test_a_delivery_may_have_fewer_attempts() -> None:
    assert verdict(Kind.RETRY, 1, max_attempts=1).state == "failed"
    assert verdict(Kind.RETRY, 1, max_attempts=2).state == "waiting"


def test_a_retry_obeys_a_longer_retry_after() -> None:
    assert verdict(Kind.RETRY, retry_after=100).wait == 100


@pytest.mark.parametrize(
    ("asked", "hold"), [(90.0, 90.0), (None, 30.0), (0.0, 1.0), (10.0**9, 86400.0)]
)
def test_a_throttle_holds_the_account_and_costs_nothing(asked: float | None, hold: float) -> None:
    said = verdict(Kind.THROTTLED, retry_after=asked)
    assert (said.state, said.counts, said.reached, said.hold) == ("waiting", False, True, hold)
    assert said.wait == hold
    late = verdict(Kind.THROTTLED, 99, retry_after=asked, jitter=-1.0)
    assert late.wait is not None
    assert hold < late.wait <= hold * 1.1


@pytest.mark.parametrize(
    ("kind", "pause"), [(Kind.UNAUTHORIZED, "unauthorized"), (Kind.GONE, "gone")]
)
def test_a_lost_target_is_paused_and_costs_nothing(kind: Kind, pause: str) -> None:
    said = verdict(kind, 99)
    assert (said.state, said.pause, said.counts, said.reached) == ("waiting", pause, False, True)
    assert said.reason
