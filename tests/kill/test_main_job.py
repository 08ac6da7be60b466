"""The main job: what form builders post arrives at a receiver as canonical leads, signed, once."""

import json
import urllib.request
from typing import Any
from uuid import UUID

import pytest
from standardwebhooks import Webhook

from relay.core.fixtures import Fixture, fixtures_of
from relay.services import samples
from relay.services.configure import apply
from tests.kill.proof import settled
from tests.peer import Arrival, Peer
from tests.stack import Stack

pytestmark = pytest.mark.kill

KILLS = 5
"""Of the worker and of the web process each, while everything is posted."""

SIGNING = "whsec_c2l4dGVlbi1ieXRlcy1hbmQtc2l4dGVlbi1tb3Jl"


def test_what_form_builders_post_arrives_signed_and_once_in_spite_of_kills(
    stack: Stack, runtime: Any, peer: Peer
) -> None:
    captures = _captures(runtime)
    _configure(runtime, captures, peer.url)
    stack.start()
    apart = len(captures) // KILLS
    for number, (kind, fixture) in enumerate(captures):
        if number % apart == apart // 3:
            stack.workers[0].restart()
        if number % apart == apart // 2:
            stack.web.restart()
            stack.until_it_answers()
        for _ in range(2):  # a form builder that saw no answer posts again
            _post(runtime, stack, kind, fixture)
    settled(runtime)
    expected = [lead for _, fixture in captures for lead in _owed(fixture)]
    arrived = _verified(peer.arrivals)
    assert len(expected) >= 20
    leads = [_told_by_the_form(event["data"]) for event in arrived.values()]
    assert sorted(map(_text, leads)) == sorted(map(_text, expected))


def _captures(runtime: Any) -> list[tuple[str, Fixture]]:
    """All but those of senders who say an id alone: what they are asked for is not at hand."""
    kinds = {name: kind for name, kind in runtime.catalog.sources.items() if not kind.source.fetch}
    return [(name, fixture) for name in kinds for fixture in fixtures_of(kinds[name])]


def _configure(runtime: Any, captures: list[tuple[str, Fixture]], url: str) -> None:
    """A source for each capture, as each was signed with settings of its own."""
    sources = [
        {
            "name": f"{kind} {fixture.name}",
            "kind": kind,
            "settings": fixture.expected.get("settings", {}),
            "repeat_window": 600,
            **({"region": region} if (region := fixture.expected.get("region")) else {}),
        }
        for kind, fixture in captures
    ]
    target = {
        "name": "crm",
        "kind": "webhook",
        "settings": {"url": url, "secret": SIGNING},
    }
    routes = [{"from": source["name"], "to": "crm"} for source in sources]
    project = {"id": "all", "name": "All", "sources": sources, "targets": [target]}
    apply(runtime, {"projects": [project | {"routes": routes}]})


def _post(runtime: Any, stack: Stack, kind: str, fixture: Fixture) -> None:
    (source,) = (
        source
        for _, source in samples.sources_of_kind(runtime, kind)
        if source.name == f"{kind} {fixture.name}"
    )
    inbound = samples.signed(runtime, source, fixture)
    path = inbound.url.removeprefix(runtime.config.public_url)
    request = urllib.request.Request(
        stack.url + path, data=inbound.body, headers=dict(inbound.headers), method="POST"
    )
    with urllib.request.urlopen(request, timeout=20) as reply:
        assert reply.status in {200, 303}
        assert UUID(reply.headers["X-Submission-Id"])


def _owed(fixture: Fixture) -> list[Any]:
    """The leads that go out: tests and partial responses stay here."""
    return [
        one["lead"]
        for one in fixture.expected["submissions"]
        if not one.get("test") and not one.get("partial")
    ]


def _verified(arrivals: list[Arrival]) -> dict[str, Any]:
    """The events that arrived, by their webhook-id, each checked as a receiver would."""
    found = {}
    for arrival in arrivals:
        Webhook(SIGNING).verify(arrival.body, dict(arrival.headers))
        found[arrival.headers["webhook-id"]] = json.loads(arrival.body)
    return found


def _told_by_the_form(lead: dict[str, Any]) -> dict[str, Any]:
    """The lead without what the relay itself knows of it."""
    return {name: value for name, value in lead.items() if name not in {"ids", "event"}}


def _text(lead: dict[str, Any]) -> str:
    return json.dumps(lead, sort_keys=True)
