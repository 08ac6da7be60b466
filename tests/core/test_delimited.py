"""Tables as people save them: encodings, delimiters, quotes, workbooks, and what is no table."""

import io
import zipfile
from datetime import date, datetime

import pytest
from openpyxl import Workbook

from relay.core.delimited import decode, delimiter_of, encoding_of, records
from relay.core.sheets import (
    MOST_COLUMNS,
    Unfit,
    as_delimited,
    given_back,
    header_of,
    looks_headed,
    named,
    rows_of,
    sheets_of,
)


def read(raw: bytes) -> tuple[str, str, list[list[str]]]:
    encoding = encoding_of(raw)
    text = decode(raw, encoding)
    delimiter = delimiter_of(text)
    return encoding, delimiter, [cells for cells, _ in records(text, delimiter)]


NAMES = "Name{0}E-Mail{0}Note\nJürgen Größe{0}j@example.com{0}naïve façade\n"
WHO = ["Jürgen Größe", "j@example.com", "naïve façade"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize(
    ("codec", "said"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("utf-16", "utf-16"),
        ("utf-16-be", "utf-16-be"),
        ("utf-16-le", "utf-16-le"),
        ("cp1252", "windows-1252"),
    ],
)
def test_encoding_and_delimiter_are_found_out(codec: str, said: str, delimiter: str) -> None:
    encoding, found, rows = read(NAMES.format(delimiter).encode(codec))
    assert (encoding, found) == (said, delimiter)
    assert rows == [["Name", "E-Mail", "Note"], WHO]


@pytest.mark.parametrize(
    ("text", "codec", "said"),
    [
        ("Имя;Почта\nИван Петров;i@e.co\nМария Сидорова;m@e.co\n", "cp1251", "windows-1251"),
        ("Imię;Mail\nŁukasz Żółć;a@e.co\nWłodzimierz Święty;b@e.co\n", "cp1250", "windows-1250"),
        ("名前,メール\n山田太郎,a@e.co\n鈴木花子,b@e.co\n", "shift_jis", "shift_jis"),
    ],
)
def test_other_alphabets_are_told_by_their_looks(text: str, codec: str, said: str) -> None:
    encoding, _, rows = read(text.encode(codec))
    assert encoding == said
    assert rows[1][0] == text.splitlines()[1].replace(",", ";").split(";")[0]


def test_a_few_broken_bytes_do_not_turn_utf_8_into_something_else() -> None:
    raw = ("Name\n" + "Jürgen Größe ÄÖÜ\n" * 20).encode() + b"caf\xe9\n"
    encoding, _, rows = read(raw)
    assert (encoding, rows[1]) == ("utf-8", ["Jürgen Größe ÄÖÜ"])


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_quoted_breaks_and_delimiters_stay_within_their_cell(end: str) -> None:
    raw = f'a;b{end}"1;{end}2";"say ""so"""{end}{end}3;4'.encode()
    _, _, rows = read(raw)
    assert rows == [["a", "b"], [f"1;{end}2", 'say "so"'], [], ["3", "4"]]


def test_reading_goes_on_where_it_ended() -> None:
    text = 'sep=;\r\na;b\r\n"1\r\n2";3\r\n4;5\r\n'
    whole = list(records(text, delimiter_of(text)))
    for cells, following in whole:
        rest = [one for one, _ in records(text, ";", following)]
        assert rest == [one for one, at in whole if at > following], cells
    assert whole[0][0] == ["a", "b"]


def test_one_column_needs_no_delimiter() -> None:
    assert read(b"email\na@b.co\nc@d.co\n")[2] == [["email"], ["a@b.co"], ["c@d.co"]]


@pytest.mark.parametrize("tail", ["3,4\n5,6\n", "x,y\n" * 5000])
def test_a_quotation_mark_that_never_closes_is_named_by_its_line(tail: str) -> None:
    with pytest.raises(Unfit, match="line 2"):
        list(records('a,b\n1,"2\n' + tail, ","))


def test_what_is_no_text_is_refused() -> None:
    raw = bytes(range(256)) * 10
    with pytest.raises(Unfit):
        decode(raw, "windows-1252")


# --- columns -------------------------------------------------------------------------------------


def test_columns_have_names_of_their_own() -> None:
    assert header_of([" E\nMail ", "", "E Mail"], headed=True) == [
        "E Mail",
        "Column 2",
        "E Mail (3)",
    ]
    assert header_of(["Ada", "x"], headed=False) == ["Column 1", "Column 2"]
    with pytest.raises(Unfit, match="columns"):
        header_of(["x"] * (MOST_COLUMNS + 1), headed=True)


def test_a_first_row_of_data_is_no_header() -> None:
    assert looks_headed(["Name", "E-Mail", "Q1 2026"])
    assert not looks_headed(["Ada", "ada@example.com"])
    assert not looks_headed(["Ada", "+31 6 12345678"])


def test_rows_have_what_is_said_by_name() -> None:
    assert named(["a", "b"], [" 1 ", "", "3"]) == {"a": "1", "Column 3": "3"}


# --- workbooks -----------------------------------------------------------------------------------


def workbook(*rows: list[object], more: str = "") -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Leads"
    for row in rows:
        sheet.append(row)
    if more:
        book.create_sheet(more).append(["other"])
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def test_a_workbook_s_cells_are_text_as_people_read_them() -> None:
    at = datetime(2026, 3, 2, 12, 30)  # noqa: DTZ001 - a cell knows no zone
    raw = workbook(
        ["Name", "Phone", "Day", "At", "Yes", "Half"],
        ["Zoë", 31612345678, date(2026, 3, 2), at, True, 0.5],
        [],
        ["007", None, None],
        more="Second",
    )
    assert sheets_of(raw) == ["Leads", "Second"]
    rows = list(rows_of(raw, "Leads"))
    assert rows[1] == ["Zoë", "31612345678", "2026-03-02", "2026-03-02 12:30:00", "true", "0.5"]
    assert rows[2:] == [[], ["007"]]
    text = decode(as_delimited(iter(rows)), "utf-8")
    assert [cells for cells, _ in records(text, ",")] == rows
    with pytest.raises(Unfit, match="no sheet"):
        list(rows_of(raw, "Third"))


def test_a_workbook_that_is_a_bomb_is_not_unpacked() -> None:
    packed = io.BytesIO(workbook(["a"]))
    with (
        zipfile.ZipFile(packed, "a", zipfile.ZIP_DEFLATED) as archive,
        archive.open("xl/worksheets/sheet9.xml", "w", force_zip64=True) as part,
    ):
        for _ in range(210):
            part.write(b" " * 1024 * 1024)
    assert len(packed.getvalue()) < 1_000_000
    with pytest.raises(Unfit, match="larger inside"):
        sheets_of(packed.getvalue())


def test_a_sheet_that_claims_to_be_endless_is_read_as_far_as_it_is() -> None:
    raw = workbook(["a"], ["b"])
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(changed, "w") as new:
        for part in old.infolist():
            body = old.read(part)
            if part.filename.endswith("sheet1.xml"):
                body = body.replace(b'ref="A1:A2"', b'ref="A1:XFD1048576"')
                body = body.replace(b'r="A2"', b'r="A9"').replace(b'<row r="2"', b'<row r="9"')
            new.writestr(part.filename, body)
    assert [row for row in rows_of(changed.getvalue(), "Leads") if row] == [["a"], ["b"]]


@pytest.mark.parametrize("raw", [b"PK\x03\x04 nothing", b"", b"\xd0\xcf\x11\xe0old"])
def test_what_is_no_workbook_is_refused_in_words(raw: bytes) -> None:
    with pytest.raises(Unfit, match="workbook"):
        sheets_of(raw)


def test_what_is_given_back_holds_no_formula() -> None:
    cells = ["=1+1", "+31 6 123", "-5.50", "-cmd|x", "@SUM(A1)", "\t=1", "fine", " =2"]
    raw = given_back(iter([cells]))
    assert raw.startswith(b"\xef\xbb\xbf")
    (row,) = [row for row, _ in records(decode(raw, "utf-8"), ",")]
    assert row == ["'=1+1", "+31 6 123", "-5.50", "'-cmd|x", "'@SUM(A1)", "'\t=1", "fine", "' =2"]
