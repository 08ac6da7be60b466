"""Secrets out of stored bytes, in every spelling that a body may write them in.

Body and secret are brought into one plain form, in which all spellings of a character are the same
bytes, and compared there. That takes time in proportion to the body, whatever its sender wrote:
what a mapping drops is as long as he likes, and a pattern made of it could be made to run for ever.
"""

import html
import re
from array import array
from collections.abc import Iterable, Iterator

MASK = b"***"
SHORTEST = 4
"""Anything shorter is no secret, and masking it would eat the answers."""

_MOST_WORK = 400_000_000
"""Secrets times bytes, a second's work: beyond it nothing of the body stays."""

_PLAIN_RUN = re.compile(rb"[A-Za-z0-9]+")

_SPELLED = re.compile(
    rb"""
    (?:\\|%(?:25)*5[Cc])+ (?:u(?P<unit>[0-9A-Fa-f]{4})  # JSON's escapes, in JSON any times over
        (?:(?:\\|%(?:25)*5[Cc])+u(?P<low>[Dd][C-Fc-f][0-9A-Fa-f]{2}))?
        |%(?:25)*(?P<after>[0-9A-Fa-f]{2})
        |(?P<short>[\s\S]))?
    |%(?:25)*(?P<byte>[0-9A-Fa-f]{2})
    |&(?P<entity>\#[0-9]{1,7}|\#[xX][0-9A-Fa-f]{1,6}|amp|lt|gt|quot|apos);
    |[\x08\t\n\f\r+]
    """,
    re.VERBOSE,
)
"""Whatever stands for a character other than itself; no two of them overlap.

No repeat of a group is possessive: Python 3.11.2, which Debian 12 has, matches those wrongly.
"""

_ALIKE = bytes.maketrans(b"\x08\t\n\f\r+", b"btnfr ")
r"""A line break is `\n` in JSON, which is an "n" once backslashes count for nothing."""


def mask(body: bytes, content_type: str, secrets: Iterable[str]) -> bytes:
    r"""`body` with each secret replaced by `***`: raw, JSON-escaped, percent- and form-encoded.

    Also mixtures (JSON in a form, JSON in JSON). In a JSON body a number that is a secret becomes a
    string, so that the masked body can still be read.
    """
    wanted = {secret for secret in secrets if len(secret) >= SHORTEST}
    if len(wanted) * len(body) > _MOST_WORK:
        return MASK
    wanted = {secret for secret in wanted if _may_hold(body, secret)}
    if not wanted:
        return body
    plain, starts = plain_form(body)
    kinds = {form for secret in wanted for form in _forms(secret)}
    spans = sorted(span for form in kinds for span in _found(plain, form))
    raw = [(starts[first], starts[last]) for first, last in spans]
    return without(body, raw, in_json="json" in content_type.lower())


def _may_hold(body: bytes, secret: str) -> bool:
    """A quick no for nearly every body: a plain run of the secret is not in it."""
    runs = _PLAIN_RUN.findall(secret.encode("utf-8", "surrogatepass"))
    return all(run in body for run in runs)


def plain_form(data: bytes) -> tuple[bytes, "array[int]"]:
    """The plain form, and where in `data` each of its bytes begins, with the end of all."""
    pieces: list[bytes] = []
    starts, end = array("L"), 0
    for spelled in _SPELLED.finditer(data):
        said = _said(spelled).translate(_ALIKE, b"\\")
        pieces += (data[end : spelled.start()], said)
        starts.extend(range(end, spelled.start()))
        starts.extend([spelled.start()] * len(said))
        end = spelled.end()
    starts.extend(range(end, len(data) + 1))
    return b"".join((*pieces, data[end:])), starts


def _said(spelled: re.Match[bytes]) -> bytes:
    """What is meant by a spelling."""
    if unit := spelled["unit"]:
        units = bytes.fromhex((unit + (spelled["low"] or b"")).decode())
        return units.decode("utf-16-be", "surrogatepass").encode("utf-8", "surrogatepass")
    if digits := spelled["after"] or spelled["byte"]:
        return bytes.fromhex(digits.decode())
    if entity := spelled["entity"]:
        return html.unescape(f"&{entity.decode()};").encode("utf-8", "surrogatepass")
    return spelled["short"] or spelled[0]


def _forms(secret: str) -> Iterator[bytes]:
    """The secret's plain form in UTF-8, and as a form of a page in windows-1252 sends it."""
    for charset, errors in (("utf-8", "surrogatepass"), ("cp1252", "ignore")):
        form = plain_form(secret.encode(charset, errors))[0]
        if form and (charset == "utf-8" or len(form) >= SHORTEST):
            yield form


def _found(plain: bytes, form: bytes) -> Iterator[tuple[int, int]]:
    at = plain.find(form)
    while at >= 0:
        yield at, at + len(form)
        at = plain.find(form, at + len(form))


def without(body: bytes, spans: Iterable[tuple[int, int]], *, in_json: bool) -> bytes:
    """The body with `***` in place of each of these stretches, which are in order."""
    pieces: list[bytes] = []
    end, within_text = 0, False
    for start, stop in spans:
        if stop <= end:
            continue
        if start >= end:
            within_text ^= in_json and _quotes(body, end, start) % 2 == 1
            number = in_json and not within_text and body[start:stop].isdigit()
            pieces += (body[end:start], b'"' + MASK + b'"' if number else MASK)
        within_text ^= in_json and _quotes(body, max(start, end), stop) % 2 == 1
        end = stop
    return b"".join((*pieces, body[end:]))


def _quotes(body: bytes, start: int, stop: int) -> int:
    """How many texts of JSON begin or end there."""
    return sum(found[0] == b'"' for found in _QUOTE.finditer(body, start, stop))


_QUOTE = re.compile(rb'\\[\s\S]|"')
