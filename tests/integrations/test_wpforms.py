"""WPForms: keys of the user's own, lines joined with bars, and a signature as Stripe makes it."""

import hashlib
import hmac
import json
from typing import Any

import pytest

from relay.catalog import load_catalog
from relay.core.adapter import MappingRules
from relay.core.contract import Inbound, Json, Parsed, Unreadable
from relay.core.verify import verify

KIND = load_catalog().sources["wpforms"]


def parse(body: Json, webhook: str = "1") -> Parsed:
    headers = {"content-type": "application/json", "x-wpforms-webhook-id": webhook}
    inbound = Inbound(body=json.dumps(body).encode(), headers=headers)
    (parsed,) = KIND.source.parse(inbound, {})
    return parsed


def lead(body: Json) -> Any:
    found = KIND.adapter.map(parse(body), MappingRules())
    assert found.reasons == []
    return found.document


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("A||B||C", ["A", "B", "C"]),
        ("A || B", "A || B"),
        ("||", "||"),
        ("A||", "A||"),
        ({"value": "03/09/2026", "unix": 1773014400}, "03/09/2026"),
        ({"value": "", "unix": ""}, ""),
        (["https://elsewhere.example/a.pdf"], ["https://elsewhere.example/a.pdf"]),
        ("", ""),
        (0, 0),
    ],
)
def test_a_value_reads_as_it_was_meant(value: Json, kept: Json) -> None:
    assert lead({"roof": value})["form"]["fields"]["roof"] == kept


def test_uploads_are_files() -> None:
    plan = "https://www.example.com/wp-content/uploads/wpforms/12/plan.pdf"
    for value in (plan, [plan]):
        assert lead({"plan": value})["form"]["files"] == [{"url": plan, "label": "plan"}]


def test_an_agreement_is_consent_by_its_words() -> None:
    said = "I consent to having this website store my submitted information."
    assert lead({"GDPR Agreement": said})["consent"]["privacy"]["state"] == "granted"


@pytest.mark.parametrize(
    ("body", "event"),
    [
        ({"entry_id": "41"}, " 1  41"),
        ({"entry_id": 41, "form_id": "12"}, " 1 12 41"),
        ({"entry_id": "41", "page_url": "https://www.example.com/a"}, "www.example.com 1  41"),
        ({"entry_id": "x"}, None),
        ({"entry_id": ""}, None),
        ({"email": "ada@example.com"}, None),
    ],
)
def test_an_entry_is_known_where_its_id_is_sent(body: Json, event: str | None) -> None:
    assert parse(body).event_id == event
    assert KIND.source.repeat_window == 600


def test_entries_of_two_webhooks_are_two() -> None:
    assert parse({"entry_id": "41"}, "1").event_id != parse({"entry_id": "41"}, "2").event_id


BODY = b'{"name":"Jane Sample"}'
TIME = 1772452387


def signature(secret: str, body: bytes = BODY, time: int = TIME) -> str:
    """As the addon makes it: sprintf('%d.%s', time, body), hashed with the webhook's secret."""
    made = hmac.new(secret.encode(), b"%d.%s" % (time, body), hashlib.sha256)
    return f"t={time},v={made.hexdigest()}"


@pytest.mark.parametrize(
    ("header", "now", "genuine"),
    [
        (signature("abc123"), TIME, True),
        (signature("abc123"), TIME + 299, True),
        (signature("abc123"), TIME + 301, False),
        (signature("another"), TIME, False),
        (signature("abc123", b"{}"), TIME, False),
        (signature("abc123").replace(str(TIME), str(TIME + 1)), TIME, False),
        (signature("abc123").partition(",")[0], TIME, False),
        (signature("abc123").partition(",")[2], TIME, False),
        ("", TIME, False),
    ],
)
def test_the_addon_s_signature(header: str, now: float, genuine: bool) -> None:
    inbound = Inbound(body=BODY, headers={"x-wpforms-webhook-signature": header})
    reason = verify(KIND.source, inbound, {"secrets": ["newer", "abc123"]}, now)
    assert (reason is None) is genuine


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"[1]", b"7"])
def test_a_body_without_fields_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        KIND.source.parse(Inbound(body=body), {})
