"""One delivery: sent now or to another target, with what still holds it back in words."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from relay.services import acting, blocked, configured, lanes
from relay.services.acting import Blocked, Refused
from relay.store import tables
from tests.conftest import SettableClock
from tests.factories import Incoming


@pytest.fixture
def delivery(acme: Incoming) -> Any:
    """A delivery to crm that waits."""
    source, target = acme.source(), acme.target("crm")
    acme.route(source, target)
    acme.say(source, lead="t", name="Ada", phone="+49 30 1234567")
    acme.store()
    acme.bell.rung.clear()
    return acme.deliveries()[0]


def _again(acme: Incoming, delivery: Any, **columns: Any) -> None:
    acme.set(tables.deliveries, tables.deliveries.c.id == delivery.id, **columns)


def _to(acme: Incoming, delivery: Any, target: Any, **more: Any) -> acting.Acted:
    found = configured.target(acme.rt, target)
    assert found is not None
    return acting.elsewhere(acme.rt, delivery.id, found, "ada@example.com", **more)


def test_a_retry_says_what_still_holds_it_back(
    acme: Incoming, clock: SettableClock, delivery: Any
) -> None:
    _again(acme, delivery, due_at=clock.now() + timedelta(hours=1))
    assert acting.retry(acme.rt, delivery.id, "test") == acting.Acted(delivery.id, None)
    assert acme.deliveries()[0].due_at == clock.now()
    lanes.pause_target(acme.rt, delivery.target_id, "holiday", "test")
    assert acting.retry(acme.rt, delivery.id, "test").waits_for == "the target is paused"
    lanes.resume_target(acme.rt, delivery.target_id, "test")
    own = tables.lanes.c.target_id == delivery.target_id
    later = clock.now() + timedelta(minutes=1)
    acme.set(tables.lanes, own, hold_until=later)
    assert "held back" in str(acting.retry(acme.rt, delivery.id, "test").waits_for)
    acme.set(tables.lanes, own, hold_until=None, open_until=later)
    assert "keeps failing" in str(acting.retry(acme.rt, delivery.id, "test").waits_for)
    acme.say(acme.reread(delivery.source_id), lead="t", name="Bea")
    acme.store()
    newer = acme.deliveries()[-1]
    assert "earlier delivery" in str(acting.retry(acme.rt, newer.id, "test").waits_for)


def test_nothing_goes_to_a_target_that_is_gone(acme: Incoming, delivery: Any) -> None:
    acme.set(
        tables.targets, tables.targets.c.id == delivery.target_id, archived_at=acme.clock.now()
    )
    configured.forget(acme.rt)
    for act in (acting.retry, acting.force):
        with pytest.raises(Refused, match="removed"):
            act(acme.rt, delivery.id, "test")


def test_a_blocked_contact_needs_a_second_word(acme: Incoming, delivery: Any) -> None:
    with acme.rt.database.write() as connection:
        contact = (acme.project, "+49301234567")
        blocked.block(connection, contact, delivery.source_id, acme.clock.now())
    other = acme.target("other")
    for act in (acting.retry, acting.force):
        with pytest.raises(Blocked):
            act(acme.rt, delivery.id, "test")
    with pytest.raises(Blocked):
        _to(acme, delivery, other)
    assert len(acme.deliveries()) == 1
    assert acting.retry(acme.rt, delivery.id, "test", despite_block=True)
    assert _to(acme, delivery, other, despite_block=True)
    assert len(acme.deliveries()) == 3


def test_the_same_version_goes_to_another_target_without_a_route(
    acme: Incoming, clock: SettableClock, delivery: Any
) -> None:
    acme.say(acme.reread(delivery.source_id), lead="t", name="Bea")
    acme.store()
    clock.advance(60)
    other = acme.target("other")
    acme.bell.rung.clear()
    acted = _to(acme, delivery, other)
    [row] = acme.deliveries(other)
    assert acme.bell.rung == [str(other)]
    assert (row.id, acted.waits_for) == (acted.delivery_id, None)
    assert (row.version, row.event, row.replay_of) == (1, "created", delivery.id)
    assert (row.route_id, row.replay, row.trigger) == (None, 1, "replay")
    assert (row.due_at, row.state) == (clock.now(), "waiting")
    assert acme.deliveries()[0] == delivery, "the first one stays as it is"
    line = acme.rows(tables.audit)[-1]
    assert (line.actor, line.action) == ("ada@example.com", "replay to")
    assert line.subject == f"delivery {delivery.id} of lead 1 to crm"
    assert line.after == {"target": "other", "delivery": str(row.id)}
    assert acme.balanced()


def test_what_the_target_has_is_not_sent_a_second_time(acme: Incoming, delivery: Any) -> None:
    other = acme.target("other")
    _to(acme, delivery, other)
    with pytest.raises(Refused, match="has this version"):
        _to(acme, delivery, other)
    acme.settle(acme.deliveries(other)[0].id, "delivered")
    with pytest.raises(Refused, match="has this version"):
        _to(acme, delivery, other)
    acme.say(acme.reread(delivery.source_id), lead="t", name="Bea")
    acme.store()
    newer = acme.deliveries(delivery.target_id)[-1]
    _to(acme, newer, other)
    second = acme.deliveries(other)[-1]
    assert (second.version, second.event) == (2, "updated"), "it knows the lead already"
    acme.settle(second.id, "failed")
    third = _to(acme, newer, other).delivery_id
    assert acme.deliveries(other)[-1].id == third
    assert acme.deliveries(other)[-1].replay == 2


def test_deliveries_of_one_lead_keep_their_order_there_too(acme: Incoming, delivery: Any) -> None:
    acme.say(acme.reread(delivery.source_id), lead="t", name="Bea")
    acme.store()
    older, newer = acme.deliveries()
    other = acme.target("other")
    _to(acme, older, other)
    acted = _to(acme, newer, other)
    first, second = acme.deliveries(other)
    assert (second.after_id, acted.waits_for) == (first.id, acting.FIRST)


def test_who_gets_what_is_still_the_targets_to_say(
    acme: Incoming, clock: SettableClock, delivery: Any
) -> None:
    with pytest.raises(Refused, match="send it again instead"):
        _to(acme, delivery, delivery.target_id)
    hasty = acme.target("hasty", kind="hasty")
    _to(acme, delivery, hasty)
    clock.advance(3601)
    late = acme.target("late", kind="hasty")
    with pytest.raises(Refused, match="older than"):
        _to(acme, delivery, late)
    lead = tables.leads.c.id == delivery.lead_id
    for column, why in (("test", "test submission"), ("partial", "partial response")):
        acme.set(tables.leads, lead, **{column: True})
        with pytest.raises(Refused, match=why):
            _to(acme, delivery, acme.target(column))
        acme.set(tables.leads, lead, **{column: False})
    with acme.rt.database.write() as connection:
        connection.execute(sa.update(tables.deliveries).values(event="status", label="won"))
    box = acme.target("statuses")
    with pytest.raises(Refused, match="what becomes of leads"):
        _to(acme, delivery, box)
    acme.route(acme.reread(delivery.source_id), box, on=("created", "status"))
    _to(acme, delivery, box)
    [row] = acme.deliveries(box)
    assert (row.event, row.label) == ("status", "won")
    assert row.route_id is not None


def test_another_projects_target_is_none(acme: Incoming, delivery: Any) -> None:
    beta = Incoming(acme.rt, "beta")
    with pytest.raises(Refused, match="another project"):
        _to(acme, delivery, beta.target())


def test_a_young_lead_waits_as_long_as_the_target_wants(
    acme: Incoming, clock: SettableClock, delivery: Any
) -> None:
    patient = acme.target("patient", kind="patient")
    _to(acme, delivery, patient)
    [row] = acme.deliveries(patient)
    assert row.due_at == clock.now() + timedelta(seconds=600)
