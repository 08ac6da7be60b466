"""Submit Leads in a real browser: a file becomes leads while one looks on."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from relay.services import upload_job, uploads
from relay.store.tables import imports, sources
from tests.e2e.test_every_page_browser import OPEN_ALL, WEAK_TEXTS
from tests.servers import until
from tests.web.console.house import House

pytestmark = [pytest.mark.chromium, pytest.mark.redis]

Window = Callable[..., Page]

PEOPLE = (
    "Vorname;Nachname;E-Mail;Telefonnummer;Worum geht es?\n"
    + "".join(
        f"Jürgen {number};Größe;j{number}@example.com;+3161234{number:04};"
        f"Ein Dach{' und noch ein Dach' * 9}\n"
        for number in range(150)
    )
    + ";;nobody at all;;\n"
).encode("cp1252")


@pytest.fixture
def worker(house: House) -> Iterator[None]:
    """Imports what was begun, beside the test."""
    stop = threading.Event()

    def work() -> None:
        while not stop.wait(0.1):
            for import_id in upload_job.lying(house.rt):
                upload_job.work_on(house.rt, import_id)

    thread = threading.Thread(target=work)
    thread.start()
    yield
    stop.set()
    thread.join()


@pytest.mark.usefixtures("worker")
def test_a_file_becomes_leads_while_one_looks_on(
    house: House, window: Window, tmp_path: Path
) -> None:
    file = tmp_path / "Anfragen März.csv"
    file.write_bytes(PEOPLE)
    page = window()
    page.get_by_role("link", name="Submit Leads").first.click()
    page.get_by_role("link", name="File Upload").click()
    page.get_by_label("File").set_input_files(file)
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_label("Where Vorname goes")).to_have_value("/contact/first_name")
    expect(page.get_by_label("Where Telefonnummer goes")).to_have_value("/contact/phone")
    expect(page.get_by_label("Encoding")).to_have_value("windows-1252")
    expect(page.get_by_text("Jürgen 0 Größe").first).to_be_visible()
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("Finished")).to_be_visible()
    expect(page.locator(".tile", has_text="became leads")).to_have_text("151 became leads")
    page.get_by_role("link", name="Jürgen 0 Größe").click()
    expect(page.get_by_role("heading", name="Jürgen 0 Größe")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_of_it_is_readable_at_any_width_in_both_schemes(
    house: House, window: Window, scheme: str
) -> None:
    acme = house.row(sources, name="Website").project_id
    long = "a-very-long-name-of-a-file-that-somebody-has-exported-from-a-system.csv"
    for name in (long, "begun.csv"):
        uploads.add(house.rt, acme, name, PEOPLE, "somebody@example.com")
    new, begun = house.ids(imports)
    uploads.start(house.rt, uploads.one(house.rt, acme, begun, file=True) or {})
    until(lambda: not upload_job.work_on(house.rt, begun), "it was worked on")
    inside = "/console/p/acme/submit/"
    addresses = [
        "/leads/import_type", f"{inside}file/", f"{inside}file/{new}", f"{inside}file/{begun}",
        f"{inside}guide/typeform", f"{inside}guide/instapage", f"{inside}test/",
        "/api/docs/1.0/leads_external/create.html", "/api/docs/1.0/leadtrackr.html",
        "/api/docs/1.0/octanist.html",
    ]  # fmt: skip
    page = window(color_scheme=scheme)
    for address in addresses:
        page.goto(address)
        page.evaluate(OPEN_ALL)
        for width in (390, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            beyond = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert beyond <= 0, (address, width)
            assert page.evaluate(WEAK_TEXTS) == [], (address, width)


def test_an_example_is_chosen_by_its_tab(window: Window) -> None:
    page = window()
    page.goto("/api/docs/1.0/leads_external/create.html")
    expect(page.get_by_label("Example: curl")).to_be_visible()
    page.get_by_text("Python", exact=True).click()
    expect(page.get_by_label("Example: Python")).to_be_visible()
    expect(page.get_by_label("Example: curl")).to_be_hidden()
