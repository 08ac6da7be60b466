"""People and projects in a real browser: an invitation, the second step, a copy, a document."""

from collections.abc import Callable
from typing import Any

import pyotp
import pytest
from playwright.sync_api import Page, expect

from relay.services.users import by_email
from relay.store import tables
from tests.web.console.house import EMAIL, PASSWORD, House

pytestmark = [pytest.mark.chromium, pytest.mark.redis]

Window = Callable[..., Page]


def copied(page: Page, label: str) -> str:
    """What a field to copy from holds."""
    return page.get_by_label(label, exact=True).input_value()


@pytest.mark.parametrize("width", [1280, 390])
def test_somebody_is_invited_and_comes_in(
    house: House, window: Window, open_context: Any, width: int
) -> None:
    page = window(viewport={"width": width, "height": 900})
    page.goto("/console/p/beta/people/")
    page.get_by_label("E-mail").fill("vera@client.example")
    page.get_by_label("Role in Beta Solar").select_option("viewer")
    page.get_by_role("button", name="Make the link").click()
    link = copied(page, "Link to give away")
    guest = open_context(viewport={"width": width, "height": 900}).new_page()
    guest.goto(link)
    expect(guest).to_have_url(f"{house.rt.config.public_url}/console/link")
    guest.get_by_label("Password", exact=True).fill("a long new password")
    guest.get_by_label("The password again").fill("a long new password")
    guest.get_by_role("button", name="Save the password").click()
    guest.wait_for_url("**/console/p/beta/")
    guest.goto(f"{house.rt.config.public_url}/console/p/acme/")
    expect(guest.get_by_text("There is no such page")).to_be_visible()


def test_a_second_step_is_set_up_by_its_picture_and_asked_for(
    house: House, window: Window, open_context: Any
) -> None:
    page = window(viewport={"width": 390, "height": 900})
    page.goto("/console/account/")
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Set it up").click()
    picture = page.get_by_alt_text("QR code of the key below")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.naturalWidth") > 50
    app = pyotp.TOTP(copied(page, "Key for the app").replace(" ", ""))
    page.get_by_label("Code that the app shows").fill(app.at(house.rt.clock.now()))
    page.get_by_role("button", name="Turn it on").click()
    expect(page.get_by_role("heading", name="The second step is on")).to_be_visible()
    house.rt.clock.advance(60)
    other = open_context(base_url=house.rt.config.public_url).new_page()
    other.goto("/console/sign-in")
    other.get_by_label("E-mail").fill(EMAIL)
    other.get_by_label("Password").fill(PASSWORD)
    other.get_by_role("button", name="Sign in").click()
    other.get_by_label("Code").fill(app.at(house.rt.clock.now()))
    other.get_by_role("button", name="Go on").click()
    other.wait_for_url("**/console/p/acme/")
    assert by_email(house.rt, EMAIL).has_second_step


def test_a_project_is_copied_and_its_document_brought_in(house: House, window: Window) -> None:
    page = window()
    page.goto("/console/projects/")
    page.get_by_role("link", name="Copy Acme Heating").click()
    page.get_by_label("Name").fill("Acme North")
    page.get_by_role("button", name="Make the copy").click()
    expect(page.get_by_text("settings.secrets")).to_be_visible()
    page.goto("/console/p/acme-north/configuration/")
    document = '{"projects": [{"id": "acme-north", "currency": "EUR"}]}'
    page.get_by_label("Or the text of it").fill(document)
    page.get_by_role("button", name="Show what it changes").click()
    expect(page.locator("ins", has_text="EUR")).to_be_visible()
    page.get_by_role("button", name="Make this change").click()
    expect(page.get_by_text("1 change is made.")).to_be_visible()
    assert house.row(tables.projects, public_id="acme-north").settings["currency"] == "EUR"
    page.goto("/console/p/acme-north/audit/?action=change")
    expect(page.locator("ins", has_text="EUR")).to_be_visible()
