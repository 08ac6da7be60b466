"""What became of a lead, said and seen on its page."""

import re
from uuid import UUID

import pytest

from relay.core.stages import StatusChange
from relay.services import configure
from relay.services.status import change_status, process_status
from relay.store.tables import audit, deliveries, leads, status_changes
from tests.web.console.house import House, Visitor
from tests.web.console.pages import Form

LEADS = "/console/p/acme/leads"


@pytest.fixture
def lead(house: House) -> UUID:
    """A lead of a project with a currency and a label."""
    acme = {
        "id": "acme",
        "name": "Acme Heating",
        "currency": "EUR",
        "conversion_labels": [{"id": "b-1", "name": "Sale"}],
        "routes": [{"from": "Website", "to": "Sales CRM", "on": ["created", "status"]}],
    }
    configure.apply(house.rt, {"projects": [acme]})
    return house.lead(name="Ada Example", email="ada@example.com")


def _form(visitor: Visitor, lead: UUID) -> Form:
    return visitor.get(f"{LEADS}/{lead}").form("/status")


def test_what_became_of_a_lead_is_said_and_shown_and_told(house: House, lead: UUID) -> None:
    visitor = house.visitor()
    page = visitor.get(f"{LEADS}/{lead}")
    assert dict(page.form("/status").values)["stage"] == "open"
    page = visitor.send(page.form("/status"), stage="Sale", value="1250.50", note="by phone")
    assert "Saved." in page.text
    row = house.row(leads, id=lead)
    assert (row.status, row.value_minor, row.currency, row.version) == ("Sale", 125050, "EUR", 2)
    assert "Became of it" in page.text
    assert "by ada@example.com" in page.text
    assert "Conversion name Sale" in page.text
    assert page.text.count("Value 1250.5 EUR") == 2
    assert "125050" not in re.sub(r"<pre.*?</pre>", "", page.html, flags=re.DOTALL)
    form = dict(page.form("/status").values)
    assert (form["stage"], form["value"], form["note"]) == ("Sale", "1250.5", "by phone")
    told = house.row(deliveries, event="status")
    assert (told.label, told.lead_id) == ("Sale", lead)
    said = house.row(audit, action="status")
    assert (said.actor, said.subject) == ("ada@example.com", f"lead {row.number}")
    assert (said.before["status"], said.after["status"]) == ("open", "Sale")


def test_an_empty_field_takes_away_what_stood_there(house: House, lead: UUID) -> None:
    visitor = house.visitor()
    page = visitor.send(_form(visitor, lead), stage="won", value="10", note="x")
    page = visitor.send(page.form("/status"), value="", note="")
    form = dict(page.form("/status").values)
    assert (form["stage"], form["value"], form["note"]) == ("won", "", "")
    assert house.row(leads, id=lead).value_minor is None


@pytest.mark.parametrize("value", ["a lot", "-5", "1e99"])
def test_a_value_that_is_no_amount_is_said_and_changes_nothing(
    house: House, lead: UUID, value: str
) -> None:
    visitor = house.visitor()
    page = visitor.send(_form(visitor, lead), status=422, stage="won", value=value, note="n")
    assert "The value must be an amount" in page.text
    assert dict(page.form("/status").values)["note"] == "n"
    assert house.ids(status_changes) == []


def test_a_queued_change_is_seen_on_the_page(house: House, lead: UUID) -> None:
    change_status(house.rt, lead, StatusChange(stage="lost"), actor="an API", queued=True)
    page = house.visitor().get(f"{LEADS}/{lead}")
    assert "A change is queued and goes first." in page.text
    assert "Queued by an API" in page.text
    assert dict(page.form("/status").values)["stage"] == "open"
    assert process_status(house.rt) == 1
    assert "Status by an API version 2" in house.visitor().get(f"{LEADS}/{lead}").text


def test_a_lead_of_another_project_is_not_to_be_changed(house: House, lead: UUID) -> None:
    visitor = house.visitor()
    form = _form(visitor, lead)
    form.action = form.action.replace("acme", "beta")
    visitor.send(form, status=404, stage="won")
    assert house.ids(status_changes) == []


def test_who_may_only_look_sees_no_form(house: House, lead: UUID) -> None:
    page = house.visitor("viewer@example.com", "viewer").get(f"{LEADS}/{lead}")
    assert not [one for one in page.forms if one.action.endswith("/status")]
