"""Letters go to mail servers by the one way out: guarded, under TLS where said, bounded in time."""

import json
import socket
import ssl
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from relay.core.contract import Conversation, Json, Kind, Letter, Outcome, Reply
from relay.net.client import Attempted, Client
from tests.mail_server import MailServer, Misbehaviour
from tests.net.certificates import certificate_for
from tests.net.conftest import QUICK

MESSAGE = b"Subject: A lead\r\n\r\n.hidden\r\nlast"


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for mail.test, and its key."""
    folder = tmp_path_factory.mktemp("papers")
    key, certificate = certificate_for("mail.test")
    (folder / "key.pem").write_bytes(key)
    (folder / "mail.pem").write_bytes(certificate)
    return folder


@pytest.fixture
def tls(papers: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(papers / "mail.pem", papers / "key.pem")
    return context


@pytest.fixture
def trusting(
    make_client: Callable[..., Client], papers: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Client]:
    """Makes clients that trust the certificate; every name leads to this machine."""
    monkeypatch.setenv("SSL_CERT_FILE", str(papers / "mail.pem"))

    def answer(_host: str, port: int, **_more: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    return make_client


@pytest.fixture
def serve() -> Iterator[Callable[..., MailServer]]:
    made: list[MailServer] = []

    def make(*arguments: Any, **options: Any) -> MailServer:
        made.append(MailServer(*arguments, **options))
        return made[-1]

    yield make
    for server in made:
        server.close()


@pytest.fixture
def server(serve: Callable[..., MailServer]) -> MailServer:
    return serve()


def post(
    client: Client, server: MailServer, secrets: tuple[str, ...] = (), **wishes: Any
) -> tuple[Attempted, Reply | None]:
    """What came of one letter, and the reply that its integration heard."""
    said: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": server.port,
        "security": "none",
        "sender": "leads@acme.test",
        "recipients": ("sales@acme.test",),
        "message": MESSAGE,
    }
    heard: list[Reply] = []

    def conversation() -> Conversation:
        heard.append((yield Letter(**said | wishes)))
        return Outcome(kind=Kind.DELIVERED)

    attempted = client.converse(conversation(), secrets)
    return attempted, (heard or [None])[0]


def words(reply: Reply | None) -> Json:
    """What a reply says."""
    assert reply is not None
    return json.loads(reply.body)


# --- what is sent, and what is kept of it ------------------------------------------------------


def test_a_letter_arrives_as_it_is(make_client: Callable[..., Client], server: MailServer) -> None:
    attempted, reply = post(make_client(), server)
    (session,) = server.sessions
    assert session.message == b"Subject: A lead\r\n\r\n..hidden\r\nlast\r\n"  # dots are doubled
    assert session.commands == [
        "ehlo [127.0.0.1]",
        "mail FROM:<leads@acme.test> SIZE=32",
        "rcpt TO:<sales@acme.test>",
        "DATA",
        "QUIT",
    ]
    assert reply is not None
    assert reply.status == 250
    assert words(reply) == {"said": "2.0.0 queued as 4F9K2M", "at": "message", "refused": {}}
    assert (attempted.status, attempted.error) == (250, None)
    exchange = attempted.exchanges[0]
    assert exchange["request"] == {
        "method": "SMTP",
        "url": f"smtp://127.0.0.1:{server.port}",
        "headers": {
            "Security": "none",
            "MAIL FROM": "leads@acme.test",
            "RCPT TO": "sales@acme.test",
        },
        "body": MESSAGE.decode(),
        "cut": False,
    }
    assert json.loads(exchange["response"]["body"])["said"] == "2.0.0 queued as 4F9K2M"


def test_no_line_end_within_a_message_ends_it(
    make_client: Callable[..., Client], server: MailServer
) -> None:
    """A lone CR or LF before a dot is what servers disagree about."""
    evil = b"Subject: x\r\n\r\none\n.\nMAIL FROM:<x@y.z>\r\n.\r\nRCPT\r.\rtwo\r\n"
    post(make_client(), server, message=evil)
    (session,) = server.sessions
    lines = [b"one", b"..", b"MAIL FROM:<x@y.z>", b"..", b"RCPT", b"..", b"two", b""]
    assert session.message == b"Subject: x\r\n\r\n" + b"\r\n".join(lines)
    assert session.commands[-2:] == ["DATA", "QUIT"]


def test_without_a_message_the_server_is_only_asked(
    make_client: Callable[..., Client], server: MailServer
) -> None:
    _, reply = post(make_client(), server, message=b"")
    assert words(reply)["at"] == "recipients"
    assert server.sessions[0].commands[-2:] == ["rcpt TO:<sales@acme.test>", "QUIT"]
    assert server.sessions[0].message == b""


@pytest.mark.parametrize(
    "wishes",
    [
        {"recipients": ("a@b.c>\r\nRCPT TO:<x@y.z",)},
        {"recipients": ("sales@acme.test", "a b@c.d")},
        {"recipients": ("müller@acme.test",)},
        {"recipients": ()},
        {"sender": "nobody"},
        {"sender": "<a@b.c>"},
    ],
)
def test_what_is_no_envelope_is_not_sent(
    make_client: Callable[..., Client], server: MailServer, wishes: Json
) -> None:
    attempted, reply = post(make_client(), server, **wishes)
    assert (attempted.error, reply) == ("invalid", None)
    assert server.sessions == []


def test_letters_that_are_not_ascii_are_said_to_be_so(
    make_client: Callable[..., Client], server: MailServer
) -> None:
    post(make_client(), server, message="Subject: ä\r\n\r\nö".encode())
    assert server.sessions[0].commands[1].endswith(" SIZE=17 BODY=8BITMIME")


def test_an_old_server_is_greeted_as_it_knows(
    make_client: Callable[..., Client], server: MailServer
) -> None:
    server.says["ehlo"] = "502 what?"
    assert post(make_client(), server)[0].status == 250
    assert server.sessions[0].commands[:2] == ["ehlo [127.0.0.1]", "helo [127.0.0.1]"]
    assert server.sessions[0].commands[2] == "mail FROM:<leads@acme.test>"


# --- where it may go ---------------------------------------------------------------------------


def test_this_machine_is_out_of_reach_unless_allowed(
    make_client: Callable[..., Client], server: MailServer
) -> None:
    attempted, _ = post(make_client(RELAY_TARGET_ALLOW=""), server)
    assert (attempted.outcome.kind, attempted.error) == (Kind.RETRY, "blocked")
    assert "RELAY_TARGET_ALLOW" in attempted.outcome.message
    assert server.sessions == []


@pytest.mark.parametrize("port", [22, 80, 443, 6379, 8025])
def test_public_addresses_have_the_ports_of_mail_servers(
    make_client: Callable[..., Client],
    server: MailServer,
    monkeypatch: pytest.MonkeyPatch,
    port: int,
) -> None:
    def answer(_host: str, port: int, **_more: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("1.1.1.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    attempted, _ = post(make_client(), server, host="mail.test", port=port)
    assert attempted.error == "blocked"
    assert "25, 465, 587, 2525" in attempted.outcome.message


def test_a_server_that_is_not_there_is_told(
    make_client: Callable[..., Client], server: MailServer
) -> None:
    server.close()
    attempted, _ = post(make_client(), server)
    assert attempted.error == "refused"
    assert "may have arrived" not in attempted.outcome.message


# --- TLS and logging in ------------------------------------------------------------------------


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_letter_goes_under_tls(
    trusting: Callable[..., Client],
    serve: Callable[..., MailServer],
    tls: ssl.SSLContext,
    security: str,
) -> None:
    server = serve(tls, implicit=security == "tls")
    attempted, _ = post(
        trusting(),
        server,
        ("pä55 wörd",),
        host="mail.test",
        security=security,
        username="leads",
        password="pä55 wörd",
    )
    assert (attempted.status, attempted.error) == (250, None)
    (session,) = server.sessions
    assert (session.secure, session.login) == (True, "\0leads\0pä55 wörd")
    assert session.message
    asked = [command.split(" ")[0].lower() for command in session.commands]
    before = ["ehlo", "starttls"] if security == "starttls" else []
    assert asked == [*before, "ehlo", "auth", "mail", "rcpt", "data", "quit"]
    assert "wörd" not in str(attempted.exchanges)


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_the_certificate_must_be_of_the_servers_name(
    trusting: Callable[..., Client],
    serve: Callable[..., MailServer],
    tls: ssl.SSLContext,
    security: str,
) -> None:
    server = serve(tls, implicit=security == "tls")
    attempted, _ = post(
        trusting(), server, host="other.test", security=security, username="u", password="p"
    )
    assert (attempted.outcome.kind, attempted.error) == (Kind.RETRY, "tls")
    assert "certificate" in attempted.outcome.message
    assert [session.login for session in server.sessions] == [""]


def test_nothing_is_said_in_clear_where_the_server_offers_no_tls(
    trusting: Callable[..., Client], server: MailServer
) -> None:
    attempted, _ = post(
        trusting(), server, host="mail.test", security="starttls", username="u", password="p"
    )
    assert attempted.error == "tls"
    assert "STARTTLS" in attempted.outcome.message
    assert server.sessions[0].commands == ["ehlo [127.0.0.1]"]


def test_what_came_before_tls_counts_for_nothing(
    trusting: Callable[..., Client], serve: Callable[..., MailServer], tls: ssl.SSLContext
) -> None:
    """Somebody between may add answers to the last one in clear."""
    server = serve(tls)
    server.says["STARTTLS"] = "220 go on\r\n250-evil.test\r\n250 AUTH LOGIN"
    attempted, _ = post(trusting(), server, host="mail.test", security="starttls")
    assert attempted.status == 250
    assert server.sessions[0].commands[2:4] == [
        "ehlo [127.0.0.1]",
        "mail FROM:<leads@acme.test> SIZE=32",
    ]


def test_a_server_without_plain_is_logged_in_to_all_the_same(
    make_client: Callable[..., Client], server: MailServer
) -> None:
    server.features = ["AUTH LOGIN"]
    attempted, _ = post(make_client(), server, username="leads", password="secret word")
    assert attempted.status == 250
    assert server.sessions[0].login == "\0leads\0secret word"


def test_what_a_server_says_of_a_password_is_not_kept(
    make_client: Callable[..., Client], server: MailServer
) -> None:
    server.says["AUTH"] = "535 no: secret-word and AGxlYWRzAHNlY3JldC13b3Jk"
    attempted, reply = post(
        make_client(), server, ("secret-word",), username="leads", password="secret-word"
    )
    assert words(reply)["said"].startswith("no: secret-word")
    assert "secret-word" not in str(attempted.exchanges)
    assert "AGxlYWRzAHNlY3JldC13b3Jk" not in str(attempted.exchanges)
    assert len([one for one in server.sessions[0].commands if one.startswith("AUTH")]) == 1


# --- what the server refuses -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "at"),
    [
        ("greeting", "greeting"),
        ("ehlo", "greeting"),
        ("AUTH", "auth"),
        ("mail", "sender"),
        ("rcpt", "recipients"),
        ("DATA", "data"),
        ("message", "message"),
    ],
)
@pytest.mark.parametrize("code", [421, 451, 550])
def test_a_refusal_says_how_far_it_came(
    make_client: Callable[..., Client], server: MailServer, command: str, at: str, code: int
) -> None:
    server.says[command] = f"{code}-5.7.1 not\r\n{code} today"
    attempted, reply = post(make_client(), server, username="u", password="p")
    assert reply is not None
    assert (reply.status, attempted.error) == (code, None)
    assert (words(reply)["at"], words(reply)["said"]) == (at, "5.7.1 not today")
    assert not server.sessions[0].message or at == "message"
    assert server.sessions[0].commands[-1:] == ["QUIT"]


def test_starttls_may_be_put_off(
    trusting: Callable[..., Client], serve: Callable[..., MailServer], tls: ssl.SSLContext
) -> None:
    server = serve(tls)
    server.says["STARTTLS"] = "454 TLS not available due to temporary reason"
    server.tls = tls
    _, reply = post(trusting(), server, host="mail.test", security="starttls")
    assert words(reply)["at"] == "starttls"


def test_each_recipient_is_judged_for_itself(
    make_client: Callable[..., Client], server: MailServer
) -> None:
    server.says["rcpt TO:<gone"] = "550 5.1.1 no such user"
    server.says["rcpt TO:<full"] = "452 4.2.2 mailbox full"
    several = ("gone@acme.test", "sales@acme.test", "full@acme.test")
    _, reply = post(make_client(), server, recipients=several)
    assert reply is not None
    assert reply.status == 250
    assert words(reply)["refused"] == {
        "gone@acme.test": [550, "5.1.1 no such user"],
        "full@acme.test": [452, "4.2.2 mailbox full"],
    }
    assert server.sessions[0].message
    _, reply = post(make_client(), server, recipients=("gone@acme.test", "full@acme.test"))
    assert reply is not None
    assert (reply.status, words(reply)["at"]) == (452, "recipients")
    assert server.sessions[1].message == b""


# --- how long and how much ---------------------------------------------------------------------


def hangs(server: MailServer, _link: socket.socket) -> None:
    """Says nothing, until the server closes."""
    server.closing.wait()


def drips(server: MailServer, link: socket.socket) -> None:
    """Says a letter every tenth of a second, for ever."""
    link.sendall(b"250-")
    while not server.closing.wait(0.1):
        link.sendall(b"a")


def goes_on(server: MailServer, link: socket.socket) -> None:
    """Says one line after another, slowly."""
    while not server.closing.wait(0.1):
        link.sendall(b"250-more\r\n")


def floods(server: MailServer, link: socket.socket) -> None:
    """Says one line after another, fast."""
    while not server.closing.is_set():
        link.sendall(b"250-and more of it\r\n" * 1000)


def one_long_line(server: MailServer, link: socket.socket) -> None:
    """Says a line without an end, fast."""
    while not server.closing.is_set():
        link.sendall(b"250" + b"a" * 100_000)


def resets(_server: MailServer, link: socket.socket) -> None:
    """Ends the connection with RST."""
    link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    link.close()


def hangs_up(_server: MailServer, link: socket.socket) -> None:
    """Closes the connection."""
    link.shutdown(socket.SHUT_RDWR)


def talks_http(_server: MailServer, link: socket.socket) -> None:
    """Is no mail server."""
    link.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


@pytest.mark.parametrize("when", ["greeting", "rcpt", "message"])
@pytest.mark.parametrize(
    ("misbehaves", "error"),
    [
        (hangs, "timeout"),
        (drips, "timeout"),
        (goes_on, "timeout"),
        (floods, "protocol"),
        (one_long_line, "protocol"),
        (resets, "reset"),
        (hangs_up, "reset"),
        (talks_http, "protocol"),
    ],
)
def test_a_server_that_misbehaves_costs_no_more_than_the_time_allowed(
    make_client: Callable[..., Client],
    server: MailServer,
    when: str,
    misbehaves: Misbehaviour,
    error: str,
) -> None:
    server.says[when] = misbehaves
    began = time.monotonic()
    attempted, reply = post(make_client(**QUICK), server)
    assert time.monotonic() - began < 3
    assert (attempted.outcome.kind, attempted.error, reply) == (Kind.RETRY, error, None)
    assert attempted.exchanges[0]["response"] is None
    doubt = "may have arrived" in attempted.outcome.message
    assert doubt is (when == "message")


def test_a_server_that_does_not_say_good_bye_has_the_letter(
    make_client: Callable[..., Client], server: MailServer
) -> None:
    server.says["QUIT"] = hangs
    began = time.monotonic()
    attempted, _ = post(make_client(), server)
    assert (attempted.status, attempted.error) == (250, None)
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("security", ["none", "tls"])
def test_a_server_that_does_not_listen_is_given_up(
    trusting: Callable[..., Client],
    serve: Callable[..., MailServer],
    tls: ssl.SSLContext,
    security: str,
) -> None:
    def sips(server: MailServer, link: socket.socket) -> None:
        """Takes a little of the message every tenth of a second."""
        link.sendall(b"354 go ahead\r\n")
        while not server.closing.wait(0.1):
            link.recv(1000)

    server = serve(tls if security == "tls" else None, implicit=security == "tls")
    server.says["DATA"] = sips
    began = time.monotonic()
    attempted, _ = post(
        trusting(**QUICK), server, host="mail.test", security=security, message=b"x" * 30_000_000
    )
    assert time.monotonic() - began < 5
    assert attempted.error == "timeout"
    assert "may have arrived" in attempted.outcome.message


def test_a_slow_server_is_given_the_time_it_is_known_to_need(
    make_client: Callable[..., Client], server: MailServer
) -> None:
    def ponders(server: MailServer, link: socket.socket) -> None:
        """Answers after longer than silences may usually be."""
        server.closing.wait(1.2)
        link.sendall(b"250 at last\r\n")

    server.says["message"] = ponders
    assert post(make_client(**QUICK), server)[0].error == "timeout"
    assert post(make_client(**QUICK), server, timeout=10)[0].status == 250
