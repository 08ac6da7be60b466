"""Whatever anybody posts: never a 500, and never an accepted body that is not kept as it came."""

import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given
from hypothesis import settings as runs
from hypothesis import strategies as st

from relay.store.tables import bodies, submissions
from tests.payloads import typeform
from tests.web.doors import KEY, add_source
from tests.web.wire import Wire, read_all

KINDS = ("typeform", "instapage", "generic")
ROOM = {"source": "1000000000/minute", "address": "1000000000/minute"}
LIMIT = 4096
BOUNDARY = b"----b0und"
pytestmark = [
    pytest.mark.redis,
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]

INSTAPAGE = {"Email": "ada@example.com", "Phone": "0301234", "page_id": "42", "variant": "A"}
PARTS = (
    b"--"
    + BOUNDARY
    + b'\r\nContent-Disposition: form-data; name="email"\r\n\r\nada@example.com\r\n'
    b"--" + BOUNDARY + b'\r\nContent-Disposition: form-data; name="f"; filename="a.png"\r\n'
    b"Content-Type: image/png\r\n\r\n\x89PNG\r\n--" + BOUNDARY + b"--\r\n"
)
GENUINE = (
    typeform("one"),
    json.dumps(INSTAPAGE).encode(),
    urlencode(INSTAPAGE).encode(),
    b"a[b][c]=1&a[b][]=2&a[=&=x&[]=3&a[b]=4",
    PARTS,
    b'<?xml version="1.0"?><lead><email>ada@example.com</email></lead>',
    b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>',
    b'[{"name": "email", "value": "ada@example.com"}]',
    b'{"data": "{\\"email\\": [\\"ada@example.com\\"]}"}',
    b'{"a": 1e999, "b": NaN, "a": -0, "c": "\\ud800", "d": "\\u0000"}',
    b"[" * 300,
    b"email=J\xf6rg&name=%F6%zz%",
    '{"név": "Ő"}'.encode("utf-16"),
    b"email=ada@example.com\r\nname=Ada\r\n",
)
TYPES = (
    "",
    "application/json",
    "application/json; charset=utf-16",
    "application/vnd.api+json; charset=nonsense",
    "application/x-www-form-urlencoded",
    "application/x-www-form-urlencoded; charset=cp1252",
    "multipart/form-data; boundary=" + BOUNDARY.decode(),
    'multipart/form-data; boundary="',
    "multipart/form-data",
    "text/plain",
    "text/xml; charset=utf-7",
    "application/xml",
    "application/octet-stream",
)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A genuine body with a piece taken out, doubled or replaced."""
    body = draw(st.sampled_from(GENUINE))
    start = draw(st.integers(0, len(body)))
    end = draw(st.integers(start, min(len(body), start + 40)))
    piece = draw(st.one_of(st.just(b""), st.just(body[start:end] * 2), st.binary(max_size=20)))
    return body[:start] + piece + body[end:]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
BODIES = (
    st.binary(max_size=200)
    | damaged()
    | JSON.map(lambda value: json.dumps(value).encode())
    | st.dictionaries(st.text(), st.text(), max_size=5).map(
        lambda form: urlencode(form, errors="surrogatepass").encode()
    )
    | st.just(b"x" * (LIMIT + 1))
)
LATIN = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF), max_size=40)
HEADERS = st.dictionaries(
    st.sampled_from(
        ("HTTP_ACCEPT", "HTTP_ORIGIN", "HTTP_SEC_FETCH_MODE", "HTTP_X_FORWARDED_FOR", "HTTP_COOKIE",
         "HTTP_TYPEFORM_SIGNATURE", "HTTP_CONTENT_ENCODING", "HTTP_X_ANY", "HTTP_USER_AGENT",
         "QUERY_STRING", "HTTP_AUTHORIZATION", "REMOTE_ADDR"),
    ),
    LATIN | st.sampled_from(("text/html", "navigate", "null", "gzip", "a=%00&b=%ff&=&a=", "\0")),
    max_size=4,
)  # fmt: skip


@pytest.fixture
def doors(make_runtime: Any) -> Any:
    """A relay with one door of each kind and a small limit; its name is its key."""
    from relay import runtime as process

    runtime = make_runtime({"RELAY_BODY_LIMIT": str(LIMIT), "RELAY_MULTIPART_LIMIT": str(LIMIT)})
    process.install(runtime)
    for kind in KINDS:
        add_source(runtime, kind, key=f"door-of-{kind}", limits=ROOM, honeypot="website2")
    return runtime


def kept_as(runtime: Any, submission: str) -> bytes:
    """The stored bytes of the body that a submission came in."""
    query = (
        sa.select(bodies.c.body)
        .join(submissions, submissions.c.body_id == bodies.c.id)
        .where(submissions.c.id == UUID(submission))
    )
    with runtime.database.read() as connection:
        return bytes(connection.execute(query).scalar_one())


@pytest.mark.parametrize("kind", KINDS)
def test_any_body_under_any_headers_is_kept_as_it_came_or_refused_in_words(
    doors: Any, kind: str
) -> None:
    from relay.app import create_app

    client = create_app(doors).test_client()

    @runs(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
    @given(BODIES, st.sampled_from(TYPES) | LATIN, HEADERS)
    def post(body: bytes, content_type: str, environ: dict[str, str]) -> None:
        answer = client.post(
            f"/in/door-of-{kind}",
            data=body,
            environ_overrides={"CONTENT_TYPE": content_type, **environ},
        )
        submission = answer.headers.get("X-Submission-Id")
        if submission is None:
            assert answer.status_code in {413, 415}, answer.text
            assert answer.status_code == 415 or len(body) > LIMIT
        else:
            assert answer.status_code == 200
            assert kept_as(doors, submission) == body
            taken.append(submission)

    taken: list[str] = []
    post()
    assert len(taken) > 100, "most of it is to be taken"


NAMES = st.sampled_from(("email", "a[b]", "été", "x y", ""))
FIELDS = st.tuples(NAMES, st.none(), st.binary(max_size=300))
UPLOADS = st.tuples(NAMES, st.sampled_from(("a.png", "Ü.pdf", "")), st.binary(max_size=2000))


def assembled(parts: list[tuple[str, str | None, bytes]]) -> bytes:
    """A multipart body; a part with a file name, even an empty one, is an upload."""
    body = b""
    for name, filename, content in parts:
        head = f'Content-Disposition: form-data; name="{name}"'
        if filename is not None:
            head += f'; filename="{filename}"\r\nContent-Type: application/octet-stream'
        body += b"--" + BOUNDARY + b"\r\n" + head.encode() + b"\r\n\r\n" + content + b"\r\n"
    return body + b"--" + BOUNDARY + b"--\r\n"


def test_a_large_multipart_loses_its_uploads_and_nothing_else(make_runtime: Any) -> None:
    from relay.app import create_app

    runtime = make_runtime({"RELAY_BODY_LIMIT": str(LIMIT), "RELAY_MULTIPART_LIMIT": "1000000"})
    add_source(runtime, limits=ROOM)
    client = create_app(runtime).test_client()
    kind = f"multipart/form-data; boundary={BOUNDARY.decode()}"

    @runs(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(FIELDS, max_size=4), st.lists(UPLOADS, max_size=4), st.randoms())
    def post(fields: list[Any], uploads: list[Any], order: Random) -> None:
        parts = [*fields, *uploads, ("big", "big.bin", b"\r\n--" * LIMIT)]
        order.shuffle(parts)
        answer = client.post(f"/in/{KEY}", data=assembled(parts), content_type=kind)
        assert answer.status_code == 200, answer.text
        emptied = [(name, file, b"" if file is not None else value) for name, file, value in parts]
        kept = kept_as(runtime, answer.json["id"])
        assert re.sub(rb"Content-Length: \d+\r\n", b"", kept) == assembled(emptied)
        sizes = [int(size) for size in re.findall(rb"Content-Length: (\d+)\r\n\r\n", kept)]
        assert sizes == [len(content) for _, file, content in parts if file is not None]

    post()


@pytest.fixture
def wire(settings: dict[str, str], doors: Any, tmp_path: Path) -> Iterator[Wire]:
    """The same behind gunicorn, with a generic door at the usual key."""
    add_source(doors, limits=ROOM)
    server = Wire(settings | {"RELAY_BODY_LIMIT": str(LIMIT)}, tmp_path / "web.log")
    yield server
    server.close()


LENGTHS = st.integers(-30, 30).map(str) | st.sampled_from(
    (
        "",
        "-1",
        "+5",
        "0x10",
        "1e3",
        "5, 5",
        "99999999999999999999999",
        "\u00b2",
        "5\r\nContent-Length: 6",
    )
)
SUBMISSION = re.compile(rb"X-Submission-Id: (\S+)")


def test_a_length_that_lies_never_costs_or_invents_a_byte(doors: Any, wire: Wire) -> None:
    taken: list[int] = []

    @runs(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        body=st.binary(max_size=40) | st.sampled_from(GENUINE),
        length=LENGTHS,
        relative=st.booleans(),
        chunked=st.sampled_from(("", "", "", "chunked", "gzip, chunked", "identity", "x")),
    )
    def post(body: bytes, length: str, relative: bool, chunked: str) -> None:
        if relative and re.fullmatch(r"-?\d+", length, re.ASCII):
            length = str(len(body) + int(length))
        lines = [f"POST /in/{KEY} HTTP/1.1", "Host: x", "Connection: close"]
        lines += [f"Content-Length: {length}"]
        lines += [f"Transfer-Encoding: {chunked}"] if chunked else []
        with wire.connect() as connection:
            connection.sendall("\r\n".join([*lines, "", ""]).encode("latin-1") + body)
            connection.shutdown(socket.SHUT_WR)
            answer = read_all(connection)
        assert re.match(rb"HTTP/1.1 (200|400|413|501) ", answer), answer
        for submission in SUBMISSION.findall(answer):
            announced = int(length)
            assert announced <= len(body), "less came than was announced"
            assert kept_as(doors, submission.decode()) == body[:announced]
            taken.append(announced - len(body))

    post()
    assert 0 in taken, "the truth is taken"
    assert min(taken) < 0, "what follows the announced bytes is another request's"


def test_the_door_still_works_after_all_that(doors: Any, wire: Wire) -> None:
    for hostile in (b"\x16\x03\x01\x02", b"GET " + b"/" * 20_000, b"POST /in/x HTTP/9.9\r\n\r\n",
                    b"POST /in/%zz HTTP/1.1\r\nHost: \xff\r\nX: " + b"y" * 70_000 + b"\r\n\r\n",
                    b"\r\n" * 100):  # fmt: skip
        with wire.connect() as connection:
            try:
                connection.sendall(hostile)
                connection.shutdown(socket.SHUT_WR)
                answer = read_all(connection)
            except OSError:
                answer = b""
        assert not re.match(rb"HTTP/1.1 5(?!01|05)", answer), (hostile[:40], answer)
    status, answer = wire.post("application/json", b'{"email": "ada@example.com"}')
    assert status == 200
    assert kept_as(doors, answer["id"]) == b'{"email": "ada@example.com"}'
