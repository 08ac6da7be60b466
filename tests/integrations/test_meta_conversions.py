"""Meta Conversions API: values are normalised and hashed as Meta's own SDK does it."""

import hashlib
from typing import Any

import pytest

from integrations.meta_conversions.people import can_be_found, user_data
from relay.core.contract import Duty, Kind, Reply
from tests.integrations.conversing import catalog, led, told

NOON = 1_772_452_800.0
DUTY = Duty(
    id="d", event="created", lead_id="l", version=1, occurred_at=NOON, now=NOON, lead_at=NOON
)
SETTINGS = {"dataset_id": "1234567890123456", "access_token": "EAAfixturetoken0001"}


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    ("name", "value", "normal"),
    [
        ("em", " Ada@Example.COM ", "ada@example.com"),
        ("em", "Ada.King+x@Gmail.com", "ada.king+x@gmail.com"),
        ("ph", "+44 20 7946-0018", "442079460018"),
        ("ph", "0044 (20) 79460018", "442079460018"),
        ("fn", " Łukasz ", "łukasz"),
        ("ln", "O'Brien", "o'brien"),
        ("ct", "St. Louis (2)", "stlouis"),
        ("st", "New-York", "newyork"),
        ("zp", "94035-1234", "94035"),
        ("zp", "LS1 1AA", "ls11aa"),
        ("country", "GB", "gb"),
        ("db", "1990-05-17", "19900517"),
        ("ge", "Female", "f"),
        ("external_id", "Customer-7", "customer-7"),
        ("external_id", 7, "7"),
    ],
)
def test_values_are_hashed_as_meta_wants_them(name: str, value: Any, normal: str) -> None:
    found = user_data({"user_data": {name: value}}, DUTY)
    assert found == {name: [_hash(normal)]}
    assert user_data({"user_data": {name: found[name]}}, DUTY) == found


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("em", "nobody"),
        ("ph", "12345"),
        ("country", "England"),
        ("db", "May 17"),
        ("ge", "unknown"),
        ("fbp", "odd"),
        ("fbc", "odd"),
        ("lead_id", "12345"),
        ("client_ip_address", "localhost"),
        ("fn", {"a": 1}),
        ("ct", "12"),
    ],
)
def test_what_meta_cannot_use_is_left_out(name: str, value: Any) -> None:
    assert user_data({"user_data": {name: value}}, DUTY) == {}


@pytest.mark.parametrize(
    ("said", "fbc"),
    [
        ({"$fbclid": "IwAR0aBc"}, "fb.1.1772452800000.IwAR0aBc"),
        (
            {"$fbclid": "IwAR0aBc", "$landed": "2026-03-01T12:00:00Z"},
            "fb.1.1772366400000.IwAR0aBc",
        ),
        ({"$fbclid": "IwAR0aBc", "$submitted": "2025-06-01T12:00:00Z"}, None),
        (
            {"$fbclid": "IwAR0aBc", "user_data": {"fbc": "fb.1.1772366400000.Other"}},
            "fb.1.1772366400000.Other",
        ),
        ({"$fbclid": " "}, None),
    ],
)
def test_a_click_is_told_with_its_time(said: Any, fbc: str | None) -> None:
    assert user_data(said, DUTY).get("fbc") == fbc


@pytest.mark.parametrize(
    ("known", "found"),
    [
        ({"em"}, True),
        ({"lead_id"}, True),
        ({"client_ip_address"}, False),
        ({"client_ip_address", "client_user_agent"}, True),
        ({"fn", "ln", "ct", "country", "external_id"}, False),
        ({"fn", "ln", "zp"}, True),
    ],
)
def test_somebody_must_be_known_by_something(known: set[str], found: bool) -> None:
    assert can_be_found(dict.fromkeys(known, "x")) is found


def test_a_check_sends_a_test_event_or_asks_for_the_token_alone() -> None:
    check = catalog().targets["meta_conversions"].target.check
    received = Reply(status=200, body=b'{"events_received":1,"messages":[]}')
    requests, _, outcome = told(check({**SETTINGS, "test_event_code": "TEST1"}, DUTY), [received])
    assert outcome.kind is Kind.DELIVERED
    assert b'"test_event_code":"TEST1"' in requests[0].body  # type: ignore[union-attr]
    me = Reply(status=200, body=b'{"id":"10"}')
    [asked], _, outcome = told(check(SETTINGS, DUTY), [me])
    assert outcome.kind is Kind.DELIVERED
    assert "EAAfixturetoken0001" not in asked.url  # type: ignore[union-attr]
    refused = Reply(status=400, body=b'{"error":{"code":190,"message":"expired"}}')
    assert led(check(SETTINGS, DUTY), refused).kind is Kind.UNAUTHORIZED
