"""The delivery log, the leads and one lead's whole chain, as a person reads and uses them."""

import re
from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

from relay.core.ids import new_id
from relay.services import configure, lanes
from relay.store.tables import deliveries, leads, sources, submissions, targets
from tests.peer import Answer
from tests.web.console.house import SECRETS, SIGNING, House, Visitor
from tests.web.console.pages import Page

LOG = "/console/p/acme/deliveries/"


def who(page: Page) -> list[str]:
    """The first names in a list, from top to bottom."""
    of_rows = re.compile(r"/leads/[0-9a-f-]{36}|[?&]delivery=[0-9a-f-]{36}")
    return [words.split()[0] for address, words in page.links if of_rows.search(address)]


@pytest.fixture
def busy(house: House) -> House:
    """Three leads, an hour apart: delivered, failed, and one waiting for a paused target."""
    house.peer.script(Answer(200, b'{"id": 7}'), Answer(422, b'{"error": "no such company"}'))
    for name in ("Ada", "Berta"):
        house.lead(name=f"{name} Example", email=f"{name.lower()}@example.com", phone="+4930123456")
        house.rt.clock.advance(3600)
    lanes.pause_target(house.rt, house.row(targets, name="Sales CRM").id, "on holiday", "test")
    house.lead(name="Carla Example", email="carla@example.com")
    house.rt.clock.advance(10)
    return house


def test_the_log_shows_each_delivery_with_its_state_and_why(busy: House) -> None:
    page = busy.visitor().get(LOG)
    assert who(page) == ["Carla", "Berta", "Ada"]
    assert "Waiting Carla Example carla@example.com Website → Sales CRM the target is paused" in (
        page.text
    )
    assert "Failed Berta Example" in page.text
    assert "answered 422" in page.text
    assert "Delivered Ada Example" in page.text


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("state=failed", ["Berta"]),
        ("state=failed&state=delivered", ["Berta", "Ada"]),
        ("q=ADA@example", ["Ada"]),
        ("q=030%20123456", ["Berta", "Ada"]),
        ("q=carla", ["Carla"]),
        ("q=%25", []),
        ("span=1h", ["Carla"]),
        ("span=24h", ["Carla", "Berta", "Ada"]),
        ("from=2026-03-02T12:30&until=2026-03-02T13:30", ["Berta"]),
        ("until=2026-03-02T12:30", ["Ada"]),
        ("state=nonsense&source=nonsense&from=nonsense&after=nonsense", ["Carla", "Berta", "Ada"]),
    ],
)
def test_filters_stand_in_the_address(busy: House, asked: str, found: list[str]) -> None:
    page = busy.visitor().get(f"{LOG}?{asked}")
    assert who(page) == found
    if not found:
        assert "Nothing matches" in page.text


def test_filters_by_source_and_target(busy: House) -> None:
    visitor = busy.visitor()
    crm, partner = (busy.row(targets, name=name).id for name in ("Sales CRM", "Partner"))
    website, quote = (busy.row(sources, name=name).id for name in ("Website", "Quote form"))
    assert len(who(visitor.get(f"{LOG}?target={crm}&source={website}"))) == 3
    assert who(visitor.get(f"{LOG}?target={partner}")) == []
    assert who(visitor.get(f"{LOG}?source={quote}")) == []


def test_the_filter_form_keeps_what_was_asked_and_asks_it_by_address(busy: House) -> None:
    page = busy.visitor().get(f"{LOG}?state=failed&q=berta&span=24h")
    form = next(form for form in page.forms if form.method == "get")
    given = dict(form.values)
    assert (given["state"], given["q"], given["span"]) == ("failed", "berta", "24h")


def test_pages_follow_each_other_without_gap_or_double(house: House) -> None:
    for number in range(7):
        house.submit(name=f"N{number} Example", email=f"n{number}@example.com")
    house.work()
    with house.rt.database.write() as connection:  # 119 more for the newest lead, of older times
        row = dict(connection.execute(sa.select(deliveries).limit(1)).mappings().one())

        copies = [{**row, "id": new_id(), "replay": number} for number in range(1, 120)]
        connection.execute(sa.insert(deliveries), copies)
    every = [str(one) for one in house.ids(deliveries)][::-1]
    visitor = house.visitor()
    seen: list[str] = []
    address = f"{LOG}?state=delivered"
    for _ in range(3):
        page = visitor.get(address)
        seen += list(delivery_ids(page))
        older = [link for link, words in page.links if words == "Older →"]
        address = older[0] if older else ""
    assert seen == every
    assert address == ""
    assert len(set(seen)) == 126
    back = visitor.get(page.link("← Newer"))
    assert list(delivery_ids(back)) == every[50:100]
    front = visitor.get(back.link("← Newer"))
    assert list(delivery_ids(front)) == every[:50]
    assert "← Newer" not in front.text


def delivery_ids(page: Page) -> Iterator[str]:
    """The deliveries that a log's page shows."""
    found = (re.search(r"[?&]delivery=([0-9a-f-]{36})$", address) for address, _ in page.links)
    return (one[1] for one in found if one)


def test_one_lead_shows_what_came_became_went_out_and_was_answered(busy: House) -> None:
    page = busy.visitor().get(f"/console/p/acme/leads/{busy.ids(leads)[0]}")
    for words in (
        "Ada Example",
        "Raw, as it came",
        '"email": "ada@example.com"',
        "Version 1",
        '"full_name": "Ada Example"',
        "New lead to Sales CRM",
        "Attempt 1 Delivered 200",
        f"POST {busy.peer.url}/crm",
        '"type": "lead.created"',
        '"id": 7',
        "webhook-id",
    ):
        assert words in page.text, words
    for secret in SECRETS:
        assert secret not in page.html


def test_a_failed_lead_says_what_to_do_and_can_be_sent_again(busy: House) -> None:
    visitor = busy.visitor()
    failed = busy.row(deliveries, state="failed")
    page = visitor.get(f"/console/p/acme/leads/{failed.lead_id}")
    assert "Look at the last answer below" in page.text
    assert "no such company" in page.text
    page = visitor.send(page.form(f"/deliveries/{failed.id}/retry"))
    assert "It is due now, and waits: the target is paused." in page.text
    assert "replay 1" in page.text
    lanes.resume_target(busy.rt, failed.target_id, "test")
    busy.work()
    again = busy.row(deliveries, replay_of=failed.id)
    assert again.state == "delivered"
    assert busy.row(deliveries, id=failed.id).state == "failed"


def test_a_waiting_delivery_can_be_cancelled_and_one_gone_out_cannot(busy: House) -> None:
    visitor = busy.visitor()
    waiting = busy.row(deliveries, state="waiting")
    page = visitor.get(f"/console/p/acme/leads/{waiting.lead_id}")
    form = page.form(f"/deliveries/{waiting.id}/cancel")
    page = visitor.send(form)
    assert "It will not be sent." in page.text
    assert "Called off by ada@example.com" in page.text
    assert busy.row(deliveries, id=waiting.id).state == "cancelled"
    page = visitor.send(form)
    assert "It had gone out already." in page.text or "not waiting" in page.text


def test_leads_are_found_by_name_number_and_phone_in_any_spelling(busy: House) -> None:
    visitor = busy.visitor()
    for words, found in (
        ("example", ["Carla", "Berta", "Ada"]),
        ("(030) 123 456", ["Berta", "Ada"]),
        ("#2", ["Berta"]),
        (str(busy.ids(leads)[0]), ["Ada"]),
        ("nobody", []),
    ):
        page = visitor.client.get("/console/p/acme/leads/", query_string={"q": words})
        assert who(Page(page.text)) == found, words


def test_what_a_form_sent_is_shown_as_text_and_never_as_a_page(house: House) -> None:
    evil = '<script>alert(1)</script><img src=x onerror="alert(2)">'
    lead = house.lead(name=evil, email="eve@example.com", message=evil, **{evil: evil})
    visitor = house.visitor()
    house.submit(body=f'{{"{evil}"')
    for address in (
        LOG,
        "/console/p/acme/leads/",
        f"/console/p/acme/leads/{lead}",
        "/console/p/acme/quarantine/",
        "/console/p/acme/",
    ):
        page = visitor.get(address)
        assert page.inline == []
        assert "<script>alert" not in page.html
        assert "<img src=x" not in page.html


def test_links_out_of_a_targets_answer_are_only_followed_to_https(house: House) -> None:
    lead = house.lead(name="Ada Example")
    with house.rt.database.write() as connection:
        connection.execute(
            sa.update(deliveries).values(remote_id="x-1", remote_url="javascript:alert(1)")
        )
    page = house.visitor().get(f"/console/p/acme/leads/{lead}")
    assert "x-1" in page.text
    assert "javascript:" not in page.html


def test_nothing_of_another_project_shows_or_opens(busy: House) -> None:
    visitor = busy.visitor()
    ada = busy.ids(leads)[0]
    for address in (LOG, "/console/p/acme/leads/", "/console/p/acme/quarantine/"):
        page = visitor.get(address.replace("acme", "beta"))
        assert who(page) == []
    delivery = busy.row(deliveries, state="failed").id
    source, target = busy.ids(sources)[0], busy.ids(targets)[0]
    submission = busy.ids(submissions)[0]
    for address in (
        f"leads/{ada}",
        f"sources/{source}",
        f"sources/{source}/edit",
        f"sources/{source}/live",
        f"targets/{target}",
        f"targets/{target}/edit",
        f"quarantine/{submission}",
    ):
        visitor.get(f"/console/p/acme/{address}")
        visitor.get(f"/console/p/beta/{address}", 404)
    token = dict(visitor.get(LOG).form("sign-out").values)
    for address in (
        f"deliveries/{delivery}/retry",
        f"deliveries/{delivery}/cancel",
        f"sources/{source}/pause",
        f"targets/{target}/pause",
        f"targets/{target}/test",
        f"targets/{target}/remove",
        f"sources/{source}/remove",
    ):
        assert visitor.client.post(f"/console/p/beta/{address}", data=token).status_code == 404
    assert len(busy.peer.arrivals) == 2


def test_unknown_ids_projects_and_addresses_are_a_page_that_says_so(visitor: Visitor) -> None:
    for address in (
        f"leads/{uuid4()}",
        f"sources/{uuid4()}",
        f"targets/{uuid4()}/edit",
        f"routes/{uuid4()}",
        f"quarantine/{uuid4()}",
        "sources/new/nothing",
        "quarantine/?shelf=nothing",
        "leads/nonsense",
        "nowhere",
    ):
        page = visitor.get(f"/console/p/acme/{address}", 404)
        assert page.headings[0] == (1, "There is no such page"), address
    visitor.get("/console/p/nobody/", 404)


def test_a_bug_of_ours_is_a_page_too(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    visitor = house.visitor()
    house.app.config["PROPAGATE_EXCEPTIONS"] = False
    monkeypatch.setattr("relay.services.browse.deliveries", lambda *_: 1 / 0)
    page = visitor.get(LOG, 500)
    assert "Something went wrong here" in page.text
    assert "ZeroDivision" not in page.html


def test_raw_bodies_that_are_no_text_are_shown_all_the_same(house: House) -> None:
    house.submit(body=b"\xff\xfe not json \x00")
    page = house.visitor().get("/console/p/acme/quarantine/")
    page = house.visitor().get(next(a for a, w in page.links if w == "Submission"))
    assert "not json" in page.text


def test_a_long_body_shows_its_beginning_and_can_be_saved(house: House) -> None:
    lead = house.lead(name="Ada Example", message="x" * 150_000)
    page = house.visitor().get(f"/console/p/acme/leads/{lead}")
    assert "This is its beginning." in page.text
    assert page.link("Download all of it").endswith("/raw")


def test_removed_targets_stay_readable_in_the_chain(busy: House) -> None:
    target = busy.row(targets, name="Sales CRM").id
    configure.archive(busy.rt, target, "test")
    page = busy.visitor().get(f"/console/p/acme/leads/{busy.ids(leads)[0]}")
    assert "Sales CRM removed" in page.text
    assert not [address for address, _ in page.links if str(target) in address]
    assert SIGNING not in page.html


def test_time_filter_ends_are_read_as_utc(busy: House) -> None:
    noon = busy.rt.clock.now() - timedelta(hours=2)
    asked = f"from={noon:%Y-%m-%dT%H:%M}&until={noon + timedelta(minutes=1):%Y-%m-%dT%H:%M}"
    assert who(busy.visitor().get(f"{LOG}?{asked}")) == ["Ada"]
