"""The mapping editor, fix and release, and a source's page, as people use them in a browser."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from relay.store.tables import bodies, leads, sources, submissions
from tests.web.console.house import House

pytestmark = [pytest.mark.chromium, pytest.mark.redis]

Window = Callable[..., Page]

WIDTHS = pytest.mark.parametrize("width", [1280, 390])


def source(house: House, name: str = "Website") -> str:
    return f"/console/p/acme/sources/{house.row(sources, name=name).id}"


def strange(house: House, many: int) -> None:
    """What the Typeform source was sent by something else; its signature counted as good."""
    for number in range(many):
        house.submit(body=json.dumps({"person": {"mail": f"ada{number}@example.com"}}))
    quote = house.row(sources, name="Quote form").id
    reasons = [{"place": "", "message": '"form_response" is a required property'}]
    values: dict[str, Any] = {"source_id": quote, "state": "quarantined", "reasons": reasons}
    with house.rt.database.write() as connection:
        connection.execute(submissions.update().values(**values, document=None, lead_key=None))
        connection.execute(bodies.update().values(source_id=quote))


def narrow(page: Page) -> None:
    """Nothing is wider than the screen."""
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


@WIDTHS
def test_a_mapping_is_found_tried_and_saved(house: House, window: Window, width: int) -> None:
    for number in range(2):
        house.lead(name="Ada Lovelace", email=f"ada{number}@example.com", Team="Engines Ltd")
    page = window(viewport={"width": width, "height": 900})
    page.goto(source(house))
    page.get_by_role("button", name="Mapping", exact=True).click()
    page.evaluate("window.sameDocument = true")
    field = page.get_by_label("Where “Team” goes")
    field.click()
    expect(page.get_by_role("option", name="By itself")).to_be_visible()
    page.keyboard.type("compa")
    expect(page.locator("#choices li")).to_have_count(3)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(field).to_have_value("Contact · Company")
    expect(page.get_by_label("What it becomes")).to_contain_text("Engines Ltd")
    expect(page.get_by_text("Contact · Company · your mapping")).to_be_visible()
    narrow(page)
    page.get_by_role("button", name="Try it on what came before").click()
    tried = page.locator("#dry-run")
    expect(tried).to_contain_text("2 of 2 submissions would make another lead.")
    expect(tried).to_contain_text("nothing → Engines Ltd")
    narrow(page)
    field.click()
    page.get_by_role("option", name="Form field", exact=True).click()
    expect(page.locator("#stale")).to_contain_text("has changed since it was tried")
    assert page.evaluate("window.sameDocument") is True
    page.get_by_role("button", name="Save the mapping").click()
    expect(page.get_by_text("Saved. It counts for what arrives from now on.")).to_be_visible()
    assert house.row(sources, name="Website").mapping == {"Team": {"field": "Team"}}


def test_another_submission_is_chosen_without_losing_the_draft(
    house: House, window: Window
) -> None:
    house.submit(name="Ada Lovelace", Colour="red")
    house.submit(name="Berta Benz", Colour="blue")
    page = window()
    page.goto(f"{source(house)}/mapping/")
    page.get_by_label("Where “Colour” goes").fill("Custom tokens: colour")
    page.keyboard.press("Tab")
    lead = page.get_by_label("What it becomes")
    expect(lead).to_contain_text("blue")
    page.get_by_label("Shown on").select_option(index=1)
    expect(lead).to_contain_text("Ada Lovelace")
    expect(page.get_by_label("Where “Colour” goes")).to_have_value("Custom tokens: colour")


def test_a_word_that_is_no_place_is_said_at_once(house: House, window: Window) -> None:
    house.submit(name="Ada Lovelace")
    page = window()
    page.goto(f"{source(house)}/mapping/")
    page.get_by_label("Where “name” goes").fill("Contact · Emial: x")
    page.keyboard.press("Tab")
    expect(page.get_by_text("A lead has no field “Contact · Emial: x”")).to_be_visible()


@WIDTHS
def test_what_is_in_quarantine_is_fixed_and_all_go(
    house: House, window: Window, width: int
) -> None:
    strange(house, 3)
    page = window(viewport={"width": width, "height": 900})
    page.goto("/console/p/acme/quarantine/")
    expect(page.get_by_role("link", name="“form_response” is missing")).to_be_visible()
    narrow(page)
    page.get_by_role("link", name="Fix the mapping on it").first.click()
    expect(page.get_by_text("It cannot be read as a lead.")).to_be_visible()
    page.get_by_label("Where “person.mail” goes").click()
    page.keyboard.type("e-mail")
    page.get_by_role("option", name="Contact · E-mail").click()
    expect(page.get_by_label("What it becomes")).to_contain_text("ada2@example.com")
    narrow(page)
    page.get_by_role("button", name="release all 3 with this reason").click()
    expect(page.get_by_text("3 released: they go on as leads.")).to_be_visible()
    house.work()
    assert len(house.ids(leads)) == 3


def test_a_long_release_goes_on_by_itself(
    house: House, window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("relay.services.releasing.AT_ONCE", 1)
    monkeypatch.setattr("relay.services.releasing.PATIENCE", -1.0)
    strange(house, 3)
    page = window()
    page.goto("/console/p/acme/quarantine/")
    page.get_by_role("button", name="Release all 3 …").click()
    expect(page.get_by_text("None of the newest 3 can be read")).to_be_visible()
    page.get_by_role("button", name="Release all 3").click()
    expect(page.get_by_text("3 still cannot be read as a lead")).to_be_visible()
    expect(page.get_by_text("Done")).to_be_visible()


def test_kinds_are_found_while_one_types(house: House, window: Window) -> None:
    page = window()
    page.goto("/console/p/acme/sources/new")
    page.get_by_label("Find").press_sequentially("typef")
    expect(page.locator("#kinds a.pick")).to_have_count(1)
    page.locator("#kinds a.pick").click()
    expect(page.get_by_role("heading", name="New source: Typeform")).to_be_visible()
    assert house.row(sources, name="Website")


@WIDTHS
def test_a_secret_and_a_rule(house: House, window: Window, width: int) -> None:
    house.lead(name="Bob Rival", company="Rival Ltd")
    page = window(viewport={"width": width, "height": 900})
    page.goto(f"{source(house, 'Quote form')}/keys/")
    page.get_by_role("button", name="Add it beside the old").click()
    expect(page.get_by_text("2 in use", exact=True)).to_be_visible()
    page.get_by_role("button", name="Keep the newest alone").click()
    expect(page.get_by_text("1 in use", exact=True)).to_be_visible()
    narrow(page)
    page.goto(f"{source(house)}/rules/")
    page.get_by_role("button", name="Add a rule").click()
    page.get_by_label("Field, row 1").select_option("/contact/company")
    page.get_by_label("Value, row 1").fill("Rival Ltd")
    page.get_by_label("Reason").fill("a rival")
    page.get_by_role("button", name="Which of the last 100").click()
    expect(page.get_by_text("1 of the last 1 would be refused")).to_be_visible()
    narrow(page)
    page.get_by_role("button", name="Save the rules").click()
    expect(page.get_by_text("The rules count for what arrives")).to_be_visible()
    assert house.row(sources, name="Website").refuse[0]["reason"] == "a rival"
