"""What a text finds beside leads: what became none, whatever its state, and nothing once gone."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from relay.core.contract import Inbound
from relay.services import leadless, quarantine, received_around, retention, word_lists
from relay.services.ingest import turn_away
from relay.services.leadless import Other
from relay.store import tables
from tests.factories import Incoming

REFUSE_ALL = [{"reason": "no robots", "when": {}}]

Find = Callable[..., list[str]]


@pytest.fixture
def find(acme: Incoming) -> Find:
    """What became of those that a text finds, in the order of the alphabet."""

    def ask(text: str, lead_ids: Any = (), *, ids_only: bool = False) -> list[str]:
        word_lists.catch_up(acme.rt)
        found = leadless.about(acme.rt, acme.project, text, lead_ids, ids_only=ids_only).found
        return sorted(one.what for one in found)

    return ask


def test_every_state_is_found_and_says_why(acme: Incoming, find: Find) -> None:
    source, strict = acme.source(), acme.source("strict", refuse=REFUSE_ALL)
    acme.say(source, hold="honeypot", name="Ada Held", phone="030 / 123456")
    acme.say(strict, name="Ada Müller")
    acme.store()
    acme.say(source, name="Ada Underway")
    acme.post(source, '{"no letter": "Ada Unreadable", "tel": "030/123456"}')
    body = b'{"name": "Ada Knocked M\\u00fcller", "tel": "(030) 12 34 56"}'
    turn_away(acme.rt, source, Inbound(body=body), 401, "the signature is wrong")
    every = ["held", "quarantined", "received", "refused", "turned away"]
    assert find("ada") == every
    assert find("ADA muller") == ["refused", "turned away"]
    assert find("+49 30 123456") == ["held", "quarantined", "turned away"]
    assert find("nobody") == find("%") == find("") == find("a\0") == []
    assert [one["message"] for one in _of(acme, "ada", "refused").reasons] == ["no robots"]
    assert _of(acme, "ada", "turned away").reasons == ["the signature is wrong"]
    assert _of(acme, "ada", "held").source == "form"


def _of(acme: Incoming, text: str, what: str) -> Other:
    found = leadless.about(acme.rt, acme.project, text, ids_only=False).found
    return next(one for one in found if one.what == what)


def test_what_came_again_is_found_with_its_lead_and_by_its_event(
    acme: Incoming, find: Find
) -> None:
    source = acme.source()
    for _ in range(2):
        acme.say(source, event="typeform 7", name="Ada")
        acme.store()
    lead = acme.leads()[0].id
    assert find("ada", [lead]) == find("typeform 7") == ["duplicate"]
    found = leadless.about(acme.rt, acme.project, "typeform 7", ids_only=False).found[0]
    assert found.lead_id == lead
    assert find(str(found.id), ids_only=True) == ["duplicate"]


def test_by_ids_alone_nothing_else_is_found(acme: Incoming, find: Find) -> None:
    held = acme.say(acme.source(), hold="honeypot", name="Ada")
    assert find("ada", ids_only=True) == []
    assert find(str(held), ids_only=True) == ["held"]


def test_other_projects_have_their_own(acme: Incoming, find: Find) -> None:
    other = Incoming(acme.rt, "other")
    source = other.source()
    other.say(source, hold="honeypot", name="Ada")
    turn_away(other.rt, source, Inbound(body=b"Ada"), 401, "no")
    other.say(source, name="Ada")
    assert find("ada") == []
    held = other.rows(tables.submissions)[0]
    assert find(str(held.id)) == []


def test_what_was_released_is_found_as_what_it_is_now(acme: Incoming, find: Find) -> None:
    held = acme.say(acme.source(), hold="honeypot", name="Ada")
    assert find("ada") == ["held"]
    quarantine.release(acme.rt, [held], "test")
    assert acme.rows(tables.word_lists) == []
    acme.store()
    assert find("ada") == []
    assert [row.name for row in acme.leads()] == ["Ada"]


def test_words_of_a_body_go_with_the_body(acme: Incoming, find: Find) -> None:
    source = acme.source()
    acme.post(source, '{"no letter": "Ada"}')
    assert find("ada") == ["quarantined"]
    acme.clock.advance(timedelta(days=400).total_seconds())
    retention.retain(acme.rt)
    assert find("ada") == []
    assert acme.rows(tables.word_lists) == []


def test_only_so_many_requests_are_looked_at_and_that_is_said(
    acme: Incoming, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = acme.source()
    for number in range(3):
        turn_away(acme.rt, source, Inbound(body=f"Ada {number}".encode()), 401, "no")
    assert not leadless.about(acme.rt, acme.project, "ada", ids_only=False).refusals_cut
    monkeypatch.setattr(leadless, "REFUSALS_LOOKED_AT", 2)
    found = leadless.about(acme.rt, acme.project, "ada", ids_only=False)
    assert (len(found.found), found.refusals_cut) == (2, True)


def test_what_sources_received_around_a_time_is_counted(acme: Incoming) -> None:
    busy, quiet = acme.source("busy"), acme.source("quiet")
    gone = acme.source("gone")
    acme.set(tables.sources, tables.sources.c.id == gone.id, archived_at=acme.clock.now())
    begin = acme.clock.now()
    acme.say(quiet, name="Old")
    acme.clock.advance(7200)
    acme.say(busy, name="Ada")
    acme.say(busy, hold="honeypot", name="Berta")
    turn_away(acme.rt, busy, Inbound(body=b""), 401, "no")
    now = acme.clock.now()
    acme.store()
    found = received_around.around(
        acme.rt, acme.project, begin + timedelta(hours=1), now + timedelta(hours=1)
    )
    told = [(one.source["name"], dict(one.counts), one.last_at) for one in found.sources]
    assert told == [
        ("busy", {"stored": 1, "held": 1, "turned away": 1}, now),
        ("quiet", {}, begin),
    ]
    assert not found.cut


def test_a_sweep_tells_what_is_shelved(acme: Incoming) -> None:
    from relay.services.sweep import sweep

    acme.say(acme.source(), hold="honeypot", name="Ada")
    assert sweep(acme.rt).told == 1
    assert sweep(acme.rt).told == 0
    with acme.rt.database.read() as connection:
        words = connection.execute(sa.select(tables.word_lists.c.words)).scalar_one()
    assert words == "ada"
