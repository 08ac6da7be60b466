"""LinkedIn's notices: its checks, its signature, and a deletion that erases."""

import json
from typing import Any

import pytest

from integrations.linkedin_lead_gen import source as linkedin
from integrations.linkedin_lead_gen.source import SOURCE, judge
from relay.core.contract import Inbound, Kind, Reply, Unreadable
from relay.core.verify import sign, verify
from relay.services import fetching
from relay.services.leads import store_batch
from relay.services.ledger import ledger
from relay.store.tables import leads
from tests.peer import Answer, Peer
from tests.web.doors import KEY, add_source, kept

DOOR = f"/in/{KEY}"
SETTINGS = {"secrets": ["abc123"], "access_token": "an access token nobody may read"}
URN = "urn:li:leadGenFormResponse:a9a29e52-4"


def notice(action: str = "CREATED") -> dict[str, Any]:
    return {"type": "LEAD_ACTION", "leadGenFormResponse": URN, "leadAction": action}


def test_the_signature_holds_the_literal_before_the_body() -> None:
    signature = "97fb9bea3140a8b0ecac97508477cc2fcc3bf0de467f252855b62ded759934d7"
    inbound = Inbound(body=b'{"a":1}', headers={"x-li-signature": signature})
    assert verify(SOURCE, inbound, SETTINGS, 0) is None
    spelled = Inbound(body=b'hmacsha256={"a":1}', headers={"x-li-signature": signature})
    assert verify(SOURCE, spelled, SETTINGS, 0) is not None


def test_the_challenge_is_answered_with_its_digest(client: Any, runtime: Any) -> None:
    add_source(runtime, "linkedin_lead_gen", settings=SETTINGS)
    code = "890e4665-4dfe-4ab1-b689-ed553bceeed0"
    answer = client.get(DOOR, query_string={"challengeCode": code, "applicationId": "1"})
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    assert answer.json == {
        "challengeCode": code,
        "challengeResponse": "d88cbda038b71af5f33ab416535848bf1c2b0db5dc4bc89dba580f74d90717d5",
    }
    assert "posted to this address" in client.get(DOOR).text


def test_no_challenge_makes_the_signature_of_a_notice(client: Any, runtime: Any) -> None:
    add_source(runtime, "linkedin_lead_gen", settings=SETTINGS)
    forged = 'hmacsha256={"leadGenFormResponse": "urn:li:x:1", "leadAction": "DELETED"}'
    for code in (forged, "hmacsha256=", "a" * 201, "a\n", ""):
        answer = client.get(DOOR, query_string={"challengeCode": code})
        assert "challengeResponse" not in answer.get_data(as_text=True)


RESPONSE = {
    "id": "a9a29e52-4",
    "form": {
        "id": 1,
        "content": {"questions": [{"questionId": 1, "predefinedField": "EMAIL"}]},
    },
    "formResponse": {
        "answers": [
            {
                "questionId": 1,
                "answerDetails": {"textQuestionAnswer": {"answer": "ada@example.com"}},
            }
        ]
    },
}


@pytest.fixture
def source_id(runtime: Any, peer: Peer, monkeypatch: Any) -> Any:
    monkeypatch.setattr(linkedin, "API", peer.url)
    return add_source(runtime, "linkedin_lead_gen", settings=SETTINGS)


def post(client: Any, action: str) -> int:
    """A notice as LinkedIn signs it; returns the status of the answer."""
    bare = Inbound(body=json.dumps(notice(action)).encode())
    signed = sign(SOURCE, bare, SETTINGS, 0)
    answer = client.post(
        DOOR, data=signed.body, headers=signed.headers, content_type="application/json"
    )
    return int(answer.status_code)


def run(runtime: Any, source_id: Any) -> None:
    """Let the work be done that is due."""
    store_batch(runtime)
    for errand in fetching.claim(runtime, source_id, 10):
        fetching.carry_out(runtime, errand)
    store_batch(runtime)


def count(runtime: Any) -> int:
    with runtime.database.read() as connection:
        return len(connection.execute(leads.select()).all())


def test_a_response_becomes_a_lead_and_its_deletion_erases_it(
    client: Any, runtime: Any, source_id: Any, peer: Peer
) -> None:
    peer.default = Answer(body=json.dumps(RESPONSE).encode())
    for action in ("CREATED", "CREATED"):
        assert post(client, action) == 200
    run(runtime, source_id)
    (arrival,) = peer.arrivals
    assert arrival.path.startswith("/leadFormResponses/a9a29e52-4?fields=id,submittedAt,")
    assert arrival.headers["linkedin-version"] == "202607"
    assert arrival.headers["x-restli-protocol-version"] == "2.0.0"
    assert sorted(row.state for row in kept(runtime)) == ["duplicate", "stored"]
    assert count(runtime) == 1
    assert post(client, "DELETED") == 200
    assert post(client, "DELETED") == 200
    run(runtime, source_id)
    assert count(runtime) == 0
    assert len(peer.arrivals) == 1
    first, again = kept(runtime)
    assert (first.state, again.state) == ("refused", "duplicate")
    assert "1 lead removed here" in first.reasons[0]["message"]
    assert ledger(runtime).gaps == []


def test_nobody_erases_a_lead_where_no_secret_tells_who_asks() -> None:
    asked = Inbound(body=json.dumps(notice("DELETED")).encode())
    with pytest.raises(Unreadable, match="client secret"):
        SOURCE.parse(asked, {})
    (parsed,) = SOURCE.parse(asked, SETTINGS)
    assert parsed.erases


def test_questions_are_found_whatever_the_form_lacks() -> None:
    for form in ({}, None, {"content": {"questions": [5, {"questionId": None}]}}):
        body = {"notice": notice(), "response": {**RESPONSE, "form": form}}
        (parsed,) = SOURCE.parse(Inbound(body=json.dumps(body).encode()), SETTINGS)
        (answer,) = parsed.document["response"]["answers"]
        assert (answer["id"], answer["value"]) == ("1", "ada@example.com")


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, Kind.UNAUTHORIZED),
        (403, Kind.UNAUTHORIZED),
        (426, Kind.UNAUTHORIZED),
        (404, Kind.RETRY),
        (429, Kind.THROTTLED),
        (500, Kind.RETRY),
        (400, Kind.REJECTED),
    ],
)
def test_each_documented_error_has_its_meaning(status: int, kind: Kind) -> None:
    verdict = judge(Reply(status=status, body=b'{"message": "because"}'), 0)
    assert verdict is not None
    assert verdict.kind is kind
    assert "because" in verdict.message
