"""Takes a picture of every page of the console: `make screenshots`, or with a folder of your own.

A relay of its own is filled with the demo; pages are found by their links, one of each sort.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.servers import free_port, until

EMAIL, PASSWORD = "ada@example.com", "correct horse battery"

SIZES = {"": {"width": 1280, "height": 900}, "-phone": {"width": 390, "height": 844}}
SCHEMES = {"": "light", "-dark": "dark"}

START = "/console/p/demo/"
IDENTIFIER = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")
NO_PAGES = re.compile(r"/(raw|report|refused|sign-out)|\.\w+$|/api/|/targets/new/.|/sources/new/.")
"""Files, and forms of which one sort is enough."""

ALSO = ("/console/p/demo/sources/new/typeform", "/console/p/demo/targets/new/hubspot")
HREFS = "all => all.map((one) => one.getAttribute('href'))"
MOST = 80


def main(folder: Path) -> None:
    """Write a picture for each page, width and colour scheme."""
    folder.mkdir(parents=True, exist_ok=True)
    with _relay() as address, sync_playwright() as playwright:
        program = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        paths = _paths(_signed_in(browser, address))
        for width, size in SIZES.items():
            for shade, scheme in SCHEMES.items():
                page = _signed_in(browser, address, viewport=size, color_scheme=scheme)
                for name, path in paths.items():
                    page.goto(path)
                    page.wait_for_load_state("networkidle")
                    page.screenshot(path=folder / f"{name}{width}{shade}.png", full_page=True)
                page.context.close()
        browser.close()
    print(f"{len(paths)} pages in {folder}")  # noqa: T201 - what a person waits for


@contextmanager
def _relay() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="shots-") as data:
        port = str(free_port())
        own = {"RELAY_MODE": "local", "RELAY_DATA_DIR": data, "PORT": port}
        settings = {name: value for name, value in os.environ.items() if "RELAY" not in name} | own
        relay = [sys.executable, "-m", "relay"]
        with (Path(data) / "log").open("wb") as log:
            up = subprocess.Popen([*relay, "up"], env=settings, stdout=log, stderr=log)
        address = f"http://127.0.0.1:{port}"
        try:
            until(lambda: _answers(address), "the relay answers", 60)
            twice = f"{PASSWORD}\n{PASSWORD}\n".encode()
            subprocess.run([*relay, "create-user", EMAIL], env=settings, input=twice, check=True)
            subprocess.run([*relay, "demo"], env=settings, check=True)
            yield address
        finally:
            up.terminate()
            up.wait(30)


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/readyz", timeout=2) as reply:
            return bool(reply.status == 200)
    except OSError:
        return False


def _signed_in(browser: Browser, address: str, **options: object) -> Page:
    page = browser.new_context(base_url=address, **options).new_page()  # type: ignore[arg-type]
    page.goto("/console/sign-in")
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/console/p/**")
    return page


def _paths(page: Page) -> dict[str, str]:
    """The first page of each sort by a name, found from link to link, once problems were seen."""
    problems = f"{START}problems/"
    until(lambda: page.goto(problems) and page.locator("a.row").count(), "problems", 60, pause=1)
    found: dict[str, str] = {}
    waiting = [START, *ALSO]
    while waiting and len(found) < MOST:
        path = waiting.pop(0)
        name = _name(path)
        if name in found or (NO_PAGES.search(path) and path not in ALSO):
            continue
        found[name] = path
        page.goto(path)
        links = page.eval_on_selector_all("a[href]:not([download])", HREFS)
        waiting += [link.partition("?")[0].partition("#")[0] for link in links if _is_ours(link)]
    return found


def _is_ours(link: str) -> bool:
    """Whether it leads to the demo, or to a page that is of no project."""
    return link.startswith((START, "/console/", "/leads/")) and (
        link.startswith(START) or not link.startswith("/console/p/")
    )


def _name(path: str) -> str:
    own = path.removeprefix(START).removeprefix("/console/")
    return IDENTIFIER.sub("one", own).strip("/").replace("/", "-") or "overview"


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/screenshots"))
