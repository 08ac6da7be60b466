"""One delivery beside the list and on a page of its own: its way, its attempts, what to do."""

import json
import re
import shlex
from uuid import uuid4

import pytest
import sqlalchemy as sa

from relay.services import lanes
from relay.store.tables import deliveries, targets
from relay.web.console.curl import curl
from tests.peer import Answer
from tests.web.console.house import SECRETS, House, Visitor
from tests.web.console.pages import Page

LOG = "/console/p/acme/deliveries/"


def ask(house: House, *answers: Answer) -> Visitor:
    house.peer.script(*answers)
    house.lead(name="Ada Example", email="ada@example.com")
    return house.visitor()


def panel(visitor: Visitor, delivery: object) -> Page:
    return visitor.get(f"{LOG}{delivery}/panel")


def test_a_row_opens_the_delivery_beside_the_list_and_by_address(house: House) -> None:
    visitor = ask(house, Answer(422, b'{"error": "no such company"}'))
    page = visitor.get(f"{LOG}?state=failed")
    assert "Its way" not in page.text
    page = visitor.get(page.link("Ada Example"))
    assert "Its way" in page.text
    assert page.html.count('aria-current="true"') == 1
    closed = visitor.get(page.link("Close"))
    assert "Its way" not in closed.text
    assert "Failed ×" in closed.text
    alone = visitor.get(f"{LOG}{house.ids(deliveries)[0]}/")
    assert alone.headings[0] == (1, "Ada Example ada@example.com")


def test_the_way_is_told_with_attempts_and_both_sides_of_each(house: House) -> None:
    visitor = ask(house, Answer(422, b'{"error": "no such company"}'))
    page = panel(visitor, house.ids(deliveries)[0])
    for words in (
        "New lead from Website to Sales CRM",
        "Owed to the target",
        "Attempt 1: Rejected · 422",
        "Sent POST",
        '"type": "lead.created"',
        "Answered 422",
        "no such company",
        "It does not accept the values it is sent.",
        "What to do: Look at its answer",
        "Copy as curl",
    ):
        assert words in page.text, words
    for secret in SECRETS:
        assert secret not in page.html


def test_a_waiting_one_says_which_attempt_comes_when_and_when_the_last(house: House) -> None:
    visitor = ask(house, Answer(503, b"later"))
    row = house.row(deliveries, state="waiting")
    page = panel(visitor, row.id)
    assert "Attempt 2 of 9, the last one on" in page.text
    assert "It failed itself: its answer is an error of its own." in page.text
    assert f'datetime="{row.due_at.isoformat()}"' in page.html
    assert "data-countdown" in page.html
    assert "Given up at the latest" in page.text
    asked = re.search(r'hx-get="([^"]*)" hx-trigger="every', page.html)
    assert asked
    address = asked[1].replace("&amp;", "&")
    assert visitor.client.get(address).status_code == 204
    lanes.pause_target(house.rt, row.target_id, "on holiday", "test")
    page = visitor.get(address)
    assert "Somebody paused the target." in page.text
    assert "the last one on" not in page.text


@pytest.mark.parametrize(
    ("state", "reason", "said"),
    [
        ("skipped", "the route's condition does not match this lead", "change the condition"),
        ("skipped", "a test submission; the source does not forward tests", "It was a test"),
        ("skipped", "consent denied: email", "did not consent"),
        ("expired", "it became too old before it could be sent", "It waited longer"),
        ("superseded", "a newer version of the lead goes instead", "in its place"),
        ("cancelled", "called off by ada@example.com", "Somebody stopped it"),
        ("failed", "its worker died three times", "Its worker ended three times"),
    ],
)
def test_every_end_is_explained(house: House, state: str, reason: str, said: str) -> None:
    visitor = ask(house, Answer(200, b"{}"))
    delivery = house.ids(deliveries)[0]
    with house.rt.database.write() as connection:
        connection.execute(sa.update(deliveries).values(state=state, reason=reason))
    page = panel(visitor, delivery)
    assert said in page.text
    assert "What to do:" in page.text


def test_a_delivered_one_leads_to_the_record_at_the_target(house: House) -> None:
    visitor = ask(house, Answer(200, b"{}"))
    delivery = house.ids(deliveries)[0]
    with house.rt.database.write() as connection:
        where = {"remote_id": "x-7", "remote_url": "https://crm.example/x-7"}
        connection.execute(sa.update(deliveries).values(**where))
    page = panel(visitor, delivery)
    assert page.link("x-7") == "https://crm.example/x-7"
    assert "What to do" not in page.text
    assert "hx-trigger" not in page.html
    with house.rt.database.write() as connection:
        connection.execute(sa.update(deliveries).values(remote_url="javascript:alert(1)"))
    assert "javascript:" not in panel(visitor, delivery).html


def test_the_command_sends_what_was_sent(house: House) -> None:
    ask(house, Answer(200, b"{}"))
    page = panel(house.visitor(), house.ids(deliveries)[0])
    shown = re.search(r'<pre id="curl-[^>]*>(.*?)</pre>', page.html, re.DOTALL)
    assert shown
    request = {
        "method": "POST",
        "url": "https://crm.example/it's?a=1&b=$HOME",
        "headers": {"content-type": "application/json", "Content-Length": "9", "x-it": "`it's`"},
        "body": '{"a": "it\'s $(b)\\n"}',
    }
    words = shlex.split(curl(request).replace("\\\n", ""))
    assert words[:4] == ["curl", "-X", "POST", request["url"]]
    assert words[4:8] == ["-H", "content-type: application/json", "-H", "x-it: `it's`"]
    assert words[8:] == ["--data-raw", request["body"]]


def test_a_viewer_sees_the_way_and_nothing_that_was_said(house: House) -> None:
    ask(house, Answer(422, json.dumps({"error": "ada@example.com is known"}).encode()))
    viewer = house.visitor("viewer@example.com", "viewer")
    page = panel(viewer, house.ids(deliveries)[0])
    assert "Attempt 1: Rejected · 422" in page.text
    assert "for operators" in page.text
    for words in ("ada@", "ada example", "curl", "known", "answered 422"):
        assert words not in page.text.lower(), words
    assert [form for form in page.forms if form.method == "post"] == []


def test_deliveries_of_other_projects_are_not_there(house: House) -> None:
    visitor = ask(house, Answer(200, b"{}"))
    delivery = house.ids(deliveries)[0]
    for address in (f"{delivery}/", f"{delivery}/panel", f"?delivery={delivery}"):
        visitor.get(f"/console/p/beta/deliveries/{address}", 404)
        visitor.get(f"{LOG}{address}")
    visitor.get(f"{LOG}{uuid4()}/", 404)


def test_advice_leads_to_where_one_does_it(house: House) -> None:
    visitor = ask(house, Answer(401, b"no"))
    target = house.row(targets, name="Sales CRM").id
    page = panel(visitor, house.ids(deliveries)[0])
    assert "its credentials are not accepted" in page.text
    assert page.link("Change the target's settings").endswith(f"/targets/{target}/edit")
    operator = house.visitor("operator@example.com", "operator")
    page = panel(operator, house.ids(deliveries)[0])
    assert "Change the target's settings" not in page.text


def test_what_is_done_leads_back_to_the_delivery(house: House) -> None:
    visitor = ask(house, Answer(422, b"no"))
    failed = house.ids(deliveries)[0]
    page = visitor.get(f"{LOG}?state=failed&delivery={failed}")
    page = visitor.send(page.form(f"/{failed}/retry"))
    assert "It is on its way again." in page.text
    assert "Its way" in page.text
    assert "Failed ×" in page.text
    again = house.row(deliveries, replay_of=failed).id
    assert visitor.get(f"{LOG}{failed}/").link(str(again)).endswith(f"{again}/")
