"""Every page of the console in a real browser: it fits, it can be read, and axe finds nothing."""

from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.web.console.every_page import every_page, furnish
from tests.web.console.house import House

pytestmark = [pytest.mark.chromium, pytest.mark.redis, pytest.mark.timeout(300)]

HERE = Path(__file__).parent
WEAK_TEXTS = (HERE / "contrast.js").read_text()
AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text()

LOOK = """async () => (await axe.run(document, {resultTypes: ["violations"]})).violations
  .filter((one) => ["serious", "critical"].includes(one.impact))
  .map((one) => `${one.id}: ${one.nodes.map((node) => node.target).join(", ")}`)"""

OPEN_ALL = "for (const one of document.querySelectorAll('details:not(.menu)')) one.open = true"

Window = Callable[..., Page]


@pytest.fixture
def paths(house: House) -> list[str]:
    """The pages of a relay in which everything has happened."""
    furnish(house, 1)
    name = "María José Carreño Quiñones de la Fuente y de los Santos Inocentes"
    for number in range(3):
        email = f"a.rather.long.address.of.somebody.{number}@an-even-longer-domain.example"
        house.lead(
            name=name, email=email, Message="word " * 60, Link="https://e.example/" + "x" * 200
        )
    found = dict.fromkeys(page.path for page in every_page(house))
    visitor = house.visitor()
    answers = {path: visitor.client.get(path) for path in found}
    whole = b"<!doctype html>"  # parts of pages, news without content and files are none
    pages = [path for path, one in answers.items() if one.data.startswith(whole) or one.location]
    return [*pages, "/console/p/acme/nowhere"]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_can_be_read_at_any_width(
    house: House, paths: list[str], window: Window, scheme: str
) -> None:
    page = window(color_scheme=scheme)
    wrong: list[tuple[str, int, object]] = []
    for path in paths:
        page.goto(path)
        page.evaluate(OPEN_ALL)
        page.evaluate(AXE)
        for width in (390, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            beyond = max(0, page.evaluate("document.documentElement.scrollWidth - innerWidth"))
            found = (beyond, page.evaluate(WEAK_TEXTS), page.evaluate(LOOK))
            wrong += [(path, width, said) for said in found if said]
    assert wrong == []


def test_the_keys_of_a_page_are_listed_and_work(house: House, window: Window) -> None:
    house.lead(name="Ada Example", email="ada@example.com")
    house.lead(name="Eve Example", email="eve@example.com")
    page = window()
    page.keyboard.press("g")
    page.keyboard.press("l")
    expect(page.get_by_role("heading", name="Leads", exact=True)).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator("a.row").nth(1)).to_be_focused()
    page.keyboard.press("k")
    expect(page.locator("a.row").nth(0)).to_be_focused()
    page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="Keyboard")
    expect(sheet.get_by_text("Next row")).to_be_visible()
    expect(sheet.get_by_text("Deliveries")).to_be_visible()
    sheet.get_by_label("Keys work on these pages").uncheck()
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    page.keyboard.press("g")
    page.keyboard.press("d")
    expect(page.get_by_role("heading", name="Leads", exact=True)).to_be_visible()


def test_keys_leave_those_alone_who_type(house: House, window: Window) -> None:
    page = window()
    page.goto("/console/p/acme/deliveries/")
    page.keyboard.press("/")
    search = page.get_by_role("searchbox")
    expect(search).to_be_focused()
    page.keyboard.type("gd?")
    expect(search).to_have_value("gd?")
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_times_are_the_viewers_with_utc_beside(house: House, window: Window) -> None:
    lead = house.lead(name="Ada Example")
    page = window(timezone_id="Asia/Tokyo", locale="en-GB")
    page.goto(f"/console/p/acme/leads/{lead}")
    time = page.locator("time:not([data-relative])").first
    expect(time).to_have_text("2 Mar 2026, 21:00:00")
    expect(time).to_have_attribute("title", "2026-03-02 12:00:00 UTC")
