"""The report on traffic sources, as a page and as files."""

import csv
import io
import json
from typing import Any

import sqlalchemy as sa

from relay.services import configure
from relay.store.tables import leads
from tests.web.console.house import House, Visitor

ADDRESS = "/console/p/acme/traffic/"


def _house(house: House) -> Visitor:
    """Leads of two sources and of none, some of them won."""
    named = [{"id": "1000", "name": "Google Ads"}]
    configure.apply(house.rt, {"projects": [{"id": "acme", "traffic_sources": named}]})
    told: tuple[dict[str, Any], ...] = (
        {"traffic_source_id": "1000", "sub_id": "berlin"},
        {"traffic_source_id": "1000", "sub_id": "=HYPERLINK(1)"},
        {"traffic_source_id": "<b>bing</b>"},
        {},
    )
    for number, one in enumerate(told):
        house.lead(name=f"Ada {number}", email=f"ada{number}@example.com", **one)
    with house.rt.database.write() as connection:
        won = sa.update(leads).where(leads.c.sub_id == "berlin")
        connection.execute(won.values(status="Won", value_minor=123450, currency="EUR"))
    return house.visitor()


def test_the_page_names_sources_and_opens_their_parts(house: House) -> None:
    visitor = _house(house)
    page = visitor.get(ADDRESS)
    assert "Google Ads 1000" in page.text
    assert "2 sub-sources of Google Ads" in page.text
    assert "1,234.50 EUR" in page.text
    assert "&lt;b&gt;bing" in page.html
    assert "No traffic source" in page.text
    assert "All together 4 4 0 0 0 1 1,234.50 EUR" in page.text
    assert page.link("Traffic sources") == ADDRESS


def test_another_time_has_other_leads(house: House) -> None:
    visitor = _house(house)
    page = visitor.get(f"{ADDRESS}?from=2026-02-01&until=2026-03-01")
    assert "No leads in this time" in page.text
    for odd in ("from=x&until=y", "from=9999-99-99", "until=0001-01-01", "from=9999-12-31"):
        visitor.get(f"{ADDRESS}?{odd}")
    page = visitor.get(f"{ADDRESS}?from=2026-03-02&until=2026-03-02")
    assert "All together 4" in page.text
    assert visitor.get(page.link("Last 7 days")).text.count("Google Ads 1000") == 1


def test_the_file_for_spreadsheets_holds_no_formula(house: House) -> None:
    visitor = _house(house)
    answer = visitor.client.get(visitor.get(ADDRESS).link("CSV"))
    assert answer.content_type == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.get_data().decode("utf-8-sig"))))
    assert sum(int(row["leads"]) for row in rows) == 4
    by_part = {(row["traffic_source_id"], row["sub_id"]): row for row in rows}
    assert by_part["1000", "'=HYPERLINK(1)"]["name"] == "Google Ads"
    assert (by_part["1000", "berlin"]["won_value"], by_part["1000", "berlin"]["currency"]) == (
        "1234.5",
        "EUR",
    )
    assert by_part["", ""]["deliveries_delivered"] == "1"


def test_the_file_for_machines_says_the_same(house: House) -> None:
    visitor = _house(house)
    answer = visitor.client.get(visitor.get(ADDRESS).link("JSON"))
    document = json.loads(answer.get_data())
    assert document["complete"] is True
    assert document["since"] == "2026-02-01T00:00:00+00:00"
    [google] = [one for one in document["traffic_sources"] if one["name"] == "Google Ads"]
    assert (google["leads"], google["won"], google["won_value"]) == (2, 1, {"EUR": 1234.5})
    assert [part["sub_id"] for part in google["sub_sources"]] == ["=HYPERLINK(1)", "berlin"]
    assert google["deliveries"]["delivered"] == 2


def test_another_project_s_leads_are_not_there(house: House) -> None:
    visitor = _house(house)
    assert "No leads in this time" in visitor.get("/console/p/beta/traffic/").text
    assert house.app.test_client().get(f"{ADDRESS}report.csv").status_code == 302
