"""Submit Leads and the reference pages: who sees which secret, and what hostile input does."""

import io
import zipfile
from typing import Any
from uuid import UUID

import pytest

from relay.services import configure, inventory
from relay.web.console.security import HEADERS
from tests.web.console.house import House, Visitor

TOKEN = "token-of-the-schedule-1"
TEST = "/console/p/acme/submit/test/"
REFERENCE = "/api/docs/1.0/leads_external/create.html"

PAGES = (
    REFERENCE,
    "/api/docs/1.0/leadtrackr.html",
    "/api/docs/1.0/octanist.html",
    "/leads/import_type",
    "/console/p/acme/submit/file/",
    TEST,
    "/console/p/acme/settings/",
    "/console/p/acme/traffic/",
    "/console/p/acme/traffic/report.csv",
    "/console/p/acme/traffic/report.json",
)


@pytest.fixture
def schedule(house: House) -> UUID:
    return _source(house, "trackdrive", {"token": TOKEN})


def _source(house: House, kind: str, settings: Any = None) -> UUID:
    projects = inventory.all_projects(house.rt)
    acme = next(row["id"] for row in projects if row["public_id"] == "acme")
    document = {"name": kind, "kind": kind, **({"settings": settings} if settings else {})}
    return configure.save_source(house.rt, acme, document, "test")


def _send(visitor: Visitor, source: UUID, **fields: str) -> Any:
    form = dict(visitor.get("/console/p/acme/").form("sign-out").values)
    return visitor.client.post(TEST, data={**form, "source": str(source), **fields})


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("role", ["", "viewer", "operator", "editor"])
def test_every_page_is_kept_by_nobody_and_framed_by_nobody(
    house: House, schedule: UUID, page: str, role: str
) -> None:
    visitor = house.visitor(f"{role}@example.com", role) if role else Visitor(house.app)
    answer = visitor.client.get(page)
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    assert answer.headers["Cache-Control"] == "no-store"
    shows = page == REFERENCE and role == "editor"
    assert (TOKEN in answer.text) is shows


@pytest.mark.parametrize("role", ["operator", "editor"])
def test_a_manual_test_shows_no_token(house: House, schedule: UUID, role: str) -> None:
    visitor = house.visitor(f"{role}@example.com", role)
    answer = _send(visitor, schedule, first_name="<script>x</script>", phone="+18004506787")
    assert answer.status_code == 200
    assert "200 OK" in answer.text
    assert TOKEN not in answer.text
    assert "<script>x" not in answer.text


@pytest.mark.parametrize("key", ["x\r\nX-Evil: 1", "x\ny", "x\x7fy"])
def test_a_key_cannot_end_its_header(house: House, key: str) -> None:
    answer = _send(house.visitor(), _source(house, "octanist"), key=key, email="a@b.example")
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "address",
    ["//evil.example/leads/", "/leads//evil.example", "/leads/\\evil.example", "/leads",
     "https://evil.example/leads/", "/\t/evil.example", "/leads/\r\nSet-Cookie: a=b"],
)  # fmt: skip
def test_signing_in_leads_to_no_other_site(house: House, address: str) -> None:
    client = house.app.test_client()
    visitor = Visitor(house.app)
    visitor.client = client
    form = visitor.get("/console/sign-in").form("sign-in")
    given = dict(form.values) | {"email": "ada@example.com", "password": "correct horse battery"}
    answer = client.post("/console/sign-in", data={**given, "next": address})
    assert answer.status_code == 302
    assert "evil" not in answer.headers["Location"]
    assert "\n" not in answer.headers["Location"]
    assert "a=b" not in str(answer.headers.getlist("Set-Cookie"))


# --- workbooks -----------------------------------------------------------------------------------

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OF = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def _workbook(cells: str, dtd: str = "") -> bytes:
    """A workbook of one sheet with these rows."""
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_KIND}.sheet.main+xml"/>'
        f'<Override PartName="/xl/sheet1.xml" ContentType="{_KIND}.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1" '
        f'Type="{_OF}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OF}"><sheets>'
        '<sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="r1" Type="{_OF}/worksheet" Target="sheet1.xml"/></Relationships>',
        "xl/sheet1.xml": f'<?xml version="1.0"?>{dtd}<worksheet xmlns="{_MAIN}"><sheetData>{cells}'
        "</sheetData></worksheet>",
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return packed.getvalue()


def _row(text: str, at: str = "A1") -> str:
    return f'<row><c r="{at}" t="inlineStr"><is><t>{text}</t></is></c></row>'


LAUGHS = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + "".join(
    f'<!ENTITY {chr(98 + level)} "{f"&{chr(97 + level)};" * 10}">' for level in range(9)
) + "]>"  # fmt: skip
OUTSIDE = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
WIDE = _row("email") + "".join(f'<row r="{n}"><c r="XFD{n}"/></row>' for n in range(2, 60_000))


@pytest.mark.parametrize(
    "raw",
    [_workbook(_row("&j;"), LAUGHS), _workbook(_row("&e;"), OUTSIDE), _workbook(WIDE)],
    ids=["entities within entities", "a file as an entity", "a billion cells"],
)
def test_a_hostile_workbook_is_refused_soon(house: House, raw: bytes) -> None:
    visitor = house.visitor()
    form = dict(visitor.get("/console/p/acme/").form("sign-out").values)
    sent = {**form, "file": (io.BytesIO(raw), "<b>people</b>.xlsx")}
    answer = visitor.client.post("/console/p/acme/submit/file/", data=sent)
    if answer.status_code == 302:
        start = {**form, "do": "start", "headed": "1"}
        answer = visitor.client.post(answer.headers["Location"], data=start)
    assert answer.status_code == 422
    assert "root:" not in answer.text
    assert "<b>people" not in answer.text
