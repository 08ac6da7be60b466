"""Google Sheets: a row for each lead, which later events bring up to date.

Calls of the Sheets API v4 (discovery document sheets.v4.json): `values.get`, `values.append`,
`values.update`, `spreadsheets.get`. Values are written RAW, so that nothing becomes a formula.
"""

import re
from collections.abc import Generator, Sequence
from dataclasses import replace
from urllib.parse import quote

from integrations.google_sheets.rows import (
    cells_of,
    letters_of,
    position_of,
    range_of,
    row_of,
    start_of,
    with_columns,
)
from integrations.google_sheets.settings import LEAD_ID, SETTINGS, TIME
from relay.core.contract import (
    Conversation,
    Duty,
    Grant,
    Json,
    Kind,
    Outcome,
    Reply,
    Request,
    Settings,
    Target,
    account_of,
    ask_as_account,
    json_request,
    judge_google,
    refusal_of,
    said_object,
)

SHEETS = "https://sheets.googleapis.com/v4/spreadsheets"

SCOPE = "https://www.googleapis.com/auth/spreadsheets"

WINDOW = 1000
"""Rows whose ids are read at a time: some 40 kB."""

MOST_WINDOWS = 8
"""How far up from its end a sheet is looked through for a row that is not where it was."""

NOT_THE_LEADS = re.compile(
    r"unable to parse range|protected cell|above the limit of \d+ cells|exceeds grid limits",
    re.IGNORECASE,
)
"""Refusals (400) that a person has to put right at the sheet, while the leads wait."""

_ROW = re.compile(r"!?\$?[A-Z]+\$?([0-9]+)")

Steps = Generator[Request, Reply, Outcome | int | None]


def deliver(payload: Json, settings: Settings, duty: Duty) -> Conversation:
    """Write the lead's row: a new one at the end, or the one that has its id.

    A new lead is looked up only where an earlier try may have written it already.
    """
    cells = cells_of(payload, settings, duty)
    reply = yield _get(range_of(settings, "1:1"), "values", settings, duty)
    if refused := _refused(reply, settings, duty):
        return refused
    header = _first_row(reply)
    titles = with_columns(header, cells)
    if len(titles) > len(header):
        added = range_of(settings, f"{letters_of(len(header))}1:{letters_of(len(titles) - 1)}1")
        reply = yield _put(added, titles[len(header) :], settings, duty)
        if refused := _refused(reply, settings, duty):
            return refused
    row: Outcome | int | None = None
    at = position_of(LEAD_ID, header)
    if at is not None and (duty.event != "created" or duty.again):
        row = yield from _find(letters_of(at), settings, duty)
    if isinstance(row, Outcome):
        return row
    if row is not None:
        cells[TIME] = None  # the row tells when the lead came, not when it was changed
    return (yield from _write(row, titles, row_of(titles, cells), settings, duty))


def check(settings: Settings, duty: Duty) -> Conversation:
    """Ask whether the sheet is there, and whether it may be written: null skips the cell A1."""
    fields = quote("properties.title,sheets.properties.title", safe=",.")
    reply = yield _request("GET", f"?fields={fields}", settings, duty)
    if refused := _refused(reply, settings, duty):
        return refused
    sheets = said_object(reply).get("sheets")
    names = [one.get("properties", {}).get("title") for one in sheets or () if one]
    if settings.get("sheet", *names[:1]) not in names:
        said = f"the spreadsheet has no sheet {settings.get('sheet')}"
        return Outcome(kind=Kind.REJECTED, message=said)
    reply = yield _put(range_of(settings, "A1"), [None], settings, duty)
    return _refused(reply, settings, duty) or Outcome(kind=Kind.DELIVERED)


def _find(column: str, settings: Settings, duty: Duty) -> Steps:
    """The row whose cell in this column is the lead's id: looked for around where it was, then
    from the end of the sheet upwards."""
    known = _row_in(duty.remote_id)
    if known is not None:
        first = max(known - WINDOW // 2, 2)
        found = yield from _look(column, first, first + WINDOW - 1, settings, duty)
        if found is not None:
            return found
    reply = yield _get(range_of(settings, f"{column}:{column}"), "range", settings, duty)
    if refused := _refused(reply, settings, duty):
        return refused
    end = _row_in(str(said_object(reply).get("range", "")).rpartition(":")[2]) or WINDOW
    for _ in range(MOST_WINDOWS):
        first = max(end - WINDOW + 1, 1)
        found = yield from _look(column, first, end, settings, duty)
        if found is not None or first == 1:
            return found
        end = first - 1
    return None


def _look(column: str, first: int, last: int, settings: Settings, duty: Duty) -> Steps:
    """The row with the lead's id among these, the last one where there are several."""
    cells = range_of(settings, f"{column}{first}:{column}{last}")
    reply = yield _get(cells, "values", settings, duty)
    if reply.status == 400:  # rows that the sheet does not have
        return None
    if refused := _refused(reply, settings, duty):
        return refused
    if reply.cut:
        said = "the ids of the rows are longer than RELAY_RESPONSE_LIMIT lets a reply be"
        return Outcome(kind=Kind.RETRY, message=said)
    rows = said_object(reply).get("values")
    found = [at for at, one in enumerate(rows or ()) if one and one[0] == duty.lead_id]
    return first + found[-1] if found else None


def _write(
    row: int | None, titles: Sequence[str], values: list[Json], settings: Settings, duty: Duty
) -> Conversation:
    """Append the row where there is none, else change its cells; None leaves a cell as it is."""
    start = start_of(titles)
    first, last = letters_of(start), letters_of(len(titles) - 1)
    if row is None:
        path = _path(range_of(settings, f"{first}1")) + ":append"
        query = "?valueInputOption=RAW&insertDataOption=INSERT_ROWS"
        reply = yield _request("POST", path + query, settings, duty, {"values": [values[start:]]})
    else:
        cells = range_of(settings, f"{first}{row}:{last}{row}")
        reply = yield _put(cells, values[start:], settings, duty)
    if refused := _refused(reply, settings, duty):
        return refused
    said = said_object(reply)
    updates = said.get("updates") if isinstance(said.get("updates"), dict) else said
    written = str((updates or {}).get("updatedRange") or "")
    if not written:
        return Outcome(kind=Kind.RETRY, message=f"answered {reply.status} without a range")
    return Outcome(
        kind=Kind.DELIVERED,
        remote_id=written,
        remote_url=f"https://docs.google.com/spreadsheets/d/{settings['spreadsheet_id']}/edit",
    )


def _refused(reply: Reply, settings: Settings, duty: Duty) -> Outcome | None:
    outcome = judge_google(reply, duty)
    if outcome is None:
        return None
    if outcome.kind is Kind.REJECTED and NOT_THE_LEADS.search(refusal_of(reply).message):
        return replace(outcome, kind=Kind.UNAUTHORIZED)
    if outcome.kind is Kind.UNAUTHORIZED and reply.status in {403, 404}:
        shared = f"share the spreadsheet with {account_of(settings)} as Editor"
        return replace(outcome, message=f"{outcome.message}; {shared}")
    return outcome


def _first_row(reply: Reply) -> list[str]:
    rows = said_object(reply).get("values")
    first = rows[0] if isinstance(rows, list) and rows and isinstance(rows[0], list) else []
    return [str(title) for title in first]


def _row_in(text: str | None) -> int | None:
    """The row of the first cell that an address names."""
    match = _ROW.search((text or "").rpartition("!")[2])
    return int(match[1]) if match else None


def _get(cells: str, fields: str, settings: Settings, duty: Duty) -> Request:
    query = f"?fields={fields}&prettyPrint=false"
    return _request("GET", _path(cells) + query, settings, duty)


def _put(cells: str, values: Sequence[Json], settings: Settings, duty: Duty) -> Request:
    path = f"{_path(cells)}?valueInputOption=RAW"
    return _request("PUT", path, settings, duty, {"values": [list(values)]})


def _path(cells: str) -> str:
    return f"/values/{quote(cells, safe='')}"


def _request(method: str, path: str, settings: Settings, duty: Duty, body: Json = None) -> Request:
    headers = {"Authorization": f"Bearer {duty.access.token if duty.access else ''}"}
    return json_request(method, f"{SHEETS}/{settings['spreadsheet_id']}{path}", body, headers)


TARGET = Target(
    label="Google Sheets",
    summary="Keeps a row for each lead in a spreadsheet.",
    settings=SETTINGS,
    deliver=deliver,
    check=check,
    repeat="lookup",
    events=("created", "updated", "status"),
    limits=("50/minute",),
    rate_key=account_of,
    fallback_wait=60.0,
    in_flight=1,
    grant=Grant(account=account_of, ask=ask_as_account(SCOPE)),
    evidence="official schema",
    unverified="No account was at hand: made from Google's discovery document and its reference.",
)
