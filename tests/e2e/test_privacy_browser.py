"""Privacy in a real browser: a person is found, given out and erased, at a desk and on a phone."""

import threading
import zipfile
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from relay.services import person_requests
from relay.services.person_job import lying, work_on
from relay.store import tables
from tests.web.console.house import House

pytestmark = [pytest.mark.chromium, pytest.mark.redis]

Window = Callable[..., Page]

PERSON = "lovelace@example.com"
PRIVACY = "/console/p/acme/privacy/"
PHONE = {"viewport": {"width": 390, "height": 844}}


@pytest.fixture
def worker(house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Does what is asked about persons, beside the browser."""
    monkeypatch.setattr(person_requests, "SETTLES", person_requests.SETTLES * 0)
    stopping = threading.Event()

    def work() -> None:
        while not stopping.wait(0.05):
            for request_id in lying(house.rt):
                work_on(house.rt, request_id)

    thread = threading.Thread(target=work)
    thread.start()
    yield
    stopping.set()
    thread.join()


@pytest.fixture
def leads(house: House, worker: None) -> None:
    house.lead(name="Ada Lovelace", email=PERSON, phone="+49301234567", Message="hers")
    house.lead(name="Bob", email="bob@example.com", Message=f"greet {PERSON}")


def _fits(page: Page) -> None:
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0, (page.url, wide)


def _find(page: Page) -> None:
    page.goto(PRIVACY)
    page.get_by_label("E-mail", exact=True).fill("Lovelace@Example.com")
    page.get_by_label("Label").fill("Case 7")
    page.get_by_role("button", name="Look for this person").click()
    expect(page.get_by_role("heading", name="What was found")).to_be_visible()


def test_a_person_is_found_given_out_and_erased(house: House, window: Window, leads: None) -> None:
    page = window(viewport={"width": 1280, "height": 900})
    _find(page)
    expect(page.get_by_text("leads of others that name this person")).to_be_visible()
    expect(page.get_by_role("cell", name="Sales CRM")).to_be_visible()
    page.get_by_role("button", name="Make the file").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the ZIP file").click()
    with zipfile.ZipFile(download.value.path()) as archive:
        assert "leads/lead-1.txt" in archive.namelist()
    page.get_by_label("Type the e-mail address or number once more").fill("bob@example.com")
    page.get_by_role("button", name="Erase this person").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was erased.")
    page.get_by_label("Type the e-mail address or number once more").fill(PERSON)
    page.get_by_role("button", name="Erase this person").click()
    expect(page.get_by_text("This person is erased:")).to_be_visible()
    expect(page.get_by_role("cell", name="created of lead 1")).to_be_visible()
    expect(page.get_by_role("button", name="Copy", exact=True)).to_be_visible()
    assert len(house.ids(tables.leads)) == 1
    page.goto(PRIVACY)
    expect(page.get_by_role("link", name="Case 7")).to_be_visible()


def test_the_same_on_a_phone(house: House, window: Window, leads: None) -> None:
    page = window(**PHONE)
    _find(page)
    _fits(page)
    page.get_by_label("Type the e-mail address or number once more").fill(PERSON)
    page.get_by_role("button", name="Erase this person").click()
    expect(page.get_by_text("This person is erased:")).to_be_visible()
    for address in ("", "map"):
        _fits(page)
        page.goto(PRIVACY + address)
    _fits(page)


def test_days_and_the_data_map(house: House, window: Window) -> None:
    page = window(viewport={"width": 1280, "height": 900})
    page.goto(PRIVACY)
    page.get_by_label("Raw submissions: days").fill("30")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("What comes today goes in 30 days.")).to_be_visible()
    page.get_by_role("link", name="Data map").click()
    expect(page.get_by_role("heading", name="Sales CRM")).to_be_visible()
    expect(page.get_by_text("Raw submissions are kept 30 days")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").click()
    text = download.value.path().read_text()
    assert "E-mail,/contact/email,Sales CRM" in text
