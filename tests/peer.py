"""A real HTTP server that notes what arrives and answers as it is told."""

import json
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Arrival:
    """One request as it came; header names in lower case, `at` in seconds of time.monotonic."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    at: float

    def json(self) -> Any:
        """The body read as JSON."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Answer:
    """What to answer: after `delay` seconds, a plain response."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0


Misbehaviour = Callable[["Peer", socket.socket], None]
"""Code that does with the connection what it likes, instead of answering; it is closed after."""


def resets(_peer: "Peer", connection: socket.socket) -> None:
    """Ends the connection with RST."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def hangs(peer: "Peer", _connection: socket.socket) -> None:
    """Never answers, until the peer closes."""
    peer.closing.wait()


def closes_half_way(_peer: "Peer", connection: socket.socket) -> None:
    """Promises a hundred bytes and sends ten."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n0123456789")


def drips(peer: "Peer", connection: socket.socket) -> None:
    """Sends a byte of its headers every tenth of a second, for ever."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while not peer.closing.wait(0.1):
        connection.sendall(b"a")


def drips_body(peer: "Peer", connection: socket.socket) -> None:
    """Sends a byte of its body every tenth of a second, for ever."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    while not peer.closing.wait(0.1):
        connection.sendall(b"a")


class Peer:
    """The server, on 127.0.0.1 in threads; answers 200 unless a script says otherwise."""

    def __init__(self) -> None:
        self.arrivals: list[Arrival] = []
        self.default: Answer | Misbehaviour = Answer(body=b"ok")
        self.closing = threading.Event()
        self._script: deque[Answer | Misbehaviour] = deque()
        self._news = threading.Condition()
        self._server = _server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """Its address, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    def script(self, *answers: Answer | Misbehaviour) -> None:
        """Answer the next requests in this order, then as `default` says."""
        self._script.extend(answers)

    def wait_for(self, count: int, seconds: float = 10) -> list[Arrival]:
        """The arrivals, once there are `count`; fails the test when there are not in time."""
        with self._news:
            came = self._news.wait_for(lambda: len(self.arrivals) >= count, seconds)
        assert came, f"{len(self.arrivals)} of {count} requests arrived within {seconds} s"
        return list(self.arrivals)

    def note(self, arrival: Arrival) -> Answer | Misbehaviour:
        """Keep an arrival and say how to answer it."""
        with self._news:
            self.arrivals.append(arrival)
            self._news.notify_all()
            return self._script.popleft() if self._script else self.default

    def close(self) -> None:
        """Stop listening and end what hangs."""
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _server(peer: Peer) -> ThreadingHTTPServer:
    class Handler(_Handler):
        owner = peer

    server = _Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    return server


class _Server(ThreadingHTTPServer):
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Peers that hang up early are the tests' own doing."""


class _Handler(BaseHTTPRequestHandler):
    owner: Peer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def handle_one_request(self) -> None:
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        arrival = Arrival(self.command, self.path, headers, body, time.monotonic())
        answer = self.owner.note(arrival)
        if isinstance(answer, Answer):
            self._give(answer)
        else:
            self.close_connection = True
            answer(self.owner, self.connection)

    def _give(self, answer: Answer) -> None:
        if answer.delay:
            self.owner.closing.wait(answer.delay)
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, *_arguments: object) -> None:
        """Say nothing on the console."""
