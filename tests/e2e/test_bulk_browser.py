"""Acting on one delivery and on all that match, in a real browser, without a reload."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect

from relay.services import bulk_job, bulk_lease, configure, lanes
from relay.services.sweep import sweep
from relay.store.tables import bulk_runs, deliveries, targets
from tests.peer import Answer
from tests.web.console.house import House

pytestmark = [pytest.mark.chromium, pytest.mark.redis]

Window = Callable[..., Page]

LOG = "/console/p/acme/deliveries/"


@pytest.fixture
def failing(house: House) -> House:
    """Three leads that failed and one that arrived."""
    no = Answer(422, b"no such company")
    house.peer.script(no, no, no, Answer(200, b"{}"))
    for name in ("Ada", "Berta", "Carla", "Dora"):
        house.lead(name=f"{name} Example", email=f"{name.lower()}@example.com")
    return house


@contextmanager
def _worker(house: House) -> Iterator[None]:
    """Somebody who sees to bulk runs as a worker does, with the clock that the test sets."""
    over = Event()

    def work() -> None:
        while not over.wait(0.05):
            for run_id in sweep(house.rt).runs:
                bulk_job.work_on(house.rt, run_id)

    thread = Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _newest(house: House) -> UUID:
    return house.ids(bulk_runs)[-1]


@pytest.mark.parametrize("width", [1280, 390])
def test_all_that_match_are_sent_again(failing: House, window: Window, width: int) -> None:
    page = window(viewport={"width": width, "height": 900})
    page.goto(f"{LOG}?state=failed")
    page.get_by_role("link", name="Act on all that match").click()
    expect(page.get_by_role("heading", name="3 deliveries")).to_be_visible()
    page.get_by_label("Retry").check()
    page.get_by_role("button", name="Begin").click()
    progress = page.locator("#progress")
    expect(progress).to_contain_text("It begins in")
    page.evaluate("window.sameDocument = true")
    failing.rt.clock.advance(4)
    expect(progress).to_contain_text("It begins in 6 s.")
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    with _worker(failing):
        failing.rt.clock.advance(6)
        expect(progress).to_contain_text("Finished")
    expect(progress).to_contain_text("3 on their way")
    assert page.evaluate("window.sameDocument") is True
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    failing.work()
    page.reload()
    page.get_by_role("link", name="Delivered 3").click()
    expect(page).to_have_url(
        f"{failing.rt.config.public_url}{LOG}?run={_newest(failing)}&state=delivered"
    )


def test_undo_leaves_everything_as_it_was(failing: House, window: Window) -> None:
    page = window()
    page.goto(f"{LOG}?state=failed")
    page.get_by_role("link", name="Act on all that match").click()
    page.get_by_label("Send again").check()
    page.get_by_role("button", name="Begin").click()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status")).to_contain_text("Called off: nothing was done.")
    failing.rt.clock.advance(60)
    assert sweep(failing.rt).runs == ()
    assert len(failing.ids(deliveries)) == 4


def test_a_run_is_stopped_half_way(
    failing: House, window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_lease, "BATCH", 1)
    monkeypatch.setattr(bulk_job, "SLICE", 0.0)
    page = window()
    page.goto(f"{LOG}?state=failed")
    page.get_by_role("link", name="Act on all that match").click()
    page.get_by_label("Retry").check()
    page.get_by_role("button", name="Begin").click()
    failing.rt.clock.advance(10)
    bulk_job.work_on(failing.rt, _newest(failing))
    expect(page.locator("#progress")).to_contain_text("2 left")
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("status")).to_contain_text("Stopped.")
    bulk_job.work_on(failing.rt, _newest(failing))
    assert len(failing.ids(deliveries)) == 5


def test_a_new_target_is_brought_what_it_never_got(failing: House, window: Window) -> None:
    partner = failing.row(targets, name="Partner")
    document = {"from": "Website", "to": "Partner"}
    configure.save_route(failing.rt, partner.project_id, document, "test")
    page = window(viewport={"width": 390, "height": 844})
    page.goto(f"/console/p/acme/targets/{partner.id}")
    page.get_by_role("link", name="Bring what it never got").click()
    expect(page.get_by_role("heading", name="4 leads never reached Partner")).to_be_visible()
    page.get_by_role("button", name="Bring them").click()
    with _worker(failing):
        failing.rt.clock.advance(10)
        expect(page.locator("#progress")).to_contain_text("4 on their way")
    failing.work()
    assert len(failing.ids(deliveries, target_id=partner.id, state="delivered")) == 4


def test_one_delivery_is_forced_and_sent_elsewhere(house: House, window: Window) -> None:
    lanes.pause_target(house.rt, house.row(targets, name="Sales CRM").id, "holiday", "test")
    house.lead(name="Ada Example", email="ada@example.com")
    row = house.row(deliveries)
    page = window()
    page.goto(f"{LOG}?delivery={row.id}")
    panel = page.locator("#panel")
    panel.get_by_text("Another target").click()
    panel.get_by_label("Target to send it to").select_option("Partner")
    panel.get_by_role("button", name="Send there").click()
    expect(page.get_by_role("status").first).to_contain_text("It is on its way to Partner.")
    page.goto(f"{LOG}?delivery={row.id}")
    panel.get_by_role("button", name="Force").click()
    expect(page.get_by_role("status").first).to_contain_text("It goes now, past what held it back.")
    house.work()
    assert len(house.ids(deliveries, state="delivered")) == 2
