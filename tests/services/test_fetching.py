"""What came as an id alone: kept at once, asked for by itself, and never lost on the way."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from relay.core.contract import Request, judge_reply
from relay.services import errands, fetched, fetching
from relay.services.fetchers import Fetchers
from relay.services.ledger import ledger
from relay.services.quarantine import release
from relay.services.readiness import readiness
from relay.services.retention import retain
from relay.services.sweep import sweep
from relay.services.trace import submission as traced
from relay.store import tables
from relay.store.tables import fetches, submissions
from tests.peer import Answer, Peer, closes_half_way, drips_body, resets
from tests.servers import until
from tests.services.parcels import TOKEN, Office, contents


@pytest.fixture
def office(make_runtime: Callable[..., Any], peer: Peer) -> Office:
    return Office(make_runtime, peer)


def asked(office: Office, submission_id: Any) -> Any:
    (row,) = office.rows(fetches, fetches.c.submission_id == submission_id)
    return row


# --- the way of one ------------------------------------------------------------------------


def test_an_id_is_kept_at_once_and_held_until_its_data_is_there(office: Office) -> None:
    came = office.post(office.door, {"parcel": 7})
    assert came.states == ("received",)
    assert office.peer.arrivals == []
    office.store()
    row = office.submission(came.ids[0])
    assert (row.state, row.hold, row.document) == ("held", "fetch", None)
    assert "is being fetched" in row.reasons[0]["message"]
    assert f"fetch:{office.door.id}" in office.bell.rung
    assert office.balanced()
    assert ledger(office.rt).submissions["held"] == 1

    office.peer.script(contents(email="ada@example.com", name="Ada Lovelace"))
    assert office.fetch() == 1
    row = office.submission(came.ids[0])
    assert (row.state, row.hold, row.reasons) == ("stored", None, [])
    (lead,) = office.leads()
    assert (lead.email, lead.lead_key) == ("ada@example.com", f"source:{office.door.id}:7")
    assert [one.state for one in office.deliveries()] == ["waiting"]
    assert office.balanced()
    (arrival,) = office.peer.arrivals
    assert (arrival.method, arrival.path) == ("GET", "/parcels/7")
    assert arrival.headers["authorization"] == f"Bearer {TOKEN}"


def test_what_was_fetched_is_kept_with_its_submission_and_shows_no_secret(office: Office) -> None:
    office.peer.script(
        Answer(
            body=json.dumps({"says": {"email": "a@x.example", "note": f"call {TOKEN}"}}).encode()
        )
    )
    submission_id = office.tell(7)
    office.fetch()
    row = asked(office, submission_id)
    assert (row.due_at, row.outcome) == (None, "delivered")
    assert json.loads(row.body)["says"] == {"email": "a@x.example", "note": "call ***"}
    (lead,) = office.rows(tables.lead_versions)
    assert "call ***" in json.dumps(lead.document)
    assert TOKEN not in everything(office)
    exchange = json.dumps(row.exchanges)
    assert "/parcels/7" in exchange
    shown = traced(office.rt, submission_id) or {}
    assert shown["fetched_body"] == row.body
    assert shown["fetch_exchanges"] == row.exchanges


@pytest.mark.parametrize("said", [{"email": TOKEN}, [TOKEN], TOKEN])
def test_what_cannot_be_mapped_of_what_was_fetched_shows_no_secret_either(
    office: Office, said: Any
) -> None:
    office.peer.script(Answer(body=json.dumps({"says": said, TOKEN: TOKEN}).encode()))
    office.tell(7)
    office.fetch()
    assert TOKEN not in everything(office)


def test_several_in_one_body_go_on_each_by_itself(office: Office) -> None:
    came = office.post(office.door, [{"parcel": 1}, {"parcel": 2}, {"parcel": 3, "says": {}}])
    office.store()
    office.peer.default = contents(email="x@x.example")
    assert office.fetch() == 2
    assert [office.submission(one).state for one in came.ids] == ["stored"] * 3
    assert len(office.leads()) == 3
    assert office.balanced()


def test_a_repeat_is_told_before_anything_is_asked(office: Office) -> None:
    office.tell(7)
    office.tell(7)
    office.peer.default = contents(email="x@x.example")
    assert office.fetch() == 1
    assert office.states() == {"stored": 1, "duplicate": 1}
    assert len(office.peer.arrivals) == 1


def test_a_paused_source_holds_it_and_it_is_fetched_when_the_source_goes_on(
    office: Office,
) -> None:
    paused = office.change(office.door.id, paused_at=office.clock.now())
    submission_id = office.post(paused, {"parcel": 7}).ids[0]
    assert office.submission(submission_id).hold == "paused"
    office.change(office.door.id, paused_at=None)
    assert sweep(office.rt).released == 1
    office.store()
    office.peer.script(contents(email="x@x.example"))
    office.fetch()
    assert office.submission(submission_id).state == "stored"


# --- what goes wrong -----------------------------------------------------------------------


PASSING = {
    "an error of theirs": (Answer(500, b"oops"), "answered 500"),
    "unavailable": (Answer(503), "answered 503"),
    "reset": (resets, "connection"),
    "half an answer": (closes_half_way, "broke off"),
    "a redirect": (Answer(302, headers={"Location": "http://127.0.0.1/"}), "points to"),
}


@pytest.mark.parametrize(("answer", "words"), PASSING.values(), ids=PASSING)
def test_a_passing_error_is_tried_again_by_the_schedule(
    office: Office, answer: Any, words: str
) -> None:
    office.peer.script(answer)
    submission_id = office.tell(7)
    assert office.fetch() == 1
    row = office.submission(submission_id)
    assert (row.state, row.hold) == ("held", "fetch")
    assert words in row.reasons[0]["message"]
    waits = (asked(office, submission_id).due_at - office.clock.now()).total_seconds()
    assert 4 <= waits <= 6
    assert office.fetch() == 0
    office.clock.advance(7)
    assert sweep(office.rt).fetches == (office.door.id,)
    office.peer.script(contents(email="x@x.example"))
    assert office.fetch() == 1
    assert office.submission(submission_id).state == "stored"


def test_a_reply_that_never_ends_is_a_passing_error(
    make_runtime: Callable[..., Any], peer: Peer
) -> None:
    def slow(**more: Any) -> Any:
        return make_runtime({"RELAY_TOTAL_SECONDS": "0.3", "RELAY_READ_SECONDS": "0.3"}, **more)

    office = Office(slow, peer)
    peer.script(drips_body)
    submission_id = office.tell(7)
    office.fetch()
    row = office.submission(submission_id)
    assert row.state == "held"
    assert "broke off" in row.reasons[0]["message"]
    peer.script(contents(email="x@x.example"))
    release(office.rt, [submission_id], "test")
    office.store()
    office.fetch()
    assert office.submission(submission_id).state == "stored"


def test_what_asks_for_patience_gets_it_for_the_whole_source(office: Office) -> None:
    first, second = office.tell(1), office.tell(2)
    office.peer.script(Answer(429, headers={"Retry-After": "120"}))
    (errand,) = fetching.claim(office.rt, office.door.id, 1)
    fetching.carry_out(office.rt, errand)
    for one in (first, second):
        assert (asked(office, one).due_at - office.clock.now()).total_seconds() >= 120
    assert asked(office, errand.id).attempts == 0
    assert office.fetch() == 0
    office.clock.advance(150)
    office.peer.default = contents(email="x@x.example")
    assert office.fetch() == 2


def test_a_refused_access_waits_visibly_and_goes_on_as_soon_as_the_settings_change(
    office: Office,
) -> None:
    ids = [office.tell(number) for number in range(6)]
    office.peer.default = Answer(401, b'{"error": "token expired"}')
    office.fetch()
    assert 1 <= len(office.peer.arrivals) <= fetching.AT_ONCE
    for one in ids[:1]:
        message = office.submission(one).reasons[0]["message"]
        assert message.startswith("the access to the provider is not accepted")
    assert sweep(office.rt).fetches == ()
    office.new_token()
    assert sweep(office.rt).fetches == (office.door.id,)
    office.peer.default = contents(email="x@x.example")
    assert office.fetch() == 6
    assert office.states() == {"stored": 6}
    assert office.peer.arrivals[-1].headers["authorization"] == "Bearer another token"


def test_a_refused_access_is_tried_again_now_and_then_and_ends_in_quarantine_after_a_week(
    office: Office,
) -> None:
    submission_id = office.tell(7)
    office.peer.default = Answer(401)
    office.fetch()
    office.clock.advance(fetched.REFUSED_WAIT + 1)
    assert office.fetch() == 1
    assert office.submission(submission_id).state == "held"
    office.clock.advance(7 * 86400)
    assert office.fetch() == 1
    row = office.submission(submission_id)
    assert row.state == "quarantined"
    assert "within 7 days" in row.reasons[0]["message"]
    assert office.balanced()
    office.peer.default = contents(email="x@x.example")
    assert release(office.rt, [submission_id], "test").released == (submission_id,)
    office.store()
    assert office.fetch() == 1
    assert office.submission(submission_id).state == "stored"


PERMANENT = {
    "rejected": (Answer(400, b"no such parcel"), "answered 400"),
    "empty": (Answer(body=b"{}"), "the parcel is empty"),
    "unmappable": (Answer(body=b'{"says": 5}'), ""),
}


@pytest.mark.parametrize(("answer", "words"), PERMANENT.values(), ids=PERMANENT)
def test_a_permanent_failure_is_quarantined_with_its_reason_and_can_be_released(
    office: Office, answer: Answer, words: str
) -> None:
    office.peer.script(answer)
    submission_id = office.tell(7)
    office.fetch()
    row = office.submission(submission_id)
    assert (row.state, row.hold) == ("quarantined", None)
    assert words in row.reasons[0]["message"]
    assert asked(office, submission_id).due_at is None
    assert office.balanced()


def test_after_the_last_try_it_is_in_quarantine(office: Office) -> None:
    submission_id = office.tell(7)
    office.peer.default = Answer(500)
    tries = 0
    while office.submission(submission_id).state == "held" and tries < 20:
        tries += office.fetch()
        office.clock.advance(50_000)
    assert tries == 9
    assert "given up after 9 attempts" in office.submission(submission_id).reasons[0]["message"]


def test_a_change_of_the_mapping_is_made_with_what_was_fetched_and_asks_for_nothing(
    office: Office,
) -> None:
    office.peer.script(Answer(body=b'{"says": "odd"}'))
    submission_id = office.tell(7)
    office.fetch()
    assert office.submission(submission_id).state == "quarantined"
    office.set(
        fetches, fetches.c.submission_id == submission_id,
        body=json.dumps({"parcel": 7, "says": {"Mail": "x@x.example"}}).encode(),
    )  # fmt: skip
    office.change(office.door.id, mapping={"Mail": "/contact/email"})
    assert release(office.rt, [submission_id], "test").released == (submission_id,)
    office.store()
    assert office.submission(submission_id).state == "stored"
    assert office.leads()[0].email == "x@x.example"
    assert len(office.peer.arrivals) == 1


def test_what_a_mapping_drops_is_not_kept_of_what_was_fetched(office: Office) -> None:
    office.change(office.door.id, mapping={"passport": "drop"})
    office.peer.script(contents(email="x@x.example", passport="P-1234567"))
    submission_id = office.tell(7)
    office.fetch()
    row = asked(office, submission_id)
    assert b"P-1234567" not in row.body
    assert "P-1234567" not in json.dumps(office.submission(submission_id).document)
    assert "P-1234567" not in json.dumps(row.exchanges)


# --- workers that die, and workers at the same time ---------------------------------------------


def test_two_workers_never_claim_the_same_and_a_dead_ones_claim_runs_out(office: Office) -> None:
    for number in range(3):
        office.tell(number)
    first = fetching.claim(office.rt, office.door.id, 2)
    second = fetching.claim(office.rt, office.door.id, 9)
    assert len({errand.id for errand in (*first, *second)}) == 3
    assert fetching.claim(office.rt, office.door.id, 9) == []
    assert sweep(office.rt).fetches == ()
    office.clock.advance(office.rt.config.lease_seconds + 1)
    assert sweep(office.rt).fetches == (office.door.id,)
    again = fetching.claim(office.rt, office.door.id, 9)
    assert {errand.id for errand in again} == {errand.id for errand in (*first, *second)}
    assert {errand.tries for errand in again} == {2}


def test_a_late_worker_overwrites_nothing_but_what_it_brings_counts(office: Office) -> None:
    submission_id = office.tell(7)
    (late,) = fetching.claim(office.rt, office.door.id, 1)
    office.clock.advance(office.rt.config.lease_seconds + 1)
    (quick,) = fetching.claim(office.rt, office.door.id, 1)
    office.peer.script(Answer(400, b"no"), contents(email="x@x.example"), Answer(400, b"no"))
    fetching.carry_out(office.rt, late)  # is refused, too late to say so
    assert office.submission(submission_id).state == "held"
    assert asked(office, submission_id).lease_token == quick.token
    fetching.carry_out(office.rt, late)  # brings it, though it is late
    assert office.submission(submission_id).state == "received"
    fetching.carry_out(office.rt, quick)
    office.store()
    assert office.states() == {"stored": 1}
    assert asked(office, submission_id).due_at is None


def test_a_slow_provider_does_not_cost_the_lease(
    make_runtime: Callable[..., Any], peer: Peer
) -> None:
    others: list[Any] = []

    def in_two_steps(settings: Any, now: float) -> Any:
        for _ in range(2):
            reply = yield Request(method="GET", url=settings["url"])
            office.clock.advance(office.rt.config.total_seconds)
            others.extend(fetching.claim(office.rt, office.door.id, 1))
        return judge_reply(reply, now)

    office = Office(make_runtime, peer, fetch=lambda _parsed, *more: in_two_steps(*more))
    submission_id = office.tell(7)
    peer.default = Answer(500)
    for _ in range(fetching.MOST_TRIES + 1):
        (errand,) = fetching.claim(office.rt, office.door.id, 1)
        fetching.carry_out(office.rt, errand)
        office.clock.advance(3600)
    row = asked(office, submission_id)
    assert (others, row.attempts, row.tries) == ([], fetching.MOST_TRIES + 1, 0)
    assert "answered 500" in office.submission(submission_id).reasons[0]["message"]


def test_what_kills_its_worker_three_times_is_quarantined(office: Office) -> None:
    submission_id = office.tell(7)
    for _ in range(3):
        assert len(fetching.claim(office.rt, office.door.id, 1)) == 1
        office.clock.advance(office.rt.config.lease_seconds + 1)
    assert office.fetch() == 1
    row = office.submission(submission_id)
    assert row.state == "quarantined"
    assert "died 3 times" in row.reasons[0]["message"]
    assert office.peer.arrivals == []


def test_the_threads_fetch_many_and_one_source_that_hangs_keeps_no_other_waiting(
    make_runtime: Callable[..., Any], peer: Peer
) -> None:
    office = Office(make_runtime, peer)
    hanging = Peer()
    try:
        secrets = {"/url": hanging.url, "/token": TOKEN}
        stuck = office.source("stuck", kind="parcel", secrets=secrets)
        hanging.default = Answer(delay=60)
        for number in range(6):
            office.tell(number, stuck)
        for number in range(12):
            office.tell(number)
        peer.default = contents(email="x@x.example")
        fetchers = office.rt.part(Fetchers)
        assert fetchers.take(stuck.id) == fetching.AT_ONCE
        fetchers.take(office.door.id)
        mine = (submissions.c.source_id == office.door.id, submissions.c.state == "held")
        until(lambda: not office.rows(submissions, *mine), "all of the other are fetched")
        assert len(peer.arrivals) == 12
    finally:
        fetchers.close()
        hanging.close()


def test_the_limit_of_a_provider_is_kept(make_runtime: Callable[..., Any], peer: Peer) -> None:
    office = Office(make_runtime, peer, limits=("2/hour",))
    for number in range(3):
        office.tell(number)
    peer.default = contents(email="x@x.example")
    assert office.fetch() == 2
    assert office.states() == {"stored": 2, "held": 1}


# --- seeing it -----------------------------------------------------------------------------


def test_what_is_due_and_not_fetched_shows_in_the_readiness(office: Office) -> None:
    office.tell(7)
    office.clock.advance(400)
    found = readiness(office.rt)
    assert (found.oldest, found.overdue) == (400.0, True)
    office.peer.script(contents(email="x@x.example"))
    office.fetch()
    office.rt.clock.advance(0)
    assert not readiness(office.rt).overdue


def test_retention_blanks_what_was_fetched_too(office: Office) -> None:
    office.peer.script(contents(email="ada@example.com"))
    submission_id = office.tell(7)
    office.fetch()
    office.clock.advance(91 * 86400)
    retain(office.rt)
    row = asked(office, submission_id)
    assert (row.body, row.exchanges) == (None, [])
    assert "ada@" not in json.dumps(row.exchanges)


def test_a_fetched_submission_is_removed_with_its_lead(
    make_runtime: Callable[..., Any], peer: Peer
) -> None:
    def keeping(**more: Any) -> Any:
        return make_runtime({"RELAY_KEEP_LEADS_DAYS": "30"}, **more)

    office = Office(keeping, peer)
    peer.script(contents(email="ada@example.com"))
    office.tell(7)
    office.fetch()
    for delivery in office.deliveries():
        office.settle(delivery.id, "delivered")
    office.clock.advance(31 * 86400)
    retain(office.rt)
    assert (office.rows(fetches), office.rows(submissions), office.leads()) == ([], [], [])
    assert office.balanced()


# --- people who are to be forgotten -------------------------------------------------------------


def a_lead(office: Office) -> Any:
    office.peer.script(contents(email="ada@example.com", name="Ada Lovelace"))
    office.tell(7)
    office.fetch()
    (lead,) = office.leads()
    return lead


def everything(office: Office) -> str:
    """All that the database holds, as a text."""
    from relay.store.tables import metadata

    return repr([office.rows(table) for table in metadata.sorted_tables])


def test_a_person_is_erased_with_all_that_came_in_and_went_out(office: Office) -> None:
    a_lead(office)
    for delivery in office.deliveries():
        office.settle(delivery.id, "delivered")
    assert "ada@example.com" in everything(office)
    erasing = office.tell(7, does="erase")
    row = office.submission(erasing)
    assert row.state == "refused"
    assert row.reasons[0]["message"] == (
        "the provider asked for this person to be erased: 1 lead removed here; it had been sent"
        " to crm, where it has to be removed too"
    )
    assert (office.leads(), office.deliveries()) == ([], [])
    assert "ada@example.com" not in everything(office)
    assert "Lovelace" not in everything(office)
    assert office.balanced()
    counted = ledger(office.rt)
    assert (counted.submissions["stored"], counted.submissions["refused"]) == (1, 1)
    assert counted.deliveries["delivered"] == 1


@pytest.mark.parametrize(
    ("columns", "outcome", "told"),
    [
        ({"state": "waiting", "noted": {"request": "7"}}, "retry", True),
        ({"state": "failed", "remote_id": "7"}, "rejected", True),
        ({"state": "waiting"}, "accepted", True),
        ({"state": "waiting"}, "retry", False),
    ],
)
def test_whom_an_erased_person_was_sent_to_in_part_is_named_too(
    office: Office, columns: Any, outcome: str, told: bool
) -> None:
    a_lead(office)
    (delivery,) = office.deliveries()
    office.settle(delivery.id, "delivered")
    office.set(tables.attempts, sa.true(), outcome=outcome)
    office.set(tables.deliveries, sa.true(), **{"settled_at": None, **columns})
    row = office.submission(office.tell(7, does="erase"))
    assert ("sent to crm" in row.reasons[0]["message"]) is told


def test_what_was_still_to_go_out_of_an_erased_person_is_called_off(office: Office) -> None:
    a_lead(office)
    office.tell(7, does="erase")
    assert office.deliveries() == []
    assert ledger(office.rt).deliveries["cancelled"] == 1
    assert office.balanced()


def test_an_erasing_waits_for_what_is_being_sent_and_lets_nothing_more_go(office: Office) -> None:
    from relay.store.tables import deliveries

    a_lead(office)
    office.set(deliveries, sa.true(), state="sending")
    erasing = office.tell(7, does="erase")
    assert office.submission(erasing).state == "received"
    assert len(office.leads()) == 1
    (delivery,) = office.deliveries()
    assert delivery.expires_at == office.clock.now()
    office.settle(delivery.id, "delivered")
    assert office.store() == 0
    office.clock.advance(errands.ERASE_AGAIN + 1)
    office.store()
    assert office.submission(erasing).state == "refused"
    assert office.leads() == []
    assert office.balanced()


def test_what_is_still_to_be_fetched_of_an_erased_person_is_fetched_no_more(
    office: Office,
) -> None:
    office.tell(7)
    (errand,) = fetching.claim(office.rt, office.door.id, 1)
    erasing = office.tell(7, does="erase")
    assert office.submission(erasing).state == "refused"
    assert len(office.rows(submissions)) == 1
    office.peer.script(contents(email="ada@example.com"))
    fetching.carry_out(office.rt, errand)
    office.store()
    assert "ada@example.com" not in everything(office)
    assert office.balanced()


def test_an_erased_person_in_quarantine_is_erased_there(office: Office) -> None:
    office.peer.script(Answer(body=b'{"says": "Ada Lovelace, ada@example.com"}'))
    office.tell(7)
    office.fetch()
    assert office.states() == {"quarantined": 1}
    office.tell(7, does="erase")
    assert office.states() == {"refused": 1}
    assert "Lovelace" not in everything(office)
    assert office.balanced()


def test_erasing_somebody_whom_nobody_knows_does_no_harm(office: Office) -> None:
    a_lead(office)
    erasing = office.tell(8, does="erase")
    assert "0 leads removed" in office.submission(erasing).reasons[0]["message"]
    assert len(office.leads()) == 1
    assert office.balanced()


def test_a_lead_that_took_the_submission_in_by_its_address_is_erased_too(office: Office) -> None:
    letters = office.source("letters")
    office.say(letters, name="Ada Lovelace", email="ada@example.com")
    office.store()
    office.change(office.door.id, options={"match": {"by": ["email"], "then": "update"}})
    office.peer.script(contents(email="ada@example.com", company="Works"))
    office.tell(7)
    office.fetch()
    assert len(office.leads()) == 1
    office.tell(7, does="erase")
    assert "ada@example.com" not in everything(office)
    assert office.balanced()
