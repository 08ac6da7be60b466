"""A rhythm knows nights, weekends and bursts, and what chance alone explains."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from relay.core.rhythm import WEEK, Rhythm, hour_of_week, learn

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
OFFICE = [day * 24 + hour for day in range(5) for hour in range(9, 17)]


def office(weeks: int = 4, each: int = 4) -> list[int]:
    """Hours of weeks from Monday's first, with so many arrivals in each hour of the office."""
    return [each if hour in OFFICE else 0 for hour in range(WEEK)] * weeks


def learned(counts: list[int], first: int = 0) -> Rhythm:
    found = learn(counts, first)
    assert found is not None
    return found


def test_an_office_is_not_expected_to_work_at_night_or_on_sunday() -> None:
    rhythm = learned(office())
    friday = MONDAY + timedelta(days=4, hours=17)
    assert rhythm.expected(friday, MONDAY + timedelta(days=7, hours=9)) == 0
    assert rhythm.expected(friday, MONDAY + timedelta(days=7, hours=12)) == pytest.approx(12)
    assert rhythm.longest == 0


def test_parts_of_hours_and_whole_weeks_are_expected_too() -> None:
    rhythm = learned(office())
    nine = MONDAY + timedelta(hours=9)
    assert rhythm.expected(nine + timedelta(minutes=12), nine + timedelta(minutes=42)) == 2
    assert rhythm.expected(nine, nine + timedelta(weeks=3, hours=1)) == 3 * 160 + 4
    assert rhythm.expected(nine, nine) == 0


def test_weeks_may_begin_at_any_hour() -> None:
    counts = office(5)
    turned = counts[31 : 31 + 4 * WEEK]
    assert learned(turned, 31).hours == learned(office()).hours
    assert hour_of_week(MONDAY + timedelta(hours=31)) == 31


def test_too_little_makes_no_rhythm() -> None:
    assert learn(office(1), 0) is None
    assert learn([0] * WEEK * 2, 0) is None
    assert learn(([1] * 9 + [0] * (WEEK - 9)) * 2, 0) is None


def test_one_import_of_a_thousand_is_no_rhythm() -> None:
    counts = office()
    counts[3] = 1000
    assert learned(counts).hours[3] == 12 / 4
    assert learned(counts).enough("normal") < learned(office()).enough("normal") * 1.2


def test_one_outage_is_forgiven_and_a_habit_is_not() -> None:
    once, often = office(), office()
    for hour in range(WEEK, WEEK + 72):
        once[hour] = 0
    for week in range(4):
        for hour in (*range(week * WEEK + 24, week * WEEK + 48),):
            often[hour] = 0 if week % 2 else often[hour]
    assert learned(once).longest == 0
    assert learned(often).longest == pytest.approx(16)
    assert learned(often).enough("high") == pytest.approx(16)


def test_the_more_sensitive_the_sooner() -> None:
    rhythm = learned(office())
    high, normal, low = (rhythm.enough(one) for one in ("high", "normal", "low"))
    assert 9 < high < normal < low < 30


@pytest.mark.parametrize("per_week", [10, 100, 1000])
def test_chance_alone_hardly_ever_looks_like_silence(per_week: int) -> None:
    """Arrivals that know nothing of each other, for forty months at the highest sensitivity."""
    random = Random(7)
    alarms = 0
    for _ in range(40):
        weeks = [0] * WEEK * 8
        for _ in range(per_week * 8):
            weeks[random.randrange(WEEK * 8)] += 1
        found = learn(weeks[: WEEK * 4], 0)
        assert found is not None
        alarms += _alarms(found, weeks[WEEK * 4 :])
    assert alarms <= 4


def _alarms(rhythm: Rhythm, counts: list[int]) -> int:
    missed, alarms = 0.0, 0
    for number, count in enumerate(counts):
        before = missed
        missed = 0.0 if count else missed + rhythm.hours[number % WEEK]
        alarms += before < rhythm.enough("high") <= missed
    return alarms
