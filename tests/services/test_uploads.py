"""Uploaded files: what is kept of them, what is suggested, and what they become."""

from collections.abc import Callable
from typing import Any

import pytest

from relay.core.contract import Json
from relay.core.sheets import Unfit
from relay.services import upload_preview, uploads
from relay.services.ledger import ledger
from relay.store import tables
from tests.core.test_delimited import workbook
from tests.factories import Bell
from tests.services.filing_cabinet import TOKEN, Cabinet

PEOPLE = """First name;Surname;E-Mail;Phone number;Favourite colour;Consent note
Ada;Lovelace;ada@example.com;+31 6 12345678;"deep
blue";yes
Bob;Stone;bob@example.com;+1 202 555 0142;;
""".encode("cp1252")


@pytest.fixture
def cabinet(make_runtime: Callable[..., Any]) -> Cabinet:
    return Cabinet(make_runtime(queue=Bell()))


def goals_of(cabinet: Cabinet, raw: bytes, name: str = "leads.csv") -> dict[str, Json]:
    row = cabinet.row(cabinet.upload(raw, name))
    columns = upload_preview.columns(cabinet.rt, row, upload_preview.sampled(row))
    return {column.name: column.goal for column in columns}


def test_columns_are_suggested_by_their_names_and_by_what_stands_in_them(cabinet: Cabinet) -> None:
    assert goals_of(cabinet, PEOPLE) == {
        "First name": "/contact/first_name",
        "Surname": "/contact/last_name",
        "E-Mail": "/contact/email",
        "Phone number": "/contact/phone",
        "Favourite colour": {"field": True},
        "Consent note": {"field": True},
    }
    assert goals_of(cabinet, b"A,B\nada@example.com,+31612345678\n") == {
        "A": "/contact/email",
        "B": "/contact/phone",
    }
    assert goals_of(cabinet, b"Vorname;Nachname;Telefon\nAda;L;1\n") == {
        "Vorname": "/contact/first_name",
        "Nachname": "/contact/last_name",
        "Telefon": "/contact/phone",
    }


def test_a_file_becomes_leads_that_go_where_others_go(cabinet: Cabinet) -> None:
    done = cabinet.take(PEOPLE)
    assert (done["state"], done["stored"], done["refused"], done["file"]) == (
        "finished",
        2,
        0,
        None,
    )
    ada, bob = cabinet.documents()
    assert ada["contact"]["first_name"] == "Ada"
    assert ada["contact"]["phone"]["e164"] == "+31612345678"
    assert ada["form"]["fields"] == {"Favourite colour": "deep\nblue", "Consent note": "yes"}
    assert bob["contact"]["email"] == "bob@example.com"
    assert "fields" not in bob.get("form", {})
    assert [row.state for row in cabinet.rows(tables.deliveries)] == ["waiting", "waiting"]
    assert [row.state for row in cabinet.rows(tables.submissions)] == ["stored", "stored"]
    assert [row["email"] for row in uploads.leads_of(cabinet.rt, done)] == [
        "ada@example.com",
        "bob@example.com",
    ]
    assert ledger(cabinet.rt).gaps == []


def test_leads_may_be_kept_without_being_sent_on(cabinet: Cabinet) -> None:
    import_id = cabinet.upload(PEOPLE)
    cabinet.start(import_id, forward=False)
    assert cabinet.run(import_id)["stored"] == 2
    assert cabinet.rows(tables.deliveries) == []
    assert len(cabinet.rows(tables.leads)) == 2


def test_a_dropped_column_is_kept_nowhere(cabinet: Cabinet) -> None:
    cabinet.take(PEOPLE, Favourite_colour="drop", Surname="/form/subject")
    ada, _ = cabinet.documents()
    assert ada["form"] == {"subject": "Lovelace", "fields": {"Consent note": "yes"}}
    assert all(b"blue" not in row.body for row in cabinet.rows(tables.bodies))


def test_what_a_rule_refuses_is_given_back_with_the_reason(cabinet: Cabinet) -> None:
    raw = b"Name,E-Mail,Extra\n=1+1,x@free.example,a\nBob,bob@example.com,b\n\n"
    done = cabinet.take(raw)
    assert (done["stored"], done["refused"]) == (1, 1)
    assert cabinet.refused() == [(2, ["=1+1", "x@free.example", "a"], "no free mail")]
    lines = uploads.refusals(cabinet.rt, done).decode("utf-8-sig").splitlines()
    assert lines == [
        "Name,E-Mail,Extra,Row,Reasons",
        "'=1+1,x@free.example,a,2,no free mail",
    ]
    assert ledger(cabinet.rt).gaps == []


def test_a_row_with_more_cells_than_columns_loses_none(cabinet: Cabinet) -> None:
    done = cabinet.take(b"Name,E-Mail\nAda,ada@free.example,more,and more\nBob,b@x.example,c\n")
    assert cabinet.documents()[0]["form"]["fields"] == {"Column 3": "c"}
    last = uploads.refusals(cabinet.rt, done).decode().splitlines()[1]
    assert last == "Ada,ada@free.example more and more,2,no free mail"


def test_rows_for_a_schedule_follow_the_rules_of_its_calls(cabinet: Cabinet) -> None:
    raw = (
        b"Mobile,Mail,Name,loan_amount,hours_to_expire,Call at\n"
        b"(800) 450-6787,ada@example.com,Ada,500,24,x\n"
        b"none,bob@example.com,Bob,1,soon,y\n"
        b"1-800-450-6787,new@example.com,,600,,z\n"
    )
    import_id = cabinet.upload(raw)
    uploads.describe(cabinet.rt, cabinet.row(import_id), {"source_id": cabinet.source("Schedule")})
    cabinet.start(import_id, Call_at="drop")
    done = cabinet.run(import_id)
    assert (done["stored"], done["refused"]) == (2, 1)
    (lead,) = cabinet.rows(tables.leads)
    newest = cabinet.documents()[-1]
    assert (lead.phone, lead.version) == ("+18004506787", 2)
    assert newest["tokens"] == {"Name": "Ada", "loan_amount": "600"}
    assert newest["directives"]["hours_to_expire"] == 24
    assert newest["contact"]["full_name"] == "Ada"
    assert newest["contact"]["email"] == "new@example.com"
    ((number, _, reason),) = cabinet.refused()
    assert number == 3
    assert "caller_id is not a phone number" in reason
    assert "hours_to_expire" in reason
    assert TOKEN not in str([row.body for row in cabinet.rows(tables.bodies)])


def test_a_workbook_is_a_file_like_any_other(cabinet: Cabinet) -> None:
    raw = workbook([], ["Name", "Phone"], ["Zoë", 31612345678], [], ["Max", 31687654321], more="B")
    done = cabinet.take(raw, "leads.xlsx", Phone="/contact/phone")
    assert (done["stored"], done["format"], done["sheet"]) == (2, "xlsx", "Leads")
    assert [one["contact"]["full_name"] for one in cabinet.documents()] == ["Zoë", "Max"]


def test_what_was_found_out_may_be_set_right(cabinet: Cabinet) -> None:
    import_id = cabinet.upload("Имя;Почта\nИван;i@example.com\n".encode("cp1251"))
    row = cabinet.row(import_id)
    uploads.describe(cabinet.rt, row, {"encoding": "windows-1251", "delimiter": ";"})
    assert cabinet.row(import_id)["header"] == ["Имя", "Почта"]
    uploads.describe(cabinet.rt, row, {"encoding": "windows-1251", "headed": False})
    assert cabinet.row(import_id)["header"] == ["Column 1", "Column 2"]


def test_the_preview_shows_leads_warnings_and_reasons(cabinet: Cabinet) -> None:
    row = cabinet.row(cabinet.upload(b"Name,E-Mail\nAda,ada@example.com\nBob,bob at example\n"))
    from relay.services import configured

    rows = upload_preview.sampled(row)
    goals = {column.name: column.goal for column in upload_preview.columns(cabinet.rt, row, rows)}
    source = configured.source(cabinet.rt, row["source_id"])
    assert source is not None
    ada, bob = upload_preview.previewed(cabinet.rt, source, rows, goals)
    assert (ada.number, ada.document["contact"]["email"]) == (2, "ada@example.com")
    assert bob.warnings[0]["place"].endswith("E-Mail")
    (nothing, _) = upload_preview.previewed(
        cabinet.rt, source, rows, dict.fromkeys(row["header"], "drop")
    )
    assert nothing.document is None
    assert "says nothing" in nothing.reasons[0]["message"]


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "empty"),
        (b"\n\n", "no rows"),
        (b"\xd0\xcf\x11\xe0 old workbook", "XLSX"),
        (b"PK\x03\x04 broken", "no workbook"),
        (b"\x00\x01\x02\x03\x04\x05" * 50, "no text"),
        (b"x," * 400 + b"\n", "columns"),
    ],
)
def test_what_is_no_table_is_refused_in_words(cabinet: Cabinet, raw: bytes, said: str) -> None:
    with pytest.raises(Unfit, match=said):
        cabinet.upload(raw)
    assert cabinet.rows(tables.imports) == []


@pytest.mark.parametrize(
    ("raw", "said"), [(b"Name,E-Mail\n", "0 rows"), (b'a,b\n1,2\n"3,4\n5,6\n', "never closed")]
)
def test_what_cannot_be_read_to_its_end_is_not_begun(
    cabinet: Cabinet, raw: bytes, said: str
) -> None:
    import_id = cabinet.upload(raw)
    with pytest.raises(Unfit, match=said):
        cabinet.start(import_id)
    assert cabinet.row(import_id)["state"] == "new"


def test_too_many_bytes_and_rows_are_refused(
    cabinet: Cabinet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("relay.core.sheets.MOST_ROWS", 3)
    with pytest.raises(Unfit, match="4 rows"):
        cabinet.start(cabinet.upload(b"email\n" + b"a@b.co\n" * 4))
    monkeypatch.setattr("relay.services.uploads.LIMIT", 10)
    with pytest.raises(Unfit, match="more than"):
        cabinet.upload(b"email\n" + b"a@b.co\n" * 4)
