"""Our own API: files are uploaded, described, imported and given back."""

import io
from typing import Any
from uuid import UUID

import pytest

from relay.services import upload_job
from tests.web.apis.test_relay_api import ALL, BETA, MANAGE, READ, V1, Caller, client, house
from tests.web.console.house import House

__all__ = ["client", "house"]

pytestmark = [
    pytest.mark.redis,
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]

PEOPLE = "Vorname;E-Mail;Farbe\nJürgen;j@example.com;blau\nEve;e@example.com;\n;nothing;\n"


def _added(client: Any, raw: bytes, key: str = MANAGE, name: str = "people.csv") -> Any:
    return client.post(f"{V1}/uploads?name={name}", data=raw, headers={"X-API-Key": key})


def test_a_file_becomes_leads(house: House, client: Any) -> None:
    call = Caller(client, MANAGE)
    answer = _added(client, PEOPLE.encode("cp1252"))
    assert answer.status_code == 201
    new = answer.get_json()
    assert (new["name"], new["state"], new["delimiter"]) == ("people.csv", "new", ";")
    assert [(one["name"], one["goal"]) for one in new["columns"][:2]] == [
        ("Vorname", "/contact/first_name"),
        ("E-Mail", "/contact/email"),
    ]
    assert new["preview"][0]["document"]["contact"]["first_name"] == "Jürgen"
    path = f"/uploads/{new['id']}"
    wrong = call("PATCH", path, {"columns": {"Farbe": "/nowhere", "X": "drop"}}, status=422)
    assert set(wrong["errors"]) == {"columns.Farbe", "columns.X"}
    begun = call("PATCH", path, {"columns": {"Farbe": "drop"}, "forward": False, "start": True})
    assert (begun["state"], begun["total"]) == ("waiting", 4)
    call("PATCH", path, {"start": True}, status=409)
    upload_job.work_on(house.rt, UUID(new["id"]))
    ended = call("GET", path)
    assert (ended["state"], ended["stored"]) == ("finished", 3)
    found = call("GET", "/leads?text=e@example.com")["data"]
    assert [one["email"] for one in found] == ["e@example.com"]
    assert "Reasons" in call("GET", path + "/refused")["csv"]
    assert [one["id"] for one in call("GET", "/uploads")["data"]] == [new["id"]]


def test_what_is_no_table_is_refused(client: Any) -> None:
    for raw in (b"", b"PK\x03\x04nothing", b"\xd0\xcf\x11\xe0old"):
        answer = _added(client, raw)
        assert (answer.status_code, set(answer.get_json()["errors"])) == (422, {"file"})
    form = {"file": (io.BytesIO(b"a,b\n1,2\n"), "a.csv")}
    answer = client.post(f"{V1}/uploads", data=form, headers={"X-API-Key": MANAGE})
    assert answer.status_code == 400


def test_a_file_is_its_projects_and_for_keys_that_manage(client: Any) -> None:
    assert _added(client, PEOPLE.encode(), READ).status_code == 403
    assert _added(client, PEOPLE.encode(), ALL).status_code == 400
    mine = _added(client, PEOPLE.encode()).get_json()["id"]
    Caller(client, BETA)("GET", f"/uploads/{mine}", status=404)
    Caller(client, READ)("GET", f"/uploads/{mine}")
    stopped = Caller(client, MANAGE)("POST", f"/uploads/{mine}/stop")
    assert stopped["state"] == "cancelled"
