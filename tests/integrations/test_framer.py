"""Framer signs the body together with the submission's id, which stands in a header."""

import hashlib
import hmac

import pytest

from relay.catalog import load_catalog
from relay.core.adapter import MappingRules
from relay.core.contract import Inbound, Unreadable
from relay.core.verify import verify

KIND = load_catalog().sources["framer"]
BODY = b'{"Email":"ada@example.com"}'
ID = "0fbbb90e-564b-4870-ac8b-78f9bc4e44a6"
SECRET = "a secret of at least 32 characters"
GENUINE = "sha256=" + hmac.new(SECRET.encode(), BODY + ID.encode(), hashlib.sha256).hexdigest()


@pytest.mark.parametrize(
    ("changed", "genuine"),
    [
        ({}, True),
        ({"framer-webhook-submission-id": ID.replace("0", "1")}, False),
        ({"framer-webhook-submission-id": ""}, False),
        ({"framer-signature": GENUINE.removeprefix("sha256=")}, False),
        ({"framer-signature": ""}, False),
    ],
)
def test_the_id_is_signed_with_the_body(changed: dict[str, str], genuine: bool) -> None:
    headers = {"framer-signature": GENUINE, "framer-webhook-submission-id": ID, **changed}
    inbound = Inbound(body=BODY, headers=headers)
    assert (verify(KIND.source, inbound, {"secrets": [SECRET]}, 0) is None) is genuine
    assert verify(KIND.source, Inbound(body=BODY), {}, 0) is None


def test_a_repeat_is_known_by_the_header() -> None:
    headers = {"framer-webhook-submission-id": ID}
    (parsed,) = KIND.source.parse(Inbound(body=BODY, headers=headers), {})
    assert parsed.event_id == ID
    assert KIND.adapter.map(parsed, MappingRules()).document["keys"] == {"submission_id": ID}
    (bare,) = KIND.source.parse(Inbound(body=BODY), {})
    assert bare.event_id is None
    assert KIND.source.repeat_window == 600


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"[1]", b"7", b"{"])
def test_a_body_without_fields_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        KIND.source.parse(Inbound(body=body), {})
