"""Google Analytics 4: who the visitor was, and that nothing tells who the person is."""

import json
from typing import Any

import pytest

from integrations.ga4.events import client_of, session_of
from integrations.ga4.target import TARGET
from relay.core.contract import Duty, Json, Kind, Outcome, Reply, Request
from tests.integrations.conversing import catalog, told
from tests.integrations.many_leads import many, whole

SETTINGS = {"measurement_id": "G-FIXTURE001", "api_secret": "ga4-fixture-secret"}


def duty(**more: Any) -> Duty:
    """A duty of a lead that came two seconds ago."""
    given = {"id": "d", "event": "created", "lead_id": "the-lead", "version": 1}
    return Duty(**{**given, "occurred_at": 1_772_452_798.0, "now": 1_772_452_800.0, **more})


def sent(
    lead: Json, settings: Json = None, mapping: Json = None, **more: Any
) -> tuple[Json, Outcome]:
    """What is sent of a lead, None where nothing is, and the outcome."""
    built = catalog().targets["ga4"].adapter.build({"v": 1, **lead}, mapping or {})
    conversation = TARGET.deliver(built.payload, {**SETTINGS, **(settings or {})}, duty(**more))
    requests, _, outcome = told(conversation, [Reply(status=204)])
    bodies = [json.loads(one.body) for one in requests if isinstance(one, Request)]
    return (bodies[0] if bodies else None), outcome


VISITOR: Json = {"attribution": {"ga": {"client_id": "GA1.1.12.34"}}}


@pytest.mark.parametrize(
    ("cookie", "client"),
    [
        ("GA1.1.1234567890.1700000000", "1234567890.1700000000"),
        ("GA1.2.12.34", "12.34"),
        ("1234567890.1700000000", "1234567890.1700000000"),
        ("FPID2.2.abc+de=.1700000000", "abc+de=.1700000000"),
        (" 12.34 ", "12.34"),
        ("", None),
        (None, None),
        ("ada@example.com", None),
    ],
)
def test_the_client_is_read_out_of_its_cookie(cookie: Json, client: str | None) -> None:
    assert client_of({"client_id": cookie}, SETTINGS, duty()) == client


@pytest.mark.parametrize(
    ("cookie", "session"),
    [
        ("GS1.1.1700000000.5.1.1700000300.0.0.0", "1700000000"),
        ("GS2.1.s1700000000$o5$g1$t1700000300$j0$l0$h0", "1700000000"),
        ("1700000000", "1700000000"),
        (1700000000, "1700000000"),
        ("ada", None),
        ("1700000000x", None),
        (None, None),
    ],
)
def test_the_session_is_read_out_of_its_cookie(cookie: Json, session: str | None) -> None:
    assert session_of(cookie) == session


def test_a_made_client_is_the_same_for_all_events_of_a_lead() -> None:
    settings = {**SETTINGS, "without_client_id": "make"}
    first = client_of({}, settings, duty(lead_at=1_772_452_798.0))
    later = client_of({}, settings, duty(lead_at=1_772_452_798.0, occurred_at=1_772_999_999.0))
    other = client_of({}, settings, duty(lead_at=1_772_452_798.0, lead_id="another"))
    assert first == later != other
    assert first is not None
    assert first.endswith(".1772452798")


def test_nothing_tells_who_the_person_is() -> None:
    for lead in [whole(), *many()]:
        told_of = {**lead, "attribution": {**lead.get("attribution", {}), **VISITOR["attribution"]}}
        told_of.pop("event"), told_of.pop("ids")
        body, _ = sent(told_of)
        text = json.dumps(body, ensure_ascii=False)
        contact = lead.get("contact", {})
        assert "@" not in text
        for place in ("email", "full_name"):
            assert not contact.get(place) or contact[place] not in text
        assert "user_data" not in body
        assert "?" not in body["events"][0]["params"].get("page_location", "")


def test_hashed_people_go_only_where_they_agreed() -> None:
    person = {"contact": {"email": "Ada.King+a@gmail.com"}, **VISITOR}
    granted = {**person, "consent": {"ad_user_data": {"state": "granted", "raw": "yes"}}}
    assert "user_data" not in sent(person, {"user_data": True})[0]
    assert "user_data" not in sent(granted)[0]
    [hashed] = sent(granted, {"user_data": True})[0]["user_data"]["sha256_email_address"]
    assert len(hashed) == 64
    assert sent(granted)[0]["consent"] == {"ad_user_data": "GRANTED"}


@pytest.mark.parametrize(
    "contact",
    [{"email": "call me"}, {"phone": {"raw": "030 123456"}}],
)
def test_what_is_no_address_and_no_number_is_not_hashed(contact: Json) -> None:
    granted = {"consent": {"ad_user_data": {"state": "granted", "raw": "yes"}}}
    mapping = {"/$person/phone": "/contact/phone/raw"}
    body, _ = sent({"contact": contact, **granted, **VISITOR}, {"user_data": True}, mapping)
    assert "user_data" not in body


def test_an_event_has_as_many_parameters_as_ga4_takes() -> None:
    mapping = {f"/params/p{number}": {"value": "v" * 300} for number in range(40)}
    body, _ = sent(VISITOR, mapping=mapping)
    params = body["events"][0]["params"]
    assert len(params) == 25
    assert {"value", "currency", "transaction_id"} <= params.keys()
    assert all(len(value) <= 100 for value in params.values() if isinstance(value, str))


def test_value_and_currency_go_together() -> None:
    params = sent(VISITOR, {"currency": "SEK"})[0]["events"][0]["params"]
    assert (params["value"], params["currency"]) == (0, "SEK")
    won = {**VISITOR, "state": {"stage": "won", "value_minor": 1999, "currency": "eur"}}
    params = sent(won, event="status", label="won")[0]["events"][0]["params"]
    assert (params["value"], params["currency"]) == (19.99, "EUR")


def test_the_time_is_the_leads_own() -> None:
    lead = {**VISITOR, "times": {"submitted": "2026-03-02T10:00:00Z"}}
    assert sent(lead)[0]["timestamp_micros"] == 1_772_445_600_000_000
    late, outcome = sent(VISITOR, occurred_at=1_772_452_800.0 - 3 * 86_400 - 1)
    assert (late, outcome.kind) == (None, Kind.REJECTED)


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Reply(status=200, body=b'{"validationMessages": []}'), Kind.DELIVERED),
        (
            Reply(status=200, body=b'{"validationMessages": [{"description": "bad"}]}'),
            Kind.REJECTED,
        ),
        (Reply(status=200, body=b""), Kind.RETRY),
        (Reply(status=503), Kind.RETRY),
    ],
)
def test_the_check_uses_the_address_that_counts_nothing(reply: Reply, kind: Kind) -> None:
    requests, _, outcome = told(TARGET.check({**SETTINGS, "eu": True}, duty()), [reply])
    assert requests[0].url.startswith("https://region1.google-analytics.com/debug/mp/collect?")  # type: ignore[union-attr]  # a Request
    assert outcome.kind is kind
