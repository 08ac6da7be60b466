"""The ledger comes out even whatever happens, for any span, and says so when it does not."""

import random
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from relay.core.ids import new_id
from relay.services import lanes, missing
from relay.services import ledger as ledger_service
from relay.services.filtering import Filter
from relay.services.ledger import Span, ledger
from relay.services.pace import release_ready
from relay.services.quarantine import release
from relay.services.replay import cancel, replay_one
from relay.services.retention import retain
from relay.services.sweep import sweep
from relay.store import tables
from tests.conftest import SettableClock
from tests.factories import Incoming


def test_an_empty_relay_is_even(acme: Incoming) -> None:
    found = ledger(acme.rt)
    assert (found.received, found.owed, found.gap) == (0, 0, False)
    assert set(found.submissions) == set(tables.SUBMISSION_STATES)
    assert set(found.deliveries) == set(tables.DELIVERY_STATES)


def test_everything_is_where_the_ledger_says(acme: Incoming) -> None:
    source, crm, sheet = acme.source(), acme.target("crm"), acme.target("sheet")
    acme.route(source, crm)
    acme.route(source, sheet, when={"required": ["nothing has this"]})
    acme.say(source, event="e", name="Ada")
    acme.say(source, event="e", name="Ada")
    acme.post(source, [{"says": {"name": "Bob"}}, {"no": 1}])
    acme.say(source, name="Robot", hold="honeypot")
    acme.store()
    acme.say(source, name="Late")
    found = ledger(acme.rt)
    assert found.received == 6
    assert {state: n for state, n in found.submissions.items() if n} == {
        "received": 1,
        "stored": 2,
        "duplicate": 1,
        "quarantined": 1,
        "held": 1,
    }
    assert found.owed == 4
    assert {state: n for state, n in found.deliveries.items() if n} == {"waiting": 2, "skipped": 2}
    assert not found.gap


def test_projects_and_spans_are_counted_for_themselves(
    acme: Incoming, clock: SettableClock
) -> None:
    other = Incoming(acme.rt, "other")
    for project, count in ((acme, 2), (other, 3)):
        source, target = project.source(), project.target()
        project.route(source, target)
        for _ in range(count):
            project.say(source, name="Ada")
            clock.advance(60)
    acme.store()
    begin = clock.now() - timedelta(seconds=300)
    assert ledger(acme.rt, Span(project=acme.project)).received == 2
    assert ledger(acme.rt, Span(project=other.project)).owed == 3
    assert ledger(acme.rt, Span(since=begin, until=begin + timedelta(seconds=60))).received == 1
    assert ledger(acme.rt, Span(since=begin + timedelta(seconds=60))).received == 4
    assert ledger(acme.rt, Span(until=begin)).received == 0
    for second in range(0, 360, 30):
        since = begin + timedelta(seconds=second)
        assert ledger(acme.rt, Span(since=since)).gaps == []


@pytest.mark.parametrize(
    ("table", "word"),
    [("submissions", "received"), ("deliveries", "owed"), ("lead_versions", "without a lead")],
)
def test_a_row_that_vanished_is_a_gap(acme: Incoming, table: str, word: str) -> None:
    source, target = acme.source(), acme.target()
    acme.route(source, target)
    acme.say(source, name="Ada")
    acme.store()
    with acme.rt.database.write() as connection:
        connection.execute(sa.delete(tables.metadata.tables[table]))
    found = ledger(acme.rt)
    assert found.gap
    assert any(word in gap for gap in found.gaps)


def test_what_arrives_while_it_counts_is_no_gap(
    acme: Incoming, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = acme.source()
    acme.say(source, name="Ada")
    count: Any = ledger_service._by_state

    def meanwhile(*arguments: Any) -> Any:
        acme.say(source, name="Bob")
        return count(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr(ledger_service, "_by_state", meanwhile)
        found = ledger(acme.rt)
    assert (found.gaps, found.received) == ([], 1)
    assert ledger(acme.rt).received == 3


def test_a_delivery_counts_as_made_only_with_its_attempt(acme: Incoming) -> None:
    source, target = acme.source(), acme.target()
    acme.route(source, target)
    acme.say(source, name="Ada")
    acme.store()
    acme.set(tables.deliveries, sa.true(), state="delivered")
    assert "without an attempt" in ledger(acme.rt).gaps[0]


def test_a_repeat_of_nothing_is_a_gap(acme: Incoming) -> None:
    source = acme.source()
    acme.say(source, event="e", name="Ada")
    repeat = acme.say(source, event="e", name="Ada")
    acme.set(tables.submissions, tables.submissions.c.id == repeat, duplicate_of=new_id())
    assert "repeats" in ledger(acme.rt).gaps[0]


# --- any history ----------------------------------------------------------------------------------


class History:
    """Does something at random, again and again; only what a relay may live through."""

    def __init__(self, acme: Incoming, seed: int) -> None:
        self.acme = acme
        self.dice = random.Random(seed)
        self.sources = [
            acme.source("plain"),
            acme.source("windowed", options={"repeat_window": 7200}),
            acme.source("matching", options={"match": {"by": ["email"], "then": "update"}}),
            acme.source("skipping", options={"match": {"by": ["email"], "then": "skip"}}),
            acme.source(
                "strict",
                options={"forward_partials": True},
                refuse=[{"reason": "no mail", "when": {"not": {"required": ["contact"]}}}],
            ),
        ]
        targets = [acme.target("box"), acme.target("hasty", kind="hasty")]
        for source in self.sources:
            acme.route(source, targets[0])
            acme.route(source, targets[1], on=("created",), settle=self.dice.choice((0, 600)))
        self.targets = targets

    def step(self) -> None:
        happenings = [
            *[self.arrive] * 8,
            *[self.acme.store] * 3,
            *[self.settle] * 3,
            self.pass_time,
            self.let_go,
            self.send_again,
            self.call_off,
            self.pause,
            self.tidy,
            lambda: sweep(self.acme.rt),
        ]
        self.dice.choice(happenings)()

    def arrive(self) -> None:
        dice, source = self.dice, self.acme.reread(self.dice.choice(self.sources).id)
        hold: Any = dice.choice([None] * 8 + ["rate", "honeypot"])
        bodies = [self._letter() for _ in range(dice.choice((1, 1, 1, 3)))]
        self.acme.post(source, bodies, hold)

    def _letter(self) -> dict[str, Any]:
        dice, number = self.dice, self.dice.randrange(6)
        letter: dict[str, Any] = {"says": {f"answer {dice.randrange(3)}": "yes"}}
        if dice.random() < 0.7:
            letter["says"]["email"] = f"ada{number}@example.com"
        if dice.random() < 0.1:
            return {"no": "letter"}
        for name, chance in (("event", 0.4), ("lead", 0.4)):
            if dice.random() < chance:
                letter[name] = f"{name} {number}"
        return letter | {name: dice.random() < 0.1 for name in ("test", "partial")}

    def settle(self) -> None:
        waiting = [row for row in self.acme.deliveries() if row.state == "waiting"]
        for row in self.dice.sample(waiting, min(3, len(waiting))):
            self.acme.settle(row.id, self.dice.choice(("delivered", "ignored", "failed")))

    def pass_time(self) -> None:
        self.acme.clock.advance(self.dice.choice((60, 3600, 86400, 86400 * 4)))

    def let_go(self) -> None:
        release_ready(self.acme.rt)
        ids = [row.id for row in self.acme.rows(tables.submissions)]
        release(self.acme.rt, self.dice.sample(ids, min(4, len(ids))), "test")

    def send_again(self) -> None:
        ids = [row.id for row in self.acme.deliveries()]
        for one in self.dice.sample(ids, min(3, len(ids))):
            replay_one(self.acme.rt, one, "test")
        missing.bring(self.acme.rt, self.dice.choice(self.targets), "test")

    def call_off(self) -> None:
        waiting = [row for row in self.acme.deliveries() if row.state == "waiting"]
        if waiting:
            cancel(self.acme.rt, Filter(delivery=self.dice.choice(waiting).id), "test")

    def pause(self) -> None:
        source = self.dice.choice(self.sources)
        if not lanes.pause_source(self.acme.rt, source.id, "the test"):
            lanes.resume_source(self.acme.rt, source.id, "the test")

    def tidy(self) -> None:
        retain(self.acme.rt)


@pytest.mark.parametrize("seed", range(3))
def test_any_history_comes_out_even(make_runtime: Any, clock: SettableClock, seed: int) -> None:
    from tests.factories import Bell, catalog

    keep = {
        "RELAY_KEEP_BODIES_DAYS": "3",
        "RELAY_KEEP_ATTEMPTS_DAYS": "5",
        "RELAY_KEEP_LEADS_DAYS": "8",
    }
    acme = Incoming(make_runtime(keep, queue=Bell(), catalog=catalog()))
    history = History(acme, seed)
    began = clock.now()
    received = 0
    for _ in range(10):
        for _ in range(12):
            history.step()
        found = ledger(acme.rt)
        assert found.gaps == []
        assert found.received >= received, "what was received once stays counted"
        received = found.received
        assert ledger(acme.rt, _span(history.dice, began, clock.now())).gaps == []
    clock.advance(86400 * 30)
    sweep(acme.rt)
    acme.store()
    for row in acme.deliveries():
        if row.state == "waiting":
            acme.settle(row.id, "failed")
    retain(acme.rt)
    clock.advance(86400 * 30)
    retain(acme.rt)
    assert ledger(acme.rt).gaps == []
    assert ledger(acme.rt).received >= received
    assert acme.leads() == [], "everything was old enough to go"


def _span(dice: random.Random, began: datetime, now: datetime) -> Span:
    length = (now - began).total_seconds() + 1
    points = sorted(began + timedelta(seconds=dice.random() * length) for _ in range(2))
    return Span(since=points[0], until=points[1])
