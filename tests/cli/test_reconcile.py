"""`reconcile` and the ledger: what a provider has beside what is here."""

import json
from typing import Any

import pytest

from integrations.typeform import listing
from relay.services import configure
from relay.services.leads import store_batch
from relay.store.tables import reconciliations
from tests.cli.conftest import Relay
from tests.peer import Answer, Peer

PROJECT = {
    "id": "acme",
    "name": "Acme",
    "sources": [
        {
            "name": "offer",
            "kind": "typeform",
            "settings": {"access_token": "a personal token", "form_ids": ["f1"]},
        },
        {"name": "bare", "kind": "typeform"},
        {"name": "plain", "kind": "generic"},
    ],
}

FORM = {"id": "f1", "title": "Offer", "fields": []}


def response(token: str) -> dict[str, Any]:
    mail = {"type": "email", "email": f"{token}@x.example", "field": {"id": "q", "type": "email"}}
    return {"token": token, "submitted_at": "2026-03-02T11:00:00Z", "answers": [mail]}


@pytest.fixture
def typeform(runtime: Any, peer: Peer, monkeypatch: Any) -> Peer:
    """A project with a Typeform, whose API is the peer."""
    configure.apply(runtime, {"projects": [PROJECT]})
    runtime.clock.advance(86_400)
    monkeypatch.setitem(listing.HOSTS, "us", peer.url)
    return peer


def answers(*tokens: str) -> tuple[Answer, Answer]:
    items = [response(token) for token in tokens]
    return Answer(body=json.dumps(FORM).encode()), Answer(
        body=json.dumps({"items": items}).encode()
    )


def test_a_source_is_compared_and_the_ledger_shows_both_counts(
    runtime: Any, relay: Relay, typeform: Peer
) -> None:
    assert "compared" not in relay("ledger").stdout
    typeform.script(*answers("t1", "t2"))
    done = relay("reconcile", "offer", "--project", "acme", "--since", "7d")
    assert done.exit_code == 0
    assert "the provider has 2, 0 were here, 2 came in." in done.stdout
    while store_batch(runtime):
        pass
    typeform.script(*answers("t1", "t2"))
    again = json.loads(relay("reconcile", "offer", "--since", "7d", "--json").stdout)
    assert (again["listed"], again["known"], again["taken"]) == (2, 2, 0)
    assert not [name for name in again if "lease" in name]
    shown = relay("ledger")
    assert shown.exit_code == 0
    for words in ("provider has", "offer", "finished", "Nothing is missing."):
        assert words in shown.stdout
    (compared,) = json.loads(relay("ledger", "--json").stdout)["compared"]
    assert (compared["provider has"], compared["here"], compared["came in"]) == (2, 2, 0)


def test_a_list_that_cannot_be_had_is_told_and_is_no_success(relay: Relay, typeform: Peer) -> None:
    typeform.script(Answer(401, b'{"description": "Authentication credentials not found"}'))
    done = relay("reconcile", "offer")
    assert done.exit_code == 1
    assert "Authentication credentials not found" in done.stdout
    assert "a personal token" not in done.stdout


def test_a_source_that_cannot_be_compared_says_what_it_lacks(relay: Relay, typeform: Peer) -> None:
    for name in ("bare", "nobody"):
        assert relay("reconcile", name).exit_code == 1
    assert "do not hold what listing needs" in relay("reconcile", "bare").stderr
    assert "cannot ask Any form for what it has kept" in relay("reconcile", "plain").stderr
    assert typeform.arrivals == []


def test_a_source_that_another_process_is_at_is_left_to_it(
    runtime: Any, relay: Relay, typeform: Peer
) -> None:
    from relay.services import comparing, configured, finding

    source = configured.source(runtime, finding.find_source(runtime, "offer").id)
    assert source is not None
    assert comparing.claim(runtime, source, None, "clock") is not None
    done = relay("reconcile", "offer")
    assert done.exit_code == 1
    assert "by another process" in done.stderr
    with runtime.database.read() as connection:
        assert len(connection.execute(reconciliations.select()).all()) == 1
    assert typeform.arrivals == []
