"""Bytes to text without ever failing: the declared charset, else UTF-8, else windows-1252."""

import codecs
import re

_TEXT_CHARSETS = re.compile(
    r"utf-(?:8|16|32)|iso8859-|cp\d|koi8|shift_jis|euc_|gb|big5|iso2022_jp|mac-"
)

_WINDOWS_1252 = "".join(
    bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in range(256)
)
"""All 256 bytes: the five that cp1252 leaves open become control characters, as browsers do it."""

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def to_text(raw: bytes, declared: str | None = None) -> str:
    """The text of `raw`; never raises, and each byte is still there in some spelling."""
    for charset in (_marked(raw), _known(declared), "utf-8"):
        if charset is None:
            continue
        try:
            return raw.decode(charset)
        except UnicodeError:
            continue
    return codecs.charmap_decode(raw, "strict", _WINDOWS_1252)[0]


def _marked(raw: bytes) -> str | None:
    """The charset that a byte order mark names."""
    if raw[:1] not in {b"\xef", b"\xff", b"\xfe", b"\x00"}:
        return None
    return next((name for mark, name in _BYTE_ORDER_MARKS if raw.startswith(mark)), None)


def _known(declared: str | None) -> str | None:
    """Python's name of a declared charset, or None: senders write `utf8mb4` and worse.

    Latin-1 and ASCII are left to the end of the line: who declares them means windows-1252, and
    bytes that happen to be good UTF-8 under such a label are UTF-8 in practice.
    """
    if declared is None:
        return None
    try:
        name = codecs.lookup(declared.strip().strip("\"'")).name
    except (LookupError, ValueError):
        return None
    if name in {"ascii", "iso8859-1", "cp1252"}:
        return None
    return name if _TEXT_CHARSETS.match(name) else None
