"""The store step: submissions become lead versions, whoever dies or works at the same time."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from relay.services import configured, lead_rows
from relay.services import leads as leads_service
from relay.services.leads import store_batch
from relay.services.quarantine import release
from relay.services.sweep import sweep
from relay.store import tables
from tests.conftest import SettableClock
from tests.factories import Bell, Incoming, catalog


def _versions(acme: Incoming) -> list[Any]:
    return acme.rows(tables.lead_versions)


def test_a_submission_becomes_a_lead(acme: Incoming, clock: SettableClock) -> None:
    source = acme.source()
    said = acme.say(
        source, name="Ada Example", email="Ada@Example.com", phone="+49 30 123456", company="Works"
    )
    received = clock.now()
    clock.advance(3)
    assert acme.store() == 1
    [lead], row = acme.leads(), acme.submission(said)
    assert (lead.name, lead.email, lead.phone) == (
        "Ada Example",
        "ada@example.com",
        "+4930123456",
    )
    assert (lead.company, lead.status, lead.number, lead.version) == ("Works", "open", 1, 1)
    assert (lead.created_at, lead.updated_at) == (received, clock.now())
    assert (row.state, row.lead_id, row.lead_version) == ("stored", lead.id, 1)
    assert (row.stored_at, row.tries, row.lease_token) == (clock.now(), 0, None)
    [version] = _versions(acme)
    assert (version.submission_id, version.document) == (said, row.document)
    assert acme.balanced()


def test_every_lead_gets_the_next_number_of_its_project(acme: Incoming) -> None:
    other = Incoming(acme.rt, "other")
    for project in (acme, other, acme, other, acme):
        project.say(project.source(f"form {len(project.rows(tables.sources))}"), name="Ada")
    acme.store()
    acme.say(acme.source("late"), name="Bob")
    acme.store()
    numbers: dict[Any, list[int]] = {}
    for lead in acme.leads():
        numbers.setdefault(lead.project_id, []).append(lead.number)
    assert {key: sorted(found) for key, found in numbers.items()} == {
        acme.project: [1, 2, 3, 4],
        other.project: [1, 2],
    }
    assert len({lead.public_id for lead in acme.leads()}) == 6


def test_a_partial_and_its_complete_are_one_lead(acme: Incoming) -> None:
    source = acme.source()
    acme.say(source, event="p", lead="t", partial=True, name="Ada", topic="roof")
    acme.say(source, event="c", lead="t", name="Ada", email="ada@example.com")
    acme.store()
    [lead] = acme.leads()
    assert (lead.version, lead.partial) == (2, False)
    newest = _versions(acme)[-1].document
    assert newest["contact"]["email"] == "ada@example.com"
    assert "roof" not in str(newest), "the complete response supersedes what was only begun"


def test_a_complete_that_says_no_more_still_completes(acme: Incoming) -> None:
    """Else the lead would stay partial, and its deliveries skipped for ever."""
    source, target = acme.source(), acme.target()
    acme.route(source, target)
    acme.say(source, event="p", lead="t", partial=True, name="Ada")
    acme.store()
    acme.say(source, event="c", lead="t", name="Ada")
    acme.store()
    [lead] = acme.leads()
    assert (lead.version, lead.partial) == (2, False)
    assert [row.state for row in acme.deliveries()] == ["skipped", "waiting"]


def test_a_partial_that_comes_late_changes_nothing(acme: Incoming) -> None:
    """Whichever of the two is stored first, the complete one counts, and the partial one does not
    go out with it."""
    source, target = acme.source(), acme.target()
    acme.route(source, target)
    acme.say(source, event="c", lead="t", name="Ada Example", email="ada@example.com")
    acme.store()
    late = acme.say(source, event="p", lead="t", partial=True, name="Ad", company="Works")
    acme.store()
    [lead] = acme.leads()
    assert (lead.name, lead.company, lead.partial) == ("Ada Example", None, False)
    assert (acme.submission(late).state, acme.submission(late).lead_id) == ("stored", lead.id)
    assert [(row.event, row.state) for row in acme.deliveries()] == [("created", "waiting")]


@pytest.mark.parametrize("together", [True, False])
def test_what_was_held_does_not_undo_what_was_said_since(
    acme: Incoming, clock: SettableClock, together: bool
) -> None:
    source = acme.source()
    acme.say(source, lead="t", name="Ada")
    clock.advance(1)
    held = acme.say(source, lead="t", name="Bea", topic="roof", hold="honeypot")
    clock.advance(1)
    acme.say(source, lead="t", name="Cleo")
    if not together:
        acme.store()
    release(acme.rt, [held], "test")
    acme.store()
    [lead] = acme.leads()
    assert lead.name == "Cleo"
    assert "roof" in str(_versions(acme)[-1].document), "what nobody has said since counts"


def test_an_update_adds_and_erases_nothing(acme: Incoming) -> None:
    source = acme.source()
    acme.say(source, lead="t", name="Ada", topic="roof")
    acme.say(source, lead="t", name="", email="ada@example.com")
    acme.store()
    [lead] = acme.leads()
    assert (lead.name, lead.email, lead.version) == ("Ada", "ada@example.com", 2)
    assert "roof" in str(_versions(acme)[-1].document)


def test_an_equal_document_makes_no_version(acme: Incoming) -> None:
    source, target = acme.source(), acme.target()
    acme.route(source, target)
    ids = [acme.say(source, lead="t", name="Ada") for _ in range(3)]
    acme.store()
    assert len(_versions(acme)) == len(acme.deliveries()) == 1
    assert {acme.submission(one).state for one in ids} == {"stored"}
    assert {acme.submission(one).lead_version for one in ids} == {1}
    assert acme.balanced()


def test_leads_of_a_kind_are_shared_by_its_sources_only_when_it_says_so(acme: Incoming) -> None:
    one, other = acme.source("one"), acme.source("other")
    for source in (one, other):
        acme.say(source, lead="own", name="Ada")
        acme.say(source, lead="shared", scope="kind", name=f"Bob of {source.name}")
    acme.store()
    assert sorted(lead.version for lead in acme.leads()) == [1, 1, 2]


def test_projects_share_no_lead(acme: Incoming) -> None:
    other = Incoming(acme.rt, "other")
    for project in (acme, other):
        project.say(project.source(), lead="t", scope="kind", name="Ada")
    acme.store()
    assert {lead.project_id for lead in acme.leads()} == {acme.project, other.project}


def test_what_says_no_lead_is_a_lead_of_its_own(acme: Incoming) -> None:
    source = acme.source()
    for _ in range(3):
        acme.say(source, name="Ada")
    acme.store()
    assert len(acme.leads()) == 3


def test_a_test_that_turns_real_is_news(acme: Incoming) -> None:
    source = acme.source()
    acme.say(source, lead="t", test=True, name="Ada")
    acme.say(source, lead="t", name="Ada")
    acme.store()
    [lead] = acme.leads()
    assert (lead.test, lead.version) == (False, 2)


def test_refuse_rules_end_a_submission_with_their_reason(acme: Incoming) -> None:
    no_contact = {
        "reason": "no contact",
        "when": {"not": {"properties": {"contact": {"required": ["email"]}}}},
    }
    source = acme.source(refuse=[no_contact])
    target = acme.target()
    acme.route(source, target)
    refused = acme.say(source, name="Ada")
    acme.say(source, name="Bob", email="bob@example.com")
    acme.store()
    row = acme.submission(refused)
    assert (row.state, row.reasons) == ("refused", [{"place": "", "message": "no contact"}])
    assert acme.states() == {"refused": 1, "stored": 1}
    assert len(acme.deliveries()) == 1
    assert acme.balanced()


def test_workers_side_by_side_give_one_lead_all_versions(acme: Incoming, make_runtime: Any) -> None:
    """Two worker processes and many submissions of few leads: no version lost, none twice."""
    source, target = acme.source(), acme.target()
    acme.route(source, target)
    for number in range(60):
        acme.say(source, lead=f"lead {number % 3}", name="Ada", **{f"answer {number}": "yes"})
    runtimes = [acme.rt, make_runtime(queue=Bell(), catalog=catalog())]

    def work(at: int) -> int:
        total = 0
        while taken := store_batch(runtimes[at % 2], limit=7):
            total += taken
        return total

    with ThreadPoolExecutor(4) as pool:
        totals = [job.result(60) for job in [pool.submit(work, at) for at in range(4)]]
    assert sum(totals) == 60, "each submission was taken once"
    assert acme.states() == {"stored": 60}
    leads = acme.leads()
    assert [lead.version for lead in leads] == [20, 20, 20]
    assert sorted(lead.number for lead in leads) == [1, 2, 3]
    for lead in leads:
        mine = [row for row in _versions(acme) if row.lead_id == lead.id]
        assert [row.version for row in mine] == list(range(1, 21))
        assert sum(f"answer {number}" in str(mine[-1].document) for number in range(60)) >= 20
    open_ones = [row for row in acme.deliveries() if row.state == "waiting"]
    assert sorted(row.event for row in open_ones) == ["created"] * 3 + ["updated"] * 3
    assert acme.balanced()


def test_a_submission_that_is_worked_on_is_left_alone(acme: Incoming, clock: SettableClock) -> None:
    source = acme.source()
    acme.say(source, name="Ada")
    claim = leads_service._claim(acme.rt, 10)
    assert [row.tries for row in claim.rows] == [1]
    assert acme.store() == 0
    clock.advance(acme.rt.config.lease_seconds + 1)
    assert acme.store() == 1
    assert acme.states() == {"stored": 1}


def test_a_late_worker_does_not_overwrite(
    acme: Incoming, clock: SettableClock, caplog: pytest.LogCaptureFixture
) -> None:
    source, target = acme.source(), acme.target()
    acme.route(source, target)
    acme.say(source, name="Ada")
    late = leads_service._claim(acme.rt, 10)
    clock.advance(acme.rt.config.lease_seconds + 1)
    acme.store()
    before = acme.rows(tables.submissions)
    leads_service._store_group(acme.rt, late.token, list(late.rows))
    assert acme.rows(tables.submissions) == before
    assert len(acme.leads()) == len(acme.deliveries()) == 1
    assert "another worker took over" in caplog.text


def test_what_kills_its_worker_three_times_is_quarantined(
    acme: Incoming, clock: SettableClock
) -> None:
    """A worker that is killed says nothing: only the count that it committed before tells."""
    source = acme.source()
    deadly = acme.say(source, name="deadly")
    others = [acme.say(source, name=f"Ada {number}") for number in range(3)]
    for death in range(3):
        claim = leads_service._claim(acme.rt, 10)
        groups = [[row.id for row in group] for group in leads_service._groups(claim.rows)]
        if death == 0:
            assert groups == [[deadly, *others]]
            continue_with: list[Any] = []
        else:
            assert all(len(group) == 1 for group in groups), "each goes alone after a death"
            continue_with = [row for row in claim.rows if row.id != deadly]
        for row in continue_with:
            leads_service._store_group(acme.rt, claim.token, [row])
        clock.advance(acme.rt.config.lease_seconds + 1)
    acme.store()
    row = acme.submission(deadly)
    assert row.state == "quarantined"
    assert "died 3 times" in row.reasons[0]["message"]
    assert acme.states() == {"quarantined": 1, "stored": 3}
    assert acme.balanced()


def test_a_row_that_cannot_be_stored_costs_itself_alone(
    acme: Incoming, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = acme.source()
    bad = acme.say(source, name="Bad")
    for number in range(3):
        acme.say(source, name=f"Ada {number}")
    summary = lead_rows.summary

    def fail_for_bad(document: Any) -> Any:
        if document["contact"]["full_name"] == "Bad":
            raise ArithmeticError
        return summary(document)

    monkeypatch.setattr(lead_rows, "summary", fail_for_bad)
    store_batch(acme.rt)
    assert acme.states() == {"received": 1, "stored": 3}
    for pause in leads_service.PAUSES:
        assert acme.store() == 0, "a pause lies between two tries"
        clock.advance(pause + 0.1)
        assert sweep(acme.rt).submissions
        assert acme.store() == 1
    row = acme.submission(bad)
    assert (row.state, row.lease_token, row.tries) == ("quarantined", None, 0)
    assert "ArithmeticError" in row.reasons[0]["message"]
    assert acme.balanced()


def test_what_passes_within_seconds_costs_no_submission(
    acme: Incoming, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = acme.source()
    said = acme.say(source, name="Ada")
    fails_until = clock.now() + timedelta(seconds=5)
    file_all = leads_service.file_all

    def failing(rt: Any, *arguments: Any) -> Any:
        if clock.now() < fails_until:
            raise ArithmeticError
        return file_all(rt, *arguments)

    monkeypatch.setattr(leads_service, "file_all", failing)
    for _ in range(70):
        acme.store()
        clock.advance(0.1)
    assert acme.submission(said).state == "stored"
    assert acme.balanced()


def test_a_source_that_cannot_be_read_costs_its_own_submissions_alone(
    acme: Incoming, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after an integration was taken away: else the batch would begin with it for ever."""
    broken, fine = acme.source("broken"), acme.source("fine")
    acme.say(broken, name="Ada")
    read = configured.source

    def unreadable(rt: Any, source_id: Any) -> Any:
        if source_id == broken.id:
            raise KeyError("letter")
        return read(rt, source_id)

    monkeypatch.setattr(configured, "source", unreadable)
    for _ in range(leads_service.MOST_TRIES):
        acme.say(fine, name="Bob")
        store_batch(acme.rt)
        clock.advance(leads_service.PAUSES[-1] + 0.1)
    assert acme.states() == {"quarantined": 1, "stored": leads_service.MOST_TRIES}
    assert acme.balanced()


def test_a_database_that_goes_away_costs_no_try(
    acme: Incoming, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = acme.source()
    said = acme.say(source, name="Ada")

    def away(*_arguments: Any) -> None:
        raise sa.exc.OperationalError("INSERT", {}, Exception("server closed the connection"))

    for _ in range(5):
        with monkeypatch.context() as patched:
            patched.setattr(leads_service, "file_all", away)
            with pytest.raises(sa.exc.OperationalError):
                store_batch(acme.rt)
        row = acme.submission(said)
        assert (row.state, row.tries, row.lease_token) == ("received", 0, None)
    assert acme.store() == 1
    assert acme.states() == {"stored": 1}


def test_the_oldest_go_first_and_a_full_batch_rings_for_the_next(
    acme: Incoming, clock: SettableClock
) -> None:
    source = acme.source()
    ids = []
    for _ in range(5):
        ids.append(acme.say(source, name="Ada"))
        clock.advance(1)
    acme.bell.rung.clear()
    assert store_batch(acme.rt, limit=3) == 3
    assert [acme.submission(one).state for one in ids] == ["stored"] * 3 + ["received"] * 2
    assert "store" in acme.bell.rung
    acme.bell.rung.clear()
    assert store_batch(acme.rt, limit=3) == 2
    assert "store" not in acme.bell.rung


def test_lanes_with_work_are_rung_for_after_the_commit(acme: Incoming) -> None:
    source, target, later = acme.source(), acme.target(), acme.target("later", kind="patient")
    acme.route(source, target)
    acme.route(source, later)
    acme.say(source, name="Ada")
    acme.store()
    assert str(target) in acme.bell.rung
    assert str(later) not in acme.bell.rung, "nothing is due there yet"


def test_deliveries_and_the_submission_share_one_moment(acme: Incoming) -> None:
    """The ledger counts what is owed by the one and the deliveries by the other."""

    class Ticking:
        def __init__(self, clock: Any) -> None:
            self._clock = clock

        def now(self) -> Any:
            self._clock.advance(0.001)
            return self._clock.now()

    source, target = acme.source(), acme.target()
    acme.route(source, target)
    said = acme.say(source, name="Ada")
    object.__setattr__(acme.rt, "clock", Ticking(acme.clock))
    acme.store()
    [delivery] = acme.deliveries()
    [lead], [version] = acme.leads(), _versions(acme)
    moments = {
        acme.submission(said).stored_at,
        delivery.created_at,
        lead.updated_at,
        version.created_at,
    }
    assert len(moments) == 1
    assert delivery.expires_at - delivery.created_at == timedelta(days=7)
