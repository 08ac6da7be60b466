"""What a file will become: its columns with samples and suggestions, and its first leads."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice

from relay.core.contract import Json, Unreadable
from relay.core.dictionary import Dictionary
from relay.core.emails import looks_like_email
from relay.core.lead import LeadSchema
from relay.core.phones import looks_like_phone
from relay.core.rows import request_of
from relay.core.sheets import Unfit, named
from relay.runtime import Runtime
from relay.services import uploads
from relay.services.browse import Row
from relay.services.configured import ConfiguredSource
from relay.services.remapping import row_of_a_file

SAMPLED = 20
"""Rows that are looked at for samples."""

SAMPLES = 3
"""Values that are shown of a column."""

PREVIEWED = 5

FIELD: Json = {"field": True}


@dataclass(frozen=True, slots=True)
class Column:
    """One column with what stands in it first, and where it goes."""

    name: str
    samples: list[str]
    goal: Json


@dataclass(frozen=True, slots=True)
class Previewed:
    """What a row becomes: a lead's document with its warnings, or the reasons why none."""

    number: int
    document: Json | None
    warnings: list[Json]
    reasons: list[Json]


def sampled(row: Row) -> list[tuple[int, dict[str, str]]]:
    """The first rows that say something, each with its number in the file.

    Where it is damaged further on, those before; whoever starts its import is told.
    """
    numbered = enumerate(uploads.rows_of(row), start=1)
    data = ((number, named(row["header"], cells)) for number, cells in numbered)
    told = ((number, fields) for number, fields in data if fields)
    found: list[tuple[int, dict[str, str]]] = []
    with suppress(Unfit):
        for one in islice(told, row["headed"], SAMPLED + row["headed"]):
            found.append(one)  # noqa: PERF402 - what was found stays where the next fails
    return found


def columns(rt: Runtime, row: Row, rows: Sequence[tuple[int, Mapping[str, str]]]) -> list[Column]:
    """The file's columns; where a person has not chosen yet, with the dictionary's suggestion."""
    values = {
        name: [fields[name] for _, fields in rows if name in fields] for name in row["header"]
    }
    goals = row["mapping"] or suggested(rt.catalog.lead, values)
    return [Column(name, values[name][:SAMPLES], goals.get(name, FIELD)) for name in row["header"]]


def suggested(lead: LeadSchema, values: Mapping[str, Sequence[str]]) -> dict[str, Json]:
    """Where columns of these names and values go; each place is suggested once."""
    dictionary = Dictionary.of(lead)
    goals: dict[str, Json] = {}
    for name, cells in values.items():
        meaning = dictionary.meaning(name)
        guarded = [place for place, words in meaning.guarded if _all_in(cells, words)]
        places = [*guarded, *meaning.plain, *_looks(cells)]
        goals[name] = next((place for place in places if place not in goals.values()), FIELD)
    return goals


def previewed(
    rt: Runtime,
    source: ConfiguredSource,
    rows: Sequence[tuple[int, Mapping[str, str]]],
    goals: Mapping[str, Json],
) -> list[Previewed]:
    """What the first rows become by these goals."""
    return [_previewed(rt, source, number, row, goals) for number, row in rows[:PREVIEWED]]


def _previewed(
    rt: Runtime,
    source: ConfiguredSource,
    number: int,
    fields: Mapping[str, str],
    goals: Mapping[str, Json],
) -> Previewed:
    told = {name: goals.get(name, FIELD) for name in fields}
    came = request_of("preview", fields, told, rt.clock.now().timestamp())
    try:
        _parsed, mapped = row_of_a_file(source, came)
    except Unreadable as error:
        return Previewed(number, None, [], [{"place": "", "message": str(error)}])
    return Previewed(number, mapped.document, mapped.warnings, mapped.reasons)


def _looks(cells: Sequence[str]) -> list[str]:
    """Where values go that look like what they are, whatever their column is called."""
    if cells and all(looks_like_email(cell) for cell in cells):
        return ["/contact/email"]
    if cells and all(looks_like_phone(cell) and cell.lstrip()[:1] in "+(0" for cell in cells):
        return ["/contact/phone"]
    return []


def _all_in(cells: Sequence[str], words: frozenset[str]) -> bool:
    return bool(cells) and all(cell.strip(" .").lower() in words for cell in cells)
