"""Pausing, resuming, and what held submissions wait for."""

from typing import Any

import pytest
import sqlalchemy as sa

from relay.services import configured, lanes
from relay.services.pace import release_ready
from relay.store import tables
from tests.conftest import SettableClock
from tests.factories import Incoming


def _audited(acme: Incoming) -> list[tuple[str, str, str]]:
    return [(row.actor, row.action, row.subject) for row in acme.rows(tables.audit)]


def _lane(acme: Incoming) -> Any:
    [row] = acme.rows(tables.lanes)
    return row


def test_a_paused_target_says_why_and_since_when(acme: Incoming, clock: SettableClock) -> None:
    target = acme.target("crm")
    assert lanes.pause_target(acme.rt, target, "moving house", "ada")
    assert not lanes.pause_target(acme.rt, target, "again", "bob")
    row = _lane(acme)
    assert (row.paused_at, row.pause, row.pause_reason) == (clock.now(), "manual", "moving house")
    assert _audited(acme) == [("ada", "pause", "target crm")]


def test_a_person_s_pause_takes_the_place_of_one_by_itself(acme: Incoming) -> None:
    target = acme.target("crm")
    acme.set(tables.lanes, sa.true(), paused_at=acme.clock.now(), pause="unauthorized")
    assert lanes.pause_target(acme.rt, target, "moving house", "ada")
    assert (_lane(acme).pause, _lane(acme).pause_reason) == ("manual", "moving house")


def test_a_resumed_target_is_let_go_whatever_held_it(acme: Incoming, clock: SettableClock) -> None:
    target = acme.target("crm")
    acme.set(
        tables.lanes,
        sa.true(),
        paused_at=clock.now(),
        pause="unauthorized",
        pause_reason="401",
        hold_until=clock.now(),
        hold_reason="429",
        breaker="open",
        failures=5,
        trips=2,
        open_until=clock.now(),
    )
    assert lanes.resume_target(acme.rt, target, "ada")
    row = _lane(acme)
    assert {row.paused_at, row.pause, row.pause_reason, row.hold_until, row.open_until} == {None}
    assert (row.breaker, row.failures, row.trips) == ("closed", 0, 0)
    assert acme.bell.rung == [str(target)]
    assert not lanes.resume_target(acme.rt, target, "ada")
    assert _audited(acme) == [("ada", "resume", "target crm")]


def test_a_paused_source_accepts_and_holds_until_it_is_resumed(acme: Incoming) -> None:
    source, target = acme.source("form"), acme.target()
    acme.route(source, target)
    assert lanes.pause_source(acme.rt, source.id, "ada")
    assert not lanes.pause_source(acme.rt, source.id, "ada")
    source = acme.reread(source.id)
    for number in range(3):
        acme.say(source, name=f"Ada {number}")
    robot = acme.say(source, name="Robot", hold="honeypot")
    assert acme.store() == 0
    assert acme.states() == {"held": 4}
    acme.bell.rung.clear()
    assert lanes.resume_source(acme.rt, source.id, "bob") == 3
    assert acme.bell.rung == ["store"]
    assert acme.store() == 3
    assert acme.submission(robot).state == "held", "only a person lets this one go"
    assert len(acme.deliveries()) == 3
    assert _audited(acme) == [("ada", "pause", "source form"), ("bob", "resume", "source form")]
    assert acme.balanced()


def test_resuming_what_was_not_paused_changes_nothing(acme: Incoming) -> None:
    source = acme.source()
    assert lanes.resume_source(acme.rt, source.id, "ada") == 0
    assert _audited(acme) == []


def test_what_a_web_process_still_held_after_the_resumption_goes_on(acme: Incoming) -> None:
    source = acme.source()
    lanes.pause_source(acme.rt, source.id, "ada")
    late = acme.reread(source.id)  # what another process believes for a second
    lanes.resume_source(acme.rt, source.id, "ada")
    acme.say(late, name="Ada")
    assert acme.states() == {"held": 1}
    assert release_ready(acme.rt) == 1
    assert acme.states() == {"received": 1}


def test_a_paused_source_lets_nothing_drip(acme: Incoming, clock: SettableClock) -> None:
    source = acme.source(paused_at=clock.now())
    acme.say(source, name="Ada")
    acme.set(tables.submissions, sa.true(), hold="rate")
    assert release_ready(acme.rt) == 0


@pytest.mark.parametrize("hold", ["honeypot", "captcha", "address"])
def test_what_waits_for_a_person_is_not_released(acme: Incoming, hold: Any) -> None:
    acme.say(acme.source(), name="Ada", hold=hold)
    assert release_ready(acme.rt) == 0
    assert acme.states() == {"held": 1}


def test_over_the_limit_drips_out_oldest_first(acme: Incoming) -> None:
    source = acme.source(options={"limits": {"source": "3/second"}})
    ids = [acme.say(source, name=f"Ada {number}", hold="rate") for number in range(5)]
    acme.bell.rung.clear()
    assert release_ready(acme.rt) == 3
    assert [acme.submission(one).state for one in ids] == ["received"] * 3 + ["held"] * 2
    assert acme.submission(ids[0]).reasons == []
    assert acme.bell.rung == ["store"]


def test_a_slow_limit_is_kept_while_dripping(acme: Incoming) -> None:
    source = acme.source(options={"limits": {"source": "2/day"}})
    for number in range(5):
        acme.say(source, name=f"Ada {number}", hold="rate")
    assert [release_ready(acme.rt) for _ in range(4)] == [1, 1, 0, 0]
    assert acme.states() == {"received": 2, "held": 3}


def test_one_source_s_held_do_not_keep_another_s_waiting(acme: Incoming) -> None:
    slow = acme.source("slow", options={"limits": {"source": "1/day"}})
    quick = acme.source("quick", options={"limits": {"source": "100/second"}})
    acme.post(slow, [{"says": {"n": n}} for n in range(600)], "rate")
    quick_one = acme.say(quick, name="Ada", hold="rate")
    release_ready(acme.rt)
    assert acme.submission(quick_one).state == "received"
    assert acme.states()["held"] == 599


def test_a_source_that_cannot_be_read_keeps_no_other_s_waiting(
    acme: Incoming, caplog: pytest.LogCaptureFixture
) -> None:
    """Nor the rest of the sweep, by which every delivery is tried again."""
    broken, fine = acme.source("broken"), acme.source("fine")
    for source in (broken, fine):
        acme.say(source, name="Ada", hold="rate")
    acme.set(tables.sources, tables.sources.c.id == broken.id, kind="taken away")
    configured.forget(acme.rt)
    assert release_ready(acme.rt) == 1
    assert acme.states() == {"held": 1, "received": 1}
    assert str(broken.id) in caplog.text
