"""Whether one JSON value contains another, as PostgreSQL's `@>` says it of objects."""

from relay.core.contract import Json


def contains(whole: Json, part: Json) -> bool:
    """Whether all of `part` is found in `whole`: an object's members under their names, an array's
    items anywhere in the array, whatever else is there."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(
            name in whole and contains(whole[name], value) for name, value in part.items()
        )
    if isinstance(part, list):
        return isinstance(whole, list) and all(
            any(contains(item, wanted) for item in whole) for wanted in part
        )
    return _same(whole, part)


def _same(one: Json, other: Json) -> bool:
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    return not isinstance(one, dict | list) and one == other
