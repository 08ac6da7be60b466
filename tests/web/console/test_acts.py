"""What an operator does to one delivery in the browser, and where that leads back to."""

import pytest

from relay.services import blocked, lanes
from relay.store.tables import audit, deliveries, leads, targets
from tests.peer import Answer
from tests.web.console.house import House

LOG = "/console/p/acme/deliveries/"


@pytest.fixture
def paused(house: House) -> House:
    """A delivery that waits for a target which a person has paused."""
    lanes.pause_target(house.rt, house.row(targets, name="Sales CRM").id, "holiday", "test")
    house.lead(name="Ada Example", email="ada@example.com", phone="+49 30 123456")
    return house


def test_one_delivery_is_forced_past_a_pause(paused: House) -> None:
    visitor = paused.visitor("olga@example.com", "operator")
    row = paused.row(deliveries)
    page = visitor.get(f"/console/p/acme/leads/{row.lead_id}")
    page = visitor.send(page.form(f"/deliveries/{row.id}/force"))
    assert "It goes now, past what held it back." in page.text
    paused.work()
    assert paused.row(deliveries).state == "delivered"
    [line] = [paused.row(audit, action="force")]
    assert line.actor == "olga@example.com"


def test_it_goes_to_another_target(paused: House) -> None:
    visitor = paused.visitor("olga@example.com", "operator")
    row, partner = paused.row(deliveries), paused.row(targets, name="Partner").id
    page = visitor.get(f"/console/p/acme/leads/{row.lead_id}")
    form = page.form(f"/deliveries/{row.id}/replay-to")
    page = visitor.send(form, target=str(partner))
    assert "It is on its way to Partner." in page.text
    assert "the target has this version" in visitor.send(form, target=str(partner)).text
    paused.work()
    assert paused.row(deliveries, target_id=partner).state == "delivered"
    beta = paused.row(targets, name="Beta CRM").id
    for other in (str(beta), "", "nonsense"):
        assert "Choose the target" in visitor.send(form, target=other).text
    assert len(paused.ids(deliveries)) == 2


def test_a_blocked_contact_is_asked_about_first(paused: House) -> None:
    visitor = paused.visitor()
    row = paused.row(deliveries)
    lead = paused.row(leads, id=row.lead_id)
    with paused.rt.database.write() as connection:
        contact = (row.project_id, lead.phone)
        blocked.block(connection, contact, row.source_id, paused.rt.clock.now())
    page = visitor.get(f"/console/p/acme/leads/{row.lead_id}")
    asked = visitor.send(page.form("/retry"), next=LOG)
    assert "Send to a blocked contact?" in asked.text
    assert len(paused.ids(deliveries)) == 1
    assert asked.link("Do not send") == LOG
    page = visitor.send(asked.form("/retry"), button="send")
    assert "It is due now, and waits: the target is paused." in page.text
    assert len(paused.ids(deliveries)) == 2


def test_one_comes_back_to_where_one_was_and_never_elsewhere(paused: House) -> None:
    visitor = paused.visitor()
    row = paused.row(deliveries)
    page = visitor.get(f"/console/p/acme/leads/{row.lead_id}")
    form = page.form("/retry")
    lead = f"/console/p/acme/leads/{row.lead_id}#d-{row.id}"
    for asked, leads_to in (
        (f"{LOG}?state=waiting", f"{LOG}?state=waiting"),
        ("", lead),
        ("https://evil.example/", lead),
        ("//evil.example/", lead),
        ("/console/p/beta/", lead),
        ("/console/p/acme/../beta/", lead),
        ("/console/p/acme//evil", lead),
        ("/console/p/acme/\\evil", lead),
        ("/console/p/acme/\r\nX: y", lead),
    ):
        data = dict(form.values) | {"next": asked}
        answer = visitor.client.post(form.action, data=data)
        assert (answer.status_code, answer.headers["Location"]) == (303, leads_to), asked


def test_why_it_is_not_sent_is_said(house: House) -> None:
    house.peer.script(Answer(401, b"who are you"))
    house.lead(name="Ada Example")
    row = house.row(deliveries)
    visitor = house.visitor()
    page = visitor.get(f"/console/p/acme/leads/{row.lead_id}")
    page = visitor.send(page.form("/force"))
    assert "It is not sent: its credentials are not accepted" in page.text
