"""Lists as PHP writes them with `serialize`: `a:1:{i:0;s:5:"Alpha";}`; lists and scalars alone."""

import re

from relay.core.contract import Json

_SCALAR = re.compile(rb"(?:i:(-?\d{1,18})|d:([-+.\dEe]{1,40})|b:([01])|(N));")
_SIZED = re.compile(rb"([as]):(\d{1,7}):")
_DEEPEST = 8


def read_list(text: str) -> Json:
    """The list or object that the text is, or None where it is no such thing."""
    body = text.encode("utf-8", "surrogatepass")
    try:
        value, end = _read(body, 0, 0)
    except (ValueError, IndexError, TypeError):  # TypeError: a list as a key
        return None
    return value if isinstance(value, dict | list) and end == len(body) else None


def _read(body: bytes, at: int, depth: int) -> tuple[Json, int]:
    """A value and where it ends. Raises ValueError where there is none."""
    if scalar := _SCALAR.match(body, at):
        whole, real, flag, _null = scalar.groups()
        if whole is not None:
            return int(whole), scalar.end()
        if real is not None:
            return float(real), scalar.end()
        return (None if flag is None else flag == b"1"), scalar.end()
    sized = _SIZED.match(body, at)
    if sized is None or depth > _DEEPEST:
        raise ValueError
    size = int(sized[2])
    if sized[1] == b"s":
        end = sized.end() + 1 + size
        return body[sized.end() + 1 : end].decode("utf-8", "replace"), end + 2
    return _members(body, sized.end() + 1, size, depth + 1)


def _members(body: bytes, at: int, size: int, depth: int) -> tuple[Json, int]:
    """As many members as there should be: a list where they are numbered from 0 on."""
    found: dict[Json, Json] = {}
    for _ in range(size):
        key, at = _read(body, at, depth)
        found[key], at = _read(body, at, depth)
    if body[at] != ord("}"):
        raise ValueError
    if list(found) == list(range(size)):
        return list(found.values()), at + 1
    return {str(key): value for key, value in found.items()}, at + 1
