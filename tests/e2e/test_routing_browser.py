"""Routes, targets and the map in a real browser: nothing needs a reload."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from relay.store.tables import routes, targets
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


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_a_mapping_shows_at_once_what_would_be_sent(
    house: House, window: Window, size: dict[str, object]
) -> None:
    house.lead(name="Ada Example", email="ada@example.com", Budget="900")
    page = window(**size)
    target = house.row(targets, name="Partner").id
    page.goto(f"/console/p/acme/targets/{target}/mapping")
    same = stays(page)
    outcome = page.get_by_role("region", name="What would be sent")
    expect(outcome).to_contain_text("The whole lead is sent")
    page.get_by_label("Another member of the payload").fill("Budget")
    page.get_by_label("Field of the lead for another member").click()
    page.get_by_role("option", name="Form field: Budget", exact=True).click()
    expect(outcome).to_contain_text('"Budget": "900"')
    page.get_by_label("Where another member comes from").select_option(label="a text with tokens")
    page.get_by_label("Text for another member").fill("[first_name] has [budget]{nothing}")
    page.get_by_label("Text for another member").press("Tab")
    expect(outcome).to_contain_text('"Budget": "Ada has 900"')
    assert same()
    page.get_by_role("button", name="Save", exact=True).last.click()
    expect(page.get_by_text("It applies to what is sent from now on.")).to_be_visible()
    wanted = {"/Budget": {"template": "[first_name] has [budget]{nothing}"}}
    assert house.row(targets, name="Partner").mapping == wanted
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_a_schedule_is_drawn_while_it_is_typed(house: House, window: Window) -> None:
    page = window(**DESK)
    target = house.row(targets, name="Partner").id
    page.goto(f"/console/p/acme/targets/{target}/pace")
    same = stays(page)
    expect(page.get_by_label("Wait before try 2", exact=True)).to_be_hidden()
    page.get_by_label("One of its own").check()
    page.get_by_label("Wait before try 2", exact=True).fill("90")
    page.get_by_label("Wait before try 2", exact=True).press("Tab")
    expect(page.locator(".timeline")).to_contain_text("1 min 30 s later")
    page.get_by_role("button", name="Remove try 9").click()
    expect(page.locator(".timeline li")).to_have_count(9)
    page.get_by_role("button", name="Add a limit").click()
    page.get_by_label("Deliveries, limit 1").fill("10")
    page.get_by_label("Deliveries, limit 1").press("Tab")
    expect(page.get_by_text("10 per minute: about 600 an hour")).to_be_visible()
    assert same()
    page.get_by_label("Deliveries, limit 1").press("Enter")
    expect(page.get_by_text("It applies to what is sent from now on.")).to_be_visible()
    assert house.row(targets, name="Partner").limits == ["10/minute"]


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_the_map_tells_what_arrives_without_a_reload(
    house: House, window: Window, size: dict[str, object]
) -> None:
    page = window(**size)
    page.clock.install()
    page.goto("/console/p/acme/map/")
    same = stays(page)
    website = page.get_by_role("link", name="Website").first
    expect(website).to_contain_text("0 received")
    house.lead(name="Ada Example")
    page.clock.run_for(11000)
    expect(website).to_contain_text("1 received")
    assert same()
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    page.get_by_role("link", name="Sales CRM").first.click()
    expect(page.get_by_role("heading", name="How it sends")).to_be_visible()


def test_a_target_is_held_and_let_go(house: House, window: Window) -> None:
    page = window(**PHONE)
    page.goto(f"/console/p/acme/targets/{house.row(targets, name='Sales CRM').id}")
    page.get_by_text("Hold until a time").click()
    page.get_by_label("Why").fill("maintenance")
    page.get_by_role("button", name="for 1 h").click()
    expect(page.get_by_text("maintenance. It goes on by itself at that time.")).to_be_visible()
    page.get_by_role("button", name="Let it go on").click()
    expect(page.get_by_text("Deliveries go out again.")).to_be_visible()
