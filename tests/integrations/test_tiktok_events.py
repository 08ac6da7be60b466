"""TikTok Events API: values as TikTok matches them, and connections that are checked."""

import hashlib
from typing import Any

import pytest

from integrations.tiktok_events.people import user
from relay.core.contract import Duty, Kind, Reply
from tests.integrations.conversing import catalog, led, told

DUTY = Duty(id="d", event="created", lead_id="l", version=1, occurred_at=0, now=0)
SETTINGS = {"event_source_id": "CFIXTURE0PIXEL0CODE0", "access_token": "fixture0token0tiktok0001"}


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    ("name", "value", "normal"),
    [
        ("email", " Ada.King+x@Gmail.com ", "ada.king+x@gmail.com"),
        ("phone", "+44 20 7946-0018", "+442079460018"),
        ("external_id", "Customer-7", "customer-7"),
        ("first_name", "Ana Maria", "anamaria"),
        ("zip_code", "LS1 1AA", "ls11aa"),
    ],
)
def test_values_are_hashed_as_tiktok_wants_them(name: str, value: str, normal: str) -> None:
    found = user({"user": {name: value}})
    assert found == {name: _hash(normal)}
    assert user({"user": found}) == found
    assert user({"user": {name: [value, value]}}) == {name: [_hash(normal)]}


@pytest.mark.parametrize(
    ("name", "value", "plain"),
    [
        ("city", "St. Ives", "stives"),
        ("state", "New York", "newyork"),
        ("country", "GB", "gb"),
        ("ip", "2001:DB8::1", "2001:db8::1"),
        ("ttclid", "E.C.P", "E.C.P"),
    ],
)
def test_what_is_not_hashed_is_sent_in_its_form(name: str, value: str, plain: str) -> None:
    assert user({"user": {name: value}}) == {name: plain}


@pytest.mark.parametrize(
    ("name", "value"),
    [("email", "nobody"), ("phone", "123"), ("country", "England"), ("ip", "here"), ("city", "-")],
)
def test_what_tiktok_cannot_use_is_left_out(name: str, value: Any) -> None:
    assert user({"user": {name: value}}) == {}


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (0, Kind.DELIVERED),
        (40002, Kind.DELIVERED),
        (40105, Kind.UNAUTHORIZED),
        (40100, Kind.THROTTLED),
        (51000, Kind.RETRY),
    ],
)
def test_a_check_without_a_test_code_sends_no_event(code: int, kind: Kind) -> None:
    check = catalog().targets["tiktok_events"].target.check
    reply = Reply(status=200, body=b'{"code":%d,"message":"said"}' % code)
    [request], _, outcome = told(check(SETTINGS, DUTY), [reply])
    assert b'"data":[]' in request.body  # type: ignore[union-attr]
    assert outcome.kind is kind


def test_a_check_with_a_test_code_is_judged_as_an_event_is() -> None:
    check = catalog().targets["tiktok_events"].target.check
    settings = {**SETTINGS, "test_event_code": "TEST1"}
    assert led(check(settings, DUTY), Reply(status=200, body=b'{"code":0}')).kind is Kind.DELIVERED
    bad = Reply(status=200, body=b'{"code":40002,"message":"bad"}')
    assert led(check(settings, DUTY), bad).kind is Kind.REJECTED
