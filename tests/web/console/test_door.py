"""Coming in: sign-in, the one-use set-up link, throttling, cookies, headers."""

import re
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from relay.services import setup_links, users
from relay.store.tables import sources
from relay.web.console.session import OPEN
from tests.web.console.house import EMAIL, PASSWORD, House, Visitor


def parts_of(policy: str) -> dict[str, str]:
    return {part.split()[0]: " ".join(part.split()[1:]) for part in policy.split(";") if part}


def test_no_page_opens_without_signing_in(house: House) -> None:
    client = house.app.test_client()
    asked = 0
    for rule in house.app.url_map.iter_rules():
        if not rule.rule.startswith("/console") or rule.endpoint in OPEN:
            continue
        address = re.sub(r"<uuid:[^>]+>", "0" * 8 + "-0000-4000-8000-" + "0" * 12, rule.rule)
        address = address.replace("<project>", "acme").replace("<kind>", "webhook")
        address = address.replace("<path:anything>", "nowhere")
        answer = client.get(address)
        asked += 1
        assert answer.status_code == 302, address
        assert urlsplit(answer.location).path == "/console/sign-in", address
    assert asked > 25


def test_nothing_changes_for_somebody_who_is_not_signed_in(house: House) -> None:
    client = house.app.test_client()
    token = Visitor(house.app)
    page = token.get("/console/sign-in")
    csrf = dict(page.form("sign-in").values)["csrf_token"]
    answer = token.client.post("/console/p/acme/quarantine/release", data={"csrf_token": csrf})
    assert urlsplit(answer.location).path == "/console/sign-in"
    assert client.post("/console/p/acme/quarantine/release").status_code == 400


def test_signing_in_leads_to_the_page_that_was_asked_for(house: House) -> None:
    visitor = Visitor(house.app)
    answer = visitor.client.get("/console/p/acme/leads/?q=ada")
    page = visitor.get(answer.location)
    answer = visitor.client.post(
        "/console/sign-in",
        data=dict(page.form("sign-in").values) | {"email": EMAIL, "password": PASSWORD},
    )
    assert answer.location == "/console/p/acme/leads/?q=ada"


@pytest.mark.parametrize(
    "address",
    ["https://evil.example/", "//evil.example/", "/console//evil.example", "/console/\\evil", ""],
)
def test_signing_in_leads_nowhere_else(house: House, address: str) -> None:
    visitor = Visitor(house.app)
    page = visitor.get("/console/sign-in")
    answer = visitor.client.post(
        "/console/sign-in",
        data=dict(page.form("sign-in").values)
        | {"email": EMAIL, "password": PASSWORD, "next": address},
    )
    assert answer.location == "/console/"


def test_a_wrong_password_and_an_unknown_address_sound_the_same(house: House) -> None:
    answers = []
    for email, password in ((EMAIL, "wrong horse battery"), ("eve@example.com", PASSWORD)):
        visitor = Visitor(house.app)
        form = visitor.get("/console/sign-in").form("sign-in")
        page = visitor.send(form, status=401, email=email, password=password)
        answers.append(page.text.replace(email, ""))
    assert answers[0] == answers[1]
    assert "do not belong together" in answers[0]


def test_guessing_is_stopped_even_with_the_right_password(house: House) -> None:
    visitor = Visitor(house.app)
    form = visitor.get("/console/sign-in").form("sign-in")
    for _ in range(8):
        visitor.send(form, status=401, email=EMAIL, password="wrong horse")
    page = visitor.send(form, status=429, email=EMAIL, password=PASSWORD)
    assert "Wait 1 minute" in page.text
    other = Visitor(house.app)
    other.client.environ_base["REMOTE_ADDR"] = "192.0.2.7"
    assert "Acme Heating" in other.sign_in().text


def test_passwords_are_compared_a_few_at_a_time(house: House) -> None:
    throttle = house.app.extensions["console_throttle"]
    visitor = Visitor(house.app)
    form = visitor.get("/console/sign-in").form("sign-in")
    with ExitStack() as guesses:
        for _ in range(4):
            assert guesses.enter_context(throttle.turn())
        visitor.send(form, status=429, email=EMAIL, password=PASSWORD)
    visitor.send(form, status=401, email=EMAIL, password="wrong")
    visitor.send(form, email=EMAIL, password=PASSWORD)


def test_what_no_database_takes_is_refused_before_it_is_asked(house: House) -> None:
    client = house.visitor().client
    assert client.get("/console/p/acme/leads/?q=a%00b").status_code == 400
    assert client.get("/console/p/acme/?x%00=1").status_code == 400
    stranger = Visitor(house.app)
    form = stranger.get("/console/sign-in").form("sign-in")
    page = stranger.send(form, status=400, email="a\0@example.com", password=PASSWORD)
    assert "too old" not in page.text


def test_signing_out_ends_every_session_of_the_person(house: House) -> None:
    laptop, phone = house.visitor(), house.visitor()
    stolen = phone.client.get_cookie("relay_session")
    page = laptop.get("/console/p/acme/")
    laptop.send(page.form("sign-out"))
    assert stolen is not None
    for one in (laptop, phone):
        assert one.client.get("/console/p/acme/").status_code == 302


def test_the_session_cookie_is_kept_from_scripts_other_sites_and_the_doors(
    house: House, make_app: Callable[..., Any]
) -> None:
    def cookie_of(app: Any) -> str:
        return str(app.test_client().get("/console/sign-in").headers["Set-Cookie"])

    cookie = cookie_of(house.app)
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    assert "Secure" not in cookie.split("; ")
    secure = cookie_of(make_app({"RELAY_PUBLIC_URL": "https://leads.example.com"}))
    assert "Secure" in secure.split("; ")


def test_a_session_made_with_a_former_secret_key_still_works(
    house: House, make_app: Callable[..., Any]
) -> None:
    visitor = Visitor(make_app({"SECRET_KEY": "o" * 40}))
    visitor.sign_in()
    cookie = visitor.client.get_cookie("relay_session")
    assert cookie is not None
    for former, status in (("o" * 40, 200), ("", 302)):
        client = make_app({"SECRET_KEY": "n" * 40, "SECRET_KEYS_OLD": former}).test_client()
        client.set_cookie("relay_session", cookie.value)
        assert client.get("/console/p/acme/").status_code == status


def test_every_answer_of_the_console_forbids_inline_code_framing_and_keeping(
    visitor: Visitor,
) -> None:
    for address in (
        "/console/sign-in",
        "/console/p/acme/",
        "/console/p/acme/nowhere",
        "/console/x",
    ):
        headers = visitor.client.get(address).headers
        policy = parts_of(headers["Content-Security-Policy"])
        assert policy["default-src"] == "'none'"
        assert policy["script-src"] == policy["style-src"] == "'self'"
        assert policy["frame-ancestors"] == "'none'"
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"


def test_the_setup_link_makes_one_owner_and_then_no_more(runtime: Any) -> None:
    from relay.app import create_app

    app = create_app(runtime)
    link = setup_links.setup_link(runtime)
    assert link is not None
    assert link.startswith("http://relay.test/console/setup/")
    address = urlsplit(link).path
    visitor = Visitor(app)
    assert "Open the set-up link" in visitor.get("/console/sign-in").text
    page = visitor.get(address)
    form = page.forms[0]
    refused = visitor.send(
        form, address, 422, email="a@example.com", password="long enough 1", again="long enough 2"
    )
    assert "The two passwords differ" in refused.text
    refused = visitor.send(
        form, address, 422, email="a@example.com", password="short", again="short"
    )
    assert "at least 10 characters" in refused.text
    page = visitor.send(
        form, address, email="A@Example.com ", password="long enough", again="long enough"
    )
    assert "No project yet" in page.text
    late = Visitor(app)
    page = late.get(address, 410)
    assert "no longer works" in page.text
    assert setup_links.setup_link(runtime) is None
    found = users.check_password(runtime, "a@example.com", "long enough")
    assert found is not None
    assert found.role == "owner"


def test_a_setup_link_dies_after_a_day_and_by_a_newer_one(runtime: Any) -> None:
    from relay.app import create_app

    visitor = Visitor(create_app(runtime))
    first = urlsplit(setup_links.setup_link(runtime)).path
    second = urlsplit(setup_links.setup_link(runtime)).path
    visitor.get(first, 410)
    visitor.get(second)
    runtime.clock.set(runtime.clock.now() + timedelta(hours=25))
    visitor.get(second, 410)
    visitor.get("/console/setup/" + "A" * 32, 410)


def test_the_bare_address_leads_to_the_console(house: House) -> None:
    assert house.app.test_client().get("/").location == "/console/"


def test_a_part_of_a_page_sends_the_whole_page_to_the_door(house: House) -> None:
    source = house.ids(sources)[0]
    answer = house.app.test_client().get(
        f"/console/p/acme/sources/{source}/live", headers={"HX-Request": "true"}
    )
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"].startswith("/console/sign-in")
