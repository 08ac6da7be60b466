"""TrackDrive: what is answered to pages, to mistakes, and to what nobody means well."""

import json
from typing import Any

import pytest

from relay.store.writer import Busy
from relay.web.apis import trackdrive
from tests.web.apis.trackdrive.schedules import (
    CALLER,
    FORM,
    PATH,
    SCHEDULE,
    Calls,
    configure,
    source,
)

WHO = f"lead_token={SCHEDULE}&caller_id=8004506787"
JSON = "application/json"
PAGE = {"Origin": "https://page.example"}
DEEP = 5000


def is_refusal(answer: Any, status: int) -> bool:
    """Whether an answer is an error in TrackDrive's form that a page may read."""
    assert answer.status_code == status, answer.text
    assert answer.content_type == JSON
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    body = answer.json
    assert set(body) == {"success", "status", "message", "errors"}
    assert body["success"] is False
    assert body["status"] == status
    assert body["message"]
    assert body["errors"]
    for reasons in body["errors"].values():
        assert reasons
        assert all(isinstance(reason, str) for reason in reasons)
    return True


# --- pages ---------------------------------------------------------------------------------------


def test_td_55_a_page_s_form_post_is_answered_so_that_it_can_read_it(calls: Calls) -> None:
    answer = calls.send(
        f"lead_token={SCHEDULE}",
        b"caller_id=%2B18004506787&data%5Bloan_amount%5D=500",
        f"{FORM}; charset=UTF-8",
        headers=PAGE,
    )
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize("path", [PATH, f"{PATH}.json", f"{PATH}/create_or_update", f"{PATH}/"])
def test_td_56_a_page_may_ask_first(calls: Calls, path: str) -> None:
    asked = {
        **PAGE,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }
    answer = calls.send(method="OPTIONS", path=path, headers=asked)
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    assert "PUT" in answer.headers["Access-Control-Allow-Methods"]
    assert "content-type" in answer.headers["Access-Control-Allow-Headers"].lower()
    assert calls.nothing_stored()


def test_td_56_a_page_can_read_every_error(calls: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    assert is_refusal(calls.send(headers=PAGE), 422)
    assert is_refusal(calls.send(method="GET", headers=PAGE), 401)
    assert is_refusal(calls.send(path="/api/v1/nothing", headers=PAGE), 404)
    assert is_refusal(calls.send(method="DELETE", headers=PAGE), 405)
    assert is_refusal(calls.send(WHO, b"x", "image/png", headers=PAGE), 415)
    big = b"a=" + b"x" * (calls.runtime.config.body_limit + 1)
    assert is_refusal(calls.send(WHO, big, FORM, headers=PAGE), 413)
    monkeypatch.setattr(trackdrive, "file", _raise(Busy("away")))
    away = calls.send(WHO, headers=PAGE)
    assert is_refusal(away, 503)
    assert int(away.headers["Retry-After"]) > 0
    monkeypatch.setattr(trackdrive, "file", _raise(ZeroDivisionError()))
    assert is_refusal(calls.send(WHO, headers=PAGE), 500)


def _raise(error: Exception) -> Any:
    def fail(*_args: Any, **_more: Any) -> None:
        raise error

    return fail


# --- mistakes ------------------------------------------------------------------------------------


def test_td_57_58_59_what_fails_says_so_in_one_form(calls: Calls) -> None:
    for answer in (
        calls.send(),
        calls.send(f"lead_token={SCHEDULE}"),
        calls.send("lead_token=nobody-s&caller_id=8004506787"),
        calls.json(blocked="maybe"),
    ):
        assert is_refusal(answer, 422)
    assert calls.json().json["success"] is True


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'{"caller_id": ', id="TD-62"),
        pytest.param(b"{'caller_id': 1}", id="TD-62 quotes"),
        pytest.param(b"\xff\xfe\x00{", id="TD-62 bytes"),
        pytest.param(b'[{"caller_id": "8004506787"}]', id="TD-63"),
        pytest.param(b"7", id="TD-63 number"),
        pytest.param(b'"text"', id="TD-63 text"),
    ],
)
def test_a_body_without_parameters_is_422(calls: Calls, body: bytes) -> None:
    answer = calls.send(WHO, body, JSON)
    assert is_refusal(answer, 422)
    assert list(answer.json["errors"]) == ["body"]
    assert calls.nothing_stored()


@pytest.mark.parametrize("path", [PATH, f"{PATH}.json", f"{PATH}/"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_td_70_the_list_needs_authentication(calls: Calls, path: str, method: str) -> None:
    answer = calls.send(WHO, method=method, path=path)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Token ")
    assert answer.content_type == JSON
    assert calls.nothing_stored()


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", PATH, {"POST", "PUT", "GET", "HEAD", "OPTIONS"}),
        ("PATCH", PATH, {"POST", "PUT", "GET", "HEAD", "OPTIONS"}),
        ("GET", f"{PATH}/create_or_update", {"POST", "PUT", "OPTIONS"}),
    ],
)
def test_another_method_is_405(calls: Calls, method: str, path: str, allowed: set[str]) -> None:
    answer = calls.send(WHO, method=method, path=path)
    assert is_refusal(answer, 405)
    assert {word.strip() for word in answer.headers["Allow"].split(",")} == allowed


@pytest.mark.parametrize("path", ["/api/v1", "/api/v1/x", f"{PATH}/1", f"{PATH}.xml"])
def test_an_address_of_nobody_is_404_in_the_same_form(calls: Calls, path: str) -> None:
    assert is_refusal(calls.send(WHO, path=path), 404)


def test_a_source_with_origins_of_its_own_is_read_by_their_pages_alone(
    runtime: Any, client: Any
) -> None:
    configure(runtime, source("roofs", SCHEDULE, origins=["https://page.example"]))
    calls = Calls(runtime, client)
    answer = calls.send(WHO, headers=PAGE)
    assert answer.headers["Access-Control-Allow-Origin"] == "https://page.example"
    answer = calls.send(WHO, headers={"Origin": "https://other.example"})
    assert answer.status_code == 200
    assert "Access-Control-Allow-Origin" not in answer.headers


# --- what nobody means well ----------------------------------------------------------------------

ODD = [
    ("deep brackets", "", b"data" + b"[a]" * DEEP + b"=1", FORM),
    ("open brackets", "", b"data" + b"[" * DEEP + b"=1", FORM),
    ("ten thousand keys", "", b"&".join(b"k%d=v" % n for n in range(10_000)), FORM),
    ("ten thousand keys in the address", "&".join(f"k{n}=v" for n in range(10_000)), b"", ""),
    ("a hundred thousand keys", "", b"&".join(b"k%d=" % n for n in range(100_000)), FORM),
    ("ten thousand of one key", "", b"&".join([b"data[x][]=1"] * 10_000), FORM),
    ("deep JSON", "", b'{"data": ' + b"[" * DEEP + b"]" * DEEP + b"}", JSON),
    ("deep JSON in a text", "", json.dumps({"data": "[" * DEEP}).encode(), JSON),
    ("a million characters", "", b"x=" + b"y" * 900_000, FORM),
    ("a long name over many", "auto_format_nested_fields=1", json.dumps(
        {"data": {"n" * 100_000: {str(n): n for n in range(20_000)}}}).encode(), JSON),
    ("NUL", "a=%00b&c%00d=1", b"", ""),
    ("NUL in JSON", "", b'{"a\\u0000": "\\u0000b", "caller_id": "8004506787\\u0000"}', JSON),
    ("lone surrogates", "", b'{"a": "\\ud800", "\\udfff": 1}', JSON),
    ("no UTF-8", "a=%ff%fe", b"b=%e9&caf%e9=1", FORM),
    ("UTF-16", "", '{"a": "é"}'.encode("utf-16"), JSON),
    ("windows-1252", "", b'{"a": "caf\xe9"}', f"{JSON}; charset=windows-1252"),
    ("no such charset", "", b"a=1", f"{FORM}; charset=nonsense"),
    ("both shapes", "", b"a=1&a[b]=2&a[]=3&a[b][c]=4", FORM),
    ("both shapes of data", "", b"data=1&data[b]=2", FORM),
    ("huge numbers", "", b'{"a": 1e999, "b": %d, "c": NaN}' % 10**400, JSON),
    ("a huge priority", "", b'{"lead_priority": %d}' % 10**400, JSON),
    ("the same key twice", "", b'{"a": 1, "a": 2, "data": {"b": 1, "b": 2}}', JSON),
    ("keys of objects", "", b'{"__proto__": {"a": 1}, "constructor": 1, "": 2}', JSON),
    ("names of ours", "", b'{"verbatim": 1, "directives": {"blocked": 1}, "contact": []}', JSON),
    ("secrets that are words", "auth_token=true", b'{"x": true, "auth_token": "null"}', JSON),
    ("secrets that are signs", "auth_token=%22%2C%20%22", b'{"auth_token": "\\": \\""}', JSON),
    ("secrets that are numbers", "", b'{"auth_token": "12.5e10", "x": 12.5e10, "y": -12345678}',
     JSON),
    ("no boundary", "", b"--b\r\nbroken", "multipart/form-data"),
    ("XML", "", b"<lead><a>1</a></lead>", "text/xml"),
    ("a bomb", "", b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>', "text/xml"),
    ("nothing known", "", bytes(range(256)), "application/octet-stream"),
    ("templates", "a=[b]{c}&b=%7B%7B7*7%7D%7D", b"", ""),
    ("a long name", "x" * 5000 + "=1", b"", ""),
]  # fmt: skip


@pytest.mark.parametrize(
    ("query", "body", "kind"), [odd[1:] for odd in ODD], ids=[o[0] for o in ODD]
)
def test_hostile_input_is_a_lead_or_a_mistake_and_never_a_500(
    calls: Calls, query: str, body: bytes, kind: str
) -> None:
    answer = calls.send(f"{WHO}&{query}", body, kind)
    assert answer.status_code in {200, 422}, answer.text[:500]
    if answer.status_code == 422:
        assert is_refusal(answer, 422)
        assert calls.nothing_stored()
        return
    [lead] = calls.leads
    [submission] = calls.kept
    assert submission.state == "stored"
    assert answer.json["lead"]["caller_id"] == lead.phone == CALLER
    assert answer.json["lead"]["data"] == calls.tokens
    assert calls.json(after="it").status_code == 200
