"""Tables that people upload: names of columns, rows by these names, and workbooks as text."""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from relay.core.emails import looks_like_email

MOST_ROWS = 100_000
MOST_COLUMNS = 300

UNPACKED = 200 * 1024 * 1024
"""Bytes of a workbook when it is unpacked; a small file can claim gigabytes."""

MOST_PARTS = 2000
"""Files within a workbook."""

MOST_CHARACTERS = 32_767
"""What one cell of a workbook holds."""

_NUMBER = re.compile(r"[+(]?[0-9][0-9 ()./-]{5,}")


class Unfit(Exception):  # noqa: N818 - what is wrong with a file
    """The file cannot be read as a table; the text tells a person why."""


def header_of(cells: Sequence[str], *, headed: bool) -> list[str]:
    """The columns' names, each of its own; those without one are numbered. Raises Unfit."""
    if len(cells) > MOST_COLUMNS:
        raise Unfit(f"There are {len(cells)} columns; at most {MOST_COLUMNS} are taken.")
    names: list[str] = []
    for number, cell in enumerate(cells, start=1):
        name = " ".join(cell.split())[:200] if headed else ""
        name = name or f"Column {number}"
        names.append(name if name not in names else f"{name} ({number})")
    return names


def looks_headed(cells: Sequence[str]) -> bool:
    """Whether a first row holds names, and not already somebody's data."""
    return not any(looks_like_email(cell) or _NUMBER.fullmatch(cell.strip()) for cell in cells)


def named(header: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    """The cells that hold something by their columns' names; those beyond are numbered."""
    names = [*header, *(f"Column {number + 1}" for number in range(len(header), len(cells)))]
    pairs = zip(names, cells, strict=False)
    return {name: cell.strip() for name, cell in pairs if cell.strip()}


def sheets_of(raw: bytes) -> list[str]:
    """The names of a workbook's sheets, in their order. Raises Unfit."""
    book = _opened(raw)
    names = [sheet.title for sheet in book.worksheets]
    book.close()
    if not names:
        raise Unfit("The workbook has no sheet with cells.")
    return names


def rows_of(raw: bytes, sheet: str) -> Iterator[list[str]]:
    """The rows of one sheet as text, trailing empty cells left out. Raises Unfit."""
    book = _opened(raw)
    found = [one for one in book.worksheets if one.title == sheet]
    if not found:
        raise Unfit(f"There is no sheet {sheet}.")
    found[0].reset_dimensions()  # what a file claims of its size may be millions
    try:
        for row in _bounded(found[0].iter_rows(values_only=True, max_row=MOST_ROWS + 2)):
            yield _without_tail([_text(value) for value in row])
    except Unfit:
        raise
    except Exception as error:  # whatever a damaged file makes of its reader
        raise Unfit("The workbook is damaged.") from error
    finally:
        book.close()


def _bounded(rows: Iterator[Sequence[Any]]) -> Iterator[Sequence[Any]]:
    """The rows, as long as they are not wide: one cell at the right end makes thousands of it."""
    cells = 0
    for row in rows:
        cells += len(row)
        if cells > MOST_ROWS * MOST_COLUMNS:
            raise Unfit("The sheet has far more cells than it may have; save it as CSV.")
        yield row


def as_delimited(rows: Iterator[list[str]]) -> bytes:
    """Rows as a comma-separated file in UTF-8."""
    written = io.StringIO()
    csv.writer(written).writerows(rows)
    return written.getvalue().encode("utf-8", "replace")


def given_back(rows: Iterator[Sequence[str]]) -> bytes:
    """Rows as a file that spreadsheets open, in which no cell is taken for a formula."""
    harmless = ([_harmless(cell) for cell in row] for row in rows)
    return b"\xef\xbb\xbf" + as_delimited(harmless)


def as_workbook(rows: Iterable[Sequence[str]]) -> bytes:
    """Rows as a workbook of one sheet: numbers are numbers, and no text is a formula."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in rows:
        sheet.append([_typed(sheet, cell) for cell in row])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _typed(sheet: Any, cell: str) -> Any:
    """A number, or a cell that holds text whatever it begins with."""
    if re.fullmatch(r"-?(0|[1-9][0-9]{0,14})(\.[0-9]+)?", cell):
        return float(cell) if "." in cell else int(cell)
    text = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", cell)[:MOST_CHARACTERS])
    text.data_type = "s"  # openpyxl takes what begins with "=" for a formula
    return text


def _harmless(cell: str) -> str:
    """The cell, behind an apostrophe where a spreadsheet would compute it; numbers stay."""
    if cell.lstrip()[:1] not in ("=", "+", "-", "@") and cell[:1] not in ("\t", "\r", "\n"):
        return cell
    return cell if re.fullmatch(r"[+-]?[0-9][0-9 ().,/-]*", cell) else f"'{cell}"


def _opened(raw: bytes) -> Any:
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            parts = archive.infolist()
        fits = len(parts) <= MOST_PARTS and sum(part.file_size for part in parts) <= UNPACKED
        options = {"read_only": True, "data_only": True, "keep_links": False}
        book = load_workbook(io.BytesIO(raw), **options) if fits else None
    except Exception as error:  # whatever a damaged file makes of its reader
        raise Unfit("This is no workbook that can be read; save it as XLSX or CSV.") from error
    if book is None:
        raise Unfit("The workbook is far larger inside than it may be; save it as CSV.")
    return book


def _text(value: Any) -> str:
    """A cell as a person reads it: times in ISO 8601, whole numbers without a point."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        midnight = value.time() == time(0)
        return value.date().isoformat() if midnight else value.isoformat(sep=" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def _without_tail(cells: list[str]) -> list[str]:
    while cells and not cells[-1]:
        cells.pop()
    return cells
