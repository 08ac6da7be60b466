"""What holds for every page of the console, whatever it shows."""

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.web.console.every_page import PERSONAL, every_page, furnish
from tests.web.console.house import House, Visitor

MOST_QUERIES = 40
"""Statements that a page may make, whatever it shows."""

SHOWN = (200, 204)
NOT_FOR_ALL = (*SHOWN, 302, 303, 403, 410)


@pytest.fixture(autouse=True)
def _no_page_is_too_slow_to_remember(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is remembered for a second would be asked for again wherever a machine is busy."""
    monkeypatch.setattr("relay.services.memory.FRESH_SECONDS", 3600.0)


@contextmanager
def statements(house: House) -> Iterator[list[str]]:
    """What the database is asked meanwhile."""
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        asked.append(statement)

    engine = house.rt.database.engine
    sa.event.listen(engine, "before_cursor_execute", note)
    yield asked
    sa.event.remove(engine, "before_cursor_execute", note)


def asked_for(house: House, visitor: Visitor) -> dict[str, list[str]]:
    """What each page asks the database, once everything that is remembered is known."""
    found = {}
    for page in every_page(house):
        visitor.client.get(page.path)
        with statements(house) as asked:
            visitor.client.get(page.path)
        found[page.endpoint] = [one for one in asked if not one.startswith(("BEGIN", "PRAGMA"))]
    return found


def text_of(raw: bytes) -> str:
    """A page or file in lower case; what is packed in it is unpacked."""
    if raw.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(raw)) as packed:
            raw = b"".join(packed.read(name) for name in packed.namelist())
    return raw.decode("utf-8", "replace").lower()


def test_no_page_asks_more_where_there_is_more(house: House) -> None:
    furnish(house, 1)
    visitor = house.visitor()
    few = asked_for(house, visitor)
    furnish(house, 3)
    many = asked_for(house, visitor)
    more = {page: asked for page, asked in many.items() if len(asked) > len(few[page])}
    assert {page: (len(few[page]), asked) for page, asked in more.items()} == {}
    assert {page: len(asked) for page, asked in many.items() if len(asked) > MOST_QUERIES} == {}


def test_every_page_is_there_for_an_owner(house: House) -> None:
    furnish(house, 1)
    visitor = house.visitor()
    answers = {page.path: visitor.client.get(page.path).status_code for page in every_page(house)}
    unexpected = {path: status for path, status in answers.items() if status not in NOT_FOR_ALL}
    assert unexpected == {}


def test_a_viewer_sees_nothing_that_could_tell_who_a_lead_is(house: House) -> None:
    furnish(house, 1)
    viewer = house.visitor("viewer@example.com", "viewer")
    seen = {}
    for page in every_page(house):
        answer = viewer.client.get(page.path)
        assert answer.status_code in NOT_FOR_ALL, (page.path, answer.status_code)
        said = text_of(answer.data)
        if found := [one for one in PERSONAL if one in said]:
            seen[page.endpoint] = found
    assert seen == {}


def test_the_house_is_full_of_what_viewers_must_not_see(house: House) -> None:
    """The net above would catch something: whoever may see it meets all of it."""
    furnish(house, 1)
    visitor = house.visitor()
    said = " ".join(text_of(visitor.client.get(page.path).data) for page in every_page(house))
    assert [one for one in PERSONAL if one not in said] == []


TEMPLATES = Path(__file__).parents[3] / "relay" / "web" / "templates"


def test_no_template_writes_styles_or_scripts_into_a_page() -> None:
    """The policy refuses them: they would do nothing, silently."""
    for path in TEMPLATES.rglob("*.html"):
        text = path.read_text()
        assert " style=" not in text, path
        assert "<style" not in text, path
        assert "<script>" not in text, path
