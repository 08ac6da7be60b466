"""TrackDrive: the bytes that its callers send, to a real web process."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.web.apis.trackdrive.schedules import CALLER, SCHEDULE, Calls, configure
from tests.web.wire import Wire, read_answer

TARGET = f"/api/v1/leads?lead_token={SCHEDULE}"
QUERY = f"{TARGET}&caller_id=+18004506787&loan_amount=500"
HEAD = "Host: relay.test\r\nConnection: close\r\n"
FORM = "Content-Type: application/x-www-form-urlencoded; charset=UTF-8\r\n"
JSON = "Content-Type: application/json\r\n"
AJAX = b"caller_id=%2B18004506787&data%5Bloan_amount%5D=500"
BODY = b'{"caller_id": "+18004506787", "data": {"loan_amount": "500"}}'


@pytest.fixture
def wire(runtime: Any, settings: dict[str, str], tmp_path: Path) -> Iterator[Wire]:
    """A web process that knows two schedules and an offer."""
    configure(runtime)
    server = Wire(settings, tmp_path / "web.log")
    yield server
    server.close()


def send(wire: Wire, line: str, headers: str, body: bytes = b"") -> tuple[int, Any]:
    """One request as it is written; returns status and JSON."""
    with wire.connect() as connection:
        connection.sendall(f"{line} HTTP/1.1\r\n{HEAD}{headers}\r\n".encode() + body)
        return read_answer(connection)


def length(body: bytes) -> str:
    return f"Content-Length: {len(body)}\r\n"


def test_td_1_to_13_what_callers_write_is_a_lead(wire: Wire, runtime: Any) -> None:
    chunks = b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)
    for name, line, headers, body in (
        ("TD-6 no body, no length, no type", f"POST {QUERY}", "", b""),
        ("TD-7 a length of nothing", f"POST {QUERY}", "Content-Length: 0\r\n", b""),
        ("TD-2 PUT", f"PUT {QUERY}", "", b""),
        ("TD-3 with a slash", f"POST {QUERY.replace('leads?', 'leads/?')}", "", b""),
        ("TD-5 JSON", f"POST {TARGET}", JSON + length(BODY), BODY),
        ("TD-7 JSON without a type", f"POST {TARGET}", length(BODY), BODY),
        ("TD-13 jQuery", f"POST {TARGET}", FORM + length(AJAX), AJAX),
        ("in chunks", f"POST {TARGET}", JSON + "Transfer-Encoding: chunked\r\n", chunks),
    ):
        status, answer = send(wire, line, headers, body)
        assert status == 200, (name, answer)
        assert answer["lead"]["caller_id"] == CALLER, name
        assert answer["lead"]["data"] == {"loan_amount": "500"}, name
    assert [lead.phone for lead in Calls(runtime, None).leads] == [CALLER]
    assert SCHEDULE not in wire.output


def test_a_body_that_breaks_off_is_told_and_makes_no_lead(wire: Wire, runtime: Any) -> None:
    with wire.connect() as connection:
        head = f"POST {TARGET} HTTP/1.1\r\n{HEAD}{JSON}Content-Length: 500\r\n\r\n"
        connection.sendall(head.encode() + BODY)
        connection.shutdown(socket.SHUT_WR)
        status, answer = read_answer(connection)
    assert status == 400
    assert answer["success"] is False
    assert Calls(runtime, None).nothing_stored()


def test_td_13_more_pairs_than_anybody_sends_are_refused_before_they_are_nested(
    calls: Calls,
) -> None:
    answer = calls.form("&".join(f"data[a][{n}]=1" for n in range(25_000)))
    assert answer.status_code == 422
    assert "20000" in answer.json["errors"]["base"][0]
    assert calls.nothing_stored()
