"""Every target keeps the contract, as its recorded conversations show."""

import base64
import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook

from relay.catalog import ROOT, load_catalog
from relay.core.checks import problems, schema_problems
from relay.core.contract import Conversation, Duty, Json, Kind, Outcome, Reply, Request
from relay.core.kinds import Catalog, TargetKind
from relay.core.private import secret_places

NAMES = sorted(path.parent.name for path in (ROOT / "integrations").glob("*/target.py"))

FIXTURES = sorted(
    path
    for name in NAMES
    for path in (ROOT / "integrations" / name / "fixtures").glob("*.json")
    if not path.name.endswith(".expected.json")  # a source's
)

SHOWN = {Kind.DELIVERED, Kind.THROTTLED, Kind.REJECTED, Kind.UNAUTHORIZED, Kind.RETRY}
"""The outcomes that every target shows a conversation of."""


EPOCH = datetime.fromtimestamp(0, UTC)


@cache
def catalog() -> Catalog:
    """What is there, read once."""
    return load_catalog()


@pytest.fixture
def kinds() -> dict[str, TargetKind]:
    return dict(catalog().targets)


def read(path: Path) -> Json:
    """A recorded conversation."""
    return json.loads(path.read_text(encoding="utf-8"))


def told(conversation: Conversation, recorded: list[Json]) -> tuple[list[Request], Outcome]:
    """The requests and the outcome of a conversation that hears the recorded replies."""
    requests = [next(conversation)]
    for exchange in recorded:
        said = exchange["reply"]
        reply = Reply(status=said["status"], headers=said["headers"], body=said["body"].encode())
        try:
            requests.append(conversation.send(reply))
        except StopIteration as ended:
            return requests, ended.value
    raise AssertionError("the conversation goes on after its last recorded reply")


def in_words(request: Request) -> Json:
    return {
        "method": request.method,
        "url": request.url,
        "headers": dict(request.headers),
        "body": request.body.decode(),
    }


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: f"{path.parts[-3]}-{path.stem}")
def test_a_recorded_conversation_goes_as_recorded(path: Path, kinds: dict[str, TargetKind]) -> None:
    recorded, kind = read(path), kinds[path.parts[-3]]
    assert problems(kind.target.settings, recorded["settings"]) == []
    built = kind.adapter.build(recorded["lead"], recorded["mapping"])
    assert built.errors == []
    conversation = kind.target.deliver(
        built.payload, recorded["settings"], Duty(**recorded["duty"])
    )
    requests, outcome = told(conversation, recorded["conversation"])
    assert [in_words(request) for request in requests] == [
        exchange["request"] for exchange in recorded["conversation"]
    ]
    assert outcome == Outcome(**{**recorded["outcome"], "kind": Kind(recorded["outcome"]["kind"])})


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: f"{path.parts[-3]}-{path.stem}")
def test_a_recorded_lead_is_a_canonical_one(path: Path) -> None:
    schema = catalog().lead_schema
    assert problems(schema, read(path)["lead"]) == []


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: f"{path.parts[-3]}-{path.stem}")
def test_any_answer_has_an_outcome(path: Path, kinds: dict[str, TargetKind]) -> None:
    recorded, kind = read(path), kinds[path.parts[-3]]
    built = kind.adapter.build(recorded["lead"], recorded["mapping"])
    for status in range(200, 600):
        for body in (b"", b"null", b"[]", b"<html>", b"\xff\x00", b'{"a":'):
            conversation = kind.target.deliver(
                built.payload, recorded["settings"], Duty(**recorded["duty"])
            )
            outcome = _led(conversation, Reply(status=status, body=body))
            assert isinstance(outcome, Outcome)
            assert status < 300 or outcome.kind is not Kind.DELIVERED
            assert outcome.kind is Kind.DELIVERED or outcome.message


def _led(conversation: Conversation, reply: Reply) -> Any:
    """The outcome of a conversation that hears the same reply to everything."""
    next(conversation)
    for _ in range(20):
        try:
            conversation.send(reply)
        except StopIteration as ended:
            return ended.value
    raise AssertionError("the conversation does not end")


@pytest.mark.parametrize("name", NAMES)
def test_the_outcomes_that_matter_are_recorded(name: str) -> None:
    shown = {Kind(read(path)["outcome"]["kind"]) for path in FIXTURES if path.parts[-3] == name}
    assert shown >= SHOWN


@pytest.mark.parametrize("name", NAMES)
def test_a_target_says_what_people_need(name: str, kinds: dict[str, TargetKind]) -> None:
    kind = kinds[name]
    target = kind.target
    assert target.label
    assert target.summary.endswith(".")
    assert "## Set up" in kind.guide
    assert schema_problems(target.settings) == []
    assert target.settings["additionalProperties"] is False
    for place, setting in target.settings["properties"].items():
        assert setting.get("title"), place
    assert set(target.events) <= {"created", "updated", "status"}


@pytest.mark.parametrize("name", NAMES)
def test_a_connection_can_be_checked(name: str, kinds: dict[str, TargetKind]) -> None:
    for path in (path for path in FIXTURES if path.parts[-3] == name):
        recorded = read(path)
        check = kinds[name].target.check(recorded["settings"], Duty(**recorded["duty"]))
        assert isinstance(_led(check, Reply(status=500)), Outcome)


@pytest.mark.parametrize("name", NAMES)
def test_no_secret_is_stored_in_clear(name: str, kinds: dict[str, TargetKind]) -> None:
    schema = kinds[name].target.settings
    for path in (path for path in FIXTURES if path.parts[-3] == name):
        settings = read(path)["settings"]
        hidden = secret_places(schema, settings)
        for setting in settings:
            looks_secret = any(word in setting for word in ("secret", "token", "password", "key"))
            assert not looks_secret or f"/{setting}" in hidden


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
