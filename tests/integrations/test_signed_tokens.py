"""Senders that prove themselves by a signed token: Wix by the body itself, Netlify by a header."""

import hashlib
import json
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from relay.catalog import load_catalog
from relay.core.contract import Inbound, Json, write_signed
from relay.core.fixtures import fixtures_of
from relay.core.verify import sign, verify

NOW = 1772452387.0
KINDS = load_catalog().sources
WIX, NETLIFY = KINDS["wix"].source, KINDS["netlify"].source
SECRET = "a secret token of the notification"


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def private(key: rsa.RSAPrivateKey) -> str:
    plain = serialization.NoEncryption()
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, plain).decode()


def public(key: rsa.RSAPrivateKey) -> str:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.PEM, form).decode()


def from_wix(key: str, algorithm: str = "RS256", **claims: Json) -> Inbound:
    event = {"id": "e1", "entityId": "s1", "createdEvent": {"entity": {"id": "s1"}}}
    data = json.dumps({"data": json.dumps(event), "eventType": "wix.forms.v4.submission_created"})
    body = write_signed({"data": data, "iat": NOW, "exp": NOW + 60, **claims}, key, algorithm)
    return Inbound(body=body.encode(), headers={"content-type": "text/plain"}, received_at=NOW)


def test_a_token_of_the_apps_key_is_genuine(key: rsa.RSAPrivateKey) -> None:
    assert verify(WIX, from_wix(private(key)), {"public_key": public(key)}, NOW) is None


def test_a_token_of_another_key_is_refused(key: rsa.RSAPrivateKey) -> None:
    other = public(rsa.generate_private_key(65537, 2048))
    assert verify(WIX, from_wix(private(key)), {"public_key": other}, NOW) is not None


def test_a_token_that_the_public_key_itself_has_signed_is_refused(key: rsa.RSAPrivateKey) -> None:
    """The oldest trick: the public key taken for the secret of an HMAC."""
    forged = from_wix("x" * 64, "HS256")
    assert verify(WIX, forged, {"public_key": public(key)}, NOW) is not None


def test_a_token_without_a_signature_is_refused(key: rsa.RSAPrivateKey) -> None:
    head, body, _ = from_wix(private(key)).body.split(b".")
    for token in (head + b"." + body + b".", b"eyJhbGciOiJub25lIn0." + body + b"."):
        found = verify(WIX, Inbound(body=token), {"public_key": public(key)}, NOW)
        assert found is not None


def test_a_token_that_has_expired_is_refused(key: rsa.RSAPrivateKey) -> None:
    old = replace(from_wix(private(key)), received_at=NOW + 3600)
    assert verify(WIX, old, {"public_key": public(key)}, NOW + 3600) == "the token has expired"


def test_where_a_key_is_set_plain_json_is_refused(key: rsa.RSAPrivateKey) -> None:
    plain = next(one for one in fixtures_of(KINDS["wix"]) if one.name == "automation").inbound
    assert verify(WIX, plain, {}, NOW) is None
    assert verify(WIX, plain, {"public_key": public(key)}, NOW) == "the body is no signed token"


def from_netlify(secret: str = SECRET, **claims: Json) -> Inbound:
    inbound = fixtures_of(KINDS["netlify"])[0].inbound
    said = {"iss": "netlify", "sha256": hashlib.sha256(inbound.body).hexdigest(), **claims}
    token = write_signed(said, secret, "HS256")
    return replace(inbound, headers={**inbound.headers, "x-webhook-signature": token})


def test_a_token_that_names_the_bodys_hash_is_genuine() -> None:
    settings = {"secrets": ["another secret, the newer one of both", SECRET]}
    assert verify(NETLIFY, from_netlify(), settings, NOW) is None


def test_a_notification_is_signed_as_netlify_does() -> None:
    bare = fixtures_of(KINDS["netlify"])[0].inbound
    settings = {"secrets": [SECRET]}
    assert verify(NETLIFY, bare, settings, NOW) == "the header X-Webhook-Signature is missing"
    assert verify(NETLIFY, sign(NETLIFY, bare, settings, NOW), settings, NOW) is None


@pytest.mark.parametrize(
    "inbound",
    [
        from_netlify("somebody else's token, which is long"),
        from_netlify(iss="somebody"),
        from_netlify(sha256="0" * 64),
        replace(from_netlify(), body=b"{}"),
        replace(from_netlify(), headers={"x-webhook-signature": "a.b.c"}),
    ],
)
def test_what_netlify_has_not_signed_is_refused(inbound: Inbound) -> None:
    assert verify(NETLIFY, inbound, {"secrets": [SECRET]}, NOW) is not None
