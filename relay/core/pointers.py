"""JSON pointers (RFC 6901): how places in a lead, a payload and a configuration are named."""

from collections.abc import Iterator, Sequence
from functools import lru_cache

from relay.core.conversations import Json

_MISSING = object()


def parts(pointer: str) -> tuple[str, ...]:
    """The steps of a pointer; "" has none. Raises ValueError when there is no leading slash."""
    # what senders make up may be long, and must not fill the memory
    return _remembered(pointer) if len(pointer) < _LONG else _parts(pointer)


def _parts(pointer: str) -> tuple[str, ...]:
    if pointer == "":
        return ()
    if not pointer.startswith("/"):
        raise ValueError(f"{pointer!r} is no JSON pointer: it must be empty or begin with /")
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in pointer[1:].split("/"))


_LONG = 200
_remembered = lru_cache(maxsize=4096)(_parts)


def joined(steps: Sequence[str | int]) -> str:
    """The pointer made of these steps."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)


def get(document: Json, pointer: str, default: Json = None) -> Json:
    """What the pointer names in the document, or the default where there is nothing."""
    for step in parts(pointer):
        document = _step(document, step)
        if document is _MISSING:
            return default
    return document


def put(document: Json, pointer: str, value: Json) -> bool:
    """Set a value, making the objects on its way; false when something else is in the way.

    In a list only a position that is there already can be set.
    """
    *way, last = parts(pointer)
    for step in way:
        document = (
            document.setdefault(step, {}) if isinstance(document, dict) else _step(document, step)
        )
    if isinstance(document, list) and _step(document, last) is not _MISSING:
        document[int(last)] = value
        return True
    if not isinstance(document, dict):
        return False
    document[last] = value
    return True


def leaves(document: Json, at: tuple[str | int, ...] = ()) -> Iterator[tuple[str, Json]]:
    """Every value that holds no other, with its pointer; empty objects and lists count as such."""
    if isinstance(document, dict) and document:
        for name, value in document.items():
            yield from leaves(value, (*at, name))
    elif isinstance(document, list) and document:
        for position, value in enumerate(document):
            yield from leaves(value, (*at, position))
    else:
        yield joined(at), document


def _step(document: Json, step: str) -> Json:
    if isinstance(document, dict):
        return document.get(step, _MISSING)
    if isinstance(document, list) and step.isascii() and step.isdigit():
        index = int(step) if len(step) < 10 else len(document)
        return document[index] if index < len(document) else _MISSING
    return _MISSING
