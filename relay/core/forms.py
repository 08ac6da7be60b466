"""Form pairs to one JSON value: repeated keys become lists, PHP's brackets become objects.

Nothing gets lost where the two styles clash (`a=1&a[b]=2`): the plain value then stands under the
empty key of the object, `{"a": {"": "1", "b": "2"}}`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_to_bytes

from relay.core.charsets import to_text

_MAX_DEPTH = 32
"""Brackets nested deeper than this are no structure: the key stays as it was written."""

_BRACKETS = re.compile(r"\[([^\[\]]*)\]")


def read_urlencoded(body: bytes, charset: str | None) -> list[tuple[str, str]]:
    """The pairs of a urlencoded body, in order, blanks and empty values kept.

    Each piece is decoded for itself, so one sender's windows-1252 name does not spoil the rest.
    """
    pairs = []
    for piece in body.split(b"&"):
        if piece:
            name, _, value = piece.partition(b"=")
            pairs.append((_unquote(name, charset), _unquote(value, charset)))
    return pairs


def nest(pairs: Iterable[tuple[str, Any]], *, last_wins: bool = False) -> dict[str, Any]:
    """One object out of pairs: `a=1&a=2` and `a[]=1&a[]=2` are lists, `a[b]=1` is an object.

    Where the last one wins, `a=1&a=2` is "2".
    """
    root = _Node()
    for name, value in pairs:
        path, many = _path(name)
        node = root.at(path)
        if last_wins and not many and not node.many:
            node.values.clear()
        node.add(value, many=many)
    return {key: child.value() for key, child in root.children.items()}


@dataclass(slots=True)
class _Node:
    """What stands at one place: its own values, and what stands below it."""

    values: list[Any] = field(default_factory=list)
    children: dict[str, "_Node"] = field(default_factory=dict)
    many: bool = False

    def at(self, path: list[str]) -> "_Node":
        node = self
        for key in path:
            child = node.children.get(key)
            if child is None:
                child = node.children[key] = _Node()
            node = child
        return node

    def add(self, value: Any, *, many: bool) -> None:
        self.values.append(value)
        self.many = self.many or many

    def value(self) -> Any:
        if not self.children:
            return self.values if self.many or len(self.values) > 1 else self.values[0]
        if self.values:
            below = self.at([""])
            below.values[:0] = self.values
            below.many = below.many or self.many
        if self._is_list():
            return [child.value() for child in self.children.values()]
        return {key: child.value() for key, child in self.children.items()}

    def _is_list(self) -> bool:
        """`a[0]`, `a[1]`... in order, or nothing but `a[][...]`."""
        if self.values:
            return False
        keys = list(self.children)
        return keys == [""] or keys == [str(number) for number in range(len(keys))]


def _path(name: str) -> tuple[list[str], bool]:
    """`a[b][]` -> `["a", "b"]` and that it is a list; anything malformed stays one plain key."""
    start = name.find("[")
    if start < 1 or not name.endswith("]"):
        return [name], False
    keys = _BRACKETS.findall(name, start)
    if len(keys) >= _MAX_DEPTH or sum(map(len, keys)) + 2 * len(keys) != len(name) - start:
        return [name], False
    many = keys[-1] == ""
    return [name[:start], *(keys[:-1] if many else keys)], many


def _unquote(piece: bytes, charset: str | None) -> str:
    return to_text(unquote_to_bytes(piece.replace(b"+", b" ")), charset)
