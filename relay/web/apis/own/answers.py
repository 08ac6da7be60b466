"""Answers of our own API: rows as JSON, pages, and what is wrong."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from relay.core.contract import Json
from relay.core.readings import instant
from relay.services.browse import Page
from relay.web.apis.calls import Refusal

_NEVER_TOLD = frozenset({"lease_token", "leased_until", "rate_key", "secrets", "key_hash", "hash"})
"""Columns that say nothing to anybody outside."""


def mistakes(lines: Sequence[str]) -> Refusal:
    """What is wrong with a document, by its places."""
    errors: dict[str, list[str]] = defaultdict(list)
    for line in lines:
        place, colon, text = line.partition(": ")
        errors[place if colon else ""].append(text if colon else line)
    return Refusal(422, "The document is not valid", errors=errors)


def missing(what: str) -> Refusal:
    """It is not there, or not this key's to see."""
    return Refusal(404, f"There is no such {what} in this project")


def listed(page: Page) -> Json:
    """A page of rows, with the cursors of its neighbours."""
    return {
        "data": [told(row) for row in page.rows],
        "older": None if page.older is None else str(page.older),
        "newer": None if page.newer is None else str(page.newer),
    }


def told(value: Any) -> Json:
    """A row, or anything in one, as JSON: times in UTC, bytes as text."""
    if isinstance(value, Mapping):
        return {str(k): told(v) for k, v in value.items() if k not in _NEVER_TOLD}
    if isinstance(value, list | tuple | set | frozenset):
        return [told(one) for one in value]
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, bytes | memoryview):
        return bytes(value).decode("utf-8", "replace")
    return value
