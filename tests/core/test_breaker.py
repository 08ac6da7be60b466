"""The breaker of a lane."""

from datetime import UTC, datetime, timedelta

from relay.core.breaker import THRESHOLD, Breaker, after, gate

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def failed(breaker: Breaker, times: int, at: datetime = NOON) -> Breaker:
    for _ in range(times):
        breaker = after(breaker, reached=False, now=at)
    return breaker


def opened(trips: int) -> Breaker:
    """A breaker that has opened so many times in a row."""
    breaker = failed(Breaker(), THRESHOLD)
    for _ in range(trips - 1):
        breaker = after(
            Breaker("half_open", breaker.failures, breaker.trips), reached=False, now=NOON
        )
    return breaker


def test_it_opens_after_enough_failures_in_a_row() -> None:
    before = failed(Breaker(), THRESHOLD - 1)
    assert (before.state, gate(before, NOON)) == ("closed", "open")
    breaker = failed(before, 1)
    assert (breaker.state, gate(breaker, NOON)) == ("open", "shut")


def test_one_success_begins_the_count_anew() -> None:
    breaker = after(failed(Breaker(), THRESHOLD - 1), reached=True, now=NOON)
    assert failed(breaker, THRESHOLD - 1).state == "closed"


def test_after_its_pause_one_may_probe() -> None:
    breaker = opened(1)
    assert breaker.open_until == NOON + timedelta(seconds=5)
    assert gate(breaker, NOON + timedelta(seconds=4.9)) == "shut"
    assert gate(breaker, NOON + timedelta(seconds=5)) == "probe"
    assert gate(Breaker("half_open", 10, 1), NOON) == "probe"


def test_a_probe_that_arrives_closes_it() -> None:
    assert after(Breaker("half_open", 10, 3), reached=True, now=NOON) == Breaker()


def test_a_probe_that_fails_opens_it_for_twice_as_long_up_to_a_minute() -> None:
    pauses = []
    for trips in range(1, 8):
        until = opened(trips).open_until
        assert until is not None
        pauses.append((until - NOON).total_seconds())
    assert pauses == [5, 10, 20, 40, 60, 60, 60]


def test_failures_that_were_under_way_do_not_prolong_it() -> None:
    breaker = opened(1)
    assert failed(breaker, 20, NOON + timedelta(seconds=3)) == breaker


def test_a_success_that_was_under_way_closes_it() -> None:
    assert after(opened(2), reached=True, now=NOON) == Breaker()


def test_years_of_failure_are_no_overflow() -> None:
    assert gate(opened(2000), NOON + timedelta(seconds=60)) == "probe"
