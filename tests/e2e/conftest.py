"""What tests in a real browser stand on: Chromium, and a relay that listens."""

import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from werkzeug.serving import WSGIRequestHandler, make_server

from tests.peer import Peer
from tests.servers import free_port
from tests.web.console.house import EMAIL, PASSWORD, House

NAMES = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests."""
    program = next((found for name in NAMES if (found := shutil.which(name))), None)
    if program is None:
        pytest.skip("Chromium is not on this machine")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def open_context(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Opens browser windows that share nothing; complaints of the browser fail the test."""
    opened: list[BrowserContext] = []
    complaints: list[str] = []

    def note(page: Page) -> None:
        page.on("console", lambda said: complaints.append(said.text) if _is_bad(said) else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))

    def make(**options: Any) -> BrowserContext:
        context = browser.new_context(**options)
        context.set_default_timeout(15000)
        context.on("page", note)
        opened.append(context)
        return context

    yield make
    for context in opened:
        context.close()
    assert complaints == []


def _is_bad(said: Any) -> bool:
    """Scripts' errors and what the policy refused; an expected status is neither."""
    return said.type in {"error", "warning"} and "status of " not in said.text


class QuietHandler(WSGIRequestHandler):
    """Writes no access log."""

    def log(self, *_arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    """An empty migrated SQLite file."""
    return f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'relay.db')}"


@pytest.fixture
def settings(settings: dict[str, str]) -> dict[str, str]:
    """The relay says the address that it really has."""
    port = str(free_port())
    return settings | {"PORT": port, "RELAY_PUBLIC_URL": f"http://127.0.0.1:{port}"}


@pytest.fixture
def house(runtime: Any, peer: Peer) -> Iterator[House]:
    """A relay with two projects, whose web process is a thread of this one."""
    from relay.app import create_app

    app = create_app(runtime)
    made = House(runtime, app, peer)
    server = make_server(
        "127.0.0.1", runtime.config.port, app, threaded=True, request_handler=QuietHandler
    )
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def window(house: House, open_context: Callable[..., BrowserContext]) -> Callable[..., Page]:
    """Opens a window in which the owner has signed in: `window(color_scheme="dark")`."""

    def make(**options: Any) -> Page:
        page = open_context(base_url=house.rt.config.public_url, **options).new_page()
        page.goto("/console/sign-in")
        page.get_by_label("E-mail").fill(EMAIL)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/console/p/acme/")
        return page

    return make
