"""Privacy pages: what owners do about a person, what others do not see, and the data map."""

import csv
import io
import json
import zipfile
from typing import Any
from uuid import UUID

import pytest

from relay.services import configure, data_map, keeping, person_requests
from relay.services.person_job import lying, work_on
from relay.store import tables
from tests.web.console.house import EMAIL, House, Visitor

PRIVACY = "/console/p/acme/privacy/"
ADA, NUMBER = "lovelace@example.com", "+49301234567"


def _work(house: House) -> None:
    """Do all that is asked about persons, whatever it waits for."""
    for _ in range(60):
        with house.rt.database.write() as connection:
            connection.execute(tables.person_requests.update().values(due_at=None))
        waiting = lying(house.rt)
        if not waiting:
            return
        for request_id in waiting:
            work_on(house.rt, request_id)
    raise AssertionError("it does not come to an end")


def _find(visitor: Visitor, **typed: Any) -> Any:
    return visitor.send(visitor.get(PRIVACY).form("/find"), **typed)


def _address(house: House) -> str:
    return f"{PRIVACY}persons/{house.ids(tables.person_requests)[-1]}"


def _leads(house: House) -> list[UUID]:
    return house.ids(tables.leads)


@pytest.fixture
def found(house: House) -> Visitor:
    """Ada was looked for, who is a lead, and whom Bob has named."""
    house.lead(name="Ada Lovelace", email="Lovelace@Example.com", phone=NUMBER, Message="hers")
    house.lead(name="Bob", email="bob@example.com", Message=f"greet {ADA}")
    visitor = house.visitor()
    page = _find(visitor, email=" LOVELACE@example.com ", label="Case 7")
    assert "Everything is being looked through." in page.text
    _work(house)
    return visitor


def test_what_was_found_is_told_before_anything_goes(house: House, found: Visitor) -> None:
    page = found.get(_address(house))
    for words in (
        "1 leads of this person",
        "1 leads of others that name this person",
        "Sales CRM webhook 1",
        "Lead 1, Ada Lovelace by Website",
        "somebody else's",
        NUMBER,
    ):
        assert words in page.text
    assert len(_leads(house)) == 2


def test_what_else_a_person_is_known_by_is_looked_for_when_ticked(
    house: House, found: Visitor
) -> None:
    house.lead(name="By phone", phone="+49 30 123 45 67")
    page = found.get(_address(house))
    page = found.send(page.form("/widen"))
    assert "Tick what belongs to this person." in page.text
    found.send(page.form("/widen"), other="0")
    _work(house)
    assert "2 leads of this person" in found.get(_address(house)).text


def test_a_person_is_given_their_data(house: House, found: Visitor) -> None:
    page = found.get(_address(house))
    assert "Make the file" in page.text
    found.send(page.form("/file"))
    _work(house)
    page = found.get(_address(house))
    with found.client.get(page.link("Download")) as answer:
        assert answer.status_code == 200
        assert answer.headers["Content-Disposition"].endswith('filename="person.zip"')
        archive = zipfile.ZipFile(io.BytesIO(answer.data))
    text = archive.read("leads/lead-1.txt").decode()
    assert "Ada Lovelace" in text
    assert "Sales CRM (webhook), created: delivered" in text
    assert not [name for name in archive.namelist() if "bob" in archive.read(name).decode("latin1")]


def test_erasing_wants_the_address_once_more(house: House, found: Visitor) -> None:
    page = found.get(_address(house))
    page = found.send(page.form("/erase"), status=422, typed="bob@example.com")
    assert "Nothing was erased." in page.text
    assert len(_leads(house)) == 2
    found.send(page.form("/erase"), typed="Lovelace@Example.COM")
    _work(house)
    page = found.get(_address(house))
    for words in (
        "looking through everything again found nothing",
        "Sales CRM",
        "created of lead 1",
    ):
        assert words in page.text
    assert len(_leads(house)) == 1
    assert ADA not in page.text.lower()
    assert "Case 7" in found.get(PRIVACY).text
    with found.client.get(page.link("Save as a text file")) as answer:
        assert "- Sales CRM (webhook at 127.0.0.1): created of lead 1, delivered" in answer.text


def test_who_was_erased_is_refused_until_let_in_again(house: House, found: Visitor) -> None:
    found.send(found.get(_address(house)).form("/erase"), typed=ADA)
    _work(house)
    house.submit(email=ADA, name="Ada retried")
    house.work()
    assert len(_leads(house)) == 1
    shelf = found.get("/console/p/acme/quarantine/?shelf=refused")
    assert "this person's data was erased" in shelf.text
    page = found.send(found.get(PRIVACY).form("/lift"), contact="nobody@example.com")
    assert "Nobody of this address" in page.text
    page = found.send(found.get(PRIVACY).form("/lift"), contact="not an address", status=422)
    assert "is no phone number" in page.text
    page = found.send(found.get(PRIVACY).form("/lift"), contact=ADA)
    assert "taken in again" in page.text
    house.submit(email=ADA, name="Ada again")
    house.work()
    assert len(_leads(house)) == 2


def test_a_request_is_let_go(house: House, found: Visitor) -> None:
    address = _address(house)
    found.send(found.get(address).form("/end"))
    page = found.get(address)
    assert "has ended" in page.text
    assert ADA not in page.text
    assert [form for form in page.forms if form.action.endswith("/erase")] == []


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({}, "Type an e-mail address"),
        ({"email": "ada@"}, "is no e-mail address"),
        ({"phone": "030 1234567"}, "begin with +"),
        ({"email": ADA, "label": "erase Lovelace@example.com"}, "name nobody in it"),
    ],
    ids=str,
)
def test_what_cannot_be_looked_for(house: House, typed: Any, words: str) -> None:
    visitor = house.visitor()
    page = _find(visitor, status=422, **typed)
    assert words in page.text
    assert house.ids(tables.person_requests) == []


def test_owners_of_all_projects_look_in_all(house: House) -> None:
    house.submit("beta-form-key", email=ADA)
    house.work()
    visitor = house.visitor()
    page = _find(visitor, email=ADA, everywhere="on")
    assert "They are looked for in 2 projects" in page.text
    _work(house)
    rows = [house.row(tables.person_requests, id=one) for one in house.ids(tables.person_requests)]
    beta = house.row(tables.projects, public_id="beta").id
    assert {row.project_id == beta: row.counts.get("own lead", 0) for row in rows} == {
        True: 1,
        False: 0,
    }
    member = house.visitor("berta@beta.example", "owner", "beta")
    page = member.get("/console/p/beta/privacy/")
    assert "In every project" not in page.text
    member.client.post("/console/p/beta/privacy/find", data={"email": ADA, "everywhere": "on"})


def test_only_owners_see_persons(house: House, found: Visitor) -> None:
    editor = house.visitor("editor@example.com", "editor")
    page = editor.get(PRIVACY)
    assert "Case 7" not in page.text
    assert "Find a person" not in page.text
    assert "Kept how long" in page.text
    assert editor.get(f"{PRIVACY}map").text.count("Sales CRM") == 1
    for path in ("", "/progress", "/person.zip", "/receipt.txt"):
        editor.get(_address(house) + path, status=403)
    for role in ("operator", "viewer"):
        other = house.visitor(f"{role}@example.com", role)
        for path in ("", "map", "map.csv", "map.json"):
            other.get(PRIVACY + path, status=403)


def test_asking_is_audited_without_the_person(house: House, found: Visitor) -> None:
    found.send(found.get(_address(house)).form("/erase"), typed=ADA)
    _work(house)
    with house.rt.database.read() as connection:
        rows = connection.execute(tables.audit.select()).all()
    told = [(row.actor, row.action) for row in rows if row.subject.startswith("person request")]
    own = EMAIL
    assert told == [(own, "look"), (own, "erase person"), (own, "erased")]


# --- how long -------------------------------------------------------------------------------------


def test_how_long_things_are_kept(house: House) -> None:
    visitor = house.visitor()
    page = visitor.get(PRIVACY)
    assert "As the relay says." in page.text
    page = visitor.send(page.form("/keep"), bodies="7", leads="0")
    assert "What comes today goes in 7 days." in page.text
    acme = house.row(tables.projects, public_id="acme")
    assert acme.settings["keep"] == {"bodies": 7, "leads": 0}
    assert keeping.of_project(house.rt, acme.id)[0].bodies == 7
    page = visitor.send(page.form("/keep"), status=422, bodies="-1")
    assert "Write whole days" in page.text


def test_other_settings_leave_it_alone(house: House) -> None:
    visitor = house.visitor()
    visitor.send(visitor.get(PRIVACY).form("/keep"), bodies="7")
    page = visitor.get("/console/p/acme/settings/")
    visitor.send(page.form("/settings/"), currency="EUR")
    settings = house.row(tables.projects, public_id="acme").settings
    assert (settings["keep"], settings["currency"]) == ({"bodies": 7}, "EUR")


# --- the map --------------------------------------------------------------------------------------


def test_the_map_follows_what_targets_really_read(house: House) -> None:
    visitor = house.visitor()
    page = visitor.get(f"{PRIVACY}map")
    assert "What each lead API was sent, never rebuilt the whole lead" in page.text
    assert "127.0.0.1" in page.text
    assert "Website: not said at the source" in page.text
    assert "No route leads there" in page.text
    _narrow(house)
    page = visitor.get(f"{PRIVACY}map")
    lines = _lines(visitor)
    mine = [(one["field"], one["as"]) for one in lines if one["target"] == "Sales CRM"]
    assert mine == [
        ("E-mail", "mail"),
        ("Full name", "who"),
        ("Answers that nothing else claims, by label", "who"),
        ("Custom tokens", "who"),
    ]
    assert {one["basis"] for one in lines if one["target"] == "Sales CRM"} == {"contract"}


def _narrow(house: House) -> None:
    """Let the CRM read two values alone, one of them by a template, and say by what right."""
    source = {"name": "Website", "kind": "generic", "legal_basis": "contract"}
    mapping = {"/data": None, "/$event/data": None, "/mail": "/contact/email"}
    mapping |= {"/who": {"template": "[name]{nobody} [favourite_colour]"}}
    settings = {"url": f"{house.peer.url}/crm"}
    target = {"name": "Sales CRM", "kind": "webhook", "settings": settings, "mapping": mapping}
    project = {"id": "acme", "name": "Acme Heating", "sources": [source], "targets": [target]}
    configure.apply(house.rt, {"projects": [project]})


def _lines(visitor: Visitor) -> list[dict[str, str]]:
    with visitor.client.get(f"{PRIVACY}map.csv") as answer:
        return list(csv.DictReader(io.StringIO(answer.text)))


def test_the_map_as_json(house: House) -> None:
    visitor = house.visitor()
    with visitor.client.get(f"{PRIVACY}map.json") as answer:
        drawn = json.loads(answer.text)
    assert drawn["kept"] == {"bodies": 90, "attempts": 90, "leads": 0}
    assert [one["name"] for one in drawn["receivers"]] == ["Partner", "Sales CRM"]
    assert {one["pointer"] for one in drawn["fields"]} >= {"/contact/email", "/form/fields"}


def test_every_kind_of_target_has_a_map(house: House) -> None:
    """What a kind's schema reads of a person is in the map, whatever kind is added."""
    from types import SimpleNamespace

    catalog = house.rt.catalog
    fields = [one.pointer for one in data_map.fields_of(catalog.lead)]
    for kind in catalog.targets.values():
        target: Any = SimpleNamespace(kind=kind, mapping={}, settings={}, secrets=())
        flows = {flow.field.pointer for flow in data_map._flows(catalog.lead, target)}
        text = json.dumps(kind.adapter.schema)
        for pointer in fields:
            if f'"{pointer}"' in text or f'"{pointer}/' in text:
                assert pointer in flows, (kind.name, pointer)
        whole = '"lead": ""' in text
        assert whole or len(flows) < len(fields), kind.name


def test_consent_is_said_where_it_is_needed(house: House) -> None:
    basis = data_map._basis
    needed = ("marketing",)
    assert basis({}, needed) == "consent alone: who was not asked is not sent"
    granted = {"consent_default": "granted", "legal_basis": "legitimate_interests"}
    assert basis(granted, needed) == "consent where it was asked; else legitimate interests"
    assert basis({"consent_default": "granted"}, needed).startswith("consent alone")
    assert basis({}, ()) == "not said at the source"


def test_a_request_of_another_project_is_not_there(house: House, found: Visitor) -> None:
    own = house.ids(tables.person_requests)[-1]
    found.get(f"/console/p/beta/privacy/persons/{own}", status=404)
    beta = house.row(tables.projects, public_id="beta").id
    assert person_requests.one(house.rt, beta, own) is None
