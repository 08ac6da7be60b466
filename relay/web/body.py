"""Reading a request's body: raw bytes before anything parses them, never more than the limits."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, Any
from wsgiref.types import WSGIEnvironment

from gunicorn.http.errors import ParseException

from relay.core.inbound import Unreadable
from relay.core.uploads import WithoutUploads

SILENCE_SECONDS = 10.0
"""How long a sender may say nothing in the middle of its body: it occupies a thread."""

BODY_SECONDS = 60.0
"""How long a body too large to come in one piece may take altogether."""

PIECE = 64 * 1024

DRAINED = 8 * 1024 * 1024
"""Bytes of a refused body that are read all the same: who is cut off while it still sends sees a
broken connection instead of the answer."""


class TooLarge(Exception):  # noqa: N818 - says what the body is
    """The body passed a limit; `start` is its first bytes."""

    def __init__(self, message: str, start: bytes) -> None:
        super().__init__(message)
        self.start = start


class CutOff(Exception):  # noqa: N818 - says what the body is
    """The body ended before it was complete, or broke the rules of its framing."""


@dataclass(slots=True)
class Body:
    """`content` is what to keep; `whole` holds all bytes where uploads were left out of it."""

    content: bytes
    whole: IO[bytes] | None = None

    def close(self) -> None:
        """Give the disk space of `whole` back."""
        if self.whole is not None:
            self.whole.close()


def read_raw(environ: WSGIEnvironment, limit: int, multipart_limit: int) -> Body:
    """The body, at most `limit` bytes long; a multipart one up to `multipart_limit`, its uploads
    dropped as they stream in.

    Raises TooLarge, or CutOff when the sender went away, fell silent or broke its chunks.
    """
    length = _announced(environ)
    if length == 0:
        return Body(b"")
    with _Silence(environ):
        try:
            return _read(environ, length, limit, multipart_limit)
        except TooLarge:
            _drain(environ["wsgi.input"])
            raise
        except TimeoutError as error:
            raise CutOff("the sender fell silent in the middle of the body") from error
        except (OSError, ParseException) as error:
            raise CutOff(f"the body broke off: {error}") from error


def read_start(environ: WSGIEnvironment, size: int) -> bytes:
    """The first bytes of a body that is refused unread; what follows is read and dropped, within
    bounds. Raises CutOff where its length makes no sense.
    """
    stream, length = environ["wsgi.input"], _announced(environ)
    start = b""
    with _Silence(environ), suppress(OSError, ParseException):
        start = stream.read(size if length < 0 else min(length, size))
        _drain(stream)
    return start


def _announced(environ: WSGIEnvironment) -> int:
    """The length of the body: 0 where there is none, -1 where it comes in chunks."""
    given = environ.get("CONTENT_LENGTH")
    if not given:
        return -1 if environ.get("HTTP_TRANSFER_ENCODING") else 0
    if not (given.isascii() and given.isdigit()):
        raise CutOff(f"{given[:20]!r} is no length of a body")
    return int(given)


def _read(environ: WSGIEnvironment, length: int, limit: int, multipart_limit: int) -> Body:
    stream = environ["wsgi.input"]
    multipart = environ.get("CONTENT_TYPE", "").lower().startswith("multipart/form-data")
    allowed = max(limit, multipart_limit) if multipart else limit
    if length > allowed:
        raise TooLarge(f"{length} bytes, at most {allowed} are taken", stream.read(PIECE))
    content = stream.read(limit + 1 if length < 0 else min(length, limit + 1))
    if len(content) <= limit:
        if len(content) < length:
            raise CutOff(f"{length} bytes were announced, {len(content)} came")
        return Body(content)
    if not multipart:
        raise TooLarge(f"at most {limit} bytes are taken", content)
    try:
        return _without_uploads(environ, _pieces(stream, content, length, allowed), limit)
    except Unreadable as error:
        raise TooLarge(f"more than {limit} bytes, and {error}", content) from error


def _without_uploads(environ: WSGIEnvironment, pieces: Iterator[bytes], limit: int) -> Body:
    whole = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the body
    try:
        kept = WithoutUploads(environ["CONTENT_TYPE"], limit)
        for piece in pieces:
            kept.write(piece)
            whole.write(piece)
        return Body(kept.body(), whole)
    except BaseException:
        whole.close()
        raise


def _pieces(stream: Any, start: bytes, length: int, allowed: int) -> Iterator[bytes]:
    """What has been read and what follows. Raises TooLarge or CutOff."""
    deadline = time.monotonic() + BODY_SECONDS
    piece, size = start, 0
    while piece:
        size += len(piece)
        if size > allowed:
            raise TooLarge(f"at most {allowed} bytes are taken", start)
        if time.monotonic() > deadline:
            raise CutOff(f"not complete after {BODY_SECONDS:.0f} seconds")
        yield piece
        piece = stream.read(PIECE if length < 0 else min(PIECE, length - size))
    if size < length:
        raise CutOff(f"{length} bytes were announced, {size} came")


def _drain(stream: Any) -> None:
    """Read what a refused sender still sends, within bounds of size and time."""
    deadline = time.monotonic() + SILENCE_SECONDS
    left = DRAINED
    with suppress(OSError, ParseException):
        while left > 0 and time.monotonic() < deadline:
            piece = stream.read(min(PIECE, left))
            if not piece:
                return
            left -= len(piece)


class _Silence:
    """While the body is read, a socket that says nothing for too long raises TimeoutError."""

    def __init__(self, environ: WSGIEnvironment) -> None:
        self._socket = environ.get("gunicorn.socket")

    def __enter__(self) -> None:
        if self._socket is not None:
            self._socket.settimeout(SILENCE_SECONDS)

    def __exit__(self, *_: object) -> None:
        if self._socket is not None:
            with suppress(OSError):
                self._socket.settimeout(None)
