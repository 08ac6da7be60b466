"""Which leads a text and filters find, on both databases, and how their pages follow each other."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from relay.services import archiving, lead_search, text_lookup, word_lists
from relay.services.browse import START, Cursor
from relay.services.lead_filters import Wanted
from relay.store import tables
from tests.factories import Incoming

Find = Callable[..., list[str]]


@pytest.fixture
def find(acme: Incoming) -> Find:
    """The names of the leads that are found, newest first."""

    def ask(text: str = "", **wanted: Any) -> list[str]:
        page = lead_search.find(acme.rt, Wanted(project=acme.project, text=text, **wanted))
        return [row["name"] for row in page.rows]

    return ask


@pytest.fixture
def people(acme: Incoming) -> Incoming:
    """Ada, Berta and Carla, an hour apart, at one source."""
    source = acme.source(options={"region": "DE"})
    bare = acme.source("bare")
    acme.say(
        source, name="Ada Müller", email="ada@example.com", phone="030 / 123 456",
        company="Roof Works", Roof="Flat-roof, 30 m²", event="typeform-7", lead="lead-7",
        about={"identifier": "crm-77", "form": "Spring form"},
    )  # fmt: skip
    acme.store()
    acme.clock.advance(3600)
    acme.say(bare, name="Berta Roth", phone="0171/555 66 77", Message="The roof leaks")
    acme.store()
    acme.clock.advance(3600)
    acme.say(source, name="Carla Ada", email="carla@other.example", test=True)
    acme.store()
    return acme


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ada", ["Carla Ada", "Ada Müller"]),
        ("muller", ["Ada Müller"]),
        ("MÜLLER ada", ["Ada Müller"]),
        ("ada flat", ["Ada Müller"]),
        ("flat-roof", ["Ada Müller"]),
        ("roof", ["Berta Roth", "Ada Müller"]),
        ("leaks", ["Berta Roth"]),
        ("leak", ["Berta Roth"]),
        ("eaks", []),
        ("ada@example.com", ["Ada Müller"]),
        ("example.com", ["Ada Müller"]),
        ("roof works", ["Ada Müller"]),
        ("+49 30 123456", ["Ada Müller"]),
        ("0049 (0)30-123456", ["Ada Müller"]),
        ("030 123 456", ["Ada Müller"]),
        ("0171 5556677", ["Berta Roth"]),
        ("+49 171 5556677", ["Berta Roth"]),
        ("#2", ["Berta Roth"]),
        ("crm-77", ["Ada Müller"]),
        ("spring", ["Ada Müller"]),
        ("typeform-7", ["Ada Müller"]),
        ("lead-7", ["Ada Müller"]),
        ("nobody", []),
        ("%", []),
        ("' OR 1=1 --", []),
        ("a\0b", []),
    ],
)
def test_a_text_finds_leads(people: Incoming, find: Find, text: str, found: list[str]) -> None:
    assert people
    assert find(text) == found


def test_ids_of_anything_of_a_lead_find_it(people: Incoming, find: Find) -> None:
    source = people.source("routed")
    target = people.target()
    people.route(source, target)
    submission = people.say(source, name="Dora")
    people.store()
    delivery = people.deliveries(target)[0]
    people.set(tables.deliveries, tables.deliveries.c.id == delivery.id, remote_id="remote 9")
    lead = people.leads()[-1]
    for text in (str(lead.id), lead.public_id, str(submission), str(delivery.id), "remote 9"):
        assert find(text) == ["Dora"], text
    assert find(str(uuid4())) == []
    for text in (str(lead.id), lead.public_id, str(submission), "#4", "4"):
        assert find(text, ids_only=True) == ["Dora"], text
    for text in ("Dora", "ada", "remote 9", "crm-77", "typeform-7", "030 123456"):
        assert find(text, ids_only=True) == [], text


def test_filters_restrict_alone_and_together(people: Incoming, find: Find) -> None:
    begin = people.clock.now() - timedelta(hours=2)
    first, second = (row.source_id for row in people.leads()[:2])
    for given, found in (
        ({"source": second}, ["Berta Roth"]),
        ({"source": first, "text": "ada", "kind": "real"}, ["Ada Müller"]),
        ({"kind": "test"}, ["Carla Ada"]),
        ({"kind": "real"}, ["Berta Roth", "Ada Müller"]),
        ({"kind": "partial"}, []),
        ({"kind": "archived"}, []),
        ({"statuses": ["open"], "kind": "real"}, ["Berta Roth", "Ada Müller"]),
        ({"statuses": ["won"]}, []),
        ({"since": begin + timedelta(minutes=1)}, ["Carla Ada", "Berta Roth"]),
        ({"until": begin + timedelta(hours=1)}, ["Ada Müller"]),
        ({"sent": "nowhere"}, ["Carla Ada", "Berta Roth", "Ada Müller"]),
        ({"sent": "failed"}, []),
        ({"project": uuid4()}, []),
    ):
        asked: dict[str, Any] = {"project": people.project} | given
        rows = lead_search.find(people.rt, Wanted(**asked)).rows
        assert [row["name"] for row in rows] == found, given


def test_leads_are_found_by_what_became_of_their_deliveries(acme: Incoming, find: Find) -> None:
    source = acme.source()
    targets = [acme.target(name) for name in ("crm", "partner")]
    for target in targets:
        acme.route(source, target)
    states = {
        "all": ("delivered", "delivered"),
        "half": ("delivered", "failed"),
        "late": ("delivered", "waiting"),
        "left": ("delivered", "skipped"),
    }
    for name, ends in states.items():
        acme.say(source, name=name)
        acme.store()
        for target, state in zip(targets, ends, strict=True):
            owed = acme.deliveries(target)[-1]
            acme.set(tables.deliveries, tables.deliveries.c.id == owed.id, state=state)
    assert find(sent="delivered") == ["left", "all"]
    assert find(sent="failed") == ["half"]
    assert find(sent="waiting") == ["late"]
    assert find(sent="skipped") == ["left"]
    assert find(sent="nowhere") == []
    _replay(acme, acme.deliveries(targets[1])[1])
    assert find(sent="failed") == []
    assert find(sent="delivered") == ["left", "half", "all"]


def _replay(acme: Incoming, failed: Any) -> None:
    """Let a failed one be sent again with success."""
    row = {**failed._mapping, "id": uuid4(), "replay": 1, "replay_of": failed.id}
    acme._add(tables.deliveries, **row | {"state": "delivered"})


def test_archived_leads_are_found_by_text_and_listed_where_asked_for(
    people: Incoming, find: Find
) -> None:
    with people.rt.database.write() as connection:
        archiving.archive(connection, [people.leads()[0].id], people.clock.now(), "gone")
    assert find() == ["Carla Ada", "Berta Roth"]
    assert find("muller") == ["Ada Müller"]
    assert find(kind="archived") == ["Ada Müller"]
    assert find("muller", kind="real") == ["Ada Müller"]


@pytest.mark.parametrize("wanted", [{}, {"text": "ada"}, {"kind": "real"}, {"text": "030 555"}])
def test_pages_follow_each_other_both_ways(acme: Incoming, wanted: dict[str, Any]) -> None:
    source = acme.source()
    for number in range(7):
        acme.say(source, name=f"Ada {number}", phone=f"030 555 {number}")
        acme.store()
        acme.clock.advance(number % 2)
    asked = Wanted(project=acme.project, **wanted)
    there = _pages(acme, asked, 3)
    assert [one for page in there for one in page] == [f"Ada {number}" for number in range(7)][::-1]
    lead = {row.name: row.id for row in acme.leads()}
    assert lead_search.neighbours(acme.rt, asked, lead["Ada 3"]) == (lead["Ada 4"], lead["Ada 2"])
    assert lead_search.neighbours(acme.rt, asked, lead["Ada 6"]) == (None, lead["Ada 5"])
    assert lead_search.neighbours(acme.rt, asked, lead["Ada 0"]) == (lead["Ada 1"], None)


def _pages(acme: Incoming, wanted: Wanted, limit: int) -> list[list[str]]:
    """The names of each page, which are the same on the way back."""
    pages = [lead_search.find(acme.rt, wanted, START, limit)]
    while pages[-1].older:
        pages.append(lead_search.find(acme.rt, wanted, Cursor(after=pages[-1].older), limit))
    back = [pages[-1]]
    while back[-1].newer:
        back.append(lead_search.find(acme.rt, wanted, Cursor(before=back[-1].newer), limit))
    names = [[row["name"] for row in page.rows] for page in pages]
    assert [[row["name"] for row in page.rows] for page in back] == names[::-1]
    return names


@pytest.mark.parametrize("wanted", [{"text": "ada"}, {"kind": "real"}])
def test_what_is_looked_at_together_is_bounded_and_said(
    acme: Incoming, wanted: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    source = acme.source()
    for number in range(10):
        acme.say(source, name=f"Ada {number}", test=number != 1)
        acme.store()
    monkeypatch.setattr(text_lookup, "MOST", 4)
    monkeypatch.setattr(text_lookup, "READ_FIRST", 4)
    monkeypatch.setattr(text_lookup, "ENOUGH", 3)
    monkeypatch.setattr(lead_search, "LOOKED_AT", 4)
    asked = Wanted(project=acme.project, **wanted | {"kind": "real"})
    page = lead_search.find(acme.rt, asked)
    steps = 1
    while page.older:
        assert page.cut or page.rows
        page = lead_search.find(acme.rt, asked, Cursor(after=page.older))
        steps += 1
        if page.rows:
            assert [row["name"] for row in page.rows] == ["Ada 1"]
            break
    assert page.rows
    assert steps == 3


def test_newer_ones_of_a_list_are_counted(people: Incoming) -> None:
    first = people.leads()[0].id
    for given, count in (({}, 2), ({"kind": "real"}, 1), ({"text": "ada"}, 1)):
        wanted = Wanted(project=people.project, **given)
        assert lead_search.newer(people.rt, wanted, first) == count, given


def test_leads_from_before_there_were_words_are_told_little_by_little(
    people: Incoming, find: Find, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(word_lists, "BATCH", 2)
    with people.rt.database.write() as connection:
        connection.execute(sa.delete(tables.word_lists))
        connection.execute(sa.insert(tables.walks).values(name=word_lists.WALK))
    assert find("leaks") == find("flat") == []
    assert not word_lists.told_all(people.rt)
    assert word_lists.catch_up(people.rt) == 2
    assert (find("leaks"), find("flat")) == (["Berta Roth"], [])
    people.say(people.source("new"), name="Dora", x="windmill")
    people.store()
    assert word_lists.catch_up(people.rt) == 1
    assert find("flat") == ["Ada Müller"]
    assert word_lists.told_all(people.rt)
    assert word_lists.catch_up(people.rt) == 0
    assert find("windmill") == ["Dora"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_without_an_index_words_are_found_all_the_same(people: Incoming, find: Find) -> None:
    with people.rt.database.write() as connection:
        for trigger in ("added", "removed", "changed"):
            connection.exec_driver_sql(f"DROP TRIGGER word_lists_{trigger}")
        connection.exec_driver_sql("DROP TABLE word_index")
    assert find("ada flat") == ["Ada Müller"]
    assert find("leaks") == ["Berta Roth"]
    assert find("030 123456") == ["Ada Müller"]


def test_a_changed_lead_is_found_by_what_it_says_now(acme: Incoming, find: Find) -> None:
    source = acme.source()
    acme.say(source, lead="one", name="Ada", Roof="thatched")
    acme.store()
    acme.say(source, lead="one", Roof="slated")
    acme.store()
    assert find("slated") == ["Ada"]
    assert find("thatched") == []


def test_a_removed_lead_leaves_no_words(acme: Incoming, find: Find) -> None:
    from relay.services.removing import remove_leads

    acme.say(acme.source(), name="Ada", Roof="thatched")
    acme.store()
    ids: list[UUID] = [row.id for row in acme.leads()]
    with acme.rt.database.write() as connection:
        remove_leads(connection, ids)
    assert find("thatched") == []
    assert acme.rows(tables.word_lists) == []
