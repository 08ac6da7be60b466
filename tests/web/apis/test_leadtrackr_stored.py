"""What LeadTrackr's calls were sent comes back as it was, and updates add to it."""

from typing import Any

import pytest

from tests.web.apis.leadtrackr_calls import KEY, KEYS, USER, Calls, configure, lead

pytestmark = [
    pytest.mark.redis,
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]

ATTRIBUTION = {
    "gclid": "Cj0",
    "wbraid": "w",
    "cid": "1234567890.1234567890",
    "sid": "1772450000",
    "fbp": "fb.1.1612345678.1234567890",
    "fbc": "fb.1.1612345678.IwAR",
}

FORM = {
    "zuletzt": "10",
    "formName": "undefined form name",
    "formMessage": "Zeile 1\nZeile 2\t☃ 🏠 \u202eא",
    "uniqueEventId": "evt_abc123",
    "number": 12.5,
    "whole": 10**18,
    "yes": True,
    "nothing": None,
    "empty": "",
    "nested": {"b": [1, {"c": []}, [[]]], "a": {}},
    "10": "ten",
    "formFields": [{"Budget": "1"}, {"Budget": "2"}, {"Budget": "1"}],
}

FLOW = [{"t": 1772450000000, "ch": {"s": "google", "m": "cpc"}, "lp": "/"}]
OLDER_FLOW = '[{"timestamp":1,"channel":{"source":"google","medium":"cpc","campaign":""}}]'


@pytest.fixture
def calls(runtime: Any, client: Any) -> Calls:
    configure(runtime)
    return Calls(runtime, client)


# --- what was sent ---------------------------------------------------------------------------

SENT = [
    pytest.param("userData", USER, id="LT-23"),
    pytest.param("userData", {"company": "A", "email": "a@b.cc"}, id="LT-24-company-stays"),
    pytest.param("userData", {"email": " A@B.CC ", "phone": "0031-6 1"}, id="LT-51-as-sent"),
    pytest.param(
        "userData", {"firstName": 5, "lastName": ["x"], "phone": {"a": 1}}, id="LT-23-odd"
    ),
    pytest.param("attributionData", ATTRIBUTION, id="LT-25"),
    pytest.param("attributionData", {"x": 1, "y": {"z": [None]}, "utm_source": "a"}, id="LT-26"),
    pytest.param("attributionData", {"gclid": "", "cid": None, "fbp": " "}, id="LT-26-empty-ids"),
    pytest.param("formData", FORM, id="LT-27-LT-28"),
    pytest.param("formData", {"formFields": []}, id="LT-18-inner-list"),
    pytest.param("channelFlow", FLOW, id="LT-32-LT-34-list"),
    pytest.param("channelFlow", OLDER_FLOW, id="LT-34-text"),
    pytest.param("channelFlow", "%5B%7B%22t%22%3A1%7D%5D", id="LT-34-encoded"),
    pytest.param("channelFlow", "not a flow", id="LT-34-anything"),
    pytest.param("channelFlow", {"a": 1}, id="LT-34-object"),
]


@pytest.mark.parametrize(("part", "value"), SENT)
def test_what_was_sent_is_answered_as_it_was(calls: Calls, part: str, value: Any) -> None:
    number = calls.made(**{part: value})
    found = calls.get(number)
    assert found[part] == value
    assert repr(found[part]) == repr(value)  # types and order, too
    assert tuple(found) == KEYS
    assert calls.find()["leads"] == [found]


FLOWS = [
    pytest.param({"channelFlow": FLOW, "lt_channelflow": "x"}, FLOW, id="LT-33-first"),
    pytest.param({"channelFlow": "", "lt_channelflow": FLOW}, FLOW, id="LT-33-blank"),
    pytest.param({"channelFlow": None, "lt_channelflow": "x"}, "x", id="LT-33-null"),
    pytest.param({"channelFlow": [], "lt_channelflow": FLOW}, [], id="LT-33-empty-list"),
    pytest.param({"lt_channelflow": OLDER_FLOW}, OLDER_FLOW, id="LT-32-alias"),
    pytest.param({"channelFlow": ""}, None, id="LT-33-nothing"),
    pytest.param({}, None, id="LT-34-absent"),
]


@pytest.mark.parametrize(("given", "answered"), FLOWS)
def test_the_flow_has_two_names(calls: Calls, given: dict[str, Any], answered: Any) -> None:
    assert calls.get(calls.made(**given))["channelFlow"] == answered


COMPANIES = [
    pytest.param({"company": "B"}, "B", id="LT-24"),
    pytest.param({"company": "B", "companyName": ""}, "B", id="LT-24-blank"),
    pytest.param({"company": "B", "companyName": "A"}, "A", id="LT-24-both"),
    pytest.param({"companyName": "A"}, "A", id="LT-23"),
    pytest.param({"firstName": "x"}, None, id="LT-60-none"),
]


@pytest.mark.parametrize(("user", "company"), COMPANIES)
def test_the_plugin_s_company_counts_where_no_name_of_one_is_given(
    calls: Calls, user: dict[str, Any], company: str | None
) -> None:
    found = calls.get(calls.made(userData=user))
    assert found["companyName"] == company
    assert found["userData"] == user


@pytest.mark.parametrize(
    "device",
    [{"ipAddress": "192.0.2.1"}, {"ipAdress": "192.0.2.1"}, {"x": {"y": 1}}],
    ids=["LT-29-LT-30", "LT-31-LT-30", "LT-30-anything"],
)
def test_device_data_is_taken_and_never_answered(calls: Calls, device: dict[str, Any]) -> None:
    found = calls.get(calls.made(deviceData=device))
    assert tuple(found) == KEYS
    assert "192.0.2.1" not in str(found)


def test_lt_28_the_event_id_stays_in_the_form_and_nowhere_else(calls: Calls) -> None:
    found = calls.get(calls.made(formData={"uniqueEventId": "evt"}))
    assert found["formData"] == {"uniqueEventId": "evt"}
    assert "uniqueEventId" not in found
    assert found["uniqueIdentifier"] is None


TEXTS = [
    pytest.param("Ünïcödé 日本語 🏳️‍🌈 \u202e", None, id="LT-52-unicode"),
    pytest.param("<b>&amp;\"'\\/", None, id="LT-52-markup"),
    pytest.param("a\x00b", "ab", id="LT-52-nul-is-taken-out"),
    pytest.param("a\ud800b", "a�b", id="LT-52-lone-surrogate-is-replaced"),
    pytest.param("x" * 100_000, None, id="LT-52-long"),
    pytest.param(" \t\x7f\u200b ", None, id="LT-52-blanks"),
]


@pytest.mark.parametrize(("text", "kept"), TEXTS)
def test_texts_come_back(calls: Calls, text: str, kept: str | None) -> None:
    kept = text if kept is None else kept
    body = lead(userData={"firstName": text}, formData={"formName": text, text: text})
    found = calls.get(calls.create(body).get_json()["leadId"])
    assert found["userData"] == {"firstName": kept}
    assert found["formData"] == {"formName": kept, kept: kept}
    assert (found["firstName"] or "").strip() == kept.strip()


# --- updates ---------------------------------------------------------------------------------


def updated(calls: Calls, first: dict[str, Any], then: dict[str, Any]) -> dict[str, Any]:
    event = {"uniqueEventId": "evt"}
    number = calls.made(**{**first, "formData": {**event, **first.get("formData", {})}})
    body = lead(**{**then, "formData": {**event, **then.get("formData", {})}})
    answer = calls.create_by_server(body)
    assert (answer.status_code, answer.get_json()["leadId"]) == (200, number)
    return calls.get(number)


def test_lt_46_attribution_is_merged(calls: Calls) -> None:
    found = updated(
        calls,
        {"attributionData": {"gclid": "a", "consent": {"ad_storage": "granted"}}},
        {"attributionData": {"fbp": "b", "consent": {"ad_user_data": "denied"}}},
    )
    consent = {"ad_storage": "granted", "ad_user_data": "denied"}
    assert found["attributionData"] == {"gclid": "a", "consent": consent, "fbp": "b"}


def test_lt_47_new_values_win_and_absent_ones_stay(runtime: Any, calls: Calls) -> None:
    first = {"userData": {"firstName": "A", "email": "a@b.cc"}, "uniqueIdentifier": "crm"}
    first |= {"formData": {"formName": "F", "x": 1, "list": [1, 2]}}
    runtime.clock.advance(60)
    found = updated(
        calls,
        first,
        {"userData": {"firstName": "B"}, "formData": {"x": 2, "list": [3]}, "channelFlow": "f"},
    )
    assert found["userData"] == {"firstName": "B", "email": "a@b.cc"}
    assert found["firstName"] == "B"
    form = {"uniqueEventId": "evt", "formName": "F", "x": 2, "list": [3]}
    assert found["formData"] == form
    assert found["uniqueIdentifier"] == "crm"
    assert found["channelFlow"] == "f"
    assert found["createdAt"] == "2026-03-02T12:01:00.000Z"


def test_lt_47_an_update_is_answered_with_the_identifier_that_stays(calls: Calls) -> None:
    event = {"formData": {"uniqueEventId": "evt"}}
    calls.made(**event, uniqueIdentifier="crm")
    again = calls.create(lead(**event, uniqueIdentifier="")).get_json()
    assert again["uniqueIdentifier"] == "crm"
    changed = calls.create(lead(**event, uniqueIdentifier="other")).get_json()
    assert changed["uniqueIdentifier"] == "other"


@pytest.mark.parametrize("nothing", ["", None, " ", []])
def test_lt_48_what_is_empty_erases_nothing(calls: Calls, nothing: Any) -> None:
    found = updated(
        calls,
        {"attributionData": ATTRIBUTION},
        {
            "attributionData": dict.fromkeys(ATTRIBUTION, nothing),
            "userData": dict.fromkeys(USER, nothing),
        },
    )
    assert found["attributionData"] == ATTRIBUTION
    assert found["userData"] == USER
    for flag in ("gclid", "cid", "fbp", "fbc"):
        assert calls.ids(f"{flag}[exists]=true") == [found["id"]]


@pytest.mark.parametrize("part", ["userData", "attributionData", "formData"])
def test_lt_48_an_empty_part_erases_nothing(calls: Calls, part: str) -> None:
    before = {"userData": USER, "attributionData": ATTRIBUTION, "formData": {"x": 1}}
    event = {"uniqueEventId": "evt"}
    number = calls.made(**{**before, "formData": {**event, "x": 1}})
    again = {"userData": USER, "attributionData": ATTRIBUTION, "formData": event, part: []}
    known = calls.create_by_server(lead(**again)).status_code == 200
    assert known == (part != "formData")
    assert calls.get(number)["attributionData"] == ATTRIBUTION
    assert calls.get(number)["userData"] == USER
    assert calls.get(number)["formData"] == {**event, "x": 1}


# --- events ----------------------------------------------------------------------------------

NO_EVENT = [
    pytest.param({}, id="LT-45-missing"),
    pytest.param({"uniqueEventId": ""}, id="LT-45-blank"),
    pytest.param({"uniqueEventId": None}, id="LT-45-null"),
    pytest.param({"uniqueEventId": 0}, id="LT-45-zero"),
    pytest.param({"uniqueEventId": False}, id="LT-45-false"),
    pytest.param({"uniqueEventId": True}, id="LT-45-true"),
    pytest.param({"uniqueEventId": ["a"]}, id="LT-45-list"),
    pytest.param({"uniqueEventId": {"a": 1}}, id="LT-45-object"),
]


@pytest.mark.parametrize("form", NO_EVENT)
def test_without_an_event_every_call_is_a_lead(calls: Calls, form: dict[str, Any]) -> None:
    assert calls.made(formData=form) != calls.made(formData=form)


EVENTS = [
    pytest.param("evt", "evt", True, id="LT-45-same"),
    pytest.param(12, "12", True, id="LT-45-number"),
    pytest.param(12.0, 12, True, id="LT-45-whole-float"),
    pytest.param("evt", "EVT", False, id="LT-45-case"),
    pytest.param("evt", "evt ", False, id="LT-45-blank-behind"),
    pytest.param("é", "e\u0301", False, id="LT-45-composed"),
    pytest.param("x" * 5000, "x" * 5000, True, id="LT-45-long"),
    pytest.param("x" * 5000, "x" * 5001, False, id="LT-45-long-and-longer"),
    pytest.param("a\x00b", "ab", False, id="LT-45-nul"),
]


@pytest.mark.parametrize(("first", "then", "same"), EVENTS)
def test_events_are_compared_exactly(calls: Calls, first: Any, then: Any, same: bool) -> None:
    calls.made(formData={"uniqueEventId": first})
    answer = calls.create(lead(formData={"uniqueEventId": then}))
    assert answer.status_code == (200 if same else 201)


def test_lt_42_the_same_event_in_another_project_creates(calls: Calls) -> None:
    event = {"formData": {"uniqueEventId": "evt"}}
    calls.made(**event)
    for project in ("other", "open"):
        answer = calls.create(lead(projectId=project, **event))
        assert (answer.status_code, answer.get_json()["leadId"]) == (201, 1)
    assert calls.send("GET", "getLeads", key=KEY).get_json()["total"] == 1
