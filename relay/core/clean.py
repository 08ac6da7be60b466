"""Cleaning of JSON values: what databases and other programs refuse is taken out."""

import json
import math

from relay.core.contract import Json

DEPTH = 72
"""Levels of nesting that are kept, some more than a body may have; below, a value is kept as its
JSON text."""


def clean(value: Json, depth: int = DEPTH) -> Json:
    """The value without NUL, lone surrogates and non-finite numbers, as nothing but JSON.

    NUL goes, a lone surrogate becomes U+FFFD, a non-finite number becomes its name, a number beyond
    what JSON readers agree on becomes its text, and what is nested too deep becomes its JSON text.
    Two keys that become the same are both kept.
    """
    kind = type(value)
    if kind is str:
        return clean_text(value)
    if value is None or kind is bool:
        return value
    if kind is int:
        return value if -(2**63) <= value < 2**64 else _long_number(value)
    if kind is float:
        return value if math.isfinite(value) else str(value)
    if depth <= 0:
        return clean_text(_flat(value))
    if isinstance(value, dict):
        return _clean_object(value, depth - 1)
    if isinstance(value, list | tuple):
        return [clean(item, depth - 1) for item in value]
    return clean_text(str(value))


def clean_text(text: str) -> str:
    """The text without NUL and lone surrogates."""
    if "\x00" in text:
        text = text.replace("\x00", "")
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        # pairs of surrogates are one character written in two halves; only lone ones are lost
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _clean_object(value: dict[Json, Json], depth: int) -> Json:
    cleaned: dict[str, Json] = {}
    for key, item in value.items():
        name = key
        # what most text is like is told in place: every call counts, for each lead comes this way
        if type(key) is not str or not key.isascii() or "\x00" in key:
            name = clean_text(str(key))
        while name in cleaned:
            name += "_"
        plain = type(item) is str and item.isascii() and "\x00" not in item
        cleaned[name] = item if plain else clean(item, depth)
    return cleaned


def _flat(value: Json) -> str:
    """The JSON text of a value that may be nested deeper than anything that calls itself can go."""
    parts: list[str] = []
    left: list[Json] = [value]
    while left:
        node = left.pop()
        if isinstance(node, _Text):
            parts.append(node)
        elif isinstance(node, dict):
            left.append(_Text("}"))
            for at, (key, item) in reversed(list(enumerate(node.items()))):
                left += (item, _Text(f"{', ' if at else ''}{json.dumps(str(key))}: "))
            parts.append("{")
        elif isinstance(node, list | tuple):
            left.append(_Text("]"))
            for at, item in reversed(list(enumerate(node))):
                left += (item, _Text(", " if at else ""))
            parts.append("[")
        else:
            parts.append(_scalar(node))
    return "".join(parts)


class _Text(str):
    """A piece of the text that is being made, not a value."""

    __slots__ = ()


def _scalar(value: Json) -> str:
    if type(value) is int:
        return str(clean(value))
    return json.dumps(value, ensure_ascii=False, default=str)


def _long_number(value: int) -> str:
    return str(value) if value.bit_length() < 10_000 else hex(value)
