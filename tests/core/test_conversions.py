"""What advertising platforms are told: which event, under which id, when, of what value."""

from dataclasses import replace
from typing import Any

import pytest

from relay.core.contract import (
    Duty,
    Kind,
    bare_url,
    came_at,
    event_for,
    event_id,
    happened_at,
    too_old,
    value_of,
)

NOON = 1_772_452_800.0
DUTY = Duty(
    id="d", event="created", lead_id="l", version=1, occurred_at=NOON, now=NOON + 60, lead_at=NOON
)
WON = replace(
    DUTY, event="status", label="Sale made", occurred_at=NOON + 3 * 86_400, now=NOON + 259_260
)
EVENTS = {"created": "Lead", "sale made": "Purchase", "qualified": "Qualified"}


@pytest.mark.parametrize(
    ("duty", "stage", "event"),
    [
        (DUTY, "won", "Lead"),
        (WON, "qualified", "Purchase"),
        (replace(WON, label="Offer"), "qualified", "Qualified"),
        (replace(WON, label="Offer"), "lost", None),
        (replace(WON, label="created"), None, "Lead"),
        (replace(DUTY, event="updated"), "won", None),
    ],
)
def test_an_event_is_named_by_its_label_else_by_its_stage(
    duty: Duty, stage: Any, event: str | None
) -> None:
    assert event_for(EVENTS, stage, duty) == event


def test_every_lead_and_label_has_an_id_of_its_own_that_stays() -> None:
    duties = [
        DUTY,
        WON,
        replace(WON, label="won"),
        replace(WON, label="été"),
        replace(WON, label="ete"),
    ]
    duties += [replace(WON, lead_id="m", label="won"), replace(WON, label="x" * 41)]
    ids = [event_id(duty) for duty in duties]
    assert len(set(ids)) == len(ids)
    assert all(one.isascii() and len(one) <= 60 and " " not in one for one in ids)
    assert ids[0] == "l.created"
    assert ids[2] == "l.status.won"
    assert event_id(replace(WON, id="other", attempt=3, now=NOON + 9e6)) == ids[1]


@pytest.mark.parametrize(
    ("duty", "submitted", "at"),
    [
        (DUTY, "2026-03-02T11:00:00Z", NOON - 3600),
        (DUTY, "2026-03-02T13:00:00Z", NOON),
        (DUTY, None, NOON),
        (DUTY, "soon", NOON),
        (WON, "2026-03-02T11:00:00Z", NOON + 3 * 86_400),
        (replace(WON, now=NOON + 9e6), None, NOON + 3 * 86_400),
        (replace(DUTY, occurred_at=NOON + 99), None, NOON + 60),
    ],
)
def test_an_event_has_its_own_time_whenever_it_is_sent(
    duty: Duty, submitted: Any, at: float
) -> None:
    assert happened_at(duty, submitted) == at


def test_a_lead_came_when_it_landed_also_for_its_status() -> None:
    assert came_at(WON, "2026-03-02T11:00:00Z", None) == NOON - 3600
    assert came_at(WON, None, "2026-03-02T11:30:00Z") == NOON - 1800
    assert came_at(WON, "2027-01-01T00:00:00Z", "nonsense") == NOON
    assert came_at(replace(WON, lead_at=None)) == WON.occurred_at


def test_what_is_too_old_is_said_so() -> None:
    assert too_old(DUTY.now - 7 * 86_400, DUTY, 7) is None
    late = too_old(DUTY.now - 7 * 86_400 - 1, DUTY, 7)
    assert late is not None
    assert late.kind is Kind.REJECTED


@pytest.mark.parametrize(
    ("state", "worth"),
    [
        ({"value_minor": 1999, "currency": "eur"}, (19.99, "EUR")),
        ({"value_minor": 1999, "currency": "JPY"}, (1999, "JPY")),
        ({"value_minor": 0, "currency": "USD"}, (0, "USD")),
        ({"value_minor": 1999}, None),
        ({"currency": "EUR"}, None),
        ({"value_minor": True, "currency": "EUR"}, None),
        ({"value_minor": 1, "currency": "euros"}, None),
        (None, None),
    ],
)
def test_a_value_goes_with_its_currency_or_not_at_all(state: Any, worth: Any) -> None:
    assert value_of(state) == worth


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("https://example.com/a/b?email=ada@example.com#x", "https://example.com/a/b"),
        ("HTTP://Ada:pw@Example.com:8080", "http://example.com:8080"),
        ("https://[2001:db8::1]/x", "https://[2001:db8::1]/x"),
        ("example.com/a", None),
        ("javascript:alert(1)", None),
        ("https://[bad", None),
        ("https://x:port/", None),
        (None, None),
    ],
)
def test_addresses_of_pages_tell_nothing_of_people(text: Any, bare: str | None) -> None:
    assert bare_url(text) == bare
