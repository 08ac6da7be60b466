"""The newcomer's path: one command, then all in the browser, until a lead is delivered."""

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.peer import Peer
from tests.processes.running import Running
from tests.servers import free_port, until

pytestmark = [pytest.mark.chromium, pytest.mark.redis, pytest.mark.timeout(180)]

SECRET = "a secret of the newcomer's own"


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Running]:
    """What `make run` starts once the requirements are there."""
    settings = {
        "RELAY_MODE": "local",
        "RELAY_DATA_DIR": str(tmp_path / "var"),
        "RELAY_TARGET_ALLOW": "127.0.0.0/8",
        "PORT": str(free_port()),
    }
    running = Running("python -m relay up", settings, tmp_path / "up.log")
    try:
        until(lambda: running.says("Ctrl-C stops the relay"), "the relay is up", 90)
        yield running
    finally:
        running.end()


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not on this machine")
def test_from_the_printed_link_to_a_delivered_lead(
    up: Running, peer: Peer, open_context: Callable[..., BrowserContext]
) -> None:
    page = open_context(viewport={"width": 1280, "height": 900}).new_page()
    link = re.search(r"http://\S+/console/setup/\S+", up.output)
    assert link is not None

    page.goto(link[0])
    page.get_by_label("E-mail").fill("new@example.com")
    page.get_by_label("Password", exact=True).fill("a few words in a row")
    page.get_by_label("The password again").fill("a few words in a row")
    page.get_by_role("button", name="Create user").click()
    expect(
        page.get_by_role("heading", name="Three steps to the first delivered lead")
    ).to_be_visible()

    page.get_by_role("link", name="Add a source").click()
    page.get_by_role("link", name="Typeform").click()
    page.get_by_label("Name").fill("Offer form")
    page.get_by_label("Webhook secrets").fill(SECRET)
    page.get_by_role("button", name="Add the source").click()
    expect(page.get_by_text("Waiting for the first submission")).to_be_visible()
    page.get_by_role("link", name="Add the first target").click()

    page.get_by_role("link", name="Webhook").click()
    page.get_by_label("Name").first.fill("My CRM")
    page.get_by_label("Address").fill(f"{peer.url}/leads")
    page.get_by_role("button", name="Add the target").click()
    page.get_by_role("button", name="Send a test lead").click()
    expect(page.get_by_text("The test lead was taken.")).to_be_visible()
    page.get_by_role("link", name="Add a route").click()

    page.get_by_label("From").select_option("Offer form")
    expect(page.get_by_label("To", exact=True)).to_have_value("My CRM")
    page.get_by_role("button", name="Add the route").click()
    page.get_by_role("link", name="Offer form").click()

    command = page.locator("#curl").inner_text()
    assert SECRET not in page.content()
    done = subprocess.run(["bash", "-c", command], capture_output=True, check=True, timeout=30)
    assert b'"ok": true' in done.stdout

    live = page.locator("#live")
    expect(live).to_contain_text("Delivered", timeout=30000)
    live.get_by_role("link").first.click()
    expect(page.get_by_role("heading", name="Went out")).to_be_visible()
    expect(page.locator("article.step .badge").last).to_have_text("Delivered")
    sent = peer.arrivals[-1]
    assert sent.path == "/leads"
    assert sent.json()["type"] == "lead.created"
    page.get_by_role("link", name="Deliveries", exact=True).click()
    expect(page.locator(".list tbody tr")).to_have_count(1)
    expect(page.locator(".list tbody tr")).to_contain_text("Delivered")
    expect(page.locator(".list tbody tr")).to_contain_text("Offer form → My CRM")

    page.goto(link[0])
    expect(page.get_by_role("heading", name="This link no longer works")).to_be_visible()
