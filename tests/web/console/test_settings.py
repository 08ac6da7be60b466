"""The project's settings, in the console."""

import pytest

from relay.services import configure, configured
from relay.store.tables import audit
from tests.web.console.house import House
from tests.web.console.pages import Page

SETTINGS = "/console/p/acme/settings/"


def _saved(page: Page) -> dict[str, str]:
    return dict(page.form("/settings/").values)


def _project(house: House) -> configured.ConfiguredProject:
    found = configured.project_by_public_id(house.rt, "acme")
    assert found is not None
    return found


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
