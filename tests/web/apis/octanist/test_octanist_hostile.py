"""Whatever is sent to Octanist's calls is answered in its words, and is never a bug."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from relay.services.ledger import ledger
from tests.web.apis.octanist.calls import LEAD, Call, created

SETTINGS = settings(
    max_examples=60,
    deadline=timedelta(seconds=20),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

ODD = st.sampled_from(
    (None, True, 0, -1.5, 1e308, 10**40, "", " ", "\x00", "\ud800", "é", "x" * 2000, [], {}, [[]])
)
JSON = st.recursive(
    ODD | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=8,
)
NAMES = st.sampled_from(
    ("name", "email", "phone", "custom", "note", "gclid", "ad_storage", "status", "value", "id",
     "changedTo", "currency", "lossReason", "cookies", "form_fields", "type", "\x00", "__proto__")
)  # fmt: skip
FIELDS = st.dictionaries(NAMES, JSON, max_size=6)
CALLS = st.sampled_from(
    (("POST", "/api/leads"), ("PATCH", "/api/leads"), ("POST", "/api/check"), ("PUT", "/api/leads"))
)


@SETTINGS
@given(call_of=CALLS, body=st.binary(max_size=60))
def test_any_bytes_are_answered_in_its_words(
    call: Call, call_of: tuple[str, str], body: bytes
) -> None:
    answer = call(*call_of, body)
    assert answer.status_code in {200, 202, 400, 405}


@SETTINGS
@given(call_of=CALLS, fields=FIELDS)
def test_any_values_are_answered_in_its_words(
    call: Call, call_of: tuple[str, str], fields: dict[str, Any]
) -> None:
    answer = call(*call_of, json.dumps(fields).encode())
    assert answer.status_code in {200, 202, 400, 404, 405, 409}


@SETTINGS
@given(fields=FIELDS, custom=JSON)
def test_what_is_taken_can_be_read_again(call: Call, fields: dict[str, Any], custom: Any) -> None:
    body = {**fields, **LEAD, "custom": custom}
    answer = call("POST", "/api/leads", json.dumps(body).encode())
    if answer.status_code == 200:
        assert call("GET", f"/api/leads/{created(answer)}").status_code == 200


def _bodies() -> Iterator[tuple[str, bytes]]:
    yield "wide", json.dumps({"name": "x", "custom": {str(n): n for n in range(20_000)}}).encode()
    yield "deep", b'{"name":"x","custom":' + b"[" * 900 + b"]" * 900 + b"}"
    yield "long", json.dumps({"name": "x" * 200_000}).encode()
    yield "digits", b'{"name":"x","custom":' + b"9" * 5000 + b"}"
    yield "twice", b'{"name":"x","name":"y","email":"a","email":"b"}'
    yield "utf-16", json.dumps({"name": "Jörg"}).encode("utf-16")
    yield "latin-1", '{"name":"Jörg"}'.encode("latin-1")
    yield "mark", b"\xef\xbb\xbf" + b'{"name":"x"}'


BODIES = dict(_bodies())


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_large_deep_and_oddly_encoded_bodies(runtime: Any, call: Call, body: bytes) -> None:
    answer = call("POST", "/api/leads", body)
    assert answer.status_code in {200, 202, 400}
    if answer.status_code == 200:
        lead = call("GET", f"/api/leads/{created(answer)}").get_json()["data"]
        assert lead["name"]
    assert ledger(runtime).gaps == []


def test_oc_8_the_envelope_of_an_error(call: Call) -> None:
    told = call("POST", "/api/leads", {"name": 1}).get_json()
    assert told["success"] is False
    assert told["error"] == {
        "code": "VALIDATION_ERROR",
        "message": "Invalid field values: name must be a string",
        "details": {"name": ["must be a string"]},
    }
    assert set(told["meta"]) == {"requestId", "timestamp"}
