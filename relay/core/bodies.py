"""Any body to one JSON-like value: by its declared type first, then by what it looks like."""

import json
import math
import re
from collections.abc import Callable
from typing import Any

from relay.core.charsets import to_text
from relay.core.forms import nest, read_urlencoded
from relay.core.inbound import Inbound, Unreadable
from relay.core.multipart import parameters, read_multipart
from relay.core.xml_bodies import read_xml

_MAX_DEPTH = 64
_LONGEST_NUMBER = 64
"""Digits; a longer number stays text, exactly as it was written."""

_FORM = re.compile(rb"[^\s=&<>{}\"]+=[^\s<>{}\"]*")
_LINES = re.compile(rb"\s*[^\s=][^=\r\n]*=[^\r\n]*+(?:\r?\n[^=\r\n]*=[^\r\n]*+)*+\s*")
"""Nothing is given back (`+`): a line of blanks would be tried with each number of them."""


def read_body(inbound: Inbound, *, last_wins: bool = False) -> Any:
    """What the body holds: an object for every kind of form, any JSON value for JSON.

    A field that a form repeats is a list, or its last value where the last one wins.

    JSON numbers that no float holds, and repeated keys of an object, are kept (as text, as a list).
    The uploads of a multipart body are not fields: see `read_files`. Raises Unreadable, and nothing
    else, saying what is wrong and where.
    """
    if not inbound.body.strip():
        raise Unreadable("the body is empty")
    declared, charset = _content_type(inbound)
    reason: Unreadable | None = None
    for read in (_declared(declared, inbound.body), *_by_look(inbound.body)):
        if read is None:
            continue
        try:
            found = read(inbound.body, charset, inbound)
            return nest(found, last_wins=last_wins) if isinstance(found, _Pairs) else found
        except Unreadable as error:
            reason = reason or error
    raise reason or Unreadable(f"neither JSON, nor a form, nor XML (declared as {declared!r})")


def read_fields(inbound: Inbound) -> dict[str, Any]:
    """The fields that the body holds. Raises Unreadable where it is no object, or an empty one."""
    body = read_body(inbound)
    if not isinstance(body, dict) or not body:
        raise Unreadable("the body is no object with fields")
    return body


def read_files(inbound: Inbound) -> list[Any]:
    """The uploads of a multipart body: `[{"field", "name", "type", "size"}]`, sizes in bytes.

    The list is empty for every other body, also for one that cannot be read.
    """
    declared, _ = _content_type(inbound)
    if declared != "multipart/form-data" and not _looks_multipart(inbound.body):
        return []
    try:
        parts = read_multipart(inbound.body, inbound.headers.get("content-type", ""))
    except Unreadable:
        return []
    return [part.note() for part in parts if part.is_upload()]


def read_strict_json(inbound: Inbound) -> Any:
    """The JSON value that a body of any declared type holds. Raises Unreadable, also for NaN."""
    _, charset = _content_type(inbound)
    return read_json(_json_text(inbound.body, charset), strict=True)


def read_json(text: str, *, strict: bool = False) -> Any:
    """A JSON text as a value that any store can hold. Raises Unreadable with line and column.

    NaN and Infinity, which are no JSON, become text, or are refused where it is strict.
    """
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_int=_int,
            parse_float=_float,
            parse_constant=_refused if strict else str,
        )
    except ValueError as error:
        raise Unreadable(f"not JSON: {error}") from error
    except RecursionError as error:
        raise Unreadable("not read: JSON nested far too deep") from error
    if text.count("[") + text.count("{") > _MAX_DEPTH:
        _check_depth(value)
    return value


class _Pairs(list[tuple[str, Any]]):
    """The fields of a form, in order."""


_Read = Callable[[bytes, str | None, Inbound], Any]


def _content_type(inbound: Inbound) -> tuple[str, str | None]:
    header = inbound.headers.get("content-type", "")
    kind = header.partition(";")[0].strip().lower()
    charset = dict(parameters(header)).get("charset") if "charset" in header.lower() else None
    return kind, charset


def _declared(kind: str, body: bytes) -> _Read | None:
    """How to read the declared type.

    `curl -d` and many scripts send JSON under the type of a form, so a body that starts like JSON
    and has what no encoded form has (a quote, a brace) is read as JSON.
    """
    if kind == "application/x-www-form-urlencoded":
        json_like = body.lstrip()[:1] in {b"{", b"["} and not _FORM.fullmatch(body.strip())
        return _read_json if json_like else _read_form
    if kind == "application/json" or kind.endswith("+json"):
        return _read_json
    if kind == "multipart/form-data":
        return _read_multipart
    if kind in {"application/xml", "text/xml"} or kind.endswith("+xml"):
        return _read_xml
    return None


def _by_look(body: bytes) -> list[_Read]:
    """The readers that the first bytes speak for, the likeliest first."""
    start = body.lstrip(b"\xef\xbb\xbf \t\r\n")
    if _FORM.fullmatch(start.rstrip()):
        return [_read_form]
    if start.startswith((b"{", b"[", b'"')) or b"\x00" in body[:4]:
        return [_read_json]
    if start.startswith(b"<"):
        return [_read_xml]
    if _looks_multipart(body):
        return [_read_multipart]
    return [_read_lines] if _LINES.fullmatch(start) else []


def _looks_multipart(body: bytes) -> bool:
    start = body[:4096].lstrip()
    return start.startswith(b"--") and b"content-disposition" in start.lower()


def _read_json(body: bytes, charset: str | None, _inbound: Inbound) -> Any:
    return read_json(_json_text(body, charset))


def _json_text(body: bytes, charset: str | None) -> str:
    if charset is None and b"\x00" in body[:4]:
        charset = json.detect_encoding(body)
    return to_text(body, charset)


def _read_form(body: bytes, charset: str | None, _inbound: Inbound) -> Any:
    return _Pairs(read_urlencoded(body.strip(), charset))


def _read_lines(body: bytes, charset: str | None, _inbound: Inbound) -> Any:
    """A browser's `enctype="text/plain"`: one `name=value` a line, nothing escaped."""
    lines = [line.partition("=") for line in to_text(body, charset).splitlines() if line.strip()]
    return _Pairs((name, value) for name, _, value in lines)


def _read_multipart(body: bytes, charset: str | None, inbound: Inbound) -> Any:
    parts = read_multipart(body, inbound.headers.get("content-type", ""))
    return _Pairs((part.name(), part.text(charset)) for part in parts if not part.is_upload())


def _read_xml(body: bytes, charset: str | None, _inbound: Inbound) -> Any:
    return read_xml(body, charset.lower() if charset else None)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; where a sender wrote a key twice, both values, as a list."""
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    every: dict[str, list[Any]] = {}
    for key, value in pairs:
        every.setdefault(key, []).append(value)
    return {key: values[0] if len(values) == 1 else values for key, values in every.items()}


def _int(digits: str) -> int | str:
    return int(digits) if len(digits) <= _LONGEST_NUMBER else digits


def _float(digits: str) -> float | str:
    number = float(digits)
    return number if math.isfinite(number) else digits


def _refused(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON")


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(_MAX_DEPTH):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return
    raise Unreadable(f"not read: JSON nested deeper than {_MAX_DEPTH}")


def _inside(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
