"""Calls of the lead APIs from a page of another origin, in a real browser."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files

import pytest
from playwright.sync_api import BrowserContext, Page

from relay.runtime import Runtime
from tests.e2e.test_examples import EXAMPLES, address, stored

__all__ = ["address"]

pytestmark = pytest.mark.chromium

JQUERY = files("xstatic.pkg.jquery").joinpath("data", "jquery.min.js").read_bytes()
PAGES = {
    "/": (b"<!doctype html><title>A site</title><script src=jquery.js></script>", "text/html"),
    "/jquery.js": (JQUERY, "text/javascript"),
}


class _Site(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body, kind = PAGES.get(self.path, (b"", "text/plain"))
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def site() -> Iterator[str]:
    """A page at another origin, with jQuery."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Site)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def page(site: str, open_context: Callable[..., BrowserContext]) -> Page:
    """The page, open in the browser."""
    opened = open_context().new_page()
    opened.goto(site)
    return opened


CREATE = """async (address) => {
  const response = await fetch(`${address}/api/leads/createLead`, {
    method: "POST",
    headers: {"Content-Type": "application/json"},
    body: JSON.stringify({
      projectId: "your-project-id",
      userData: {email: "john@example.com"},
      formData: {formName: "Contact", uniqueEventId: "evt_1"},
    }),
  });
  return [response.status, await response.json()];
}"""


def test_create_lead_by_fetch_with_its_preflight(
    page: Page, runtime: Runtime, address: str
) -> None:
    status, answer = page.evaluate(CREATE, address)
    assert (status, answer["message"]) == (201, "Lead created successfully")
    status, answer = page.evaluate(CREATE, address)
    assert (status, answer["message"]) == (200, "Lead updated successfully")
    (lead,) = stored(runtime)
    assert lead["contact"]["email"] == "john@example.com"


def test_a_page_can_read_why_it_was_refused(page: Page, address: str) -> None:
    status, answer = page.evaluate(CREATE.replace("your-project-id", "nobody"), address)
    assert status == 404
    assert answer["message"]


def test_trackdrive_by_jquery_as_printed(page: Page, runtime: Runtime, address: str) -> None:
    printed = (EXAMPLES / "trackdrive_jquery.js").read_text(encoding="utf-8")
    call = printed.replace("https://your-domain.com", address).strip().removesuffix(";")
    answer = page.evaluate(f"() => {call}.then((answer) => answer)")
    assert answer["lead"]["caller_id"] == "+17192221234"
    (lead,) = stored(runtime)
    assert lead["tokens"] == {"loan_amount": "500"}


def test_trackdrive_errors_reach_the_page(page: Page, address: str) -> None:
    printed = (EXAMPLES / "trackdrive_jquery.js").read_text(encoding="utf-8")
    call = printed.replace("https://your-domain.com", address).replace("YOUR_TOKEN", "wrong")
    script = (
        f"() => {call.strip().removesuffix(';')}"
        ".then(() => null, (failed) => [failed.status, failed.responseJSON])"
    )
    status, answer = page.evaluate(script)
    assert status == 422
    assert answer["success"] is False
    assert answer["errors"]
