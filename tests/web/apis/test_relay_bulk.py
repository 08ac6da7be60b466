"""Our own API: force, another target, and bulk runs."""

import pytest

from relay.core.ids import new_id
from relay.services import bulk_job
from relay.services.sweep import sweep
from relay.store.tables import audit, bulk_runs
from tests.web.apis.test_relay_api import BETA, MANAGE, READ, Caller, house
from tests.web.console.house import House

__all__ = ["house"]


@pytest.fixture
def call(house: House) -> Caller:
    return Caller(house.app.test_client(), MANAGE)


@pytest.fixture
def paused(house: House, call: Caller) -> str:
    """The id of a delivery that waits for a paused target."""
    crm = next(one for one in call("GET", "/targets")["data"] if one["name"] == "Sales CRM")
    call("POST", f"/targets/{crm['id']}/pause", {"reason": "holiday"})
    house.submit("website-key-1", email="ada@example.com")
    house.work()
    (delivery,) = call("GET", "/deliveries")["data"]
    return str(delivery["id"])


def _partner(call: Caller) -> str:
    return str(
        next(one["id"] for one in call("GET", "/targets")["data"] if one["name"] == "Partner")
    )


def test_one_delivery_is_forced_and_sent_elsewhere(house: House, call: Caller, paused: str) -> None:
    held = call("POST", f"/deliveries/{paused}/replay")
    assert held == {"id": paused}
    partner = _partner(call)
    sent = call("POST", f"/deliveries/{paused}/replay-to", {"target": partner})
    assert sent["id"] != paused
    assert sent["waits_for"] is None
    again = call("POST", f"/deliveries/{paused}/replay-to", {"target": partner}, 409)
    assert "has this version" in again["detail"]
    assert call("POST", f"/deliveries/{paused}/force", {}) == {"id": paused, "waits_for": None}
    house.work()
    assert {one["state"] for one in call("GET", "/deliveries")["data"]} == {"delivered"}
    call("POST", f"/deliveries/{paused}/replay-to", {"target": str(new_id())}, 404)
    call("POST", f"/deliveries/{paused}/replay-to", {}, 422)
    call("POST", f"/deliveries/{new_id()}/force", {}, 404)
    assert house.row(audit, action="force").actor == f"API key {MANAGE}"


def test_a_bulk_run_is_asked_for_watched_and_stopped(
    house: House, call: Caller, paused: str
) -> None:
    asked = {"action": "cancel", "filter": {"state": "waiting"}}
    run = call("POST", "/bulk-runs", asked)
    assert (run["state"], run["counted"], run["action"]) == ("waiting", 1, "cancel")
    stopped = call("POST", f"/bulk-runs/{run['id']}/stop")
    assert stopped["state"] == "stopped"
    call("POST", f"/bulk-runs/{run['id']}/stop", status=409)
    second = call("POST", "/bulk-runs", asked)
    house.rt.clock.advance(house.rt.config.undo_seconds)
    [run_id] = sweep(house.rt).runs
    bulk_job.work_on(house.rt, run_id)
    done = call("GET", f"/bulk-runs/{second['id']}")
    assert (done["state"], done["done"]) == ("finished", 1)
    assert call("GET", f"/deliveries/{paused}")["state"] == "cancelled"
    listed = call("GET", "/bulk-runs?limit=1")
    assert [one["id"] for one in listed["data"]] == [second["id"]]
    assert [one["id"] for one in call("GET", f"/bulk-runs?after={listed['older']}")["data"]] == [
        run["id"]
    ]


def test_what_cannot_be_asked_for(house: House, call: Caller) -> None:
    partner = _partner(call)
    wanted = {"state": "failed"}
    for body in (
        {"action": "replay_to", "filter": wanted},
        {"action": "retry", "filter": wanted, "target": partner},
        {"action": "retry", "filter": {}},
        {"action": "retry"},
        {"action": "catch_up", "filter": wanted},
        {"action": "retry", "filter": {"target": "nonsense"}},
    ):
        call("POST", "/bulk-runs", body, 422)
    other = {"action": "replay_to", "filter": wanted, "target": str(new_id())}
    call("POST", "/bulk-runs", other, 404)
    assert house.ids(bulk_runs) == []
    run = call("POST", "/bulk-runs", {**other, "target": partner})
    beta = Caller(house.app.test_client(), BETA)
    beta("GET", f"/bulk-runs/{run['id']}", status=404)
    beta("POST", f"/bulk-runs/{run['id']}/stop", status=404)
    reader = Caller(house.app.test_client(), READ)
    reader("GET", f"/bulk-runs/{run['id']}")
    reader("POST", "/bulk-runs", {"action": "retry", "filter": wanted}, 403)
    reader("POST", f"/bulk-runs/{run['id']}/stop", status=403)
