"""The one way out: guarded, bounded in time and size, and without a memory of its own."""

import socket
import ssl
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from gzip import compress
from pathlib import Path
from typing import Any

import pytest

from relay.core.contract import Conversation, Kind, Outcome, Reply, Request
from relay.net.client import Attempted, Client
from tests.net.certificates import certificate_for
from tests.net.conftest import QUICK
from tests.peer import (
    Answer,
    Misbehaviour,
    Peer,
    closes_half_way,
    drips,
    drips_body,
    hangs,
    resets,
)


@pytest.fixture
def client(make_client: Callable[..., Client]) -> Client:
    return make_client()


def asking(*requests: Request) -> Conversation:
    """A conversation of these requests; its outcome's message is the last reply's body."""
    reply = Reply(status=0)
    for request in requests:
        reply = yield request
    return Outcome(kind=Kind.DELIVERED, message=reply.body.decode())


def get(client: Client, url: str, **request: Any) -> Attempted:
    """What came of one GET."""
    return client.converse(asking(Request(method="GET", url=url, **request)))


def post(client: Client, url: str, body: bytes = b"{}", **request: Any) -> Attempted:
    """What came of one POST."""
    return client.converse(asking(Request(method="POST", url=url, body=body, **request)))


def resolve(monkeypatch: pytest.MonkeyPatch, *answers: str) -> list[str]:
    """Let names have these addresses, one after the other; returns the names that were asked."""
    asked: list[str] = []

    def answer(host: str, port: int, **_more: Any) -> list[Any]:
        asked.append(host)
        address = answers[min(len(asked), len(answers)) - 1]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    return asked


# --- what is sent and kept ---------------------------------------------------------------------


def test_a_conversation_is_carried_on_to_its_outcome(client: Client, peer: Peer) -> None:
    peer.script(Answer(404), Answer(201, b"made", {"X-Id": "7"}))
    seen: list[Reply] = []

    def talk() -> Conversation:
        seen.append((yield Request(method="GET", url=f"{peer.url}/find?email=a%40b.c")))
        seen.append(
            (yield Request(method="PATCH", url=f"{peer.url}/make", body=b"x", headers={"X-A": "1"}))
        )
        return Outcome(kind=Kind.DELIVERED, remote_id=seen[1].headers["x-id"])

    attempted = client.converse(talk())
    assert [reply.status for reply in seen] == [404, 201]
    assert attempted.outcome == Outcome(kind=Kind.DELIVERED, remote_id="7")
    assert (attempted.status, attempted.error) == (201, None)
    first, second = peer.arrivals
    assert (first.method, first.path, first.body) == ("GET", "/find?email=a%40b.c", b"")
    assert (second.method, second.body, second.headers["x-a"]) == ("PATCH", b"x", "1")
    assert second.headers["content-length"] == "1"
    assert [one["request"]["url"] for one in attempted.exchanges] == [
        f"{peer.url}/find?email=a%40b.c",
        f"{peer.url}/make",
    ]
    assert attempted.exchanges[1]["response"]["body"] == "made"
    assert attempted.exchanges[1]["response"]["cut"] is False


def test_an_empty_post_says_that_it_is_empty(client: Client, peer: Peer) -> None:
    post(client, peer.url, b"")
    assert peer.arrivals[0].headers["content-length"] == "0"


def test_header_values_may_hold_any_script(client: Client, peer: Peer) -> None:
    get(client, peer.url, headers={"X-Name": "Łukasz"})
    assert peer.arrivals[0].headers["x-name"].encode("latin-1").decode() == "Łukasz"


def test_redirects_are_not_followed(client: Client, peer: Peer) -> None:
    peer.script(Answer(307, headers={"Location": f"{peer.url}/other"}))
    assert post(client, peer.url).status == 307
    assert len(peer.arrivals) == 1


def test_nothing_is_taken_from_the_environment(
    client: Client, peer: Peer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password something\n")
    monkeypatch.setenv("NETRC", str(netrc))
    assert post(client, peer.url).status == 200
    assert "authorization" not in peer.arrivals[0].headers


def test_cookies_are_not_kept(client: Client, peer: Peer) -> None:
    peer.default = Answer(headers={"Set-Cookie": "session=1; Path=/"})
    get(client, peer.url)
    get(client, peer.url)
    assert "cookie" not in peer.arrivals[1].headers


def test_connections_are_kept_and_used_again(
    client: Client, peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = resolve(monkeypatch, "127.0.0.1")
    url = f"http://crm.test:{peer.port}/"
    assert [post(client, url).status for _ in range(5)] == [200] * 5
    assert len(asked) == 1
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda _: post(client, url).status, range(80)))
    assert found == [200] * 80
    assert len(asked) <= 1 + 8


def test_a_kept_connection_that_the_peer_has_closed_is_replaced(client: Client, peer: Peer) -> None:
    closed = threading.Event()

    def answers_and_closes(_peer: Peer, connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        connection.shutdown(socket.SHUT_RDWR)
        closed.set()

    peer.script(answers_and_closes)
    assert get(client, peer.url).status == 200
    assert closed.wait(5)
    time.sleep(0.05)  # for the end to travel
    assert get(client, peer.url).status == 200


# --- where it may go ---------------------------------------------------------------------------


def test_a_name_is_resolved_once_and_its_judged_address_is_dialled(
    client: Client, peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = resolve(monkeypatch, "127.0.0.1", "10.0.0.1")
    assert get(client, f"http://rebind.test:{peer.port}/").status == 200
    assert asked == ["rebind.test"]
    assert peer.arrivals[0].headers["host"] == f"rebind.test:{peer.port}"


def test_a_name_that_changes_its_mind_is_blocked_at_the_next_connection(
    client: Client, peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve(monkeypatch, "127.0.0.1", "169.254.169.254")
    peer.default = Answer(headers={"Connection": "close"})
    url = f"http://rebind.test:{peer.port}/"
    assert get(client, url).status == 200
    attempted = get(client, url)
    assert (attempted.error, attempted.status) == ("blocked", None)
    assert "169.254.169.254" in attempted.outcome.message


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "2130706433", "127.1", "localhost", "[::1]", "[::ffff:127.0.0.1]"]
)
def test_this_machine_is_out_of_reach_unless_allowed(
    make_client: Callable[..., Client], peer: Peer, host: str
) -> None:
    attempted = get(make_client(RELAY_TARGET_ALLOW=""), f"http://{host}:{peer.port}/")
    assert attempted.outcome.kind is Kind.RETRY
    assert attempted.error == "blocked"
    assert "RELAY_TARGET_ALLOW" in attempted.outcome.message
    assert not peer.arrivals


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://127.0.0.1/x",
        "http://",
        "//127.0.0.1/x",
        "gopher://127.0.0.1:70/_x",
        "http://somebody:something@127.0.0.1/",
        "http://127.0.0.1:99999/",
        "http://[::1/",
        "http://a b/",
        "",
    ],
)
def test_an_address_that_is_none_is_not_sent_to(client: Client, url: str) -> None:
    attempted = get(client, url)
    assert attempted.outcome.kind is Kind.RETRY
    assert attempted.error in {"invalid", "dns"}
    assert "something" not in str(attempted)


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "a\0b"])
def test_a_header_cannot_bring_in_another(client: Client, peer: Peer, value: str) -> None:
    for headers in ({"X-A": value}, {value: "a"}):
        attempted = get(client, peer.url, headers=headers)
        assert attempted.error == "invalid"
    assert not peer.arrivals


def test_a_name_without_address_is_told(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_arguments: Any, **_options: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    attempted = get(client, "http://nowhere.test/")
    assert attempted.error == "dns"
    assert "nowhere.test" in attempted.outcome.message


# --- how long and how much ---------------------------------------------------------------------


def garbage(_peer: Peer, connection: socket.socket) -> None:
    """Says what is not HTTP."""
    connection.sendall(b"SSH-2.0-OpenSSH_9.6\r\n")


def endless_headers(peer: Peer, connection: socket.socket) -> None:
    """Sends headers without end, fast."""
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while not peer.closing.is_set():
        connection.sendall(b"X-More: and more\r\n" * 100)


def says_nothing_more(_peer: Peer, connection: socket.socket) -> None:
    """Closes only its own direction, without an answer."""
    connection.shutdown(socket.SHUT_WR)


def keeps_continuing(peer: Peer, connection: socket.socket) -> None:
    """Answers 100 Continue for ever."""
    while not peer.closing.wait(0.05):
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")


@pytest.mark.parametrize(
    ("misbehaves", "error"),
    [
        (resets, "reset"),
        (says_nothing_more, "reset"),
        (hangs, "timeout"),
        (drips, "timeout"),
        (keeps_continuing, "timeout"),
        (garbage, "protocol"),
        (endless_headers, "protocol"),
    ],
)
def test_a_peer_that_misbehaves_costs_no_more_than_the_time_allowed(
    make_client: Callable[..., Client], peer: Peer, misbehaves: Misbehaviour, error: str
) -> None:
    client = make_client(**QUICK)
    peer.script(misbehaves)
    began = time.monotonic()
    attempted = post(client, peer.url)
    assert time.monotonic() - began < 3
    assert (attempted.outcome.kind, attempted.error) == (Kind.RETRY, error)
    assert attempted.exchanges[0]["response"] is None
    assert attempted.outcome.message
    assert post(client, peer.url).status == 200


def breaks_off_in_a_chunk(_peer: Peer, connection: socket.socket) -> None:
    """Promises a chunk of a hundred bytes and sends ten."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\n0123456789")


@pytest.mark.parametrize(
    ("misbehaves", "error"),
    [(drips_body, "timeout"), (closes_half_way, "reset"), (breaks_off_in_a_chunk, "reset")],
)
def test_a_body_that_breaks_off_is_kept_so_far(
    make_client: Callable[..., Client], peer: Peer, misbehaves: Misbehaviour, error: str
) -> None:
    peer.script(misbehaves)
    began = time.monotonic()
    attempted = get(make_client(**QUICK), peer.url)
    assert time.monotonic() - began < 3
    assert (attempted.outcome.kind, attempted.status) == (Kind.DELIVERED, 200)
    assert attempted.error == error
    assert attempted.exchanges[0]["response"]["cut"] is True
    assert attempted.exchanges[0]["response"]["body"].startswith(("aaa", "0123456789"))
    assert get(make_client(), peer.url).status == 200


def test_a_slow_target_is_given_the_time_it_is_known_to_need(
    make_client: Callable[..., Client], peer: Peer
) -> None:
    client = make_client(**QUICK)
    peer.script(Answer(delay=1.2), Answer(delay=1.2))
    assert get(client, peer.url).error == "timeout"
    assert get(client, peer.url, timeout=5).status == 200


def test_a_connection_that_is_not_taken_is_given_up(make_client: Callable[..., Client]) -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        waiting = [socket.socket() for _ in range(3)]  # they fill the queue, so that none is taken
        for one in waiting:
            one.settimeout(0)
            one.connect_ex(("127.0.0.1", port))
        began = time.monotonic()
        attempted = get(make_client(**QUICK), f"http://127.0.0.1:{port}/")
        for one in waiting:
            one.close()
    assert attempted.error == "timeout"
    assert time.monotonic() - began < 3


def test_of_a_long_answer_the_beginning_is_kept(client: Client, peer: Peer) -> None:
    peer.script(Answer(body=b"x" * 10_000_000), Answer(body=b"y" * 65536))
    long, exact = get(client, peer.url), get(client, peer.url)
    said = long.exchanges[0]["response"]
    assert (len(said["body"]), said["cut"], long.status) == (65536, True, 200)
    said = exact.exchanges[0]["response"]
    assert (len(said["body"]), said["cut"]) == (65536, False)


def test_a_packed_answer_cannot_burst(client: Client, peer: Peer) -> None:
    packed = compress(b"z" * 10_000_000)
    peer.script(Answer(body=packed, headers={"Content-Encoding": "gzip"}))
    said = get(client, peer.url).exchanges[0]["response"]
    assert (len(said["body"]), said["cut"]) == (65536, True)
    assert peer.arrivals[0].headers["accept-encoding"] == "identity"


def test_of_a_long_request_the_beginning_is_kept(client: Client, peer: Peer) -> None:
    said = post(client, peer.url, b"q" * 100_000).exchanges[0]["request"]
    assert (len(said["body"]), said["cut"]) == (65536, True)
    assert len(peer.arrivals[0].body) == 100_000


# --- what the integration does wrong -----------------------------------------------------------


def test_an_endless_conversation_is_ended(client: Client, peer: Peer) -> None:
    def endless() -> Conversation:
        while True:
            yield Request(method="GET", url=peer.url)

    attempted = client.converse(endless())
    assert (attempted.outcome.kind, attempted.error) == (Kind.RETRY, "bug")
    assert len(peer.arrivals) == 20


def test_what_an_integration_raises_is_data(client: Client, peer: Peer) -> None:
    def careless() -> Conversation:
        reply = yield Request(method="GET", url=peer.url)
        raise KeyError(reply.headers["x-none"])

    attempted = client.converse(careless())
    assert (attempted.outcome.kind, attempted.error, attempted.status) == (Kind.RETRY, "bug", 200)
    assert "x-none" in attempted.outcome.message


def test_a_conversation_without_an_outcome_is_a_bug(client: Client) -> None:
    def silent() -> Conversation:
        yield from ()
        return None  # type: ignore[return-value] # that is the mistake

    assert client.converse(silent()).error == "bug"


def test_a_conversation_is_ended_when_the_connection_breaks(client: Client, peer: Peer) -> None:
    ended: list[bool] = []

    def careful() -> Conversation:
        try:
            yield Request(method="GET", url=peer.url)
        finally:
            ended.append(True)
        return Outcome(kind=Kind.DELIVERED)

    peer.script(resets)
    assert client.converse(careful()).outcome.kind is Kind.RETRY
    assert ended == [True]


# --- TLS ---------------------------------------------------------------------------------------


@pytest.fixture
def secure_peer(peer: Peer, tmp_path: Path) -> Peer:
    """A peer under TLS whose certificate, for crm.test, is in crm.pem."""
    key, certificate = certificate_for("crm.test")
    (tmp_path / "crm.pem").write_bytes(certificate)
    (tmp_path / "crm.key").write_bytes(key)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "crm.pem", tmp_path / "crm.key")
    peer._server.socket = context.wrap_socket(peer._server.socket, server_side=True)
    return peer


def test_a_certificate_that_the_machine_trusts_is_checked_against_the_name(
    make_client: Callable[..., Client],
    secure_peer: Peer,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "crm.pem"))
    resolve(monkeypatch, "127.0.0.1")
    client = make_client()
    assert get(client, f"https://crm.test:{secure_peer.port}/").status == 200
    assert get(client, f"https://other.test:{secure_peer.port}/").error == "tls"
    assert secure_peer.arrivals[0].headers["host"] == f"crm.test:{secure_peer.port}"


def test_a_certificate_that_nobody_trusts_is_refused(
    client: Client, secure_peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve(monkeypatch, "127.0.0.1")
    attempted = get(client, f"https://crm.test:{secure_peer.port}/")
    assert attempted.error == "tls"
    assert "certificate" in attempted.outcome.message
    assert not secure_peer.arrivals


def test_the_deadline_holds_under_tls_too(
    make_client: Callable[..., Client],
    secure_peer: Peer,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "crm.pem"))
    resolve(monkeypatch, "127.0.0.1")
    secure_peer.script(drips)
    began = time.monotonic()
    assert get(make_client(**QUICK), f"https://crm.test:{secure_peer.port}/").error == "timeout"
    assert time.monotonic() - began < 3
