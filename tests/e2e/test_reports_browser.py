"""Reports and the ledger in a real browser."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.peer import Answer
from tests.web.console.house import House

pytestmark = [pytest.mark.chromium, pytest.mark.redis]

Window = Callable[..., Page]


@pytest.fixture
def filled(house: House) -> House:
    """Two leads of a campaign each, of which one has arrived."""
    house.peer.script(Answer(200, b"{}"), Answer(422, b"no"))
    house.lead(name="Ada", utm_campaign="spring")
    house.lead(name="Eve", utm_campaign="summer")
    return house


def test_from_a_report_to_its_file_and_its_deliveries(filled: House, window: Window) -> None:
    page = window()
    page.get_by_role("link", name="Reports", exact=True).click()
    expect(page.get_by_text("2 new leads")).to_be_visible()
    page.get_by_role("navigation", name="Reports").get_by_role("link", name="Campaign").click()
    expect(page.get_by_role("rowheader", name="spring")).to_be_visible()
    with page.expect_download() as given:
        page.get_by_role("button", name="CSV").click()
    assert "summer" in Path(given.value.path()).read_text()
    page.get_by_role("navigation", name="Reports").get_by_role("link", name="Reason").click()
    page.get_by_role("link", name="Sales CRM").click()
    expect(page.get_by_role("heading", name="Deliveries")).to_be_visible()
    expect(page.locator("tbody tr", has_text="Eve")).to_be_visible()
    expect(page.locator("tbody tr", has_text="Ada")).to_have_count(0)


def test_the_ledger_on_a_phone(filled: House, window: Window) -> None:
    page = window(viewport={"width": 390, "height": 800})
    page.get_by_text("Menu").click()
    page.get_by_role("link", name="Ledger").click()
    expect(page.get_by_text("Nothing is missing.")).to_be_visible()
    page.get_by_role("link", name="Everything").click()
    expect(page.get_by_text("as counted apart: 2").first).to_be_visible()
