"""What is kept of an attempt holds no secret of its target, even where the target says it aloud."""

import base64
import json
import logging
from urllib.parse import quote, quote_plus

import pytest

from tests.peer import Answer, Peer
from tests.services.outgoing import Outgoing

PASSWORD = "open/sesame+ü 42"
API_KEY = "k-7f3a9c51"
SIGNING = "whsec_bGVhZC1yZWxheSBmaXh0dXJlIHNlY3JldCAy"

SECRETS = {
    "/password": PASSWORD,
    "/secret": SIGNING,
    "/secret_headers": {"X-Custom": API_KEY},
}


def spellings() -> list[str]:
    basic = base64.b64encode(f"relay:{PASSWORD}".encode()).decode()
    return [
        PASSWORD,
        json.dumps(PASSWORD)[1:-1],
        quote(PASSWORD, safe=""),
        quote(PASSWORD, safe="").lower(),
        quote_plus(PASSWORD),
        basic,
        API_KEY,
        SIGNING,
        SIGNING.removeprefix("whsec_"),
    ]


@pytest.mark.parametrize("status", [200, 302, 401, 410, 429, 422, 500])
def test_an_echo_of_every_secret_is_kept_without_them(
    out: Outgoing, peer: Peer, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    caplog.set_level(logging.DEBUG)
    echo = " ".join(spellings())
    location = f"{peer.url}/?password={quote_plus(PASSWORD)}&x={quote(PASSWORD, safe='')}"
    peer.default = Answer(status, echo.encode(), {"X-Echo": quote(echo), "Location": location})
    target = out.target(f"{peer.url}/hook", settings={"username": "relay"}, secrets=SECRETS)
    row = out.deliver(target)
    (arrival,) = peer.arrivals
    assert arrival.headers["x-custom"] == API_KEY
    assert base64.b64decode(arrival.headers["authorization"].split()[1]).decode().endswith(PASSWORD)
    (attempt,) = out.attempts(row.id)
    kept = repr([row, attempt, out.lane(target), attempt.exchanges]) + caplog.text
    for spelling in spellings():
        assert spelling not in kept
    request = attempt.exchanges[0]["request"]
    assert request["headers"]["Authorization"] == "[secret]"
    assert request["headers"]["webhook-signature"].startswith("v1,")
    assert "[secret]" in attempt.exchanges[0]["response"]["body"]


def test_a_lead_that_holds_the_secret_by_chance_is_redacted_in_the_attempt_alone(
    out: Outgoing, peer: Peer
) -> None:
    lead = out.lead({"v": 1, "form": {"message": f"my key is {API_KEY}"}})
    row = out.deliver(out.target(peer.url, secrets=SECRETS | {"/token": "t0k3n"}), lead=lead)
    assert peer.arrivals[0].json()["data"]["form"]["message"] == f"my key is {API_KEY}"
    (attempt,) = out.attempts(row.id)
    assert "my key is [secret]" in attempt.exchanges[0]["request"]["body"]


def test_a_form_with_the_targets_own_fields(out: Outgoing, peer: Peer) -> None:
    mapping = {
        "/email": "/contact/email",
        "/who": {"template": "[first_name]{nobody} [last_name]"},
        "/deep/list": {"value": [1, "b", True]},
    }
    target = out.target(
        peer.url, settings={"format": "form", "method": "PUT"}, secrets={}, mapping=mapping
    )
    row = out.deliver(target, lead=out.lead({"v": 1, "contact": {"email": "a+b@ex.com"}}))
    assert row.state == "delivered"
    (arrival,) = peer.arrivals
    assert arrival.method == "PUT"
    assert arrival.headers["content-type"] == "application/x-www-form-urlencoded"
    assert arrival.body == (
        b"email=a%2Bb%40ex.com&who=nobody+&deep%5Blist%5D%5B0%5D=1&deep%5Blist%5D%5B1%5D=b"
        b"&deep%5Blist%5D%5B2%5D=true"
    )
