"""Submit Leads: the tiles, the guides and the manual test."""

from typing import Any

import pytest

from relay.core.fixtures import fixtures_of
from relay.services import configure, configured, samples
from relay.store.tables import sources, submissions, targets
from tests.web.console.house import House, Visitor

TILES = ["File Upload", "Manual Test", "Typeform Integration", "Instapage Guide", "API Usage"]


def test_td_67_the_five_tiles_have_those_names(house: House) -> None:
    stranger = Visitor(house.app)
    answer = stranger.client.get("/leads/import_type")
    assert answer.status_code == 302
    page = stranger.get(answer.location)
    form = page.form("sign-in")
    page = stranger.send(form, email="ada@example.com", password="correct horse battery")
    assert [title for level, title in page.headings if level == 1] == ["Submit Leads"]
    cards = [(address, words) for address, words in page.links if words.startswith(tuple(TILES))]
    assert [
        next(title for title in TILES if words.startswith(title)) for _, words in cards
    ] == TILES
    for address, _ in cards:
        stranger.get(address)
    assert cards[-1][0].startswith("/api/docs/1.0/leads_external/create.html")


def test_td_67_the_navigation_leads_there(visitor: Visitor) -> None:
    page = visitor.get("/console/p/beta/")
    assert visitor.get(page.link("Submit Leads")).text.count(
        "Ways in which leads come into Beta Solar"
    )


def test_the_project_is_the_one_that_was_looked_at_last(visitor: Visitor) -> None:
    visitor.get("/console/p/beta/")
    page = visitor.get("/leads/import_type")
    assert "leads come into Beta Solar" in page.text
    page = visitor.get("/leads/import_type?project=acme")
    assert "leads come into Acme Heating" in page.text
    visitor.get("/leads/import_type?project=nobody", 404)


def test_a_page_elsewhere_is_come_back_to_after_signing_in(house: House) -> None:
    stranger = Visitor(house.app)
    page = stranger.get("/console/sign-in?next=//evil.example/leads/")
    answer = stranger.client.post(
        page.form("sign-in").action or "/console/sign-in",
        data=dict(page.form("sign-in").values)
        | {"email": "ada@example.com", "password": "correct horse battery"},
    )
    assert answer.location == "/console/"


# --- guides --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["typeform", "instapage"])
def test_a_guide_makes_its_source_and_waits_for_the_first_submission(
    visitor: Visitor, house: House, kind: str
) -> None:
    address = f"/console/p/beta/submit/guide/{kind}"
    page = visitor.get(address)
    making = [form for form in page.forms if form.method == "post"][-1]
    page = visitor.send(making, at=address)
    made = house.row(sources, project_id=house.row(sources, name="Beta form").project_id, kind=kind)
    shown = {one["id"]: one.get("value", "") for one in page.fields if "id" in one}
    assert shown["address"].startswith("http://relay.test/in/")
    assert ("secret" in shown) == (kind == "typeform")
    assert "Waiting for the first submission" in page.text
    source = configured.source(house.rt, made.id)
    assert source is not None
    came = samples.signed(house.rt, source, fixtures_of(source.kind)[0])
    answer = house.app.test_client().post(
        came.url.removeprefix("http://relay.test"), data=came.body, headers=dict(came.headers)
    )
    assert answer.status_code == 200
    house.work()
    page = visitor.get(address)
    assert "Waiting for the first submission" not in page.text
    assert any("/leads/" in link and "import_type" not in link for link, _ in page.links)


def test_a_guide_shows_secrets_to_editors_alone(house: House) -> None:
    house_address = "/console/p/acme/submit/guide/typeform"
    for role, sees_address, sees_secret in (
        ("editor", True, True),
        ("operator", True, False),
        ("viewer", False, False),
    ):
        html = house.visitor(f"{role}@example.com", role).get(house_address).html
        assert ("quote-form-key" in html) is sees_address, role
        assert ("typeform-secret-that-nobody-may-read" in html) is sees_secret, role


# --- the manual test -----------------------------------------------------------------------------


@pytest.fixture
def apis(house: House) -> House:
    """Acme also has a source of each lead API, with a route to its CRM."""
    named: list[dict[str, Any]] = [
        {"name": "Schedule", "kind": "trackdrive", "settings": {"token": "schedule-token-1"}},
        {"name": "LeadTrackr", "kind": "leadtrackr"},
        {"name": "Octanist", "kind": "octanist"},
    ]
    routes = [{"from": one["name"], "to": "Sales CRM"} for one in named]
    project = {"id": "acme", "name": "Acme Heating", "sources": named, "routes": routes}
    configure.apply(house.rt, {"projects": [project]})
    return house


@pytest.mark.parametrize(
    ("name", "path", "status"),
    [
        ("Website", "/in/website-key-1", "200"),
        ("Schedule", "/api/v1/leads?schedule_lead_token=***", "200"),
        ("LeadTrackr", "/api/leads/createLead", "201"),
        ("Octanist", "/in/", "200"),
        ("Quote form", "/in/quote-form-key", "200"),
    ],
)
def test_a_manual_test_goes_the_way_of_every_request(
    apis: House, visitor: Visitor, name: str, path: str, status: str
) -> None:
    source = apis.row(sources, name=name)
    page = visitor.get(f"/console/p/acme/submit/test/?source={source.id}")
    person = {
        "first_name": "Grace",
        "last_name": "Hopper",
        "email": "grace@example.com",
        "phone": "+1 202 555 0142",
        "extra": "loan_amount=500\nnonsense",
    }
    given = {} if name == "Quote form" else person
    page = visitor.send(page.form("/submit/test/"), **given)
    assert f"POST http://relay.test{path}" in page.html.replace("&amp;", "&")
    assert page.text.count(f"{status} ")
    row = apis.row(submissions, source_id=source.id)
    chain = f"/console/p/acme/submit/test/{row.id}"
    apis.work()
    page = visitor.get(chain)
    assert "Became a lead" in page.text
    if name != "Quote form":
        assert "Grace Hopper" in page.text
        assert "Sales CRM" in page.text
        assert "Attempt 1" in page.text
        assert apis.row(submissions, id=row.id).document["contact"]["email"] == "grace@example.com"


def test_what_the_door_turns_away_is_said(apis: House, visitor: Visitor) -> None:
    source = apis.row(sources, name="Schedule")
    page = visitor.get(f"/console/p/acme/submit/test/?source={source.id}")
    page = visitor.send(page.form("/submit/test/"), first_name="Nobody")
    assert "422" in page.text
    assert "caller_id" in page.text
    assert "turned away" in page.text
    assert apis.ids(submissions) == []


def test_an_api_key_is_sent_but_not_shown(apis: House, visitor: Visitor) -> None:
    source = apis.row(sources, name="Octanist")
    page = visitor.get(f"/console/p/acme/submit/test/?source={source.id}")
    page = visitor.send(page.form("/submit/test/"), first_name="A", key="no-such-key-123456")
    assert "POST http://relay.test/api/leads" in page.html
    assert "401" in page.text
    assert "no-such-key-123456" not in page.html


def test_a_manual_test_is_of_the_project_alone(house: House, visitor: Visitor) -> None:
    beta = house.row(sources, name="Beta form")
    visitor.get(f"/console/p/acme/submit/test/?source={beta.id}", 404)
    house.submit("beta-form-key", email="b@example.com")
    foreign = house.ids(submissions)[0]
    visitor.get(f"/console/p/acme/submit/test/{foreign}", 404)
    viewer = house.visitor("viewer@example.com", "viewer")
    form = viewer.get("/console/p/acme/submit/test/").form("/submit/test/")
    viewer.send(form, status=403)
    assert house.ids(targets)
