"""Cleaning of JSON values: what databases and other programs refuse is taken out."""

import math

from relay.core.contract import Json

DEPTH = 64
"""Levels of nesting that are kept; below, a value is replaced by its text."""

_TEXT = 2000


def clean(value: Json, depth: int = DEPTH) -> Json:
    """The value without NUL, lone surrogates and non-finite numbers, as nothing but JSON.

    NUL goes, a lone surrogate becomes U+FFFD, a non-finite number becomes its name, and a number
    beyond what JSON readers agree on becomes its text. Two keys that become the same are both kept.
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
        return clean_text(_shortened(value))
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
        name = clean_text(key if isinstance(key, str) else str(key))
        while name in cleaned:
            name += "_"
        cleaned[name] = clean(item, depth)
    return cleaned


def _shortened(value: Json) -> str:
    """A stand-in for what is nested too deep; it never walks down again."""
    if isinstance(value, dict | list | tuple):
        return f"(nested too deep: {len(value)} more)"
    return str(value)[:_TEXT]


def _long_number(value: int) -> str:
    return str(value) if value.bit_length() < 10_000 else hex(value)
