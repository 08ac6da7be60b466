"""The door under a real gunicorn, spoken to by bytes."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from relay.cli.web import gunicorn_options
from relay.config import load_config
from tests.servers import STOP_SECONDS, dies_with_its_parent, free_port, until
from tests.web.doors import KEY

ROOT = Path(__file__).parents[2]


class Wire:
    """One gunicorn with the command line of the web process; its output goes to `log`."""

    def __init__(self, settings: Mapping[str, str], log: Path) -> None:
        self.port = free_port()
        self._log = log
        given = dict(settings) | {"PORT": str(self.port), "PATH": os.defpath}
        options = gunicorn_options(load_config(given))
        with log.open("wb") as output:
            self._server = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", *options],
                cwd=ROOT,
                env=given,
                stdout=output,
                stderr=output,
                preexec_fn=dies_with_its_parent,  # noqa: PLW1509 - it only calls prctl
            )
        until(self._listens, "gunicorn listens")

    @property
    def output(self) -> str:
        """Everything it has printed."""
        return self._log.read_text(errors="replace")

    def connect(self) -> socket.socket:
        """A connection of one's own."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def send(self, headers: dict[str, str], *pieces: bytes) -> tuple[int, dict[str, Any]]:
        """Post pieces as they are; returns status and JSON."""
        with self.connect() as connection:
            lines = [f"POST /in/{KEY} HTTP/1.1", "Host: relay.test", "Connection: close"]
            lines += [f"{name}: {value}" for name, value in headers.items()]
            connection.sendall("\r\n".join([*lines, "", ""]).encode())
            for piece in pieces:
                connection.sendall(piece)
            return read_answer(connection)

    def post(self, kind: str, body: bytes) -> tuple[int, dict[str, Any]]:
        """Post a body of known length."""
        return self.send({"Content-Type": kind, "Content-Length": str(len(body))}, body)

    def chunked(self, kind: str, body: bytes, size: int = 8000) -> tuple[int, dict[str, Any]]:
        """Post a body in chunks."""
        pieces = [body[start : start + size] for start in range(0, len(body), size)]
        framed = [f"{len(piece):x}\r\n".encode() + piece + b"\r\n" for piece in pieces]
        headers = {"Content-Type": kind, "Transfer-Encoding": "chunked"}
        return self.send(headers, *framed, b"0\r\n\r\n")

    def close(self) -> None:
        """Stop the server."""
        self._server.terminate()
        self._server.wait(STOP_SECONDS)

    def _listens(self) -> bool:
        assert self._server.poll() is None, self.output
        try:
            self.connect().close()
        except OSError:
            return False
        return True


def read_answer(connection: socket.socket) -> tuple[int, dict[str, Any]]:
    """Status and JSON of the first answer, read until the other end closes."""
    answer = read_all(connection)
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)


def read_all(connection: socket.socket) -> bytes:
    """Every byte until the other end closes."""
    answer = b""
    while piece := connection.recv(65536):
        answer += piece
    return answer
