"""One's own account: the second step at the door, another password, what asks for proof."""

import base64
import re
from urllib.parse import unquote

import pyotp
import pytest

from relay.services import second_step, signing_in, users
from relay.store import tables
from tests.web.console.house import EMAIL, PASSWORD, House, Visitor
from tests.web.console.pages import Page

ACCOUNT = "/console/account/"


def app_on(page: Page) -> pyotp.TOTP:
    """The app into which the key of a page was typed."""
    (key,) = [one["value"] for one in page.fields if one.get("id") == "totp-key"]
    return pyotp.TOTP(key.replace(" ", ""))


def turn_on(house: House, visitor: Visitor) -> tuple[pyotp.TOTP, list[str]]:
    page = visitor.get(ACCOUNT)
    page = visitor.send(page.form("/second-step"), password=PASSWORD)
    app = app_on(page)
    page = visitor.send(page.form("/confirm"), code=app.at(house.rt.clock.now()))
    return app, re.findall(r"\b(?:\w{4}-){3}\w{4}\b", page.text)


def at_the_door(house: House, email: str = EMAIL, password: str = PASSWORD) -> tuple[Visitor, Page]:
    """Somebody has given their password, and is asked for the code."""
    visitor = Visitor(house.app)
    return visitor, visitor.sign_in(email, password)


def test_signing_in_asks_for_the_code_and_then_leads_where_it_should(
    house: House, visitor: Visitor
) -> None:
    app, _ = turn_on(house, visitor)
    house.rt.clock.advance(60)
    other = Visitor(house.app)
    page = other.get(other.client.get("/console/p/acme/leads/?q=ada").location)
    page = other.send(page.form("sign-in"), email=EMAIL, password=PASSWORD)
    assert "Second step" in page.text
    assert other.client.get("/console/p/acme/").status_code == 302, "half way is not in"
    wrong = other.send(page.form("/code"), status=401, code="000000")
    assert "does not fit" in wrong.text
    answer = other.client.post(
        "/console/sign-in/code",
        data=dict(page.form("/code").values) | {"code": app.at(house.rt.clock.now())},
    )
    assert answer.location == "/console/p/acme/leads/?q=ada"
    other.get("/console/p/acme/")
    told = {"by": "password and code", "address": "127.0.0.1"}
    row = house.row(tables.audit, action="sign in", after=told)
    assert row.subject == f"user {EMAIL}"


def test_a_recovery_code_lets_in_once(house: House, visitor: Visitor) -> None:
    _, codes = turn_on(house, visitor)
    assert len(codes) == 10
    other, page = at_the_door(house)
    other.send(page.form("/code"), code=codes[3])
    assert "9 recovery codes left" in other.get(ACCOUNT).text
    again, page = at_the_door(house)
    again.send(page.form("/code"), status=401, code=codes[3])


def test_a_code_that_was_seen_over_a_shoulder_is_used_up(house: House, visitor: Visitor) -> None:
    app, _ = turn_on(house, visitor)
    house.rt.clock.advance(60)
    shown = app.at(house.rt.clock.now())
    first, page = at_the_door(house)
    first.send(page.form("/code"), code=shown)
    second, page = at_the_door(house)
    second.send(page.form("/code"), status=401, code=shown)


def test_codes_are_not_guessed_from_a_thousand_addresses(house: House, visitor: Visitor) -> None:
    turn_on(house, visitor)
    thief, page = at_the_door(house)
    statuses = []
    for number in range(12):
        given = dict(page.form("/code").values) | {"code": f"{number:06}"}
        elsewhere = {"REMOTE_ADDR": f"192.0.2.{number}"}
        answer = thief.client.post("/console/sign-in/code", data=given, environ_base=elsewhere)
        statuses.append(answer.status_code)
    assert statuses == [401] * 8 + [429] * 4, "ten a minute, two of which were the owner's own"


def test_half_way_in_lasts_ten_minutes_and_no_session_longer_than_its_epoch(
    house: House, visitor: Visitor
) -> None:
    turn_on(house, visitor)
    slow, page = at_the_door(house)
    house.rt.clock.advance(601)
    assert slow.client.get("/console/sign-in/code").location == "/console/sign-in"
    ended, page = at_the_door(house)
    found = users.by_email(house.rt, EMAIL)
    assert found is not None
    signing_in.end_sessions(house.rt, found, "somebody")
    answer = ended.client.post("/console/sign-in/code", data=dict(page.form("/code").values))
    assert answer.location == "/console/sign-in"


def test_a_link_to_a_new_password_goes_round_no_second_step(house: House, visitor: Visitor) -> None:
    person = house.person("vera@example.com", "editor")
    vera = Visitor(house.app)
    vera.sign_in("vera@example.com")
    turn_on(house, vera)
    page = visitor.get(f"/console/people/{person.id}")
    page = visitor.send(page.form("/link"))
    (link,) = [one["value"] for one in page.fields if one.get("id") == "made-link"]
    thief = Visitor(house.app)
    thief.client.get(link.removeprefix("http://relay.test"))
    form = thief.get("/console/link").form("/console/link")
    page = thief.send(form, password="another password", again="another password")
    assert "Second step" in page.text
    assert thief.client.get("/console/p/acme/").status_code == 302


def test_an_owner_turns_it_off_for_who_lost_the_app(house: House, visitor: Visitor) -> None:
    person = house.person("vera@example.com", "editor")
    vera = Visitor(house.app)
    vera.sign_in("vera@example.com")
    turn_on(house, vera)
    page = visitor.get(f"/console/people/{person.id}")
    visitor.send(page.form("/second-step"))
    assert vera.client.get("/console/p/acme/").status_code == 302
    other, page = at_the_door(house, "vera@example.com")
    other.get("/console/p/acme/")
    assert house.row(tables.audit, action="turn off second step").actor == EMAIL


def test_turning_on_and_off_asks_for_the_password(house: House, visitor: Visitor) -> None:
    page = visitor.get(ACCOUNT)
    refused = visitor.send(page.form("/second-step"), status=422, password="wrong")
    assert "The present password is another one" in refused.text
    assert second_step.begun(house.rt, users.by_email(house.rt, EMAIL)) is None
    _, codes = turn_on(house, visitor)
    page = visitor.get(ACCOUNT)
    visitor.send(page.form("/codes"), status=422, password="wrong")
    off = page.form("/off")
    visitor.send(off, status=422, password="wrong", code=codes[0])
    refused = visitor.send(off, status=422, password=PASSWORD, code="000000")
    assert "That code does not fit" in refused.text
    page = visitor.send(off, password=PASSWORD, code=codes[1])
    assert "asks for the password alone" in page.text
    assert not users.by_email(house.rt, EMAIL).has_second_step


def test_the_picture_is_the_key(house: House, visitor: Visitor) -> None:
    page = visitor.get(ACCOUNT)
    page = visitor.send(page.form("/second-step"), password=PASSWORD)
    (picture,) = re.findall(r'src="(data:image/svg[^"]+)"', page.html)
    kind, _, drawn = picture.partition(",")
    drawing = base64.b64decode(drawn) if kind.endswith("base64") else unquote(drawn).encode()
    assert b"<path" in drawing
    assert app_on(page).secret not in visitor.get("/console/p/acme/").html


def test_another_password_ends_every_other_session(house: House, visitor: Visitor) -> None:
    phone = house.visitor()
    form = visitor.get(ACCOUNT).form("/password")
    new = "an entirely new one"
    for given, said in (
        ({"old": "wrong", "password": new, "again": new}, "The present password is another one"),
        ({"old": PASSWORD, "password": new, "again": "other"}, "The two passwords differ"),
        ({"old": PASSWORD, "password": "short", "again": "short"}, "at least 10 characters"),
    ):
        assert said in visitor.send(form, status=422, **given).text
    page = visitor.send(form, old=PASSWORD, password=new, again=new)
    assert "signed out everywhere else" in page.text
    assert phone.client.get("/console/p/acme/").status_code == 302
    visitor.get("/console/p/acme/")
    Visitor(house.app).sign_in(EMAIL, new)


def test_a_session_is_no_way_to_guess_the_password(house: House, visitor: Visitor) -> None:
    form = dict(visitor.get(ACCOUNT).form("/second-step").values)
    statuses = [
        visitor.client.post(f"{ACCOUNT}second-step", data=form | {"password": f"p{n}"}).status_code
        for n in range(12)
    ]
    assert statuses == [422] * 10 + [429] * 2


@pytest.mark.parametrize("role", ["viewer", "operator", "editor"])
def test_the_account_is_for_everybody(house: House, role: str) -> None:
    one = house.visitor(f"{role}@example.com", role, "beta")
    page = one.get(ACCOUNT)
    assert f"{role} of Beta Solar" in page.text
    turn_on(house, one)


def test_coming_in_begins_a_new_session(house: House) -> None:
    """A cookie that somebody planted is not the one that is signed in."""
    visitor = Visitor(house.app)
    visitor.get("/console/sign-in")
    planted = visitor.client.get_cookie("relay_session")
    visitor.sign_in()
    now = visitor.client.get_cookie("relay_session")
    assert planted is not None
    assert now is not None
    assert planted.value != now.value
    thief = house.app.test_client()
    thief.set_cookie("relay_session", planted.value)
    assert thief.get("/console/p/acme/").status_code == 302
