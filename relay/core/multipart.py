"""multipart/form-data: text parts are fields, everything else is an upload, and they never mix."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_to_bytes

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from relay.core.charsets import to_text
from relay.core.inbound import Unreadable

_BOUNDARY_LINE = re.compile(rb"\s*--([^\r\n]{1,200}?)[ \t]*\r\n")
_EXTENDED_FILENAME = re.compile(
    r"filename\*\s*=\s*([\w.:-]{0,40})'[\w-]{0,40}'([^;]+)", re.IGNORECASE
)
_FIELD_TYPES = ("text/", "application/json", "application/x-www-form-urlencoded")


@dataclass(slots=True)
class Part:
    """One part: its header (lower-case names) and its bytes."""

    headers: dict[str, str] = field(default_factory=dict)
    content: bytearray = field(default_factory=bytearray)

    def name(self) -> str:
        """The form field that it is for."""
        return self._parameter("name") or ""

    def filename(self) -> str | None:
        """The upload's name without its folder; None where the part is no named upload."""
        disposition = self.headers.get("content-disposition", "")
        extended = _EXTENDED_FILENAME.search(disposition)
        if extended:
            name = to_text(unquote_to_bytes(extended[2].strip()), extended[1])
        else:
            name = self._parameter("filename") or ""
        return re.split(r"[/\\]", name)[-1] or None

    def is_upload(self) -> bool:
        """By its file name, or by a type that no text field has."""
        kind = self.headers.get("content-type", "text/plain").lower()
        return self.filename() is not None or not kind.startswith(_FIELD_TYPES)

    def text(self, charset: str | None) -> str:
        """The field's value, in the part's own charset where it declares one."""
        return to_text(bytes(self.content), self._charset() or charset)

    def note(self) -> dict[str, Any]:
        """What is kept of an upload; `size` in bytes.

        A door that drops an upload's bytes while they stream in says their number in the part's
        own `Content-Length`.
        """
        declared = self.headers.get("content-length", "")
        dropped = int(declared) if re.fullmatch(r"\d{1,15}", declared, re.ASCII) else 0
        return {
            "field": self.name(),
            "name": self.filename() or "",
            "type": self.headers.get("content-type", "application/octet-stream"),
            "size": len(self.content) or dropped,
        }

    def _parameter(self, name: str) -> str | None:
        header = self.headers.get("content-disposition", "")
        value = parse_options_header(header.encode("latin-1"))[1].get(name.encode())
        return None if value is None else to_text(value)

    def _charset(self) -> str | None:
        header = self.headers.get("content-type", "")
        value = parse_options_header(header.encode("latin-1"))[1].get(b"charset")
        return None if value is None else to_text(value)


def read_multipart(body: bytes, content_type: str) -> list[Part]:
    """The parts of a multipart body. Raises Unreadable where it is malformed or cut off."""
    collector = _Collector()
    try:
        parser = MultipartParser(
            _boundary(body, content_type),
            collector.callbacks(),  # type: ignore[arg-type] # a plain dict of the same names
            max_header_count=32,
            max_header_size=16_384,
        )
        parser.write(body)
    except FormParserError as error:
        raise Unreadable(f"not multipart: {error}") from error
    if not collector.ended:
        raise Unreadable("the multipart body ends before its last boundary")
    return collector.parts


def parameters(content_type: str) -> Iterator[tuple[str, str]]:
    """The parameters of a Content-Type header, names in lower case."""
    raw = content_type.encode("latin-1", "replace")
    for name, value in parse_options_header(raw)[1].items():
        yield name.decode("latin-1").lower(), value.decode("latin-1")


def _boundary(body: bytes, content_type: str) -> bytes:
    """The declared boundary, or the body's first line where the header has none."""
    declared = dict(parameters(content_type)).get("boundary")
    if declared:
        return declared.encode("latin-1")
    first = _BOUNDARY_LINE.match(body)
    if first is None:
        raise Unreadable("not multipart: no boundary in the header, none in the body")
    return first[1]


class _Collector:
    """Gathers the parser's events into parts."""

    def __init__(self) -> None:
        self.parts: list[Part] = []
        self.ended = False
        self._name = bytearray()
        self._value = bytearray()

    def callbacks(self) -> dict[str, Any]:
        return {
            "on_part_begin": self._begin,
            "on_header_begin": self._header_begin,
            "on_header_field": lambda data, start, end: self._name.extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
            "on_header_end": self._header_end,
            "on_part_data": self._data,
            "on_end": self._end,
        }

    def _begin(self) -> None:
        self.parts.append(Part())

    def _header_begin(self) -> None:
        self._name.clear()
        self._value.clear()

    def _header_end(self) -> None:
        name = self._name.decode("latin-1").lower()
        self.parts[-1].headers[name] = self._value.decode("latin-1")

    def _data(self, data: bytes, start: int, end: int) -> None:
        self.parts[-1].content += data[start:end]

    def _end(self) -> None:
        self.ended = True
