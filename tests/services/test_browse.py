"""What people look at: lists by filter and page, the search, the chain of one lead, the newest."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from relay.core.ids import new_id
from relay.services import browse, inventory, search, searching, trace, watch
from relay.services.browse import Cursor
from relay.services.filtering import Filter
from relay.store import tables
from tests.services.outgoing import Outgoing

NOBODY = new_id()


def named(out: Outgoing, **columns: Any) -> UUID:
    """A lead with searchable columns."""
    lead = out.lead()
    with out.rt.database.write() as connection:
        update = sa.update(tables.leads).where(tables.leads.c.id == lead).values(**columns)
        row = connection.execute(update.returning(*tables.leads.c)).mappings().one()
        searching.keep(connection, [row])
    return lead


def walked(ask: Callable[[Cursor], browse.Page]) -> list[UUID]:
    """The ids of all pages, by the way back and forth between them."""
    pages = [ask(browse.START)]
    while pages[-1].older:
        pages.append(ask(Cursor(after=pages[-1].older)))
    there = [[row["id"] for row in page.rows] for page in pages]
    back = [pages[-1]]
    while back[-1].newer:
        back.append(ask(Cursor(before=back[-1].newer)))
    assert [[row["id"] for row in page.rows] for page in back] == there[::-1]
    assert (pages[0].newer, back[-1].newer) == (None, None)
    return [one for page in there for one in page]


@pytest.mark.parametrize("count", [0, 1, 4, 5, 6, 10, 11])
def test_pages_of_deliveries_are_whole_both_ways(out: Outgoing, count: int) -> None:
    target = out.target("http://127.0.0.1:9/")
    made = [out.owe(target) for _ in range(count)]
    wanted = Filter(project=out.project)
    assert walked(lambda at: browse.deliveries(out.rt, wanted, at, 5)) == made[::-1]


def test_pages_of_leads_and_shelves_are_whole_both_ways(out: Outgoing) -> None:
    leads = [out.lead() for _ in range(7)]
    shelved = [submission(out, state="quarantined") for _ in range(7)]
    held = submission(out, state="held")
    assert walked(lambda at: browse.leads(out.rt, out.project, cursor=at, limit=3)) == leads[::-1]
    found = walked(lambda at: browse.quarantine(out.rt, out.project, at, 3))
    assert found == shelved[::-1]
    assert [row["id"] for row in browse.shelved(out.rt, None, "held").rows] == [held]


def test_a_page_does_not_move_when_something_arrives(out: Outgoing) -> None:
    target = out.target("http://127.0.0.1:9/")
    made = [out.owe(target) for _ in range(4)]
    wanted = Filter(project=out.project)
    first = browse.deliveries(out.rt, wanted, limit=2)
    out.owe(target)
    second = browse.deliveries(out.rt, wanted, Cursor(after=first.older), 2)
    assert [row["id"] for row in second.rows] == made[1::-1]


def test_each_filter_restricts_and_all_together_too(out: Outgoing) -> None:
    crm, other = out.target("http://127.0.0.1:9/"), out.target("http://127.0.0.1:9/")
    start = out.rt.clock.now()
    old = out.owe(crm, state="failed", reason="answered 422", created_at=start)
    new = out.owe(other, state="waiting", created_at=start + timedelta(hours=1))
    lead = out.row(old).lead_id

    def found(**wanted: Any) -> list[UUID]:
        page = browse.deliveries(out.rt, Filter(**wanted))
        return [row["id"] for row in page.rows]

    assert found() == found(project=out.project) == [new, old]
    assert found(project=NOBODY) == []
    assert found(states=["failed"]) == found(target=crm) == found(lead=lead) == [old]
    assert found(states=["failed", "waiting"]) == found(source=out.source) == [new, old]
    assert found(delivery=new) == found(since=start + timedelta(minutes=1)) == [new]
    assert found(until=start + timedelta(hours=1)) == found(text="ANSWERED 4") == [old]
    assert found(target=crm, states=["waiting"]) == []


def test_a_row_names_its_lead_ends_and_lane(out: Outgoing) -> None:
    target = out.target("http://127.0.0.1:9/", name="CRM")
    lead = named(out, name="Ada Example", email="ada@example.com", number=41)
    out.owe(target, lead=lead)
    now = out.rt.clock.now()
    with out.rt.database.write() as connection:
        connection.execute(sa.update(tables.lanes).values(paused_at=now, pause="manual"))
    row = browse.deliveries(out.rt, Filter()).rows[0]
    assert (row["lead_name"], row["lead_number"]) == ("Ada Example", 41)
    assert (row["source"], row["target"], row["pause"], row["paused_at"]) == (
        "site",
        "CRM",
        "manual",
        now,
    )


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ada", True),
        ("ADA@EXAMPLE", True),
        ("works", True),
        ("+49 30 901820", True),
        ("030/90 18 20", True),
        ("0049 (30) 901820", True),
        ("#41", True),
        ("41", True),
        ("lead_public", True),
        ("lead_pub", False),
        ("4", False),
        ("%", False),
        ("_da", False),
        ("Ada'; DROP TABLE leads", False),
        ("99999999999999999999999999", False),
        ("\\", False),
    ],
)
def test_words_find_a_lead(out: Outgoing, text: str, found: bool) -> None:
    lead = named(
        out,
        name="Ada Example",
        email="ada@example.com",
        phone="+4930901820",
        company="Example Works",
        number=41,
        public_id="lead_public",
    )
    named(out, name="Berta", number=42)
    rows = browse.leads(out.rt, out.project, text=text).rows
    assert [row["id"] for row in rows] == ([lead] if found else [])


@pytest.mark.parametrize("text", ["groß", "JÜRGEN", "gross"])
def test_umlauts_are_found_in_any_case(out: Outgoing, text: str) -> None:
    lead = named(out, name="Jürgen Groß")
    assert [row["id"] for row in browse.leads(out.rt, out.project, text=text).rows] == [lead]


def test_words_that_many_leads_hold_find_the_same(
    out: Outgoing, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [named(out, name=f"Ada {number}") for number in range(4)]
    for few in (4, 3):
        monkeypatch.setattr(search, "FEW", few)
        rows = browse.leads(out.rt, out.project, text="ada").rows
        assert [row["id"] for row in rows] == ids[::-1]


def test_the_chain_holds_everything_of_one_lead_and_nothing_else(out: Outgoing) -> None:
    target = out.target("http://127.0.0.1:9/")
    lead, other = out.lead(versions=3), out.lead()
    arrived = submission(out, lead_id=lead)
    submission(out, lead_id=other)
    first, second = out.owe(target, lead=lead), out.owe(target, lead=lead, version=2)
    out.owe(target, lead=other)
    out.forward(target)
    chain = trace.lead_chain(out.rt, lead)
    assert chain is not None
    assert [row["id"] for row in chain.submissions] == [arrived]
    assert chain.submissions[0]["raw"] == b"raw"
    assert [row["version"] for row in chain.versions] == [1, 2, 3]
    assert [row["id"] for row in chain.deliveries] == [first, second]
    made = [len(row["attempts_made"]) for row in chain.deliveries]
    assert made == [len(out.attempts(first)), len(out.attempts(second))]
    assert made[0] == 1
    assert trace.lead_chain(out.rt, NOBODY) is None


def test_a_long_chain_shows_its_newest_part(out: Outgoing) -> None:
    lead = out.lead(versions=trace.AT_MOST + 5)
    chain = trace.lead_chain(out.rt, lead)
    assert chain is not None
    assert [row["version"] for row in chain.versions] == list(range(6, trace.AT_MOST + 6))


def test_a_chain_holds_the_beginning_of_long_bodies_and_a_submission_all(out: Outgoing) -> None:
    lead = out.lead()
    arrived = submission(out, lead_id=lead)
    body = b"\xff" + b"x" * trace.BODY_AT_MOST
    with out.rt.database.write() as connection:
        connection.execute(sa.update(tables.bodies).values(body=body))
    chain, alone = trace.lead_chain(out.rt, lead), trace.submission(out.rt, arrived)
    assert chain is not None
    assert alone is not None
    assert chain.submissions[0]["raw"] == body[: trace.BODY_AT_MOST]
    assert alone["raw"] == body


def test_counting_stops_where_it_would_cost(out: Outgoing, monkeypatch: pytest.MonkeyPatch) -> None:
    target = out.target("http://127.0.0.1:9/")
    for _ in range(3):
        out.owe(target)
    submission(out, state="quarantined")
    assert inventory.shelf_counts(out.rt, out.project) == {"quarantined": 1, "held": 0}
    assert inventory.shelf_counts(out.rt, NOBODY) == {"quarantined": 0, "held": 0}
    monkeypatch.setattr(inventory, "COUNTED", 2)
    assert inventory.targets_of(out.rt, out.project)[0]["waiting"] == 2


def test_the_newest_arrival_is_told_with_what_became_of_it(out: Outgoing) -> None:
    nothing = watch.newest_arrival(out.rt, out.source)
    assert (nothing.submission, nothing.refusal, nothing.finished) == (None, None, False)
    lead = named(out, name="Ada Example")
    submission(out, lead_id=lead)
    open_ = out.owe(out.target("http://127.0.0.1:9/", name="CRM"), lead=lead)
    arrival = watch.newest_arrival(out.rt, out.source)
    assert arrival.submission is not None
    assert arrival.submission["name"] == "Ada Example"
    assert [row["target"] for row in arrival.deliveries] == ["CRM"]
    assert not arrival.finished
    out.change(open_, state="delivered")
    ended = watch.newest_arrival(out.rt, out.source)
    assert ended.finished
    assert len({nothing.seen, arrival.seen, ended.seen}) == 3
    assert ended.seen == watch.newest_arrival(out.rt, out.source).seen


def submission(out: Outgoing, **columns: Any) -> UUID:
    """A submission with its body."""
    submission_id, body_id, now = new_id(), new_id(), out.rt.clock.now()
    common = {"project_id": out.project, "source_id": out.source, "received_at": now}
    body = {
        "id": body_id,
        "method": "POST",
        "query": "",
        "headers": {},
        "body": b"raw",
        "sha256": "",
        "size": 3,
        "address": "192.0.2.1",
        "parts": 1,
    }
    row = {
        "id": submission_id,
        "body_id": body_id,
        "position": 0,
        "state": "stored",
        "warnings": [],
        "reasons": [],
    }
    with out.rt.database.write() as connection:
        connection.execute(sa.insert(tables.bodies).values(**common, **body))
        connection.execute(sa.insert(tables.submissions).values(**{**common, **row, **columns}))
    return submission_id
