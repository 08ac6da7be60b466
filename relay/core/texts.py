"""A value as the one text that a vendor's field takes."""

import json

from relay.core.conversations import Json


def joined_text(value: Json) -> str:
    """The value as text: choices end in semicolons, as CRMs write them; other lists, and objects,
    are JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(item, str | int | float) for item in value):
        return ";".join(joined_text(item) for item in value)
    return json.dumps(value, ensure_ascii=False)
