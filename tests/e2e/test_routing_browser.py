"""Routes, targets and the map in a real browser: nothing needs a reload."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from relay.store.tables import routes
from tests.web.console.house import House

pytestmark = [pytest.mark.chromium, pytest.mark.redis]

Window = Callable[..., Page]
PHONE = {"viewport": {"width": 390, "height": 800}}
DESK = {"viewport": {"width": 1280, "height": 900}}


def stays(page: Page) -> Callable[[], bool]:
    """Remember this document; returns whether it is still the one that is shown."""
    page.evaluate("window.sameDocument = true")
    return lambda: page.evaluate("window.sameDocument === true") is True


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_a_route_is_made_of_rows_and_shows_who_would_match(
    house: House, window: Window, size: dict[str, object]
) -> None:
    house.lead(name="Ada Example", company="Acme", Rooms="4")
    house.lead(name="Bob Example", company="Acme", Rooms="2")
    page = window(**size)
    page.goto("/console/p/acme/routes/new?from=Website&to=Partner")
    same = stays(page)
    expect(page.get_by_label("Value, row 1")).to_be_hidden()
    page.get_by_label("Field, row 1").select_option(label="Company")
    expect(page.get_by_label("Operator, row 1").locator("option")).to_have_count(9)
    page.get_by_label("Operator, row 1").select_option(label="is filled in")
    expect(page.get_by_label("Value, row 1")).to_be_hidden()
    page.get_by_role("button", name="Add a row").click()
    expect(page.get_by_label("Field, row 2")).to_be_visible()
    page.get_by_label("Field, row 2").select_option(label="A form field, by its label")
    page.get_by_label("Its label or name, row 2").fill("Rooms")
    page.get_by_label("Operator, row 2").select_option(label="is more than")
    page.get_by_label("Value, row 2").fill("3")
    page.get_by_role("button", name="Which of the last 100 leads").click()
    matches = page.get_by_role("region", name="Leads that would match")
    expect(matches).to_contain_text("1 of the last 2 leads would go")
    expect(matches).to_contain_text("“Rooms” is more than 3” (it is 2)")
    assert same()
    page.get_by_label("Value, row 2").press("Enter")
    expect(page.get_by_text("Company is filled in and “Rooms” is more than 3")).to_be_visible()
    beyond = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert beyond <= 0
    assert len(house.ids(routes)) == 3
