"""The configuration document in the browser: what it changes is shown first, then that is done."""

import io
import json
from typing import Any

import pytest

from relay.core.documents import read_document
from relay.services import configure, configured
from relay.services.elements import load
from relay.store import tables
from tests.web.console.house import SECRETS, SIGNING, House, Visitor
from tests.web.console.pages import Page

ACME, WHOLE = "/console/p/acme/configuration/", "/console/configuration/"


def look(visitor: Visitor, document: Any, at: str = ACME, status: int = 200, **more: Any) -> Page:
    text = document if isinstance(document, str) else json.dumps(document)
    form = visitor.get(at).form("/configuration/")
    return visitor.send(form, status=status, button="look", document=text, **more)


def make(visitor: Visitor, page: Page, status: int = 200, **more: Any) -> Page:
    return visitor.send(page.form("/configuration/"), status=status, button="apply", **more)


def acme(**more: Any) -> Any:
    return {"projects": [{"id": "acme", **more}]}


def element(house: House, what: str, name: str) -> Any:
    with house.rt.database.read() as connection:
        found = load(connection, house.rt.box).find(what, None, name)
    assert found is not None
    return found


def test_what_is_downloaded_is_brought_in_again_without_a_change(
    house: House, visitor: Visitor
) -> None:
    page = visitor.get(ACME)
    for words in ("Download YAML", "Download JSON"):
        answer = visitor.client.get(page.link(words))
        assert "attachment" in answer.headers["Content-Disposition"]
        assert not [one for one in (*SECRETS, "website-key-1") if one in answer.text]
        document = read_document(answer.text)
        assert [one["id"] for one in document["projects"]] == ["acme"]
        assert "Nothing: all of it is so already." in look(visitor, answer.text).text
    assert configured.source_by_key(house.rt, "website-key-1") is not None
    whole = read_document(visitor.client.get(visitor.get(WHOLE).link("Download YAML")).text)
    assert [one["id"] for one in whole["projects"]] == ["acme", "beta"]


def test_the_difference_is_shown_first_and_then_made(house: House, visitor: Visitor) -> None:
    wanted = acme(
        name="Acme & Sons",
        sources=[{"name": "Landing page", "kind": "generic"}],
        targets=[{"name": "Partner", "kind": "webhook", "limits": ["5/second"],
                  "settings": {"url": f"{house.peer.url}/partner"}}],
    )  # fmt: skip
    page = look(visitor, wanted)
    assert "Add source Landing page" in page.text
    assert "Change target Partner" in page.text
    assert "<del>Acme Heating</del>" in page.html
    assert "5/second" in page.text
    assert house.row(tables.projects, public_id="acme").name == "Acme Heating"
    page = make(visitor, page)
    assert "3 changes are made." in page.text
    assert house.row(tables.projects, public_id="acme").name == "Acme & Sons"
    partner = element(house, "target", "Partner")
    assert partner.document["settings"]["token"] == SECRETS[1], "what is left out stays"
    assert house.row(tables.audit, subject="source Landing page").actor == "ada@example.com"


def test_a_file_is_taken_too(house: House, visitor: Visitor) -> None:
    form = dict(visitor.get(ACME).form("/configuration/").values)
    text = "projects:\n- id: acme\n  currency: EUR\n"
    file = (io.BytesIO(b"\xef\xbb\xbf" + text.encode()), "acme.yaml")
    answer = visitor.client.post(ACME, data=form | {"file": file, "do": "look"})
    page = Page(answer.text)
    assert "currency" in page.text
    make(visitor, page, document=text)
    assert configured.project_by_public_id(house.rt, "acme").currency == "EUR"


def test_every_mistake_is_named_by_its_place(house: House, visitor: Visitor) -> None:
    wanted = acme(
        sources=[{"name": "x", "kind": "nothing"}],
        targets=[{"name": "y", "kind": "webhook", "settings": {"url": "ftp://x"}}],
        routes=[{"from": "Website", "to": "nowhere"}],
    )
    page = look(visitor, wanted, status=422)
    assert "projects[0].sources[0].kind: there is no source kind 'nothing'" in page.text
    assert "projects[0].targets[0].settings.url" in page.text
    assert "projects[0].routes[0].to: there is no target 'nowhere' in this project" in page.text
    assert '"nothing"' in dict(page.form("/configuration/").values)["document"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("projects: [", "This cannot be read as YAML or JSON"),
        ("a: &a [1, 2]\nb: [*a, *a]", "Write out what *a stands for"),
        ("[" * 5000 + "]" * 5000, "nested too deeply"),
        ("x" * 400_001, "more than 400000 characters"),
        ("", "projects: must name acme"),
        ("7", "projects: must name acme"),
        ("projects: 7", "projects: must name acme"),
    ],
)
def test_what_is_no_document_is_said(house: House, visitor: Visitor, text: str, said: str) -> None:
    assert said in look(visitor, text, status=422).text


def test_nothing_of_the_process_s_environment_gets_into_a_document(
    house: House, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEY", "the key to everything")
    hook = {
        "name": "evil",
        "kind": "webhook",
        "settings": {"url": "https://e.example/${SECRET_KEY}"},
    }
    page = look(visitor, acme(targets=[hook]), status=422)
    assert "${SECRET_KEY} has no value: give it one below" in page.text
    assert "the key to everything" not in page.html


def test_values_of_variables_are_given_beside_it_and_shown_to_nobody(
    house: House, visitor: Visitor
) -> None:
    hook = {"name": "CRM 2", "kind": "webhook",
            "settings": {"url": f"{house.peer.url}/2", "token": "${CRM_TOKEN}"}}  # fmt: skip
    page = look(visitor, acme(targets=[hook]), status=422)
    typed = {"variable__CRM_TOKEN": "a-token-typed-in"}
    page = visitor.send(page.form("/configuration/"), button="look", **typed)
    assert "Add target CRM 2" in page.text
    assert "a-token-typed-in" not in page.html
    stranger = house.visitor("eve@example.com", "owner")
    stolen = dict(page.form("/configuration/").values)["sealed"]
    other = look(stranger, acme(targets=[hook]), status=422, sealed=stolen)
    assert "${CRM_TOKEN} has no value" in other.text
    make(visitor, page)
    made = element(house, "target", "CRM 2")
    assert made.document["settings"]["token"] == "a-token-typed-in"
    assert dict(made.names) == {"/settings/token": "CRM_TOKEN"}
    assert "Nothing: all of it is so already." in look(visitor, acme(targets=[hook])).text


def test_what_was_changed_meanwhile_is_shown_again_before_it_is_made(
    house: House, visitor: Visitor
) -> None:
    page = look(visitor, acme(currency="EUR"))
    configure.apply(house.rt, acme(name="Renamed", currency="USD"))
    page = make(visitor, page)
    assert "Something was changed since this was shown" in page.text
    assert configured.project_by_public_id(house.rt, "acme").currency == "USD"
    make(visitor, page)
    assert configured.project_by_public_id(house.rt, "acme").currency == "EUR"


def test_only_a_tick_archives_and_only_within_the_project(house: House, visitor: Visitor) -> None:
    page = look(visitor, acme(name="Acme Heating"))
    assert "Nothing: all of it is so already." in page.text
    page = look(visitor, acme(name="Acme Heating"), prune="on")
    assert "Archive target Sales CRM" in page.text
    assert "Beta" not in page.text.partition("What it changes")[2]
    make(visitor, page)
    assert house.row(tables.targets, name="Sales CRM").archived_at is not None
    assert house.row(tables.targets, name="Beta CRM").archived_at is None
    assert house.row(tables.projects, public_id="beta").archived_at is None


def test_an_owner_of_one_project_brings_in_that_one_alone(house: House) -> None:
    owner = house.visitor("bo@beta.example", "owner", "beta")
    at = "/console/p/beta/configuration/"
    for document in (
        acme(name="Taken over"),
        {"projects": [{"id": "beta"}, {"id": "acme", "name": "Taken over"}]},
        {"projects": [{"id": "brand-new"}]},
        {"projects": [{"id": ["acme"]}]},
    ):
        page = look(owner, document, at, 422)
        assert "must be beta" in page.text
        assert "Acme" not in page.text.partition("What it changes")[2]
    page = look(owner, {"projects": [{"id": "beta", "name": "Beta"}]}, at)
    form = page.form("/configuration/")
    form.values = [(name, value.replace('"beta"', '"acme"')) for name, value in form.values]
    owner.send(form, status=422, button="apply")
    assert house.row(tables.projects, public_id="acme").name == "Acme Heating"
    owner.get(WHOLE, 403)
    owner.get(f"{WHOLE}document.yaml", 403)
    token = dict(owner.get(at).form("sign-out").values)
    sent = token | {"document": json.dumps(acme(name="Taken over")), "do": "apply"}
    assert owner.client.post(WHOLE, data=sent).status_code == 403


def test_an_owner_of_one_project_lets_nobody_be_told_of_the_relays_own(house: House) -> None:
    owner = house.visitor("bo@beta.example", "owner", "beta")
    told = {"name": "ops", "kind": "slack", "house": True}
    told["settings"] = {"url": "https://hooks.slack.com/services/T0/B0/XYZ"}
    document = {"projects": [{"id": "beta", "notices": [told]}]}
    page = look(owner, document, "/console/p/beta/configuration/", 422)
    assert "is decided by those who may change all projects" in page.text
    document["projects"][0]["notices"] = [told | {"house": False}]
    assert "Add recipient ops" in look(owner, document, "/console/p/beta/configuration/").text


@pytest.mark.parametrize("role", ["viewer", "operator", "editor"])
def test_the_document_is_for_owners(house: House, role: str) -> None:
    somebody = house.visitor(f"{role}@example.com", role)
    somebody.get(ACME, 403)
    somebody.get(f"{ACME}document.json", 403)


def test_owners_of_all_bring_in_new_projects_and_see_new_keys_once(
    house: House, visitor: Visitor
) -> None:
    document = {"projects": [{"id": "new", "name": "New", "api_keys": [{"name": "web"}]}]}
    page = make(visitor, look(visitor, document, WHOLE))
    (key,) = [one["value"] for one in page.fields if one.get("id") == "made-key-1"]
    assert configured.key(house.rt, key) is not None
    assert key not in visitor.get(WHOLE).html
    assert SIGNING not in visitor.get(WHOLE).html
