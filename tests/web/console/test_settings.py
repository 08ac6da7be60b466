"""The project's settings and its API keys, in the console."""

import re

import pytest

from relay.services import configure, configured
from relay.store.tables import api_keys, audit
from tests.web.console.house import House, Visitor
from tests.web.console.pages import Page

SETTINGS = "/console/p/acme/settings/"


def _saved(page: Page) -> dict[str, str]:
    return dict(page.form("/settings/").values)


def _project(house: House) -> configured.ConfiguredProject:
    found = configured.project_by_public_id(house.rt, "acme")
    assert found is not None
    return found


def _make(visitor: Visitor, name: str, status: int = 200, **more: object) -> Page:
    form = visitor.get(SETTINGS).form("/settings/keys")
    return visitor.send(form, status=status, name=name, **more)


def _key_on(page: Page) -> str:
    [field] = [one for one in page.fields if one.get("id") == "made-key"]
    return field["value"]


def test_settings_are_saved_shown_and_taken_back(house: House) -> None:
    visitor = house.visitor()
    page = visitor.get(visitor.get("/console/p/acme/").link("Settings"))
    assert _saved(page)["name"] == "Acme Heating"
    values = dict(page.form("/settings/").values)
    assert (values["active"], values["keyless"]) == ("on", "on")
    page = visitor.send(
        page.form("/settings/"),
        name="Acme",
        active=None,
        currency="EUR",
        origins="https://www.example.com\nhttps://example.com",
        refuse='[{"reason": "no", "when": {"required": ["form"]}}]',
        conversion_labels__id=["", "b-1"],
        conversion_labels__name=["", "Sale"],
        traffic_sources__id=["42"],
        traffic_sources__name=["Radio"],
    )
    assert "Saved." in page.text
    project = _project(house)
    assert (project.name, project.active, project.keyless) == ("Acme", False, True)
    assert (project.currency, project.origins[1]) == ("EUR", "https://example.com")
    assert project.conversion_labels == {"b-1": "Sale"}
    assert project.traffic_sources == {"42": "Radio"}
    assert project.refuse[0]["reason"] == "no"
    assert house.row(audit, action="change").actor == "ada@example.com"
    assert "active" not in _saved(page)
    page = visitor.send(
        page.form("/settings/"),
        active="on",
        origins="",
        refuse="",
        conversion_labels__id=[""],
        conversion_labels__name=[""],
    )
    project = _project(house)
    assert (project.active, project.origins, project.refuse) == (True, (), [])
    assert project.conversion_labels == {}
    assert project.traffic_sources == {"42": "Radio"}


def test_mistakes_are_named_at_their_fields_and_cost_nothing(house: House) -> None:
    visitor = house.visitor()
    page = visitor.send(
        visitor.get(SETTINGS).form("/settings/"),
        status=422,
        name="New name",
        refuse='[{"reason": "no", "when": {"type": 7}}]',
        conversion_labels__id=["1", "1"],
        conversion_labels__name=["Sale", "Deal"],
    )
    assert "This cannot be saved yet." in page.text
    assert "is the id of conversion_labels[0] too" in page.text
    wrong = {one["name"] for one in page.fields if one.get("aria-invalid") == "true"}
    assert wrong == {"refuse"}
    assert _saved(page)["name"] == "New name"
    shown = [value for name, value in page.form("/settings/").values if name.endswith("ls.name")]
    assert shown[:2] == ["Sale", "Deal"]
    assert _project(house).name == "Acme Heating"


def test_what_is_no_json_is_said(house: House) -> None:
    visitor = house.visitor()
    page = visitor.send(visitor.get(SETTINGS).form("/settings/"), status=422, refuse="[{")
    assert "This is not valid JSON" in page.text


def test_what_has_not_the_form_expected_is_said_at_its_field(house: House) -> None:
    visitor = house.visitor()
    page = visitor.send(visitor.get(SETTINGS).form("/settings/"), status=422, currency="euro")
    wrong = {one["name"] for one in page.fields if one.get("aria-invalid") == "true"}
    assert wrong == {"currency"}
    assert page.link("Currency") == "#f-currency"


def test_a_key_is_shown_once_used_and_revoked(house: House) -> None:
    visitor = house.visitor()
    assert "No key yet." in visitor.get(SETTINGS).text
    page = _make(visitor, "website", scopes=["read", "manage"])
    key = _key_on(page)
    assert key.startswith("rk_")
    found = configured.key(house.rt, key)
    assert found is not None
    assert found.scopes == {"read", "manage"}
    page = visitor.get(SETTINGS)
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
    form = visitor.get(SETTINGS).form("/revoke")
    form.action = f"{SETTINGS}keys/{made}/revoke"
    visitor.send(form, status=404)
    assert configured.key(house.rt, key) is not None


@pytest.mark.parametrize("role", ["viewer", "operator"])
def test_settings_are_for_who_may_configure(house: House, role: str) -> None:
    visitor = house.visitor(f"{role}@example.com", role)
    page = visitor.get("/console/p/acme/")
    assert not [one for one, words in page.links if words == "Settings"]
    visitor.get(SETTINGS, 403)


@pytest.mark.parametrize(
    "public_id", ["16", "sales & more", "a?b#c%d", "größe", "settings", "a+b;c"]
)
def test_a_project_of_any_name_has_its_pages(house: House, public_id: str) -> None:
    source = {"name": "Form", "kind": "generic"}
    configure.apply(house.rt, {"projects": [{"id": public_id, "sources": [source]}]})
    visitor = house.visitor()
    page = visitor.get("/console/p/acme/")
    page = visitor.get(page.link(public_id))
    page = visitor.get(page.link("Settings"))
    page = visitor.send(page.form("/settings/"), name="Renamed")
    assert "Saved." in page.text
    assert public_id in page.text
    found = configured.project_by_public_id(house.rt, public_id)
    assert found is not None
    assert found.name == "Renamed"
