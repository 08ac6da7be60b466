"""JSON Pointers (RFC 6901): where a value is in a document, for machines and in words."""

import re
from collections.abc import Iterator, Sequence

from relay.core.contract import Json

Parts = tuple[str | int, ...]
"""A place as steps: names of members and positions in lists."""

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


def pointer(parts: Sequence[str | int]) -> str:
    """The steps as a JSON Pointer: `("a", 0)` is `/a/0`."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in parts)


def parts(text: str) -> tuple[str, ...]:
    """The steps of a JSON Pointer, positions as text too. Raises ValueError where it is none."""
    if text and not text.startswith("/"):
        raise ValueError(f"{text!r} is not a JSON Pointer: it must be empty or begin with /")
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:])


def place(steps: Sequence[str | int]) -> str:
    """The steps as people write them: `projects[0].sources[1].settings.url`."""
    text = ""
    for step in steps:
        if isinstance(step, int):
            text += f"[{step}]"
        elif _PLAIN.fullmatch(step):
            text += f".{step}" if text else step
        else:
            text += f"[{step!r}]"
    return text


def find(document: Json, text: str, default: Json = None) -> Json:
    """The value at a JSON Pointer, or `default` where there is none."""
    value = document
    for part in parts(text):
        try:
            value = value[int(part)] if isinstance(value, list) else value[part]
        except (KeyError, IndexError, TypeError, ValueError):
            return default
    return value


def put(document: Json, text: str, value: Json) -> None:
    """Write a value into a document in place; missing objects on the way are made.

    A position beyond the end of its list appends. Raises TypeError where a step leads into a value
    that is neither an object nor a list.
    """
    *way, last = parts(text)
    holder = document
    for part in way:
        holder = holder[int(part)] if isinstance(holder, list) else holder.setdefault(part, {})
    if not isinstance(holder, list):
        holder[last] = value
    elif int(last) < len(holder):
        holder[int(last)] = value
    else:
        holder.append(value)


def leaves(document: Json, at: Parts = ()) -> Iterator[tuple[Parts, Json]]:
    """Every value that holds no other, with its place; empty objects and lists count as such."""
    if isinstance(document, dict) and document:
        for name, value in document.items():
            yield from leaves(value, (*at, name))
    elif isinstance(document, list) and document:
        for position, value in enumerate(document):
            yield from leaves(value, (*at, position))
    else:
        yield at, document
