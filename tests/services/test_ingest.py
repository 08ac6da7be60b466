"""Taking in: committed before the answer, each event once, nothing lost and no secret kept."""

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from relay.core.contract import Inbound
from relay.services import arrival, ingest
from relay.services import intake as intake_service
from relay.services.ingest import turn_away
from relay.store import tables
from relay.store.writer import Busy
from tests.conftest import SettableClock
from tests.factories import Bell, Incoming, catalog


def _bodies(acme: Incoming) -> list[Any]:
    return acme.rows(tables.bodies)


def test_a_letter_is_kept_as_it_came_and_as_a_lead(acme: Incoming, clock: SettableClock) -> None:
    source = acme.source()
    raw = b'{ "says": {"name": "Ada Example", "email": "ada@example.com"} }'
    receipt = acme.post(source, raw, headers={"user-agent": "Forms/1"}, query=(("a", "1"),))
    [body], [row] = _bodies(acme), acme.rows(tables.submissions)
    assert receipt.ids == (row.id,)
    assert receipt.states == ("received",)
    assert (body.body, body.size, body.method) == (raw, len(raw), "POST")
    assert body.sha256 == hashlib.sha256(raw).hexdigest()
    assert body.headers == {"content-type": "application/json", "user-agent": "Forms/1"}
    assert json.loads(body.query) == [["a", "1"]]
    assert (body.address, body.parts, body.received_at) == ("192.0.2.1", 1, clock.now())
    assert row.document["contact"]["email"] == "ada@example.com"
    assert (row.body_id, row.state, row.received_at) == (body.id, "received", clock.now())
    assert acme.bell.rung == ["store"]


def test_a_body_of_several_submissions_keeps_their_order(acme: Incoming) -> None:
    source = acme.source()
    receipt = acme.post(
        source,
        [
            {"says": {"name": "Ada"}, "event": "1"},
            {"no": "letter"},
            {"says": {"name": "Bob"}, "event": "1"},
        ],
    )
    rows = {row.id: row for row in acme.rows(tables.submissions)}
    assert receipt.states == ("received", "quarantined", "duplicate")
    assert [rows[one].position for one in receipt.ids] == [0, 1, 2]
    assert rows[receipt.ids[2]].duplicate_of == receipt.ids[0]
    assert [body.parts for body in _bodies(acme)] == [3]
    assert acme.balanced()


def test_fifty_identical_events_at_once_are_one_and_its_repeats(
    acme: Incoming, make_runtime: Any, clock: SettableClock
) -> None:
    """Two processes, each with its own writer, and no order among them."""
    source = acme.source()
    twin = Incoming.__new__(Incoming)
    twin.rt = make_runtime(queue=Bell(), catalog=catalog())
    twin.clock = clock
    body = {"says": {"name": "Ada"}, "event": "form-1/token-1/response"}
    with ThreadPoolExecutor(16) as pool:
        jobs = [
            pool.submit((acme, twin)[number % 2].post, source, body, None) for number in range(50)
        ]
        receipts = [job.result(20) for job in jobs]
    assert sorted(one.states[0] for one in receipts) == ["duplicate"] * 49 + ["received"]
    rows = acme.rows(tables.submissions)
    [first] = [row for row in rows if row.state == "received"]
    assert {row.duplicate_of for row in rows if row.state == "duplicate"} == {first.id}
    assert len(_bodies(acme)) == 50, "what a repeat brought is kept too"
    acme.store()
    assert acme.states() == {"stored": 1, "duplicate": 49}
    assert len(acme.leads()) == 1
    assert acme.balanced()


def test_the_same_event_at_two_sources_is_two(acme: Incoming) -> None:
    one, other = acme.source("one"), acme.source("other")
    acme.say(one, event="e", name="Ada")
    acme.say(other, event="e", name="Ada")
    assert acme.states() == {"received": 2}


def test_event_ids_are_kept_hashed(acme: Incoming) -> None:
    acme.say(acme.source(), event="ada@example.com", name="Ada")
    [key] = acme.rows(tables.event_keys)
    assert len(key.event_key) == 64
    assert set(key.event_key) <= set("0123456789abcdef")


def test_a_neighbour_that_fails_does_not_take_its_repeat_along(
    acme: Incoming, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A repeat is judged within its batch; when the first one fails, it is the first itself."""
    source = acme.source()
    arrivals = [_arrival(acme, source) for _ in range(2)]
    arrivals[0].body["method"] = None  # which no table takes
    intake = intake_service._new_writer(acme.rt)
    futures = _together(intake, arrivals)
    with pytest.raises(Exception, match="method"):
        futures[0].result(10)
    assert [row["state"] for row in futures[1].result(10).rows] == ["received"]
    intake.close()
    [row] = acme.rows(tables.submissions)
    assert (row.state, row.duplicate_of) == ("received", None)
    assert row.document["contact"]["full_name"] == "Ada"


def _arrival(acme: Incoming, source: Any) -> Any:
    body = json.dumps({"says": {"name": "Ada"}, "event": "e"}).encode()
    inbound = Inbound(headers={"content-type": "application/json"}, body=body)
    return arrival.read(acme.rt, source, inbound, None)


def _together(intake: Any, arrivals: list[Any]) -> list[Any]:
    """Post several so that they form one batch: the thread starts with the queue already full."""
    start, intake._start = intake._start, lambda: None
    futures = [intake.post(arrival) for arrival in arrivals]
    intake._start = start
    intake._start()
    return futures


@pytest.mark.parametrize(
    ("raw", "place", "word"),
    [
        (b"{not json", "body", "JSON"),
        (b"", "body", ""),
        (b'{"other": 1}', "", "says"),
        (b'{"says": 5}', "/says", "object"),
        (b"[]", "body", "no submission"),
    ],
)
def test_what_cannot_be_mapped_is_kept_with_its_reason(
    acme: Incoming, raw: bytes, place: str, word: str
) -> None:
    receipt = acme.post(acme.source(), raw)
    assert receipt.states == ("quarantined",)
    row = acme.submission(receipt.ids[0])
    assert row.document is None
    assert word in row.reasons[0]["message"]
    assert row.reasons[0]["place"] == place
    assert [body.body for body in _bodies(acme)] == [raw]
    assert acme.bell.rung == [], "there is nothing to store"
    assert acme.balanced()


def test_a_bug_of_an_integration_costs_no_submission(
    acme: Incoming, caplog: pytest.LogCaptureFixture
) -> None:
    receipt = acme.post(acme.source(), "crash")
    assert receipt.states == ("quarantined",)
    assert "letter integration failed" in acme.submission(receipt.ids[0]).reasons[0]["message"]
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.parametrize(
    "said", ["nul \x00 within", "lone \ud800 half", "\udcff", "\u202eright to left", "\U0001f600"]
)
def test_text_that_databases_refuse_is_cleaned(acme: Incoming, said: str) -> None:
    source = acme.source()
    body = json.dumps({"says": {"name": said, said: said, "n": 1}, "event": said}).encode()
    receipt = acme.post(source, body, headers={"x-odd": said})
    assert receipt.states == ("received",)
    acme.store()
    [lead] = acme.leads()
    assert "\x00" not in str(lead)
    assert _bodies(acme)[0].body == body


def test_numbers_that_json_does_not_know_are_cleaned(acme: Incoming) -> None:
    receipt = acme.post(acme.source(), b'{"says": {"name": "Ada", "n": NaN, "i": -Infinity}}')
    row = acme.submission(receipt.ids[0])
    assert json.dumps(row.document, allow_nan=False)
    assert (receipt.states, acme.store()) == (("received",), 1)


@pytest.mark.parametrize(
    ("paused", "hold", "state", "kept"),
    [
        (False, None, "received", None),
        (True, None, "held", "paused"),
        (False, "rate", "held", "rate"),
        (True, "rate", "held", "paused"),
        (False, "honeypot", "held", "honeypot"),
        (True, "honeypot", "held", "honeypot"),
        (True, "captcha", "held", "captcha"),
        (True, "address", "held", "address"),
    ],
)
def test_what_a_submission_waits_for(
    acme: Incoming, clock: SettableClock, paused: bool, hold: Any, state: str, kept: str | None
) -> None:
    """A pause that ends must not let go what a person has to look at."""
    source = acme.source(paused_at=clock.now() if paused else None)
    row = acme.submission(acme.say(source, name="Ada", hold=hold))
    assert (row.state, row.hold) == (state, kept)
    assert bool(row.reasons) == (state == "held")
    assert acme.store() == (1 if state == "received" else 0)
    assert acme.balanced()


def test_a_repeat_of_a_held_event_is_a_repeat(acme: Incoming, clock: SettableClock) -> None:
    source = acme.source(paused_at=clock.now())
    acme.say(source, event="e", name="Ada")
    row = acme.submission(acme.say(source, event="e", name="Ada"))
    assert (row.state, row.hold) == ("duplicate", None)


def test_a_quarantined_body_waits_for_nothing_else(acme: Incoming, clock: SettableClock) -> None:
    source = acme.source(paused_at=clock.now())
    receipt = acme.post(source, b"{not json")
    row = acme.submission(receipt.ids[0])
    assert (row.state, row.hold) == ("quarantined", None)


def test_secrets_and_dropped_values_are_masked_in_what_is_kept(acme: Incoming) -> None:
    source = acme.source(
        key="tf-our-own-address",
        secrets={"/secret": "whsec 5é"},
        mapping={"id number": "drop"},
    )
    raw = json.dumps(
        {
            "says": {"name": "Ada", "id number": "AB 1234-99", "note": "see whsec 5é"},
            "hook": "https://relay.test/in/tf-our-own-address",
        }
    ).encode()
    receipt = acme.post(
        source,
        raw,
        headers={"authorization": "Basic abc", "cookie": "x=y", "x-token": "t whsec 5é"},
        query=(("token", "whsec 5é"),),
    )
    [body] = _bodies(acme)
    row = acme.submission(receipt.ids[0])
    kept = body.body + json.dumps([body.headers, body.query, row.document, row.warnings]).encode()
    for secret in (b"AB 1234-99", b"whsec 5", b"tf-our-own-address", b"Basic abc", b"x=y"):
        assert secret not in kept
    assert json.loads(body.body)["says"]["name"] == "Ada", "the rest is still readable"
    assert body.sha256 == hashlib.sha256(raw).hexdigest()
    assert body.size == len(raw)


def test_credentials_of_the_request_itself_are_masked(acme: Incoming) -> None:
    secret = "an API key of 1"
    letter = {"says": {"name": "Ada", "echo": secret}, "secrets": [secret, "Ada", ""]}
    receipt = acme.post(
        acme.source(), letter, headers={"x-proof": secret}, query=(("auth", secret),)
    )
    [body] = _bodies(acme)
    row = acme.submission(receipt.ids[0])
    assert secret not in str([body.body, body.headers, body.query, row.document, row.warnings])
    assert row.document["contact"]["full_name"] == "Ada", "what is so short is no secret"


def test_a_credential_in_the_address_alone_is_masked_in_the_lead_too(acme: Incoming) -> None:
    secret = "an API key of 1"
    kind = acme.source().kind
    parse = kind.source.parse

    def read_query(inbound: Inbound, settings: Any) -> Any:
        [parsed] = parse(inbound, settings)
        echo = {"says": {**parsed.document["says"], "auth": dict(inbound.query)["auth"]}}
        return [replace(parsed, document=echo, secrets=(secret,))]

    source = replace(
        acme.source("other"),
        kind=replace(kind, source=replace(kind.source, parse=read_query)),
    )
    receipt = acme.post(source, {"says": {"name": "Ada"}}, query=(("auth", secret),))
    row = acme.submission(receipt.ids[0])
    assert secret not in str(row.document)
    assert row.document["contact"]["full_name"] == "Ada"


def test_what_is_refused_at_the_door_is_kept_apart(acme: Incoming) -> None:
    source = acme.source(secrets={"/secret": "a signing secret"})
    body = b"x" * 20_000 + b"\x00"
    inbound = Inbound(body=body, headers={"x-secret": "a signing secret"}, address="192.0.2.9")
    turn_away(acme.rt, source, inbound, 401, "bad signature \x00")
    [row] = acme.rows(tables.turned_away)
    assert (row.status, row.size, len(row.body)) == (401, 20_001, ingest.TURNED_AWAY_BODY)
    assert row.reason == "bad signature "
    assert "a signing secret" not in str(row.headers)
    assert acme.states() == {}


def test_a_wrong_credential_of_a_refused_call_is_masked(acme: Incoming) -> None:
    inbound = Inbound(body=b"key=somebody-elses", headers={"x-proof": "somebody-elses"})
    turn_away(acme.rt, acme.source(), inbound, 401, "wrong key", secrets=["somebody-elses"])
    [row] = acme.rows(tables.turned_away)
    assert b"somebody-elses" not in row.body
    assert "somebody-elses" not in str(row.headers)


def test_only_the_newest_refusals_of_a_source_are_kept(acme: Incoming) -> None:
    source, quiet = acme.source(), acme.source("quiet")
    turn_away(acme.rt, quiet, Inbound(), 401, "once")
    for number in range(ingest.TURNED_AWAY_KEPT + 7):
        turn_away(acme.rt, source, Inbound(), 401, str(number))
    rows = acme.rows(tables.turned_away)
    assert [row.reason for row in rows][:2] == ["once", "7"]
    assert len(rows) == ingest.TURNED_AWAY_KEPT + 1


def test_nothing_is_answered_when_the_database_is_away(
    make_runtime: Any, acme: Incoming, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = acme.source()
    rt = make_runtime({"RELAY_COMMIT_WAIT_SECONDS": "0.3"}, queue=Bell(), catalog=catalog())
    away = Incoming.__new__(Incoming)
    away.rt, away.clock = rt, acme.clock

    def refuse() -> Any:
        raise ingest.sa.exc.OperationalError("BEGIN", {}, Exception("connection refused"))

    with monkeypatch.context() as patched:
        patched.setattr(rt.database, "write", refuse)
        with pytest.raises(Busy):
            away.post(source, {"says": {"name": "Ada"}, "event": "e"})
        turn_away(rt, source, Inbound(), 401, "a refusal stands without its note")
    assert acme.states() == {}
    assert away.post(source, {"says": {"name": "Ada"}, "event": "e"}).states == ("received",)


def test_content_keys_are_only_where_a_window_is_set(acme: Incoming, clock: SettableClock) -> None:
    plain = acme.source("plain")
    windowed = acme.source("windowed", options={"repeat_window": 600})
    assert acme.submission(acme.say(plain, name="Ada")).content_key is None
    first = acme.submission(acme.say(windowed, name="Ada")).content_key
    clock.set(clock.now() + timedelta(seconds=5))
    assert acme.submission(acme.say(windowed, name="Ada")).content_key == first
    assert acme.submission(acme.say(windowed, name="Bob")).content_key != first
    assert acme.submission(acme.say(windowed, name="Ada", event="e")).content_key is None


@pytest.mark.parametrize("lead", ["a\x00b", "\ud800", "long " * 1000, "ünï", ""])
def test_any_id_of_a_provider_says_which_lead_it_is(acme: Incoming, lead: str) -> None:
    source = acme.source()
    acme.say(source, lead=lead, name="Ada")
    acme.say(source, lead=lead, company="Works")
    acme.say(source, lead=lead + "!", name="Bob")
    acme.store()
    assert [(row.name, row.version) for row in acme.leads()] == [("Ada", 2), ("Bob", 1)]


def test_values_beyond_any_column_cost_no_lead(acme: Incoming) -> None:
    said = {"name": "n" * 5000, "phone": "+49 30 " + "1" * 5000, "email": "e" * 5000, "n": 10**400}
    acme.say(acme.source(), company="é" * 5000, **said)
    acme.store()
    [lead] = acme.leads()
    assert len(lead.company) == 500
    [version] = acme.rows(tables.lead_versions)
    assert version.document["contact"]["company"] == "é" * 5000
