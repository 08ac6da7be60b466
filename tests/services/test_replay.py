"""Sending again, bringing what a target never got, and calling off."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from relay.core.ids import new_id
from relay.services import missing, replay
from relay.services.filtering import Filter
from relay.services.replay import CalledOff, cancel, replay_all, replay_one, replayable
from relay.store import tables
from tests.conftest import SettableClock
from tests.factories import Incoming


@pytest.fixture
def delivery(acme: Incoming) -> Any:
    """A delivery that waits, with what made it at hand."""
    source, target = acme.source(), acme.target()
    acme.route(source, target)
    acme.say(source, lead="t", name="Ada")
    acme.store()
    acme.bell.rung.clear()
    return acme.deliveries()[0]


def _set(acme: Incoming, row: Any, **values: Any) -> None:
    acme.set(tables.deliveries, tables.deliveries.c.id == row.id, **values)


@pytest.mark.parametrize(
    "state",
    ["delivered", "ignored", "failed", "expired", "superseded", "skipped", "cancelled"],
)
def test_what_has_ended_goes_again_as_a_delivery_of_its_own(
    acme: Incoming, clock: SettableClock, delivery: Any, state: str
) -> None:
    acme.settle(delivery.id, state)
    clock.advance(60)
    going = replay_one(acme.rt, delivery.id, "test")
    old, new = acme.deliveries()
    assert (old.id, old.state) == (delivery.id, state), "what has ended stays as it ended"
    assert (new.id, new.replay_of, new.replay) == (going, delivery.id, 1)
    assert (new.state, new.trigger, new.due_at) == ("waiting", "replay", clock.now())
    assert (new.lead_id, new.version, new.target_id) == (old.lead_id, old.version, old.target_id)
    assert (new.attempts, new.tries, new.event) == (0, 0, "created")
    assert acme.bell.rung == [str(delivery.target_id)]
    acme.settle(new.id, "failed")
    replay_one(acme.rt, delivery.id, "test")
    assert [row.replay for row in acme.deliveries()] == [0, 1, 2]
    assert acme.balanced()


def test_what_still_waits_goes_at_once_under_its_own_key(
    acme: Incoming, clock: SettableClock, delivery: Any
) -> None:
    _set(acme, delivery, due_at=clock.now() + timedelta(hours=5), attempts=3)
    assert replay_one(acme.rt, delivery.id, "test") == delivery.id
    [row] = acme.deliveries()
    assert (row.due_at, row.trigger, row.attempts) == (clock.now(), "manual", 3)
    assert acme.balanced()


def test_what_is_being_sent_is_left_alone(acme: Incoming, delivery: Any) -> None:
    _set(acme, delivery, state="sending")
    before = acme.deliveries()
    replay_one(acme.rt, delivery.id, "test")
    assert cancel(acme.rt, Filter(delivery=delivery.id), "test") == CalledOff(0, 1)
    assert acme.deliveries() == before


def test_what_is_not_there_cannot_go(acme: Incoming) -> None:
    assert replay_one(acme.rt, new_id(), "test") is None
    assert acme.bell.rung == []


def test_a_replay_keeps_the_lead_s_own_time(acme: Incoming, clock: SettableClock) -> None:
    """A target that takes nothing older than an hour takes no replay of it either."""
    source, target = acme.source(), acme.target(kind="hasty")
    acme.route(source, target)
    received = clock.now()
    acme.say(source, name="Ada")
    acme.store()
    acme.settle(acme.deliveries()[0].id, "failed")
    clock.advance(1800)
    replay_one(acme.rt, acme.deliveries()[0].id, "test")
    assert acme.deliveries()[1].expires_at == received + timedelta(hours=1)


def test_all_that_a_filter_names_go_again(acme: Incoming, monkeypatch: Any) -> None:
    monkeypatch.setattr("relay.services.replay.BATCH", 4)
    source, crm, other = acme.source(), acme.target("crm"), acme.target("other")
    acme.route(source, crm)
    acme.route(source, other)
    for number in range(10):
        acme.say(source, name=f"Ada {number}")
    acme.store()
    for row in acme.deliveries(crm)[:9]:
        acme.settle(row.id, "failed")
    wanted = Filter(target=crm, states=("failed",))
    assert replayable(acme.rt, wanted).going == {"failed": 9}
    told: list[int] = []
    acme.bell.rung.clear()
    assert replay_all(acme.rt, wanted, "test", told.append) == 9
    assert sum(told) == 9
    assert set(acme.bell.rung) == {str(crm)}
    assert len([row for row in acme.deliveries(crm) if row.replay == 1]) == 9
    assert len(acme.deliveries(other)) == 10
    assert acme.balanced()


def test_a_replay_of_everything_does_not_replay_its_own_replays(
    acme: Incoming, delivery: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr("relay.services.replay.BATCH", 1)
    acme.settle(delivery.id, "failed")
    assert replay_all(acme.rt, Filter(), "test") == 1
    assert len(acme.deliveries()) == 2


def _two_versions(acme: Incoming, delivery: Any, older: str, newer: str) -> list[Any]:
    """The deliveries of two versions of one lead to one target, in these states."""
    acme.settle(delivery.id, older)
    acme.say(acme.reread(delivery.source_id), lead="t", name="Bea")
    acme.store()
    last = acme.deliveries()[-1]
    if newer in {"waiting", "sending"}:
        _set(acme, last, state=newer)
    else:
        acme.settle(last.id, newer)
    return acme.deliveries()


@pytest.mark.parametrize(
    ("older", "newer", "goes"),
    [
        (older, newer, False)
        for older in ("failed", "expired", "cancelled")
        for newer in ("waiting", "sending", "delivered")
    ]
    + [("delivered", "waiting", False), ("delivered", "sending", False)]
    + [("delivered", "delivered", True), ("failed", "failed", True), ("failed", "skipped", True)],
)
def test_many_go_again_without_what_a_newer_version_has_overtaken(
    acme: Incoming, delivery: Any, older: str, newer: str, goes: bool
) -> None:
    """Else the old record would come last and undo the new one. Who names it alone, gets it."""
    before = _two_versions(acme, delivery, older, newer)
    wanted = Filter(delivery=before[0].id)
    found = replayable(acme.rt, wanted)
    assert (sum(found.going.values()), found.left) == (int(goes), 1 - goes)
    assert replay_all(acme.rt, wanted, "test") == int(goes)
    assert len(acme.deliveries()) == 2 + goes
    replay_one(acme.rt, before[0].id, "test")
    assert len(acme.deliveries()) == 3 + goes
    assert acme.balanced()


def test_a_newer_version_at_another_target_overtakes_nothing(acme: Incoming, delivery: Any) -> None:
    other = acme.target("other")
    acme.route(acme.reread(delivery.source_id), other)
    for row in _two_versions(acme, delivery, "failed", "delivered"):
        acme.settle(row.id, "delivered" if row.target_id == other else "failed")
    wanted = Filter(target=delivery.target_id)
    assert replay_all(acme.rt, wanted, "test") == 2


def test_a_version_that_is_owed_meanwhile_overtakes_what_was_to_go(
    acme: Incoming, delivery: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    acme.settle(delivery.id, "failed")
    batches = replay._batches

    def slowly(*arguments: Any) -> Any:
        for rows in batches(*arguments):
            acme.say(acme.reread(delivery.source_id), lead="t", name="Bea")
            acme.store()
            yield rows

    monkeypatch.setattr(replay, "_batches", slowly)
    assert replay_all(acme.rt, Filter(states=("failed",)), "test") == 0
    assert [row.version for row in acme.deliveries()] == [1, 2]


@pytest.mark.parametrize("batch", [1, 500])
def test_versions_of_one_lead_go_again_in_their_order(
    acme: Incoming, delivery: Any, batch: int, monkeypatch: Any
) -> None:
    """As after an outage: else the older version might arrive last and stay."""
    monkeypatch.setattr("relay.services.replay.BATCH", batch)
    source = acme.reread(delivery.source_id)
    acme.settle(delivery.id, "failed")
    acme.say(source, lead="t", name="Bea")
    acme.store()
    acme.settle(acme.deliveries()[-1].id, "failed")
    assert replay_all(acme.rt, Filter(states=("failed",)), "test") == 2
    first, second = acme.deliveries()[2:]
    assert (first.version, first.after_id) == (1, None)
    assert (second.version, second.after_id) == (2, first.id)


def test_a_replay_that_waits_behind_one_that_fails_goes_as_created(
    acme: Incoming, clock: SettableClock, delivery: Any
) -> None:
    """Also where that version was sent as `created` before: no two may have one key."""
    source = acme.reread(delivery.source_id)
    acme.say(source, lead="t", name="Bea")
    acme.store()
    for row in acme.deliveries():
        acme.settle(row.id, "failed")
    missing.bring(acme.rt, delivery.target_id, "test")
    acme.settle(acme.deliveries()[-1].id, "failed")
    replay_all(acme.rt, Filter(states=("failed",)), "test")
    first, second, third = [row for row in acme.deliveries() if row.state == "waiting"]
    assert [row.event for row in (first, second, third)] == ["created", "updated", "created"]
    cancel(acme.rt, Filter(delivery=first.id), "test")
    assert acme.rows(tables.deliveries, tables.deliveries.c.id == second.id)[0].event == "created"
    assert acme.balanced()


def test_cancel_calls_off_what_waits_and_keeps_the_lead(
    acme: Incoming, clock: SettableClock, delivery: Any
) -> None:
    acme.say(acme.reread(delivery.source_id), lead="t", company="Works")
    acme.store()
    assert cancel(acme.rt, Filter(delivery=delivery.id), "test", "not any more") == CalledOff(1, 0)
    first, second = acme.deliveries()
    assert (first.state, first.reason) == ("cancelled", "not any more")
    assert first.settled_at == clock.now()
    assert (second.state, second.event) == ("waiting", "created"), "the target knows nothing yet"
    assert len(acme.leads()) == 1
    assert cancel(acme.rt, Filter(states=("cancelled",)), "test") == CalledOff(0, 0)
    assert acme.balanced()


# --- what a target never got ----------------------------------------------------------------------


def _names(acme: Incoming, target: UUID) -> list[str]:
    leads = {lead.id: lead.name for lead in acme.leads()}
    return [leads[row.lead_id] for row in acme.deliveries(target)]


def test_a_new_target_gets_the_leads_that_its_routes_would_send(
    acme: Incoming, monkeypatch: Any
) -> None:
    monkeypatch.setattr("relay.services.missing.BATCH", 2)
    source, elsewhere = acme.source(), acme.source("elsewhere")
    for number in range(5):
        acme.say(source, name=f"Ada {number}", email=f"ada{number}@example.com")
    acme.say(source, name="No mail")
    acme.say(source, name="Test", email="t@example.com", test=True)
    acme.say(source, name="Partial", email="p@example.com", partial=True)
    acme.say(elsewhere, name="Stranger", email="s@example.com")
    acme.store()
    target = acme.target()
    has_email = {"properties": {"contact": {"required": ["email"]}}}
    route = acme.route(source, target, when=has_email)
    told: list[int] = []
    assert missing.count(acme.rt, target) == 5
    assert acme.deliveries() == [], "counting changes nothing"
    acme.bell.rung.clear()
    assert missing.bring(acme.rt, target, "test", progress=told.append) == 5
    assert sum(told) == 5
    assert acme.bell.rung == [str(target)]
    assert _names(acme, target) == [f"Ada {number}" for number in range(5)]
    for row in acme.deliveries():
        assert (row.event, row.state, row.trigger) == ("created", "waiting", "replay")
        assert row.route_id == route
    assert missing.bring(acme.rt, target, "test") == 0
    assert acme.balanced()


@pytest.mark.parametrize(
    ("state", "goes"),
    [("failed", True), ("expired", True), ("skipped", True), ("cancelled", True)]
    + [(state, False) for state in ("waiting", "sending", "delivered", "ignored")],
)
def test_never_got_means_neither_there_nor_on_its_way(
    acme: Incoming, delivery: Any, state: str, goes: bool
) -> None:
    if state in {"waiting", "sending"}:
        _set(acme, delivery, state=state)
    else:
        acme.settle(delivery.id, state)
    assert missing.count(acme.rt, delivery.target_id) == int(goes)
    assert missing.bring(acme.rt, delivery.target_id, "test") == int(goes)
    assert len(acme.deliveries()) == 1 + goes
    assert acme.balanced()


def test_missing_leads_go_in_their_newest_version_and_can_be_narrowed(
    acme: Incoming, clock: SettableClock
) -> None:
    source, other = acme.source(), acme.source("other")
    acme.say(source, lead="old", name="Old")
    acme.say(source, lead="old", company="Works")
    acme.store()
    clock.advance(3600)
    since = clock.now()
    acme.say(source, name="New")
    acme.say(other, name="Other")
    acme.store()
    target = acme.target()
    for one in (source, other):
        acme.route(one, target)
    assert missing.count(acme.rt, target) == 3
    assert missing.count(acme.rt, target, since) == 2
    assert missing.bring(acme.rt, target, "test", since, source.id) == 1
    assert _names(acme, target) == ["New"]
    missing.bring(acme.rt, target, "test")
    old = next(lead for lead in acme.leads() if lead.name == "Old")
    [row] = [row for row in acme.deliveries() if row.lead_id == old.id]
    assert row.version == 2
    acme.say(source, lead="old", topic="roof")
    acme.store()
    last = acme.deliveries()[-1]
    assert (last.event, last.after_id) == ("updated", row.id)
    assert acme.balanced()


def test_missing_leads_go_by_the_rules_of_their_sources_and_routes(acme: Incoming) -> None:
    source = acme.source(options={"forward_tests": True, "forward_partials": True})
    acme.say(source, name="Test", test=True)
    acme.say(source, name="Partial", partial=True)
    acme.store()
    crm, updates = acme.target("crm"), acme.target("updates")
    acme.route(source, crm)
    acme.route(source, updates, on=("updated",))
    assert missing.count(acme.rt, updates) == 0
    assert missing.bring(acme.rt, crm, "test") == 2


def test_a_lead_that_several_sources_brought_goes_by_the_route_of_any(acme: Incoming) -> None:
    joins = {"match": {"by": ["email"]}}
    first, second = acme.source(options=joins), acme.source("second", options=joins)
    for source in (first, second):
        acme.say(source, name=source.name, email="ada@example.com")
        acme.store()
    target = acme.target()
    route = acme.route(second, target)
    assert missing.bring(acme.rt, target, "test") == 1
    [row] = acme.deliveries()
    assert (row.route_id, row.source_id, row.version) == (route, second.id, 2)
    assert acme.balanced()


def test_what_a_worker_stores_meanwhile_is_not_brought_twice(acme: Incoming) -> None:
    source, target = acme.source(), acme.target()
    acme.say(source, lead="t", name="Ada")
    acme.store()
    acme.route(source, target)
    [rows] = missing._batches(acme.rt, target, None, None)
    acme.say(source, lead="t", company="Works")
    acme.store()
    assert missing._owe(acme.rt, target, rows) == 0
    assert len(acme.deliveries()) == 1
    assert acme.balanced()
