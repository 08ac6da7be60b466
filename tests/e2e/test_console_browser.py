"""The console in a real browser: nothing refused by its policy, readable everywhere, alive."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from relay.store.tables import deliveries, sources, targets
from tests.peer import Answer
from tests.web.console.house import House

pytestmark = [pytest.mark.chromium, pytest.mark.redis]

Window = Callable[..., Page]


def test_the_log_shows_rows_as_cards_on_a_phone(house: House, window: Window) -> None:
    name = "María José Carreño Quiñones de la Fuente y de los Santos Inocentes"
    for _ in range(3):
        house.lead(name=name, email="a.rather.long.address@an-even-longer-domain.example")
    page = window(viewport={"width": 390, "height": 800})
    page.goto("/console/p/acme/deliveries/")
    expect(page.locator(".list tbody tr")).to_have_count(3)
    for row in page.locator(".list tbody tr").all():
        box = row.bounding_box()
        assert box is not None
        assert box["width"] > 300
        expect(row.locator(".badge")).to_be_visible()
        expect(row.locator(".lead a")).to_be_visible()
    page.get_by_text("Menu").click()
    page.get_by_role("link", name="Quarantine", exact=True).click()
    expect(page.get_by_role("heading", name="Quarantine")).to_be_visible()


def test_the_live_check_tells_what_arrives_without_a_reload(house: House, window: Window) -> None:
    page = window()
    page.goto(f"/console/p/acme/sources/{house.row(sources, name='Website').id}")
    page.evaluate("window.sameDocument = true")
    live = page.locator("[aria-live=polite]", has=page.locator("#live"))
    expect(live).to_contain_text("Waiting for the first submission")
    house.submit(name="Ada Example", email="ada@example.com")
    expect(live).to_contain_text("Received")
    house.work()
    expect(live).to_contain_text("Ada Example")
    expect(live).to_contain_text("Delivered")
    assert page.evaluate("window.sameDocument") is True


def test_the_live_check_outlives_a_failure_of_ours(
    house: House, window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = window()
    page.goto(f"/console/p/acme/sources/{house.row(sources, name='Website').id}")
    with monkeypatch.context() as broken:
        broken.setattr("relay.services.watch.newest_arrival", lambda *_: 1 / 0)
        with page.expect_response(lambda answer: answer.status == 500):
            pass
    house.submit(name="Ada Example")
    expect(page.locator("#live")).to_contain_text("Received")


def test_a_test_send_shows_the_conversation_in_place(house: House, window: Window) -> None:
    house.peer.script(Answer(500, b"out of order"), Answer(200, b'{"taken": true}'))
    page = window()
    page.goto(f"/console/p/acme/targets/{house.row(targets, name='Sales CRM').id}")
    page.evaluate("window.sameDocument = true")
    trial = page.locator("[aria-live=polite]", has=page.locator("#trial"))
    page.get_by_role("button", name="Check the connection").click()
    expect(trial).to_contain_text("out of order")
    page.get_by_role("button", name="Send a test lead").click()
    expect(trial).to_contain_text('"taken": true')
    expect(trial).to_contain_text("test.lead@example.com")
    expect(trial).not_to_contain_text("out of order")
    assert page.evaluate("window.sameDocument") is True


def test_addresses_can_be_copied(house: House, window: Window) -> None:
    page = window(permissions=["clipboard-read", "clipboard-write"])
    page.goto(f"/console/p/acme/sources/{house.row(sources, name='Website').id}")
    page.get_by_role("button", name="Copy").first.click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == f"{house.rt.config.public_url}/in/website-key-1"


def test_everything_can_be_done_without_scripts(house: House, window: Window) -> None:
    house.peer.script(Answer(422, b"no"))
    house.lead(name="Ada Example", email="ada@example.com")
    page = window(java_script_enabled=False)
    page.get_by_role("link", name="Deliveries", exact=True).click()
    page.locator("summary", has_text="State").first.click()
    page.get_by_role("checkbox", name="Failed").check()
    page.get_by_label("Search").fill("ada")
    page.get_by_role("button", name="Filter").click()
    page.get_by_role("link", name="Ada Example").click()
    expect(page.locator("#panel").get_by_text("422").first).to_be_visible()
    page.get_by_role("button", name="Send again").click()
    expect(page.get_by_text("It is on its way again.")).to_be_visible()
    house.work()
    assert house.row(deliveries, replay=1).state == "delivered"


def test_a_mistake_in_a_form_is_shown_where_it_is(house: House, window: Window) -> None:
    page = window()
    page.goto("/console/p/acme/targets/new/webhook")
    page.get_by_label("Address").fill("ftp://crm.example/leads")
    page.get_by_role("button", name="Add the target").click()
    expect(page.get_by_role("alert")).to_contain_text("This cannot be saved yet.")
    page.get_by_role("alert").get_by_role("link", name="Address").click()
    field = page.get_by_label("Address")
    expect(field).to_be_visible()
    expect(field).to_have_attribute("aria-invalid", "true")
    field.fill("https://crm.example/leads")
    page.get_by_role("button", name="Add the target").click()
    expect(page.get_by_role("button", name="Send a test lead")).to_be_visible()


def test_the_keyboard_reaches_the_content_and_shows_where_it_is(
    house: House, window: Window
) -> None:
    page = window()
    page.goto("/console/p/acme/targets/")
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to the content")).to_be_focused()
    expect(page.get_by_text("Skip to the content")).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Add a target")).to_be_focused()
    page.keyboard.press("Tab")
    card = page.locator("a.pick").first
    expect(card).to_be_focused()
    assert card.evaluate("element => getComputedStyle(element).boxShadow") != "none"


def test_times_are_told_from_now_and_in_the_viewers_zone(house: House, window: Window) -> None:
    lead = house.lead(name="Ada Example")
    page = window(timezone_id="Asia/Tokyo", locale="en-GB")
    page.goto(f"/console/p/acme/leads/{lead}")
    expect(page.locator("article time").first).to_have_text("2 Mar 2026, 21:00:00")
