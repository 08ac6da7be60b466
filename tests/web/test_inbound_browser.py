"""Visitors' browsers at the door: pages, origins, honeypots, captchas."""

import json
import time
from typing import Any
from urllib.parse import parse_qs

import pytest

from relay.net import redact
from relay.services import captcha
from tests.peer import Answer, Peer, drips, hangs
from tests.web.doors import KEY, add_source, kept

DOOR = f"/in/{KEY}"
FORM = {"email": "ada@example.com", "name": "Ada"}
BROWSER = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Origin": "https://www.example.com",
    "Sec-Fetch-Mode": "navigate",
}
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
SCRIPT = {"Accept": "*/*", "Origin": "https://www.example.com", "Sec-Fetch-Mode": "cors"}


def test_a_browsers_form_post_is_sent_to_the_thank_you_page(runtime: Any, client: Any) -> None:
    add_source(runtime, thank_you_url="https://www.example.com/thanks?a=b")
    answer = client.post(DOOR, data=FORM, headers=BROWSER)
    assert answer.status_code == 303
    assert answer.headers["Location"] == "https://www.example.com/thanks?a=b"
    assert answer.headers["X-Submission-Id"] == str(kept(runtime)[0].id)


def test_without_a_thank_you_page_the_visitor_sees_a_small_one(runtime: Any, client: Any) -> None:
    add_source(runtime)
    answer = client.post(DOOR, data=FORM, headers=BROWSER)
    assert answer.status_code == 200
    assert answer.mimetype == "text/html"
    assert "Thank you" in answer.text
    assert str(kept(runtime)[0].id) in answer.text


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"Accept": "*/*"}, {"data": FORM}),
        ({"Accept": "application/json"}, {"data": FORM}),
        (SCRIPT | {"Accept": "text/html"}, {"data": FORM}),
        (BROWSER, {"json": FORM}),
        ({}, {"data": FORM}),
    ],
)
def test_webhooks_and_scripts_are_never_redirected(
    runtime: Any, client: Any, headers: dict[str, str], body: dict[str, Any]
) -> None:
    add_source(runtime, thank_you_url="https://www.example.com/thanks")
    answer = client.post(DOOR, headers=headers, **body)
    assert answer.status_code == 200
    assert answer.json["ok"] is True


def test_a_refused_browser_sees_a_page_that_escapes_what_it_shows(
    runtime: Any, client: Any
) -> None:
    add_source(runtime)
    answer = client.post(
        DOOR, data=b"x" * 1_100_000, content_type="text/plain; <b>", headers=BROWSER
    )
    assert answer.status_code == 413
    assert answer.mimetype == "text/html"
    assert "1048576" in answer.text


def test_scripts_of_listed_origins_may_post_and_read_the_answer(runtime: Any, client: Any) -> None:
    add_source(runtime, origins=["https://www.example.com"])
    asked = client.options(
        DOOR,
        headers=SCRIPT
        | {
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type, x-mine",
        },
    )
    assert asked.status_code == 204
    assert asked.headers["Access-Control-Allow-Origin"] == "https://www.example.com"
    assert "POST" in asked.headers["Access-Control-Allow-Methods"]
    assert asked.headers["Access-Control-Allow-Headers"] == "content-type, x-mine"
    answer = client.post(DOOR, json=FORM, headers=SCRIPT)
    assert answer.headers["Access-Control-Allow-Origin"] == "https://www.example.com"
    assert "X-Submission-Id" in answer.headers["Access-Control-Expose-Headers"]
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert "Origin" in answer.headers["Vary"]


def test_a_refusal_can_be_read_by_the_page_too(runtime: Any, client: Any) -> None:
    add_source(runtime, origins=["*"])
    answer = client.post(DOOR, data=b"x" * 1_100_000, headers=SCRIPT)
    assert answer.status_code == 413
    assert answer.headers["Access-Control-Allow-Origin"] == "https://www.example.com"


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "http://www.example.com",
        "https://www.example.com.evil.example",
        "https://www.example.com:8443",
        "null",
    ],
)
def test_other_origins_are_told_nothing_but_their_lead_is_kept(
    runtime: Any, client: Any, origin: str
) -> None:
    add_source(runtime, origins=["https://www.example.com"])
    headers = SCRIPT | {"Origin": origin}
    assert "Access-Control-Allow-Origin" not in client.options(DOOR, headers=headers).headers
    answer = client.post(DOOR, json=FORM, headers=headers)
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert answer.headers["Vary"] == "Origin", "a cache must not give this answer to the other"
    assert len(kept(runtime)) == 1


def test_a_filled_honeypot_holds_the_submission_and_robots_learn_nothing(
    runtime: Any, client: Any
) -> None:
    add_source(runtime, honeypot="website2", thank_you_url="https://www.example.com/thanks")
    caught = client.post(DOOR, data=FORM | {"website2": "http://x.example"}, headers=BROWSER)
    fine = client.post(DOOR, data=FORM | {"website2": " "}, headers=BROWSER)
    assert (caught.status_code, caught.headers["Location"]) == (
        fine.status_code,
        fine.headers["Location"],
    )
    assert [(row.state, row.hold) for row in kept(runtime)] == [
        ("held", "honeypot"),
        ("received", None),
    ]


def test_a_honeypot_is_found_within_json_too(runtime: Any, client: Any) -> None:
    add_source(runtime, honeypot="website2")
    client.post(DOOR, json={"form": {"email": "a@example.com", "website2": "x"}})
    client.post(DOOR, json={"form": {"email": "b@example.com", "website2": []}})
    assert [row.state for row in kept(runtime)] == ["held", "received"]


def test_what_only_a_person_may_release_is_not_covered_by_what_goes_on_by_itself(
    runtime: Any, client: Any
) -> None:
    add_source(runtime, honeypot="website2", limits={"source": "1/hour"})
    for trap in ("", "x", ""):
        client.post(DOOR, json={"email": "a@example.com", "website2": trap})
    assert [row.hold for row in kept(runtime)] == [None, "honeypot", "rate"]


@pytest.fixture
def providers(peer: Peer, monkeypatch: pytest.MonkeyPatch) -> Peer:
    """A peer that stands for every captcha provider."""
    for name in captcha.PROVIDERS:
        monkeypatch.setitem(captcha.PROVIDERS, name, f"{peer.url}/{name}")
    return peer


def verdict(**parts: Any) -> Answer:
    return Answer(body=json.dumps(parts).encode(), headers={"Content-Type": "application/json"})


@pytest.mark.parametrize("provider", ["turnstile", "recaptcha", "hcaptcha"])
def test_a_captchas_verdict_is_asked_for_and_decides_who_waits(
    runtime: Any, client: Any, providers: Peer, provider: str
) -> None:
    add_source(runtime, captcha={"provider": provider, "secret": "our secret"})
    providers.script(verdict(success=True), verdict(success=False, **{"error-codes": ["bad"]}))
    form = FORM | {captcha.FIELDS[provider]: "the+token"}
    assert client.post(DOOR, data=form, headers=BROWSER).status_code == 200
    assert client.post(DOOR, data=form, headers=BROWSER).status_code == 200
    assert [(row.state, row.hold) for row in kept(runtime)] == [
        ("received", None),
        ("held", "captcha"),
    ]
    asked = providers.arrivals[0]
    assert (asked.method, asked.path) == ("POST", f"/{provider}")
    assert parse_qs(asked.body.decode()) == {
        "secret": ["our secret"],
        "response": ["the+token"],
        "remoteip": ["127.0.0.1"],
    }


def test_a_missing_token_holds_without_asking_anybody(
    runtime: Any, client: Any, providers: Peer
) -> None:
    add_source(runtime, captcha={"provider": "turnstile", "secret": "s"})
    assert client.post(DOOR, data=FORM).status_code == 200
    assert client.post(DOOR, data=FORM | {"cf-turnstile-response": ""}).status_code == 200
    endless = {"cf-turnstile-response": "t" * 10_000}
    assert client.post(DOOR, data=FORM | endless).status_code == 200
    assert [row.hold for row in kept(runtime)] == ["captcha", "captcha", "captcha"]
    assert providers.arrivals == []


def test_no_visitors_token_stays_in_memory(runtime: Any, client: Any, providers: Peer) -> None:
    add_source(runtime, captcha={"provider": "turnstile", "secret": "our secret"})
    providers.default = verdict(success=True)
    worked_out: list[int] = []
    for token in ("first-token", "second-token", "third-token"):
        client.post(DOOR, data=FORM | {"cf-turnstile-response": token})
        worked_out.append(redact._pattern.cache_info().currsize)
    assert len(providers.arrivals) == 3
    assert worked_out[0] == worked_out[2]


@pytest.mark.parametrize(
    "trouble",
    [hangs, drips, Answer(500), Answer(200, b"<html>"), Answer(200, b"[]"), Answer(302)],
)
def test_no_verdict_holds_the_submission_soon_and_never_drops_it(
    runtime: Any, client: Any, providers: Peer, trouble: Any
) -> None:
    add_source(runtime, captcha={"provider": "hcaptcha", "secret": "s"})
    providers.default = trouble
    started = time.monotonic()
    answer = client.post(DOOR, data=FORM | {"h-captcha-response": "t"})
    assert answer.status_code == 200
    assert time.monotonic() - started < captcha.WAIT_SECONDS + 1
    assert [(row.state, row.hold) for row in kept(runtime)] == [("held", "captcha")]


def test_a_low_score_holds_for_recaptcha_alone_since_hcaptchas_counts_the_other_way(
    runtime: Any, client: Any, providers: Peer
) -> None:
    add_source(runtime, captcha={"provider": "recaptcha", "secret": "s", "score": 0.7})
    add_source(runtime, key="other", captcha={"provider": "hcaptcha", "secret": "s"})
    providers.script(verdict(success=True, score=0.6), verdict(success=True, score=0.8))
    for _ in range(2):
        client.post(DOOR, data=FORM | {"g-recaptcha-response": "t"})
    providers.script(verdict(success=True, score=0.0))
    client.post("/in/other", data=FORM | {"h-captcha-response": "t"})
    assert [row.state for row in kept(runtime)] == ["held", "received", "received"]
