"""Commands that show what there is: lists, one lead's way, quarantine, the ledger, the demo."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from relay.services.demo import make_demo
from relay.store.tables import attempts, deliveries, lanes, submissions
from tests.cli.conftest import Relay

LATER = datetime(2100, 1, 1, 12, 0, tzinfo=UTC)
SHOWN = "2100-01-01 12:00:00"

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def demo(runtime: Any) -> Any:
    """A database with the demo's leads."""
    make_demo(runtime)
    return runtime


def _json(relay: Relay, *arguments: str) -> Any:
    result = relay(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_the_demo_shows_leads_and_deliveries_in_many_states(demo: Any, relay: Relay) -> None:
    assert len(_json(relay, "leads")) > 10
    seen = {row["state"] for row in _json(relay, "deliveries", "--limit", "1000")}
    assert seen >= {"delivered", "failed", "waiting", "skipped"}
    for state in ("quarantined", "held", "refused"):
        assert _json(relay, "quarantine", "list", "--state", state), state
    assert relay("ledger").exit_code == 0
    assert relay("demo").exit_code == 1


def test_the_demo_sends_nothing(
    runtime: Any, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    def connect(*_arguments: Any, **_options: Any) -> None:
        raise AssertionError("the demo opened a connection")

    monkeypatch.setattr("relay.net.pinned.PinnedAdapter.send", connect)
    assert _json(relay, "demo")["submissions"] > 10
    with runtime.database.read() as connection:
        assert set(connection.execute(sa.select(attempts.c.error)).scalars()) == {None}
    paused = _json(relay, "pause", "target", "demo/crm")
    assert paused["paused"] is False


def test_lists_are_filtered(demo: Any, relay: Relay) -> None:
    failed = _json(relay, "deliveries", "--state", "failed", "--target", "sales")
    assert failed
    assert {(row["state"], row["target"]) for row in failed} == {("failed", "sales")}
    assert _json(relay, "deliveries", "--until", "2020-01-01") == []
    lead = _json(relay, "leads", "--text", "joerg@example.com")
    assert [row["name"] for row in lead] == ["Jörg Müller"]
    assert len(_json(relay, "deliveries", "--lead", f"#{lead[0]['number']}")) == 4
    for name in (("--target", "nobody"), ("--source", "nobody"), ("--project", "nobody")):
        assert relay("deliveries", *name).exit_code == 1


@pytest.mark.parametrize(
    ("table", "row", "said"),
    [
        (lanes, {"paused_at": LATER}, "the target is paused: busy"),
        (lanes, {"breaker": "open", "open_until": LATER}, f"keeps failing, until {SHOWN}: busy"),
        (lanes, {"hold_until": LATER}, f" held back until {SHOWN}: busy"),
        (deliveries, {"after_id": uuid4()}, " an earlier one goes first: busy"),
        (deliveries, {"due_at": LATER}, f" due {SHOWN}: busy"),
        (deliveries, {"reason": "busy"}, "  busy"),
    ],
)
def test_what_waits_says_what_for(
    demo: Any, relay: Relay, table: sa.Table, row: dict[str, Any], said: str
) -> None:
    with demo.database.write() as connection:
        free = {"paused_at": None, "breaker": "closed", "hold_until": None}
        connection.execute(sa.update(lanes).values(**free))
        connection.execute(sa.update(deliveries).values(reason="busy"))
        connection.execute(sa.update(table).values(**row))
    listed = relay("deliveries", "--state", "waiting", "--limit", "1")
    assert f"{said} " in listed.output


def test_one_lead_is_shown_with_its_whole_way(demo: Any, relay: Relay) -> None:
    [row] = _json(relay, "leads", "--text", "joerg@example.com")
    shown = relay("leads", f"#{row['number']}")
    for part in ("Jörg Müller", "delivered", "skipped", "204", "stored", row["id"]):
        assert part in shown.output
    chain = _json(relay, "leads", row["id"])
    assert [one["target"] for one in chain["deliveries"]] == [
        "crm", "sales", "newsletter", "old-crm",
    ]  # fmt: skip
    assert "joerg" in chain["submissions"][0]["raw"]
    assert relay("leads", "999999").exit_code == 1


def test_an_id_may_be_shortened_until_it_means_several(demo: Any, relay: Relay) -> None:
    rows = _json(relay, "deliveries", "--limit", "1000")
    whole = rows[0]["id"]
    assert _json(relay, "deliveries", whole[:-2])["id"] == whole
    several = relay("deliveries", whole[:8])
    assert several.exit_code == 1
    assert "Several begin like" in several.stderr
    for nothing in ("ffff", "abc", "not-an-id", "' OR 1=1"):
        assert relay("deliveries", nothing).exit_code == 1


def test_quarantine_is_listed_shown_and_released(demo: Any, relay: Relay) -> None:
    [broken] = _json(relay, "quarantine", "list", "--source", "typeform-form")
    shown = relay("quarantine", "show", broken["id"]).output
    assert "not JSON" in shown
    assert "form_response" in shown
    still = relay("quarantine", "release", broken["id"])
    assert still.exit_code == 1
    assert "not JSON" in still.output
    held = _json(relay, "quarantine", "list", "--state", "held", "--limit", "1000")
    assert _json(relay, "quarantine", "release", "--all", "--state", "held")["released"] == len(
        held
    )
    assert _json(relay, "quarantine", "list", "--state", "held") == []
    assert relay("quarantine", "release").exit_code == 2
    assert relay("quarantine", "release", broken["id"], "--all").exit_code == 2


def test_the_ledger_exits_with_one_on_a_gap(demo: Any, relay: Relay) -> None:
    found = _json(relay, "ledger")
    assert found["received"] == sum(found["submissions"].values()) > 0
    assert relay("ledger", "--until", "2020-01-01").exit_code == 0
    with demo.database.write() as connection:
        one = sa.select(submissions.c.id).where(submissions.c.state == "quarantined").limit(1)
        connection.execute(sa.delete(submissions).where(submissions.c.id == one.scalar_subquery()))
    result = relay("ledger")
    assert result.exit_code == 1
    assert "Gap: received" in result.stderr
    assert json.loads(relay("ledger", "--json").stdout)["gaps"]


def test_what_strangers_typed_does_not_steer_the_terminal(demo: Any, relay: Relay) -> None:
    sent = '{"name": "Mallory\\u001b[2J\\u001b]0;title\\u0007\\u202e", "email": "m@example.com"}'
    from relay.services import configured
    from relay.services.finding import find_source
    from relay.services.ingest import take
    from relay.services.leads import store_batch

    source = configured.source(demo, find_source(demo, "generic-form").id)
    assert source is not None
    from relay.core.contract import Inbound

    inbound = Inbound(headers={"content-type": "application/json"}, body=sent.encode())
    take(demo, source, inbound)
    store_batch(demo)
    listed = relay("leads", "--text", "Mallory").output
    assert "Mallory" in listed
    [row] = _json(relay, "leads", "--text", "Mallory")
    for output in (listed, relay("leads", row["id"]).output):
        assert not set(output) & set("\x1b\x07\u202e")


def test_chores_run_once(demo: Any, relay: Relay) -> None:
    assert _json(relay, "sweep")["expired"] == 0
    assert set(_json(relay, "retain").values()) == {0}
