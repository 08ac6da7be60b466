"""File Upload on the pages: columns, preview, progress, refused rows, and who may do it."""

import io
from typing import Any
from uuid import UUID

import pytest

from relay.services import upload_job, uploads
from relay.store.tables import imports, leads, sources
from tests.core.test_delimited import workbook
from tests.web.console.house import House, Visitor
from tests.web.console.pages import Page

FILES = "/console/p/acme/submit/file/"

PEOPLE = "Vorname;E-Mail;Tel.;Farbe\nJürgen;j@example.com;+31612345678;blau\nEve;e@example.com;;\n"


def upload(
    visitor: Visitor, raw: bytes, name: str = "people.csv", status: int = 200, at: str = FILES
) -> Page:
    """Choose a file and press the button."""
    form = visitor.get(at).form("/submit/file/")
    data: dict[str, Any] = dict(form.values) | {"file": (io.BytesIO(raw), name)}
    answer = visitor.client.post(form.action, data=data, follow_redirects=True)
    page = Page(answer.text)
    assert answer.status_code == status, page.text[:500]
    return page


def the_import(house: House) -> UUID:
    return house.ids(imports)[-1]


def begin(visitor: Visitor, house: House, page: Page, **goals: str) -> Page:
    """Press "Import"."""
    form = page.form(f"/submit/file/{the_import(house)}")
    return visitor.send(form, button="start", **goals)


def run(house: House) -> None:
    while house.row(imports, id=the_import(house)).state in {"waiting", "running"}:
        upload_job.work_on(house.rt, the_import(house))


def test_a_file_becomes_leads_by_way_of_its_columns(visitor: Visitor, house: House) -> None:
    page = upload(visitor, PEOPLE.encode("cp1252"))
    chosen = dict(page.form(f"/{the_import(house)}").values)
    assert (chosen["encoding"], chosen["delimiter"]) == ("windows-1252", ";")
    assert [chosen[f"goal-{number}"] for number in range(4)] == [
        "/contact/first_name",
        "/contact/email",
        "/contact/phone",
        "field",
    ]
    for words in ("Jürgen", "j@example.com", "Farbe", "blau", "A lead"):
        assert words in page.text
    page = begin(visitor, house, page)
    assert "Waiting" in page.text
    assert house.ids(leads) == []
    run(house)
    page = visitor.get(f"{FILES}{the_import(house)}")
    assert "Finished" in page.text
    assert "2 became leads" in page.text
    assert any(f"/leads/{house.ids(leads)[0]}" in link for link, _ in page.links)
    assert "people.csv" in visitor.get(FILES).text


def test_what_was_chosen_is_shown_again_before_it_is_done(visitor: Visitor, house: House) -> None:
    page = upload(visitor, PEOPLE.encode())
    form = page.form(f"/{the_import(house)}")
    page = visitor.send(form, button="look", **{"goal-3": "/form/message", "forward": None})
    chosen = dict(page.form(f"/{the_import(house)}").values)
    assert chosen["goal-3"] == "/form/message"
    assert "forward" not in chosen
    page = visitor.send(page.form(f"/{the_import(house)}"), button="look", headed=None)
    assert "Column 4" in page.text
    row = house.row(imports)
    assert (row.state, row.headed, row.forward) == ("new", False, False)


def test_a_workbook_s_other_sheet_can_be_chosen(visitor: Visitor, house: House) -> None:
    raw = workbook(["Name", "E-Mail"], ["Ada", "a@example.com"], more="Second")
    page = upload(visitor, raw, "book.xlsx")
    page = visitor.send(page.form(f"/{the_import(house)}"), button="look", sheet="Second")
    assert "other" in page.text
    page = visitor.send(page.form(f"/{the_import(house)}"), button="look", sheet="Leads")
    begin(visitor, house, page)
    run(house)
    assert house.row(leads).email == "a@example.com"


def test_columns_that_nobody_has_seen_are_shown_first(visitor: Visitor, house: House) -> None:
    page = upload(visitor, PEOPLE.encode())
    page = begin(visitor, house, page, delimiter=",")
    assert house.row(imports).state == "new"
    page = begin(visitor, house, page, delimiter=";")
    chosen = dict(page.form(f"/{the_import(house)}").values)
    assert chosen["goal-1"] == "/contact/email"
    assert house.row(imports).state == "new"


def test_progress_asks_again_until_it_is_done(visitor: Visitor, house: House) -> None:
    begin(visitor, house, upload(visitor, PEOPLE.encode()))
    address = f"{FILES}{the_import(house)}/progress"
    part = visitor.get(address, **{"HX-Request": "true"}).html
    assert "hx-trigger" in part
    assert "<html" not in part
    run(house)
    part = visitor.get(address, **{"HX-Request": "true"}).html
    assert "hx-trigger" not in part
    assert 'value="3" max="3"' in part


def test_an_import_can_be_stopped(visitor: Visitor, house: House) -> None:
    page = begin(visitor, house, upload(visitor, PEOPLE.encode()))
    page = visitor.send(page.form("/stop"))
    assert "Stopped" in page.text
    run(house)
    assert house.ids(leads) == []
    assert house.row(imports).file is None


def test_refused_rows_come_back_as_a_file(visitor: Visitor, house: House) -> None:
    page = upload(visitor, b"Name,E-Mail\n=cmd,x@example.com\nBob,b@example.com\n")
    begin(visitor, house, page, **{"goal-0": "drop", "goal-1": "drop"})
    run(house)
    page = visitor.get(f"{FILES}{the_import(house)}")
    assert "2 refused" in page.text
    answer = visitor.client.get(page.link("Refused rows"))
    assert answer.mimetype == "text/csv"
    assert "attachment" in answer.headers["Content-Disposition"]
    assert answer.text.splitlines()[1].startswith("'=cmd,x@example.com,2,")
    assert [line.split(",")[2] for line in answer.text.splitlines()[1:]] == ["2", "3"]


@pytest.mark.parametrize(
    ("raw", "said"),
    [(b"", "empty"), (b"PK\x03\x04x", "no workbook"), (b"\xd0\xcf\x11\xe0", "XLSX")],
)
def test_what_is_no_table_is_refused_on_the_page(
    visitor: Visitor, house: House, raw: bytes, said: str
) -> None:
    assert said in upload(visitor, raw, status=422).text
    assert house.ids(imports) == []


def test_a_file_that_is_too_large_is_refused_with_a_page(
    visitor: Visitor, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.app.config["MAX_CONTENT_LENGTH"] = 5000
    upload(visitor, b"email\n" + b"someone@example.com\n" * 300)
    assert house.row(imports).size > 5000
    monkeypatch.setattr(uploads, "LIMIT", 1000)
    page = upload(visitor, b"email\n" + b"a@b.co\n" * 10_000, status=413)
    assert "too large" in page.text
    assert "more than" in upload(visitor, b"x" * 1001, status=422).text


def test_large_bodies_are_taken_from_those_who_signed_in_alone(house: House) -> None:
    house.app.config["MAX_CONTENT_LENGTH"] = 5000
    raw = io.BytesIO(b"x" * 6000)
    answer = house.app.test_client().post(FILES, data={"file": (raw, "x.csv")})
    assert answer.status_code == 413


def test_only_editors_import_and_only_into_their_project(house: House, visitor: Visitor) -> None:
    page = upload(visitor, PEOPLE.encode())
    mine = the_import(house)
    visitor.get(f"/console/p/beta/submit/file/{mine}", 404)
    operator = house.visitor("operator@example.com", "operator")
    assert "Import" not in [b.get("value") for f in operator.get(FILES).forms for b in f.buttons]
    operator.send(page.form(f"/{mine}"), status=400)
    beta = house.row(sources, name="Beta form").id
    visitor.send(page.form(f"/{mine}"), button="look", source=str(beta))
    assert house.row(imports).source_id != beta
