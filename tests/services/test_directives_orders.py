"""Directives on routes that obey and that carry: when, how long, how often, in which order."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from relay.services.sweep import sweep
from tests.conftest import SettableClock
from tests.factories import Bell
from tests.services.directing import ADA, BEA, Directing, lead_of, phone_catalog


@pytest.fixture
def acme(make_runtime: Callable[..., Any]) -> Directing:
    """A project that takes leads by number."""
    from relay import runtime as process

    made = make_runtime(queue=Bell(), catalog=phone_catalog())
    process.install(made)
    return Directing(made)


@pytest.mark.parametrize(
    "said",
    [
        {"schedule_callback_at": "2026-03-02 13:00:00 +0000"},
        {"schedule_callback_in_seconds": "3600"},
        {"next_action_at": "2026-03-02T13:00:00Z"},
        {"next_action_at": "2026-03-02T12:10:00Z", "schedule_callback_in_seconds": 3600},
    ],
)
def test_td_51_a_time_puts_off_what_goes_out_where_the_route_obeys(
    acme: Directing, clock: SettableClock, said: dict[str, Any]
) -> None:
    schedule = acme.schedule()
    obeys = acme.line(schedule)
    carries = acme.line(schedule, "mail", directives="carry")
    filed = acme.says(schedule, **said)
    [later], [now] = acme.deliveries(obeys), acme.deliveries(carries)
    assert later.due_at == clock.now() + timedelta(hours=1)
    assert later.expires_at == later.due_at + timedelta(days=7), "it may wait as long as any"
    assert now.due_at == clock.now()
    assert acme.bell.rung == [str(carries)]
    kept = lead_of(filed).document["directives"]
    assert kept.keys() == said.keys(), "and the lead carries it as a field"
    assert not acme.due(obeys)
    clock.advance(3600)
    assert len(acme.due(obeys)) == 1
    assert acme.balanced()


def test_td_51_another_time_takes_the_place_of_the_first(
    acme: Directing, clock: SettableClock
) -> None:
    schedule = acme.schedule()
    target = acme.line(schedule)
    acme.says(schedule, schedule_callback_in_seconds=7200, name="Ada")
    acme.says(schedule, schedule_callback_in_seconds=600)
    acme.says(schedule, name="Ada Lovelace")
    first, second, third = acme.deliveries(target)
    assert (first.state, second.event, second.state) == ("superseded", "created", "waiting")
    assert second.due_at == clock.now() + timedelta(minutes=10)
    assert (third.event, third.after_id) == ("updated", second.id), "news wait for their lead"
    assert acme.balanced()


def test_td_51_a_time_that_is_past_means_now(acme: Directing, clock: SettableClock) -> None:
    schedule = acme.schedule()
    acme.line(schedule)
    acme.says(schedule, schedule_callback_at="2021-07-23 14:26:43 +0000")
    [row] = acme.deliveries()
    assert row.due_at == clock.now()


def test_td_50_hours_to_expire_end_what_has_not_gone_out(
    acme: Directing, clock: SettableClock
) -> None:
    schedule = acme.schedule()
    obeys = acme.line(schedule)
    carries = acme.line(schedule, "mail", directives="carry")
    acme.says(schedule, hours_to_expire="2")
    clock.advance(2 * 3600)
    sweep(acme.rt)
    assert acme.told(obeys) == [("created", "expired")]
    assert acme.told(carries) == [("created", "waiting")]
    acme.says(schedule, name="Ada")
    assert acme.told(obeys)[-1] == ("created", "waiting"), "it is not known there yet"
    assert acme.deliveries(obeys)[-1].expires_at > clock.now() + timedelta(days=6)
    assert acme.balanced()


def test_td_50_max_contact_attempts_caps_how_often_a_lead_is_sent_on(acme: Directing) -> None:
    schedule = acme.schedule()
    obeys = acme.line(schedule)
    carries = acme.line(schedule, "mail", directives="carry")
    acme.says(schedule, max_contact_attempts=2, note="1")
    acme.end_all("delivered")
    for note in "234":
        acme.says(schedule, note=note)
        acme.end_all("delivered")
    assert [state for _event, state in acme.told(obeys)] == [
        *("delivered", "delivered", "skipped", "skipped"),
    ]
    assert "max_contact_attempts is 2" in acme.deliveries(obeys)[-1].reason
    assert [state for _event, state in acme.told(carries)] == ["delivered"] * 4
    acme.says(schedule, max_contact_attempts=3, note="5")
    assert acme.told(obeys)[-1] == ("updated", "waiting"), "a higher cap lets it go on"
    assert acme.balanced()


@pytest.mark.parametrize("state", ["failed", "expired", "cancelled"])
def test_td_50_what_did_not_arrive_never_counts(acme: Directing, state: str) -> None:
    schedule = acme.schedule()
    acme.line(schedule)
    acme.says(schedule, max_contact_attempts=1, note="1")
    for note in "23":
        acme.end_all(state)
        acme.says(schedule, note=note)
    assert acme.told() == [("created", state), ("created", state), ("created", "waiting")]


def test_td_50_what_is_open_counts_and_what_it_replaces_does_not(acme: Directing) -> None:
    schedule = acme.schedule()
    acme.line(schedule)
    acme.says(schedule, max_contact_attempts=2, note="1")
    for note in "23":
        acme.says(schedule, note=note)
    assert acme.told() == [
        ("created", "waiting"),
        ("updated", "superseded"),
        ("updated", "waiting"),
    ]
    acme.says(schedule, BEA, max_contact_attempts=1, note="1")
    acme.says(schedule, BEA, note="2")
    assert acme.told()[-2:] == [("created", "waiting"), ("updated", "skipped")]
    assert acme.balanced()


def test_td_50_lead_priority_orders_the_lane(acme: Directing) -> None:
    schedule = acme.schedule()
    target = acme.line(schedule)
    sent = {"-1": "low", "5": "high", "99999999": "highest"}
    acme.says(schedule, "+18004506780")
    for number, priority in enumerate(sent):
        acme.says(schedule, f"+1800450678{number + 1}", lead_priority=priority)
    found = [job.document["contact"]["phone"]["e164"][-1] for job in acme.due(target)]
    assert found == ["3", "2", "0", "1"]
    acme.says(schedule, "+18004506782", note="again")
    assert acme.deliveries(target)[-1].priority == 5, "it stays with the lead"


@pytest.mark.parametrize(
    ("ended", "events", "owed"),
    [
        ("delivered", ("created", "updated"), "updated"),
        ("delivered", ("created",), "created"),
        ("expired", ("created", "updated"), "created"),
        ("failed", ("created",), "created"),
    ],
)
def test_td_51_restart_schedule_owes_the_lead_anew(
    acme: Directing, ended: str, events: tuple[str, ...], owed: str
) -> None:
    schedule = acme.schedule()
    acme.line(schedule, on=events)
    acme.says(schedule)
    acme.says(schedule)
    assert len(acme.deliveries()) == 1, "nothing new, nothing owed"
    acme.end_all(ended)
    for _ in range(2):
        filed = acme.says(schedule, restart_schedule="true")
        assert filed.state == "stored"
    assert acme.told() == [("created", ended), (owed, "superseded"), (owed, "waiting")]
    assert lead_of(filed).version == 3
    assert acme.balanced()


def test_td_51_a_restart_does_not_lift_the_cap(acme: Directing) -> None:
    schedule = acme.schedule()
    acme.line(schedule)
    acme.says(schedule, max_contact_attempts=1)
    acme.end_all("delivered")
    acme.says(schedule, restart_schedule=True)
    assert acme.told()[-1][1] == "skipped"
    acme.says(schedule, restart_schedule=True, max_contact_attempts=2)
    assert acme.told()[-1][1] == "waiting"


def test_td_52_directives_for_telephones_are_kept(acme: Directing) -> None:
    schedule = acme.schedule()
    acme.line(schedule)
    told = {"assign_trackdrive_number": "1", "assign_sms_number": True, "contact_field_type": "7"}
    filed = acme.says(schedule, **told, apply_to="calls")
    assert lead_of(filed).document["directives"] == {**told, "apply_to": "calls"}
    assert filed.warnings == []
    assert acme.told() == [("created", "waiting")]


def test_any_source_s_mapping_may_fill_directives(acme: Directing, clock: SettableClock) -> None:
    form = acme.source(mapping={"Call me in": "/directives/schedule_callback_in_seconds"})
    acme.line(form)
    acme.say(form, **{"name": "Ada", "Call me in": "60"})
    acme.store()
    [row] = acme.deliveries()
    assert row.due_at == clock.now() + timedelta(minutes=1)
    assert ADA not in str(row)
