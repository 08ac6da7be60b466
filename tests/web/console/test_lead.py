"""One lead: what happened to it, its neighbours, its bodies and fields, its receipt, the veil."""

import re
from html import unescape
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from relay.services import configure, configured, lanes
from relay.store.tables import attempts, deliveries, leads, submissions, targets
from tests.peer import Answer
from tests.web.console.house import House, Visitor
from tests.web.console.pages import Page

LEADS = "/console/p/acme/leads/"


def arrange(house: House, schedules: dict[str, list[int]], *routes: dict[str, Any]) -> None:
    """Let targets be tried again after so many seconds, and routes be there."""
    configure.apply(
        house.rt, {"projects": [{"id": "acme", "name": "Acme", "routes": list(routes)}]}
    )
    with house.rt.database.write() as connection:
        for name, schedule in schedules.items():
            update = sa.update(targets).where(targets.c.name == name)
            connection.execute(update.values(retry={"schedule": schedule}))
    configured.forget(house.rt)


@pytest.fixture
def lead(house: House) -> UUID:
    """Ada's lead: the CRM failed once and then took it, the partner gets none without a company."""
    wants_company = {"from": "Website", "to": "Partner", "when": {"required": ["company"]}}
    arrange(house, {"Sales CRM": [60]}, {"from": "Website", "to": "Sales CRM"}, wants_company)
    house.peer.script(Answer(500, b"out of order"), Answer(200, b'{"id": 7}'))
    made = house.lead(name="Ada Example", email="ada@example.com", phone="+4930123456", Roof="flat")
    house.rt.clock.advance(90)
    house.work()
    with house.rt.database.write() as connection:
        done = sa.update(deliveries).where(deliveries.c.state == "delivered")
        record = {"remote_id": "rec-7", "remote_url": "https://crm.example/rec-7"}
        connection.execute(done.values(**record))
    return made


def timeline(page: Page) -> list[str]:
    """The lines of the timeline, without times."""
    lists = re.search(r'<ol class="timeline">(.*?)</ol>', page.html, re.DOTALL)
    assert lists
    rows = re.findall(r'<span class="what">(.*?)</span>\s*</li>', lists[1], re.DOTALL)
    return [" ".join(unescape(re.sub(r"<[^>]+>", " ", row)).split()) for row in rows]


def test_the_timeline_tells_everything_in_its_order(house: House, lead: UUID) -> None:
    page = house.visitor().get(f"{LEADS}{lead}")
    assert [re.sub(r"\d+ ms", "MS", one) for one in timeline(page)] == [
        "Arrived at Website",
        "Became a lead version 1",
        "To go out to Sales CRM: New lead",
        f"Skipped to Partner {house.row(deliveries, state='skipped').reason}",
        "To be retried attempt 1 to Sales CRM 500 in MS",
        "Delivered attempt 2 to Sales CRM 200 in MS",
        "Delivered to Sales CRM Their record: rec-7",
    ]
    assert "+1 min 30 s" in page.text
    assert page.link("rec-7") == "https://crm.example/rec-7"
    for anchor in re.findall(r'<span class="what">.*?href="#([^"]+)"', page.html):
        assert anchor in page.ids, anchor


def test_what_is_still_to_come_stands_at_the_end(house: House) -> None:
    house.peer.script(Answer(500, b""))
    arrange(house, {"Partner": [600]}, {"from": "Website", "to": "Partner"})
    lanes.pause_target(house.rt, house.row(targets, name="Sales CRM").id, "on holiday", "test")
    lead = house.lead(name="Ada")
    lines = timeline(house.visitor().get(f"{LEADS}{lead}"))
    assert sorted(lines[-2:]) == [
        "Due to Sales CRM as soon as the target’s pause ends",
        "Next try to Partner",
    ]


def test_repeats_and_changes_are_moments_too(house: House, lead: UUID) -> None:
    with house.rt.database.write() as connection:
        first = connection.execute(sa.select(submissions)).mappings().one()
        again = {"id": UUID(int=1), "state": "duplicate", "duplicate_of": first["id"]}
        row = {**first, **again, "lead_id": None, "lead_version": None}
        connection.execute(sa.insert(submissions).values(row))
    visitor = house.visitor()
    page = visitor.get(f"{LEADS}{lead}")
    assert any(line.startswith("Repeat at Website") for line in timeline(page))
    visitor.send(page.form("/status"), stage="won", value="", note="")
    lines = timeline(visitor.get(f"{LEADS}{lead}"))
    assert "Status to won by ada@example.com" in lines
    assert "Changed version 2" in lines


def test_neighbours_are_those_of_the_list_one_came_from(house: House) -> None:
    ids = [house.lead(name=f"{name} Example", Roof=roof) for name, roof in ROOFS]
    visitor = house.visitor()

    def beside(at: UUID, query: str = "") -> tuple[str | None, str | None]:
        page = visitor.get(f"{LEADS}{at}{query}")
        found = {words: address for address, words in page.links if words[:1] in "↑↓"}
        return found.get("↑ Previous"), found.get("↓ Next")

    assert beside(ids[1]) == (f"{LEADS}{ids[2]}", f"{LEADS}{ids[0]}")
    assert beside(ids[3]) == (None, f"{LEADS}{ids[2]}")
    flat = "?q=flat"
    assert beside(ids[2], flat) == (f"{LEADS}{ids[3]}{flat}", f"{LEADS}{ids[0]}{flat}")
    page = visitor.get(f"{LEADS}{ids[2]}{flat}")
    assert page.link("Leads found") == f"{LEADS}{flat}"
    assert page.link("Side by side").endswith(f"/bodies{flat}")
    page = visitor.send(page.form(f"/status{flat}"), stage="won")
    assert page.link("Leads found") == f"{LEADS}{flat}"


ROOFS = (("Ada", "flat"), ("Berta", "steep"), ("Carla", "flat"), ("Dora", "flat"))


def test_other_leads_of_the_same_person_are_named(house: House, lead: UUID) -> None:
    other = house.lead(name="A. Example", email="ADA@example.com", phone="+4930123456")
    third = house.lead(name="Bob", phone="+49 30 123456")
    house.lead(name="Carla", email="carla@example.com")
    page = house.visitor().get(f"{LEADS}{lead}")
    said = page.text.partition("The same person")[2].partition("What happened")[0]
    assert "A. Example same e-mail and phone" in said
    assert "Bob same phone" in said
    assert "Carla" not in said
    assert {f"{LEADS}{other}", f"{LEADS}{third}"} <= {address for address, _ in page.links}
    assert page.link("Everything that arrived with ada@example.com")


def test_bodies_stand_side_by_side_with_their_differences(house: House, lead: UUID) -> None:
    visitor = house.visitor()
    page = visitor.get(f"{LEADS}{lead}/bodies")
    assert "As it came Website" in page.text
    assert "As a lead Version 1" in page.text
    assert re.search(r'class="moved">[^<]*Ada Example', page.html)
    offered = [one["value"] for one in page.fields if one.get("name") == "body"]
    assert len(offered) == 6
    tries = [str(one) for one in house.ids(attempts)]
    chosen = [f"sent-{tries[0]}-0", f"sent-{tries[1]}-0", f"answer-{tries[1]}-0"]
    assert set(chosen) <= set(offered)
    page = Page(visitor.client.get(f"{LEADS}{lead}/bodies", query_string={"body": chosen}).text)
    assert [words for rank, words in page.headings if rank == 2 and "attempt" in words] == [
        "Sent To Sales CRM, attempt 1",
        "Sent To Sales CRM, attempt 2",
        "Answered By Sales CRM, attempt 2",
    ]
    assert '"id": 7' in page.text
    ticked = [value for name, value in page.forms[-1].values if name == "body"]
    assert not ticked or set(ticked) == set(chosen)
    page = visitor.get(f"{LEADS}{lead}/bodies?body=nonsense")
    assert "As a lead Version 1" in page.text


def test_each_field_tells_where_it_is_from_and_where_it_goes(house: House, lead: UUID) -> None:
    visitor = house.visitor()
    page = visitor.get(f"{LEADS}{lead}/fields")
    assert "Contact · E-mail ada@example.com “email” by its name" in page.text
    assert "Form field: Roof flat “Roof” kept under its label" in page.text
    assert "Contact · First name Ada derived" in page.text
    assert re.search(r"(Sales CRM, Partner|Partner, Sales CRM) get the lead as a whole", page.text)
    with house.rt.database.write() as connection:
        mapping = {"/mail": "/contact/email", "/who": {"template": "[first_name]"}}
        update = sa.update(targets).where(targets.c.name == "Partner")
        connection.execute(update.values(mapping=mapping))
    configured.forget(house.rt)
    assert "/mail" in visitor.get(f"{LEADS}{lead}/fields").text


def test_the_receipt_tells_a_client_what_happened_without_jargon(house: House, lead: UUID) -> None:
    visitor = house.visitor()
    text = visitor.client.get(f"{LEADS}{lead}/receipt.txt")
    assert text.mimetype == "text/plain"
    row = house.row(leads, id=lead)
    assert text.text.splitlines() == [
        "Lead no. 1: Ada Example, a…@example.com",
        "Received: 2026-03-02 12:00:00 UTC, through “Website”.",
        "",
        "Sales CRM:",
        "  Delivered the lead: 2026-03-02 12:01:30 UTC, 1 minute after it was received.",
        "  Its record there: rec-7, https://crm.example/rec-7",
        "Partner:",
        "  The lead has not been delivered.",
        "  The rules say that it does not go there.",
        "",
        f"Written: 2026-03-02 12:01:30 UTC. Reference: {row.public_id}",
    ]
    page = visitor.get(f"{LEADS}{lead}/receipt")
    for line in text.text.splitlines():
        assert " ".join(line.split()) in page.text
    for word in ("123456", "ada@", "whsec", "webhook", "flat", "attempt"):
        assert word not in text.text, word


def test_the_receipt_tells_what_is_still_open_and_when_it_is_tried(house: House) -> None:
    house.peer.script(Answer(503, b""))
    arrange(house, {"Sales CRM": [3600]})
    lead = house.lead(name="Ada")
    visitor = house.visitor()
    said = visitor.client.get(f"{LEADS}{lead}/receipt.txt").text
    assert "Lead no. 1: Ada\n" in said
    assert "Tried once 2026-03-02 12:00:00 UTC: it could not be reached" in said
    assert re.search(r"It is tried again: 2026-03-02 1[23]:\d\d:\d\d UTC, at the latest", said)
    house.rt.clock.advance(5000)
    house.peer.script(Answer(422, b"no"))
    house.work()
    page = visitor.get(f"{LEADS}{lead}")
    visitor.send(page.form("/status"), stage="lost", value="12.50")
    said = visitor.client.get(f"{LEADS}{lead}/receipt.txt").text
    assert "Nothing more is tried by itself." in said
    assert "Tried 2 times, the last time 2026-03-02 13:23:20 UTC: it did not accept it." in said
    assert "Status: lost, worth 12.5" in said


def test_a_viewer_sees_the_way_of_a_lead_and_nothing_of_whose_it_is(
    house: House, lead: UUID
) -> None:
    house.lead(name="Bob Example", email="ada@example.com")
    owner = house.visitor()
    owner.send(owner.get(f"{LEADS}{lead}").form("/status"), stage="won", value="5", note="secret")
    viewer = house.visitor("viewer@example.com", "viewer")
    for page in ("", "/receipt", "/receipt.txt"):
        said = viewer.client.get(f"{LEADS}{lead}{page}").text
        assert "Sales CRM" in said
        for word in ("Ada", "Bob", "ada@", "123456", "flat", "secret", "out of order", "Werkzeug"):
            assert word not in said, (page, word)
    assert "Lead 1" in viewer.get(f"{LEADS}{lead}").text
    assert "rec-7" in viewer.get(f"{LEADS}{lead}").text
    for page in ("bodies", "fields"):
        assert viewer.client.get(f"{LEADS}{lead}/{page}").status_code == 403


def test_pages_of_another_project_s_lead_are_not_there(house: House, lead: UUID) -> None:
    visitor: Visitor = house.visitor()
    for page in ("", "/bodies", "/fields", "/receipt", "/receipt.txt"):
        assert visitor.client.get(f"/console/p/beta/leads/{lead}{page}").status_code == 404
