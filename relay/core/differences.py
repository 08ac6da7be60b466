"""Texts beside each other: lines that are the same, that are on one side, whose values moved."""

import difflib
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

Mark = Literal["same", "taken", "added", "moved", "blank"]
"""What a line is against those beside it: the same; only here (taken away, or added); a value that
the other side has under another name or at another place; or a gap across from the other's lines.
"""

MOST_LINES = 1000
"""Lines of each text that are compared."""

_VALUE = re.compile(r'^\s*(?:"(?:[^"\\]|\\.)*"\s*:\s*|[^=\s]+ = )?(.*?),?$')
_TELLS_NOTHING = frozenset({"", "{", "}", "[", "]", "{}", "[]", "null", "true", "false", '""'})


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a text, with its mark."""

    text: str
    mark: Mark


Side = list[Line]


def side_by_side(texts: Sequence[str]) -> list[Side]:
    """The texts line by line, each marked against the one before it, the first against the next.

    Two texts have as many lines, gaps among them, so that they stand across from each other. Commas
    at the ends of lines do not count: JSON has them where something follows.
    """
    lines = [text.splitlines()[:MOST_LINES] for text in texts]
    if len(lines) < 2:
        return [[Line(one, "same") for one in side] for side in lines]
    left, right = _pair(lines[0], lines[1])
    if len(lines) == 2:
        return [left, right]
    sides = [_without_gaps(left), _without_gaps(right)]
    for before, own in itertools.pairwise(lines[1:]):
        sides.append(_without_gaps(_pair(before, own)[1]))
    return sides


def _without_gaps(side: Side) -> Side:
    return [line for line in side if line.mark != "blank"]


def _pair(left: list[str], right: list[str]) -> tuple[Side, Side]:
    before, after = [_bare(one) for one in left], [_bare(one) for one in right]
    here, there = _values(left), _values(right)
    sides: tuple[Side, Side] = ([], [])
    for same, (a, b), (c, d) in _blocks(before, after):
        if same:
            sides[0].extend(Line(one, "same") for one in left[a:b])
            sides[1].extend(Line(one, "same") for one in right[c:d])
            continue
        sides[0].extend(Line(one, _mark(one, there, "taken")) for one in left[a:b])
        sides[1].extend(Line(one, _mark(one, here, "added")) for one in right[c:d])
        longer = max(b - a, d - c)
        sides[0].extend([Line("", "blank")] * (longer - (b - a)))
        sides[1].extend([Line("", "blank")] * (longer - (d - c)))
    return sides


def _blocks(
    before: list[str], after: list[str]
) -> Iterator[tuple[bool, tuple[int, int], tuple[int, int]]]:
    matcher = difflib.SequenceMatcher(None, before, after)
    for kind, a, b, c, d in matcher.get_opcodes():
        yield kind == "equal", (a, b), (c, d)


def _bare(line: str) -> str:
    return line.rstrip().removesuffix(",")


def _values(lines: list[str]) -> set[str]:
    return {_value(one) for one in lines} - _TELLS_NOTHING


def _value(line: str) -> str:
    found = _VALUE.match(line)
    return found[1].strip().strip('"') if found else ""


def _mark(line: str, others: set[str], alone: Mark) -> Mark:
    return "moved" if _value(line) in others else alone
