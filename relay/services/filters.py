"""Filters of deliveries as JSON: kept with what is done to all that they name."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any, get_args, get_type_hints
from uuid import UUID

from relay.core.contract import Json
from relay.services.filtering import Filter

PLAIN = frozenset(
    (
        *("project", "states", "source", "target", "lead", "number", "leads", "delivery", "run"),
        *("since", "until", "events", "outcomes", "ever", "classes", "least", "most", "slower"),
        "as_sent",
    )
)
"""Members that tell nothing of a person. Any other may be what somebody searched for: a name, an
address, an answer."""

UNTOLD = "…"


def to_json(wanted: Filter) -> Json:
    """The members of a filter that restrict, as JSON."""
    values = {one.name: getattr(wanted, one.name) for one in fields(Filter)}
    empty = Filter()
    return {
        name: _told(value) for name, value in values.items() if value != getattr(empty, name, None)
    }


def from_json(given: Mapping[str, Json]) -> Filter:
    """The filter that `to_json` told of. Raises ValueError where it is none."""
    hints = get_type_hints(Filter)
    if unknown := given.keys() - hints.keys():
        raise ValueError(f"no filter knows {', '.join(sorted(unknown))}")
    try:
        return Filter(**{name: _read(hints[name], value) for name, value in given.items()})
    except (TypeError, AttributeError) as error:
        raise ValueError(f"this is no filter: {error}") from error


def impersonal(given: Mapping[str, Json]) -> Json:
    """A filter's JSON without what may tell of a person."""
    return {name: value if name in PLAIN else UNTOLD for name, value in given.items()}


def _told(value: Any) -> Json:
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple | list | set | frozenset):
        return [_told(one) for one in value]
    return value


def _read(hint: Any, value: Json) -> Any:
    kinds = {hint, *get_args(hint)}
    if isinstance(value, str) and UUID in kinds:
        return UUID(value)
    if isinstance(value, str) and datetime in kinds:
        return datetime.fromisoformat(value)
    if isinstance(value, list):
        (inner,) = {one for kind in kinds for one in get_args(kind) or (kind,)} & {UUID} or {str}
        return tuple(_read(inner, one) for one in value)
    return value
