"""Reasons as rules: what many of one kind have in common, without what a person wrote."""

import re
from collections.abc import Mapping, Sequence

from relay.core.conversations import Json

LONGEST = 120
"""Characters of a rule."""

_ABSENT = re.compile(r"^\"([^\"]{1,60})\" is a required property$")
_TAILS = (
    " is not of type",
    " is not one of ",
    " is not a ",
    " is not valid under any of ",
    " does not match ",
    " has less than ",
    " has more than ",
    " is longer than ",
    " is shorter than ",
    " is greater than ",
    " is less than ",
    " was expected",
)
"""What a validator says behind the value that it is about; the rest is the schema's."""

_NUMBERS = re.compile(r"\d+(\.\d+)?")
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'|“[^”]*”|`[^`]*`")


def rule_of(reasons: Sequence[Json]) -> str:
    """The first of a submission's reasons as a rule; the place of a list's items is one place."""
    first = reasons[0] if reasons else ""
    if not isinstance(first, Mapping):
        return in_general(str(first))
    place, message = str(first.get("place", "")), str(first.get("message", ""))
    if not place.startswith("/") and not _ABSENT.match(message):
        return in_general(message)
    where = re.sub(r"/\d+(?=/|$)", "/*", place)
    return f"{where} {_said(message)}".strip()[:LONGEST]


def _said(message: str) -> str:
    """What a schema says of a value, without the value."""
    if absent := _ABSENT.match(message):
        return f"“{absent[1]}” is missing"
    tail = max(message.rfind(one) for one in _TAILS)
    return message[tail + 1 :] if tail >= 0 else "is not as expected"


def in_general(message: str) -> str:
    """A sentence of the relay's own up to what it quotes, with its numbers left out."""
    own = re.split(r"[:;(]", message, maxsplit=1)[0]
    return _NUMBERS.sub("…", _QUOTED.sub("…", own)).strip()[:LONGEST]
