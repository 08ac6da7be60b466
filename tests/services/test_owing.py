"""What is owed: one delivery per target or a skip with its reason, in an order that makes sense."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from relay.core.ids import new_id
from relay.services import configured
from relay.services.claim import claim
from relay.services.deliveries import end
from relay.services.quarantine import release
from relay.store import tables
from tests.conftest import SettableClock
from tests.factories import Incoming

HAS_EMAIL = {"properties": {"contact": {"required": ["email"]}}, "required": ["contact"]}


def _told(acme: Incoming, target: UUID | None = None) -> list[tuple[str, str, int]]:
    return [(row.event, row.state, row.version) for row in acme.deliveries(target)]


def _end(acme: Incoming, delivery_id: UUID, state: str) -> None:
    with acme.rt.database.write() as connection:
        assert end(connection, [delivery_id], state, "by the test", acme.clock.now()) == 1


def test_each_target_gets_one_delivery(acme: Incoming, clock: SettableClock) -> None:
    source = acme.source()
    targets = [acme.target(name) for name in ("crm", "sheet", "mail")]
    routes = {target: acme.route(source, target) for target in targets}
    said = acme.say(source, name="Ada")
    clock.advance(2)
    acme.store()
    [lead] = acme.leads()
    assert {row.target_id for row in acme.deliveries()} == set(targets)
    for row in acme.deliveries():
        assert (row.lead_id, row.version, row.event) == (lead.id, 1, "created")
        assert (row.state, row.reason, row.after_id) == ("waiting", None, None)
        assert (row.route_id, row.source_id) == (routes[row.target_id], source.id)
        assert (row.created_at, row.due_at) == (clock.now(), clock.now())
        assert (row.attempts, row.tries, row.replay, row.trigger) == (0, 0, 0, "scheduled")
    assert acme.submission(said).owed == 3
    assert acme.balanced()


@pytest.mark.parametrize(
    ("options", "letter", "state", "word"),
    [
        ({}, {"test": True}, "skipped", "test submission"),
        ({"forward_tests": True}, {"test": True}, "waiting", None),
        ({}, {"partial": True}, "skipped", "partial response"),
        ({"forward_partials": True}, {"partial": True}, "waiting", None),
        ({"forward_partials": True}, {"partial": True, "test": True}, "skipped", "test"),
    ],
)
def test_tests_and_partials_go_only_where_the_source_says_so(
    acme: Incoming, options: Any, letter: Any, state: str, word: str | None
) -> None:
    source, target = acme.source(options=options), acme.target()
    acme.route(source, target)
    acme.say(source, name="Ada", **letter)
    acme.store()
    [row] = acme.deliveries()
    assert row.state == state
    assert (row.reason is None) if word is None else (word in row.reason)
    assert (row.settled_at is None) == (state == "waiting")
    assert acme.balanced()


def test_a_route_s_condition_decides_and_says_so(acme: Incoming) -> None:
    source, target = acme.source(), acme.target()
    acme.route(source, target, when=HAS_EMAIL)
    acme.say(source, lead="a", name="Ada")
    acme.say(source, lead="b", name="Bob", email="bob@example.com")
    acme.store()
    by_state = {row.state: row for row in acme.deliveries()}
    assert set(by_state) == {"skipped", "waiting"}
    assert "condition" in by_state["skipped"].reason
    acme.say(source, lead="a", email="ada@example.com")
    acme.store()
    assert _told(acme)[-1] == ("created", "waiting", 2), "the target does not know the lead yet"
    assert acme.balanced()


def test_a_route_chooses_its_events(acme: Incoming) -> None:
    source, target = acme.source(), acme.target()
    acme.route(source, target, on=("created",))
    acme.say(source, lead="t", name="Ada")
    acme.store()
    acme.say(source, lead="t", company="Works")
    acme.store()
    assert _told(acme) == [("created", "waiting", 1), ("updated", "skipped", 2)]
    assert "updated" in acme.deliveries()[-1].reason
    assert acme.balanced()


def test_a_route_for_updates_alone_sends_updates(acme: Incoming) -> None:
    """Though its target was never sent the lead as created."""
    source, target = acme.source(), acme.target()
    acme.route(source, target, on=("updated",))
    for name in ("Ada", "Bea", "Cleo"):
        acme.say(source, lead="t", name=name)
        acme.store()
    assert _told(acme) == [
        ("created", "skipped", 1),
        ("updated", "superseded", 2),
        ("updated", "waiting", 3),
    ]
    assert acme.balanced()


@pytest.mark.parametrize("together", [True, False])
def test_what_two_sources_say_alike_reaches_the_targets_of_both(
    acme: Incoming, together: bool
) -> None:
    """As where two webhooks of one form come to two sources: one lead, said twice."""
    first, second = acme.source(), acme.source("second")
    crm, sheet = acme.target("crm"), acme.target("sheet")
    for source, target in ((first, crm), (second, crm), (second, sheet)):
        acme.route(source, target)
    for number, source in enumerate((first, second, second)):
        said = acme.say(source, event=str(number), lead="t", scope="kind", name="Ada")
        if not together:
            acme.store()
    acme.store()
    [lead] = acme.leads()
    assert (lead.version, _told(acme, crm)) == (1, [("created", "waiting", 1)])
    assert _told(acme, sheet) == [("created", "waiting", 1)]
    assert acme.deliveries(sheet)[0].source_id == second.id
    assert acme.submission(said).owed == 0
    assert acme.balanced()


def test_archived_targets_and_routes_are_owed_nothing(acme: Incoming, clock: SettableClock) -> None:
    source, gone, kept = acme.source(), acme.target("gone"), acme.target("kept")
    acme.route(source, gone)
    route = acme.route(source, kept)
    acme.set(tables.targets, tables.targets.c.id == gone, archived_at=clock.now())
    acme.reread(source.id)
    acme.say(source, name="Ada")
    acme.store()
    assert [row.target_id for row in acme.deliveries()] == [kept]
    acme.set(tables.routes, tables.routes.c.id == route, archived_at=clock.now())
    acme.reread(source.id)
    acme.say(source, name="Bob")
    acme.store()
    assert len(acme.deliveries()) == 1
    assert acme.balanced()


def test_updated_waits_for_created_and_a_newer_one_takes_its_place(acme: Incoming) -> None:
    source, target = acme.source(), acme.target()
    acme.route(source, target)
    for number in range(4):
        acme.say(source, lead="t", **{f"answer {number}": "yes"})
        acme.store()
    created, *updates = acme.deliveries()
    assert _told(acme) == [
        ("created", "waiting", 1),
        ("updated", "superseded", 2),
        ("updated", "superseded", 3),
        ("updated", "waiting", 4),
    ]
    assert updates[-1].after_id == created.id
    assert str(updates[1].id) in updates[0].reason
    assert updates[0].settled_at is not None
    assert acme.balanced()


def test_the_same_within_one_batch(acme: Incoming) -> None:
    source, target = acme.source(), acme.target()
    acme.route(source, target)
    for number in range(3):
        acme.say(source, lead="t", **{f"answer {number}": "yes"})
    acme.store()
    assert _told(acme) == [
        ("created", "waiting", 1),
        ("updated", "superseded", 2),
        ("updated", "waiting", 3),
    ]
    assert acme.deliveries()[-1].after_id == acme.deliveries()[0].id
    assert acme.balanced()


def test_what_is_being_sent_is_not_superseded(acme: Incoming) -> None:
    source, target = acme.source(), acme.target()
    acme.route(source, target)
    acme.say(source, lead="t", name="Ada")
    acme.store()
    acme.settle(acme.deliveries()[0].id, "delivered")
    acme.say(source, lead="t", company="Works")
    acme.store()
    update = acme.deliveries()[1]
    assert (update.event, update.after_id) == ("updated", None)
    acme.set(tables.deliveries, tables.deliveries.c.id == update.id, state="sending")
    acme.say(source, lead="t", topic="roof")
    acme.store()
    assert [row.state for row in acme.deliveries()] == ["delivered", "sending", "waiting"]
    assert acme.deliveries()[2].after_id == update.id, "it goes when the one before it has ended"


@pytest.mark.parametrize("state", ["failed", "expired", "cancelled"])
def test_when_created_ended_undelivered_the_next_goes_as_created(
    acme: Incoming, state: str
) -> None:
    source, target = acme.source(), acme.target()
    acme.route(source, target)
    acme.say(source, lead="t", name="Ada")
    acme.store()
    acme.say(source, lead="t", company="Works")
    acme.store()
    created, waiting = acme.deliveries()
    assert waiting.event == "updated"
    _end(acme, created.id, state)
    assert _told(acme)[1] == ("created", "waiting", 2), "what waited behind it goes as created"
    _end(acme, waiting.id, state)
    acme.say(source, lead="t", topic="roof")
    acme.store()
    assert _told(acme)[2] == ("created", "waiting", 3), "so does the next version"
    assert acme.balanced()


@pytest.mark.parametrize("state", ["delivered", "ignored"])
def test_after_a_delivery_the_next_version_is_an_update(acme: Incoming, state: str) -> None:
    source, target = acme.source(), acme.target()
    acme.route(source, target)
    acme.say(source, lead="t", name="Ada")
    acme.store()
    acme.settle(acme.deliveries()[0].id, state)
    acme.say(source, lead="t", company="Works")
    acme.store()
    assert _told(acme)[1] == ("updated", "waiting", 2)
    assert acme.deliveries()[1].after_id is None
    assert acme.balanced()


def test_each_target_keeps_its_own_order(acme: Incoming) -> None:
    source, fast, slow = acme.source(), acme.target("fast"), acme.target("slow")
    acme.route(source, fast)
    acme.route(source, slow)
    acme.say(source, lead="t", name="Ada")
    acme.store()
    acme.settle(acme.deliveries(fast)[0].id, "delivered")
    acme.say(source, lead="t", company="Works")
    acme.store()
    assert acme.deliveries(fast)[1].after_id is None
    assert acme.deliveries(slow)[1].after_id == acme.deliveries(slow)[0].id


@pytest.mark.parametrize("on", [("created",), ("created", "updated")])
def test_settle_waits_for_the_rest_and_sends_once(
    acme: Incoming, clock: SettableClock, on: tuple[str, ...]
) -> None:
    source, target = acme.source(options={"forward_partials": True}), acme.target()
    acme.route(source, target, on=on, settle=60)
    acme.say(source, lead="t", partial=True, name="Ada")
    acme.store()
    [first] = acme.deliveries()
    assert first.due_at == clock.now() + timedelta(seconds=60)
    clock.advance(20)
    acme.say(source, lead="t", name="Ada", email="ada@example.com")
    acme.store()
    assert _told(acme) == [("created", "superseded", 1), ("created", "waiting", 2)]
    assert acme.deliveries()[1].due_at == first.due_at, "waiting does not begin anew"
    assert acme.deliveries()[1].after_id is None
    assert acme.balanced()


def test_what_was_tried_already_is_not_settling_any_more(
    acme: Incoming, clock: SettableClock
) -> None:
    """The target may know it: a second `created` could double the lead there."""
    source, target = acme.source(), acme.target()
    acme.route(source, target, settle=60)
    acme.say(source, lead="t", name="Ada")
    acme.store()
    [first] = acme.deliveries()
    acme.set(tables.deliveries, tables.deliveries.c.id == first.id, attempts=1)
    clock.advance(90)
    acme.say(source, lead="t", company="Works")
    acme.store()
    assert _told(acme) == [("created", "waiting", 1), ("updated", "waiting", 2)]
    assert acme.deliveries()[1].after_id == first.id


def test_ages_of_a_target(acme: Incoming, clock: SettableClock) -> None:
    source = acme.source()
    kinds = {kind: acme.target(kind, kind=kind) for kind in ("box", "hasty", "patient")}
    own = acme.target("own", retry={"max_age": 120})
    for target in (*kinds.values(), own):
        acme.route(source, target)
    received = clock.now()
    acme.say(source, name="Ada")
    clock.advance(30)
    acme.store()
    rows = {row.target_id: row for row in acme.deliveries()}
    assert rows[kinds["box"]].expires_at == clock.now() + timedelta(days=7)
    assert rows[kinds["hasty"]].expires_at == received + timedelta(hours=1), "the lead's own time"
    assert rows[own].expires_at == received + timedelta(seconds=120)
    assert rows[kinds["patient"]].due_at == received + timedelta(seconds=600)


def test_ending_leaves_alone_what_is_being_sent(acme: Incoming) -> None:
    source, target = acme.source(), acme.target()
    acme.route(source, target)
    acme.say(source, name="Ada")
    acme.store()
    [row] = acme.deliveries()
    acme.set(tables.deliveries, tables.deliveries.c.id == row.id, state="sending")
    with acme.rt.database.write() as connection:
        now = acme.clock.now()
        assert end(connection, [row.id, new_id()], "cancelled", "called off", now) == 0
        assert end(connection, [], "cancelled", "called off", now) == 0
    assert _told(acme) == [("created", "sending", 1)]


def test_a_delivery_tells_when_its_lead_came_not_when_it_was_let_go(
    acme: Incoming, clock: SettableClock
) -> None:
    source, target = acme.source(), acme.target()
    acme.route(source, target)
    came = clock.now()
    held = acme.say(source, name="Ada", hold="captcha")
    clock.advance(86400)
    release(acme.rt, [held], "test")
    acme.store()
    found = configured.target(acme.rt, target)
    assert found is not None
    [job] = claim(acme.rt, found, 1).jobs
    assert job.occurred_at == came
