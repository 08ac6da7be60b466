"""Trying things out: the live check, the sample command, the test send with its conversation."""

import shlex
from itertools import pairwise

import pytest

from relay.core.contract import Json
from relay.services import configure, configured
from relay.store.tables import attempts, deliveries, lanes, leads, sources, submissions, targets
from tests.peer import Answer
from tests.web.console.house import SECRETS, TOKEN, House, Visitor
from tests.web.console.pages import Page

ACME = "/console/p/acme"


def live(visitor: Visitor, address: str, status: int = 200) -> Page:
    """What the page's own question is answered."""
    return visitor.get(address, status, **{"HX-Request": "true"})


def asks(page: Page) -> str:
    """The address at which a page asks for news."""
    return page.html.partition('hx-get="')[2].partition('"')[0].replace("&amp;", "&")


def run(house: House, command: str) -> int:
    """Do what a shell and curl would do with a command; returns the status."""
    words = shlex.split(command)
    assert words[:3] == ["curl", "-X", "POST"]
    assert words[3].startswith("http://relay.test/in/")
    given = [word for flag, word in pairwise(words) if flag == "-H"]
    body = words[words.index("--data-binary") + 1]
    answer = house.app.test_client().post(
        words[3].removeprefix("http://relay.test"),
        data=body.encode(),
        headers=[tuple(one.split(": ", 1)) for one in given],
    )
    return answer.status_code


def test_the_live_check_waits_and_then_tells_what_became_of_it(house: House) -> None:
    visitor = house.visitor()
    page = visitor.get(f"{ACME}/sources/{house.row(sources, name='Website').id}")
    assert "Waiting for the first submission" in page.text
    part = asks(page)
    visitor.get(part, 204, **{"HX-Request": "true"})
    house.submit(name="Ada Example", email="ada@example.com")
    page = live(visitor, part)
    assert "html" not in page.tags
    assert "Received" in page.text
    house.work()
    page = live(visitor, asks(page))
    assert "Became a lead Ada Example" in page.text
    assert "Sales CRM Delivered" in page.text
    live(visitor, asks(page), 204)


def test_the_live_check_tells_of_a_request_that_was_turned_away(house: House) -> None:
    visitor = house.visitor()
    address = f"{ACME}/sources/{house.row(sources, name='Quote form').id}"
    part = asks(visitor.get(address))
    house.app.test_client().post("/in/quote-form-key", json={"answers": []})
    page = live(visitor, part)
    assert "A request was turned away" in page.text
    assert "answered 401" in page.text


def test_the_live_check_works_without_scripts(house: House) -> None:
    visitor = house.visitor()
    source = house.row(sources, name="Website").id
    house.lead(name="Ada Example")
    page = visitor.get(visitor.get(f"{ACME}/sources/{source}").link("Check again"))
    assert page.headings[0] == (1, "Live check")
    assert "Sales CRM Delivered" in page.text


def test_the_command_sends_a_sample_that_becomes_a_lead(house: House) -> None:
    visitor = house.visitor()
    source = house.row(sources, name="Website").id
    assert run(house, command_of(visitor.get(f"{ACME}/sources/{source}"))) == 200
    house.work()
    assert house.row(leads).email == "ada@example.com"
    assert house.row(deliveries).state == "delivered"


def test_the_command_is_signed_by_the_sources_own_secret(house: House) -> None:
    source = house.row(sources, name="Quote form").id
    page = house.visitor().get(f"{ACME}/sources/{source}")
    assert run(house, command_of(page)) == 200
    assert not [secret for secret in SECRETS if secret in page.html]
    assert run(house, command_of(page).replace("sha256=", "sha256=A")) == 401


def test_the_command_leaves_out_a_signature_that_nobody_asks_for(house: House) -> None:
    source = house.row(sources, name="Quote form")
    document = {"name": "Quote form", "kind": "typeform", "settings": {"secrets": None}}
    configure.save_source(house.rt, source.project_id, document, "test", source.id)
    command = command_of(house.visitor().get(f"{ACME}/sources/{source.id}"))
    assert "Signature" not in command
    assert run(house, command) == 200


def test_the_command_is_signed_for_the_address_that_it_names(house: House) -> None:
    source = house.row(sources, name="Website")
    recipe = {
        "header": "X-Signature",
        "secrets": ["key-of-the-recipe"],
        "written": "t={timestamp},v1={signature}",
        "signed": "{timestamp}.{method}.{url}.{raw}",
    }
    document = {"name": "Website", "kind": "generic", "settings": {"hmac": recipe}}
    configure.save_source(house.rt, source.project_id, document, "test", source.id)
    command = command_of(house.visitor().get(f"{ACME}/sources/{source.id}"))
    assert run(house, command) == 200
    house.rt.clock.advance(3600)
    assert run(house, command) == 401


def test_a_secret_that_is_itself_sent_is_not_written_into_the_command(house: House) -> None:
    source = house.row(sources, name="Website")
    header = {"name": "X-Api-Key", "values": ["the-key-itself-01"]}
    document = {"name": "Website", "kind": "generic", "settings": {"header": header}}
    configure.save_source(house.rt, source.project_id, document, "test", source.id)
    page = house.visitor().get(f"{ACME}/sources/{source.id}")
    assert "the-key-itself-01" not in page.html
    command = command_of(page)
    assert run(house, command) == 401
    assert run(house, command.replace("PUT-YOUR-SECRET-HERE", "the-key-itself-01")) == 200


@pytest.mark.parametrize(
    ("kind", "secret"),
    [
        ("google_lead_form", {"secrets": ["the-key-itself-01"]}),
        ("wufoo", {"secrets": ["the-key-itself-01"]}),
        ("formstack", {"shared_secrets": ["the-key-itself-01"]}),
        ("formstack", {"secrets": ["another-key"], "shared_secrets": ["the-key-itself-01"]}),
    ],
)
def test_a_secret_within_the_body_is_to_be_put_there(
    house: House, kind: str, secret: dict[str, Json]
) -> None:
    source = house.row(sources, name="Website")
    document = {"name": "Body", "kind": kind, "settings": secret}
    configure.save_source(house.rt, source.project_id, document, "test")
    page = house.visitor().get(f"{ACME}/sources/{house.row(sources, name='Body').id}")
    assert "the-key-itself-01" not in page.html
    command = command_of(page)
    assert run(house, command) == 401
    assert run(house, command.replace("PUT-YOUR-SECRET-HERE", "the-key-itself-01")) == 200


def command_of(page: Page) -> str:
    """The command on a source's page."""
    text = page.html.partition('<pre id="curl" tabindex="0">')[2].partition("</pre>")[0]
    for entity, sign in (("&#39;", "'"), ("&#34;", '"'), ("&lt;", "<"), ("&gt;", ">")):
        text = text.replace(entity, sign)
    return text.replace("&amp;", "&")


@pytest.mark.parametrize("part", [True, False])
def test_a_test_send_shows_the_conversation_and_keeps_nothing(house: House, part: bool) -> None:
    house.peer.script(Answer(202, b'{"taken": true}', {"X-Request": "abc"}))
    visitor = house.visitor()
    target = house.row(targets, name="Partner").id
    form = visitor.get(f"{ACME}/targets/{target}").form("/test#test")
    data = dict(form.values) | {"how": "send"}
    headers = {"HX-Request": "true"} if part else {}
    answer = visitor.client.post(f"{ACME}/targets/{target}/test", data=data, headers=headers)
    page = Page(answer.text)
    assert ("html" in page.tags) is not part
    for words in (
        "Delivered",
        "The test lead was taken.",
        f"POST {house.peer.url}/partner",
        "test.lead@example.com",
        "202",
        '"taken": true',
        "x-request",
    ):
        assert words in page.text.replace("X-Request", "x-request"), words
    assert TOKEN not in page.html
    assert house.peer.arrivals[0].headers["authorization"] == f"Bearer {TOKEN}"
    for table in (leads, deliveries, attempts, submissions):
        assert house.ids(table) == []


def test_a_check_that_fails_says_why(house: House) -> None:
    house.peer.script(Answer(401, b"who are you?"))
    visitor = house.visitor()
    target = house.row(targets, name="Partner").id
    form = visitor.get(f"{ACME}/targets/{target}").form("/test#test")
    page = visitor.send(form, button="check")
    assert "Not authorised" in page.text
    assert "who are you?" in page.text


def test_a_target_that_cannot_be_reached_is_said_to_be_so(house: House) -> None:
    target = house.row(targets, name="Partner")
    document = {"name": "Partner", "kind": "webhook", "settings": {"url": "http://127.0.0.1:9/"}}
    configure.save_target(house.rt, target.project_id, document, "test", target.id)
    visitor = house.visitor()
    form = visitor.get(f"{ACME}/targets/{target.id}").form("/test#test")
    page = visitor.send(form, button="check")
    assert "Does not work now" in page.text
    assert "refused" in page.text


def test_a_credential_that_works_again_resumes_the_target(house: House) -> None:
    source, partner = house.row(sources, name="Website"), house.row(targets, name="Partner")
    route = {"from": "Website", "to": "Partner"}
    configure.save_route(house.rt, source.project_id, route, "test")
    house.peer.default = Answer(401, b"no")
    house.lead(name="Ada Example")
    visitor = house.visitor()
    page = visitor.get(f"{ACME}/targets/{partner.id}")
    assert "its credentials are not accepted" in page.text
    assert "Its deliveries are kept and wait. Put the credentials right" in page.text
    with house.rt.database.write() as connection:
        connection.execute(lanes.update().values(pause_reason="Who are you."))
    page = visitor.get(f"{ACME}/targets/{partner.id}")
    assert "Who are you. Its deliveries are kept" in page.text
    house.peer.default = Answer(200)
    page = visitor.send(page.form("/test#test"), button="check")
    for words in ("Open", "Works", "The connection works.", "It goes on now."):
        assert words in page.text, words
    house.work()
    assert house.row(deliveries, target_id=partner.id).state == "delivered"
    assert configured.target(house.rt, partner.id) is not None
