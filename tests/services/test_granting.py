"""Access that a vendor grants: asked for once by all workers, kept sealed, renewed when refused."""

import json
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode

import pytest
import sqlalchemy as sa

from relay.core.contract import (
    Access,
    Conversation,
    Duty,
    Grant,
    Granting,
    Json,
    Kind,
    Note,
    Outcome,
    Request,
    Settings,
    form_request,
    judge_status,
    said_object,
)
from relay.services import configured, granted, grants, keys, lanes, testing
from relay.services.forward import forward
from relay.services.retention import retain
from relay.store import tables
from tests.conftest import SECRET, SettableClock
from tests.peer import Answer, Arrival, Peer, hangs
from tests.servers import until
from tests.services.outgoing import Outgoing, with_kind

NEW_KEY = "a newer secret key for tests, long enough as well"


class Vendor(Peer):
    """Gives tokens T1, T2, ... at /token, and takes leads that come with one of the good ones."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0
        self.good: set[str] = set()
        self.lasts: Json = 3600
        self.rotates = False
        self.refusal: Answer | Any = None
        self.entered = threading.Event()
        self.gate: threading.Event | None = None
        self._giving = threading.Lock()

    def note(self, arrival: Arrival) -> Any:
        """Play the vendor."""
        super().note(arrival)
        if arrival.path == "/token":
            return self._token()
        token = arrival.headers.get("authorization", "").removeprefix("Bearer ")
        return Answer(200, b"taken") if token in self.good else Answer(401, token.encode())

    def _token(self) -> Any:
        self.entered.set()
        if self.gate is not None:
            assert self.gate.wait(10)
        with self._giving:
            self.asked += 1
            number = self.asked
        if self.refusal is not None:
            return self.refusal
        token = f"T{number}-top-secret-access"
        self.good.add(token)
        given = {"access_token": token, "expires_in": self.lasts, "echo": f"you get {token}"}
        if self.rotates:
            given["refresh_token"] = f"R{number}-top-secret-refresh"
        return Answer(200, json.dumps(given).encode())

    def leads(self) -> list[Arrival]:
        """What came with a token."""
        return [arrival for arrival in self.arrivals if arrival.path == "/leads"]

    def requests(self) -> list[dict[str, list[str]]]:
        """How tokens were asked for."""
        return [
            parse_qs(arrival.body.decode()) for arrival in self.arrivals if arrival.path == "/token"
        ]


def _ask(settings: Settings, access: Access | None, now: float) -> Granting:
    refresh = access.refresh_token if access and access.refresh_token else settings["refresh"]
    fields = {
        "grant_type": "refresh_token",
        "refresh_token": refresh,
        "client_secret": "a-client-secret-in-code",
        "assertion": "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJyZWxheSJ9.c2lnbmF0dXJl",
        "at": now,
    }
    reply = yield form_request("POST", f"{settings['url']}/token", fields)
    said = said_object(reply)
    if refused := judge_status(reply, DUTY, {400: Kind.UNAUTHORIZED}, str(said.get("error"))):
        return refused
    return Access(
        token=said["access_token"],
        expires_in=said["expires_in"],
        refresh_token=said.get("refresh_token"),
        details={"at": settings["url"]},
    )


DUTY = Duty(id="", event="created", lead_id="", version=1, occurred_at=0, now=0)


def _deliver(_payload: Json, _settings: Settings, duty: Duty) -> Conversation:
    assert duty.access is not None
    reply = yield Request(
        method="POST",
        url=f"{duty.access.details['at']}/leads",
        headers={"Authorization": f"Bearer {duty.access.token}"},
        body=b"{}",
    )
    return judge_status(reply, duty, {}, reply.body.decode()) or Outcome(
        kind=Kind.DELIVERED, message=f"taken with {duty.access.token}"
    )


@pytest.fixture
def vendor() -> Any:
    """A vendor that grants access."""
    server = Vendor()
    yield server
    server.close()


def _account(settings: Settings) -> str | None:
    return str(settings["url"]) if "refresh" in settings else None


Make = Callable[..., Outgoing]


@pytest.fixture
def make(make_runtime: Callable[..., Any]) -> Any:
    """Makes a relay whose kind `granted` needs access; more of them share the database."""
    made: list[Outgoing] = []

    def relay(more: dict[str, str] | None = None, **declared: Any) -> Outgoing:
        runtime = make_runtime(more)
        declared = {"grant": Grant(account=_account, ask=_ask), "deliver": _deliver, **declared}
        catalog = with_kind(runtime.catalog, "granted", **declared)
        runtime = replace(runtime, catalog=catalog)
        if made:
            other = object.__new__(Outgoing)
            other.__dict__ |= {**made[0].__dict__, "rt": runtime, "_pools": []}
            made.append(other)
        else:
            made.append(Outgoing(runtime))
        return made[-1]

    yield relay
    for out in made:
        out.close()
        out.rt._parts.clear()


def to(out: Outgoing, vendor: Vendor, refresh: str = "R0-top-secret-refresh", **more: Any) -> Any:
    """A target at this vendor."""
    return out.target(vendor.url, kind="granted", secrets={"/refresh": refresh}, **more)


def row_of(out: Outgoing) -> Any:
    """The one row."""
    with out.rt.database.read() as connection:
        return connection.execute(sa.select(tables.grants)).one()


def set_grant(out: Outgoing, **values: Any) -> None:
    """Change the row as another worker would."""
    with out.rt.database.write() as connection:
        connection.execute(sa.update(tables.grants).values(**values))


def access(out: Outgoing) -> Json:
    """What the row holds, opened."""
    return out.rt.box.open(row_of(out).access)


def test_eight_senders_ask_once(make: Make, vendor: Vendor) -> None:
    out = make({"RELAY_SENDERS": "16"})
    target = to(out, vendor)
    vendor.gate = threading.Event()
    owed = [out.owe(target) for _ in range(8)]
    pool = out.pool()
    while forward(out.rt, str(target), pool):
        pass
    assert vendor.entered.wait(10)
    vendor.gate.set()
    until(lambda: all(out.row(one).state == "delivered" for one in owed), "all are delivered")
    assert vendor.asked == 1
    assert len(vendor.leads()) == 8
    assert sum(len(attempt.exchanges) for one in owed for attempt in out.attempts(one)) == 9


def test_two_processes_ask_once(make: Make, vendor: Vendor) -> None:
    first, second = make(), make()
    target = to(first, vendor)
    vendor.gate = threading.Event()

    def run(out: Outgoing) -> Any:
        found = configured.target(out.rt, target)
        assert found is not None
        return testing.try_target(out.rt, found, "send", "test").outcome

    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(run, first)
        assert vendor.entered.wait(10)
        two = pool.submit(run, second)
        vendor.gate.set()
        assert [one.result(30), two.result(30)] == [Kind.DELIVERED, Kind.DELIVERED]
    assert vendor.asked == 1


def test_who_waits_in_vain_comes_back_and_uses_no_try(
    make: Make, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(granted, "PATIENCE", 0.2)
    out = make()
    target = to(out, vendor)
    out.deliver(target)
    other = make()
    set_grant(out, access=None, leased_until=out.rt.clock.now() + timedelta(seconds=30))
    row = other.deliver(target)
    assert (row.state, row.attempts) == ("waiting", 0)
    [attempt] = other.attempts(row.id)
    assert attempt.outcome == "throttled"
    assert "another worker" in attempt.message
    assert vendor.asked == 1


def test_the_lease_of_a_worker_that_died_while_asking_ends(
    make: Make, vendor: Vendor, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(granted, "PATIENCE", 0.2)
    out = make()
    target = to(out, vendor)
    found = configured.target(out.rt, target)
    assert found is not None
    asking = grants.find(out.rt, str(found.grant_key), None)  # and is killed
    assert isinstance(asking, grants.Asking)
    assert out.deliver(target).state == "waiting"
    assert vendor.asked == 0
    clock.advance(out.rt.config.total_seconds + grants.LEASE_MARGIN)
    lanes.resume_target(out.rt, target, "test")
    assert out.deliver(target).state == "delivered"
    assert vendor.asked == 1
    late = grants.keep(out.rt, asking, Access(token="late"))  # it was only slow
    assert late.access.token == "late"
    assert access(out)["token"].startswith("T1")
    assert row_of(out).lease_token is None


def test_a_token_serves_until_shortly_before_its_end(
    make: Make, vendor: Vendor, clock: SettableClock
) -> None:
    out = make()
    target = to(out, vendor)
    out.deliver(target)
    clock.advance(3600 - 61)
    out.deliver(target)
    assert vendor.asked == 1
    clock.advance(2)
    assert out.deliver(target).state == "delivered"
    assert vendor.asked == 2


@pytest.mark.parametrize("lasts", [None, -5, 0])
def test_a_token_without_an_end_serves_until_it_is_refused(
    make: Make, vendor: Vendor, clock: SettableClock, lasts: Json
) -> None:
    vendor.lasts = lasts
    out = make()
    target = to(out, vendor)
    out.deliver(target)
    clock.advance(50 * 86400)
    lanes.resume_target(out.rt, target, "test")
    out.deliver(target)
    assert vendor.asked == 1
    vendor.good.clear()
    row = out.deliver(target)
    assert (row.state, row.attempts, vendor.asked) == ("delivered", 1, 2)
    [attempt] = out.attempts(row.id)
    paths = [exchange["request"]["url"].rpartition("/")[2] for exchange in attempt.exchanges]
    assert paths == ["leads", "token", "leads"]
    assert (attempt.outcome, attempt.status) == ("delivered", 200)


def test_what_another_worker_has_renewed_is_used(make: Make, vendor: Vendor) -> None:
    first, second = make(), make()
    target = to(first, vendor)
    first.deliver(target)
    second.deliver(target)
    vendor.good.clear()
    first.deliver(target)
    assert vendor.asked == 2
    assert second.deliver(target).state == "delivered"
    assert vendor.asked == 2


def test_a_refusal_of_a_new_token_stands_and_pauses(make: Make, vendor: Vendor) -> None:
    out = make()
    target = to(out, vendor)
    out.deliver(target)
    vendor.good = set()
    vendor.refusal = Answer(200, b'{"access_token": "never-good", "expires_in": 60}')
    row = out.deliver(target)
    assert (row.state, row.attempts, vendor.asked) == ("waiting", 0, 2)
    assert out.lane(target).pause == "unauthorized"
    [attempt] = out.attempts(row.id)
    assert len(attempt.exchanges) == 3
    vendor.good.add("never-good")
    found = configured.target(out.rt, target)
    assert found is not None
    assert testing.try_target(out.rt, found, "send", "test").resumed


def test_a_fresh_token_that_is_refused_is_not_asked_for_again(make: Make, vendor: Vendor) -> None:
    out = make()
    target = to(out, vendor)
    vendor.refusal = Answer(200, b'{"access_token": "never-good", "expires_in": 60}')
    out.deliver(target)
    assert vendor.asked == 1
    assert out.lane(target).pause == "unauthorized"


def test_eight_refusals_are_one_request(make: Make, vendor: Vendor) -> None:
    out = make()
    target = configured.target(out.rt, to(out, vendor))
    vendor.refusal = Answer(400, b'{"error": "invalid_grant"}')
    vendor.gate = threading.Event()
    assert target is not None

    def run() -> Any:
        return testing.try_target(out.rt, target, "send", "test")

    with ThreadPoolExecutor(8) as pool:
        trials = [pool.submit(run) for _ in range(8)]
        assert vendor.entered.wait(10)
        until(lambda: threading.active_count() > 8, "all have begun")
        vendor.gate.set()
        said = [trial.result(30) for trial in trials]
    assert {trial.outcome for trial in said} == {Kind.UNAUTHORIZED}
    assert all("invalid_grant" in trial.message for trial in said)
    assert sum(len(trial.exchanges) for trial in said) == vendor.asked
    assert vendor.asked < 8


@pytest.mark.parametrize(
    ("refusal", "outcome"),
    [
        (Answer(400), "unauthorized"),
        (Answer(401), "unauthorized"),
        (Answer(422), "unauthorized"),  # is no fault of the lead
        (Answer(429, headers={"Retry-After": "20"}), "throttled"),
        (Answer(503), "retry"),
        (Answer(200, b"surprise"), "retry"),
    ],
)
def test_a_refused_grant_is_the_outcome(
    make: Make, vendor: Vendor, refusal: Answer, outcome: str
) -> None:
    out = make()
    target = to(out, vendor)
    vendor.refusal = refusal
    row = out.deliver(target)
    [attempt] = out.attempts(row.id)
    assert (row.state, attempt.outcome, len(attempt.exchanges)) == ("waiting", outcome, 1)
    assert (row_of(out).access, row_of(out).lease_token) == (None, None)
    assert vendor.leads() == []


def test_a_grant_that_says_delivered_delivers_nothing(make: Make, vendor: Vendor) -> None:
    def ask(settings: Settings, _access: Access | None, _now: float) -> Granting:
        yield Request(method="GET", url=settings["url"])
        return Outcome(kind=Kind.DELIVERED)

    out = make(grant=Grant(account=_account, ask=ask))
    row = out.deliver(to(out, vendor))
    assert row.state == "waiting"
    assert "instead of an Access" in row.reason


def test_a_changed_refresh_token_is_kept_and_used(
    make: Make, vendor: Vendor, clock: SettableClock
) -> None:
    out = make()
    target = to(out, vendor)
    vendor.rotates = True
    out.deliver(target)
    vendor.rotates = False
    for _ in range(2):
        clock.advance(4000)
        out.deliver(target)
    sent = [fields["refresh_token"] for fields in vendor.requests()]
    assert sent == [
        ["R0-top-secret-refresh"],
        ["R1-top-secret-refresh"],
        ["R1-top-secret-refresh"],
    ]
    assert access(out)["refresh_token"] == "R1-top-secret-refresh"


def test_a_token_that_cannot_be_stored_is_used_and_its_refresh_token_too(
    make: Make, vendor: Vendor, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = make()
    target = to(out, vendor)
    vendor.rotates = True
    real = grants._store

    def away(*_given: Any) -> None:
        raise sa.exc.OperationalError("", {}, Exception("away"))

    monkeypatch.setattr(grants, "_store", away)
    assert out.deliver(target).state == "delivered"
    assert row_of(out).access is None
    monkeypatch.setattr(grants, "_store", real)
    clock.advance(4000)
    out.deliver(target)
    assert vendor.requests()[1]["refresh_token"] == ["R1-top-secret-refresh"]


def test_targets_of_one_account_share_a_token(make: Make, vendor: Vendor) -> None:
    out = make()
    out.deliver(to(out, vendor))
    out.deliver(to(out, vendor))
    assert vendor.asked == 1
    out.deliver(to(out, vendor, refresh="R9-top-secret-refresh"))  # other credentials
    assert vendor.asked == 2


def test_settings_that_need_no_grant_ask_for_none(make: Make, peer: Peer) -> None:
    seen: list[Access | None] = []

    def deliver(_payload: Json, settings: Settings, duty: Duty) -> Conversation:
        seen.append(duty.access)
        yield Request(method="POST", url=settings["url"])
        return Outcome(kind=Kind.DELIVERED)

    out = make(deliver=deliver)
    out.deliver(out.target(peer.url, kind="granted", secrets={"/token": "static"}))
    assert seen == [None]
    assert len(peer.arrivals) == 1
    with out.rt.database.read() as connection:
        assert connection.execute(sa.select(tables.grants)).all() == []


def test_what_was_begun_is_known_when_it_is_held_again(make: Make, vendor: Vendor) -> None:
    seen: list[tuple[Json, bool]] = []

    def deliver(payload: Json, settings: Settings, duty: Duty) -> Conversation:
        seen.append((duty.noted, duty.again))
        assert duty.access is not None
        yield Request(method="GET", url=f"{settings['url']}/person")
        yield Note({"person": 7})
        return (yield from _deliver(payload, settings, duty))

    out = make(deliver=deliver)
    target = to(out, vendor)
    out.deliver(target)
    vendor.good.clear()
    row = out.deliver(target)
    assert row.state == "delivered"
    assert seen == [(None, False), (None, False), ({"person": 7}, True)]


def test_no_secret_of_a_grant_can_be_read_anywhere(
    make: Make, vendor: Vendor, caplog: pytest.LogCaptureFixture, clock: SettableClock
) -> None:
    caplog.set_level(logging.DEBUG)
    out = make()
    target = to(out, vendor)
    vendor.rotates = True
    rows = [out.deliver(target)]
    vendor.good.clear()
    rows.append(out.deliver(target))
    echo = urlencode({"access_token": "T9-top-secret-access", "id_token": "an-id-top-secret"})
    vendor.refusal = Answer(400, echo.encode())
    clock.advance(4000)
    rows.append(out.deliver(target))
    found = configured.target(out.rt, target)
    assert found is not None
    trial = testing.try_target(out.rt, found, "send", "test")
    with out.rt.database.read() as connection:
        every = [
            [tuple(row) for row in connection.execute(sa.select(table)).all()]
            for table in tables.metadata.sorted_tables
        ]
    kept = repr([every, trial]) + caplog.text
    for secret in ("top-secret", "a-client-secret-in-code", "eyJpc3MiOiJyZWxheSJ9"):
        assert secret not in kept
    attempts = [attempt for row in rows for attempt in out.attempts(row.id)]
    assert [len(attempt.exchanges) for attempt in attempts] == [2, 3, 1]
    assert "grant_type=refresh_token" in attempts[0].exchanges[0]["request"]["body"]
    assert "top-secret" in repr(access(out))


def test_what_no_key_opens_is_asked_for_anew(make: Make, vendor: Vendor) -> None:
    out = make()
    target = to(out, vendor)
    out.deliver(target)
    other = make()
    set_grant(out, access="not sealed by any key")
    assert other.deliver(target).state == "delivered"
    assert vendor.asked == 2


def test_a_new_secret_key_opens_grants_too(make: Make, vendor: Vendor) -> None:
    out = make()
    target = to(out, vendor)
    out.deliver(target)
    rotating = make({"SECRET_KEY": NEW_KEY, "SECRET_KEYS_OLD": SECRET})
    with out.rt.database.write() as connection:
        connection.execute(sa.insert(tables.grants).values(key="lost", access="by no key"))
    assert not rotating.rt.box.is_newest(_of(out, target))
    keys.rotate(rotating.rt)
    assert rotating.rt.box.is_newest(_of(out, target))
    alone = make({"SECRET_KEY": NEW_KEY})
    assert alone.deliver(target).state == "delivered"
    assert vendor.asked == 1


def _of(out: Outgoing, target: Any) -> str:
    found = configured.target(out.rt, target)
    assert found is not None
    with out.rt.database.read() as connection:
        statement = sa.select(tables.grants.c.access).where(tables.grants.c.key == found.grant_key)
        return str(connection.execute(statement).scalar_one())


def test_a_database_that_is_away_costs_no_try(
    make: Make, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_given: Any) -> None:
        raise sa.exc.OperationalError("", {}, Exception("away"))

    out = make()
    target = to(out, vendor)
    monkeypatch.setattr(grants, "find", away)
    row = out.deliver(target)
    assert (row.state, row.attempts) == ("waiting", 0)
    assert vendor.arrivals == []


def test_a_vendor_that_hangs_while_granting_is_tried_again(make: Make, vendor: Vendor) -> None:
    out = make({"RELAY_READ_SECONDS": "0.2", "RELAY_TOTAL_SECONDS": "0.5"})
    target = to(out, vendor)
    vendor.refusal = hangs
    row = out.deliver(target)
    assert (row.state, row.attempts) == ("waiting", 1)
    assert row_of(out).lease_token is None
    vendor.refusal = None
    out.change(row.id, due_at=out.rt.clock.now())
    out.forward(target)
    assert out.row(row.id).state == "delivered"


@pytest.mark.parametrize("changed", ["archived", "settings", "nothing", "unreadable"])
def test_what_no_target_goes_by_any_more_is_removed_in_the_end(
    make: Make, vendor: Vendor, clock: SettableClock, changed: str
) -> None:
    out = make({"RELAY_KEEP_ATTEMPTS_DAYS": "30"})
    target = to(out, vendor)
    assert out.deliver(target).state == "delivered"
    columns = {
        "archived": {"archived_at": clock.now()},
        "settings": {"secrets": out.rt.box.seal({"settings": {"/url": vendor.url}})},
        "unreadable": {"secrets": "x"},
    }.get(changed)
    if columns:
        with out.rt.database.write() as connection:
            connection.execute(
                sa.update(tables.targets).where(tables.targets.c.id == target).values(**columns)
            )
    configured.forget(out.rt)
    clock.advance(30 * 86_400)
    assert retain(out.rt).grants == 0
    clock.advance(1)
    removed = int(changed in {"archived", "settings"})
    assert retain(out.rt).grants == removed
    with out.rt.database.read() as connection:
        assert len(connection.execute(sa.select(tables.grants)).all()) == 1 - removed
