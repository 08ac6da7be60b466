"""Ids and times in bodies, which JSON knows as texts."""

from datetime import datetime
from typing import Any
from uuid import UUID

from relay.core.contract import Json
from relay.web.apis.own.answers import mistakes

IDENTIFIER: Json = {"type": "string", "format": "uuid", "minLength": 32}
MOMENT: Json = {"type": "string", "format": "date-time", "minLength": 10}


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
                made[name] = _moment(value)
        except ValueError as error:
            raise mistakes([f"{name}: {error}"]) from error
    return made


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("must be a time with its zone")
    return moment
