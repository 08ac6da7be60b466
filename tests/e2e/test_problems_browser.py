"""Problems in a real browser: seen, put right, muted and resolved; and somebody is told."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from relay.services.looking import look
from relay.store import tables
from tests.peer import Answer
from tests.services.watched import send
from tests.web.console.house import House

pytestmark = [pytest.mark.chromium, pytest.mark.redis]

Window = Callable[..., Page]
PROBLEMS = "/console/p/acme/problems/"
REJECTS = "Sales CRM rejects leads (422)"
PHONE = {"viewport": {"width": 390, "height": 800}}


def fail(house: House, *statuses: int) -> None:
    house.peer.script(*(Answer(status, b"no") for status in statuses))
    for _ in statuses:
        house.lead(name="Ada Example")
    clock: Any = house.rt.clock
    clock.advance(10)
    look(house.rt)


def test_a_problem_is_seen_put_right_and_resolved(house: House, window: Window) -> None:
    fail(house, 422, 422)
    page = window()
    page.goto("/console/p/acme/")
    menu = page.get_by_role("navigation", name="Console").last
    menu.get_by_role("link", name="Problems 1").click()
    page.get_by_role("link", name=REJECTS).click()
    expect(page.get_by_role("heading", name=REJECTS)).to_be_visible()
    expect(page.get_by_text("It does not accept the values it is sent.")).to_be_visible()
    expect(page.locator(".chart svg rect.tone-bad").first).to_be_visible()
    page.get_by_role("button", name="Edit its mapping").click()
    expect(page).to_have_url(re.compile("/targets/.+/mapping"))
    page.go_back()
    page.get_by_role("button", name="Resolve").click()
    expect(page.get_by_text("Should it happen again, it opens anew.")).to_be_visible()
    page.goto(PROBLEMS)
    expect(page.get_by_text("No open problem")).to_be_visible()
    page.get_by_role("link", name="Resolved").click()
    expect(page.get_by_role("link", name=REJECTS)).to_be_visible()


def test_a_problem_is_muted_and_found_by_its_sort(house: House, window: Window) -> None:
    fail(house, 422, 401)
    page = window()
    page.goto(PROBLEMS)
    page.get_by_label("Kind").select_option(label="Paused targets")
    page.get_by_role("button", name="Filter").click()
    expect(page).to_have_url(re.compile("sort=paused"))
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("link", name="Sales CRM is paused").click()
    expect(page.get_by_role("button", name="Resolve")).to_have_count(0)
    page.get_by_label("For how long").select_option("ever")
    page.get_by_role("button", name="Mute").click()
    expect(page.get_by_text("Muted until somebody unmutes it")).to_be_visible()
    page.get_by_role("button", name="Unmute").click()
    expect(page.get_by_text("It is not muted any more.")).to_be_visible()


def test_somebody_is_told_and_the_test_shows_the_conversation(house: House, window: Window) -> None:
    page = window()
    page.goto(PROBLEMS)
    page.get_by_role("button", name="Who is told").click()
    page.get_by_role("link", name="Webhook An event").click()
    page.get_by_label("Name needed").fill("On call")
    page.get_by_label("Address needed").fill(f"{house.peer.url}/notices")
    page.get_by_role("button", name="Add").click()
    page.evaluate("window.sameDocument = true")
    house.peer.script(Answer(503, b"closed today"))
    page.get_by_role("button", name="Send a test notice").click()
    expect(page.locator("#said")).to_contain_text("closed today")
    assert page.evaluate("window.sameDocument") is True
    fail(house, 422)
    send(house.rt, 5)
    assert house.peer.arrivals[-1].json()["data"]["title"].endswith(REJECTS)
    page.reload()
    expect(page.locator("article.step .badge")).to_have_text("Sent")


def test_problems_are_cards_on_a_phone(house: House, window: Window) -> None:
    fail(house, 422, 400, 413)
    page = window(**PHONE)
    page.goto(PROBLEMS)
    expect(page.locator("tbody tr")).to_have_count(3)
    page.get_by_role("link", name=REJECTS).click()
    for address in (page.url, PROBLEMS, "/console/p/acme/notices/"):
        page.goto(address)
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= 390, (address, width)
    page.goto(PROBLEMS)
    page.get_by_role("link", name=REJECTS).click()
    page.get_by_role("button", name="Mute").click()
    expect(page.get_by_text("Muted for a day")).to_be_visible()
    assert house.row(tables.problems, code="422").muted_at is not None
