"""Rate limits and schedules in words."""

import pytest

from relay.catalog import load_catalog
from relay.core.rates import Rate, largest_unit, rate, span, throughput, tries
from relay.net.limits import parse_limit


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("10/second", Rate(10, 1, "second")),
        ("90 per 10 seconds", Rate(90, 10, "second")),
        ("3000/5 minute", Rate(3000, 5, "minute")),
        ("100 per day", Rate(100, 1, "day")),
        ("ten a second", None),
        ("10/fortnight", None),
        ("0/second", None),
        ("10/second;5/minute", None),
    ],
)
def test_a_limit_is_read(text: str, wanted: Rate | None) -> None:
    assert rate(text) == wanted


@pytest.mark.parametrize(
    "one", [Rate(10, 1, "second"), Rate(3, 5, "minute"), Rate(7, 2, "day"), Rate(9, 1, "month")]
)
def test_what_is_written_is_what_the_limiter_reads(one: Rate) -> None:
    assert rate(one.written) == one
    item = parse_limit(one.written)
    assert item.amount * 3600 / item.get_expiry() == one.per_hour


@pytest.mark.parametrize(
    ("limits", "wanted"),
    [
        ([], ""),
        (["10/minute"], "about 600 an hour"),
        (["10/second", "1200/day"], "about 50 an hour"),
        (["10/second; 1200/day"], "about 50 an hour"),
        (["500/day"], "about 21 an hour"),
        (["5/day"], "about 5 a day"),
        (["5/month"], "about 1 a day"),
        (["100/second"], "about 360,000 an hour"),
    ],
)
def test_what_limits_come_to(limits: list[str], wanted: str) -> None:
    assert throughput(limits) == wanted


def test_tries_come_after_their_waits() -> None:
    assert [(one.number, one.wait, one.at) for one in tries([5, 60])] == [
        (1, 0, 0),
        (2, 5, 5),
        (3, 60, 65),
    ]
    assert len(tries([])) == 1


@pytest.mark.parametrize(
    ("seconds", "wanted"),
    [(0, "0 s"), (2.5, "2.5 s"), (65, "1 min 5 s"), (3600, "1 h"), (100000, "1 d 3 h"),
     (7205, "2 h 5 s")],
)  # fmt: skip
def test_spans_are_said(seconds: float, wanted: str) -> None:
    assert span(seconds) == wanted


def test_units_leave_no_rest() -> None:
    found = [largest_unit(one) for one in (0, 30, 90, 120, 7200, 172800)]
    assert found == [
        (0, "second"),
        (30, "second"),
        (90, "second"),
        (2, "minute"),
        (2, "hour"),
        (2, "day"),
    ]


def test_the_limits_of_every_kind_can_be_said() -> None:
    kinds = load_catalog().targets
    assert len(kinds) > 20
    listed = [(name, text) for name, kind in kinds.items() for text in kind.target.limits]
    assert [one for one in listed if not rate(one[1])] == []
