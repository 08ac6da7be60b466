"""Values as forms and JSON write them: yes or no, whole numbers, times."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})
_WHOLE = re.compile(r"[+-]?[0-9]{1,18}(\.0*)?")
_LOST_PLUS = re.compile(r"(?<=[0-9]:[0-9]{2})(\.[0-9]+)?\s+([0-9]{2}:?[0-9]{2})$")
_GAP_BEFORE_ZONE = re.compile(r"\s+(?=([+-]\d\d:?\d\d|Z|UTC|GMT)$)")

_LONGEST = 64
"""Characters of a time."""


def boolean(value: Any) -> bool:
    """Yes or no as it was sent: true, 1, yes, on and their opposites. Raises ValueError."""
    text = str(value).strip().lower()
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    raise ValueError("must be one of 1, true, yes, on, 0, false, no, off")


def whole(value: Any) -> int:
    """A whole number as it was sent, as number or text. Raises ValueError."""
    if not isinstance(value, bool) and _WHOLE.fullmatch(str(value).strip()):
        return int(str(value).strip().partition(".")[0])
    raise ValueError("must be a whole number")


def moment(value: Any) -> datetime:
    """A time such as 2021-07-23 14:26:43 +0000, ISO 8601 or RFC 2822. Raises ValueError.

    Without a zone it is UTC. A gap before four digits was a plus that a form encoding lost.
    """
    text = value.strip() if isinstance(value, str) else ""
    try:
        found = _moment(text if len(text) <= _LONGEST else "")
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        raise ValueError("must be a valid time, such as 2021-07-23 14:26:43 +0000") from None


def instant(at: datetime, timespec: str = "auto") -> str:
    """A time as JSON writes it: in UTC, with a Z; `timespec` as `isoformat` knows it."""
    return at.astimezone(UTC).isoformat(timespec=timespec).replace("+00:00", "Z")


def _moment(text: str) -> datetime:
    if text[:1].isalpha():
        return parsedate_to_datetime(text)
    joined = _GAP_BEFORE_ZONE.sub("", _LOST_PLUS.sub(r"\1+\2", text)).replace("/", "-")
    return datetime.fromisoformat(re.sub(r"(UTC|GMT)$", "Z", joined))
