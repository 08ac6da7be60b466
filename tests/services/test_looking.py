"""Problems are found by the rows, grouped by their cause, and are over when they are."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from relay.core.ids import new_id
from relay.services import lanes, problems, replay
from relay.services.looking import BACK, look
from relay.store import tables
from tests.peer import Answer, Peer
from tests.services.outgoing import Outgoing
from tests.services.watched import arrive, beat, found, titles, turns, whole


@pytest.fixture
def unbroken(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """No part may fail in silence."""
    yield
    assert [one for one in caplog.records if one.levelname == "ERROR"] == []


@pytest.fixture
def crm(out: Outgoing, peer: Peer) -> UUID:
    """A target with a name."""
    return out.target(peer.url + "/crm", name="CRM")


def fail(out: Outgoing, peer: Peer, target: UUID, *statuses: int) -> None:
    for status in statuses:
        peer.script(Answer(status, b"no"))
        out.deliver(target)


def test_failures_of_one_cause_are_one_problem(
    runtime: Any, out: Outgoing, peer: Peer, crm: UUID
) -> None:
    other = out.target(peer.url + "/other", name="Other")
    fail(out, peer, crm, 422, 200, 422, 422, 400)
    fail(out, peer, other, 422)
    assert titles(runtime) == [
        "CRM rejects leads (400)",
        "CRM rejects leads (422)",
        "Other rejects leads (422)",
    ]
    by_title = {row["title"]: row for row in found(runtime)}
    one = by_title["CRM rejects leads (422)"]
    assert (one["times"], one["total"], one["openings"]) == (3, 3, 1)
    assert out.row(one["delivery_id"]).state == "failed"
    assert sum(whole(runtime, one["id"]).minutes.values()) == 3
    assert turns(runtime, one["id"]) == ["opened"]


def test_looking_again_counts_nothing_twice(
    runtime: Any, out: Outgoing, peer: Peer, crm: UUID, clock: Any
) -> None:
    fail(out, peer, crm, 422, 422)
    for _ in range(3):
        [one] = found(runtime)
        assert one["times"] == 2
        clock.advance(10)
    fail(out, peer, crm, 422)
    clock.advance(50)
    fail(out, peer, crm, 422)
    at = clock.now()
    [one] = found(runtime)
    assert (one["times"], one["last_at"]) == (4, at)


def test_what_a_killed_look_had_not_kept_is_found_by_the_next_one(
    runtime: Any, out: Outgoing, peer: Peer, crm: UUID, clock: Any, monkeypatch: Any
) -> None:
    """Nothing looks for hours; one look dies in the middle; then one goes through."""
    look(runtime)
    clock.advance(60)
    fail(out, peer, crm, 422)
    clock.advance(6 * 3600)
    with monkeypatch.context() as patch:
        patch.setattr("relay.services.looking._note", lambda *_: 1 / 0)
        assert titles(runtime) == []
    assert titles(runtime) == ["CRM rejects leads (422)"]


def test_what_is_written_late_is_counted(
    runtime: Any, out: Outgoing, peer: Peer, crm: UUID, clock: Any
) -> None:
    fail(out, peer, crm, 422)
    look(runtime)
    began = clock.now()
    clock.advance(120)
    look(runtime)
    clock.set(began)
    fail(out, peer, crm, 422)
    clock.advance(130)
    assert timedelta(seconds=130) < BACK
    [one] = found(runtime)
    assert one["times"] == 2


def test_retries_are_a_problem_when_there_are_many(
    runtime: Any, out: Outgoing, peer: Peer, clock: Any
) -> None:
    slow = out.target(peer.url + "/slow", name="Slow", retry={"schedule": [99999]})
    fail(out, peer, slow, *[503] * 4)
    assert titles(runtime) == []
    clock.advance(3600 * 2)
    fail(out, peer, slow, *[503] * 4)
    assert titles(runtime) == [], "what happened long ago does not count"
    fail(out, peer, slow, 503)
    [one] = found(runtime)
    assert (one["title"], one["times"]) == ("Slow answers 503", 5)
    clock.advance(14 * 3600)
    assert titles(runtime) == []
    [one] = found(runtime, "resolved")
    assert one["resolved_by"] is None


def test_a_retry_that_was_the_last_is_a_problem_at_once(
    runtime: Any, out: Outgoing, crm: UUID
) -> None:
    nobody = out.target("http://127.0.0.1:9/nobody", name="Nobody")
    out.deliver(nobody, max_attempts=1)
    assert titles(runtime) == ["Nobody: it refuses connections"]


def test_a_resolved_one_opens_anew_with_its_history(
    runtime: Any, out: Outgoing, peer: Peer, crm: UUID, clock: Any
) -> None:
    fail(out, peer, crm, 422, 422)
    [one] = found(runtime)
    assert problems.resolve(runtime, one["id"], "ada@example.com")
    assert not problems.resolve(runtime, one["id"], "ada@example.com")
    assert found(runtime) == []
    [resolved] = found(runtime, "resolved")
    assert resolved["resolved_by"] == "ada@example.com"
    fail(out, peer, crm, 422)
    [again] = found(runtime)
    assert again["id"] == one["id"]
    assert (again["times"], again["total"], again["openings"]) == (1, 3, 2)
    assert again["first_at"] == one["first_at"]
    assert turns(runtime, one["id"]) == ["opened", "resolved", "opened"]


def test_muting_keeps_it_apart_until_its_time(
    runtime: Any, out: Outgoing, peer: Peer, crm: UUID, clock: Any
) -> None:
    fail(out, peer, crm, 422)
    [one] = found(runtime)
    assert problems.mute(runtime, one["id"], 3600, "ada@example.com")
    assert (titles(runtime), titles(runtime, "muted")) == ([], ["CRM rejects leads (422)"])
    clock.advance(3601)
    assert (titles(runtime), titles(runtime, "muted")) == (["CRM rejects leads (422)"], [])
    problems.mute(runtime, one["id"], None, "ada@example.com")
    clock.advance(86400 * 20)
    assert titles(runtime, "muted") == ["CRM rejects leads (422)"]
    assert problems.unmute(runtime, one["id"], "ada@example.com")
    assert not problems.unmute(runtime, one["id"], "ada@example.com")
    assert titles(runtime) == ["CRM rejects leads (422)"]
    assert turns(runtime, one["id"]) == ["opened", "muted", "muted", "unmuted"]
    with runtime.database.read() as connection:
        noted = connection.execute(sa.select(tables.audit.c.action, tables.audit.c.actor)).all()
    assert [row.action for row in noted] == ["mute", "mute", "unmute"]


def test_a_paused_target_is_a_problem_until_it_goes_on(
    runtime: Any, out: Outgoing, peer: Peer, crm: UUID, clock: Any
) -> None:
    fail(out, peer, crm, 401)
    [one] = found(runtime)
    assert one["title"] == "CRM is paused: its credentials are not accepted"
    assert one["opened_at"] == out.lane(crm).paused_at
    assert not problems.resolve(runtime, one["id"], "ada"), "it is not over as long as it lasts"
    lanes.resume_target(runtime, crm, "ada")
    assert titles(runtime) == []
    assert turns(runtime, one["id"]) == ["opened", "resolved"]


def test_what_a_person_paused_is_a_problem_once_leads_wait_for_a_day(
    runtime: Any, out: Outgoing, crm: UUID, clock: Any
) -> None:
    lanes.pause_target(runtime, crm, "on holiday", "ada")
    clock.advance(3 * 86400)
    assert titles(runtime) == []
    out.owe(crm)
    assert titles(runtime) == ["CRM is paused: by hand, for more than a day, and leads wait"]


def test_a_target_that_does_not_answer_for_long_is_a_problem(
    runtime: Any, out: Outgoing, crm: UUID, clock: Any
) -> None:
    until = clock.now() + timedelta(seconds=60)
    values = {"breaker": "open", "trips": 4, "failures": 12, "open_until": until}
    with runtime.database.write() as connection:
        connection.execute(sa.update(tables.lanes).values(**values))
    assert titles(runtime) == []
    clock.advance(580)
    assert titles(runtime) == []
    assert titles(runtime) == ["CRM does not answer"]
    lanes.resume_target(runtime, crm, "ada")
    assert titles(runtime) == []


def test_deliveries_that_nobody_takes_are_a_problem(
    runtime: Any, out: Outgoing, crm: UUID, clock: Any
) -> None:
    delivery = out.owe(crm)
    clock.advance(runtime.config.overdue_seconds - 11)
    assert titles(runtime) == []
    assert titles(runtime) == ["Leads for CRM do not go out in time"]
    lanes.pause_target(runtime, crm, "on holiday", "ada")
    assert titles(runtime) == [], "a person has said so"
    lanes.resume_target(runtime, crm, "ada")
    out.forward(crm)
    assert out.row(delivery).state == "delivered"
    assert titles(runtime) == []


def test_what_became_too_old_and_what_kills_workers_are_problems(
    runtime: Any, out: Outgoing, crm: UUID, clock: Any
) -> None:
    out.owe(crm, state="expired", settled_at=clock.now())
    reason = "its worker died three times"
    out.owe(crm, state="failed", reason=reason, settled_at=clock.now())
    assert titles(runtime) == [
        "Deliveries to CRM became too old",
        "Deliveries to CRM end their worker",
    ]


def test_quarantine_is_grouped_by_source_and_rule(runtime: Any, out: Outgoing, clock: Any) -> None:
    def shelve(*reasons: Any) -> None:
        for message in reasons:
            reason = [{"place": "/email", "message": message}]
            columns = {"state": "quarantined", "reasons": reason}
            arrive(runtime, out.project, out.source, clock.now(), **columns)

    shelve('"ada" is not of type "array"', '"bob" is not of type "array"', "1 was expected")
    assert titles(runtime) == [
        'site sends what cannot be read: /email is not of type "array"',
        "site sends what cannot be read: /email was expected",
    ]
    times = {row["code"]: row["times"] for row in found(runtime)}
    assert times == {'/email is not of type "array"': 2, "/email was expected": 1}


def test_what_goes_to_quarantine_long_after_it_came_is_found(
    runtime: Any, out: Outgoing, clock: Any
) -> None:
    came = clock.now()
    look(runtime)
    clock.advance(2 * 86400)
    look(runtime)
    reasons = [{"place": "", "message": "it could not be fetched: answered 500"}]
    arrive(runtime, out.project, out.source, came, state="quarantined", reasons=reasons)
    clock.advance(900)
    assert titles(runtime) == ["site sends what cannot be read: it could not be fetched"]


def test_requests_turned_away_are_a_problem_when_there_are_many(
    runtime: Any, out: Outgoing, clock: Any
) -> None:
    def refuse(times: int) -> None:
        row = {"source_id": out.source, "at": clock.now(), "status": 401, "headers": {}}
        said = {"reason": "the signature does not match", "body": b"", "size": 0, "address": ""}
        with runtime.database.write() as connection:
            rows = [{"id": new_id(), **row, **said} for _ in range(times)]
            connection.execute(sa.insert(tables.turned_away), rows)

    refuse(4)
    assert titles(runtime) == []
    clock.advance(300)
    refuse(1)
    assert titles(runtime) == ["site turns requests away: the signature does not match"]


def test_the_relay_itself_has_problems(runtime: Any, clock: Any) -> None:
    def house() -> list[str]:
        return titles(runtime, house=True)

    beat(runtime, "worker", "clock")
    assert house() == []
    clock.advance(31)
    assert house() == []
    clock.advance(45)
    assert house() == []
    assert house() == ["No clock is running", "No worker is running"]
    beat(runtime, "worker", "clock", free_bytes=812 * 1024 * 1024)
    assert house() == ["The disk of here runs low: 800 MB are free"]
    beat(runtime, "worker", "clock")
    assert house() == []


def test_submissions_that_nobody_stores_are_a_problem(
    runtime: Any, out: Outgoing, clock: Any
) -> None:
    beat(runtime, "worker", "clock")
    arrive(runtime, out.project, out.source, clock.now(), state="received")
    clock.advance(runtime.config.overdue_seconds + 1)
    beat(runtime, "worker", "clock")
    assert titles(runtime, house=True) == ["What arrives is not stored in time"]


def test_a_part_that_fails_stops_no_other(
    runtime: Any, out: Outgoing, peer: Peer, crm: UUID, monkeypatch: Any
) -> None:
    fail(out, peer, crm, 401)
    assert len(found(runtime)) == 1
    fail(out, peer, out.target(peer.url, name="Two"), 422)
    monkeypatch.setattr("relay.services.seen_states._of_lane", lambda *_: 1 / 0)
    assert titles(runtime) == [
        "CRM is paused: its credentials are not accepted",
        "Two rejects leads (422)",
    ], "what cannot be seen is not over"


def test_sending_it_again_is_no_new_failure(
    runtime: Any, out: Outgoing, peer: Peer, crm: UUID
) -> None:
    fail(out, peer, crm, 422)
    [one] = found(runtime)
    replay.replay_one(runtime, one["delivery_id"], "ada")
    out.forward(crm)
    [still] = found(runtime)
    assert still["times"] == 1
