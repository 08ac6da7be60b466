"""When to try again."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.retry import LONGEST, SCHEDULE, bounded, next_wait, parse_retry_after

NOW = 1772452800.0
"""Monday, 2 March 2026, 12:00:00 GMT."""


def test_the_default_schedule_is_the_one_that_is_promised() -> None:
    assert SCHEDULE == (5, 60, 300, 1800, 7200, 18000, 36000, 36000)
    waits = [next_wait(SCHEDULE, attempt, 0) for attempt in range(1, 10)]
    assert waits == [*SCHEDULE, None]


def test_a_target_may_have_no_second_try() -> None:
    assert next_wait([], 1, 0) is None


@pytest.mark.parametrize(("jitter", "wait"), [(-1, 48), (0, 60), (1, 72)])
def test_jitter_moves_a_wait_by_a_fifth(jitter: float, wait: float) -> None:
    assert next_wait([60], 1, jitter) == pytest.approx(wait)


@pytest.mark.parametrize("jitter", [-1, 0, 1])
def test_a_longer_retry_after_is_obeyed_and_never_shortened(jitter: float) -> None:
    wait = next_wait([5], 1, jitter, retry_after=100)
    assert wait is not None
    assert 100 <= wait <= 120


def test_a_shorter_retry_after_does_not_hurry_the_schedule() -> None:
    assert next_wait([60], 1, 0, retry_after=1) == 60


def test_a_retry_after_gives_no_further_try() -> None:
    assert next_wait([5], 2, 0, retry_after=100) is None


@given(
    st.integers(1, 12),
    st.floats(-1, 1),
    st.one_of(st.none(), st.floats(allow_nan=True, allow_infinity=True)),
)
def test_a_wait_is_always_sane(attempt: int, jitter: float, asked: float | None) -> None:
    wait = next_wait(SCHEDULE, attempt, jitter, asked)
    assert (wait is None) == (attempt > len(SCHEDULE))
    assert wait is None or 4 <= wait <= LONGEST * 1.2


@pytest.mark.parametrize(
    ("asked", "wait"),
    [(None, 0), (math.nan, 0), (-1, 0), (7, 7), (10**9, LONGEST), (math.inf, LONGEST)],
)
def test_what_is_asked_for_is_bounded(asked: float | None, wait: float) -> None:
    assert bounded(asked) == wait


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        (" 1.5 ", 1.5),
        ("0", 0),
        ("99999999999", LONGEST),
        ("Mon, 02 Mar 2026 12:01:30 GMT", 90),
        ("Mon, 02 Mar 2026 12:01:30 -0000", 90),
        ("Mon, 02 Mar 2026 13:01:30 +0100", 90),
        ("Monday, 02-Mar-26 12:01:30 GMT", 90),
        ("Mon Mar  2 12:01:30 2026", 90),
        ("Mon, 02 Mar 2026 11:00:00 GMT", 0),
        ("Fri, 02 Mar 2063 12:00:00 GMT", LONGEST),
        ("Mon, 32 Mar 2026 12:00:00 GMT", None),
        ("soon", None),
        ("-5", None),
        ("nan", None),
        ("inf", LONGEST),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_read_in_both_forms(header: str | None, seconds: float | None) -> None:
    assert parse_retry_after(header, NOW) == seconds


@given(st.text())
def test_no_header_breaks_the_reading(header: str) -> None:
    seconds = parse_retry_after(header, NOW)
    assert seconds is None or 0 <= seconds <= LONGEST
