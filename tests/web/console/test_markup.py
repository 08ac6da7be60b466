"""Every page that can be reached: sound markup, labels, no inline code, nothing from elsewhere."""

from itertools import pairwise
from urllib.parse import parse_qsl, urldefrag, urlsplit

import pytest

from relay.services import configure, lanes, uploads
from relay.store.tables import imports, targets
from tests.peer import Answer
from tests.web.console.house import House, Visitor
from tests.web.console.pages import Page

PAGES = ("/console/", "/leads/", "/api/docs/1.0/")
"""How addresses of pages begin."""


PARTS = (
    *("deliveries", "leads", "quarantine", "problems", "sources", "targets", "routes", "traffic"),
)
"""What the menu leads to."""


@pytest.fixture
def site(house: House) -> dict[str, Page]:
    """Every page that links lead to, by its address, of a relay in which all has happened.

    The console's bare address leads to the first project; raw bodies and reports are files too.
    """
    house.peer.script(Answer(200, b'{"id": 7}'), Answer(422, b"no"), Answer(503, b"later"))
    for name in ("Ada", "Berta"):
        house.lead(name=f"{name} Example", email=f"{name.lower()}@example.com")
    house.submit(body="{")
    acme = house.row(targets, name="Partner").project_id
    raw = b"Name,E-Mail\nAda,ada@example.com\n"
    for name in ("people.csv", "more.csv"):
        uploads.add(house.rt, acme, name, raw, "test")
    uploads.start(house.rt, uploads.one(house.rt, acme, house.ids(imports)[0], file=True) or {})
    house.app.test_client().post("/in/website-key-1", data=b"GIF89a", content_type="image/gif")
    lanes.pause_target(house.rt, house.row(targets, name="Partner").id, "on holiday", "test")
    visitor = house.visitor()
    pages: dict[str, Page] = {}
    kinds: set[tuple[str, str]] = set()
    waiting = ["/console/p/acme/", "/console/p/acme/quarantine/?shelf=turned-away"]
    while waiting:
        address = waiting.pop()
        if address in pages or address == "/console/" or _is_file(address):
            continue
        if _kind(address) in kinds:
            continue
        kinds.add(_kind(address))
        page = pages[address] = visitor.get(address)
        for link, _words in page.links:
            target = urldefrag(link).url
            if target.startswith(PAGES) and len(urlsplit(target).query) < 60:
                waiting.append(target)
    assert len(pages) > 30
    return pages | {"sign-in": Visitor(house.app).get("/console/sign-in")}


def _kind(address: str) -> tuple[str, str]:
    """Lists with the same filters are one page, whatever these say; one filter says enough."""
    path, query = urlsplit(address).path, parse_qsl(urlsplit(address).query)
    listed = path.endswith("/deliveries/")
    return path, " ".join(sorted({name for name, _ in query})) if listed else urlsplit(
        address
    ).query


def _is_file(address: str) -> bool:
    files = ("/raw", ".csv", ".json", ".xlsx", ".zip", ".yaml", ".txt")
    return urlsplit(address).path.endswith(files)


def test_every_page_is_sound_and_works_without_scripts(site: dict[str, Page], house: House) -> None:
    for address, page in site.items():
        for check in (_structure, _labels, _references, _forms):
            check(address, page)
    for part in PARTS:
        assert site[f"/console/p/acme/{part}/"].html.count('aria-current="page"') >= 2, part
    _files(site, house)


def _structure(address: str, page: Page) -> None:
    """One heading of the page's own, none left out below it, no inline code, ids only once."""
    levels = [level for level, _ in page.headings]
    assert levels.count(1) == 1, address
    assert all(lower - higher <= 1 for higher, lower in pairwise(levels)), address
    assert page.lang == "en", address
    assert page.inline == [], address
    assert len(set(page.ids)) == len(page.ids), address
    assert page.tags.count("main") == 1, address


def _labels(address: str, page: Page) -> None:
    for field in page.fields:
        named = field["_in_label"] or field.get("aria-label") or field.get("id") in page.labelled
        assert named or field.get("type") == "hidden", (address, field)


def _references(address: str, page: Page) -> None:
    """What fields and links point to is on the page."""
    for field in page.fields:
        for one in field.get("aria-describedby", "").split():
            assert one in page.ids, (address, one)
    for link, _ in page.links:
        assert not link.startswith("#") or link[1:] in page.ids, (address, link)


def _forms(address: str, page: Page) -> None:
    for form in page.forms:
        assert form.buttons, (address, form.action)
        if form.method == "post":
            assert dict(form.values).get("csrf_token"), (address, form.action)


def _files(site: dict[str, Page], house: House) -> None:
    """Scripts and styles are our own, and browsers may keep them."""
    client = house.app.test_client()
    assets = {asset for page in site.values() for asset in page.assets}
    assert len(assets) >= 5
    for asset in assets:
        assert asset.startswith("/static/"), asset
        with client.get(asset) as answer:
            assert answer.status_code == 200
            assert "max-age=31536000" in answer.headers["Cache-Control"]
            assert "Set-Cookie" not in answer.headers


def test_empty_pages_say_what_to_do_next(house: House) -> None:
    configure.apply(house.rt, {"projects": [{"id": "new", "name": "New"}]})
    visitor = house.visitor()
    for address, words, link in (
        ("", "Three steps to the first delivered lead", "Add a source"),
        ("deliveries/", "Nothing has gone out yet", "See what is left to set up"),
        ("leads/", "No leads yet", "Set up a source"),
        ("sources/", "No source yet", "Add a source"),
        ("targets/", "No target yet", "Add a target"),
        ("routes/", "No route yet", "Add a source"),
    ):
        page = visitor.get(f"/console/p/new/{address}")
        assert words in page.text
        visitor.get(page.link(link))
