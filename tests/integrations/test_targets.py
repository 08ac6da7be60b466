"""Every target keeps the contract, as its recorded conversations show."""

import base64
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook

from relay.catalog import ROOT
from relay.core.checks import problems, schema_problems
from relay.core.contract import Access, Duty, Json, Kind, Outcome, Reply
from relay.core.pointers import get
from relay.core.private import secret_places
from tests.integrations.conversing import (
    FIXTURES,
    GRANTS,
    NAMES,
    begun,
    catalog,
    duty_of,
    in_words,
    kind_of,
    led,
    of_target,
    outcome_of,
    read,
    replies_of,
    told,
    usual,
)

SHOWN = {Kind.DELIVERED, Kind.THROTTLED, Kind.REJECTED, Kind.UNAUTHORIZED, Kind.RETRY}
"""The outcomes that every target shows a conversation of."""

ODD_BODIES = (b"null", b"", b"[]", b"<html>", b"\xff\x00", b'{"a":', b'{"error": 1}')

TELLING = {*range(200, 210), 302, *range(400, 432), 451, *range(500, 506), 530, 535, 550, 599}
"""Statuses that vendors say more of; the others are heard with one body."""

SILENT = {
    "salesforce_web_to_lead": SHOWN - {Kind.UNAUTHORIZED},
    "ga4": SHOWN - {Kind.UNAUTHORIZED},
}
"""Vendors who never say some of them."""

EPOCH = datetime.fromtimestamp(0, UTC)

every_recording = pytest.mark.parametrize(
    "path", FIXTURES, ids=lambda path: f"{path.parts[-3]}-{path.stem}"
)
every_grant = pytest.mark.parametrize(
    "path", GRANTS, ids=lambda path: f"{path.parts[-3]}-{path.stem}"
)
every_target = pytest.mark.parametrize("name", NAMES)


@every_recording
def test_a_recorded_conversation_goes_as_recorded(path: Path) -> None:
    recorded = read(path)
    assert problems(kind_of(path).target.settings, recorded["settings"]) == []
    requests, notes, outcome = told(begun(path), replies_of(recorded))
    assert [in_words(request) for request in requests] == [
        exchange["request"] for exchange in recorded["conversation"]
    ]
    assert notes[-1:] == ([recorded["noted"]] if "noted" in recorded else notes[-1:])
    assert outcome == outcome_of(recorded["outcome"])


@every_grant
def test_a_recorded_grant_goes_as_recorded(path: Path) -> None:
    recorded, kind = read(path), kind_of(path)
    assert problems(kind.target.settings, recorded["settings"]) == []
    grant, said = kind.target.grant, recorded["grant"]
    assert grant is not None
    assert grant.account(recorded["settings"]) is not None
    before = Access(**said["access"]) if said.get("access") else None
    asking: Any = grant.ask(recorded["settings"], before, said["now"])
    requests, _, given = told(asking, replies_of(recorded))
    assert [in_words(request) for request in requests] == [
        exchange["request"] for exchange in recorded["conversation"]
    ]
    expected = Access(**recorded["granted"]) if "granted" in recorded else None
    assert given == (expected or outcome_of(recorded["outcome"]))


@every_target
def test_a_grant_is_recorded_with_a_refusal(name: str) -> None:
    if catalog().targets[name].target.grant is None:
        return
    shown = [read(path) for path in GRANTS if path.parts[-3] == name]
    assert any("granted" in one for one in shown)
    assert any(one.get("outcome", {}).get("kind") == "unauthorized" for one in shown)


@every_recording
def test_a_recorded_lead_is_a_canonical_one(path: Path) -> None:
    assert problems(catalog().lead_schema, read(path)["lead"]) == []


@every_recording
def test_any_answer_has_an_outcome(path: Path) -> None:
    for status in sorted({*TELLING, *range(200, 600, 19)}):
        for body in ODD_BODIES if status in TELLING else ODD_BODIES[:1]:
            outcome = led(begun(path), Reply(status=status, body=body))
            assert isinstance(outcome, Outcome)
            assert status < 300 or outcome.kind is not Kind.DELIVERED
            assert outcome.kind is Kind.DELIVERED or outcome.message


@every_target
def test_the_outcomes_that_matter_are_recorded(name: str) -> None:
    shown = {Kind(recorded["outcome"]["kind"]) for recorded in of_target(name)}
    assert shown >= SILENT.get(name, SHOWN)


@every_target
def test_a_second_try_is_recorded(name: str) -> None:
    """The answer to the first one may have been lost on its way: what is done then is shown."""
    again = [recorded for recorded in of_target(name) if recorded["duty"].get("again")]
    assert again
    if catalog().targets[name].target.repeat == "lookup":
        assert any(_looks_first(name, recorded) for recorded in again)


def _looks_first(name: str, recorded: Json) -> bool:
    """Whether what was made before is found, so that it is not made again."""
    made = [_said(exchange) for exchange in usual(name)["conversation"]]
    said = [_said(exchange) for exchange in recorded["conversation"]]
    writes = [one for one in made if one[0] != "GET"]
    return recorded["outcome"]["kind"] == "delivered" and not all(one in said for one in writes)


def _said(exchange: Json) -> tuple[str, str, str]:
    request = exchange["request"]
    return request["method"], request["url"], request["body"]


@every_target
def test_a_target_says_what_people_need(name: str) -> None:
    kind = catalog().targets[name]
    target = kind.target
    assert target.label
    assert target.summary.endswith(".")
    assert "## Set up" in kind.guide
    assert schema_problems(target.settings) == []
    assert target.settings["additionalProperties"] is False
    for place, setting in target.settings["properties"].items():
        assert setting.get("title"), place
    assert set(target.events) <= {"created", "updated", "status"}
    assert set(target.consent) <= set(get(catalog().lead_schema, "/properties/consent/properties"))
    if target.api_version_ends is not None:
        assert date.fromisoformat(target.api_version_ends)
        assert target.api_version
    assert target.unverified is None or "Not verified" in kind.guide


@every_target
def test_a_connection_can_be_checked(name: str) -> None:
    for recorded in of_target(name):
        check = catalog().targets[name].target.check
        for status in (200, 401, 429, 500):
            for body in (b"", b"null", b"<html>", b"{}", b"[1]"):
                checked = check(recorded["settings"], duty_of(recorded["duty"]))
                assert isinstance(led(checked, Reply(status=status, body=body)), Outcome)


@every_target
def test_no_secret_is_stored_in_clear(name: str) -> None:
    schema = catalog().targets[name].target.settings
    for recorded in of_target(name):
        hidden = secret_places(schema, recorded["settings"])
        for setting in recorded["settings"]:
            looks_secret = any(word in setting for word in ("secret", "token", "password", "key"))
            assert not looks_secret or f"/{setting}" in hidden


@every_target
def test_limits_are_counted_by_an_account_that_does_not_change(name: str) -> None:
    target = catalog().targets[name].target
    settings = usual(name)["settings"]
    assert target.rate_key(settings) == target.rate_key(dict(settings))


# --- the webhook's own -------------------------------------------------------------------------


def webhook(**settings: Any) -> list[str]:
    """What is wrong with these settings of a webhook."""
    schema = catalog().targets["webhook"].target.settings
    return problems(schema, {"url": "https://crm.test/leads", **settings})


@pytest.mark.parametrize(
    "header",
    [
        "Host",
        "connection",
        "Transfer-Encoding",
        "TE",
        "Upgrade",
        "Keep-Alive",
        "Proxy-Authorization",
        "Content-Length",
        "Content-Type",
        "Webhook-Id",
        "webhook-signature",
        "a b",
        "a:b",
        "a\r\nb",
        "host\n",
        "ä",
        "",
    ],
)
def test_a_webhook_refuses_headers_that_are_not_the_users(header: str) -> None:
    assert webhook(headers={header: "x"})
    assert webhook(secret_headers={header: "x"})


@pytest.mark.parametrize(
    "header", ["Authorization", "Cookie", "X-Api-Key", "apikey", "X-Auth-Token", "Client_Secret"]
)
def test_a_header_that_is_a_credential_is_only_taken_where_it_is_kept_sealed(header: str) -> None:
    assert webhook(headers={header: "x"})
    assert not webhook(secret_headers={header: "x"})


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\n", "\r", "a\0"])
def test_a_webhook_refuses_line_breaks_in_headers(value: str) -> None:
    assert webhook(headers={"X-A": value})
    assert not webhook(headers={"X-A": value.replace("\r", "").replace("\n", "").strip("\0")})


@pytest.mark.parametrize(
    "settings",
    [
        {"method": "GET"},
        {"method": "DELETE"},
        {"url": "ftp://crm.test/"},
        {"url": "https://user:pass@crm.test/"},
        {"url": "https:///x"},
        {"url": "https://crm.test/a b"},
        {"url": "https://crm.test/\n"},
        {"secret": "whsec_short"},
        {"secret": "whsec_" + "A" * 33},
        {"secret": "whsec_" + "A" * 120},
        {"secret": "no prefix, but long enough to be one"},
        {"username": "u"},
        {"username": "a:b", "password": "p"},
        {"username": "u", "password": "p", "token": "t"},
        {"token": "a\nb"},
        {"token": "t\n"},
        {"timeout": 0},
        {"timeout": 1000},
        {"surprise": True},
    ],
)
def test_a_webhook_refuses_settings_that_cannot_work(settings: Json) -> None:
    assert webhook(**settings)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"url": "http://10.0.0.1:8080/x?y=1#z"},
        {"url": "https://crm.test?x=@"},
        {"method": "PATCH", "format": "form", "timeout": 90},
        {"secret": "whsec_" + "A" * 32},
        {"secrets": ["whsec_" + "A" * 43 + "=", "whsec_" + "A" * 86 + "=="]},
        {"username": "", "password": "key"},
        {"token": "t.o-k_e~n"},
        {"headers": {"X-Hosts": "a", "Idempotency-Key": "of-our-own", "X-Keyword": "b"}},
        {"secret_headers": {"Authorization": "Digest x", "X-Api-Key": "k"}},
    ],
)
def test_a_webhook_takes_settings_that_work(settings: Json) -> None:
    assert webhook(**settings) == []


def test_every_secret_signs_while_they_change() -> None:
    recorded = read(ROOT / "integrations" / "webhook" / "fixtures" / "updates.json")
    (exchange,) = recorded["conversation"]
    headers = exchange["request"]["headers"]
    signed = headers["webhook-signature"].split()
    assert len(signed) == 2
    for secret in recorded["settings"]["secrets"]:
        at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
        body = exchange["request"]["body"]
        assert Webhook(secret).sign(headers["webhook-id"], at, body) in signed


def test_a_webhook_without_a_secret_is_not_signed_but_has_its_id() -> None:
    recorded = read(ROOT / "integrations" / "webhook" / "fixtures" / "mapped.json")
    headers = recorded["conversation"][0]["request"]["headers"]
    assert "webhook-signature" not in headers
    assert headers["webhook-id"] == recorded["duty"]["id"]


def test_secrets_of_every_allowed_length_can_sign() -> None:
    deliver = catalog().targets["webhook"].target.check
    duty = Duty(id="d", event="created", lead_id="l", version=1, occurred_at=0, now=0)
    for size in range(24, 65):
        secret = "whsec_" + base64.b64encode(bytes(size)).decode()
        for spelled in (secret, secret.rstrip("=")):
            assert webhook(secret=spelled) == []
            request = next(deliver({"url": "https://crm.test/", "secret": spelled}, duty))
            expected = Webhook(secret).sign("d", EPOCH, request.body.decode())
            assert request.headers["webhook-signature"] == expected
