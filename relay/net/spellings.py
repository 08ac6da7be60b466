"""How a secret may be written by who echoes it: in JSON, HTML, an address, base64, or cut short."""

import base64
import html
import json
import re
from urllib.parse import quote, quote_plus

SHORTEST = 4
"""Characters below which a value is too common to be looked for in text."""

_ADDRESS = re.compile(r"https?://[^/?#]*")
_MARKS = {ord(mark): f"\\u{ord(mark):04x}" for mark in "&<>'"}
_URL_SAFE = str.maketrans("+/", "-_")


def patterns(secret: str) -> set[str]:
    """Regular expressions for all spellings of a secret; none for one that is too short."""
    if len(secret) < SHORTEST:
        return set()
    plain = {re.escape(text) for text in _written(secret)}
    edged = {pattern for before in range(3) for pattern in _coded_patterns(secret, before)}
    return plain | {_either_case(text) for text in _encoded(secret)} | edged


def openings(secret: str) -> set[tuple[str, int]]:
    """The spellings by which a secret is known that was cut short, and how many of its first
    characters tell it: of an address its host alone tells nothing."""
    if len(secret) < SHORTEST:
        return set()
    host = _ADDRESS.match(secret)
    least = len(host.group()) + SHORTEST if host else SHORTEST
    found = {(text, least) for text in _written(secret)}
    for text in _encoded(secret):
        small = re.sub(r"%[0-9A-F]{2}", lambda code: code.group().lower(), text)
        found |= {(text, least), (small, least)}
    for before in range(3):
        found |= {(text, 2 * SHORTEST) for text in _coded(secret, before)}
    return found


def _written(secret: str) -> set[str]:
    """As it is, on one line, in JSON by its several writers, in JSON within JSON, in HTML."""
    plain = {secret, " ".join(secret.split())}
    inner = {json.dumps(secret, ensure_ascii=ascii_only)[1:-1] for ascii_only in (True, False)}
    inner |= {text.translate(_MARKS) for text in inner}
    inner |= {text.replace("/", "\\/") for text in inner}
    twice = {json.dumps(text, ensure_ascii=False)[1:-1] for text in inner}
    page = {html.escape(secret, quote=quoted) for quoted in (True, False)}
    page |= {text.replace("&#x27;", code) for text in page for code in ("&#39;", "&#039;")}
    return plain | inner | twice | page


def _encoded(secret: str) -> set[str]:
    return {quote(secret, safe=""), quote(secret), quote_plus(secret)}


def _either_case(encoded: str) -> str:
    """Percent-encoding writes its hexadecimal digits in upper or in lower case."""
    parts = re.split(r"(%[0-9A-F]{2})", encoded)
    return "".join(
        f"(?i:{part})" if position % 2 else re.escape(part) for position, part in enumerate(parts)
    )


def _coded(secret: str, before: int) -> set[str]:
    """What base64 makes of the secret after so many bytes, for instance a user's name and a colon.

    Three bytes become four characters, so there are three ways; characters at the edges, which hold
    bits of the neighbours too, are left out.
    """
    data = secret.encode("utf-8", "replace")
    if len(data) < 6:
        return set()
    whole = base64.b64encode(bytes(before) + data).decode().rstrip("=")
    inner = whole[(0, 2, 3)[before] : len(whole) - (0 if (before + len(data)) % 3 == 0 else 1)]
    return {inner, inner.translate(_URL_SAFE)} | {quote(inner, safe="")}


def _coded_patterns(secret: str, before: int) -> set[str]:
    """The same with a character at each edge taken as any."""
    edge = "" if before == 0 else "[A-Za-z0-9+/_-]"
    end = r"(?:[A-Za-z0-9+/=_-]|%3[Dd]){0,3}"
    return {edge + _either_case(inner) + end for inner in _coded(secret, before)}
