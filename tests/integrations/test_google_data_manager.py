"""Google's Data Manager: what it is told of a person, and what its verdicts mean."""

import json
from typing import Any

import pytest

from integrations.google_data_manager.target import TARGET
from integrations.google_data_manager.verdicts import judge_processed
from relay.core.contract import Access, Duty, Json, Kind, Outcome, Reply, sha256_hex
from tests.integrations.conversing import catalog, told, usual
from tests.integrations.many_leads import whole
from tests.integrations.vendor_schemas import FOLDER

SETTINGS = {**usual("google_data_manager")["settings"], "events": {"created": "1", "Won": "2"}}


def duty(**more: Any) -> Duty:
    """A duty with access."""
    given = {"id": "d", "event": "created", "lead_id": "the-lead", "version": 1}
    times = {"occurred_at": 1_772_452_798.0, "now": 1_772_452_800.0}
    return Duty(**{**given, **times, "access": Access(token="t"), **more})


def held(lead: Json, *replies: Reply, **more: Any) -> tuple[list[Any], list[Json], Outcome]:
    """The requests, notes and outcome of a lead's conversation."""
    kind = catalog().targets["google_data_manager"]
    built = kind.adapter.build({"v": 1, **lead}, more.pop("mapping", {}))
    assert built.errors == []
    return told(TARGET.deliver(built.payload, SETTINGS, duty(**more)), replies)


def event_of(lead: Json, **more: Any) -> Json:
    """The event that is sent of a lead."""
    requests, _, _ = held(lead, Reply(status=200, body=b'{"requestId": "r"}'), **more)
    return json.loads(requests[0].body)["events"][0]


def processed(reason: str, status: str = "FAILED") -> Reply:
    """What Google says of a request of one event."""
    counts = {"errorCounts": [{"recordCount": "1", "reason": reason}]}
    one = {"requestStatus": status, "errorInfo": counts}
    return Reply(status=200, body=json.dumps({"requestStatusPerDestination": [one]}).encode())


def test_nothing_of_the_person_goes_in_clear() -> None:
    lead = whole()
    requests, _, _ = held(lead, Reply(status=200, body=b'{"requestId": "r"}'))
    body = requests[0].body.decode()
    contact = lead["contact"]
    for text in (contact["email"], contact["first_name"], contact["last_name"]):
        assert text.lower() not in body.lower()
    assert contact["phone"]["e164"] not in body
    assert contact["address"]["street"] not in body


@pytest.mark.parametrize(
    ("email", "plain"),
    [
        ("Ada.King+Quote@GoogleMail.com ", "adaking@googlemail.com"),
        ("Ada.King+Quote@Example.com", "ada.king+quote@example.com"),
    ],
)
def test_addresses_are_hashed_as_google_does_it(email: str, plain: str) -> None:
    event = event_of({"contact": {"email": email}})
    assert event["userData"]["userIdentifiers"] == [{"emailAddress": sha256_hex(plain)}]


@pytest.mark.parametrize(
    ("person", "known"),
    [
        ({"email": "call me"}, None),
        ({"email": "@example.com"}, None),
        ({"phone": "030 123456"}, None),
        ({"phone": "+49 (30) 123-4567"}, {"phoneNumber": sha256_hex("+49301234567")}),
        ({"phone": "AB" * 32}, {"phoneNumber": "ab" * 32}),
        ({"email": "AB" * 32}, {"emailAddress": "ab" * 32}),
    ],
)
def test_what_google_cannot_match_is_left_out(person: Json, known: Json) -> None:
    """The click is there all the same; what a mapping brings may be written in many ways."""
    mapping = {f"/person/{name}": {"value": value} for name, value in person.items()}
    lead = {"attribution": {"click_ids": {"gclid": "g"}}}
    event = event_of(lead, mapping=mapping)
    assert event.get("userData", {}).get("userIdentifiers") == ([known] if known else None)


def test_another_id_is_for_the_new_lead_alone() -> None:
    lead = {"contact": {"email": "ada@example.com"}}
    mapping = {"/transactionId": {"value": "of-the-tag"}}
    assert event_of(lead, mapping=mapping)["transactionId"] == "of-the-tag"
    won = event_of(lead, mapping=mapping, event="status", label="Won")
    assert won["transactionId"] == "the-lead.status.Won"


def test_a_phone_is_hashed_with_its_plus() -> None:
    event = event_of({"contact": {"phone": {"raw": "030", "e164": "+49301234567"}}})
    assert event["userData"]["userIdentifiers"] == [{"phoneNumber": sha256_hex("+49301234567")}]


@pytest.mark.parametrize("lacking", ["first_name", "last_name", "postal_code", "country"])
def test_an_address_goes_whole_or_not(lacking: str) -> None:
    contact = {
        "email": "ada@example.com",
        "first_name": "Ada ",
        "last_name": "King",
        "address": {"postal_code": "10115", "country": "de", "city": "Berlin"},
    }
    people = event_of({"contact": contact})["userData"]["userIdentifiers"]
    assert people[1]["address"] == {
        "givenName": sha256_hex("ada"),
        "familyName": sha256_hex("king"),
        "regionCode": "DE",
        "postalCode": "10115",
    }
    for place in (contact, contact["address"]):
        place.pop(lacking, None)  # type: ignore[union-attr]  # one of the two has it
    assert len(event_of({"contact": contact})["userData"]["userIdentifiers"]) == 1


def test_one_click_is_told_the_best_known() -> None:
    def clicks(**ids: str) -> Json:
        lead = {"attribution": {"click_ids": ids}, "contact": {"email": "ada@example.com"}}
        return event_of(lead)

    assert clicks(wbraid="w", gclid="g")["adIdentifiers"] == {"gclid": "g"}
    both = clicks(wbraid="w", gbraid="b")
    assert both["adIdentifiers"] == {"gbraid": "b"}
    assert "userData" not in both


def test_each_lead_and_label_has_its_own_id_and_action() -> None:
    lead = {"contact": {"email": "ada@example.com"}, "state": {"stage": "won"}}
    reply = Reply(status=200, body=b'{"requestId": "r"}')
    bodies = [
        json.loads(held(lead, reply, **more)[0][0].body)
        for more in ({}, {"event": "status", "label": "won"}, {"event": "status", "label": "Sold!"})
    ]
    assert len({body["events"][0]["transactionId"] for body in bodies}) == 3
    assert [body["destinations"][0]["productDestinationId"] for body in bodies] == ["1", "2", "2"]
    own = event_of(lead, mapping={"/transactionId": {"value": "T-1"}})
    assert own["transactionId"] == "T-1"


def test_a_test_lead_is_judged_and_not_counted() -> None:
    lead = {"contact": {"email": "ada@example.com"}}
    requests, notes, outcome = held(lead, Reply(status=200, body=b"{}"), trial=True)
    assert json.loads(requests[0].body)["validateOnly"] is True
    assert (outcome.kind, notes) == (Kind.DELIVERED, [])


def test_the_pauses_between_questions_grow() -> None:
    reply = Reply(status=200, body=b'{"requestStatusPerDestination": [{"requestStatus": "X"}]}')
    pauses = [judge_processed(reply, "r", asked).retry_after for asked in (0, 1, 2, 3, 99)]
    assert pauses == [1800, 3600, 7200, 14400, 14400]


def test_what_a_person_has_to_put_right_pauses_even_with_a_new_token() -> None:
    """The driver asks for a new token and holds the conversation again: it is still refused, and
    only a later attempt hands the event in anew."""
    lead = {"contact": {"email": "ada@example.com"}}
    reply = processed(
        "PROCESSING_ERROR_REASON_DESTINATION_ACCOUNT_ENHANCED_CONVERSIONS_TERMS_NOT_SIGNED"
    )
    _, [noted], outcome = held(lead, reply, noted={"request": "r", "asked": 2})
    assert outcome.kind is Kind.UNAUTHORIZED
    requests, _, outcome = held(lead, reply, noted=noted)
    assert (requests[0].method, outcome.kind) == ("GET", Kind.UNAUTHORIZED)
    taken = Reply(status=200, body=b'{"requestId": "r2"}')
    requests, [noted], outcome = held(lead, taken, noted=noted, now=duty().now + 60)
    assert (requests[0].method, outcome.kind) == ("POST", Kind.ACCEPTED)
    assert noted == {"request": "r2", "asked": 0}


@pytest.mark.parametrize(
    "reply", [processed("PROCESSING_ERROR_REASON_TOO_RECENT_CLICK"), Reply(status=404)]
)
def test_what_may_pass_is_handed_in_again(reply: Reply) -> None:
    lead = {"contact": {"email": "ada@example.com"}}
    _, [noted], outcome = held(lead, reply, noted={"request": "r", "asked": 0})
    assert outcome.kind is Kind.RETRY
    requests, _, _ = held(lead, Reply(status=200, body=b'{"requestId": "r"}'), noted=noted)
    assert requests[0].method == "POST"


@pytest.mark.vendors
@pytest.mark.skipif(not FOLDER.is_dir(), reason="the vendors' schemas are not beside this tree")
def test_every_reason_that_google_names_has_a_verdict() -> None:
    document = json.loads((FOLDER / "google-data-manager.json").read_text("utf-8"))
    reasons = document["components"]["schemas"]["ErrorCount"]["properties"]["reason"]["enum"]
    kinds = {reason: judge_processed(processed(reason), "r", 0).kind for reason in reasons}
    assert set(kinds.values()) == {
        Kind.DELIVERED,
        Kind.RETRY,
        Kind.IGNORED,
        Kind.UNAUTHORIZED,
        Kind.REJECTED,
    }
    named = {Kind.RETRY: 4, Kind.DELIVERED: 2, Kind.UNAUTHORIZED: 1, Kind.IGNORED: 11}
    assert {kind: list(kinds.values()).count(kind) for kind in named} == named
