"""Recipes as data: the vendors' published vectors pass, one changed byte does not."""

import base64
import hashlib
import hmac
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.contract import Inbound, Settings, Signature, Source, Verifier
from relay.core.verify import sign, verify

TYPEFORM = Signature(header="Typeform-Signature", encoding="base64", prefix="sha256=")
WEBFLOW = Signature(
    header="X-Webflow-Signature",
    signed="{timestamp}:{raw}",
    timestamp_header="X-Webflow-Timestamp",
    timestamp_unit="ms",
    tolerance=300,
)
CALENDLY = Signature(
    header="Calendly-Webhook-Signature",
    signed="{timestamp}.{raw}",
    pattern=r"t=(?P<timestamp>\d+),v1=(?P<signature>[0-9a-f]+)",
    tolerance=180,
)
STANDARD = Signature(
    header="webhook-signature",
    encoding="base64",
    signed="{header:webhook-id}.{timestamp}.{raw}",
    timestamp_header="webhook-timestamp",
    pattern=r"v1,(?P<signature>[A-Za-z0-9+/=]+)",
    tolerance=300,
)
VECTORS = [
    pytest.param(
        TYPEFORM,
        b'{"event_id":"LtWXD3crgy"}',
        {"typeform-signature": "sha256=LTaEhxBUuQCEg941tEr+tMfmmskyyhBUnsnxP0bCXas="},
        id="typeform",
    ),
    pytest.param(
        Signature(header="Tally-Signature", encoding="base64"),
        b'{"a":1}',
        {"tally-signature": "JFVPYoU2PdF5GisYQLu7TkYIwKbtHUhVHqgxhPTibkI="},
        id="tally",
    ),
    pytest.param(
        WEBFLOW,
        b'{"a":1}',
        {
            "x-webflow-timestamp": "1663849649733",
            "x-webflow-signature": (
                "9e0d70b19b6ee0de39e12315b35566889596f7ea8873811b05ad90cbbc06f813"
            ),
        },
        id="webflow",
    ),
    pytest.param(
        CALENDLY,
        b'{"a":1}',
        {
            "calendly-webhook-signature": (
                "t=1663849649,v1=59b1d2fad8e881ca1010733a6209dee42d855590c8af45703408b30dbd7b002d"
            )
        },
        id="calendly",
    ),
    pytest.param(
        Signature(header="X-Hub-Signature-256", prefix="sha256="),
        b'{"a":1}',
        {
            "x-hub-signature-256": (
                "sha256=24554f6285363dd1791a2b1840bbbb4e4608c0a6ed1d48551ea83184f4e26e42"
            )
        },
        id="meta",
    ),
    pytest.param(
        Signature(header="X-LI-Signature", signed="hmacsha256={raw}"),
        b'{"a":1}',
        {"x-li-signature": "97fb9bea3140a8b0ecac97508477cc2fcc3bf0de467f252855b62ded759934d7"},
        id="linkedin",
    ),
]
NOW = 1663849650.0


def source(verifier: list[Signature] | Verifier) -> Source:
    return Source(label="", summary="", settings={}, parse=lambda *_: [], verify=verifier)


def judged(
    recipe: Signature, body: bytes, headers: dict[str, str], settings: Settings, now: float = NOW
) -> str | None:
    return verify(source([recipe]), Inbound(body=body, headers=headers), settings, now)


@pytest.mark.parametrize(("recipe", "body", "headers"), VECTORS)
def test_a_published_vector_is_genuine(
    recipe: Signature, body: bytes, headers: dict[str, str]
) -> None:
    assert judged(recipe, body, headers, {"secrets": ["abc123"]}) is None
    assert judged(recipe, body, headers, {"secrets": "abc123"}) is None
    assert judged(recipe, body, headers, {"secrets": ["newer", "abc123", "older"]}) is None


@pytest.mark.parametrize(("recipe", "body", "headers"), VECTORS)
def test_any_changed_byte_is_refused(
    recipe: Signature, body: bytes, headers: dict[str, str]
) -> None:
    for at in range(len(body)):
        changed = body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
        reason = judged(recipe, changed, headers, {"secrets": ["abc123"]})
        assert reason == "the signature does not match"


@pytest.mark.parametrize(("recipe", "body", "headers"), VECTORS)
def test_a_wrong_secret_is_refused(recipe: Signature, body: bytes, headers: dict[str, str]) -> None:
    assert judged(recipe, body, headers, {"secrets": ["abc124"]}) is not None


@pytest.mark.parametrize("settings", [{}, {"secrets": []}, {"secrets": None}])
def test_without_a_secret_the_address_alone_is_the_proof(settings: Settings) -> None:
    assert judged(TYPEFORM, b"x", {}, settings) is None


def test_a_secret_left_blank_by_mistake_opens_nothing() -> None:
    forged = base64.b64encode(hmac.new(b"", b"x", hashlib.sha256).digest()).decode()
    headers = {"typeform-signature": f"sha256={forged}"}
    assert judged(TYPEFORM, b"x", headers, {"secrets": ["", " "]}) == "the signing secret is empty"


def test_a_missing_or_senseless_header_says_so() -> None:
    settings = {"secrets": ["abc123"]}
    missing = "the header Typeform-Signature is missing"
    senseless = "the header Typeform-Signature does not look like a signature"
    assert judged(TYPEFORM, b"x", {}, settings) == missing
    assert judged(TYPEFORM, b"x", {"typeform-signature": "md5=x"}, settings) == senseless


def test_an_old_signature_is_refused_with_its_age() -> None:
    _, body, headers = VECTORS[2].values
    reason = judged(WEBFLOW, body, headers, {"secrets": ["abc123"]}, NOW + 301)
    assert reason is not None
    assert "s away from ours, 300 s are allowed" in reason


def test_a_time_that_is_not_signed_does_not_count() -> None:
    recipe = replace(WEBFLOW, signed="{raw}")
    digest = hmac.new(b"abc123", b"x", hashlib.sha256).hexdigest()
    assert judged(recipe, b"x", {"x-webflow-signature": digest}, {"secrets": "abc123"}) is None


def test_a_signed_time_that_is_missing_is_refused() -> None:
    digest = hmac.new(b"abc123", b":x", hashlib.sha256).hexdigest()
    reason = judged(WEBFLOW, b"x", {"x-webflow-signature": digest}, {"secrets": "abc123"})
    assert reason == "the signature's time is missing"


def test_hex_in_capitals_is_the_same_signature() -> None:
    recipe, body, headers = VECTORS[4].values
    headers = {"x-hub-signature-256": "sha256=" + headers["x-hub-signature-256"][7:].upper()}
    assert judged(recipe, body, headers, {"secrets": "abc123"}) is None


def test_standard_webhooks_signed_by_its_own_library_are_genuine() -> None:
    from datetime import UTC, datetime

    from standardwebhooks import Webhook

    secret = "whsec_" + base64.b64encode(bytes(range(32))).decode()
    body = '{"type": "lead"}'
    signed = Webhook(secret).sign("msg_1", datetime.fromtimestamp(NOW, UTC), body)
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(NOW)),
        "webhook-signature": f"v1,AAAA {signed}",
    }
    assert judged(STANDARD, body.encode(), headers, {"secrets": [secret]}) is None
    headers["webhook-id"] = "msg_2"
    assert judged(STANDARD, body.encode(), headers, {"secrets": [secret]}) is not None


def test_a_body_that_spells_a_token_is_not_filled_in() -> None:
    recipe = Signature(header="x-sig", signed="{method}|{url}|{raw}")
    digest = hmac.new(b"abc123", b"PUT|https://r.example/in/k|{url}", hashlib.sha256).hexdigest()
    inbound = Inbound(
        method="PUT",
        url="https://r.example/in/k",
        body=b"{url}",
        headers={"x-sig": digest},
    )
    assert verify(source([recipe]), inbound, {"secrets": ["abc123"]}, NOW) is None


def test_one_of_several_recipes_is_enough() -> None:
    both = source([WEBFLOW, replace(TYPEFORM, secrets="other.secret")])
    _, body, headers = VECTORS[0].values
    inbound = Inbound(body=body, headers=headers)
    settings = {"secrets": ["x"], "other": {"secret": "abc123"}}
    assert verify(both, inbound, settings, NOW) is None
    assert verify(both, inbound, {"secrets": ["x"]}, NOW) is not None


def test_code_decides_alone_or_names_a_recipe() -> None:
    _, body, headers = VECTORS[0].values
    inbound = Inbound(body=body, headers=headers)
    assert verify(source(lambda *_: "no"), inbound, {}, NOW) == "no"
    assert verify(source(lambda *_: None), inbound, {}, NOW) is None
    recipe = source(lambda *_: replace(TYPEFORM, secrets="hmac.secrets"))
    assert verify(recipe, inbound, {"hmac": {"secrets": ["abc123"]}}, NOW) is None
    assert verify(recipe, inbound, {"hmac": {"secrets": ["nope"]}}, NOW) is not None


@given(header=st.text(), body=st.binary(max_size=20), time=st.text(max_size=20))
def test_no_header_makes_it_raise_or_pass(header: str, body: bytes, time: str) -> None:
    headers = {
        "typeform-signature": header,
        "x-webflow-signature": header,
        "x-webflow-timestamp": time,
        "calendly-webhook-signature": header,
    }
    for recipe in (TYPEFORM, WEBFLOW, CALENDLY):
        assert judged(recipe, body, headers, {"secrets": ["abc123"]}) is not None


SLACK = Signature(
    header="X-Slack-Signature",
    prefix="v0=",
    signed="v0:{timestamp}:{raw}",
    timestamp_header="X-Slack-Request-Timestamp",
    tolerance=300,
)


@pytest.mark.parametrize(
    "recipe",
    [
        TYPEFORM,
        WEBFLOW,
        SLACK,
        replace(CALENDLY, written="t={timestamp},v1={signature}"),
        replace(STANDARD, written="v1,{signature}"),
    ],
)
def test_a_request_signed_here_is_genuine_for_this_secret_and_time_alone(recipe: Signature) -> None:
    plain = Inbound(body=b'{"a":1}', headers={"x-other": "stays"})
    one = source([recipe])
    signed = sign(one, plain, {"secrets": ["abc123", "older"]}, NOW)
    assert signed.headers["x-other"] == "stays"
    assert signed.body == plain.body
    assert verify(one, signed, {"secrets": ["abc123"]}, NOW) is None
    assert verify(one, signed, {"secrets": ["older"]}, NOW) is not None
    late = verify(one, signed, {"secrets": ["abc123"]}, NOW + 3600)
    assert (late is not None) == (recipe.tolerance is not None)


def test_signing_matches_the_published_vector() -> None:
    _, body, headers = VECTORS[0].values
    signed = sign(source([TYPEFORM]), Inbound(body=body), {"secrets": ["abc123"]}, NOW)
    assert signed.headers == headers


def test_without_secrets_nothing_is_signed() -> None:
    plain = Inbound(body=b"x", headers={"a": "b"})
    assert sign(source([TYPEFORM]), plain, {}, NOW) == plain
    assert sign(source([]), plain, {"secrets": ["x"]}, NOW) == plain


def test_credentials_come_before_the_code_that_asks_for_them() -> None:
    def odd(inbound: Inbound, _settings: Settings) -> str | Signature:
        return TYPEFORM if inbound.headers.get("x-key") == "k" else "no key"

    both = replace(source(odd), credentials=lambda settings: {"X-Key": settings["key"]})
    settings = {"key": "k", "secrets": ["abc123"]}
    signed = sign(both, Inbound(body=b"x"), settings, NOW)
    assert signed.headers.keys() == {"x-key", "typeform-signature"}
    assert verify(both, signed, settings, NOW) is None


def test_a_header_full_of_signatures_does_not_cost_a_hash_of_the_body_each() -> None:
    body = b"x" * 1000
    right = hmac.new(b"abc123", body, hashlib.sha256).hexdigest()
    recipe = Signature(header="x-sig", pattern=r"v1=(?P<signature>[0-9a-f]+)")
    for wrong, genuine in ((3, True), (3000, False)):
        header = ",".join(["v1=00"] * wrong + [f"v1={right}"])
        reason = judged(recipe, body, {"x-sig": header}, {"secrets": ["abc123"]})
        assert (reason is None) == genuine
