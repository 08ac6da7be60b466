"""People: invitations, roles, links to a new password, the last owner."""

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from relay.services import people, signing_in, users
from relay.store import tables
from tests.web.console.house import EMAIL, PASSWORD, House, Visitor
from tests.web.console.pages import Page

NEW = "a long new password"


def link_on(page: Page) -> str:
    """The path of the link that a page shows once."""
    found = [one["value"] for one in page.fields if one.get("id") == "made-link"]
    assert len(found) == 1
    assert found[0].startswith("http://relay.test/console/link/")
    return urlsplit(found[0]).path


def come_by(house: House, link: str, password: str = NEW) -> Visitor:
    """Somebody opens a link and chooses a password."""
    visitor = Visitor(house.app)
    answer = visitor.client.get(link)
    assert answer.location == "/console/link"
    page = visitor.get("/console/link")
    visitor.send(page.form("/console/link"), password=password, again=password)
    return visitor


def invite(owner: Visitor, at: str, status: int = 200, **given: str) -> Page:
    page = owner.get(at)
    return owner.send(page.form("/people/"), status=status, **given)


def user_of(house: House, email: str) -> users.User:
    found = users.by_email(house.rt, email)
    assert found is not None
    return found


def test_somebody_who_is_invited_chooses_a_password_and_sees_one_project(
    house: House, visitor: Visitor
) -> None:
    page = invite(visitor, "/console/p/beta/people/", email="Vera@Client.example", role="viewer")
    guest = come_by(house, link_on(page))
    assert guest.client.get("/console/").location == "/console/p/beta/"
    guest.get("/console/p/acme/", 404)
    guest.get("/console/p/beta/settings/", 403)
    again = Visitor(house.app)
    again.sign_in("vera@client.example", NEW)
    assert "Beta Solar" in again.get("/console/p/beta/").text
    listed = visitor.get("/console/p/beta/people/").text
    assert "vera@client.example Active" in listed


def test_a_link_works_once_and_not_for_ever(house: House, visitor: Visitor) -> None:
    page = invite(visitor, "/console/people/", email="vera@client.example", role="viewer")
    link = link_on(page)
    come_by(house, link)
    late = Visitor(house.app)
    late.client.get(link)
    assert "no longer works" in late.get("/console/link", 410).text
    second = link_on(invite(visitor, "/console/people/", email="zoe@x.example", role="viewer"))
    house.rt.clock.advance(timedelta(days=7, seconds=1).total_seconds())
    late.client.get(second)
    late.get("/console/link", 410)


def test_a_links_secret_stays_out_of_addresses_pages_and_the_database(
    house: House, visitor: Visitor
) -> None:
    page = invite(visitor, "/console/people/", email="vera@client.example", role="viewer")
    link = link_on(page)
    secret = link.rpartition("/")[2]
    guest = Visitor(house.app)
    answer = guest.client.get(link)
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    form = guest.client.get("/console/link")
    assert form.headers["Referrer-Policy"] == "no-referrer"
    assert secret not in form.text
    with house.rt.database.read() as connection:
        for table in (tables.user_links, tables.audit, tables.users):
            assert secret not in str(connection.execute(table.select()).all())
    assert secret not in visitor.get("/console/people/").html


def test_a_link_that_was_only_looked_at_still_works(house: House, visitor: Visitor) -> None:
    """Chat programs open what is pasted into them."""
    link = link_on(invite(visitor, "/console/people/", email="v@client.example", role="viewer"))
    for _ in range(3):
        bot = Visitor(house.app)
        bot.client.get(link)
        bot.get("/console/link")
    come_by(house, link)


def test_more_power_ends_the_links_of_less(house: House, visitor: Visitor) -> None:
    """Whoever was given the link of a viewer must not become an owner by it."""
    link = link_on(invite(visitor, "/console/people/", email="v@client.example", role="viewer"))
    person = user_of(house, "v@client.example")
    page = visitor.get(f"/console/people/{person.id}")
    assert f"made by {EMAIL} works until" in page.text
    visitor.send(page.form("/role"), role="owner")
    thief = Visitor(house.app)
    thief.client.get(link)
    thief.get("/console/link", 410)


def test_an_owner_makes_a_link_to_a_new_password_and_the_old_one_ends(
    house: House, visitor: Visitor
) -> None:
    house.visitor("vera@client.example", "editor")
    other = Visitor(house.app)
    other.sign_in("vera@client.example")
    page = visitor.get(f"/console/people/{user_of(house, 'vera@client.example').id}")
    come_by(house, link_on(visitor.send(page.form("/link"))))
    assert other.client.get("/console/p/acme/").status_code == 302
    assert users.check_password(house.rt, "vera@client.example", PASSWORD) is None
    assert users.check_password(house.rt, "vera@client.example", NEW) is not None


def test_who_is_disabled_is_out_at_once_and_comes_in_again_when_enabled(
    house: House, visitor: Visitor
) -> None:
    other = house.visitor("vera@client.example", "editor")
    at = f"/console/people/{user_of(house, 'vera@client.example').id}"
    link = link_on(visitor.send(visitor.get(at).form("/link")))
    assert "Disabled" in visitor.send(visitor.get(at).form("/disable")).text
    assert other.client.get("/console/p/acme/").status_code == 302
    late = Visitor(house.app)
    assert "do not belong together" in late.send(
        late.get("/console/sign-in").form("sign-in"), status=401,
        email="vera@client.example", password=PASSWORD,
    ).text  # fmt: skip
    late.client.get(link)
    late.get("/console/link", 410)
    visitor.send(visitor.get(at).form("/enable"))
    house.app.test_client()
    Visitor(house.app).sign_in("vera@client.example")
    other.get("/console/sign-in")


def test_the_last_owner_of_everything_stays(house: House, visitor: Visitor) -> None:
    me = user_of(house, EMAIL)
    page = visitor.get(f"/console/people/{me.id}")
    refused = visitor.send(page.form("/role"), status=422, role="viewer")
    assert "This is the last owner of all projects" in refused.text
    invite(visitor, "/console/people/", email="second@example.com", role="owner")
    refused = visitor.send(page.form("/role"), status=422, role="")
    assert "last owner" in refused.text, "who was only invited cannot do anything yet"
    house.person("third@example.com", "owner")
    visitor.send(page.form("/role"), status=403, role="viewer")  # done: and now nobody there
    assert user_of(house, EMAIL).role == "viewer"
    with pytest.raises(users.UserError, match="last owner"):
        people.disable(house.rt, user_of(house, "third@example.com").id, "test")


def test_nobody_does_to_themselves_what_asks_for_proof(house: House, visitor: Visitor) -> None:
    """A session left open makes no link to the password of whoever left it."""
    at = f"/console/people/{user_of(house, EMAIL).id}"
    token = dict(visitor.get(at).form("sign-out").values)
    for act in ("link", "second-step", "disable", "enable"):
        assert visitor.client.post(f"{at}/{act}", data=token).status_code == 403


def posted(visitor: Visitor, path: str, **given: str) -> int:
    token = dict(visitor.get("/console/account/").form("sign-out").values)
    return visitor.client.post(path, data=token | given).status_code


def test_nobody_below_an_owner_changes_roles(house: House) -> None:
    editor = house.visitor("ed@example.com", "editor")
    me = user_of(house, "ed@example.com")
    for path in (f"/console/people/{me.id}/role", f"/console/p/acme/people/{me.id}/role"):
        assert posted(editor, path, role="owner") == 403
    invitation = {"email": "evil@example.com", "role": "owner"}
    assert posted(editor, "/console/people/", **invitation) == 403
    assert posted(editor, "/console/p/acme/people/", **invitation) == 403
    assert user_of(house, "ed@example.com").role == "editor"


def test_an_owner_of_one_project_commands_only_there(house: House) -> None:
    acme, beta = (house.row(tables.projects, public_id=one).id for one in ("acme", "beta"))
    owner = house.visitor("bo@beta.example", "owner", "beta")
    me, boss = user_of(house, "bo@beta.example"), user_of(house, EMAIL)
    house.person("both@example.com", "viewer", "beta")
    both = user_of(house, "both@example.com")
    people.give(house.rt, both.id, acme, "viewer", "test")
    house.person("own@beta.example", "viewer", "beta")
    own = user_of(house, "own@beta.example")

    assert posted(owner, f"/console/people/{me.id}/role", role="owner") == 403
    assert posted(owner, f"/console/people/{me.id}/role", project=str(acme), role="owner") == 404
    assert posted(owner, "/console/people/", email="x@x.example", role="owner") == 403
    owner.get("/console/people/", 403)
    for person in (boss, both):  # whoever makes their link could be them elsewhere
        at = f"/console/people/{person.id}"
        owner.get(at, 404)
        for act in ("link", "disable", "enable", "end-sessions", "second-step", "role"):
            assert posted(owner, f"{at}/{act}", role="owner") == 404, act
    assert posted(owner, f"/console/p/beta/people/{boss.id}/role", role="viewer") == 404
    assert posted(owner, f"/console/p/beta/people/{both.id}/role", role="editor") == 302
    assert user_of(house, "both@example.com").roles == {acme: "viewer", beta: "editor"}
    page = owner.get(f"/console/people/{own.id}")
    assert link_on(owner.send(page.form("/link")))
    assert posted(owner, f"/console/people/{own.id}/role", role="owner") == 403
    assert posted(owner, f"/console/people/{own.id}/role", project=str(beta), role="") == 302
    owner.get(f"/console/people/{own.id}", 404)


def test_an_archived_project_still_protects_its_people(house: House) -> None:
    acme = house.row(tables.projects, public_id="acme").id
    owner = house.visitor("bo@beta.example", "owner", "beta")
    house.person("both@example.com", "viewer", "beta")
    both = user_of(house, "both@example.com")
    people.give(house.rt, both.id, acme, "owner", "test")
    with house.rt.database.write() as connection:
        connection.execute(tables.projects.update().values(archived_at=house.rt.clock.now())
                           .where(tables.projects.c.id == acme))  # fmt: skip
    owner.get(f"/console/people/{both.id}", 404)


def test_somebody_who_is_here_already_gets_the_role_and_no_link(
    house: House, visitor: Visitor
) -> None:
    house.person("vera@client.example", "viewer", "acme")
    page = invite(visitor, "/console/p/beta/people/", email="vera@client.example", role="editor")
    assert "has an account already" in page.text
    assert all(one.get("id") != "made-link" for one in page.fields)
    page = invite(
        visitor, "/console/p/beta/people/", 422, email="vera@client.example", role="owner"
    )
    assert "is here already" in page.text


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"email": "vera", "role": "viewer"}, "Give an e-mail address."),
        ({"email": "vera@client.example", "role": "king"}, "The role must be one of"),
        ({"email": "vera@client.example", "role": ""}, "The role must be one of"),
    ],
)
def test_what_is_no_invitation_is_said(
    house: House, visitor: Visitor, given: dict[str, str], said: str
) -> None:
    assert said in invite(visitor, "/console/people/", 422, **given).text
    assert len(house.ids(tables.users)) == 1


def test_the_list_goes_on(house: House, visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "SHOWN", 2)
    for number in range(4):
        house.person(f"p{number}@x.example", "viewer", "beta")
    seen, at = [], "/console/people/"
    while at:
        page = visitor.get(at)
        seen += re.findall(r"\S+@\S+\.\w+", " ".join(w for a, w in page.links if "/people/" in a))
        at = next((address for address, words in page.links if words == "More →"), "")
    assert seen == [EMAIL, *(f"p{number}@x.example" for number in range(4))]


def test_what_is_done_to_people_is_in_the_audit(house: House, visitor: Visitor) -> None:
    page = invite(visitor, "/console/p/beta/people/", email="vera@client.example", role="viewer")
    come_by(house, link_on(page))
    vera = user_of(house, "vera@client.example")
    visitor.send(visitor.get(f"/console/people/{vera.id}").form("/role"), role="editor")
    visitor.send(visitor.get(f"/console/people/{vera.id}").form("/disable"))
    late = Visitor(house.app)
    late.send(
        late.get("/console/sign-in").form("sign-in"), status=401, email=EMAIL, password="wrong"
    )
    beta = house.row(tables.projects, public_id="beta").id
    with house.rt.database.read() as connection:
        rows = connection.execute(tables.audit.select().order_by(tables.audit.c.id)).all()
    told = [(row.actor, row.action, row.subject, row.before, row.after) for row in rows]
    subject = "user vera@client.example"
    assert (EMAIL, "invite", subject, None, {"role": "viewer"}) in told
    assert (vera.email, "accept invitation", subject, None, None) in told
    assert (vera.email, "sign in", subject, None,
            {"by": "invitation link", "address": "127.0.0.1"}) in told  # fmt: skip
    assert (EMAIL, "change role", subject, None, {"role": "editor"}) in told
    assert (EMAIL, "disable", subject, None, None) in told
    assert (EMAIL, signing_in.REFUSED, f"user {EMAIL}", None,
            {"why": "password", "address": "127.0.0.1"}) in told  # fmt: skip
    assert {row.project_id for row in rows if row.action == "invite"} == {beta}


def test_guessing_fills_no_table_and_keeps_nothing_that_was_typed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signing_in, "MOST_REFUSED", 3)
    for number in range(5):
        signing_in.refused(house.rt, f"my password {number}", "password", "192.0.2.1")
    with house.rt.database.read() as connection:
        rows = connection.execute(tables.audit.select()).all()
    refused = [row for row in rows if row.action == signing_in.REFUSED]
    assert len(refused) == 3
    assert "my password" not in str(refused)
    house.rt.clock.advance(3601)
    signing_in.refused(house.rt, EMAIL, "password", "192.0.2.1")
    assert len(house.ids(tables.audit, action=signing_in.REFUSED)) == 4
