"""Meta's notices from the door to the lead, and what each of its answers means."""

import json
from typing import Any

import pytest

from integrations.meta_lead_ads import graph
from integrations.meta_lead_ads.source import SOURCE
from relay.core.contract import Inbound, Kind, Reply
from relay.core.verify import verify
from relay.services import fetching
from relay.services.leads import store_batch
from relay.store.tables import fetches, leads
from tests.peer import Answer, Peer
from tests.web.doors import KEY, add_source, kept

DOOR = f"/in/{KEY}"
TOKEN = "a page access token nobody may read"
SETTINGS = {"secrets": ["abc123"], "verify_token": "let me in", "access_token": TOKEN}


def notice(*ids: str, **more: Any) -> dict[str, Any]:
    changes = [{"field": "leadgen", "value": {"leadgen_id": one, "form_id": "7"}} for one in ids]
    return {"object": "page", "entry": [{"id": "1", "time": 1, "changes": changes, **more}]}


# --- the door --------------------------------------------------------------------------------


def test_the_signature_is_meta_s_own(client: Any, runtime: Any) -> None:
    add_source(runtime, "meta_lead_ads", settings=SETTINGS)
    signature = "sha256=24554f6285363dd1791a2b1840bbbb4e4608c0a6ed1d48551ea83184f4e26e42"
    inbound = Inbound(body=b'{"a":1}', headers={"x-hub-signature-256": signature})
    assert verify(SOURCE, inbound, SETTINGS, 0) is None
    assert verify(SOURCE, inbound, {"secrets": ["abc124"]}, 0) is not None
    assert client.post(DOOR, json=notice("1")).status_code == 401


def test_the_check_of_the_address_is_answered_with_its_challenge_in_plain_text(
    client: Any, runtime: Any
) -> None:
    add_source(runtime, "meta_lead_ads", settings=SETTINGS)
    asked = {"hub.mode": "subscribe", "hub.challenge": "1158201444"}
    good = client.get(DOOR, query_string=asked | {"hub.verify_token": "let me in"})
    assert (good.status_code, good.text, good.mimetype) == (200, "1158201444", "text/plain")
    for token in ({"hub.verify_token": "let me out"}, {}):
        bad = client.get(DOOR, query_string=asked | token)
        assert bad.status_code == 403
        assert "1158201444" not in bad.text
    assert "posted to this address" in client.get(DOOR).text


def test_a_notice_may_bring_many_leads_and_one_that_names_none_is_not_lost() -> None:
    body = notice("10", "11")
    body["entry"].append({"id": "2", "changes": [{"field": "leadgen"}, {"field": "feed"}]})
    body["entry"].append({"id": "3", "changes": [{"field": "leadgen", "value": {"form_id": "7"}}]})
    found = SOURCE.parse(Inbound(body=json.dumps(body).encode()), SETTINGS)
    assert [parsed.event_id for parsed in found] == ["10", "11", None, None]
    fetch = SOURCE.fetch
    assert fetch is not None
    asking = [fetch(parsed, SETTINGS, 0) is not None for parsed in found]
    assert asking == [True, True, False, False]


# --- the whole way ---------------------------------------------------------------------------


@pytest.fixture
def meta(runtime: Any, peer: Peer, monkeypatch: Any) -> Any:
    """A source of the kind, and Meta at the peer."""
    monkeypatch.setattr(graph, "HOST", peer.url)
    settings = {"access_token": TOKEN}
    return add_source(runtime, "meta_lead_ads", settings=settings)


def run(runtime: Any, source_id: Any) -> None:
    """Let the work be done that is due."""
    store_batch(runtime)
    for errand in fetching.claim(runtime, source_id, 10):
        fetching.carry_out(runtime, errand)
    store_batch(runtime)


def rows(runtime: Any, table: Any) -> list[Any]:
    with runtime.database.read() as connection:
        return list(connection.execute(table.select()).all())


LEAD = {"id": "10", "field_data": [{"name": "email", "values": ["ada@example.com"]}]}


def test_a_notice_becomes_a_lead_and_its_token_is_nowhere(
    client: Any, runtime: Any, meta: Any, peer: Peer
) -> None:
    peer.script(Answer(body=json.dumps({**LEAD, "note": f"echo {TOKEN}"}).encode()))
    assert client.post(DOOR, json=notice("10")).status_code == 200
    assert client.post(DOOR, json=notice("10")).status_code == 200
    assert peer.arrivals == []
    run(runtime, meta)
    (arrival,) = peer.arrivals
    assert arrival.path.startswith("/v26.0/10?fields=id%2Ccreated_time%2C")
    assert arrival.headers["authorization"] == f"Bearer {TOKEN}"
    assert TOKEN not in arrival.path
    assert sorted(row.state for row in kept(runtime)) == ["duplicate", "stored"]
    (lead,) = rows(runtime, leads)
    assert lead.email == "ada@example.com"
    (fetch,) = rows(runtime, fetches)
    assert TOKEN not in json.dumps(fetch.exchanges)
    assert TOKEN.encode() not in fetch.body


def test_a_bad_token_loses_nothing(client: Any, runtime: Any, meta: Any, peer: Peer) -> None:
    error = {"message": "Error validating access token", "type": "OAuthException", "code": 190}
    peer.default = Answer(400, json.dumps({"error": error}).encode())
    client.post(DOOR, json=notice("10", "11"))
    run(runtime, meta)
    states = [(row.state, row.hold) for row in kept(runtime)]
    assert states == [("held", "fetch")] * 2
    said = [row.reasons[0]["message"] for row in kept(runtime)]
    assert any("Error validating access token" in words for words in said)


# --- verdicts --------------------------------------------------------------------------------


def error(code: int, subcode: int | None = None, **more: Any) -> bytes:
    told = {"message": "because", "code": code, "error_subcode": subcode, **more}
    return json.dumps({"error": told}).encode()


VERDICTS = [
    (400, error(190), Kind.UNAUTHORIZED),
    (400, error(102), Kind.UNAUTHORIZED),
    (403, error(10), Kind.UNAUTHORIZED),
    (403, error(200), Kind.UNAUTHORIZED),
    (403, error(4), Kind.THROTTLED),
    (400, error(17), Kind.THROTTLED),
    (400, error(613), Kind.THROTTLED),
    (400, error(80005), Kind.THROTTLED),
    (500, error(1), Kind.RETRY),
    (500, error(2, is_transient=True), Kind.RETRY),
    (400, error(100, 33), Kind.RETRY),
    (400, error(100), Kind.REJECTED),
    (400, error(987654), Kind.RETRY),
    (400, error(100, is_transient=True), Kind.RETRY),
    (200, error(190), Kind.UNAUTHORIZED),
    (502, b"<html>bad gateway</html>", Kind.RETRY),
    (404, b"", Kind.RETRY),
    (429, b"", Kind.THROTTLED),
    (401, b"", Kind.UNAUTHORIZED),
]


@pytest.mark.parametrize(("status", "body", "kind"), VERDICTS)
def test_each_documented_error_has_its_meaning(status: int, body: bytes, kind: Kind) -> None:
    verdict = graph.judge(Reply(status=status, body=body), 0)
    assert verdict is not None
    assert verdict.kind is kind


def test_half_an_answer_is_none() -> None:
    verdict = graph.judge(Reply(status=200, body=b'{"id": "1', cut=True), 0)
    assert verdict is not None
    assert verdict.kind is Kind.RETRY
    assert graph.judge(Reply(status=200, body=b'{"id": "1"}'), 0) is None
