"""Bodies at the door, on the wire: a real gunicorn with threads, and senders that misbehave."""

import base64
import hashlib
import hmac
import json
import os
import shutil
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from relay.app import build_runtime
from relay.config import load_config
from relay.runtime import Runtime
from relay.store.tables import bodies, submissions, turned_away
from tests.servers import RedisServer, until
from tests.web.doors import KEY, add_source, kept, refused
from tests.web.wire import Wire, read_answer

LIMIT = 20_000
MULTIPART_LIMIT = 400_000
BOUNDARY = "----boundary7MA4YWxk"
pytestmark = pytest.mark.redis


@dataclass(frozen=True)
class Stage:
    """A door with small limits, and the runtime that sees its database."""

    runtime: Runtime
    wire: Wire


@pytest.fixture(scope="module")
def stage(
    sqlite_template: Path, redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    """One gunicorn for all tests of this file."""
    directory = tmp_path_factory.mktemp("bodies")
    settings = {
        "RELAY_MODE": "local",
        "RELAY_DATA_DIR": str(directory),
        "DATABASE_URL": f"sqlite:///{shutil.copy(sqlite_template, directory / 'relay.db')}",
        "REDIS_URL": redis_server.url,
        "SECRET_KEY": "a secret key for tests, long enough to be taken",
        "RELAY_BODY_LIMIT": str(LIMIT),
        "RELAY_MULTIPART_LIMIT": str(MULTIPART_LIMIT),
    }
    runtime = build_runtime(load_config(settings))
    add_source(runtime)
    add_source(runtime, "typeform", key="signed", settings={"secrets": ["one secret"]})
    server = Wire(settings, directory / "web.log")
    yield Stage(runtime, server)
    server.close()
    runtime.close()


@pytest.fixture
def wire(stage: Stage) -> Wire:
    """The door."""
    return stage.wire


@pytest.fixture
def runtime(stage: Stage) -> Runtime:
    """What the door keeps, emptied of what another test has sent."""
    with stage.runtime.database.write() as connection:
        for table in (submissions, bodies, turned_away):
            connection.execute(sa.delete(table))
    return stage.runtime


def _cut_off(connection: socket.socket, seconds: float) -> bool:
    """Whether an endless body ends with the connection."""
    deadline = time.monotonic() + seconds
    try:
        while time.monotonic() < deadline:
            connection.sendall(b"ffff\r\n" + b"x" * 0xFFFF + b"\r\n")
    except OSError:
        return True
    return False


def multipart(*parts: tuple[str, bytes], end: bool = True) -> bytes:
    body = b"".join(
        f"--{BOUNDARY}\r\n{head}\r\n\r\n".encode() + content + b"\r\n" for head, content in parts
    )
    return body + (f"--{BOUNDARY}--\r\n".encode() if end else b"")


FIELD = 'Content-Disposition: form-data; name="email"'
FILE = (
    'Content-Disposition: form-data; name="cv"; filename="cv.pdf"\r\nContent-Type: application/pdf'
)
KIND = f"multipart/form-data; boundary={BOUNDARY}"


def test_bodies_within_the_limit_are_kept_byte_for_byte(runtime: Any, wire: Wire) -> None:
    body = json.dumps({"email": "ada@example.com", "text": "x" * (LIMIT - 100)}).encode()
    assert wire.post("application/json", body)[0] == 200
    assert wire.chunked("application/json", body)[0] == 200
    assert [row.body for row in kept(runtime)] == [body, body]


@pytest.mark.parametrize("size", [LIMIT + 1, 3_000_000])
def test_larger_ones_are_413_with_clear_text_whether_or_not_they_say_their_length(
    runtime: Any, wire: Wire, size: int
) -> None:
    body = b'{"a": "' + b"x" * (size - 9) + b'"}'
    for status, answer in (
        wire.post("application/json", body),
        wire.chunked("application/json", body, size=60_000),
    ):
        assert status == 413
        assert str(LIMIT) in answer["error"]
    assert kept(runtime) == []
    rows = refused(runtime)
    assert [row.status for row in rows] == [413, 413]
    assert all(row.body.startswith(b'{"a": "xxx') and len(row.body) <= 16_384 for row in rows)


@pytest.mark.parametrize("way", ["post", "chunked"])
def test_a_large_multipart_keeps_its_fields_and_notes_its_files(
    runtime: Any, wire: Wire, way: str
) -> None:
    content = os.urandom(300_000)
    body = multipart((FIELD, b"ada@example.com"), (FILE, content), (FIELD, b"b@example.com"))
    status, _ = getattr(wire, way)(KIND, body)
    assert status == 200
    (row,) = kept(runtime)
    assert row.state == "received"
    assert len(row.body) < 2000
    assert content[:50] not in row.body
    assert b"ada@example.com" in row.body
    assert row.document["form"]["files"] == [
        {"label": "cv", "name": "cv.pdf", "type": "application/pdf", "size": 300_000}
    ]


def test_a_multipart_beyond_its_own_limit_is_413(runtime: Any, wire: Wire) -> None:
    body = multipart((FIELD, b"ada@example.com"), (FILE, b"x" * MULTIPART_LIMIT))
    for status, answer in (wire.post(KIND, body), wire.chunked(KIND, body)):
        assert status == 413
        assert str(MULTIPART_LIMIT) in answer["error"]
    assert kept(runtime) == []


def test_a_multipart_whose_text_alone_passes_the_limit_is_413(runtime: Any, wire: Wire) -> None:
    body = multipart((FIELD, b"x" * (LIMIT + 1)), (FILE, b"y"))
    status, answer = wire.post(KIND, body)
    assert status == 413
    assert "text" in answer["error"]


def test_a_large_body_that_only_claims_to_be_multipart_is_413(runtime: Any, wire: Wire) -> None:
    for kind, body in ((KIND, b"x" * 50_000), ("multipart/form-data", b"x" * 50_000)):
        assert wire.post(kind, body)[0] == 413
    cut = multipart((FIELD, b"ada@example.com"), (FILE, b"x" * 50_000), end=False)
    assert wire.post(KIND, cut)[0] == 413
    assert kept(runtime) == []


def test_a_large_multipart_is_verified_over_all_its_bytes(runtime: Any, wire: Wire) -> None:
    body = multipart((FIELD, b"ada@example.com"), (FILE, b"x" * 100_000))
    digest = base64.b64encode(hmac.digest(b"one secret", body, hashlib.sha256)).decode()
    for signature, expected in ((digest, 200), (digest[::-1], 401)):
        with wire.connect() as connection:
            head = (
                f"POST /in/signed HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                f"Typeform-Signature: sha256={signature}\r\n"
                f"Content-Type: {KIND}\r\nContent-Length: {len(body)}\r\n\r\n"
            )
            connection.sendall(head.encode() + body)
            assert read_answer(connection)[0] == expected


def test_a_body_that_breaks_off_is_never_taken_for_a_whole_one(runtime: Any, wire: Wire) -> None:
    with wire.connect() as connection:
        connection.sendall(
            f"POST /in/{KEY} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            "Content-Length: 100\r\n\r\n".encode()
            + b'{"email": "ada@example.com"}'
        )
        connection.shutdown(socket.SHUT_WR)
        status, answer = read_answer(connection)
    assert status == 400
    assert "100 bytes were announced, 28 came" in answer["error"]
    assert kept(runtime) == []
    until(lambda: [row.status for row in refused(runtime)] == [400], "kept as turned away")


@pytest.mark.parametrize(
    "framing", [b"zz\r\nx\r\n0\r\n\r\n", b"5\r\nabc", b"3\r\nabcX\r\n0\r\n\r\n"]
)
def test_broken_chunks_are_400_and_never_500(runtime: Any, wire: Wire, framing: bytes) -> None:
    with wire.connect() as connection:
        connection.sendall(
            f"POST /in/{KEY} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
            + framing
        )
        connection.shutdown(socket.SHUT_WR)
        assert read_answer(connection)[0] == 400
    assert kept(runtime) == []


def test_an_endless_body_is_refused_and_its_thread_goes_on(runtime: Any, wire: Wire) -> None:
    with wire.connect() as connection:
        connection.sendall(
            f"POST /in/{KEY} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
        )
        assert _cut_off(connection, seconds=20), "the door reads on for ever"
    assert wire.post("application/json", b'{"email": "ada@example.com"}')[0] == 200


def test_the_access_log_holds_neither_queries_nor_keys(wire: Wire) -> None:
    with wire.connect() as connection:
        connection.sendall(
            f"POST /in/{KEY}?email=ada%40example.com HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
            "Referer: https://shop.example/?visitor=ada\r\nContent-Length: 4\r\n\r\na=15".encode()
        )
        assert read_answer(connection)[0] == 200
    until(lambda: "POST /in/" in wire.output, "the request is in the log")
    for secret in (KEY, "ada", "?"):
        assert secret not in wire.output
