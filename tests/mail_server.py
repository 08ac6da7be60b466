"""A real mail server on 127.0.0.1 that notes what arrives and answers as it is told."""

import base64
import socket
import socketserver
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

Misbehaviour = Callable[["MailServer", socket.socket], None]
"""Code that does with the connection what it likes, instead of answering; it is closed after."""


@dataclass
class Session:
    """One connection: the commands as they came, and the message that was taken."""

    commands: list[str] = field(default_factory=list)
    message: bytes = b""
    secure: bool = False
    login: str = ""


class MailServer:
    """Takes every letter unless `says` names another answer for a command, as by its first words.

    `says` maps the beginning of a command (or "greeting", "message") to an answer or misbehaviour.
    """

    def __init__(self, tls: ssl.SSLContext | None = None, *, implicit: bool = False) -> None:
        self.sessions: list[Session] = []
        self.says: dict[str, str | Misbehaviour] = {}
        self.features = ["SIZE 1000000", "8BITMIME", "AUTH PLAIN LOGIN"]
        self.tls = tls
        self.implicit = implicit
        self.closing = threading.Event()
        self._server = _server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._server.server_address[1])

    def close(self) -> None:
        """Stop listening and end what hangs."""
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that hang up are the tests' own doing."""


def _server(owner: MailServer) -> _Server:
    class Handler(_Handler):
        mail = owner

    return _Server(("127.0.0.1", 0), Handler)


class _Ended(Exception):  # noqa: N818 - says what happened
    """The connection was given to a misbehaviour."""


class _Handler(socketserver.BaseRequestHandler):
    mail: MailServer

    def handle(self) -> None:
        self.link = self.request
        self.session = Session(secure=self.mail.implicit)
        self.mail.sessions.append(self.session)
        try:
            if self.mail.implicit:
                self._secure()
            self.lines = self.link.makefile("rb")
            self._say("greeting", "220 mail.test ESMTP")
            while line := self.lines.readline():
                if self._obey(line.decode().rstrip("\r\n")):
                    break
        except _Ended:
            pass
        finally:
            self.link.close()

    def _obey(self, command: str) -> bool:
        """Do what the command says; returns whether that was the last."""
        self.session.commands.append(command)
        verb = command.split(" ", maxsplit=1)[0].upper()
        if verb == "EHLO":
            lines = ["mail.test", *self._features()]
            last = len(lines) - 1
            self._say(
                command,
                "\r\n".join(
                    f"250{' ' if at == last else '-'}{one}" for at, one in enumerate(lines)
                ),
            )
        elif verb == "STARTTLS":
            self._say(command, "220 go on")
            self._secure()
        elif verb == "AUTH":
            self._log_in(command)
        elif verb == "DATA":
            self._take(command)
        elif verb == "QUIT":
            self._say(command, "221 bye")
            return True
        else:
            self._say(command, "250 fine")
        return False

    def _features(self) -> list[str]:
        offered = ["STARTTLS"] if self.mail.tls and not self.session.secure else []
        return [*self.mail.features, *offered]

    def _secure(self) -> None:
        assert self.mail.tls
        self.link = self.mail.tls.wrap_socket(self.link, server_side=True)
        self.lines = self.link.makefile("rb")
        self.session.secure = True

    def _log_in(self, command: str) -> None:
        _, mechanism, *initial = command.split(" ")
        if mechanism == "PLAIN":
            self.session.login = base64.b64decode(initial[0]).decode()
        else:
            said = []
            for prompt in ("Username:", "Password:"):
                self._say(prompt, "334 " + base64.b64encode(prompt.encode()).decode())
                said.append(base64.b64decode(self.lines.readline()).decode())
            self.session.login = "\0".join(["", *said])
        self._say("AUTH", "235 welcome")

    def _take(self, command: str) -> None:
        if not self._say(command, "354 go ahead").startswith("354"):
            return
        taken = []
        while (line := self.lines.readline()) not in {b".\r\n", b""}:
            taken.append(line)
        self.session.message = b"".join(taken)
        self._say("message", "250 2.0.0 queued as 4F9K2M")

    def _say(self, command: str, usual: str) -> str:
        told = [self.mail.says[one] for one in self.mail.says if command.startswith(one)]
        answer = told[0] if told else usual
        if not isinstance(answer, str):
            answer(self.mail, self.link)
            raise _Ended
        self.link.sendall(answer.encode() + b"\r\n")
        return answer
