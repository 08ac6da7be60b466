"""What a lead is as a row, and where in a sheet its row goes."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from integrations.google_sheets.settings import DETAILS, LEAD_ID, TIME, columns_of
from relay.core.contract import (
    Duty,
    Json,
    Settings,
    name_parts,
    remainder_of,
    shorten_utf16,
    to_major,
)

LONGEST_CELL = 50_000
"""Characters that a cell holds (support.google.com/drive/answer/37603), counted in UTF-16."""

PLACES: Mapping[str, str] = {
    "/First name": "/contact/first_name",
    "/Last name": "/contact/last_name",
    "/E-mail": "/contact/email",
    "/Phone": "/contact/phone",
    "/Company": "/contact/company",
    "/Message": "/form/message",
    "/Form": "/form/name",
    "/Page": "/attribution/page_url",
    "/UTM source": "/attribution/utm/source",
    "/UTM medium": "/attribution/utm/medium",
    "/UTM campaign": "/attribution/utm/campaign",
    "/UTM term": "/attribution/utm/term",
    "/UTM content": "/attribution/utm/content",
    "/Status": "/state/stage",
}
"""Which values of a lead have a column; the others go into the details."""


def cells_of(payload: Json, settings: Settings, duty: Duty) -> dict[str, Json]:
    """The cells of a lead's row by the titles of their columns; None leaves a cell as it is.

    Columns that a target's mapping fills come after those of the settings.
    """
    lead = payload.get("$lead") or {}
    mapped = [name for name in payload if not name.startswith("$") and f"/{name}" not in PLACES]
    wanted = columns_of(settings)
    titles = [*wanted, *(name for name in mapped if name not in wanted)]
    first, last = name_parts(lead.get("contact") or {})
    state = lead.get("state") or {}
    minor, currency = state.get("value_minor"), state.get("currency")
    made = {
        LEAD_ID: duty.lead_id,
        TIME: _time(duty),
        "First name": first or None,
        "Last name": last,
        "Value": None if minor is None else to_major(minor, currency),
        "Currency": currency,
    }
    if DETAILS in titles:
        shown = {f"/{title}" for title in titles}
        places = {place: source for place, source in PLACES.items() if place in shown}
        made[DETAILS] = remainder_of(payload, places, duty, LONGEST_CELL).text
    row = {title: payload.get(title, made.get(title)) for title in titles}
    return {**{title: _cell(value) for title, value in row.items()}, LEAD_ID: duty.lead_id}


def with_columns(header: Sequence[Json], cells: Mapping[str, Json]) -> list[str]:
    """The titles of row 1, with the columns that it lacks at its end."""
    titles = [str(title) for title in header]
    known = {_folded(title) for title in titles}
    return [*titles, *(title for title in cells if _folded(title) not in known)]


def row_of(titles: Sequence[str], cells: Mapping[str, Json]) -> list[Json]:
    """The cells in the order of the columns; None where the column is somebody else's."""
    by_title = {_folded(title): cell for title, cell in cells.items()}
    return [by_title.get(_folded(title)) for title in titles]


def position_of(title: str, titles: Sequence[str]) -> int | None:
    """Where a column stands, from 0."""
    folded = [_folded(one) for one in titles]
    return folded.index(_folded(title)) if _folded(title) in folded else None


def start_of(titles: Sequence[str]) -> int:
    """The first column that has a title: where Sheets finds the table to begin."""
    return next((at for at, title in enumerate(titles) if title.strip()), 0)


def letters_of(position: int) -> str:
    """The name of a column, from 0: A to Z, AA, AB and so on."""
    letters, left = "", position + 1
    while left:
        left, digit = divmod(left - 1, 26)
        letters = chr(ord("A") + digit) + letters
    return letters


def range_of(settings: Settings, cells: str) -> str:
    """Cells such as A1:C1 within the sheet of the settings, in A1 notation."""
    sheet = settings.get("sheet")
    return f"'{sheet.replace(chr(39), chr(39) * 2)}'!{cells}" if sheet else cells


def _folded(title: str) -> str:
    return " ".join(title.split()).casefold()


def _time(duty: Duty) -> str:
    return datetime.fromtimestamp(duty.occurred_at, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _cell(value: Json) -> Json:
    """A value as a cell takes it: a number, a yes or no, or a text."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, list) and all(isinstance(one, str | int | float) for one in value):
        value = ", ".join(str(one) for one in value)
    if isinstance(value, list | dict):
        value = json.dumps(value, ensure_ascii=False)
    return shorten_utf16(str(value), LONGEST_CELL)
