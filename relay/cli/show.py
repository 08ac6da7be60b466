"""How results are printed: aligned tables for people, JSON for machines."""

import json
import sys
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import click

from relay.core.contract import Json

WIDEST = 60
"""Columns that one cell of a table may take; what is longer ends in an ellipsis."""


class Whole(str):
    """A text that is of no use when it is cut."""

    __slots__ = ()


json_option = click.option("--json", "machine", is_flag=True, help="Print JSON, for machines.")
"""The option that every command with a result has; its parameter is `machine`."""


def emit(value: Json) -> None:
    """Print a JSON value; ids and times are written as texts."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=_plain))


def table(headings: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print rows below their headings, numbers to the right."""
    shown = [[cell(value) for value in row] for row in rows]
    widths = [max(width(text) for text in column) for column in zip(headings, *shown, strict=True)]
    numeric = [
        bool(rows) and all(isinstance(row[n], int) for row in rows) for n in range(len(widths))
    ]
    for line in (headings, *shown):
        padded = (
            " " * (room - width(text)) + text if right else text + " " * (room - width(text))
            for text, room, right in zip(line, widths, numeric, strict=True)
        )
        click.echo("  ".join(padded).rstrip())


def facts(known: Mapping[str, Any]) -> None:
    """Print names and values below each other, without those that are None."""
    there = {name: value for name, value in known.items() if value is not None}
    room = max(map(width, there), default=0)
    for name, value in there.items():
        click.echo(f"  {name}{' ' * (room - width(name))}  {cell(value)}")


@contextmanager
def progress(label: str, length: int) -> Iterator[Callable[[int], None]]:
    """A bar of so many steps, told how many more were done; on a terminal alone."""
    with click.progressbar(
        length=length, label=label, file=sys.stderr, hidden=not sys.stderr.isatty()
    ) as bar:
        yield bar.update


def cell(value: Any) -> str:
    """One value as a short text on one line, without anything that steers a terminal."""
    if value is None:
        return "-"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    text = clean(" ".join(str(value).split()))
    if isinstance(value, Whole):
        return text
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 1]}…"


def clean(text: str) -> str:
    """The text without control characters: what a stranger typed must not steer a terminal."""
    return "".join(
        sign if sign == "\n" or unicodedata.category(sign)[0] != "C" else "�" for sign in text
    )


def width(text: str) -> int:
    """Columns of a terminal that the text takes."""
    return sum(_width(sign) for sign in text)


def _width(sign: str) -> int:
    if unicodedata.combining(sign):
        return 0
    return 2 if unicodedata.east_asian_width(sign) in "WF" else 1


def _plain(value: Any) -> Json:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} is no JSON")
