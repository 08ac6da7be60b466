"""The door, seen from outside: what is answered, and what is kept."""

import base64
import hashlib
import hmac
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from relay import runtime as process
from relay.app import create_app
from tests import payloads
from tests.web.doors import KEY, add_source, kept, refused

DOOR = f"/in/{KEY}"
TYPEFORM = Path(__file__).parents[2] / "integrations" / "typeform" / "fixtures"
LEAD = {"email": "ada@example.com", "name": "Ada Lovelace"}


def sign(body: bytes, secret: str) -> dict[str, str]:
    digest = hmac.digest(secret.encode(), body, hashlib.sha256)
    return {"Typeform-Signature": "sha256=" + base64.b64encode(digest).decode()}


def typeform_body() -> bytes:
    capture = (TYPEFORM / "example.http").read_bytes()
    return capture.partition(b"\r\n\r\n")[2]


def test_a_submission_is_committed_before_its_200_and_the_answer_carries_its_id(
    runtime: Any, client: Any
) -> None:
    add_source(runtime)
    answer = client.post(DOOR, json=LEAD)
    assert answer.status_code == 200
    (row,) = kept(runtime)
    assert answer.json == {"ok": True, "id": str(row.id)}
    assert answer.headers["X-Submission-Id"] == str(row.id)
    assert row.state == "received"
    assert json.loads(row.body) == LEAD
    assert row.document["contact"]["email"] == "ada@example.com"


def test_an_unknown_key_is_403_and_is_neither_kept_nor_told_apart(
    runtime: Any, client: Any
) -> None:
    add_source(runtime)
    for path in ("/in/nobody", "/in/nobody/", "/in/a/b", "/in/", "/in", "/in//", f"/in/x/{KEY}"):
        answer = client.post(path, json=LEAD)
        assert answer.status_code == 403, path
        assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert client.get("/in/nobody").status_code == 403
    assert client.options("/in/nobody").status_code == 403
    assert kept(runtime) == []
    assert refused(runtime) == []


def test_the_door_never_redirects_and_never_says_404_405_410_or_500(
    runtime: Any, client: Any
) -> None:
    add_source(runtime)
    for path in (
        DOOR,
        DOOR + "/",
        "//in//" + KEY,
        "/in",
        "/in/",
        "/in/../x",
        "/in/\x00",
        "/in/\xff\xfe",
        DOOR + "//",
    ):
        for method in ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"):
            sent = {"method": method, "data": b"{}", "environ_overrides": {"PATH_INFO": path}}
            status = client.open("/", **sent).status_code
            assert status not in {404, 405, 410}, (path, method, status)
            assert not 300 <= status < 400, (path, method, status)
            assert status < 500, (path, method, status)


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_a_webhook_with_another_method_loses_nothing(
    runtime: Any, client: Any, method: str
) -> None:
    add_source(runtime)
    answer = client.open(DOOR, method=method, json=LEAD)
    assert (answer.status_code, answer.json["id"]) == (200, str(kept(runtime)[0].id))


def test_an_address_with_a_slash_at_its_end_is_the_same_door(runtime: Any, client: Any) -> None:
    add_source(runtime)
    assert client.post(DOOR + "/", json=LEAD).status_code == 200
    assert len(kept(runtime)) == 1


def test_a_signature_over_the_raw_bytes_opens_the_door(runtime: Any, client: Any) -> None:
    add_source(runtime, "typeform", settings={"secrets": ["one", "two"]})
    body = typeform_body()
    for secret in ("one", "two"):
        answer = client.post(
            DOOR, data=body, headers=sign(body, secret), content_type="application/json"
        )
        assert answer.status_code == 200
    assert [row.state for row in kept(runtime)] == ["received", "duplicate"]


def test_a_form_body_is_verified_before_anything_has_parsed_it_away(
    runtime: Any, client: Any
) -> None:
    add_source(runtime, "typeform", settings={"secrets": ["one"]})
    body = b"a=1&b=2"
    answer = client.post(
        DOOR,
        data=body,
        headers=sign(body, "one"),
        content_type="application/x-www-form-urlencoded",
    )
    assert answer.status_code == 200, "verified; that it is no Typeform is the quarantine's matter"
    assert kept(runtime)[0].state == "quarantined"


def test_a_bad_signature_is_401_and_kept_as_turned_away(runtime: Any, client: Any) -> None:
    source = add_source(runtime, "typeform", settings={"secrets": ["one"]})
    body = typeform_body()
    for headers in (sign(body + b" ", "one"), sign(body, "other"), {}):
        answer = client.post(DOOR, data=body, headers=headers, content_type="application/json")
        assert answer.status_code == 401
        assert answer.json["ok"] is False
    assert kept(runtime) == []
    rows = refused(runtime)
    assert [(row.status, row.source_id) for row in rows] == [(401, source)] * 3
    assert "does not match" in rows[0].reason
    assert "missing" in rows[2].reason
    assert rows[0].body == body[: 16 * 1024]


def test_of_what_is_turned_away_the_newest_hundred_are_kept(runtime: Any, client: Any) -> None:
    add_source(runtime)
    add_source(runtime, key="other")
    client.post("/in/other", data=b"first", content_type="image/png")
    for number in range(104):
        client.post(DOOR, data=b"%d" % number, content_type="image/png")
    bodies = [row.body for row in refused(runtime)]
    assert bodies == [b"first", *(b"%d" % number for number in range(4, 104))]


def test_of_a_refused_body_the_start_is_kept(runtime: Any, client: Any) -> None:
    add_source(runtime, "typeform", settings={"secrets": ["one"]})
    client.post(DOOR, data=b"x" * 100_000)
    (row,) = refused(runtime)
    assert row.body == b"x" * 16 * 1024


def test_the_visitors_address_comes_from_trusted_proxies_alone(
    runtime: Any, make_runtime: Any
) -> None:
    add_source(runtime)
    behind = make_runtime({"RELAY_TRUSTED_PROXIES": "127.0.0.0/8"})
    for relay in (runtime, behind):
        client = create_app(relay).test_client()
        client.post(DOOR, json=LEAD, headers={"X-Forwarded-For": "198.51.100.7, 192.0.2.9"})
    assert [row.address for row in kept(runtime)] == ["127.0.0.1", "192.0.2.9"]


def test_what_cannot_be_read_is_quarantined_and_answered_200(runtime: Any, client: Any) -> None:
    add_source(runtime, "typeform")
    answer = client.post(DOOR, data=b"{", content_type="application/json")
    assert answer.status_code == 200
    assert UUID(answer.json["id"])
    (row,) = kept(runtime)
    assert row.state == "quarantined"
    assert row.body == b"{"


def test_a_paused_source_answers_200_and_holds(runtime: Any, client: Any) -> None:
    add_source(runtime, paused=True)
    assert client.post(DOOR, json=LEAD).status_code == 200
    assert [(row.state, row.hold) for row in kept(runtime)] == [("held", "paused")]


@pytest.mark.parametrize("kind", ["image/png", "AUDIO/mpeg", " video/mp4; x=y"])
def test_media_are_415_and_kept_as_turned_away(runtime: Any, client: Any, kind: str) -> None:
    add_source(runtime)
    answer = client.post(DOOR, data=b"\x89PNG", headers={"Content-Type": kind})
    assert answer.status_code == 415
    assert [row.status for row in refused(runtime)] == [415]


@pytest.mark.parametrize(
    "kind", ["application/pdf", "font/woff", "application/octet-stream", "", "nonsense"]
)
def test_every_other_type_is_taken_and_judged_by_its_look(
    runtime: Any, client: Any, kind: str
) -> None:
    add_source(runtime)
    answer = client.post(DOOR, data=json.dumps(LEAD), headers={"Content-Type": kind})
    assert answer.status_code == 200
    assert kept(runtime)[0].state == "received"


def test_a_get_says_that_the_address_is_there_and_keeps_nothing(runtime: Any, client: Any) -> None:
    add_source(runtime)
    answer = client.get(DOOR + "?challenge=1")
    assert answer.status_code == 200
    assert answer.mimetype == "text/plain"
    assert client.head(DOOR).status_code == 200
    assert kept(runtime) == []


def test_headers_query_and_address_are_kept_and_secrets_are_not(runtime: Any, client: Any) -> None:
    add_source(runtime)
    client.application.test_client(use_cookies=False).post(
        DOOR + "?utm_source=ads&empty=",
        json=LEAD,
        headers={"X-Form": "contact", "Cookie": "a=b", "Authorization": "Basic c2VjcmV0"},
    )
    (row,) = kept(runtime)
    assert row.headers["x-form"] == "contact"
    assert row.headers["cookie"] == "***"
    assert row.headers["authorization"] == "***"
    assert row.address == "127.0.0.1"
    assert json.loads(row.query) == [["utm_source", "ads"], ["empty", ""]]


def test_headers_that_carry_credentials_are_never_kept_right_or_wrong(
    runtime: Any, client: Any
) -> None:
    """Somebody's key for another system, sent here by mistake, is still a key."""
    add_source(runtime, settings={"header": {"name": "X-Hook", "values": ["the-right-one"]}})
    others = {"X-Api-Key": "k-1", "X-Auth-Token": "t-1", "Cf-Access-Client-Secret": "s-1"}
    for proof, status in (("the-right-one", 200), ("the-former-one", 401)):
        headers = {"X-Hook": proof, "Idempotency-Key": "i-1", **others}
        assert client.post(DOOR, json=LEAD, headers=headers).status_code == status
    for row in (*kept(runtime), *refused(runtime)):
        hidden = {name for name, value in row.headers.items() if value == "***"}
        assert hidden == {"x-hook", *map(str.lower, others)}


def test_answers_under_a_secret_address_are_not_cached_and_give_no_referrer(
    runtime: Any, client: Any
) -> None:
    add_source(runtime)
    for answer in (client.post(DOOR, json=LEAD), client.get(DOOR), client.post("/in/x")):
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'"
        assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_database_that_is_away_is_503_with_retry_after_and_then_works_again(
    make_runtime: Any, tmp_path: Path
) -> None:
    runtime = make_runtime({"RELAY_COMMIT_WAIT_SECONDS": "0.3"})
    process.install(runtime)
    add_source(runtime)
    client = create_app(runtime).test_client()
    assert client.post(DOOR, json=LEAD).status_code == 200
    with runtime.database.engine.connect() as locker:
        locker.exec_driver_sql("ROLLBACK")
        locker.exec_driver_sql("BEGIN IMMEDIATE")
        answer = client.post(DOOR, json=LEAD)
        locker.exec_driver_sql("ROLLBACK")
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert client.post(DOOR, json=LEAD).status_code == 200


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_door_that_nobody_has_used_waits_for_the_database_too(
    make_runtime: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = make_runtime()
    add_source(runtime)
    client = create_app(runtime).test_client()
    real, asked = runtime.database.read, []

    def read() -> Any:
        asked.append(1)
        if len(asked) < 4:
            raise sa.exc.OperationalError("SELECT", {}, Exception("away"))
        return real()

    monkeypatch.setattr(runtime.database, "read", read)
    assert client.post(DOOR, json=LEAD).status_code == 200


def test_without_any_database_everybody_is_asked_to_come_again(make_runtime: Any) -> None:
    gone = {"DATABASE_URL": "postgresql://relay@127.0.0.1:1/x", "RELAY_COMMIT_WAIT_SECONDS": "0.2"}
    client = create_app(make_runtime(gone)).test_client()
    for answer in (client.post(DOOR, json=LEAD), client.get(DOOR), client.options(DOOR)):
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0


def test_fifty_identical_events_at_once_are_one_submission_and_49_duplicates(
    runtime: Any,
) -> None:
    add_source(runtime, "typeform", settings={"secrets": [payloads.SECRET]})
    app, body = create_app(runtime), payloads.typeform("same")
    start = threading.Barrier(50)

    def post() -> Any:
        client = app.test_client()
        start.wait()
        return client.post(DOOR, data=body, headers=payloads.signed(body))

    with ThreadPoolExecutor(50) as threads:
        answers = [future.result() for future in [threads.submit(post) for _ in range(50)]]
    assert [answer.status_code for answer in answers] == [200] * 50
    rows = kept(runtime)
    assert {answer.json["id"] for answer in answers} == {str(row.id) for row in rows}
    (first,) = [row for row in rows if row.state == "received"]
    others = [row for row in rows if row.state == "duplicate"]
    assert len(others) == 49
    assert {row.duplicate_of for row in others} == {first.id}


def test_two_web_processes_take_one_event_once(make_runtime: Any) -> None:
    first, second = make_runtime(), make_runtime()
    add_source(first, "typeform")
    body = payloads.typeform("same")
    for runtime in (first, second, first):
        assert create_app(runtime).test_client().post(DOOR, data=body).status_code == 200
    assert [row.state for row in kept(first)] == ["received", "duplicate", "duplicate"]


def test_a_bug_of_ours_is_a_503_that_asks_for_a_retry_and_tells_nothing(
    runtime: Any, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_source(runtime)

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the password is hunter2")

    monkeypatch.setattr("relay.services.ingest.take", fail)
    answer = client.post(DOOR, json=LEAD)
    assert answer.status_code == 503
    assert "Retry-After" in answer.headers
    assert b"hunter2" not in answer.data


def test_several_submissions_in_one_body_are_all_named(runtime: Any, client: Any) -> None:
    add_source(runtime)
    answer = client.post(DOOR, json=[LEAD, {"email": "bob@example.com"}])
    rows = kept(runtime)
    assert answer.headers["X-Submission-Id"] == answer.json["id"] == str(rows[0].id)
    if len(rows) > 1:  # where the kind takes a list for a batch
        assert answer.json["ids"] == [str(row.id) for row in rows]
