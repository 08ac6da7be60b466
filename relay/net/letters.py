"""Letters handed to a mail server (SMTP, RFC 5321), by the same guard and deadline as requests."""

import base64
import json
import re
import smtplib  # noqa: TID251 - the place for it
import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress

from relay.core.contract import Letter, Reply, Request, shorten
from relay.net.errors import Malformed, Unanswered
from relay.net.guard import Guard
from relay.net.pinned import Deadline, dial, plain_class

PORTS = frozenset({25, 465, 587, 2525})
"""The ports of mail servers at public addresses."""

MOST_LINES = 200
LONGEST_LINE = 2000
"""What one answer of a server may be at most (RFC 5321 has lines of 512 bytes)."""

LONGEST_SAID = 1000
"""Characters of a server's words that are kept."""

FAREWELL = 2.0
"""Seconds that a server is given to say good-bye, when all that matters is done."""

_ADDRESS = re.compile(r"[!-~]+@[!-~]+")
_LINE_END = re.compile(rb"\r\n|\r|\n")
_DOT = re.compile(rb"^\.", re.MULTILINE)


class Post:
    """Hands letters to mail servers, a connection each; safe to use from many threads."""

    def __init__(self, guard: Guard, deadline: Deadline, tls: ssl.SSLContext) -> None:
        self._guard = guard
        self._deadline = deadline
        self._tls = tls
        self._plain = plain_class(deadline)

    def send(self, letter: Letter) -> Reply:
        """What the server said. The deadline is running already.

        Raises Malformed, Blocked, Unresolved, and OSError or ValueError where the connection
        fails: Unanswered once the message was on its way, else nothing has come of it.
        """
        _check(letter)
        session = _Session(letter, self)
        try:
            reply = _handed_over(session, letter)
        except _Refused as refused:
            reply = refused.reply
        except BaseException:
            session.close()
            raise
        session.leave()
        return reply

    def link(self, letter: Letter) -> socket.socket:
        """A connection to the first judged address that takes one, under TLS where asked."""
        wait = self._deadline.left(self._deadline.connect)
        found = self._guard.addresses(letter.host, letter.port, wait, PORTS)
        link = dial(found, letter.port, self._deadline, self._plain)
        return self.secured(link, letter) if letter.security == "tls" else link

    def secured(self, link: socket.socket, letter: Letter) -> socket.socket:
        """The same under TLS, the certificate checked against the server's name."""
        link.settimeout(self._deadline.left(self._deadline.connect))
        return self._tls.wrap_socket(link, server_hostname=letter.host)

    def hurry(self) -> None:
        """Give what is left to do only moments."""
        self._deadline.start(FAREWELL, FAREWELL, FAREWELL)


def as_request(letter: Letter) -> Request:
    """A letter as exchanges are logged; its password is not part of that."""
    envelope = {
        "Security": letter.security,
        **({"User": letter.username} if letter.username else {}),
        "MAIL FROM": letter.sender,
        "RCPT TO": ", ".join(letter.recipients),
    }
    url = f"smtp://{letter.host}:{letter.port}"
    return Request(method="SMTP", url=url, headers=envelope, body=letter.message)


class _Refused(Exception):  # noqa: N818 - says what happened
    """The server's answer is the end of it."""

    def __init__(self, at: str, code: int, said: bytes, refused: dict[str, list[object]]) -> None:
        super().__init__(at)
        self.reply = _reply(at, code, said, refused)


class _Session(smtplib.SMTP):
    """A connection to the server of one letter."""

    def __init__(self, letter: Letter, post: Post) -> None:
        super().__init__(local_hostname="localhost")
        self._host = letter.host
        self._letter = letter
        self._post = post

    def begin(self) -> None:
        """Connect, be greeted, greet, and be under TLS where that is asked for."""
        self.expect("greeting", self.connect(self._letter.host, self._letter.port), 220)
        self.local_hostname = _literal(self._link())
        self._greet()
        if self._letter.security == "starttls":
            if not self.has_extn("starttls"):
                raise ssl.SSLError("the server offers no STARTTLS")
            self.expect("starttls", self.docmd("STARTTLS"), 220)
            self.sock = self._post.secured(self._link(), self._letter)
            self.file = None  # what came before TLS counts for nothing (RFC 3207)
            self._greet()

    def log_in(self, user: str, password: str) -> None:
        """By PLAIN, or by LOGIN where the server offers that alone; tried once."""
        offered = self.esmtp_features.get("auth", "").upper().split()
        if "LOGIN" in offered and "PLAIN" not in offered:
            self.expect("auth", self.docmd("AUTH", "LOGIN"), 334)
            self.expect("auth", self.docmd(_base64(user)), 334)
            self.expect("auth", self.docmd(_base64(password)), 235)
        else:
            both = _base64(f"\0{user}\0{password}")
            self.expect("auth", self.docmd("AUTH", f"PLAIN {both}"), 235)

    def hand_in(self, message: bytes) -> tuple[int, bytes]:
        """The message, to the dot that ends it, and the server's answer.

        Raises Unanswered where none comes: the letter may have been taken all the same.
        """
        lines = _DOT.sub(b"..", _LINE_END.sub(b"\r\n", message)).removesuffix(b"\r\n")
        try:
            self.send(lines + b"\r\n.\r\n")
            return self.getreply()
        except (OSError, ValueError) as error:
            raise Unanswered(error) from error

    def expect(self, at: str, answer: tuple[int, bytes], *codes: int) -> bytes:
        """The server's words, where its answer is one of these."""
        code, said = answer
        if code not in codes:
            raise _Refused(at, code, said, {})
        return said

    def getreply(self) -> tuple[int, bytes]:
        """One answer, bounded. Raises OSError, and ValueError for what is none."""
        if self.file is None:
            self.file = self._link().makefile("rb")
        said = []
        for _ in range(MOST_LINES):
            line = self.file.readline(LONGEST_LINE)
            if not line.endswith(b"\n"):
                raise _broken(line)
            if not re.match(rb"[2-5]\d\d[ \r\n-]", line):
                raise ValueError(f"the server says {line[:60]!r}")
            said.append(line[4:].strip())
            if line[3:4] != b"-":
                return int(line[:3]), b"\n".join(said)
        raise ValueError("the server's answer has no end")

    def leave(self) -> None:
        """Say good-bye; whether it is answered does not matter."""
        with suppress(OSError, ValueError):
            self._post.hurry()
            self.docmd("QUIT")
        self.close()

    def _greet(self) -> None:
        """EHLO, or HELO where nothing is needed that the older greeting lacks."""
        code, said = self.ehlo()
        needed = self._letter.security == "starttls" or self._letter.username
        if code // 100 == 5 and not needed:
            code, said = self.helo()
        self.expect("greeting", (code, said), 250)

    def _get_socket(self, *_: object) -> socket.socket:
        return self._post.link(self._letter)

    def _link(self) -> socket.socket:
        if self.sock is None:
            raise ConnectionResetError("the server has closed the connection")
        return self.sock


def _handed_over(session: _Session, letter: Letter) -> Reply:
    """One whole session; a letter without a message is only asked about: QUIT takes it back."""
    session.begin()
    if letter.username is not None:
        session.log_in(letter.username, letter.password or "")
    session.expect("sender", session.mail(letter.sender, list(_options(session, letter))), 250)
    refused, said = _recipients(session, letter.recipients)
    if not letter.message:
        return _reply("recipients", 250, said, refused)
    session.expect("data", session.docmd("DATA"), 354)
    code, said = session.hand_in(letter.message)
    return _reply("message", code, said, refused)


def _recipients(
    session: _Session, recipients: tuple[str, ...]
) -> tuple[dict[str, list[object]], bytes]:
    """Those who were refused, with the server's code and words; not all of them."""
    refused: dict[str, list[object]] = {}
    passing, last = 0, b""
    for one in recipients:
        code, last = session.rcpt(one)
        if code // 100 != 2:
            refused[one] = [code, _words(last)]
            passing = code if not passing or code // 100 == 4 else passing
        if code == 421:  # the server is about to close
            break
    if code == 421 or len(refused) == len(recipients):
        raise _Refused("recipients", passing, last, refused)
    return refused, last


def _options(session: _Session, letter: Letter) -> Iterator[str]:
    if session.has_extn("size") and letter.message:
        yield f"SIZE={len(letter.message)}"
    if session.has_extn("8bitmime") and not letter.message.isascii():
        yield "BODY=8BITMIME"


def _check(letter: Letter) -> None:
    """Raises Malformed where an address cannot stand in an envelope."""
    for address in (letter.sender, *letter.recipients):
        if not _ADDRESS.fullmatch(address) or set(address) & set("<>"):
            raise Malformed(f"{address!r} is no address in plain letters")
    if not letter.recipients:
        raise Malformed("the letter is for nobody")


def _reply(at: str, code: int, said: bytes, refused: dict[str, list[object]]) -> Reply:
    words = {"said": _words(said), "at": at, "refused": refused}
    return Reply(status=code, body=json.dumps(words, ensure_ascii=False).encode())


def _words(said: bytes) -> str:
    return shorten(" ".join(said.decode("utf-8", "replace").split()), LONGEST_SAID)


def _broken(line: bytes) -> Exception:
    if len(line) >= LONGEST_LINE:
        return ValueError("the server's answer has a line without an end")
    return ConnectionResetError("the server has closed the connection")


def _literal(link: socket.socket) -> str:
    """The address that the server sees, as a client without a name greets (RFC 5321, 4.1.3)."""
    address = str(link.getsockname()[0]).partition("%")[0]
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
