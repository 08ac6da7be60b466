"""Problems by our own API: listed, told with advice, muted, resolved; and who is told of them."""

import json
from typing import Any

from flask.testing import FlaskClient

from relay.services.looking import look
from relay.store import tables
from tests.peer import Answer
from tests.web.apis.test_relay_api import ALL, BETA, READ, Caller, call, client, house
from tests.web.console.house import House

__all__ = ["call", "client", "house"]

REJECTS = "Sales CRM rejects leads (422)"


def fail(house: House) -> Any:
    """A lead that the CRM does not want; the problem's id."""
    house.peer.script(Answer(422, b"no"))
    house.lead(name="Ada")
    clock: Any = house.rt.clock
    clock.advance(70)
    look(house.rt)
    return house.ids(tables.problems, sort="delivery")[0]


def test_problems_are_listed_with_what_to_do(
    house: House, client: FlaskClient, call: Caller
) -> None:
    problem = str(fail(house))
    [row] = call("GET", "/problems")["data"]
    assert (row["id"], row["title"], row["times"]) == (problem, REJECTS, 1)
    one = Caller(client, READ)("GET", f"/problems/{problem}")
    assert one["why"] == ["It does not accept the values it is sent."]
    assert "mapping" in one["advice"]
    assert [turn["turn"] for turn in one["turns"]] == ["opened"]
    assert call("GET", "/problems?state=muted")["data"] == []
    assert call("GET", "/problems?sort=silence")["data"] == []
    call("GET", "/problems?sort=other", status=400)
    assert Caller(client, BETA)("GET", "/problems")["data"] == []
    Caller(client, BETA)("GET", f"/problems/{problem}", status=404)


def test_they_are_muted_and_resolved(house: House, client: FlaskClient, call: Caller) -> None:
    at = f"/problems/{fail(house)}"
    Caller(client, READ)("POST", f"{at}/mute", {}, 403)
    assert call("POST", f"{at}/mute", {"seconds": 60})["changed"]
    assert [row["title"] for row in call("GET", "/problems?state=muted")["data"]] == [REJECTS]
    assert call("POST", f"{at}/unmute")["changed"]
    assert not call("POST", f"{at}/unmute")["changed"]
    assert call("POST", f"{at}/mute", {})["changed"]
    assert call("POST", f"{at}/resolve")["changed"]
    assert [row["title"] for row in call("GET", "/problems?state=resolved")["data"]] == [REJECTS]
    assert call("GET", at)["resolved_by"] == "API key key-that-manages-acme"


def test_the_relays_own_are_for_keys_of_all_projects(
    house: House, client: FlaskClient, call: Caller
) -> None:
    look(house.rt)
    fail(house)
    everywhere = Caller(client, ALL)
    found = {row["title"]: row["id"] for row in everywhere("GET", "/problems?project=acme")["data"]}
    assert {"No worker is running", REJECTS} <= found.keys()
    at = f"/problems/{found['No worker is running']}"
    call("GET", at, status=404)
    everywhere("POST", f"{at}/resolve?project=acme", status=409)


def test_recipients_are_configured(house: House, client: FlaskClient, call: Caller) -> None:
    url = "https://hooks.slack.com/services/T0/B0/XYZ"
    document = {"name": "ops", "kind": "slack", "settings": {"url": url}, "house": True}
    refused = call("POST", "/notices", document, 422)
    assert refused["errors"] == {"house": ["is decided by those who may change all projects"]}
    made = Caller(client, ALL)("POST", "/notices?project=acme", document, 201)["id"]
    one = call("GET", f"/notices/{made}")
    assert one["document"]["house"] is True
    call("PUT", f"/notices/{made}", {**document, "name": "mine"}, 422)
    call("POST", "/notices", ["house"], 422)
    assert one["secrets"] == ["/settings/url"]
    assert url not in json.dumps(call("GET", "/notices"))
    call("POST", "/notices", {"name": "x", "kind": "hubspot"}, 422)
    call("DELETE", f"/notices/{made}", status=204)
    assert call("GET", "/notices")["data"] == []
