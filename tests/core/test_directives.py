"""What senders ask for, in all the ways they write it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from relay.core.directives import (
    HIGHEST_PRIORITY,
    LONGEST_DELAY,
    Orders,
    asks,
    orders,
)
from relay.core.readings import boolean, moment, whole

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize("value", ["1", "true", "yes", "on", "TRUE", " On ", True, 1])
def test_td_38_yes(value: Any) -> None:
    assert boolean(value) is True


@pytest.mark.parametrize("value", ["0", "false", "no", "off", "No", False, 0])
def test_td_38_no(value: Any) -> None:
    assert boolean(value) is False


@pytest.mark.parametrize("value", ["", "maybe", "2", 2, None, [], {}, 0.5])
def test_td_38_neither(value: Any) -> None:
    with pytest.raises(ValueError, match="must be one of"):
        boolean(value)


@pytest.mark.parametrize(
    ("value", "at"),
    [
        ("2021-07-23 14:26:43 +0000", "2021-07-23T14:26:43+00:00"),
        ("2021-07-23 14:26:43 -0500", "2021-07-23T19:26:43+00:00"),
        ("2021-07-23 14:26:43 UTC", "2021-07-23T14:26:43+00:00"),
        ("2021-07-23 14:26:43", "2021-07-23T14:26:43+00:00"),
        ("2021-07-23T14:26:43Z", "2021-07-23T14:26:43+00:00"),
        ("2021-07-23T14:26:43.5+02:00", "2021-07-23T12:26:43.500000+00:00"),
        (" 2021/07/23 14:26 ", "2021-07-23T14:26:00+00:00"),
        ("2021-07-23", "2021-07-23T00:00:00+00:00"),
        ("2021-07-23 14:26:43  0200", "2021-07-23T12:26:43+00:00"),
        ("2021-07-23T14:26:43.5 0200", "2021-07-23T12:26:43.500000+00:00"),
        ("Fri, 23 Jul 2021 14:26:43 +0000", "2021-07-23T14:26:43+00:00"),
    ],
)
def test_td_40_times(value: str, at: str) -> None:
    assert moment(value).isoformat() == at


@pytest.mark.parametrize(
    "value",
    ["", "soon", "2021-13-01", "2021-02-30 10:00", 1627050403, None, [], "0001-01-01T00:00+14:00"],
)
def test_td_40_no_times(value: Any) -> None:
    with pytest.raises(ValueError, match="valid time"):
        moment(value)


@pytest.mark.parametrize(
    ("value", "number"), [("3600", 3600), (3600, 3600), (" 7 ", 7), (7.0, 7), ("-5", -5)]
)
def test_td_50_whole_numbers(value: Any, number: int) -> None:
    assert whole(value) == number


@pytest.mark.parametrize(
    "value", ["", "ten", "1.5", 1.5, True, None, [], "9" * 5000, float("nan"), "٣"]
)
def test_td_50_no_whole_numbers(value: Any) -> None:
    with pytest.raises(ValueError, match="whole number"):
        whole(value)


def _orders(lead: Any = None, **said: Any) -> Orders:
    document = {"directives": said}
    return orders(document, document if lead is None else {"directives": lead}, NOON)


@pytest.mark.parametrize(
    ("said", "due_at"),
    [
        ({"schedule_callback_at": "2026-03-02 15:00:00 +0000"}, NOON + timedelta(hours=3)),
        ({"schedule_callback_in_seconds": "3600"}, NOON + timedelta(hours=1)),
        ({"next_action_at": "2026-03-03T12:00:00Z"}, NOON + timedelta(days=1)),
        (
            {"schedule_callback_in_seconds": 60, "next_action_at": "2026-03-02 13:00:00"},
            NOON + timedelta(hours=1),
        ),
        ({"schedule_callback_in_seconds": -60}, None),
        ({"schedule_callback_at": "whenever"}, None),
        ({"schedule_callback_in_seconds": 10**17}, NOON + LONGEST_DELAY),
        ({"next_action_at": "9999-12-31T23:59:59Z"}, NOON + LONGEST_DELAY),
        ({}, None),
    ],
)
def test_td_51_the_latest_of_the_times_counts(said: Any, due_at: datetime | None) -> None:
    assert _orders(**said).due_at == due_at


def test_td_50_hours_count_from_the_arrival() -> None:
    assert _orders(hours_to_expire="5").expires_at == NOON + timedelta(hours=5)
    assert _orders(hours_to_expire=0).expires_at is None
    assert _orders(hours_to_expire=10**17).expires_at is not None
    assert _orders(lead={"hours_to_expire": 5}).expires_at is None, "an earlier submission's"


@pytest.mark.parametrize(
    ("said", "priority"),
    [("7", 7), (-7, -7), (10**12, HIGHEST_PRIORITY), (-(10**12), -HIGHEST_PRIORITY), ("high", 0)],
)
def test_td_50_priority_has_its_bounds(said: Any, priority: int) -> None:
    assert _orders(lead_priority=said).priority == priority


def test_td_50_priority_and_cap_stay_with_the_lead() -> None:
    kept = _orders(lead={"lead_priority": 3, "max_contact_attempts": "2"})
    assert (kept.priority, kept.cap) == (3, 2)
    assert _orders(max_contact_attempts=0).cap is None


def test_td_51_a_restart_and_a_time_renew_what_waits() -> None:
    assert _orders(restart_schedule="on").renew
    assert _orders(schedule_callback_in_seconds=1).renew
    assert not _orders(lead_priority=1).renew
    assert not _orders(lead={"restart_schedule": True}).renew


@pytest.mark.parametrize("document", [{}, None, {"directives": None}, {"directives": []}])
def test_td_52_what_asks_for_nothing(document: Any) -> None:
    assert orders(document, document, NOON) == Orders()
    assert not asks(document, "blocked")


def test_td_52_what_does_not_concern_the_relay_changes_nothing() -> None:
    said = {"assign_trackdrive_number": True, "assign_sms_number": "1", "contact_field_type": "7"}
    assert _orders(**said) == Orders()
