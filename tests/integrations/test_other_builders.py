"""Senders of whom little is told: nothing of what they send is lost, no repeat, and nobody else."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from relay.catalog import load_catalog
from relay.core.adapter import Mapped, MappingRules
from relay.core.contract import Inbound, Json, Parsed
from relay.core.verify import verify

KINDS = load_catalog().sources
FORM = {"content-type": "application/x-www-form-urlencoded"}


def parse(kind: str, body: Json) -> Parsed:
    (parsed,) = KINDS[kind].source.parse(Inbound(body=json.dumps(body).encode()), {})
    return parsed


def mapped(kind: str, body: Json) -> Mapped:
    rules = MappingRules(noise=KINDS[kind].source.noise, region="DE")
    found = KINDS[kind].adapter.map(parse(kind, body), rules)
    assert found.reasons == []
    return found


def lead(kind: str, body: Json) -> Any:
    return mapped(kind, body).document


# --- repeats -------------------------------------------------------------------------------------


def entry(kind: str, number: Json) -> Json:
    """A submission with this number, as its sender writes it."""
    fields = {"Email": "ada@example.com"}
    return {
        "wpforms": {**fields, "form_id": "1", "entry_id": number},
        "fluent_forms": {**fields, "__submission": {"id": number, "form_id": 1}},
        "gravity_forms": {"1": "ada@example.com", "form_id": "1", "id": number},
        "wufoo": {"Field1": "ada@example.com", "EntryId": number},
        "automation": {**fields, "submission_id": number},
    }[kind]


@pytest.mark.parametrize(
    "kind", ["wpforms", "fluent_forms", "gravity_forms", "wufoo", "automation"]
)
@pytest.mark.parametrize("number", [0, "0"])
def test_zero_is_the_number_of_all_that_is_not_kept_and_tells_no_repeat(
    kind: str, number: Json
) -> None:
    assert parse(kind, entry(kind, number)).event_id is None
    assert parse(kind, entry(kind, "10")).event_id is not None


@pytest.mark.parametrize(
    "kind",
    [
        *("automation", "wufoo", "formstack", "cognito_forms", "netlify", "wix"),
        "hubspot_workflow",
    ],
)
def test_what_may_come_without_an_id_is_told_by_its_content_for_a_while(kind: str) -> None:
    assert KINDS[kind].source.repeat_window == 600


def test_the_id_of_a_step_before_tells_a_repeat_only_of_the_same_words() -> None:
    first = {"id": 7, "email": "ada@example.com", "message": "One"}
    assert parse("automation", first).event_id == parse("automation", first).event_id is not None
    assert parse("automation", {**first, "message": "Two"}).event_id != (
        parse("automation", first).event_id
    )
    named = {"submission_id": "s1", **first}
    assert parse("automation", {**named, "message": "Two"}).event_id == "s1"


@pytest.mark.parametrize("number", [True, None, "", [], {}])
def test_what_is_no_id_is_none(number: Json) -> None:
    assert parse("automation", {"id": number, "email": "ada@example.com"}).event_id is None


def test_a_contact_that_comes_again_without_its_last_change_says_something_new() -> None:
    parsed = parse("hubspot_workflow", {"hs_object_id": 151, "message": "One"})
    assert (parsed.event_id, parsed.lead_id) == (None, "151")
    changed = {"vid": 151, "properties": {"lastmodifieddate": {"value": "1772452386000"}}}
    assert parse("hubspot_workflow", changed).event_id == "151 1772452386000"


def test_a_partial_submission_that_has_grown_is_no_repeat() -> None:
    answers = [{"title": "Email", "type": "email", "key": "a", "value": "ada@example.com"}]
    partial = {"submission_id": "s", "trigger": "partial_submission", "data": answers}
    more = {**partial, "data": [*answers, {"title": "Name", "type": "text", "value": "Ada"}]}
    complete = {**more, "trigger": "submission"}
    events = [parse("paperform", body).event_id for body in (partial, partial, more, complete)]
    assert events[0] == events[1]
    assert len(set(events)) == 3
    assert events[3] == " s"
    assert {parse("paperform", body).lead_id for body in (partial, more, complete)} == {" s"}


# --- nothing is lost -----------------------------------------------------------------------------

PAGE = "https://www.example.com/quote?utm_source=news&gclid=Cj0"


def contact(**properties: Json) -> Json:
    said = {name: {"value": value, "versions": []} for name, value in properties.items()}
    return {"vid": 151, "portal-id": 62515, "properties": said}


def test_hubspot_s_first_page_and_source_and_the_last_form_are_kept() -> None:
    body = contact(
        email="ada@example.com",
        hs_object_id="151",
        hs_analytics_source="PAID_SEARCH",
        hs_analytics_first_url=PAGE,
        hs_analytics_first_referrer="https://www.google.com/",
        hs_email_bounce="0",
    )
    forms = [
        {"form-id": "f1", "timestamp": 1, "title": "Old"},
        {"form-id": "f2", "timestamp": 2, "title": "Quote", "page-url": "https://x.example/q"},
    ]
    found = mapped("hubspot_workflow", {**body, "form-submissions": forms, "profile-token": "t"})
    document: Any = found.document
    assert document["attribution"] == {
        "landing_page": PAGE,
        "referrer": "https://www.google.com/",
        "page_url": "https://x.example/q",
        "utm": {"source": "news"},
        "click_ids": {"gclid": "Cj0"},
    }
    assert document["form"] == {
        "id": "f2",
        "name": "Quote",
        "fields": {"Original source": "PAID_SEARCH"},
    }
    assert "/rest" in [warning["place"] for warning in found.warnings]
    assert parse("hubspot_workflow", {**body, "profile-token": "t"}).document["rest"] == [
        "hs_email_bounce",
        "profile-token",
    ]


@pytest.mark.parametrize("forms", [None, "x", [], [None], [{"timestamp": None}, {"timestamp": 1}]])
def test_a_contact_who_filled_in_no_form_is_one_all_the_same(forms: Json) -> None:
    body = {**contact(email="ada@example.com"), "form-submissions": forms}
    assert "form" not in lead("hubspot_workflow", body)


def test_a_chosen_contact_id_is_kept() -> None:
    body = {"hs_object_id": 151, "email": "ada@example.com"}
    document = lead("hubspot_workflow", body)
    assert document["keys"] == {"external": {"hubspot_contact_id": 151}}
    assert "form" not in document


def test_what_a_user_of_wix_adds_and_what_wix_knows_of_the_person_is_kept() -> None:
    data = {
        "formName": "Contact",
        "submissionId": "s1",
        "submissions": [{"label": "Email", "value": "ada@example.com"}],
        "field:email_1": "ada@example.com",
        "field:more": "Only here",
        "utm_source": "news",
        "contactId": "c1",
        "contact": {
            "contactId": "c1",
            "name": {"first": "Ada", "last": "Lovelace"},
            "phone": "030 23125001",
        },
    }
    found = mapped("wix", {"data": data})
    document: Any = found.document
    assert document["contact"]["email"] == "ada@example.com"
    assert document["contact"]["full_name"] == "Ada Lovelace"
    assert document["contact"]["phone"]["e164"] == "+493023125001"
    assert document["attribution"]["utm"] == {"source": "news"}
    assert document["form"]["fields"] == {"field:more": "Only here"}
    assert "/rest" in [warning["place"] for warning in found.warnings]


def test_uploads_of_cognito_forms_are_files_with_their_names() -> None:
    upload = {"Id": "F-1", "Name": "plan.pdf", "ContentType": "application/pdf", "Size": 12}
    body = {"Form": {"Id": "1"}, "Entry": {"Number": 1}, "Email": "ada@example.com"}
    document = lead("cognito_forms", {**body, "Plan": [{**upload, "File": "https://c.example/f"}]})
    assert document["form"]["files"] == [
        {
            "label": "Plan",
            "url": "https://c.example/f",
            "name": "plan.pdf",
            "type": "application/pdf",
            "size": 12,
        }
    ]
    document = lead("cognito_forms", {**body, "Plan": [{**upload, "File": None}], "None": []})
    assert "plan.pdf" in document["form"]["fields"]["Plan"][0]
    assert "files" not in document["form"]


@pytest.mark.parametrize(
    ("location", "phone", "place"),
    [
        ({"type": "outbound_call", "location": "030 23125001"}, "+493023125001", None),
        ({"type": "inbound_call", "location": "030 23125001"}, None, "030 23125001"),
        ({"type": "physical", "location": "Main Street 1"}, None, "Main Street 1"),
        (
            {"type": "zoom", "join_url": "https://zoom.example/j/1"},
            None,
            "https://zoom.example/j/1",
        ),
        ({"type": "ask_invitee"}, None, "ask_invitee"),
        ({}, None, None),
        (None, None, None),
    ],
)
def test_a_call_is_booked_at_the_invitee_s_own_number(
    location: Json, phone: str | None, place: str | None
) -> None:
    booked = {"name": "Intro", "location": location, "event_memberships": [{"user": "u"}]}
    payload = {"uri": "u1", "email": "ada@example.com", "scheduled_event": booked}
    document = lead("calendly", {"event": "invitee.created", "payload": payload})
    assert document["contact"].get("phone", {}).get("e164") == phone
    assert document["form"]["fields"].get("Booked at") == place


def test_answers_of_formstack_may_come_with_their_types() -> None:
    body = {
        "FormID": "1",
        "UniqueID": "2",
        "Name": {"value": {"first": "Ada", "last": "Lovelace"}, "field_type": "name"},
        "Email": {"value": "ada@example.com", "field_type": "email"},
    }
    document = lead("formstack", body)
    assert document["contact"]["full_name"] == "Ada Lovelace"
    assert document["contact"]["email"] == "ada@example.com"
    assert document["form"] == {"id": "1"}


def test_a_form_in_another_language_names_its_page_too() -> None:
    fields = {"E-Mail": "ada@example.com", "Seiten-URL": PAGE}
    inbound = Inbound(body=urlencode(fields).encode(), headers=FORM)
    (parsed,) = KINDS["elementor"].source.parse(inbound, {})
    document: Any = KINDS["elementor"].adapter.map(parsed, MappingRules()).document
    assert document["attribution"]["page_url"] == PAGE
    assert document["attribution"]["click_ids"] == {"gclid": "Cj0"}


@pytest.mark.parametrize("label", ["gdpr", "RGPD", "LGPD", "DSGVO"])
def test_the_name_of_a_law_on_privacy_is_no_consent_to_marketing(label: str) -> None:
    said = "I consent to having this website store my submitted information"
    document = lead("wpforms", {"email": "ada@example.com", label: said})
    assert document["consent"].keys() == {"privacy"}
    assert document["consent"]["privacy"]["raw"] == said


def test_calendly_s_signature_is_of_its_time_and_the_body() -> None:
    digest = "59b1d2fad8e881ca1010733a6209dee42d855590c8af45703408b30dbd7b002d"
    header = {"calendly-webhook-signature": f"t=1663849649,v1={digest}"}
    source, settings = KINDS["calendly"].source, {"secrets": ["abc123"]}
    genuine = Inbound(body=b'{"a":1}', headers=header)
    assert verify(source, genuine, settings, 1663849649 + 180) is None
    assert "181 s away" in (verify(source, genuine, settings, 1663849649 + 181) or "")
    altered = Inbound(body=b'{"a":2}', headers=header)
    assert verify(source, altered, settings, 1663849649) == "the signature does not match"
