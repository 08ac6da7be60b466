"""Who wants to know is told: once a minute at most, at least once, and nothing personal."""

import email
import json
from collections.abc import Iterator
from datetime import timedelta
from email.policy import default as parsed
from typing import Any
from uuid import UUID

import pytest

from relay.services import lanes, notices, problems
from relay.services.looking import look
from relay.services.recipients import recipient
from relay.services.retention import retain
from relay.store import tables
from tests.mail_server import MailServer
from tests.peer import Answer, Peer, resets
from tests.services.outgoing import SECRET, Outgoing
from tests.services.watched import beat, found, notices_of, send, tell, turns, whole

LEAD = {
    "v": 1,
    "contact": {"email": "zerlina@very-private.example", "full_name": "Zerlina Quappenstein"},
}


@pytest.fixture
def crm(out: Outgoing, peer: Peer) -> UUID:
    return out.target(peer.url + "/crm", name="CRM")


@pytest.fixture
def hook(runtime: Any, out: Outgoing, peer: Peer) -> UUID:
    """A webhook that is told of everything."""
    settings = {"url": peer.url + "/notices"}
    return tell(runtime, out.project, "webhook", settings, secrets={"/secret": SECRET})


@pytest.fixture
def mail() -> Iterator[MailServer]:
    server = MailServer()
    yield server
    server.close()


def fail(out: Outgoing, peer: Peer, target: UUID, status: int = 422) -> None:
    """One delivery fails with this status, whose answer repeats the lead."""
    peer.script(Answer(status, json.dumps(LEAD).encode()))
    out.deliver(target, lead=out.lead(LEAD))


def told(peer: Peer) -> list[Any]:
    """What the webhook was told, oldest first."""
    return [one.json() for one in peer.arrivals if one.path == "/notices"]


def test_a_new_problem_is_told_to_a_webhook(
    runtime: Any, out: Outgoing, peer: Peer, crm: UUID, hook: UUID
) -> None:
    fail(out, peer, crm)
    [one] = found(runtime)
    assert send(runtime) == 0, "what happens at the same time is gathered"
    assert send(runtime, 5) == 1
    [said] = told(peer)
    assert said["type"] == "problems"
    assert said["data"]["title"] == "Acme: CRM rejects leads (422)"
    [item] = said["data"]["problems"]
    assert item["url"] == f"http://relay.test/console/p/acme/problems/{one['id']}"
    assert (item["sort"], item["target"], item["code"]) == ("delivery", "CRM", "422")
    arrival = next(one for one in peer.arrivals if one.path == "/notices")
    assert arrival.headers["webhook-signature"].startswith("v1,")
    [row] = notices_of(runtime, hook)
    assert (row.state, row.attempts, row.outcome) == ("sent", 1, "delivered")
    assert arrival.headers["webhook-id"] == str(row.id)
    assert "quappe" not in json.dumps(said).lower()


def test_the_same_problem_is_not_told_again(
    runtime: Any, out: Outgoing, peer: Peer, crm: UUID, hook: UUID
) -> None:
    for _ in range(3):
        fail(out, peer, crm)
        found(runtime)
        send(runtime, 100)
    assert len(told(peer)) == 1


def test_what_happens_within_a_minute_is_told_together(
    runtime: Any, out: Outgoing, peer: Peer, crm: UUID, hook: UUID
) -> None:
    for status in (400, 422):
        fail(out, peer, crm, status)
    found(runtime)
    send(runtime, 5)
    assert [len(one["data"]["problems"]) for one in told(peer)] == [2]
    for status in (413, 415, 401):
        fail(out, peer, crm, status)
        found(runtime)
        assert send(runtime, 2) == 0, "a minute has not passed"
    send(runtime, 60)
    assert [len(one["data"]["problems"]) for one in told(peer)] == [2, 3]
    assert told(peer)[1]["data"]["title"] == "Acme: 3 new problems"


def test_a_recipient_may_want_longer_quiet(
    runtime: Any, out: Outgoing, peer: Peer, crm: UUID
) -> None:
    tell(runtime, out.project, "webhook", {"url": peer.url + "/notices"}, quiet=3600)
    for status in (400, 422):
        fail(out, peer, crm, status)
        found(runtime)
        send(runtime, 120)
    assert len(told(peer)) == 1
    send(runtime, 3600)
    assert len(told(peer)) == 2


def test_each_is_told_what_it_asks_for(runtime: Any, out: Outgoing, peer: Peer, crm: UUID) -> None:
    settings = {"url": peer.url}
    given: dict[str, dict[str, Any]] = {
        "all": {},
        "pauses": {"sorts": ["paused"]},
        "house": {"house": True},
        "over": {"resolved": True, "sorts": ["paused"]},
    }
    ids = {
        name: tell(runtime, out.project, "webhook", settings, name=name, **options)
        for name, options in given.items()
    }
    beat(runtime, "clock")
    found(runtime)
    runtime.clock.advance(61)
    beat(runtime, "clock")
    fail(out, peer, crm, 401)
    found(runtime)
    lanes.resume_target(runtime, crm, "ada")
    send(runtime, 5)
    found(runtime)
    turns = {
        name: sum(len(row.turns) for row in notices_of(runtime, own)) for name, own in ids.items()
    }
    assert turns == {"all": 1, "pauses": 1, "house": 2, "over": 2}


def test_another_projects_problems_are_told_to_nobody_here(
    runtime: Any, out: Outgoing, peer: Peer, crm: UUID
) -> None:
    with runtime.database.write() as connection:
        other = UUID(int=7)
        now = runtime.clock.now()
        row = {"id": other, "public_id": "beta", "name": "Beta", "settings": {}}
        connection.execute(tables.projects.insert().values(created_at=now, **row))
    stranger = tell(runtime, other, "webhook", {"url": peer.url})
    fail(out, peer, crm)
    found(runtime)
    assert notices_of(runtime, stranger) == []


def test_nobody_is_told_of_what_is_muted(
    runtime: Any, out: Outgoing, peer: Peer, crm: UUID, hook: UUID
) -> None:
    fail(out, peer, crm)
    [one] = found(runtime)
    problems.mute(runtime, one["id"], None, "ada")
    send(runtime, 5)
    assert [row.state for row in notices_of(runtime, hook)] == ["dropped"], "muted in time"
    problems.resolve(runtime, one["id"], "ada")
    fail(out, peer, crm)
    assert found(runtime) == []
    send(runtime, 100)
    assert told(peer) == []
    assert len(notices_of(runtime, hook)) == 1


def test_what_was_over_at_once_is_not_told(
    runtime: Any, out: Outgoing, peer: Peer, crm: UUID
) -> None:
    own = tell(runtime, out.project, "webhook", {"url": peer.url + "/notices"}, resolved=True)
    fail(out, peer, crm, 401)
    runtime.clock.advance(10)
    look(runtime)
    lanes.resume_target(runtime, crm, "ada")
    runtime.clock.advance(10)
    look(runtime)
    send(runtime, 5)
    assert [row.state for row in notices_of(runtime, own)] == ["dropped"]
    assert told(peer) == []


def test_a_notice_is_tried_again_until_it_is_taken(
    runtime: Any, out: Outgoing, peer: Peer, crm: UUID, hook: UUID
) -> None:
    fail(out, peer, crm)
    found(runtime)
    peer.script(Answer(503), resets)
    for wait in (5, 8, 80):
        send(runtime, wait)
    [row] = notices_of(runtime, hook)
    assert (row.state, row.attempts) == ("sent", 3)
    ids = {one.headers["webhook-id"] for one in peer.arrivals if one.path == "/notices"}
    assert ids == {str(row.id)}, "one notice keeps its id"


@pytest.mark.parametrize("status", [401, 410, 400])
def test_a_notice_that_is_refused_is_a_problem_itself(
    runtime: Any, out: Outgoing, peer: Peer, crm: UUID, hook: UUID, status: int
) -> None:
    beat(runtime, "worker", "clock")
    fail(out, peer, crm)
    found(runtime)
    peer.script(Answer(status))
    send(runtime, 5)
    [row] = notices_of(runtime, hook)
    assert row.state == "failed"
    assert "Notices to webhook cannot be sent" in [one["title"] for one in found(runtime)]
    assert len(notices_of(runtime, hook)) == 1, "it is not told of itself"
    fail(out, peer, crm, 413)
    found(runtime)
    send(runtime, 100)
    assert "Notices to webhook cannot be sent" not in [one["title"] for one in found(runtime)]


def test_a_notice_that_nobody_takes_for_a_day_is_given_up(
    runtime: Any, out: Outgoing, peer: Peer, crm: UUID, hook: UUID
) -> None:
    fail(out, peer, crm)
    found(runtime)
    peer.default = Answer(503)
    for _ in range(40):
        send(runtime, 3600 * 3)
    [row] = notices_of(runtime, hook)
    assert row.state == "failed"
    assert row.attempts > 3


def test_what_a_dead_worker_was_sending_goes_again(
    runtime: Any, out: Outgoing, peer: Peer, crm: UUID, hook: UUID
) -> None:
    fail(out, peer, crm)
    found(runtime)
    runtime.clock.advance(5)
    [dead] = notices.claim(runtime, 1)
    assert notices.claim(runtime, 1) == [], "it is leased"
    assert send(runtime, runtime.config.lease_seconds + 1) == 1
    notices.carry_out(runtime, dead)
    [row] = notices_of(runtime, hook)
    assert (row.state, row.attempts) == ("sent", 1), "the late worker changes nothing"
    assert len(told(peer)) == 2


def test_what_kills_its_worker_is_given_up(
    runtime: Any, out: Outgoing, peer: Peer, crm: UUID, hook: UUID
) -> None:
    fail(out, peer, crm)
    found(runtime)
    for _ in range(notices.MOST_TRIES):
        runtime.clock.advance(runtime.config.lease_seconds + 1)
        assert len(notices.claim(runtime, 1)) == 1
    send(runtime, runtime.config.lease_seconds + 1)
    [row] = notices_of(runtime, hook)
    assert (row.state, row.message) == ("failed", "its worker died three times")
    assert told(peer) == []


def test_a_letter_tells_by_a_mail_server(
    runtime: Any, out: Outgoing, peer: Peer, crm: UUID, mail: MailServer
) -> None:
    settings = {
        "host": "127.0.0.1",
        "port": mail.port,
        "security": "none",
        "username": "relay",
        "from": "relay@example.com",
        "to": ["ops@example.com", "boss@example.com"],
    }
    own = tell(runtime, out.project, "email", settings, secrets={"/password": "hush"})
    fail(out, peer, crm)
    fail(out, peer, crm, 400)
    [first, *_] = found(runtime)
    send(runtime, 5)
    [row] = notices_of(runtime, own)
    assert row.state == "sent"
    [session] = mail.sessions
    assert session.login.endswith("relay\0hush")
    letter = email.message_from_bytes(session.message, policy=parsed)
    assert letter["Subject"] == "Acme: 2 new problems"
    assert letter["To"] == "ops@example.com, boss@example.com"
    text = letter.get_content()
    assert "CRM rejects leads (422)" in text
    assert f"http://relay.test/console/p/acme/problems/{first['id']}" in text
    assert "quappe" not in session.message.decode().lower()
    assert "hush" not in json.dumps(row.exchanges)


def test_slack_is_told_in_a_section_for_each(
    runtime: Any, out: Outgoing, peer: Peer, crm: UUID
) -> None:
    own = tell(runtime, out.project, "slack", {}, secrets={"/url": peer.url + "/services/T/B/X"})
    fail(out, peer, crm)
    [one] = found(runtime)
    peer.script(Answer(200, b"ok"))
    send(runtime, 5)
    [row] = notices_of(runtime, own)
    assert row.state == "sent"
    said = peer.arrivals[-1].json()
    assert said["blocks"][0]["text"]["text"] == "Acme: CRM rejects leads (422)"
    section = said["blocks"][1]["text"]["text"]
    assert section.startswith(
        f"*<http://relay.test/console/p/acme/problems/{one['id']}|CRM rejects"
    )
    assert "/services/T/B/X" not in json.dumps(row.exchanges)


def test_a_test_notice_shows_what_was_said(
    runtime: Any, out: Outgoing, peer: Peer, hook: UUID
) -> None:
    peer.script(Answer(503, b"not now"))
    to = recipient(runtime, hook)
    assert to is not None
    said = notices.try_recipient(runtime, to)
    assert said.outcome.kind.value == "retry"
    assert said.exchanges[0]["response"]["body"] == "not now"
    assert told(peer)[0]["data"]["title"] == "Acme: test notice"
    assert notices_of(runtime, hook) == []


def test_an_account_that_is_throttled_for_leads_waits_for_notices_too(
    runtime: Any, out: Outgoing, peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tell(runtime, out.project, "slack", {}, secrets={"/url": peer.url + "/services/T/B/X"})
    taken = []
    monkeypatch.setattr(runtime.limits, "take", lambda *asked: taken.append(asked) or 1.5)
    out.owe(out.target(peer.url, name="CRM"), state="expired", settled_at=runtime.clock.now())
    found(runtime)
    send(runtime, 5)
    [row] = notices_of(runtime, own)
    assert (row.state, row.attempts) == ("waiting", 0)
    assert row.due_at == runtime.clock.now() + timedelta(seconds=1.5)
    [(key, limits)] = taken
    assert key.startswith("slack:")
    assert limits == ("1/second",)


def test_what_was_told_long_ago_is_let_go_of(
    runtime: Any, out: Outgoing, peer: Peer, crm: UUID, hook: UUID
) -> None:
    fail(out, peer, crm)
    [one] = found(runtime)
    assert send(runtime, 5) == 1
    assert whole(runtime, one["id"]).minutes
    runtime.clock.advance(timedelta(days=89).total_seconds())
    assert retain(runtime).problem_history == 0
    fail(out, peer, crm, 400)
    assert found(runtime)
    runtime.clock.advance(timedelta(days=2).total_seconds())
    assert retain(runtime).problem_history == 2, "a minute and a notice"
    assert [row.state for row in notices_of(runtime, hook)] == ["waiting"]
    assert turns(runtime, one["id"])[0] == "opened"
    assert retain(runtime).problem_history == 0
