"""A multipart body without its uploads, made while it streams in: each is noted by its size."""

from typing import Any

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser

from relay.core.inbound import Unreadable
from relay.core.multipart import Part, parameters


class WithoutUploads:
    """Takes a multipart body piece by piece; `body()` is the same one, its uploads empty.

    An upload keeps its header, with its size in bytes as the part's Content-Length. Everything
    else stays byte for byte, apart from blanks around header values and between parts.
    """

    def __init__(self, content_type: str, limit: int) -> None:
        boundary = dict(parameters(content_type)).get("boundary", "")
        if not boundary:
            raise Unreadable("no boundary in the header")
        self._line = b"--" + boundary.encode("latin-1")
        self._limit = limit
        self._kept = bytearray()
        self._part = Part()
        self._size = 0
        self._dropping = False
        self._ended = False
        self._name = bytearray()
        self._value = bytearray()
        self._parser = self._new_parser(boundary)

    def write(self, data: bytes) -> None:
        """Take the next piece. Raises Unreadable when it is malformed, or too much text to keep."""
        try:
            self._parser.write(data)
        except FormParserError as error:
            raise Unreadable(f"not multipart: {error}") from error
        if len(self._kept) > self._limit:
            raise Unreadable("too much text beside its files")

    def body(self) -> bytes:
        """What is kept. Raises Unreadable when the body ended too early."""
        if not self._ended:
            raise Unreadable("the multipart body ends before its last boundary")
        return bytes(self._kept) + self._line + b"--\r\n"

    def _new_parser(self, boundary: str) -> MultipartParser:
        callbacks: dict[str, Any] = {
            "on_part_begin": self._begin,
            "on_header_begin": self._header_begin,
            "on_header_field": lambda data, start, end: self._name.extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
            "on_header_end": self._header_end,
            "on_headers_finished": self._headers_finished,
            "on_part_data": self._data,
            "on_part_end": self._end_part,
            "on_end": self._end,
        }
        return MultipartParser(
            boundary.encode("latin-1"),
            callbacks,  # type: ignore[arg-type] # a plain dict of the same names
            max_header_count=32,
            max_header_size=16_384,
        )

    def _begin(self) -> None:
        self._part = Part()
        self._size = 0

    def _header_begin(self) -> None:
        self._name.clear()
        self._value.clear()

    def _header_end(self) -> None:
        name = self._name.decode("latin-1").lower()
        self._part.headers[name] = self._value.decode("latin-1").strip()

    def _headers_finished(self) -> None:
        self._dropping = self._part.is_upload()
        if not self._dropping:
            self._kept += self._head()

    def _data(self, data: bytes, start: int, end: int) -> None:
        self._size += end - start
        if not self._dropping:
            self._kept += data[start:end]

    def _end_part(self) -> None:
        if self._dropping:
            self._part.headers["content-length"] = str(self._size)
            self._kept += self._head()
        self._kept += b"\r\n"

    def _end(self) -> None:
        self._ended = True

    def _head(self) -> bytes:
        headers = "".join(
            f"{name.title()}: {value}\r\n" for name, value in self._part.headers.items()
        )
        return self._line + b"\r\n" + headers.encode("latin-1") + b"\r\n"
