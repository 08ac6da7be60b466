"""The columns of the delivery log: which there are, and which an address asks for."""

from collections.abc import Iterable
from dataclasses import dataclass

from werkzeug.datastructures import MultiDict


@dataclass(frozen=True, slots=True)
class Column:
    """A column by the name that it has in addresses; `number` ones stand to the right."""

    name: str
    title: str
    usual: bool = False
    number: bool = False


COLUMNS = (
    Column("state", "State", usual=True),
    Column("way", "From → to", usual=True),
    Column("event", "Event"),
    Column("why", "Details", usual=True),
    Column("outcome", "Last outcome"),
    Column("status", "Last answer", number=True),
    Column("tries", "Tries", usual=True, number=True),
    Column("took", "Took", number=True),
    Column("due", "Due"),
    Column("ended", "Ended"),
    Column("record", "Their record"),
    Column("number", "Lead no.", number=True),
    Column("when", "When", usual=True),
)
"""In the order in which they stand; the lead's name is always there."""

USUAL = [one for one in COLUMNS if one.usual]


def columns_of(given: MultiDict[str, str]) -> list[Column]:
    """The columns that an address asks for (`columns`, repeated or with commas), else the usual."""
    asked = {name for value in given.getlist("columns") for name in value.split(",")}
    return _named(asked) or USUAL


def _named(names: Iterable[str]) -> list[Column]:
    wanted = set(names)
    return [one for one in COLUMNS if one.name in wanted]
