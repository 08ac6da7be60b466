"""The reference pages: every parameter, and examples that work with this deployment's own token."""

import html
import json
import shlex
import shutil
import subprocess
from typing import Any

import pytest

from integrations.octanist import source as octanist
from integrations.trackdrive import parameters
from relay.services import configure
from relay.store.tables import sources, submissions
from relay.web.console.reference import operations
from tests.web.console.house import House, Visitor
from tests.web.console.pages import Page

TRACKDRIVE = "/api/docs/1.0/leads_external/create.html"
PAGES = [TRACKDRIVE, "/api/docs/1.0/leadtrackr.html", "/api/docs/1.0/octanist.html"]
TOKEN = "schedule-token-1"


@pytest.fixture
def schedule(house: House) -> Any:
    """A schedule of Acme's."""
    document = {"name": "Schedule", "kind": "trackdrive", "settings": {"token": TOKEN}}
    project = house.row(sources, name="Website").project_id
    return configure.save_source(house.rt, project, document, "test")


def examples_of(page: Page) -> dict[str, str]:
    """The examples by the names of their tabs."""
    names = [one["for"] for one in page_labels(page) if one["for"].startswith("e-")]
    texts = page.html.split('aria-label="Example: ')[1:]
    assert len(names) == len(texts)
    found = {}
    for text in texts:
        name, _, rest = text.partition('">')
        found[html.unescape(name)] = html.unescape(rest.partition("</pre>")[0])
    return found


def page_labels(page: Page) -> list[dict[str, str]]:
    return [{"for": name} for name in sorted(page.labelled)]


@pytest.mark.parametrize("address", PAGES)
def test_td_67_the_pages_are_there_for_everybody(house: House, address: str) -> None:
    page = Visitor(house.app).get(address)
    assert page.link("OpenAPI document") == "/api/docs/openapi.json"
    assert page.inline == []
    for link in PAGES:
        assert any(one.startswith(link) for one, _ in page.links), link
    Visitor(house.app).get("/api/docs/1.0/nothing.html", 404)


def test_td_67_every_parameter_that_the_call_knows_is_listed(house: House) -> None:
    page = Visitor(house.app).get(TRACKDRIVE)
    listed = {one.name for call in operations("TrackDrive") for one in call.parameters}
    code = {*parameters.TOKENS, *parameters.DIRECTIVES, *parameters.TEXTS, *parameters.CREDENTIALS}
    assert listed >= code | {"caller_id", "data", "data_json"}
    named = {one for one in listed if "_" in one or one in code}
    assert named <= parameters.RESERVED | {"get", "id"} | code
    for name in code:
        assert f"<code>{name}</code>" in page.html, name
    for call in operations("TrackDrive"):
        assert all(one.type and one.meaning for one in call.parameters), call.path


@pytest.mark.usefixtures("house")
def test_what_octanist_s_call_knows_is_listed() -> None:
    create = next(one for one in operations("Octanist") if one.method == "POST")
    listed = {one.name for one in create.parameters}
    assert listed >= {*octanist.CONTACT, *octanist.CONSENT, "custom", "note", "website", "path"}
    assert [one.name for one in create.parameters if not one.meaning] == []


@pytest.mark.usefixtures("house")
def test_every_call_of_leadtrackr_is_described() -> None:
    paths = {one.path for one in operations("LeadTrackr")}
    assert paths >= {
        "/api/leads/createLead",
        "/api/leads/createServerSideLead",
        "/api/leads/getLeads",
        "/api/leads/getLead",
        "/api/leads/updateLeadStatus",
    }


def test_td_68_the_examples_have_the_tabs_that_people_look_for(house: House) -> None:
    found = examples_of(Visitor(house.app).get(TRACKDRIVE))
    wanted = ["curl", "JavaScript", "PHP", "Python", "Instapage", "Webhook URL"]
    assert list(found)[:6] == wanted
    assert "sub_id" in found["Traffic source & sub id"]


def test_td_69_examples_show_this_deployment_and_one_s_own_token(
    house: House, visitor: Visitor, schedule: Any
) -> None:
    for page, token in ((Visitor(house.app), "YOUR_TOKEN"), (visitor, TOKEN)):
        found = examples_of(page.get(TRACKDRIVE))
        for name, text in found.items():
            assert "http://relay.test/api/v1/leads" in text, name
            assert token in text, name
    for role, sees in (("editor", True), ("operator", False)):
        seen = house.visitor(f"{role}@example.com", role).get(TRACKDRIVE).html
        assert (TOKEN in seen) is sees, role
    shown = visitor.get("/api/docs/1.0/leadtrackr.html").html
    assert "acme" in shown
    assert "YOUR_PROJECT_ID" not in shown
    assert "YOUR_PROJECT_ID" in Visitor(house.app).get("/api/docs/1.0/leadtrackr.html").html
    page = visitor.get(f"/schedules/{schedule}/submit_leads_help", 302)
    assert TOKEN in visitor.get(page.links[0][0]).html


def test_the_curl_example_makes_a_lead(house: House, visitor: Visitor, schedule: Any) -> None:
    text = examples_of(visitor.get(TRACKDRIVE))["curl"]
    _, _, method, url, _, header, _, body = shlex.split(text.replace("\\\n", " "))
    name, _, value = header.partition(": ")
    answer = house.app.test_client().open(
        url, method=method, headers={name: value}, data=body.encode()
    )
    assert answer.status_code == 200, answer.text
    assert house.row(submissions, source_id=schedule).document["tokens"] == {
        "first_name": "Ada",
        "last_name": "Lovelace",
        "loan_amount": "500",
    }
    url = examples_of(visitor.get(TRACKDRIVE))["Webhook URL"]
    assert house.app.test_client().post(url).status_code == 200


def test_custom_tokens_seen_so_far_are_listed_for_those_who_signed_in(
    house: House, visitor: Visitor, schedule: Any
) -> None:
    address = f"/api/v1/leads?lead_token={TOKEN}&caller_id=%2B18004506787&shoe_size=43"
    assert house.app.test_client().post(address).status_code == 200
    assert "shoe_size" in visitor.get(TRACKDRIVE).text
    assert "shoe_size" not in Visitor(house.app).get(TRACKDRIVE).text


def test_the_examples_are_programs(visitor: Visitor, schedule: Any) -> None:
    for address in PAGES:
        found = examples_of(visitor.get(address))
        compile(found["Python"], address, "exec")
        for program, name, options in (
            ("php", "PHP", ["-l"]),
            ("node", "JavaScript", ["--input-type=module", "--check"]),
        ):
            if shutil.which(program):
                done = subprocess.run(
                    [program, *options],
                    input=found[name],
                    text=True,
                    capture_output=True,
                    check=False,
                )
                assert done.returncode == 0, (address, name, done.stderr)
        assert json.loads(found["curl"].split("-d '")[1].rstrip("'"))
