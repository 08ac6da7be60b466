"""The list of leads: one box that finds, filters in the address, and what was never a lead."""

import re

import pytest
import sqlalchemy as sa

from relay.services import lanes, word_lists
from relay.store.tables import leads, sources, submissions, targets, walks
from tests.peer import Answer
from tests.web.console.house import House, Visitor
from tests.web.console.pages import Page

LEADS = "/console/p/acme/leads/"


def who(page: Page) -> list[str]:
    """The first names in the list of leads, from top to bottom."""
    return [
        words.split()[0]
        for address, words in page.links
        if re.search(r"/leads/[0-9a-f-]{36}", address) and "repeats" not in words
    ]


def search(visitor: Visitor, **asked: str | list[str]) -> Page:
    """What the list's form leads to."""
    answer = visitor.client.get(LEADS, query_string=asked)
    assert answer.status_code == 200
    return Page(answer.text)


@pytest.fixture
def busy(house: House) -> House:
    """Ada's lead was delivered, Berta's failed, Carla's waits; Dora became none."""
    house.peer.script(Answer(200, b'{"id": 7}'), Answer(422, b'{"error": "no"}'))
    for name, answer in (("Ada", "flat roof"), ("Berta", "steep roof")):
        house.lead(
            name=f"{name} Example", email=f"{name.lower()}@example.com", phone="+4930123456",
            company=f"{name} Works", Roof=answer, utm_campaign="spring sale",
        )  # fmt: skip
        house.rt.clock.advance(3600)
    lanes.pause_target(house.rt, house.row(targets, name="Sales CRM").id, "on holiday", "test")
    house.lead(name="Carla Example", email="carla@example.com")
    house.submit(body='{"name": "Dora Example", "tel": "030/99887766"')
    word_lists.catch_up(house.rt)
    return house


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"q": "roof"}, ["Berta", "Ada"]),
        ({"q": "ada flat"}, ["Ada"]),
        ({"q": "spring sale"}, ["Berta", "Ada"]),
        ({"q": "(030) 123-456"}, ["Berta", "Ada"]),
        ({"q": "0049 30 123456"}, ["Berta", "Ada"]),
        ({"q": "#2"}, ["Berta"]),
        ({"sent": "failed"}, ["Berta"]),
        ({"sent": "waiting"}, ["Carla"]),
        ({"sent": "delivered"}, ["Ada"]),
        ({"sent": "failed", "q": "ada"}, []),
        ({"status": "open", "from": "2026-03-02T12:30", "until": "2026-03-02T13:30"}, ["Berta"]),
        ({"status": ["won", "lost"]}, []),
        ({"kind": "test"}, []),
        ({"span": "24h", "kind": "real"}, ["Carla", "Berta", "Ada"]),
        ({"kind": "x", "sent": "x", "span": "x", "source": "x", "after": "x", "from": "x"},
         ["Carla", "Berta", "Ada"]),
    ],
)  # fmt: skip
def test_filters_stand_in_the_address(
    busy: House, asked: dict[str, str | list[str]], found: list[str]
) -> None:
    assert who(search(busy.visitor(), **asked)) == found


def test_the_form_keeps_what_was_asked_and_links_carry_it_along(busy: House) -> None:
    source = str(busy.row(sources, name="Website").id)
    asked = {"q": "roof", "status": "open", "sent": "failed", "span": "7d", "source": source}
    page = search(busy.visitor(), **asked)
    form = next(form for form in page.forms if ("q", "roof") in form.values)
    assert asked.items() <= dict(form.values).items()
    link = page.link("Berta")
    for name, value in asked.items():
        assert f"{name}={value}" in link


def test_what_became_no_lead_is_found_beside_the_leads(busy: House) -> None:
    visitor = busy.visitor()
    page = search(visitor, q="example")
    assert who(page) == ["Carla", "Berta", "Ada"]
    assert "1 found that became no lead" in page.text
    shelved = busy.row(submissions, state="quarantined").id
    assert any(address.endswith(f"/quarantine/{shelved}") for address, _ in page.links)
    page = search(visitor, q="dora")
    assert who(page) == []
    assert "Nobody found" in page.text
    assert "something else that arrived does" in page.text
    assert any(address.endswith(f"/quarantine/{shelved}") for address, _ in page.links)


def test_who_finds_nothing_sees_what_each_source_received_then(busy: House) -> None:
    busy.app.test_client().post("/in/website-key-1", data=b"GIF89a", content_type="image/gif")
    visitor = busy.visitor()
    page = search(visitor, q="nobody at all")
    assert "What each source received then" in page.text
    row = re.search(r"Last arrival Website (.*?) just now", page.text)
    assert row
    assert set(row[1].split(" , ")) == {"3 became a lead", "1 quarantined", "1 turned away"}
    assert "Quote form nothing never" in page.text
    page = search(visitor, q="nobody at all", around="2026-03-01T00:00")
    assert "Website nothing" in page.text
    assert "quiet since" in page.text
    form = next(form for form in page.forms if dict(form.values).get("around"))
    assert dict(form.values) == {"q": "nobody at all", "around": "2026-03-01T00:00"}


def test_a_viewer_finds_by_number_and_id_alone(busy: House) -> None:
    viewer = busy.visitor("viewer@example.com", "viewer")
    ada = busy.row(leads, name="Ada Example")
    for text in ("ada", "ada@example.com", "030 123456", "roof", "Ada Works", "7", "dora"):
        page = search(viewer, q=text)
        assert who(page) == [], text
        assert "Dora" not in page.text
    for text in (f"#{ada.number}", str(ada.id), ada.public_id):
        page = search(viewer, q=text)
        assert page.link("Lead 1").startswith(f"/console/p/acme/leads/{ada.id}")
        for secret in ("Ada", "ada@example.com", "123456", "Works"):
            assert secret not in page.text, secret
    assert "names and answers are hidden" in search(viewer, q="ada").text
    shelved = str(busy.row(submissions, state="quarantined").id)
    page = search(viewer, q=shelved)
    assert "1 found that became no lead" in page.text
    assert "Dora" not in page.html


def test_new_leads_announce_themselves(busy: House) -> None:
    visitor = busy.visitor()
    page = visitor.get(LEADS)
    news = re.search(r'hx-get="([^"]*/leads/newer[^"]*)"', page.html)
    assert news
    address = news[1].replace("&amp;", "&")
    assert visitor.client.get(address).status_code == 204
    busy.lead(name="Emil Example")
    assert "1 new" in visitor.client.get(address).text


def test_a_list_of_nothing_yet_says_where_to_begin(house: House) -> None:
    page = house.visitor().get(LEADS)
    assert "No leads yet" in page.text
    assert page.link("Set up a source")


def test_unfinished_words_are_told_of(busy: House) -> None:
    visitor = busy.visitor()
    assert "being made ready" not in search(visitor, q="ada").text
    with busy.rt.database.write() as connection:
        connection.execute(sa.insert(walks).values(name=word_lists.WALK))
    assert "being made ready" in search(visitor, q="ada").text
