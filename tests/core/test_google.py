"""What Google's APIs have in common."""

import json

import pytest

from relay.core.contract import Duty, Json, Kind, Reply
from relay.core.google import account_of, ask_as_account, judge_google, project_of, refusal_of
from relay.core.jws import read_signed
from tests.integrations.conversing import usual

DUTY = Duty(id="d", event="created", lead_id="l", version=1, occurred_at=0, now=0)


def error(code: int, status: str, *details: Json) -> Reply:
    """A refusal in google.rpc.Status."""
    body = {"error": {"code": code, "status": status, "message": "no", "details": list(details)}}
    return Reply(status=code, body=json.dumps(body).encode())


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Reply(status=401), Kind.UNAUTHORIZED),
        (error(403, "PERMISSION_DENIED"), Kind.UNAUTHORIZED),
        (error(403, "PERMISSION_DENIED", {"reason": "RATE_LIMIT_EXCEEDED"}), Kind.THROTTLED),
        (error(404, "NOT_FOUND"), Kind.UNAUTHORIZED),
        (error(429, "RESOURCE_EXHAUSTED"), Kind.THROTTLED),
        (error(400, "INVALID_ARGUMENT"), Kind.REJECTED),
        (error(500, "INTERNAL"), Kind.RETRY),
        (error(503, "UNAVAILABLE"), Kind.RETRY),
        (Reply(status=400, body=b'{"error": {"details": 7, "errors": {"a": 1}}}'), Kind.REJECTED),
        (
            Reply(status=403, body=b'{"error": {"errors": [{"reason": "userRateLimitExceeded"}]}}'),
            Kind.THROTTLED,
        ),
        (Reply(status=403, body=b'{"error": "gone"}'), Kind.UNAUTHORIZED),
    ],
)
def test_refusals_are_judged_by_status_and_reason(reply: Reply, kind: Kind) -> None:
    outcome = judge_google(reply, DUTY)
    assert outcome is not None
    assert outcome.kind is kind


def test_an_api_may_give_a_reason_a_meaning_of_its_own() -> None:
    violation = {"field": "a.b", "description": "is none", "reason": "INVALID_ID"}
    reply = error(400, "INVALID_ARGUMENT", {"fieldViolations": [violation]})
    outcome = judge_google(reply, DUTY, {"INVALID_ID": Kind.GONE})
    assert outcome is not None
    assert outcome.kind is Kind.GONE
    assert "a.b: is none" in outcome.message
    assert refusal_of(reply).reasons == {"INVALID_ARGUMENT", "INVALID_ID"}


def test_a_taken_request_is_not_judged() -> None:
    assert judge_google(Reply(status=204), DUTY) is None


def test_an_account_is_known_by_its_key() -> None:
    settings = usual("google_sheets")["settings"]
    assert account_of(settings) == "relay@relay-fixtures.iam.gserviceaccount.com"
    assert project_of(settings) == "relay-fixtures"
    assert account_of({"service_account": "{"}) == "the service account"


def test_an_assertion_is_signed_by_the_key_for_googles_own_address_alone() -> None:
    from cryptography.hazmat.primitives import serialization

    settings = usual("google_sheets")["settings"]
    key = json.loads(settings["service_account"])
    other = {**key, "token_uri": "https://evil.example/token"}
    asking = ask_as_account("the scope")({"service_account": json.dumps(other)}, None, 1000.0)
    request = next(asking)
    assert request.url == "https://oauth2.googleapis.com/token"
    assertion = request.body.decode().rpartition("assertion=")[2]
    private = serialization.load_pem_private_key(key["private_key"].encode(), None)
    public = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    claims = read_signed(assertion, public.decode(), ["RS256"], 1000.0)
    assert claims == {
        "iss": key["client_email"],
        "scope": "the scope",
        "aud": "https://oauth2.googleapis.com/token",
        "iat": 1000,
        "exp": 4600,
    }


@pytest.mark.parametrize(
    "text", ["{}", "not json", '{"client_email": "a", "private_key": "-"}', "[]"]
)
def test_a_key_that_is_none_is_no_bug(text: str) -> None:
    with pytest.raises(StopIteration) as ended:
        next(ask_as_account("s")({"service_account": text}, None, 0.0))
    assert ended.value.value.kind is Kind.UNAUTHORIZED


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Reply(status=400, body=b'{"error": "invalid_grant"}'), Kind.UNAUTHORIZED),
        (Reply(status=403), Kind.UNAUTHORIZED),
        (Reply(status=429), Kind.THROTTLED),
        (Reply(status=503), Kind.RETRY),
        (Reply(status=200, body=b"{}"), Kind.RETRY),
    ],
)
def test_a_refused_grant_is_an_outcome(reply: Reply, kind: Kind) -> None:
    asking = ask_as_account("s")(usual("google_sheets")["settings"], None, 0.0)
    next(asking)
    with pytest.raises(StopIteration) as ended:
        asking.send(reply)
    assert ended.value.value.kind is kind
