"""The pages of reports and of the ledger, and their files."""

import io
from datetime import timedelta

import pytest
import sqlalchemy as sa
from openpyxl import load_workbook

from relay.core.ids import new_id
from relay.store import tables
from tests.conftest import SettableClock
from tests.peer import Answer
from tests.web.console.house import House, Visitor

REPORTS = "/console/p/acme/reports/"
LEDGER = "/console/p/acme/ledger/"


@pytest.fixture
def filled(house: House) -> House:
    """Two leads of which one has arrived."""
    house.peer.script(Answer(200, b"{}"), Answer(422, b"no"))
    house.lead(name="Ada", form_name="Quote", utm_campaign="=spring")
    house.lead(name="Eve", form_name="Quote", utm_campaign="summer")
    house.submit(body="{")
    return house


@pytest.mark.parametrize(
    ("by", "words"),
    [
        ("source", ("Website", "2")),
        ("campaign", ("=spring", "summer")),
        ("target", ("Sales CRM",)),
        ("reason", ("Sales CRM", "Failed", "It does not accept the values it is sent.")),
    ],
)
def test_a_report_tells_what_came_and_went(filled: House, by: str, words: tuple[str, ...]) -> None:
    page = filled.visitor().get(f"{REPORTS}?by={by}")
    for one in (*words, "3 received", "2 new leads", "1 delivered", "1 quarantined"):
        assert one in page.text, one


def test_the_files_say_what_the_page_says(filled: House, visitor: Visitor) -> None:
    page = visitor.get(f"{REPORTS}?by=campaign")
    csv = visitor.client.get(page.link("CSV"))
    assert csv.headers["Content-Disposition"].startswith('attachment; filename="leads-by-campaign-')
    head, *rows = csv.text.lstrip("\ufeff").splitlines()
    assert head.startswith("campaign,leads,won,won_value,currency,deliveries_waiting,")
    assert sorted(row.split(",")[0] for row in rows) == ["'=spring", "summer"]
    raw = visitor.client.get(page.link("XLSX")).data
    sheet = load_workbook(io.BytesIO(raw)).active
    cells = {row[0].value: row for row in sheet.iter_rows(min_row=2)}
    assert cells["=spring"][0].data_type == "s"
    assert cells["summer"][1].value == 1


def test_the_days_and_the_source_are_kept_in_the_address(filled: House, visitor: Visitor) -> None:
    page = visitor.get(f"{REPORTS}?by=form&from=2026-01-01&until=2026-01-31")
    assert "Nothing in these days" in page.text
    source = filled.row(tables.sources, name="Quote form").id
    page = visitor.get(f"{REPORTS}?by=form&source={source}")
    assert "Nothing in these days" in page.text
    assert f"source={source}" in page.link("Last 7 days")
    visitor.get(f"{REPORTS}?by=nonsense", status=404)
    visitor.get(f"{REPORTS}?from=0000&until=x")


def test_the_ledger_is_even(filled: House, visitor: Visitor) -> None:
    page = visitor.get(LEDGER)
    for words in ("Nothing is missing.", "as counted apart: 3", "as counted apart: 2"):
        assert words in page.text
    assert any("shelf=quarantined" in address for address, _ in page.links)


def test_the_ledger_names_what_is_missing(filled: House, visitor: Visitor) -> None:
    with filled.rt.database.write() as connection:
        gone = filled.ids(tables.deliveries, state="failed")
        connection.execute(
            sa.delete(tables.attempts).where(tables.attempts.c.delivery_id.in_(gone))
        )
        connection.execute(sa.delete(tables.deliveries).where(tables.deliveries.c.id.in_(gone)))
    page = visitor.get(f"{LEDGER}?all=1")
    assert "The books are not even." in page.text
    assert "counted apart: 2" in page.text


def test_the_ledger_of_other_days_is_empty(
    filled: House, visitor: Visitor, clock: SettableClock
) -> None:
    clock.set(clock.now() + timedelta(days=3))
    page = visitor.get(LEDGER + "?from=2026-03-04&until=2026-03-05")
    assert "as counted apart: 0" in page.text
    assert "as counted apart: 3" in visitor.get(f"{LEDGER}?all=1").text


def test_viewers_do_not_see_what_a_provider_said(house: House) -> None:
    source = house.row(tables.sources, name="Quote form")
    now = house.rt.clock.now()
    row = {"id": new_id(), "project_id": source.project_id, "source_id": source.id, "since": now}
    row |= {"until": now, "started_at": now, "state": "failed", "asked_by": "ada@example.com"}
    with house.rt.database.write() as connection:
        made = row | {"reason": "no access for berta@example.org"}
        connection.execute(sa.insert(tables.reconciliations).values(made))
    assert "it ended: no access for berta@example.org" in house.visitor().get(LEDGER).text
    viewer = house.visitor("viewer@example.com", "viewer")
    for address in (LEDGER, f"/console/p/acme/sources/{source.id}"):
        page = viewer.get(address)
        assert "so far; it ended" in page.text
        assert "berta" not in page.html
