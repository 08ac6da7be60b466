"""What becomes of a lead reaches the platforms that brought it: from each door to each vendor.

The requests are led to a peer, their real address within the path.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from click.testing import CliRunner

from relay import runtime as process
from relay.catalog import load_catalog
from relay.cli import program
from relay.core.contract import (
    Access,
    Conversation,
    Duty,
    Granting,
    Json,
    Request,
    Settings,
)
from relay.core.kinds import TargetKind
from relay.core.stages import StatusChange
from relay.services import configure, users
from relay.services.forward import forward
from relay.services.leads import store_batch
from relay.services.replay import replay_one
from relay.services.senders import Senders
from relay.services.status import change_status, process_status
from relay.store import tables
from tests.conftest import SettableClock
from tests.integrations.conversing import usual
from tests.peer import Answer, Arrival, Peer
from tests.servers import until
from tests.web.console.house import EMAIL, PASSWORD, Visitor

KEY = "an-api-key-of-acme-16"
LABEL = "7b1f3f0e-6f62-4c39-9d67-0a4a1d1f8b55"
VISITOR = "1234567890.1772452000"
NOON = 1_772_452_800
DAYS = timedelta(days=3)
AFTER_DAYS = NOON + 3 * 86_400

NAMES = {"won": "Purchase", "Sale": "Sale made", "created": "Lead"}
RULES = {"created": "1001", "won": "1002", "Sale": "1003"}
TARGETS: Json = [
    {
        "name": "meta",
        "kind": "meta_conversions",
        "settings": {"dataset_id": "12345", "access_token": "EAAtoken0001", "events": NAMES},
    },
    {
        "name": "linkedin",
        "kind": "linkedin_conversions",
        "settings": {"access_token": "AQXfixture-token-0001-0001", "events": RULES},
    },
    {
        "name": "tiktok",
        "kind": "tiktok_events",
        "settings": {
            "event_source_id": "CFIXTURE0",
            "access_token": "fixture0token0001",
            "events": NAMES,
        },
    },
    {"name": "hook", "kind": "webhook", "settings": {"url": "https://hook.test/leads"}},
]

GOOGLE: Json = [
    {
        "name": "analytics",
        "kind": "ga4",
        "settings": {
            "measurement_id": "G-FIXTURE001",
            "api_secret": "ga4-fixture-secret-0001",
            "events": {"created": "generate_lead", "won": "close_convert_lead", "Sale": "sale"},
        },
    },
    {
        "name": "ads",
        "kind": "google_data_manager",
        "settings": usual("google_data_manager")["settings"] | {"events": RULES},
    },
]

GOOGLE_SAYS = Answer(
    body=b'{"access_token":"ya29.one","expires_in":3599,"requestId":"r1",'
    b'"requestStatusPerDestination":[{"requestStatus":"SUCCESS"}]}'
)

TAKEN = Answer(body=b'{"events_received":1,"code":0,"elements":[{"status":201}]}')


def _led(kind: TargetKind, peer: Peer) -> TargetKind:
    target, grant = kind.target, kind.target.grant

    def deliver(payload: Json, settings: Settings, duty: Duty) -> Conversation:
        return _to(peer, target.deliver(payload, settings, duty))

    def ask(settings: Settings, before: Access | None, now: float) -> Granting:
        assert grant is not None
        return _to(peer, grant.ask(settings, before, now))

    led = replace(target, deliver=deliver, grant=grant and replace(grant, ask=ask))
    return replace(kind, target=led)


def _to(peer: Peer, conversation: Any) -> Any:
    """The conversation with its requests led to the peer."""
    reply = None
    while True:
        try:
            step = next(conversation) if reply is None else conversation.send(reply)
        except StopIteration as ended:
            return ended.value
        if isinstance(step, Request):
            step = replace(step, url=f"{peer.url}/{step.url.removeprefix('https://')}")
        reply = yield step


class House:
    """A project whose leads come by three doors and go to four targets."""

    def __init__(self, rt: Any, peer: Peer, clock: SettableClock, targets: Json) -> None:
        from relay.app import create_app

        self.rt, self.peer, self.clock = rt, peer, clock
        self.app = create_app(rt)
        self.client = self.app.test_client()
        sources = [
            {"name": name, "kind": name, "consent_default": "granted", "legal_basis": "contract"}
            for name in ("leadtrackr", "octanist", "generic")
        ]
        sources[2]["key"] = "website-key-1"
        acme = {
            "id": "16",
            "currency": "EUR",
            "api_keys": [{"name": "all", "key": KEY, "scopes": ["read", "write"]}],
            "conversion_labels": [{"id": LABEL, "name": "Sale"}],
            "sources": sources,
            "targets": targets,
            "routes": [
                {"from": source["name"], "to": target["name"], "on": ["created", "status"]}
                for source in sources
                for target in targets
            ],
        }
        configure.apply(rt, {"projects": [acme]})

    def post(self, path: str, body: Json, method: str = "POST") -> Json:
        """A call of an API, with the key."""
        answer = self.client.open(path, method=method, json=body, headers={"X-API-Key": KEY})
        assert answer.status_code < 300, answer.text
        return answer.get_json()

    def lead(self, **fields: Any) -> UUID:
        """A lead of the website, not sent yet."""
        said = {"email": "ada@example.com", "first_name": "Ada", "last_name": "King", **fields}
        assert self.client.post("/in/website-key-1", json=said).status_code == 200
        while store_batch(self.rt):
            pass
        return self.rows(tables.leads)[-1].id  # type: ignore[no-any-return]

    def work(self) -> list[tuple[str, Json]]:
        """Send all that is due; what arrived at each vendor meanwhile."""
        return sorted((_told(one.path, one.json()) for one in self.run()), key=lambda one: one[0])

    def run(self) -> list[Arrival]:
        """Store, tell and send all that is due; what arrived at the peer meanwhile."""
        before = len(self.peer.arrivals)
        while store_batch(self.rt) or process_status(self.rt):
            pass
        senders = Senders(self.rt)
        for target in self.rows(tables.targets):
            while forward(self.rt, str(target.id), senders):
                until(lambda: not self._sending(), "everything is sent")
        senders.drain(5)
        senders.close()
        return self.peer.arrivals[before:]

    def won_by_hand(self, lead: UUID, stage: str = "won") -> None:
        """A change of the status, as from any door."""
        change = StatusChange(stage=stage, value_minor=125050, currency="EUR")
        change_status(self.rt, lead, change, actor="a test")

    def rows(self, table: sa.Table) -> list[Any]:
        """Rows in the order of their ids."""
        with self.rt.database.read() as connection:
            return list(connection.execute(sa.select(table).order_by(table.c.id)).all())

    def told(self) -> list[tuple[str, str, str]]:
        """Event, label and state of each delivery."""
        return [(row.event, row.label, row.state) for row in self.rows(tables.deliveries)]

    def _sending(self) -> bool:
        return any(row.state == "sending" for row in self.rows(tables.deliveries))


def _told(path: str, body: Json) -> tuple[str, Json]:
    """Which vendor was told what, in the same words for all of them."""
    if "facebook" in path:
        [event] = body["data"]
        worth = event.get("custom_data", {})
        names = (event["event_name"], event["event_time"], event["event_id"])
        return "meta", (*names, worth.get("value"), worth.get("currency"))
    if "linkedin" in path:
        [event] = body["elements"]
        worth = event.get("conversionValue", {})
        rule = event["conversion"].rpartition(":")[2]
        at = event["conversionHappenedAt"] / 1000
        amount = worth.get("amount")
        number = None if amount is None else float(amount)
        return "linkedin", (rule, at, event["eventId"], number, worth.get("currencyCode"))
    if "tiktok" in path:
        [event] = body["data"]
        worth = event.get("properties", {})
        names = (event["event"], event["event_time"], event["event_id"])
        return "tiktok", (*names, worth.get("value"), worth.get("currency"))
    state, event = body["data"].get("state", {}), body["data"]["event"]
    return "hook", (event["type"], event["label"], state.get("value_minor"), state.get("currency"))


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    """SQLite alone: how databases differ is tested with services."""
    path = tmp_path / "relay.db"
    path.write_bytes(sqlite_template.read_bytes())
    return f"sqlite:///{path}"


@pytest.fixture
def build(
    make_runtime: Callable[..., Any], peer: Peer, clock: SettableClock
) -> Callable[[Json, Answer], House]:
    """Builds a house with these targets, whose vendors all say the same."""

    def make(targets: Json, said: Answer) -> House:
        peer.default = said
        real = load_catalog()
        led = {name: _led(real.targets[name], peer) for name in {one["kind"] for one in targets}}
        rt = make_runtime(catalog=replace(real, targets={**real.targets, **led}))
        process.install(rt)
        return House(rt, peer, clock, targets)

    return make


@pytest.fixture
def house(build: Callable[[Json, Answer], House]) -> House:
    return build(TARGETS, TAKEN)


@pytest.fixture(autouse=True)
def _cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr("relay.services.credentials._hasher", cheap)


def _by_leadtrackr(house: House) -> None:
    made = house.post(
        "/api/leads/createServerSideLead",
        {
            "projectId": "16",
            "userData": {"email": "ada@example.com"},
            "attributionData": {"cid": VISITOR},
        },
    )
    house.run()
    house.clock.advance(DAYS.total_seconds())
    rated = {"leadId": made["leadId"], "conversionId": LABEL, "price": 125050}
    house.post("/api/leads/updateLeadStatus", rated)


def _by_octanist(house: House) -> None:
    lead = {"name": "Ada King", "email": "ada@example.com", "ga4cid": VISITOR}
    made = house.post("/api/leads", lead)["data"]["id"]
    house.run()
    house.clock.advance(DAYS.total_seconds())
    house.post("/api/leads", {"id": made, "status": "won", "value": 1250.50}, "PATCH")


def _by_console(house: House) -> None:
    lead = house.lead(ga_client_id=VISITOR)
    house.run()
    house.clock.advance(DAYS.total_seconds())
    users.create_user(house.rt, EMAIL, PASSWORD)
    visitor = Visitor(house.app)
    visitor.sign_in()
    page = visitor.get(f"/console/p/16/leads/{lead}")
    visitor.send(page.form("/status"), stage="won", value="1250.50")


def _by_command_line(house: House) -> None:
    lead = house.lead(ga_client_id=VISITOR)
    house.run()
    house.clock.advance(DAYS.total_seconds())
    said = CliRunner().invoke(
        program,
        ["status", str(lead)[:8], "won", "--value", "1250.50"],
        obj=lambda: _installed(house),
        catch_exceptions=False,
    )
    assert said.output == "The lead is won, worth 1250.5 EUR.\n"


class _installed:  # noqa: N801 - a context, as the program takes it
    def __init__(self, house: House) -> None:
        self._rt = house.rt

    def __enter__(self) -> None:
        process.install(self._rt)

    def __exit__(self, *_error: object) -> None:
        pass


@pytest.mark.parametrize(
    ("change", "label", "named", "rule"),
    [
        (_by_leadtrackr, "Sale", "Sale made", "1003"),
        (_by_octanist, "won", "Purchase", "1002"),
        (_by_console, "won", "Purchase", "1002"),
        (_by_command_line, "won", "Purchase", "1002"),
    ],
)
def test_a_change_reaches_every_platform_once_with_value_and_time(
    house: House, change: Callable[[House], None], label: str, named: str, rule: str
) -> None:
    change(house)
    [lead] = house.rows(tables.leads)
    worth = (1250.5, "EUR")
    id_ = f"{lead.id}.status.{label}"
    assert house.work() == [
        ("hook", ("status", label, 125050, "EUR")),
        ("linkedin", (rule, AFTER_DAYS, id_, *worth)),
        ("meta", (named, AFTER_DAYS, id_, *worth)),
        ("tiktok", (named, AFTER_DAYS, id_, *worth)),
    ]
    assert house.work() == []
    assert {state for _, _, state in house.told()} == {"delivered"}


@pytest.mark.parametrize(
    ("change", "label", "rule"),
    [
        (_by_leadtrackr, "Sale", "1003"),
        (_by_octanist, "won", "1002"),
        (_by_console, "won", "1002"),
        (_by_command_line, "won", "1002"),
    ],
)
def test_a_change_reaches_google_once_with_value_and_time(
    build: Callable[[Json, Answer], House],
    change: Callable[[House], None],
    label: str,
    rule: str,
) -> None:
    house = build(GOOGLE, GOOGLE_SAYS)
    change(house)
    heard = house.run()
    for _ in range(3):  # Google is asked for its verdict on the new lead before the status goes
        house.clock.advance(3600)
        heard += house.run()
    [lead] = house.rows(tables.leads)
    id_ = f"{lead.id}.status.{label}"
    [visit] = [one for one in _events(heard, "google-analytics") if one["params"].get("value")]
    assert (
        visit["params"] | {"currency": "EUR", "value": 1250.5, "transaction_id": id_}
        == (visit["params"])
    )
    [sale] = [one for one in _events(heard, "events:ingest") if one["transactionId"] == id_]
    assert (sale["conversionValue"], sale["currency"]) == (1250.5, "EUR")
    assert sale["eventTimestamp"] == "2026-03-05T12:00:00Z"
    assert f'"{rule}"' in "".join(one.body.decode() for one in heard if "ingest" in one.path)
    assert {state for _, _, state in house.told()} == {"delivered"}


def _events(heard: list[Arrival], vendor: str) -> list[Json]:
    """Every event that this vendor was told."""
    bodies = [one.json() for one in heard if vendor in one.path and one.body]
    return [event for body in bodies for event in body["events"]]


def test_the_new_lead_is_told_too_at_its_own_time(house: House) -> None:
    lead = house.lead()
    house.clock.advance(3600)
    assert [told for vendor, told in house.work() if vendor != "hook"] == [
        ("1001", NOON, f"{lead}.created", None, None),
        ("Lead", NOON, f"{lead}.created", None, None),
        ("Lead", NOON, f"{lead}.created", None, None),
    ]


def test_a_label_is_told_once_though_the_value_changes_again(house: House) -> None:
    lead = house.lead()
    house.work()
    house.won_by_hand(lead)
    assert len(house.work()) == 4
    change = StatusChange(value_minor=5, currency="EUR")
    change_status(house.rt, lead, change, actor="a test")
    assert house.work() == []
    house.won_by_hand(lead, "Sale")
    assert len(house.work()) == 4


def test_a_retry_and_a_replay_keep_the_time_of_the_change_and_its_id(house: House) -> None:
    lead = house.lead()
    house.work()
    house.clock.advance(DAYS.total_seconds())
    house.won_by_hand(lead)
    house.peer.default = Answer(status=500, body=b"{}")
    first = dict(house.work())
    house.clock.advance(3600)
    house.peer.default = TAKEN
    assert dict(house.work()) == first
    assert first["meta"][1] == first["tiktok"][1] == first["linkedin"][1] == AFTER_DAYS
    house.clock.advance(3600)
    for row in house.rows(tables.deliveries):
        if row.event == "status":
            replay_one(house.rt, row.id, "test")
    assert dict(house.work()) == first


def test_a_change_that_waited_in_the_queue_has_the_time_at_which_it_was_said(house: House) -> None:
    lead = house.lead()
    house.work()
    house.clock.advance(DAYS.total_seconds())
    change = StatusChange(stage="won", value_minor=125050, currency="EUR")
    change_status(house.rt, lead, change, actor="a test", queued=True)
    house.clock.advance(86_400)
    told = dict(house.work())
    assert {told[name][1] for name in ("meta", "linkedin", "tiktok")} == {AFTER_DAYS}


def test_a_change_that_waited_too_long_is_told_to_nobody_who_takes_none_that_old(
    house: House,
) -> None:
    lead = house.lead()
    house.work()
    change = StatusChange(stage="won", value_minor=125050, currency="EUR")
    change_status(house.rt, lead, change, actor="a test", queued=True)
    house.clock.advance(8 * 86_400)
    assert [vendor for vendor, _ in house.work()] == ["hook", "linkedin", "tiktok"]
    [expired] = [row for row in house.rows(tables.deliveries) if row.state == "expired"]
    assert (expired.event, expired.label) == ("status", "won")


def test_who_says_no_is_told_of_to_no_platform_and_who_says_yes_again_is(house: House) -> None:
    lead = house.lead(newsletter="no")
    assert [vendor for vendor, _ in house.work()] == ["hook"]
    house.won_by_hand(lead)
    assert [vendor for vendor, _ in house.work()] == ["hook"]
    reasons = {row.reason for row in house.rows(tables.deliveries) if row.state == "skipped"}
    assert reasons == {"consent denied: marketing"}


def test_a_status_goes_though_the_new_lead_never_went(house: House) -> None:
    """It was skipped for want of consent; what becomes of it later is a conversion of its own."""
    _set_consent(house, {})
    lead = house.lead()
    assert [vendor for vendor, _ in house.work()] == ["hook"]
    _set_consent(house, {"consent_default": "granted", "legal_basis": "contract"})
    house.won_by_hand(lead)
    assert [vendor for vendor, _ in house.work()] == ["hook", "linkedin", "meta", "tiktok"]
    for row in house.rows(tables.deliveries):
        if row.state == "skipped":
            replay_one(house.rt, row.id, "test")
    ids = [told[2] for vendor, told in house.work() if vendor != "hook"]
    assert ids == [f"{lead}.created"] * 3


def test_a_forwarded_test_lead_counts_as_no_conversion(house: House) -> None:
    """The platforms are asked about it as about a trial, or not at all; the others get it."""
    _set_consent(
        house,
        {"consent_default": "granted", "legal_basis": "contract", "forward_tests": True},
    )
    lead = house.lead()
    with house.rt.database.write() as connection:
        connection.execute(sa.update(tables.leads).values(test=True))
    assert [vendor for vendor, _ in house.work()] == ["hook"]
    house.won_by_hand(lead)
    assert [vendor for vendor, _ in house.work()] == ["hook"]
    ended = [(row.event, row.state) for row in house.rows(tables.deliveries)]
    assert ended.count(("created", "ignored")) == ended.count(("status", "ignored")) == 3


def _set_consent(house: House, options: Json) -> None:
    source = {"name": "generic", "kind": "generic", "key": "website-key-1"}
    cleared = {"consent_default": "unknown", "legal_basis": None, **options}
    kept = {name: value for name, value in cleared.items() if value is not None}
    configure.apply(house.rt, {"projects": [{"id": "16", "sources": [{**source, **kept}]}]})


@pytest.mark.parametrize(
    ("arguments", "output", "code"),
    [
        (["won", "--value", "much"], "--value must be an amount", 2),
        (["won", "--value", "-5"], "--value must be an amount", 2),
        (["Sale", "--currency", "usd", "--value", "7"], "The lead is Sale, worth 7 USD.", 0),
        (["--note", "paid"], "The lead is open.", 0),
        (["lost", "--json"], '"status": "lost"', 0),
    ],
)
def test_the_command_line_says_what_became_of_a_lead(
    house: House, arguments: list[str], output: str, code: int
) -> None:
    house.lead()
    [lead] = house.rows(tables.leads)
    said = CliRunner().invoke(
        program, ["status", f"#{lead.number}", *arguments], obj=lambda: _installed(house)
    )
    assert output in said.output
    assert said.exit_code == code


def test_the_command_line_says_what_it_does_not_find(house: House) -> None:
    said = CliRunner().invoke(program, ["status", "#77", "won"], obj=lambda: _installed(house))
    assert (said.exit_code, re.search("no lead #77", said.output) is not None) == (1, True)
