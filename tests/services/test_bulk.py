"""Bulk runs: what they do to all that a filter names, what they leave out, and how they end."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from relay.core.ids import new_id
from relay.services import blocked, bulk, bulk_counts, bulk_job, bulk_lease, configured
from relay.services.browse import Cursor
from relay.services.bulk import Wish
from relay.services.filtering import Filter
from relay.services.replay import replay_one
from relay.services.sweep import sweep
from relay.store import tables
from tests.conftest import SettableClock
from tests.factories import Incoming

WHO = "ada@example.com"


class Yard:
    """Leads that have come by one source to one target, and runs over their deliveries."""

    def __init__(self, acme: Incoming) -> None:
        self.acme, self.rt = acme, acme.rt
        self.source, self.target = acme.source(), acme.target("crm")
        acme.route(self.source, self.target)

    def owe(self, *states: str) -> list[UUID]:
        """Deliveries of leads of their own in these states; their ids."""
        before = {row.id for row in self.acme.deliveries()}
        for state in states:
            self.acme.say(self.source, name=f"Ada {state}", mark=str(new_id()))
        self.acme.store()
        made = [row.id for row in self.acme.deliveries() if row.id not in before]
        for one, state in zip(made, states, strict=True):
            if state == "sending":
                self.set(one, state=state)
            elif state != "waiting":
                self.acme.settle(one, state)
        return made

    def set(self, delivery: UUID, **values: Any) -> None:
        self.acme.set(tables.deliveries, tables.deliveries.c.id == delivery, **values)

    def ask(self, action: str, to: UUID | None = None, **wanted: Any) -> UUID:
        """Ask for a run over what the filter names."""
        wish = Wish(
            project=self.acme.project,
            action=action,
            filter=Filter(project=self.acme.project, **wanted),
            newest=new_id(),
            counted=None,
            target=to,
        )
        return bulk.ask(self.rt, wish, WHO)

    def work(self, run_id: UUID) -> Any:
        """Let the time for undoing pass and the run come to its end; its row."""
        self.acme.clock.advance(self.rt.config.undo_seconds)
        for _ in range(100):
            bulk_job.work_on(self.rt, run_id)
            if (row := self.row(run_id)).state not in bulk.OPEN:
                return row
        raise AssertionError("the run does not end")

    def row(self, run_id: UUID) -> Any:
        [row] = self.acme.rows(tables.bulk_runs, tables.bulk_runs.c.id == run_id)
        return row

    def of(self, run_id: UUID) -> list[Any]:
        """The deliveries that a run made or acted on."""
        return self.acme.rows(tables.deliveries, tables.deliveries.c.run_id == run_id)


@pytest.fixture
def yard(acme: Incoming) -> Yard:
    return Yard(acme)


ALL = (
    *("waiting", "sending", "delivered", "ignored", "failed", "expired"),
    *("superseded", "skipped", "cancelled"),
)


def test_a_retry_takes_up_what_waits_and_what_did_not_arrive(
    yard: Yard, clock: SettableClock
) -> None:
    made = dict(zip(ALL, yard.owe(*ALL), strict=True))
    yard.set(made["waiting"], due_at=clock.now() + timedelta(hours=5))
    run_id = yard.ask("retry")
    run = yard.work(run_id)
    assert (run.state, run.done, run.skipped, run.failed) == ("finished", 3, 6, 0)
    hurried, *new = yard.of(run_id)
    assert hurried.id == made["waiting"]
    assert hurried.due_at == clock.now()
    assert [row.replay_of for row in new] == [made["failed"], made["expired"]]
    assert {row.trigger for row in yard.of(run_id)} == {"manual", "replay"}
    assert sum(run.reasons.values()) == 6
    assert run.reasons["it had arrived already"] == 2
    assert yard.acme.bell.rung.count(str(yard.target)) >= 1
    assert yard.acme.balanced()


def test_a_replay_takes_up_all_but_what_is_being_sent(yard: Yard) -> None:
    yard.owe(*ALL)
    run_id = yard.ask("replay")
    run = yard.work(run_id)
    assert (run.done, run.skipped) == (8, 1)
    assert run.reasons == {"it was being sent at that moment": 1}
    assert len(yard.of(run_id)) == 8
    assert yard.acme.balanced()


def test_a_cancel_calls_off_what_waits(yard: Yard) -> None:
    yard.owe(*ALL)
    run_id = yard.ask("cancel")
    run = yard.work(run_id)
    assert (run.done, run.skipped) == (1, 8)
    [row] = yard.of(run_id)
    assert (row.state, row.reason) == ("cancelled", f"called off by {WHO}")
    assert yard.acme.balanced()


def test_a_replay_to_another_target_sends_each_once(yard: Yard) -> None:
    made = yard.owe("delivered", "failed", "skipped")
    other = yard.acme.target("other")
    first = yard.work(yard.ask("replay_to", other))
    assert (first.done, first.skipped) == (3, 0)
    assert [row.replay_of for row in yard.acme.deliveries(other)] == made
    assert {row.event for row in yard.acme.deliveries(other)} == {"created"}
    second = yard.work(yard.ask("replay_to", other, target=yard.target))
    assert (second.done, second.skipped) == (0, 3)
    assert len(yard.acme.deliveries(other)) == 3
    assert yard.acme.balanced()


def test_only_what_the_filter_names_and_what_was_there_is_touched(yard: Yard) -> None:
    yard.owe("failed", "waiting")
    beta = Yard(Incoming(yard.rt, "beta"))
    beta.owe("failed")
    run_id = yard.ask("replay", states=("failed",))
    yard.owe("failed")
    assert yard.work(run_id).done == 1
    assert len(beta.acme.deliveries(beta.target)) == 1


def test_nothing_is_done_before_its_time(yard: Yard, clock: SettableClock) -> None:
    yard.owe("failed")
    run_id = yard.ask("retry")
    clock.advance(yard.rt.config.undo_seconds - 1)
    assert sweep(yard.rt).runs == ()
    bulk_job.work_on(yard.rt, run_id)
    assert yard.row(run_id).state == "waiting"
    assert len(yard.acme.deliveries()) == 1
    clock.advance(1)
    assert sweep(yard.rt).runs == (run_id,)
    assert f"bulk:{run_id}" in yard.acme.bell.rung
    bulk_job.work_on(yard.rt, run_id)
    assert yard.row(run_id).state == "finished"
    assert sweep(yard.rt).runs == ()


def test_it_can_be_called_off_before_it_begins(yard: Yard) -> None:
    yard.owe("failed")
    run_id = yard.ask("retry", text="Ada")
    assert not bulk.stop(yard.rt, new_id(), run_id, WHO), "not by another project"
    assert bulk.stop(yard.rt, yard.acme.project, run_id, WHO)
    assert not bulk.stop(yard.rt, yard.acme.project, run_id, WHO)
    run = yard.work(run_id)
    assert (run.state, run.done, run.reason) == ("stopped", 0, f"called off by {WHO}")
    assert len(yard.acme.deliveries()) == 1


def test_it_can_be_stopped_at_any_time(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_lease, "BATCH", 2)
    yard.owe(*["failed"] * 6)
    run_id = yard.ask("retry")
    real, seen = bulk_job.act, []

    def act(*given: Any) -> Any:
        seen.append(given)
        if len(seen) == 2:
            bulk.stop(yard.rt, yard.acme.project, run_id, WHO)
        return real(*given)

    if not yard.rt.database.is_sqlite:  # there one transaction writes at a time
        monkeypatch.setattr(bulk_job, "act", act)
        run = yard.work(run_id)
        assert (run.state, run.done, len(yard.of(run_id))) == ("stopped", 2, 2)
        return
    monkeypatch.setattr(bulk_job, "SLICE", 0.0)
    yard.acme.clock.advance(yard.rt.config.undo_seconds)
    bulk_job.work_on(yard.rt, run_id)
    bulk.stop(yard.rt, yard.acme.project, run_id, WHO)
    run = yard.work(run_id)
    assert (run.state, run.done, len(yard.of(run_id))) == ("stopped", 2, 2)


def test_what_was_searched_for_is_not_kept(yard: Yard) -> None:
    yard.owe("failed")
    run_id = yard.ask("retry", text="nobody at all")
    assert yard.row(run_id).filter["said"] == "nobody at all"
    assert yard.work(run_id).filter == {"project": str(yard.acme.project), "said": "…"}
    by_name = yard.ask("retry", text="Ada failed")
    assert "text" not in yard.row(by_name).filter, "the leads that it means stand in its place"
    for line in yard.acme.rows(tables.audit):
        assert "nobody" not in str(line.after)


def test_who_asked_is_in_the_audit(yard: Yard) -> None:
    run_id = yard.ask("retry", states=("failed",))
    bulk.stop(yard.rt, yard.acme.project, run_id, "bea@example.com")
    asked, stopped = yard.acme.rows(tables.audit)[-2:]
    assert (asked.actor, asked.action, asked.subject) == (WHO, "bulk retry", f"bulk run {run_id}")
    assert asked.after["filter"]["states"] == ["failed"]
    assert (stopped.actor, stopped.action) == ("bea@example.com", "stop")


# --- nothing twice -------------------------------------------------------------------------------


def test_two_runs_at_once_send_nothing_twice(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    """Turn by turn over the same deliveries, with what the one makes arriving before the other."""
    monkeypatch.setattr(bulk_lease, "BATCH", 1)
    monkeypatch.setattr(bulk_job, "SLICE", 0.0)
    yard.owe(*["failed"] * 4)
    runs = [yard.ask("replay", states=("failed",)) for _ in range(2)]
    yard.acme.clock.advance(yard.rt.config.undo_seconds)
    for _ in range(5):
        for run_id in runs:
            bulk_job.work_on(yard.rt, run_id)
            for row in yard.acme.rows(tables.deliveries, tables.deliveries.c.state == "waiting"):
                yard.acme.settle(row.id, "failed")
    assert len(yard.acme.deliveries()) == 8
    done = [yard.row(run_id).done for run_id in runs]
    assert sum(done) == 4
    assert {yard.row(run_id).state for run_id in runs} == {"finished"}


def test_a_run_over_a_failed_delivery_and_its_failed_replay_sends_one(yard: Yard) -> None:
    [failed] = yard.owe("failed")
    again = replay_one(yard.rt, failed, WHO)
    assert again is not None
    yard.acme.settle(again, "failed")
    run = yard.work(yard.ask("retry", states=("failed",)))
    assert (run.done, run.reasons) == (1, {"it was on its way again already": 1})


@pytest.mark.parametrize("state", ["waiting", "delivered"])
def test_what_goes_or_arrived_by_another_delivery_is_left_out(yard: Yard, state: str) -> None:
    [failed] = yard.owe("failed")
    again = replay_one(yard.rt, failed, WHO)
    assert again is not None
    if state != "waiting":
        yard.acme.settle(again, state)
    run = yard.work(yard.ask("replay", states=("failed",)))
    assert (run.done, run.skipped) == (0, 1)


def test_an_older_version_does_not_come_last(yard: Yard) -> None:
    yard.acme.say(yard.source, lead="t", name="Ada")
    yard.acme.store()
    yard.acme.settle(yard.acme.deliveries()[0].id, "failed")
    yard.acme.say(yard.source, lead="t", name="Bea")
    yard.acme.store()
    newer = yard.acme.deliveries()[-1]
    yard.acme.settle(newer.id, "delivered")
    run = yard.work(yard.ask("retry", states=("failed",)))
    assert run.reasons == {"a newer version of the lead goes, or has gone, instead": 1}
    yard.set(newer.id, state="failed")
    run_id = yard.ask("retry")
    assert yard.work(run_id).done == 2
    first, second = yard.of(run_id)
    assert (first.version, second.version, second.after_id) == (1, 2, first.id)


def test_nothing_goes_to_blocked_contacts_and_removed_targets(yard: Yard) -> None:
    yard.acme.say(yard.source, name="Ada", phone="+49 30 1234567")
    yard.acme.store()
    yard.acme.settle(yard.acme.deliveries()[0].id, "failed")
    other = yard.acme.target("other")
    with yard.rt.database.write() as connection:
        contact = (yard.acme.project, "+49301234567")
        blocked.block(connection, contact, yard.source.id, yard.acme.clock.now())
    for action, target in (("retry", None), ("replay", None), ("replay_to", other)):
        run = yard.work(yard.ask(action, target, states=("failed",)))
        assert run.reasons == {blocked.BLOCKED: 1}, action
    yard.owe("failed")
    now = yard.acme.clock.now()
    yard.acme.set(tables.targets, tables.targets.c.id == yard.target, archived_at=now)
    configured.forget(yard.rt)
    run = yard.work(yard.ask("retry"))
    assert run.reasons == {"its target was removed": 2}


def test_a_run_to_a_target_that_is_removed_meanwhile_fails(yard: Yard) -> None:
    yard.owe("failed")
    other = yard.acme.target("other")
    run_id = yard.ask("replay_to", other)
    now = yard.acme.clock.now()
    yard.acme.set(tables.targets, tables.targets.c.id == other, archived_at=now)
    configured.forget(yard.rt)
    run = yard.work(run_id)
    assert (run.state, run.reason) == ("failed", "its target was removed")


# --- workers that die, and errors ----------------------------------------------------------------


def test_a_worker_that_dies_is_taken_over_from(
    yard: Yard, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_lease, "BATCH", 2)
    yard.owe(*["failed"] * 5)
    run_id = yard.ask("retry")
    clock.advance(yard.rt.config.undo_seconds)
    died = bulk_lease.claim(yard.rt, run_id)
    assert died is not None
    assert bulk_job._take_some(yard.rt, died)
    bulk_job.work_on(yard.rt, run_id)
    assert yard.row(run_id).done == 2, "its lease still holds"
    assert sweep(yard.rt).runs == ()
    clock.advance(yard.rt.config.lease_seconds + 1)
    assert sweep(yard.rt).runs == (run_id,)
    run = yard.work(run_id)
    assert (run.state, run.done, len(yard.of(run_id))) == ("finished", 5, 5)
    with pytest.raises(bulk_lease.LeaseLost):
        bulk_lease.note_progress(yard.rt, _connection(yard), died, died.run.newest, {}, done=9)


def _connection(yard: Yard) -> Any:
    return yard.rt.database.engine.connect()


def test_what_kills_its_workers_is_given_up(yard: Yard, clock: SettableClock) -> None:
    yard.owe(*["failed"] * 3)
    run_id = yard.ask("retry")
    clock.advance(yard.rt.config.undo_seconds)
    for _ in range(bulk_job.MOST_TRIES):
        assert bulk_lease.claim(yard.rt, run_id) is not None
        clock.advance(yard.rt.config.lease_seconds + 1)
    run = yard.work(run_id)
    assert (run.state, run.done, run.failed) == ("finished", 2, 1)
    assert run.reasons == {"its worker ended 3 times while at it": 1}


def test_what_goes_on_after_a_death_is_not_suspected_again(
    yard: Yard, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often workers die: as long as something is done in between, nobody is given up."""
    monkeypatch.setattr(bulk_job, "SLICE", 0.0)
    yard.owe(*["failed"] * 8)
    run_id = yard.ask("retry")
    clock.advance(yard.rt.config.undo_seconds)
    for _ in range(bulk_job.MOST_TRIES + 1):
        died = bulk_lease.claim(yard.rt, run_id)
        assert died is not None
        died.size = 1
        bulk_job._take_some(yard.rt, died)
        clock.advance(yard.rt.config.lease_seconds + 1)
    run = yard.work(run_id)
    assert (run.state, run.done, run.failed) == ("finished", 8, 0)


def test_one_that_fails_costs_no_other(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    made = yard.owe(*["failed"] * 4)
    real = bulk_job.act

    def act(rt: Any, connection: Any, run: Any, ids: Any) -> Any:
        if made[2] in ids:
            raise ZeroDivisionError
        return real(rt, connection, run, ids)

    monkeypatch.setattr(bulk_job, "act", act)
    run_id = yard.ask("retry")
    run = yard.work(run_id)
    assert (run.state, run.done, run.failed) == ("finished", 3, 1)
    assert run.reasons == {"it failed: ZeroDivisionError": 1}
    assert len(yard.of(run_id)) == 3


# --- counting and looking ------------------------------------------------------------------------


def test_what_a_filter_names_is_counted_by_state_and_target(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    yard.owe("failed", "failed", "waiting", "delivered")
    found = bulk_counts.count(yard.rt, Filter(project=yard.acme.project))
    assert (found.total, found.whole, found.of(("failed", "waiting"))) == (4, True, 3)
    assert found.rows[0] == {
        "state": "failed",
        "target_id": yard.target,
        "target": "crm",
        "count": 2,
    }
    wanted = Filter(project=yard.acme.project, states=("failed",))
    assert bulk_counts.count(yard.rt, wanted).total == 2
    monkeypatch.setattr(bulk_counts, "COUNTED", 3)
    assert not bulk_counts.count(yard.rt, Filter(project=yard.acme.project)).whole
    looked = Filter(project=yard.acme.project, text="crm of the failed")
    assert bulk_counts.count(yard.rt, looked).whole
    monkeypatch.setattr(bulk_counts, "LOOKED_THROUGH", 2)
    few = bulk_counts.count(yard.rt, Filter(project=yard.acme.project, least=0))
    assert (few.total, few.whole) == (2, False)


def test_a_filter_that_no_index_finds_is_walked_to_its_end(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("relay.services.bulk_walk.WINDOW", 2)
    yard.owe(*["delivered", "failed", "delivered"] * 3)
    with yard.rt.database.write() as connection:
        mark = {"attempts": sa.case((tables.deliveries.c.state == "failed", 7), else_=1)}
        connection.execute(sa.update(tables.deliveries).values(mark))
    run = yard.work(yard.ask("replay", least=7))
    assert (run.done, run.skipped) == (3, 0)


def test_runs_are_listed_newest_first_with_what_came_of_them(yard: Yard) -> None:
    yard.owe("failed", "failed")
    other = yard.acme.target("other")
    first, second = yard.ask("retry"), yard.ask("replay_to", other)
    page = bulk.newest(yard.rt, yard.acme.project, Cursor())
    assert [(row["id"], row["target"]) for row in page.rows] == [(second, "other"), (first, None)]
    yard.work(first)
    yard.acme.settle(yard.of(first)[0].id, "delivered")
    assert bulk.made(yard.rt, first) == {"delivered": 1, "waiting": 1}
    assert bulk.one(yard.rt, new_id(), first) is None
    found = bulk.one(yard.rt, yard.acme.project, first)
    assert found is not None
    assert found["done"] == 2


@pytest.mark.parametrize(("action", "named"), [("retry", True), ("replay_to", False)])
def test_an_action_has_the_target_that_it_needs(yard: Yard, action: str, named: bool) -> None:
    with pytest.raises(ValueError, match="do not go together"):
        yard.ask(action, yard.target if named else None)
