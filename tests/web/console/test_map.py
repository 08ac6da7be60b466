"""The map: what is configured, what went through it lately, and how each part is doing."""

from relay.core.condition_rows import ConditionRow, ConditionRows, schema_of
from relay.services import configure, flow, lanes
from relay.store.tables import projects, routes, sources, targets
from tests.peer import Answer
from tests.web.console.house import House

ACME = "/console/p/acme"


def test_the_map_counts_what_went_through_lately(house: House) -> None:
    house.peer.script(Answer(200, b"{}"), Answer(422, b"no"))
    house.lead(name="Ada Example")
    house.lead(name="Bob Example")
    page = house.visitor().get(f"{ACME}/map/")
    assert page.headings[0] == (1, "Map")
    assert "Website 2 received" in page.text
    assert "every lead 1 delivered, 1 failed" in page.text
    assert "Partner Open 0 waiting no route leads here" in page.text
    assert "Quote form 0 received nothing yet" in page.text
    assert page.link("Sales CRM").endswith(str(house.row(targets, name="Sales CRM").id))
    house.rt.clock.advance(25 * 3600)
    later = house.visitor().get(f"{ACME}/map/")
    assert "Website 0 received quiet, last" in later.text
    assert "every lead nothing lately" in later.text


def test_what_is_paused_or_waits_is_said(house: House) -> None:
    website = house.row(sources, name="Website").id
    crm = house.row(targets, name="Sales CRM").id
    lanes.pause_target(house.rt, crm, "on holiday", "test")
    house.lead(name="Ada Example")
    lanes.pause_source(house.rt, website, "test")
    page = house.visitor().get(f"{ACME}/map/")
    assert "Sales CRM Paused 1 waiting" in page.text
    assert "Website 1 received Paused" in page.text
    assert "every lead 0 delivered, 1 waiting" in page.text
    assert 'class="tone-warn" d="M0 75' in page.html


def test_a_routes_condition_is_said_in_words(house: House) -> None:
    route = house.row(routes, target_id=house.row(targets, name="Sales CRM").id)
    rows = ConditionRows((ConditionRow("/contact/company", "is", "Acme"),))
    when = schema_of(rows, house.rt.catalog.lead)
    document = {"from": "Website", "to": "Sales CRM", "when": when}
    configure.save_route(house.rt, route.project_id, document, "test", route.id)
    assert "Company is Acme" in house.visitor().get(f"{ACME}/map/").text


def test_the_overview_has_the_map_too(house: House) -> None:
    page = house.visitor().get(f"{ACME}/")
    assert "Website 0 received" in page.text
    page = house.visitor().get(page.link("Map"))
    assert page.headings[0] == (1, "Map")


def test_an_empty_project_says_what_to_do(house: House) -> None:
    configure.apply(house.rt, {"projects": [{"id": "new", "name": "New"}]})
    page = house.visitor().get("/console/p/new/map/")
    assert "Nothing to draw yet" in page.text
    house.visitor().get(page.link("Add a source"))


def test_counting_stops_and_says_so(house: House, monkeypatch: object) -> None:
    for number in range(3):
        house.lead(name=f"Ada {number}")
    project = house.row(projects, public_id="acme").id
    assert flow.flow(house.rt, project).cut is False
    monkeypatch.setattr(flow, "COUNTED", 2)  # type: ignore[attr-defined]
    found = flow.flow(house.rt, project)
    assert (sum(found.received.values()), found.cut) == (2, True)
    assert "counted among the newest" in house.visitor().get(f"{ACME}/map/").text


def test_a_viewer_is_offered_no_changes(house: House) -> None:
    viewer = house.visitor("vera@example.com", "viewer")
    page = viewer.get(f"{ACME}/map/")
    assert "No route yet" in page.text
    assert not [words for _, words in page.links if "Add" in words]
