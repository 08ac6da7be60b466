"""Secrets out of stored bytes, in every spelling that a body may write them in."""

import json
import re
from collections.abc import Iterable
from functools import lru_cache

_MASK = b"***"
_SHORTEST = 4
"""Anything shorter is no secret, and masking it would eat the answers."""

_PLAIN_RUN = re.compile(rb"[A-Za-z0-9]+")


def mask(body: bytes, content_type: str, secrets: Iterable[str]) -> bytes:
    r"""`body` with each secret replaced by `***`: raw, JSON-escaped, percent- and form-encoded.

    Also mixtures (JSON in a form, JSON in JSON). Letters and digits are taken as themselves, as
    every encoder leaves them. In a JSON body a number that is a secret becomes a string, so that
    the masked body can still be read.
    """
    for secret in secrets:
        if len(secret) < _SHORTEST or not _may_hold(body, secret):
            continue
        if re.fullmatch(r"[0-9]+", secret) and "json" in content_type.lower():
            number = rb"(?<=[:,\[\s])" + secret.encode() + rb"(?=[,\]}\s])"
            body = re.sub(number, b'"' + _MASK + b'"', body)
        body = _pattern(secret).sub(_MASK, body)
    return body


def _may_hold(body: bytes, secret: str) -> bool:
    """A quick no for nearly every body: the longest plain run of the secret is not in it."""
    run = max(_PLAIN_RUN.findall(secret.encode("utf-8", "surrogatepass")), key=len, default=b"")
    return run in body


@lru_cache(maxsize=1024)
def _pattern(secret: str) -> re.Pattern[bytes]:
    return re.compile(b"".join(_spellings(character) for character in secret))


def _spellings(character: str) -> bytes:
    """A group of all the ways that one character may be written."""
    if character.isascii() and character.isalnum():
        return character.encode()
    raw = character.encode("utf-8", "surrogatepass")
    ways = [_each_raw_or_percent(raw), _unicode_escape(character)]
    short = json.dumps(character)[1:-1]
    if character == "/" or (len(short) == 2 and short[0] == "\\"):
        ways.append(_BACKSLASHES + _each_raw_or_percent(short[-1:].encode()))
    if character == " ":
        ways.append(rb"\+")
    return b"(?:" + b"|".join(ways) + b")"


_BACKSLASHES = rb"(?:\\|%5[Cc])+"


def _unicode_escape(character: str) -> bytes:
    r"""`\u00e9`, as UTF-16 units, with the backslash itself escaped any number of times."""
    units = character.encode("utf-16-be", "surrogatepass")
    pairs = [units[at : at + 2].hex() for at in range(0, len(units), 2)]
    return b"".join(_BACKSLASHES + b"u" + _any_case(pair) for pair in pairs)


def _each_raw_or_percent(raw: bytes) -> bytes:
    return b"".join(
        b"(?:" + re.escape(bytes([byte])) + b"|%(?:25)*" + _any_case(f"{byte:02x}") + b")"
        for byte in raw
    )


def _any_case(digits: str) -> bytes:
    return "".join(
        f"[{digit}{digit.upper()}]" if digit.isalpha() else digit for digit in digits
    ).encode()
