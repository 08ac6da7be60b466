"""Google Sheets: which cell a value goes to, and which row a lead has."""

from typing import Any

import pytest

from integrations.google_sheets.rows import letters_of, range_of, start_of, with_columns
from integrations.google_sheets.target import MOST_WINDOWS, TARGET, WINDOW
from relay.core.contract import Access, Duty, Json, Kind, Reply
from tests.integrations.conversing import catalog, told, usual


def duty(**more: Any) -> Duty:
    """A duty with access."""
    given = {"id": "d", "event": "created", "lead_id": "the-lead", "version": 1}
    times = {"occurred_at": 0.0, "now": 0.0, "access": Access(token="t")}
    return Duty(**{**given, **times, **more})


def sent(lead: Json, replies: list[Json], mapping: Json = None, **more: Any) -> Any:
    """The requests and the outcome of a lead's conversation."""
    import json

    kind = catalog().targets["google_sheets"]
    built = kind.adapter.build({"v": 1, **lead}, mapping or {})
    conversation = kind.target.deliver(
        built.payload, usual("google_sheets")["settings"], duty(**more)
    )
    said = [Reply(status=200, body=json.dumps(one).encode()) for one in replies]
    requests, _, outcome = told(conversation, said)
    return [(one.method, json.loads(one.body or b"null")) for one in requests], outcome


WRITTEN = {"updates": {"updatedRange": "Leads!A2:B2"}}


@pytest.mark.parametrize(
    ("position", "letters"),
    [(0, "A"), (25, "Z"), (26, "AA"), (51, "AZ"), (52, "BA"), (701, "ZZ"), (702, "AAA")],
)
def test_columns_are_named_as_in_sheets(position: int, letters: str) -> None:
    assert letters_of(position) == letters


def test_a_sheets_name_is_quoted() -> None:
    assert range_of({"sheet": "Bob's leads"}, "A1") == "'Bob''s leads'!A1"
    assert range_of({}, "A1:B2") == "A1:B2"


def test_columns_are_known_whatever_their_case_and_blanks() -> None:
    cells = {"Lead id": 1, "E-mail": 2, "Phone": 3}
    assert with_columns(["e-MAIL ", " lead  ID"], cells) == ["e-MAIL ", " lead  ID", "Phone"]


def test_a_table_begins_where_its_first_title_is() -> None:
    assert start_of(["", " ", "Lead id"]) == 2
    assert start_of([]) == 0


def test_what_looks_like_a_formula_goes_raw_and_as_it_is() -> None:
    lead = {
        "contact": {"first_name": "=1+1", "last_name": "+49"},
        "form": {"fields": {"a": ["x", 2]}},
    }
    header = {"values": [["Lead id", "First name", "Last name", "A", "B"]]}
    mapping = {"/A": "/form/fields/a", "/B": {"value": True}}
    requests, outcome = sent(lead, [header, {}, WRITTEN], mapping)
    row = requests[-1][1]["values"][0]
    assert row[:5] == ["the-lead", "=1+1", "+49", "x, 2", True]
    assert outcome.kind is Kind.DELIVERED


def test_a_cell_is_counted_as_sheets_does_it() -> None:
    """In UTF-16, in which most emoji are two."""
    header = {"values": [["Lead id", "Message", "A", "Details"]]}
    text = "\U0001f600" * 30_000
    lead = {"form": {"message": text, "fields": {"a": text}}}
    requests, _ = sent(lead, [header, {}, WRITTEN], {"/A": "/form/fields/a"})
    row = requests[-1][1]["values"][0]
    assert all(len(cell.encode("utf-16-le")) <= 100_000 for cell in row if isinstance(cell, str))
    assert row[1].endswith("…")


def test_no_mapping_may_write_another_id() -> None:
    requests, _ = sent(
        {}, [{"values": [["Lead id"]]}, {}, WRITTEN], {"/Lead id": {"value": "mine"}}
    )
    assert requests[-1][1]["values"][0][0] == "the-lead"


def test_a_change_empties_no_cell_and_keeps_the_time() -> None:
    header = {"values": [["Lead id", "Time (UTC)", "Company", "Ours"]]}
    found = {"values": [["the-lead"]]}
    updated = {"updatedRange": "Leads!A2:Z2"}
    requests, outcome = sent(
        {}, [header, {}, found, updated], event="updated", remote_id="Leads!A2:Z2"
    )
    assert requests[-1][0] == "PUT"
    assert requests[-1][1]["values"][0][:4] == ["the-lead", None, None, None]
    assert outcome.remote_id == "Leads!A2:Z2"


def test_the_search_ends_and_the_row_is_written_again() -> None:
    titles = {"values": [["Lead id", *(usual("google_sheets")["settings"].get("columns") or [])]]}
    windows = [{"values": [["x"]]}] * MOST_WINDOWS
    end = {"range": f"Leads!A1:A{(MOST_WINDOWS + 3) * WINDOW}"}
    requests, outcome = sent({}, [titles, {}, end, *windows, WRITTEN], event="updated")
    assert [method for method, _ in requests].count("GET") == MOST_WINDOWS + 2
    assert requests[-1][0] == "POST"
    assert outcome.kind is Kind.DELIVERED


def test_ids_that_do_not_fit_into_a_reply_write_nothing_twice() -> None:
    kind = catalog().targets["google_sheets"]
    built = kind.adapter.build({"v": 1}, {})
    conversation = TARGET.deliver(
        built.payload, usual("google_sheets")["settings"], duty(again=True)
    )
    header = b'{"values": [["Lead id"]]}'
    replies = [
        Reply(status=200, body=header),
        Reply(status=200, body=b"{}"),
        Reply(status=200, body=b'{"range": "A1:A10"}'),
        Reply(status=200, body=b'{"values": [["x"], ["y', cut=True),
    ]
    requests, _, outcome = told(conversation, replies)
    assert outcome.kind is Kind.RETRY
    assert [request.method for request in requests if hasattr(request, "method")].count("POST") == 0


def test_the_check_names_a_sheet_that_is_not_there() -> None:
    settings = usual("google_sheets")["settings"]
    asked = TARGET.check(settings, duty())
    body = b'{"sheets": [{"properties": {"title": "Sheet1"}}]}'
    _, _, outcome = told(asked, [Reply(status=200, body=body)])
    assert outcome.kind is Kind.REJECTED
    assert settings["sheet"] in outcome.message
