"""Projects: made, renamed, copied, put out of use and brought back, by owners of all."""

from relay.services import configure
from relay.store import tables
from tests.web.console.house import SECRETS, House, Visitor

AT = "/console/projects/"


def test_a_project_is_made_and_opens(house: House, visitor: Visitor) -> None:
    page = visitor.get(AT)
    page = visitor.send(page.form("/projects/"), name="Gamma Wärme & Co.")
    assert "Begin with a source" in page.text
    visitor.get("/console/p/gamma-warme-co/")
    page = visitor.get("/console/p/gamma-warme-co/settings/")
    visitor.send(page.form("/settings/"), name="Gamma")
    assert "Gamma" in {words for _, words in visitor.get(AT).links}
    again = visitor.send(visitor.get(AT).form("/projects/"), status=422, name="x", id="acme")
    assert "there is a project 'acme' already" in again.text


def test_a_project_is_copied_without_its_secrets(house: House, visitor: Visitor) -> None:
    page = visitor.get(visitor.get(AT).link("Copy Acme Heating"))
    assert "Each target begins paused" in page.text
    page = visitor.send(page.form("/copy"), name="Acme Two", id="acme-2")
    assert "Source quote form" in page.text.replace("Quote", "quote")
    assert "settings.secrets" in page.text
    assert not [one for one in SECRETS if one in page.html]
    targets = visitor.get(page.link("To its targets"))
    assert "Sales CRM" in targets.text
    made = house.row(tables.projects, public_id="acme-2").id
    for target in house.ids(tables.targets, project_id=made):
        shown = visitor.get(f"/console/p/acme-2/targets/{target}")
        assert "copied from Acme Heating" in shown.text
        assert not [one for one in SECRETS if one in shown.html]
        visitor.get(f"/console/p/acme-2/targets/{target}/edit")
    log = visitor.get("/console/p/acme-2/audit/?action=copy")
    assert "settings.secrets" in log.text


def test_an_archived_project_is_closed_and_comes_back_whole(house: House, visitor: Visitor) -> None:
    key = {"name": "website", "scopes": ["read"]}
    acme = house.row(tables.projects, public_id="acme").id
    _id, secret = configure.make_key(house.rt, acme, key, "test")
    client = house.app.test_client()

    def statuses() -> tuple[int, int]:
        door = client.post("/in/website-key-1", json={"name": "Ada"}).status_code
        called = client.get("/api/relay/v1/leads", headers={"Authorization": f"Bearer {secret}"})
        return door, called.status_code

    assert statuses() == (200, 200)
    lead = house.lead(name="Berta")
    page = visitor.send(visitor.get(AT).form(f"{acme}/archive"))
    assert "Acme Heating is archived" in page.text
    assert statuses() == (403, 401)
    visitor.get("/console/p/acme/", 404)
    assert visitor.client.get("/console/").location == "/console/p/beta/"
    visitor.send(visitor.get(AT).form(f"{acme}/restore"))
    assert statuses() == (200, 200)
    assert "Berta" in visitor.get(f"/console/p/acme/leads/{lead}").text
    actions = [row.action for row in _audit(house) if row.subject == "project acme"]
    assert actions[-2:] == ["archive", "restore"]


def _audit(house: House) -> list[object]:
    with house.rt.database.read() as connection:
        return list(connection.execute(tables.audit.select().order_by(tables.audit.c.id)))


def test_what_came_in_before_is_still_delivered(house: House, visitor: Visitor) -> None:
    house.submit(name="Ada", email="ada@example.com")
    acme = house.row(tables.projects, public_id="acme").id
    visitor.send(visitor.get(AT).form(f"{acme}/archive"))
    house.work()
    assert house.row(tables.deliveries).state == "delivered"


def test_members_see_their_projects_and_make_none(house: House) -> None:
    member = house.visitor("bo@beta.example", "owner", "beta")
    page = member.get(AT)
    assert "Beta Solar" in page.text
    assert "Acme" not in page.text
    assert [form.action for form in page.forms if form.action.endswith("/projects/")] == []
    token = dict(page.form("sign-out").values)
    beta, acme = (house.row(tables.projects, public_id=one).id for one in ("beta", "acme"))
    for at in (AT, f"{AT}{beta}/copy", f"{AT}{beta}/archive", f"{AT}{acme}/restore"):
        assert member.client.post(at, data=token | {"name": "x"}).status_code == 403
    member.get(f"{AT}{acme}/copy", 403)
