"""API keys in the console: shown once, scoped, expiring, revoked; of one project or of all."""

import re

import pytest

from relay.services import configure, configured
from relay.services.export import export
from relay.store.tables import api_keys, audit
from tests.web.console.house import House, Visitor
from tests.web.console.pages import Page

KEYS = "/console/p/acme/keys/"
WHOLE = "/console/keys/"


def _make(visitor: Visitor, name: str, status: int = 200, **more: object) -> Page:
    form = visitor.get(KEYS).form("/keys/")
    return visitor.send(form, status=status, name=name, **more)


def _key_on(page: Page) -> str:
    [field] = [one for one in page.fields if one.get("id") == "made-key"]
    return field["value"]


def test_a_key_is_shown_once_used_and_revoked(house: House) -> None:
    visitor = house.visitor()
    assert "No key yet." in visitor.get(KEYS).text
    page = _make(visitor, "website", scopes=["read", "manage"])
    key = _key_on(page)
    assert key.startswith("rk_")
    found = configured.key(house.rt, key)
    assert found is not None
    assert found.scopes == {"read", "manage"}
    page = visitor.get(KEYS)
    assert key not in page.html
    assert f"…{key[-4:]}" in page.text
    assert re.search(r"website …\S{4} read manage", page.text)
    page = visitor.send(page.form("/revoke"))
    assert "The key website opens nothing any more." in page.text
    assert configured.key(house.rt, key) is None
    assert house.row(audit, action="archive").subject == "api key website"


def test_a_key_needs_a_name_of_its_own_and_a_scope(house: House) -> None:
    visitor = house.visitor()
    _make(visitor, "website")
    page = _make(visitor, "website", 422)
    assert "'website' is there already" in page.text
    page = _make(visitor, "other", 422, scopes=None)
    assert "at least 1 entries" in page.text
    page = _make(visitor, " ", 422)
    assert "Name" in page.text
    assert len(house.ids(api_keys)) == 1


def test_a_key_of_another_project_cannot_be_revoked(house: House) -> None:
    beta = configured.project_by_public_id(house.rt, "beta")
    assert beta is not None
    made, key = configure.make_key(house.rt, beta.id, {"name": "beta"}, "a test")
    visitor = house.visitor()
    _make(visitor, "own")
    form = visitor.get(KEYS).form("/revoke")
    form.action = f"{KEYS}{made}/revoke"
    visitor.send(form, status=404)
    assert configured.key(house.rt, key) is not None


def test_a_key_opens_nothing_after_its_last_day(house: House) -> None:
    visitor = house.visitor()
    key = _key_on(_make(visitor, "agency", expires="2026-03-03"))
    assert "after 2026-03-03" in visitor.get(KEYS).text
    called = {"headers": {"Authorization": f"Bearer {key}"}}
    for hours, status in ((0, 200), (35, 200), (1, 401)):
        house.rt.clock.advance(hours * 3600)
        configured.forget(house.rt)
        answer = house.app.test_client().get("/api/relay/v1/leads", **called)
        assert answer.status_code == status, hours
    assert "Expired" in visitor.get(KEYS).text
    acme = export(house.rt, "acme")["projects"][0]
    assert acme["api_keys"][0]["expires"] == "2026-03-03"
    assert configure.apply(house.rt, export(house.rt)) == []
    page = _make(visitor, "other", 422, expires="2026-02-30")
    assert "Expires" in page.text


def test_keys_of_all_projects_are_for_owners_of_all(house: House) -> None:
    visitor = house.visitor()
    page = visitor.get(visitor.get(KEYS).link("Keys of all projects"))
    key = _key_on(visitor.send(page.form("/keys/"), name="house", scopes=["manage"]))
    headers = {"Authorization": f"Bearer {key}"}
    client = house.app.test_client()
    told = client.get("/api/relay/v1/configuration", headers=headers)
    assert {one["id"] for one in told.get_json()["projects"]} == {"acme", "beta"}
    assert "house" not in visitor.get(KEYS).text
    member = house.visitor("bo@beta.example", "owner", "beta")
    member.get(WHOLE, 403)
    (made,) = house.ids(api_keys)
    token = dict(member.get("/console/p/beta/").form("sign-out").values)
    assert member.client.post(f"{WHOLE}{made}/revoke", data=token).status_code == 403
    assert member.client.post(f"/console/p/beta/keys/{made}/revoke", data=token).status_code == 404
    page = visitor.send(visitor.get(WHOLE).form("/revoke"))
    assert client.get("/api/relay/v1/configuration", headers=headers).status_code == 401


@pytest.mark.parametrize("role", ["viewer", "operator"])
def test_keys_are_for_who_may_configure(house: House, role: str) -> None:
    house.visitor(f"{role}@example.com", role).get(KEYS, 403)
