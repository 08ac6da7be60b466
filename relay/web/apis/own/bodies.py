"""Ids and times in bodies, which JSON knows as texts."""

from datetime import datetime, tzinfo
from typing import Any
from uuid import UUID

from relay.core.contract import Json
from relay.web.apis.own.answers import mistakes

IDENTIFIER: Json = {"type": "string", "format": "uuid", "minLength": 32}
MOMENT: Json = {"type": "string", "format": "date-time", "minLength": 10}

FIRST_YEAR, LAST_YEAR = 1970, 9000
"""Well within what a calendar can reckon with."""


def typed(body: Any) -> dict[str, Any]:
    """Ids and times of a body as what they are. Raises Refusal 422."""
    made: dict[str, Any] = dict(body)
    for name, value in body.items():
        try:
            if name in {"source", "target", "lead"}:
                made[name] = UUID(value)
            elif name == "ids":
                made[name] = [UUID(one) for one in value]
            elif name in {"since", "until"}:
                made[name] = moment(value)
        except ValueError as error:
            raise mistakes([f"{name}: {error}"]) from error
    return made


def moment(text: str, zone: tzinfo | None = None) -> datetime:
    """A time that can be reckoned with, in the zone where it says none. Raises ValueError."""
    found = datetime.fromisoformat(text)
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise ValueError(f"must be a time from the year {FIRST_YEAR} to {LAST_YEAR}")
    if found.tzinfo is None and zone is None:
        raise ValueError("must be a time with its zone")
    return found if found.tzinfo else found.replace(tzinfo=zone)
