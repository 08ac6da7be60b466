"""Finding a lead and seeing what happened to it, in a real browser."""

from collections.abc import Callable
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect

from relay.services import word_lists
from tests.peer import Answer
from tests.web.console.house import House

pytestmark = [pytest.mark.chromium, pytest.mark.redis]

LEADS = "/console/p/acme/leads/"

Window = Callable[..., Page]


@pytest.fixture
def people(house: House) -> list[UUID]:
    """Three leads of the website, one of which its CRM did not take; and one that became none."""
    house.peer.script(Answer(200, b'{"id": 7}'), Answer(422, b'{"error": "no such company"}'))
    made = [
        house.lead(name=f"{name} Example", email=f"{name.lower()}@example.com", Roof=roof)
        for name, roof in (("Ada", "flat"), ("Berta", "steep"), ("Carla", "flat"))
    ]
    house.submit(body='{"name": "Dora Example"')
    word_lists.catch_up(house.rt)
    return made


def _ask(page: Page, text: str) -> None:
    page.goto(LEADS)
    page.keyboard.press("/")
    page.get_by_label("Search", exact=True).fill(text)
    page.keyboard.press("Enter")


def test_somebody_is_found_by_an_answer_and_walked_through_by_keys(
    people: list[UUID], window: Window
) -> None:
    page = window()
    _ask(page, "flat")
    expect(page.locator("tbody tr")).to_have_count(2)
    page.get_by_role("link", name="Carla Example").click()
    expect(page.get_by_role("heading", name="Carla Example", level=1)).to_be_visible()
    page.keyboard.press("j")
    expect(page.get_by_role("heading", name="Ada Example", level=1)).to_be_visible()
    expect(page.get_by_role("link", name="Next")).to_have_count(0)
    page.keyboard.press("k")
    expect(page.get_by_role("heading", name="Carla Example", level=1)).to_be_visible()
    page.keyboard.press("Escape")
    page.wait_for_url("**/leads/?**q=flat**")
    expect(page.locator("tbody tr")).to_have_count(2)


def test_who_is_no_lead_is_found_all_the_same(people: list[UUID], window: Window) -> None:
    page = window(viewport={"width": 390, "height": 800})
    page.goto(f"{LEADS}?q=dora")
    expect(page.get_by_text("1 found that became no lead")).to_be_visible()
    page.get_by_role("link", name="Quarantined").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Submission")
    page.goto(f"{LEADS}?q=nobody")
    expect(page.get_by_role("heading", name="What each source received then")).to_be_visible()
    expect(page.locator("tr", has_text="Website")).to_contain_text("3 became a lead")


def test_bodies_are_compared_in_place(people: list[UUID], window: Window) -> None:
    page = window()
    page.goto(f"{LEADS}{people[0]}")
    page.evaluate("window.sameDocument = true")
    page.get_by_role("link", name="Side by side").click()
    expect(page.locator(".bodylines")).to_have_count(2)
    expect(page.locator(".moved").first).to_be_visible()
    line = page.locator(".bodylines > span").first.bounding_box()
    assert line is not None
    assert line["width"] > 300
    page.evaluate("window.sameDocument = true")
    page.locator("summary", has_text="What to compare").click()
    page.get_by_label("To Sales CRM, attempt 1").check()
    expect(page.locator(".bodylines")).to_have_count(3)
    assert page.evaluate("window.sameDocument") is True
    assert "body=sent-" in page.url
    page.reload()
    expect(page.locator(".bodylines")).to_have_count(3)


def test_bodies_are_compared_without_scripts_on_a_phone(people: list[UUID], window: Window) -> None:
    page = window(java_script_enabled=False, viewport={"width": 390, "height": 800})
    page.goto(f"{LEADS}{people[0]}/bodies")
    page.locator("summary", has_text="What to compare").click()
    page.get_by_label("By Sales CRM, attempt 1").check()
    page.get_by_role("button", name="Compare").click()
    expect(page.locator(".bodylines")).to_have_count(3)


@pytest.mark.parametrize("width", [390, 1280])
def test_the_receipt_is_copied_with_the_reader_s_times(
    people: list[UUID], window: Window, width: int
) -> None:
    page = window(
        permissions=["clipboard-read", "clipboard-write"],
        timezone_id="Asia/Tokyo",
        viewport={"width": width, "height": 800},
    )
    page.goto(f"{LEADS}{people[1]}/receipt")
    page.get_by_role("button", name="Copy receipt").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "Berta Example, b…@example.com" in copied
    assert "9:00:00" in copied
    assert "Asia/Tokyo" in copied
    assert "it did not accept it" in copied
    assert "UTC" not in copied


def test_what_became_of_a_lead_is_said_and_stands_in_its_timeline(
    people: list[UUID], window: Window
) -> None:
    page = window()
    page.goto(f"{LEADS}{people[0]}?q=flat")
    page.locator("summary", has_text="Say what became of it").click()
    page.get_by_label("Status").fill("won")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    assert "q=flat" in page.url
    expect(page.locator(".timeline li", has_text="version 2")).to_be_visible()
    page.locator(".timeline a", has_text="attempt 1 to Sales CRM").click()
    assert "#a-" in page.url


def test_new_leads_announce_themselves_and_move_nothing(
    house: House, people: list[UUID], window: Window
) -> None:
    page = window()
    page.goto(LEADS)
    expect(page.locator("tbody tr")).to_have_count(3)
    house.lead(name="Emil Example")
    expect(page.get_by_role("link", name="1 new")).to_be_visible(timeout=20_000)
    expect(page.locator("tbody tr")).to_have_count(3)
    page.get_by_role("link", name="1 new").click()
    expect(page.get_by_role("link", name="Emil Example")).to_be_visible()
