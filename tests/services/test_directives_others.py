"""Directives that change other leads: done where the source may, else kept with a warning."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from integrations.trackdrive.source import POWERS
from relay.services import blocked, missing
from relay.services.directives import MAY
from relay.services.filtering import Filter
from relay.services.lead_rows import PENDING
from relay.services.replay import replay_all
from relay.store import tables
from tests.conftest import SettableClock
from tests.factories import Bell
from tests.services.directing import ADA, BEA, Directing, at_once, lead_of, phone_catalog


@pytest.fixture
def acme(make_runtime: Callable[..., Any]) -> Directing:
    """A project that takes leads by number."""
    from relay import runtime as process

    made = make_runtime(queue=Bell(), catalog=phone_catalog())
    process.install(made)
    return Directing(made)


def _totals(acme: Directing) -> int:
    return sum(row.count for row in acme.rows(tables.lead_totals))


def _live(acme: Directing) -> list[Any]:
    return [lead for lead in acme.leads() if lead.archived_at is None]


def test_the_source_s_settings_know_the_same_words() -> None:
    assert POWERS == MAY


@pytest.mark.parametrize("name", MAY)
def test_td_46_td_48_td_49_what_a_source_may_not_do_is_kept_with_a_warning(
    acme: Directing, name: str
) -> None:
    schedule = acme.schedule(may=[other for other in MAY if other != name])
    other = acme.schedule("other")
    target = acme.line(schedule)
    acme.line(other, "mail")
    acme.says(other, note="kept")
    acme.says(schedule, note="1")
    filed = acme.says(schedule, note="2", **{name: "yes"})
    assert lead_of(filed).document["directives"] == {name: True}
    [warning] = filed.warnings
    assert (warning["place"], warning["kind"]) == (f"/directives/{name}", "directive")
    assert "may" in warning["message"]
    row = acme.submission(filed.submission_id)
    assert row.warnings == [warning]
    [*_, version] = [one for one in acme.rows(tables.lead_versions) if one.lead_id == row.lead_id]
    assert version.warnings == [warning]
    assert [lead.version for lead in _live(acme)] == [1, 2]
    assert acme.told(target) == [("created", "waiting"), ("updated", "waiting")]
    assert acme.rows(tables.blocked_contacts) == []
    assert acme.balanced()


def test_td_47_update_only_makes_no_lead(acme: Directing) -> None:
    schedule, other = acme.schedule(), acme.schedule("other")
    acme.line(schedule)
    acme.says(other)
    filed = acme.says(schedule, update_only="1")
    assert (filed.state, filed.lead) == ("refused", None)
    assert filed.reasons == [
        {"place": "/directives/update_only", "message": "there is no lead to update"}
    ]
    assert len(acme.leads()) == _totals(acme) == 1
    assert acme.deliveries() == []
    acme.says(schedule)
    filed = acme.says(schedule, update_only=True, note="new", delete_existing=True)
    assert (lead_of(filed).version, len(filed.warnings)) == (2, 1), "it deletes nothing"
    assert acme.balanced()


def test_td_47_update_only_sees_what_came_just_before_it(acme: Directing) -> None:
    form = acme.source(mapping={"only": "/directives/update_only"})
    acme.post(
        form,
        [
            {"says": {"only": "yes", "name": "Nobody"}, "lead": "a"},
            {"says": {"name": "Ada"}, "lead": "a"},
            {"says": {"only": "yes", "name": "Ada Lovelace"}, "lead": "a"},
        ],
    )
    acme.store()
    assert acme.states() == {"refused": 1, "stored": 2}
    [lead] = acme.leads()
    assert (lead.version, lead.name) == (2, "Ada Lovelace")
    assert acme.balanced()


def test_td_46_update_all_matching_leads_reaches_the_leads_of_one_offer(acme: Directing) -> None:
    first, second = acme.schedule("first", offer="solar"), acme.schedule("second", offer="solar")
    third = acme.schedule("third", offer="heat pumps")
    lines = {one.name: acme.line(one, f"to-{one.name}") for one in (first, second, third)}
    for one in (first, second, third):
        acme.says(one, seen=one.name)
    acme.says(second, BEA)
    acme.end_all("delivered")
    filed = acme.says(first, update_all_matching_leads="true", zip="94110")
    tokens = {
        (lead.phone, lead.source_id): document["tokens"]
        for lead in acme.leads()
        for document in [_document(acme, lead)]
        if "tokens" in document
    }
    assert tokens == {
        (ADA, first.id): {"seen": "first", "zip": "94110"},
        (ADA, second.id): {"seen": "second", "zip": "94110"},
        (ADA, third.id): {"seen": "third"},
    }
    assert acme.told(lines["first"])[-1] == acme.told(lines["second"])[-1] == ("updated", "waiting")
    assert acme.told(lines["third"]) == [("created", "delivered")]
    assert acme.submission(filed.submission_id).owed == 2
    assert lead_of(filed).document["tokens"]["seen"] == "first"
    assert acme.balanced()


def _document(acme: Directing, lead: Any) -> Any:
    where = (tables.lead_versions.c.lead_id == lead.id,)
    return acme.rows(tables.lead_versions, *where)[-1].document


def test_td_46_update_only_may_find_another_lead_of_the_offer(acme: Directing) -> None:
    first, second = acme.schedule("first", offer="solar"), acme.schedule("second", offer="solar")
    line = acme.line(second)
    made = lead_of(acme.says(second))
    filed = acme.says(first, update_only=1, update_all_matching_leads=1, zip="94110")
    assert (lead_of(filed).id, lead_of(filed).version) == (made.id, 2)
    assert acme.told(line) == [("created", "waiting"), ("updated", "waiting")]
    assert len(acme.leads()) == 1
    assert acme.balanced()


def test_td_48_expire_existing_ends_what_is_open_before_the_new_goes_out(acme: Directing) -> None:
    schedule = acme.schedule()
    obeys, carries = acme.line(schedule), acme.line(schedule, "mail", directives="carry")
    acme.says(schedule, schedule_callback_in_seconds=3600)
    acme.says(schedule, BEA)
    [job] = acme.due(carries)[:1]
    filed = acme.says(schedule, expire_existing="on", note="new")
    assert acme.told(obeys) == [
        ("created", "expired"),
        ("created", "waiting"),
        ("created", "waiting"),
    ]
    assert "asked to expire" in acme.deliveries(obeys)[0].reason
    [sending] = [row for row in acme.deliveries(carries) if row.id == job.id]
    assert sending.state == "sending"
    assert sending.expires_at == acme.clock.now(), "it goes out no second time"
    assert lead_of(filed).version == 2
    assert acme.balanced()


def test_td_48_delete_existing_archives_and_cancels_and_makes_the_lead_anew(
    acme: Directing, clock: SettableClock
) -> None:
    schedule = acme.schedule()
    target = acme.line(schedule)
    old = lead_of(acme.says(schedule, seen="first"))
    filed = acme.says(schedule, delete_existing="yes", zip="94110")
    new = lead_of(filed)
    assert (new.created, new.number, new.version) == (True, old.number + 1, 1)
    assert new.document["tokens"] == {"zip": "94110"}
    [gone] = [lead for lead in acme.leads() if lead.id == old.id]
    assert gone.archived_at == clock.now()
    assert acme.told(target) == [("created", "cancelled"), ("created", "waiting")]
    assert "asked to delete" in acme.deliveries(target)[0].reason
    assert _totals(acme) == 1
    assert lead_of(acme.says(schedule, note="more")).id == new.id
    with acme.rt.database.read() as connection:
        texts = connection.execute(sa.select(tables.lead_texts.c.archived)).scalars()
        assert sorted(texts) == [False, True]
    assert acme.balanced()


def test_td_49_blocked_stops_what_goes_out_to_a_number(
    acme: Directing, clock: SettableClock
) -> None:
    schedule, other = acme.schedule(), acme.schedule("other")
    form = acme.source("form")
    lines = [acme.line(schedule), acme.line(other, "mail"), acme.line(form, "sheet")]
    acme.says(other)
    acme.says(other, BEA)
    filed = acme.says(schedule, blocked="on", note="stop")
    assert filed.state == "stored", "the lead itself is kept"
    assert acme.told(lines[0]) == [("created", "skipped")]
    assert acme.told(lines[1]) == [("created", "cancelled"), ("created", "waiting")]
    assert {row.reason for row in acme.deliveries()} - {None} == {
        "this contact is blocked: nothing more goes out to it"
    }
    acme.say(form, name="Ada", phone=ADA)
    acme.store()
    assert acme.told(lines[2]) == [("created", "skipped")]
    [row] = acme.rows(tables.blocked_contacts)
    assert (row.phone, row.source_id, row.at) == (ADA, schedule.id, clock.now())
    acme.says(schedule, blocked="on")
    assert acme.told(lines[0]) == [("created", "skipped")]
    assert missing.count(acme.rt, lines[0]) == 0
    assert (
        replay_all(acme.rt, Filter(project=acme.project, states=("skipped", "cancelled")), "test")
        == 0
    )
    assert acme.balanced()


def test_td_49_unblock_contact_lets_out_what_comes_from_now_on(acme: Directing) -> None:
    schedule = acme.schedule()
    line = acme.line(schedule)
    acme.says(schedule, note="1")
    acme.says(schedule, blocked=1, note="2")
    acme.says(schedule, unblock_contact=1, note="3")
    assert acme.told(line) == [
        ("created", "cancelled"),
        ("created", "skipped"),
        ("created", "waiting"),
    ]
    assert acme.rows(tables.blocked_contacts) == []
    acme.says(schedule, blocked="no", note="4")
    assert acme.told(line)[-1] == ("updated", "waiting"), "a no asks for nothing"
    assert acme.balanced()


def test_a_test_changes_no_other_leads(acme: Directing) -> None:
    form = acme.source(mapping={"block": "/directives/blocked"}, settings={"may": ["blocked"]})
    sent = acme.say(form, phone=ADA, block="yes", test=True)
    acme.store()
    assert acme.rows(tables.blocked_contacts) == []
    [warning] = [one for one in acme.submission(sent).warnings if one["kind"] == "directive"]
    assert "test" in warning["message"]
    acme.say(form, name="Nobody", block="yes")
    acme.store()
    assert acme.rows(tables.blocked_contacts) == [], "nobody to block"


def test_td_45_a_source_may_refuse_a_number_that_is_there(acme: Directing) -> None:
    schedule = acme.schedule(reject_duplicates=True)
    acme.says(schedule)
    filed = acme.says(schedule, note="again")
    assert (filed.state, filed.reasons[0]["place"]) == ("refused", "/contact/phone")
    assert acme.says(schedule, BEA).state == "stored"
    assert lead_of(acme.says(schedule, update_only=1, note="new")).version == 2
    assert lead_of(acme.says(schedule, delete_existing=1)).created
    assert acme.balanced()


# --- at the same time -----------------------------------------------------------------------------


def test_td_47_twins_of_which_one_only_updates(acme: Directing) -> None:
    schedule = acme.schedule()
    states: list[str] = []
    at_once(
        *(lambda: states.append(acme.says(schedule).state) for _ in range(3)),
        *(lambda: states.append(acme.says(schedule, update_only=1).state) for _ in range(3)),
    )
    assert len(acme.leads()) == 1
    assert set(states) <= {"stored", "refused"}
    assert acme.balanced()


def test_td_48_twins_that_delete_leave_one(acme: Directing, make_runtime: Any) -> None:
    """Two processes, each with a writer of its own."""
    second = make_runtime(queue=Bell(), catalog=phone_catalog())
    schedule = acme.schedule()
    acme.line(schedule)
    twin = _twin(acme, second)
    calls = [
        lambda number=number, one=one: one.says(schedule, delete_existing=1, number_=str(number))
        for number in range(6)
        for one in (acme, twin)
    ]
    at_once(*calls)
    assert len(_live(acme)) == _totals(acme) == 1
    assert len(acme.leads()) == 12
    states = [state for _event, state in acme.told()]
    assert sorted(states) == ["cancelled"] * 11 + ["waiting"]
    assert acme.balanced()


def test_td_49_nothing_slips_past_a_block(acme: Directing, make_runtime: Any) -> None:
    """What is filed at the same moment is called off or skipped, whoever comes first."""
    second = make_runtime(queue=Bell(), catalog=phone_catalog())
    schedule = acme.schedule()
    others = [acme.schedule(f"other-{number}") for number in range(8)]
    for other in others:
        acme.line(other, f"to-{other.name}")
    acme.says(acme.schedule("before"), BEA)
    twin = _twin(acme, second)
    calls: list[Any] = [lambda one=one: twin.says(one, note="x") for one in others]
    at_once(*calls[:4], lambda: acme.says(schedule, blocked=1), *calls[4:])
    states = [state for _event, state in acme.told()]
    assert len(states) == 8
    assert set(states) <= {"cancelled", "skipped"}
    assert acme.balanced()


def test_td_49_a_block_waits_for_those_who_owe_and_they_for_it(acme: Directing) -> None:
    contact, source = (acme.project, ADA), acme.schedule()
    begun, done, seen = threading.Event(), threading.Event(), []

    def block() -> None:
        with acme.rt.database.write() as connection:
            blocked.stand_still(connection, [acme.project])
            begun.set()
            waits.start()
            assert not done.wait(0.3), "nobody owes while it is being decided"
            blocked.block(connection, contact, source.id, acme.clock.now())

    def owe() -> None:
        with acme.rt.database.write() as connection:
            seen.append(blocked.among(connection, [contact]))
        done.set()

    blocks, waits = threading.Thread(target=block), threading.Thread(target=owe)
    with acme.rt.database.write() as connection:
        assert blocked.among(connection, [contact]) == set()
        blocks.start()
        assert not begun.wait(0.3), "somebody owes, who has seen no block"
    blocks.join()
    waits.join()
    assert seen == [{contact}]


def test_td_46_twins_that_update_all_update_each_once(acme: Directing, make_runtime: Any) -> None:
    second = make_runtime(queue=Bell(), catalog=phone_catalog())
    schedules = [acme.schedule(f"s-{number}", offer="solar") for number in range(4)]
    for one in schedules:
        acme.says(one)
    twin = _twin(acme, second)
    calls = [
        lambda one=one, at=at, who=who: who.says(
            one, update_all_matching_leads=1, **{f"from_{at}": "x"}
        )
        for at, (one, who) in enumerate(zip(schedules, (acme, twin) * 2, strict=True))
    ]
    at_once(*calls)
    assert [lead.version for lead in acme.leads()] == [5] * 4
    for lead in acme.leads():
        assert len(_document(acme, lead)["tokens"]) == 4
    assert acme.balanced()


def _twin(acme: Directing, rt: Any) -> Directing:
    twin = object.__new__(Directing)
    twin.rt, twin.clock, twin.project = rt, acme.clock, acme.project
    return twin


def test_an_update_of_others_does_not_hide_a_change_of_status(
    acme: Directing, clock: SettableClock
) -> None:
    first, second = acme.schedule("first", offer="solar"), acme.schedule("second", offer="solar")
    made = lead_of(acme.says(second))
    acme.set(tables.leads, tables.leads.c.id == made.id, status=PENDING)
    clock.advance(timedelta(hours=1).total_seconds())
    acme.says(first, update_all_matching_leads=1)
    [lead] = [lead for lead in acme.leads() if lead.id == made.id]
    assert (lead.status, lead.version) == (PENDING, 2)
