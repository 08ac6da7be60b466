"""What becomes of a lead: at once or queued, told once to each target, and never out of balance."""

import threading
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from relay.core.stages import StatusChange
from relay.services.archiving import archive
from relay.services.blocked import BLOCKED, block
from relay.services.ledger import ledger
from relay.services.retention import retain
from relay.services.status import NoLead, Pending, change_status, process_status
from relay.services.sweep import sweep
from relay.store import tables
from tests.conftest import SettableClock
from tests.factories import Incoming

WON = StatusChange(stage="won", value_minor=12500, currency="EUR")
ALL = ("created", "updated", "status")


def _lead(acme: Incoming, source: Any, **says: Any) -> Any:
    acme.say(source, name="Ada", **says)
    acme.store()
    return acme.leads()[-1]


def _change(acme: Incoming, lead: Any, change: StatusChange = WON, **more: Any) -> Any:
    return change_status(acme.rt, lead.id, change, actor="a test", **more)


def _document(acme: Incoming, lead: Any) -> Any:
    return acme.rows(tables.lead_versions, tables.lead_versions.c.lead_id == lead.id)[-1].document


def _told(acme: Incoming) -> list[tuple[str, str, str]]:
    return [
        (row.label, row.state, row.reason or "")
        for row in acme.deliveries()
        if row.event == "status"
    ]


def _totals(acme: Incoming) -> dict[str, int]:
    return {row.status: row.count for row in acme.rows(tables.lead_totals) if row.count}


def test_a_change_at_once_writes_a_version_and_the_columns(
    acme: Incoming, clock: SettableClock
) -> None:
    lead = _lead(acme, acme.source())
    clock.advance(60)
    changed = _change(acme, lead, StatusChange(stage="won", value_minor=1, note="paid"))
    assert (changed.state, changed.status, changed.version) == ("done", "won", 2)
    [row] = acme.leads()
    assert (row.status, row.value_minor, row.version) == ("won", 1, 2)
    assert row.updated_at == clock.now()
    assert _document(acme, lead)["state"] == {"stage": "won", "value_minor": 1, "note": "paid"}
    version = acme.rows(tables.lead_versions)[-1]
    assert (version.submission_id, version.version) == (None, 2)
    [said] = acme.rows(tables.status_changes)
    assert (said.state, said.version, said.actor, said.done_at) == (
        "done",
        2,
        "a test",
        clock.now(),
    )
    assert _totals(acme) == {"won": 1}


def test_what_was_known_stays_and_what_belongs_to_a_stage_goes_with_it(acme: Incoming) -> None:
    lead = _lead(acme, acme.source())
    _change(acme, lead, StatusChange(stage="lost", loss_reason="price", native={"a": "x"}))
    _change(acme, lead, StatusChange(note="call again", native={"b": "y"}))
    assert _document(acme, lead)["state"] == {
        "stage": "lost",
        "loss_reason": "price",
        "native": {"a": "x", "b": "y"},
        "note": "call again",
    }
    _change(acme, lead, StatusChange(stage="open", note=""))
    assert _document(acme, lead)["state"] == {"stage": "open"}
    _change(acme, lead, StatusChange(value_minor=5))
    _change(acme, lead, StatusChange(cleared=("value_minor",)))
    assert acme.leads()[0].value_minor is None
    assert "contact" in _document(acme, lead)


def test_what_changes_nothing_makes_no_version_and_tells_nobody(acme: Incoming) -> None:
    source, target = acme.source(), acme.target()
    acme.route(source, target, on=ALL)
    lead = _lead(acme, source)
    assert _change(acme, lead).version == 2
    assert _change(acme, lead).version == 2
    assert len(_told(acme)) == 1
    assert len(acme.rows(tables.status_changes)) == 2
    acme.balanced()


def test_targets_are_told_of_a_label_once_behind_what_is_on_its_way(acme: Incoming) -> None:
    source, target = acme.source(), acme.target()
    acme.route(source, target, on=ALL)
    lead = _lead(acme, source)
    for label in ("won", "lost", "won"):
        _change(acme, lead, StatusChange(stage=label))
    created, won, lost = acme.deliveries()
    assert (created.event, won.label, lost.label) == ("created", "won", "lost")
    assert (won.after_id, lost.after_id) == (created.id, won.id)
    assert (won.version, lost.version) == (2, 3)
    assert str(target) in acme.bell.rung
    acme.balanced()
    assert ledger(acme.rt).owed == 3


def test_a_label_of_its_own_names_the_event(acme: Incoming) -> None:
    source, target = acme.source(), acme.target()
    acme.route(source, target, on=ALL)
    lead = _lead(acme, source)
    _change(acme, lead, label="Sale")
    assert _told(acme) == [("Sale", "waiting", "")]


def test_a_newer_version_goes_after_the_status(acme: Incoming) -> None:
    source, target = acme.source(), acme.target()
    acme.route(source, target, on=ALL)
    lead = _lead(acme, source, lead="a")
    _change(acme, lead)
    acme.say(source, lead="a", name="Ada", city="London", email="ada@example.com")
    acme.store()
    _created, status, updated = acme.deliveries()
    assert (updated.event, updated.after_id) == ("updated", status.id)
    assert _document(acme, lead)["state"]["stage"] == "won"
    assert acme.leads()[0].status == "won"


@pytest.mark.parametrize(
    ("on", "when", "letter", "word"),
    [
        (("created",), {}, {}, "does not send the event status"),
        (ALL, {"required": ["form"]}, {}, "condition does not match"),
        (ALL, {}, {"test": True}, "test submission"),
    ],
)
def test_who_is_not_told_is_skipped_once_with_the_reason(
    acme: Incoming, on: Any, when: Any, letter: Any, word: str
) -> None:
    source, target = acme.source(), acme.target()
    acme.route(source, target, on=on, when=when)
    lead = _lead(acme, source, **letter)
    for stage in ("won", "open", "won"):
        _change(acme, lead, StatusChange(stage=stage))
    told = _told(acme)
    assert [(label, state) for label, state, _reason in told] == [
        ("won", "skipped"),
        ("open", "skipped"),
    ]
    assert all(word in reason for _label, _state, reason in told)
    acme.balanced()


def test_what_was_skipped_is_told_once_its_condition_holds(acme: Incoming) -> None:
    source, target = acme.source(), acme.target()
    worth = {"properties": {"state": {"required": ["value_minor"]}}, "required": ["state"]}
    acme.route(source, target, on=ALL, when=worth)
    lead = _lead(acme, source)
    _change(acme, lead, StatusChange(stage="won"))
    _change(acme, lead, StatusChange(value_minor=900))
    assert [(label, state) for label, state, _ in _told(acme)] == [
        ("won", "skipped"),
        ("won", "waiting"),
    ]
    acme.balanced()


def test_a_target_that_another_source_brought_it_to_is_told_too(acme: Incoming) -> None:
    first, second, target = acme.source("one"), acme.source("two"), acme.target()
    acme.route(second, target, on=ALL)
    lead = _lead(acme, first, lead="a", scope="kind")
    acme.say(second, lead="a", scope="kind", name="Ada", email="ada@example.com")
    acme.store()
    _change(acme, lead)
    assert _told(acme) == [("won", "waiting", "")]
    acme.balanced()


def test_nobody_is_told_of_a_blocked_contact(acme: Incoming, clock: SettableClock) -> None:
    source, target = acme.source(), acme.target()
    acme.route(source, target, on=ALL)
    lead = _lead(acme, source, phone="+14155550123")
    with acme.rt.database.write() as connection:
        block(connection, (lead.project_id, lead.phone), source.id, clock.now())
    _change(acme, lead)
    assert _told(acme) == [("won", "skipped", BLOCKED)]
    acme.balanced()


def test_a_queued_change_reads_pending_and_its_value_counts_at_once(
    acme: Incoming, clock: SettableClock
) -> None:
    source, target = acme.source(), acme.target()
    acme.route(source, target, on=ALL)
    lead = _lead(acme, source)
    assert _totals(acme) == {"open": 1}
    changed = _change(acme, lead, label="Sale", queued=True)
    assert (changed.state, changed.status, changed.version) == ("pending", "pending", 1)
    [row] = acme.leads()
    assert (row.status, row.value_minor, row.currency) == ("pending", 12500, "EUR")
    assert _totals(acme) == {"pending": 1}
    assert _told(acme) == []
    assert "status" in acme.bell.rung
    clock.advance(5)
    assert process_status(acme.rt) == 1
    assert process_status(acme.rt) == 0
    assert acme.leads()[0].status == "won"
    assert _totals(acme) == {"won": 1}
    assert _told(acme) == [("Sale", "waiting", "")]
    [said] = acme.rows(tables.status_changes)
    assert (said.state, said.owed, said.done_at) == ("done", 1, clock.now())
    acme.balanced()


def test_only_one_change_of_a_lead_is_queued(acme: Incoming) -> None:
    source = acme.source()
    lead = _lead(acme, source)
    other = _lead(acme, source)
    _change(acme, lead, queued=True)
    with pytest.raises(Pending):
        _change(acme, lead, StatusChange(stage="lost"), queued=True)
    _change(acme, other, queued=True)
    assert process_status(acme.rt) == 2
    _change(acme, lead, StatusChange(stage="lost"), queued=True)
    assert _totals(acme) == {"pending": 1, "won": 1}


def test_of_many_that_come_at_once_one_is_queued(acme: Incoming) -> None:
    lead = _lead(acme, acme.source())
    ready = threading.Barrier(6)
    done: list[str] = []

    def ask() -> None:
        ready.wait(10)
        try:
            done.append(_change(acme, lead, queued=True).state)
        except Pending:
            done.append("refused")

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(done) == ["pending"] + ["refused"] * 5
    assert _totals(acme) == {"pending": 1}


def test_a_change_at_once_comes_after_what_was_queued(acme: Incoming) -> None:
    lead = _lead(acme, acme.source())
    _change(acme, lead, queued=True)
    assert _change(acme, lead, StatusChange(stage="open")).status == "open"
    assert process_status(acme.rt) == 0
    assert _document(acme, lead)["state"] == {
        "stage": "open",
        "value_minor": 12500,
        "currency": "EUR",
    }
    assert [row.version for row in acme.rows(tables.status_changes)] == [2, 3]


def test_what_arrives_meanwhile_does_not_hide_that_a_change_is_queued(acme: Incoming) -> None:
    source = acme.source()
    lead = _lead(acme, source, lead="a")
    _change(acme, lead, queued=True)
    acme.say(source, lead="a", name="Ada", email="ada@example.com")
    acme.store()
    assert acme.leads()[0].status == "pending"
    assert process_status(acme.rt) == 1
    document = _document(acme, lead)
    assert (document["state"]["stage"], document["contact"]["email"]) == ("won", "ada@example.com")
    assert _totals(acme) == {"won": 1}


def test_what_became_of_a_partial_response_stays_when_the_rest_arrives(acme: Incoming) -> None:
    source = acme.source()
    lead = _lead(acme, source, lead="a", partial=True, city="Paris")
    _change(acme, lead, StatusChange(stage="won"))
    acme.say(source, lead="a", name="Ada", email="ada@example.com")
    acme.store()
    assert acme.leads()[0].status == "won"
    document = _document(acme, lead)
    assert document["state"] == {"stage": "won"}
    assert "Paris" not in str(document)


def test_the_job_carries_out_what_is_queued(acme: Incoming) -> None:
    from relay import jobs

    lead = _lead(acme, acme.source())
    _change(acme, lead, queued=True)
    jobs.status()
    assert acme.leads()[0].status == "won"


def test_the_sweep_rings_for_a_change_that_nobody_carried_out(
    acme: Incoming, clock: SettableClock
) -> None:
    lead = _lead(acme, acme.source())
    _change(acme, lead, queued=True)
    acme.bell.rung.clear()
    assert not sweep(acme.rt).changes
    clock.advance(2)
    assert sweep(acme.rt).changes
    assert "status" in acme.bell.rung


def test_one_that_cannot_be_carried_out_does_not_stop_the_others(
    acme: Incoming, monkeypatch: pytest.MonkeyPatch
) -> None:
    from relay.services import status

    source = acme.source()
    bad, good = _lead(acme, source), _lead(acme, source)
    _change(acme, bad, queued=True)
    _change(acme, good, StatusChange(stage="lost"), queued=True)
    real = status.with_state

    def fails(document: Any, change: Any) -> Any:
        if change["stage"] == "won":
            raise RuntimeError("a bug")
        return real(document, change)

    with monkeypatch.context() as broken:
        broken.setattr(status, "with_state", fails)
        assert process_status(acme.rt) == 1
    assert [row.status for row in acme.leads()] == ["pending", "lost"]
    assert process_status(acme.rt) == 1


def test_leads_that_are_not_there_or_archived_cannot_change(
    acme: Incoming, clock: SettableClock
) -> None:
    source, target = acme.source(), acme.target()
    acme.route(source, target, on=ALL)
    lead = _lead(acme, source)
    _change(acme, lead, queued=True)
    with acme.rt.database.write() as connection:
        archive(connection, [lead.id], clock.now(), "by the test")
    with pytest.raises(NoLead):
        _change(acme, lead)
    with pytest.raises(NoLead):
        change_status(acme.rt, source.id, WON, actor="a test")
    assert process_status(acme.rt) == 1
    [said] = acme.rows(tables.status_changes)
    assert (said.state, said.version) == ("done", None)
    assert _told(acme) == []
    acme.balanced()


def test_hostile_texts_are_cleaned_and_amounts_that_nobody_can_count_are_refused(
    acme: Incoming,
) -> None:
    lead = _lead(acme, acme.source())
    with pytest.raises(ValueError, match="value_minor"):
        StatusChange(value_minor=2**53)
    change = StatusChange(stage="w\x00on\ud800" + "x" * 600, note="\x00")
    _change(acme, lead, change, label="l\x00" * 900)
    [row] = acme.leads()
    assert row.status.startswith("won\N{REPLACEMENT CHARACTER}x")
    assert len(row.status) == 500


def test_the_books_stay_even_when_retention_removes_the_lead(
    make_runtime: Any, clock: SettableClock
) -> None:
    from relay import runtime as process
    from tests.factories import Bell, catalog

    rt = make_runtime({"RELAY_KEEP_LEADS_DAYS": "30"}, queue=Bell(), catalog=catalog())
    process.install(rt)
    acme = Incoming(rt)
    source, target = acme.source(), acme.target()
    acme.route(source, target, on=("status",))
    lead = _lead(acme, source)
    _change(acme, lead)
    for row in acme.deliveries():
        if row.state == "waiting":
            acme.settle(row.id, "delivered")
    before = ledger(rt)
    clock.advance(timedelta(days=40).total_seconds())
    retain(rt)
    assert acme.leads() == []
    assert acme.rows(tables.status_changes) == []
    after = ledger(rt)
    assert (after.owed, after.deliveries, after.gaps) == (before.owed, before.deliveries, [])
    with rt.database.read() as connection:
        total = connection.execute(sa.select(sa.func.sum(tables.lead_totals.c.count))).scalar_one()
    assert total == 0
