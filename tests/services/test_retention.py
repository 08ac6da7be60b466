"""Retention: contents go by their own age, counts stay, and what is owed is never touched."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from relay.core.contract import Inbound
from relay.services.ingest import turn_away
from relay.services.ledger import Span, ledger
from relay.services.retention import Retained, retain
from relay.store import tables
from tests.conftest import SettableClock
from tests.factories import Bell, Incoming, catalog

DAY = 86400


@pytest.fixture
def keeping(make_runtime: Any) -> Any:
    """Makes a project on a relay that keeps things for so many days."""

    def make(bodies: int = 0, attempts: int = 0, leads: int = 0) -> Incoming:
        settings = {
            "RELAY_KEEP_BODIES_DAYS": str(bodies),
            "RELAY_KEEP_ATTEMPTS_DAYS": str(attempts),
            "RELAY_KEEP_LEADS_DAYS": str(leads),
        }
        return Incoming(make_runtime(settings, queue=Bell(), catalog=catalog()))

    return make


def _delivered(acme: Incoming, **letter: Any) -> Any:
    """One lead that was delivered; its source."""
    source, target = acme.source(), acme.target()
    acme.route(source, target)
    acme.say(source, **letter)
    acme.store()
    acme.settle(acme.deliveries()[0].id, "delivered")
    return source


def test_zero_days_keep_everything(keeping: Any, clock: SettableClock) -> None:
    acme = keeping()
    _delivered(acme, name="Ada")
    clock.advance(DAY * 5000)
    assert retain(acme.rt) == Retained(0, 0, 0, 0, 0)
    assert acme.rows(tables.bodies)[0].body


def test_raw_bodies_are_blanked_by_their_age(keeping: Any, clock: SettableClock) -> None:
    acme = keeping(bodies=3)
    source = _delivered(acme, name="Ada")
    sha256 = acme.rows(tables.bodies)[0].sha256
    turn_away(acme.rt, source, Inbound(body=b"refused"), 401, "bad signature")
    clock.advance(DAY * 3)
    acme.say(source, name="Young")
    assert retain(acme.rt).bodies == 0
    clock.advance(1)
    found = retain(acme.rt)
    assert (found.bodies, found.turned_away, found.leads) == (1, 1, 0)
    old, young = acme.rows(tables.bodies)
    assert (old.body, old.headers, old.query, old.address) == (b"", {}, "[]", "")
    assert (old.blanked_at, old.sha256, old.parts) == (clock.now(), sha256, 1)
    assert young.body
    assert acme.leads()[0].name == "Ada", "the lead has an age of its own"
    assert retain(acme.rt).bodies == 0, "once is enough"
    assert acme.balanced()


def test_attempts_are_blanked_by_their_age(keeping: Any, clock: SettableClock) -> None:
    acme = keeping(attempts=2)
    _delivered(acme, name="Ada")
    acme.set(tables.attempts, sa.true(), exchanges=[{"request": "ada@example.com"}])
    clock.advance(DAY * 2 + 1)
    assert retain(acme.rt).attempts == 1
    [attempt] = acme.rows(tables.attempts)
    assert (attempt.exchanges, attempt.outcome) == ([], "delivered")
    assert acme.balanced()


def test_leads_go_with_all_that_hangs_on_them_and_stay_counted(
    keeping: Any, clock: SettableClock
) -> None:
    acme = keeping(leads=10)
    source = _delivered(acme, event="e", lead="t", name="Ada")
    acme.say(source, event="e", lead="t", name="Ada")
    day = clock.now().date()
    clock.advance(DAY * 9)
    acme.say(source, event="e", lead="t", name="Ada")  # a repeat that is younger
    young = acme.say(source, name="Young")
    acme.store()
    acme.settle(acme.deliveries()[-1].id, "failed")
    before = ledger(acme.rt)
    clock.advance(DAY + 1)
    found = retain(acme.rt)
    assert (found.leads, found.submissions) == (1, 0)
    assert [lead.name for lead in acme.leads()] == ["Young"]
    assert [row.id for row in acme.rows(tables.submissions)] == [young]
    for table in (tables.bodies, tables.lead_versions, tables.deliveries):
        assert len(acme.rows(table)) == 1
    assert acme.rows(tables.event_keys) == []
    counts = {(row.day, row.what, row.state): row.count for row in acme.rows(tables.ledger_days)}
    assert counts[day, "submissions", "stored"] == 1
    assert counts[day, "submissions", "duplicate"] == 1
    assert counts[day, "deliveries", "delivered"] == 1
    after = ledger(acme.rt)
    assert (after.received, after.owed) == (before.received, before.owed)
    assert (after.submissions, after.deliveries) == (before.submissions, before.deliveries)
    assert after.gaps == []


def test_an_event_that_comes_again_after_its_first_is_gone_is_new(
    keeping: Any, clock: SettableClock
) -> None:
    acme = keeping(leads=10)
    source = _delivered(acme, event="e", name="Ada")
    clock.advance(DAY * 11)
    retain(acme.rt)
    acme.say(source, event="e", name="Ada")
    acme.store()
    assert acme.states() == {"stored": 1}
    assert acme.balanced()


def test_a_lead_that_still_owes_stays(keeping: Any, clock: SettableClock) -> None:
    acme = keeping(leads=1)
    source, target = acme.source(), acme.target()
    acme.route(source, target)
    acme.say(source, name="Ada")
    acme.store()
    clock.advance(DAY * 5)
    assert retain(acme.rt).leads == 0
    acme.settle(acme.deliveries()[0].id, "delivered")
    assert retain(acme.rt).leads == 1
    assert acme.balanced()


def test_an_old_lead_that_was_updated_lately_stays_whole(
    keeping: Any, clock: SettableClock
) -> None:
    acme = keeping(leads=10)
    source = _delivered(acme, lead="t", name="Ada")
    clock.advance(DAY * 9)
    acme.say(source, lead="t", company="Works")
    acme.store()
    acme.settle(acme.deliveries()[-1].id, "delivered")
    clock.advance(DAY * 5)
    assert retain(acme.rt).leads == 0
    assert len(acme.rows(tables.submissions)) == 2
    clock.advance(DAY * 6)
    assert retain(acme.rt).leads == 1
    assert acme.rows(tables.submissions) == acme.rows(tables.bodies) == []
    assert acme.balanced()


@pytest.mark.parametrize("how", ["equal", "same person"])
def test_what_was_said_again_lately_keeps_the_old_lead(
    keeping: Any, clock: SettableClock, how: str
) -> None:
    """Else what came today would be gone within the hour, with the lead that it belongs to."""
    acme = keeping(leads=10)
    source = acme.source(options={"match": {"by": ["email"], "then": "skip"}})
    says = {"name": "Ada", "email": "ada@example.com", "lead": "t"}
    acme.say(source, event="e", **says)
    acme.store()
    clock.advance(DAY * 20)
    again: dict[str, dict[str, Any]] = {
        "equal": {**says, "event": "f"},
        "same person": {"email": "ada@example.com", "name": "Countess", "event": "f"},
    }
    acme.say(source, **again[how])
    acme.store()
    assert retain(acme.rt).leads == 0
    assert len(acme.rows(tables.submissions)) == 2
    clock.advance(DAY * 11)
    assert retain(acme.rt).leads == 1
    assert acme.rows(tables.submissions) == []
    assert acme.balanced()


def test_what_became_no_lead_goes_by_its_age(keeping: Any, clock: SettableClock) -> None:
    acme = keeping(leads=10)
    source = acme.source(refuse=[{"reason": "never", "when": True}])
    acme.say(source, name="Ada")
    acme.store()
    acme.post(source, b"{not json")
    acme.say(source, name="Robot", hold="honeypot")
    clock.advance(DAY * 11)
    waiting = acme.say(source, name="Just come")
    old = acme.say(source, name="Nobody stored it")
    acme.set(
        tables.submissions,
        tables.submissions.c.id == old,
        received_at=clock.now() - timedelta(days=20),
    )
    body = acme.submission(old).body_id
    acme.set(
        tables.bodies,
        tables.bodies.c.id == body,
        received_at=clock.now() - timedelta(days=20),
    )
    assert retain(acme.rt).submissions == 3
    assert [row.id for row in acme.rows(tables.submissions)] == [waiting, old]
    assert acme.balanced()


def test_a_body_stays_as_long_as_one_of_its_parts(keeping: Any, clock: SettableClock) -> None:
    acme = keeping(leads=10)
    source = acme.source()
    acme.post(source, [{"says": {"name": "Ada"}, "lead": "a"}, {"says": {"name": "Bob"}}])
    acme.store()
    clock.advance(DAY * 9)
    acme.say(source, lead="a", company="Works")
    acme.store()
    clock.advance(DAY * 2)
    assert retain(acme.rt).leads == 1
    assert [body.parts for body in acme.rows(tables.bodies)] == [1, 1]
    half_a_day = Span(since=clock.now() - timedelta(days=11, hours=1))
    assert ledger(acme.rt, half_a_day).gaps == []
    assert acme.balanced()


def test_the_ledger_of_a_day_knows_what_was_removed(keeping: Any, clock: SettableClock) -> None:
    acme = keeping(leads=1)
    midnight = clock.now().replace(hour=0)
    _delivered(acme, name="Ada")
    clock.advance(DAY * 3)
    retain(acme.rt)
    whole = ledger(acme.rt, Span(since=midnight, until=midnight + timedelta(days=1)))
    assert (whole.received, whole.owed, whole.deliveries["delivered"]) == (1, 1, 1)
    after_noon = ledger(acme.rt, Span(since=midnight + timedelta(hours=1)))
    assert (after_noon.received, after_noon.gaps) == (0, [])
    assert ledger(acme.rt, Span(project=acme.project)).received == 1


def test_it_goes_in_batches_and_tells(
    keeping: Any, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("relay.services.retention.BATCH", 4)
    acme = keeping(bodies=1, attempts=1, leads=2)
    source, target = acme.source(), acme.target()
    acme.route(source, target)
    for number in range(10):
        acme.say(source, name=f"Ada {number}", test=True)
    acme.store()
    clock.advance(DAY * 1 + 1)
    told: list[int] = []
    assert retain(acme.rt, told.append).bodies == 10
    assert max(told) == 4
    clock.advance(DAY * 2)
    acme.say(source, name="Young")
    acme.store()
    assert retain(acme.rt).leads == 10
    assert len(acme.leads()) == 1
    assert acme.balanced()
