"""A member of one project meets nothing of another, whatever address they ask."""

from collections.abc import Iterator
from uuid import UUID

import pytest

from relay.services import configure
from relay.store import tables
from tests.web.console.every_page import DOCUMENTS, FILLED, KINDS, furnish
from tests.web.console.house import House, Visitor

BETA = "/console/p/beta/"

ACTED_ON = {
    "key_id": lambda house: house.ids(tables.api_keys)[-1],
    "user_id": lambda house: house.row(tables.users, email="ann@acme.example").id,
}
"""Names in addresses that only take a POST, beside FILLED: rows of Acme."""


@pytest.fixture
def member(house: House) -> Visitor:
    """An owner of Beta, who is nobody in Acme, where everything has happened."""
    furnish(house, 1)
    acme = house.row(tables.projects, public_id="acme").id
    configure.make_key(house.rt, acme, {"name": "website"}, "test")
    house.person("ann@acme.example", "viewer", "acme")
    return house.visitor("berta@beta.example", "owner", "beta")


def _inside(house: House, method: str, project: str) -> Iterator[tuple[str, str]]:
    """The addresses of a project's pages, what they name taken from Acme; some name something."""
    addresses = house.app.url_map.bind("localhost")
    for rule in house.app.url_map.iter_rules():
        if "project" not in rule.arguments or method not in (rule.methods or ()):
            continue
        values = {name: _filled(house, rule.endpoint, name) for name in rule.arguments}
        given = {**values, "project": project}
        yield rule.endpoint, addresses.build(rule.endpoint, given, method=method)


def _filled(house: House, endpoint: str, name: str) -> object:
    if name == "kind":
        return KINDS.get(endpoint, "webhook")
    known = FILLED | ACTED_ON
    assert name in known, f"say which row of Acme stands for <{name}> of {endpoint}"
    return known[name](house)


def _names_a_row(house: House, path: str) -> bool:
    parts = path.split("/")
    return any(_is_id(part) for part in parts)


def _is_id(text: str) -> bool:
    try:
        return bool(UUID(text))
    except ValueError:
        return False


def _token(visitor: Visitor) -> dict[str, str]:
    return dict(visitor.get(BETA).form("sign-out").values)


def test_no_page_of_another_project_is_there(house: House, member: Visitor) -> None:
    asked = list(_inside(house, "GET", "acme"))
    answers = {path: member.client.get(path).status_code for _, path in asked}
    assert len(answers) > 30
    assert answers == dict.fromkeys(answers, 404)


def test_nothing_can_be_done_in_another_project(house: House, member: Visitor) -> None:
    token = _token(member)
    asked = list(_inside(house, "POST", "acme"))
    answers = {path: member.client.post(path, data=token).status_code for _, path in asked}
    assert len(answers) > 20
    assert answers == dict.fromkeys(answers, 404)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_another_project_has_is_not_found_in_ones_own(
    house: House, member: Visitor, method: str
) -> None:
    token = _token(member)
    answers = {
        path: member.client.open(path, method=method, data=token).status_code
        for _, path in _inside(house, method, "beta")
        if _names_a_row(house, path)
    }
    assert len(answers) > 6
    assert answers == dict.fromkeys(answers, 404)


def test_nothing_of_another_project_is_named_in_ones_own(house: House, member: Visitor) -> None:
    acme = ("Acme", "acme", "Sales CRM", "Partner", "Quote form", "website-key-1")
    paths = [path for _, path in _inside(house, "GET", "beta") if not _names_a_row(house, path)]
    paths += ["/console/", "/leads/import_type", f"{DOCUMENTS[1]}octanist.html"]
    seen = {}
    for path in paths:
        text = member.client.get(path, follow_redirects=True).data.decode("utf-8", "replace")
        if found := [one for one in acme if one in text]:
            seen[path] = found
    assert seen == {}


def test_references_keep_to_ones_own_projects(house: House, member: Visitor) -> None:
    page = member.get("/api/docs/1.0/leadtrackr.html?project=acme")
    assert "acme" not in page.text
    page = member.get("/api/docs/1.0/leadtrackr.html")
    assert "beta" in page.text
    source = house.row(tables.sources, name="Website").id
    page = member.get(f"/api/docs/1.0/leads_external/create.html?source={source}")
    assert "Website" not in page.text
    member.get("/leads/import_type?project=acme", 404)


def test_a_role_in_one_project_is_none_in_the_other(house: House) -> None:
    """Ids of rows that people are named by stand in the body of a form too."""
    furnish(house, 1)
    member = house.visitor("berta@beta.example", "owner", "beta")
    acme = house.ids(tables.submissions, state="quarantined")[0]
    member.client.post(f"{BETA}quarantine/release", data=_token(member) | {"id": str(acme)})
    assert house.row(tables.submissions, id=acme).state == "quarantined"


def test_the_first_page_is_a_project_of_ones_own(house: House) -> None:
    member = house.visitor("berta@beta.example", "viewer", "beta")
    assert member.client.get("/console/").location == "/console/p/beta/"
    nobody = house.visitor("nobody@beta.example", "viewer", "beta")
    with house.rt.database.write() as connection:
        connection.execute(tables.memberships.delete())
    assert "No project is yours to see" in nobody.get("/console/").text
    nobody.get(BETA, 404)


def test_the_higher_of_two_roles_counts(house: House) -> None:
    """A viewer of everything who edits one project is a viewer in the others."""
    who = house.person("vera@example.com", "viewer")
    beta = house.row(tables.projects, public_id="beta").id
    with house.rt.database.write() as connection:
        row = {"user_id": who.id, "project_id": beta, "role": "editor"}
        connection.execute(tables.memberships.insert().values(row))
    visitor = Visitor(house.app)
    visitor.sign_in("vera@example.com")
    visitor.get(f"{BETA}settings/")
    visitor.get("/console/p/acme/settings/", 403)
