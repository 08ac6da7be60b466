"""Filters of deliveries as JSON: kept with what is done to all that they name."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any, get_args, get_origin, get_type_hints
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


class NoFilter(ValueError):  # noqa: N818 - says what it is not
    """This JSON is no filter; the text says why."""


def to_json(wanted: Filter) -> Json:
    """The members of a filter that restrict, as JSON."""
    values = {one.name: getattr(wanted, one.name) for one in fields(Filter)}
    empty = Filter()
    return {
        name: _told(value)
        for name, value in values.items()
        if value != getattr(empty, name) and value not in ([], ())
    }


def from_json(given: Mapping[str, Json]) -> Filter:
    """The filter that `to_json` told of. Raises NoFilter."""
    hints = get_type_hints(Filter)
    if unknown := given.keys() - hints.keys():
        raise NoFilter(f"no filter knows {', '.join(sorted(unknown))}")
    try:
        return Filter(**{name: _read(hints[name], value) for name, value in given.items()})
    except (ValueError, TypeError, AttributeError) as error:
        raise NoFilter(f"this is no filter: {error}") from error


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
    """A value as a member of this type. Raises ValueError, or what its type raises."""
    if get_origin(hint) is Sequence:
        if not isinstance(value, list):
            raise ValueError(f"{value!r} is no list")
        (inner,) = get_args(hint)
        return tuple(_read(inner, one) for one in value)
    (kind,) = {hint, *get_args(hint)} & _KINDS.keys() or {Any}
    return _KINDS[kind](value)


def _is(*kinds: type) -> Callable[[Json], Any]:
    def read(value: Json) -> Any:
        if type(value) not in kinds:
            raise ValueError(f"{value!r} is none of {kinds}")
        return value

    return read


_KINDS: Mapping[Any, Callable[[Json], Any]] = {
    UUID: UUID,
    datetime: datetime.fromisoformat,
    str: _is(str),
    int: _is(int),
    float: lambda value: float(_is(int, float)(value)),
    bool: _is(bool),
    Any: lambda value: value,
}
