"""LinkedIn Conversions API: whom it may be told of, and connections that are checked."""

from typing import Any

import pytest

from relay.core.contract import Duty, Kind, Reply, read_json
from tests.integrations.conversing import catalog, led, told

NOON = 1_772_452_800.0
DUTY = Duty(id="d", event="created", lead_id="l", version=1, occurred_at=NOON, now=NOON)
SETTINGS = {"access_token": "AQXfixture-token-0001-0001", "events": {"created": "1"}}
TARGET = catalog().targets["linkedin_conversions"].target
TAKEN = Reply(status=200, body=b'{"elements":[{"status":201}]}')


@pytest.mark.parametrize(
    ("payload", "ids", "info"),
    [
        ({"email": " Ada@Example.com "}, ["SHA256_EMAIL"], None),
        (
            {"li_fat_id": "0ac44e93"},
            ["LINKEDIN_FIRST_PARTY_ADS_TRACKING_UUID"],
            None,
        ),
        ({"email": "AB" * 32}, ["SHA256_EMAIL"], None),
        (
            {"email": "nobody", "userInfo": {"firstName": "Ada", "lastName": "King"}},
            [],
            {"firstName": "Ada", "lastName": "King"},
        ),
        (
            {"email": "a@b.co", "userInfo": {"firstName": "Ada", "companyName": "Example"}},
            ["SHA256_EMAIL"],
            None,
        ),
    ],
)
def test_the_list_of_ids_is_there_even_when_it_is_empty(payload: Any, ids: Any, info: Any) -> None:
    [request], _, outcome = told(TARGET.deliver(payload, SETTINGS, DUTY), [TAKEN])
    assert outcome.kind is Kind.DELIVERED
    [element] = read_json(request.body.decode())["elements"]  # type: ignore[union-attr]
    assert [one["idType"] for one in element["user"]["userIds"]] == ids
    assert element["user"].get("userInfo") == info


def test_the_id_of_the_websites_tag_is_for_the_new_lead_alone() -> None:
    ids = []
    for event, label in (("created", ""), ("status", "won")):
        duty = Duty(
            id="d", event=event, label=label, lead_id="l", version=1, occurred_at=NOON, now=NOON
        )
        settings = SETTINGS | {"events": {"created": "1", "won": "2"}}
        payload = {"email": "a@b.co", "eventId": "of-the-tag"}
        [request], _, _ = told(TARGET.deliver(payload, settings, duty), [TAKEN])
        [element] = read_json(request.body.decode())["elements"]  # type: ignore[union-attr]
        ids.append(element["eventId"])
    assert ids == ["of-the-tag", "l.status.won"]


@pytest.mark.parametrize(
    ("minor", "currency", "amount"),
    [
        (1250050, "EUR", "12500.5"),
        (2000, "USD", "20"),
        (1999, "JPY", "1999"),
        (1, "EUR", "0.01"),
        (1250, "BHD", "1.25"),
    ],
)
def test_an_amount_is_a_text(minor: int, currency: str, amount: str) -> None:
    payload = {"email": "a@b.co", "$state": {"value_minor": minor, "currency": currency}}
    [request], _, _ = told(TARGET.deliver(payload, SETTINGS, DUTY), [TAKEN])
    [element] = read_json(request.body.decode())["elements"]  # type: ignore[union-attr]
    assert element["conversionValue"] == {"currencyCode": currency, "amount": amount}
    assert element["conversionHappenedAt"] == int(NOON * 1000)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (200, Kind.DELIVERED),
        (400, Kind.DELIVERED),
        (422, Kind.DELIVERED),
        (401, Kind.UNAUTHORIZED),
        (403, Kind.UNAUTHORIZED),
        (426, Kind.GONE),
        (429, Kind.THROTTLED),
        (500, Kind.RETRY),
    ],
)
def test_a_check_sends_no_event(status: int, kind: Kind) -> None:
    [request], _, outcome = told(TARGET.check(SETTINGS, DUTY), [Reply(status=status)])
    assert request.body == b'{"elements":[]}'  # type: ignore[union-attr]
    assert outcome.kind is kind


def test_without_a_token_nothing_is_asked() -> None:
    settings = {"events": {"created": "1"}}
    assert led(TARGET.check(settings, DUTY), Reply(status=200)).kind is Kind.UNAUTHORIZED
    assert TARGET.rate_key(settings)
