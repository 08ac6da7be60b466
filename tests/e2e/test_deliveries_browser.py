"""The delivery log in a real browser: filters, the panel, columns, views, the live tail, acts."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from relay.services import lanes
from relay.store.tables import deliveries, targets
from tests.peer import Answer
from tests.web.console.house import House

pytestmark = [pytest.mark.chromium, pytest.mark.redis]

LOG = "/console/p/acme/deliveries/"

Window = Callable[..., Page]


@pytest.fixture
def busy(house: House) -> House:
    """Two delivered, two failed, and one that waits for a paused target."""
    bad = b'{"error": "no such company"}'
    house.peer.script(Answer(200, b"{}"), Answer(422, bad), Answer(200, b"{}"), Answer(422, bad))
    for name in ("Ada", "Berta", "Carla", "Dora"):
        house.lead(name=f"{name} Example", email=f"{name.lower()}@example.com")
    lanes.pause_target(house.rt, house.row(targets, name="Sales CRM").id, "on holiday", "test")
    house.lead(name="Emil Example", email="emil@example.com")
    return house


def rows(page: Page) -> list[str]:
    return [one.split()[0] for one in page.locator("#list a.row .who").all_inner_texts()]


def test_filters_make_addresses_without_what_is_empty_and_chips_take_them_back(
    busy: House, window: Window
) -> None:
    page = window(viewport={"width": 1280, "height": 900})
    page.goto(LOG)
    expect(page.locator("#figures .tile")).to_have_count(7)
    page.locator(".several", has_text="State").first.click()
    page.get_by_label("Failed").check()
    page.get_by_text("More", exact=True).click()
    page.get_by_label("Attempts, at least").fill("1")
    page.get_by_role("button", name="Filter", exact=True).click()
    page.wait_for_url(f"**{LOG}?state=failed&attempts_min=1")
    assert rows(page) == ["Dora", "Berta"]
    page.locator(".chips a", has_text="Failed").click()
    page.wait_for_url(f"**{LOG}?attempts_min=1")
    assert rows(page) == ["Dora", "Carla", "Berta", "Ada"]


def test_a_tile_leads_to_what_it_counts_and_the_chart_has_its_figures(
    busy: House, window: Window
) -> None:
    page = window()
    page.goto(LOG)
    page.locator("#figures summary").click()
    expect(page.locator("#figures table tfoot")).to_contain_text("5")
    page.locator("#figures .tile", has_text="Failed").click()
    expect(page.locator("#list a.row")).to_have_count(2)


def test_a_row_opens_beside_the_list_and_the_address_keeps_it(busy: House, window: Window) -> None:
    page = window(viewport={"width": 1280, "height": 900})
    page.goto(f"{LOG}?state=failed")
    page.locator("#list a.row").first.click()
    panel = page.locator("#panel")
    expect(panel.get_by_role("heading", name="Dora Example")).to_be_focused()
    expect(panel).to_contain_text("no such company")
    expect(page.locator("tr.chosen")).to_contain_text("Dora")
    page.locator("#list a.row").nth(1).click()
    expect(panel.get_by_role("heading", name="Berta Example")).to_be_visible()
    expect(page.locator("tr.chosen")).to_have_count(1)
    address = page.url
    assert f"delivery={busy.ids(deliveries)[1]}" in address
    page.reload()
    expect(panel.get_by_role("heading", name="Berta Example")).to_be_visible()
    page.go_back()
    expect(panel.get_by_role("heading", name="Dora Example")).to_be_visible()
    panel.get_by_text("Copy as curl").click()
    expect(panel.locator("pre[id^=curl]")).to_contain_text("curl -X POST")
    page.keyboard.press("Escape")
    expect(page.locator(".delivery")).to_have_count(0)
    page.wait_for_url(f"**{LOG}?state=failed")


def test_a_waiting_one_counts_down_and_tells_by_itself_what_becomes_of_it(
    busy: House, window: Window
) -> None:
    crm = busy.row(targets, name="Sales CRM").id
    page = window()
    waiting = busy.row(deliveries, state="waiting").id
    page.goto(f"{LOG}?delivery={waiting}")
    panel = page.locator("#panel")
    expect(panel).to_contain_text("Somebody paused the target.")
    busy.peer.script(Answer(200, b"{}"))
    lanes.resume_target(busy.rt, crm, "test")
    busy.work()
    expect(panel.locator(".badge").first).to_have_text("Delivered", timeout=10000)


def test_an_act_leads_back_to_the_delivery(busy: House, window: Window) -> None:
    page = window()
    page.goto(f"{LOG}?state=failed")
    page.locator("#list a.row").first.click()
    page.locator("#panel").get_by_role("button", name="Send again").click()
    expect(page.locator(".notice", has_text="is due now")).to_be_visible()
    expect(page.locator("#panel").get_by_role("heading", name="Dora Example")).to_be_visible()
    assert len(busy.ids(deliveries)) == 6


def test_columns_and_filters_are_kept_in_a_view(busy: House, window: Window) -> None:
    page = window(viewport={"width": 1280, "height": 900})
    page.goto(f"{LOG}?state=failed")
    page.locator(".columns summary").click()
    page.locator(".columns").get_by_label("Last outcome").check()
    page.get_by_role("button", name="Show these").click()
    expect(page.locator("#list thead")).to_contain_text("Last outcome")
    page.locator(".views summary").click()
    page.get_by_label("Save what is shown as").fill("Rejected ones")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".notice")).to_contain_text("The view is saved.")
    page.goto(LOG)
    page.locator(".views summary").click()
    page.get_by_role("link", name="Rejected ones", exact=True).click()
    expect(page.locator("#list thead")).to_contain_text("Last outcome")
    assert rows(page) == ["Dora", "Berta"]


def test_new_ones_announce_themselves_and_move_nothing(busy: House, window: Window) -> None:
    page = window(viewport={"width": 1280, "height": 900})
    page.goto(LOG)
    expect(page.locator("#figures .tile")).to_have_count(7)
    before = page.locator("#list table").bounding_box()
    busy.lead(name="Fritz Example", email="fritz@example.com")
    news = page.get_by_role("link", name="1 new · show")
    expect(news).to_be_visible(timeout=12000)
    assert page.locator("#list table").bounding_box() == before
    assert rows(page)[0] == "Emil"
    news.click()
    expect(page.locator("#list a.row").first).to_contain_text("Fritz")
    expect(news).to_have_count(0)


def test_on_a_phone_the_delivery_is_a_page_of_its_own(busy: House, window: Window) -> None:
    page = window(viewport={"width": 390, "height": 800})
    page.goto(f"{LOG}?state=failed&state=waiting")
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    page.locator("#list a.row").nth(1).click()
    expect(page.locator("#panel").get_by_role("heading", name="Dora Example")).to_be_in_viewport()
    expect(page.locator("#list")).to_be_hidden()
    expect(page.locator("#figures")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    page.get_by_role("link", name="Close").click()
    expect(page.locator("#list")).to_be_visible()
    page.get_by_text("More", exact=True).click()
    page.get_by_label("Contains (JSON)").fill('{"contact": {"email": "emil@example.com"}}')
    page.get_by_role("button", name="Filter", exact=True).click()
    expect(page.locator("#list a.row")).to_have_count(1)
    assert rows(page) == ["Emil"]
