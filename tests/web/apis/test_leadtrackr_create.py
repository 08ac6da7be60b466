"""LeadTrackr's calls that create leads: who may, what is taken, what is refused."""

import json
from typing import Any

import pytest

from relay.services.configure import apply
from tests.web.apis.leadtrackr_calls import (
    CLOSED_KEY,
    KEY,
    OTHER_KEY,
    READ_KEY,
    USER,
    WRITE_KEY,
    Calls,
    configure,
    lead,
    said,
)

pytestmark = [
    pytest.mark.redis,
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]

CREATED = "Lead created successfully"
UPDATED = "Lead updated successfully"
BOTH = ("createLead", "createServerSideLead")


@pytest.fixture
def calls(runtime: Any, client: Any) -> Calls:
    configure(runtime)
    return Calls(runtime, client)


# --- who may ---------------------------------------------------------------------------------


@pytest.mark.parametrize("key", [None, "wrong", OTHER_KEY, KEY, ""])
def test_lt_1_create_lead_needs_no_key_and_ignores_one(calls: Calls, key: str | None) -> None:
    assert said(calls.create(key=key)) == (201, CREATED)


def test_lt_2_a_server_creates_with_its_key(calls: Calls) -> None:
    assert said(calls.create_by_server()) == (201, CREATED)


@pytest.mark.parametrize("header", ["X-API-Key", "x-api-key", "X-Api-Key", "X-API-KEY"])
def test_lt_3_the_header_s_name_is_taken_in_any_case(calls: Calls, header: str) -> None:
    assert calls.create_by_server(key=None, headers={header: KEY}).status_code == 201


@pytest.mark.parametrize("body", [None, b"", b"{", {"projectId": "16"}, {"projectId": "nobody"}])
def test_lt_4_without_a_key_the_header_is_missing_whatever_the_body(
    calls: Calls, body: Any
) -> None:
    expected = (401, "Missing X-API-Key header")
    assert said(calls.create_by_server(body, key=None)) == expected
    assert said(calls.create_by_server(body, key="")) == expected
    assert calls.stored() == []


@pytest.mark.parametrize("key", ["wrong", KEY[:-1], KEY.upper(), "x" * 5000, "\xe9\xff"])
def test_lt_5_a_wrong_key_is_invalid(calls: Calls, key: str) -> None:
    assert said(calls.create_by_server(key=key)) == (401, "Invalid API key")
    assert said(calls.send("GET", "getLeads", key=key)) == (401, "Invalid API key")
    assert said(calls.send("GET", "getLead", key=key)) == (401, "Invalid API key")
    assert calls.stored() == []
    assert calls.turned_away() == [(401, "Invalid API key")]


def test_lt_6_a_project_without_any_key_needs_none_if_its_setting_says_so(calls: Calls) -> None:
    assert calls.create_by_server(lead(projectId="open"), key=None).status_code == 201
    assert calls.create_by_server(lead(projectId="open"), key="whatever").status_code == 201
    assert calls.create_by_server(lead(projectId="shut"), key=None).status_code == 401
    assert calls.create_by_server(lead(projectId="open"), key=KEY).status_code == 401


def test_lt_6_the_first_key_of_a_project_closes_it(runtime: Any, calls: Calls) -> None:
    assert calls.create_by_server(lead(projectId="open"), key=None).status_code == 201
    keys = [{"name": "first", "key": "first-key-of-open"}]
    apply(runtime, {"projects": [{"id": "open", "api_keys": keys}]})
    assert calls.create_by_server(lead(projectId="open"), key=None).status_code == 401
    assert (
        calls.create_by_server(lead(projectId="open"), key="first-key-of-open").status_code == 201
    )


def test_lt_7_a_key_of_another_project_is_invalid_and_nothing_is_stored(calls: Calls) -> None:
    assert said(calls.create_by_server(key=OTHER_KEY)) == (401, "Invalid API key")
    assert calls.stored() == []
    assert calls.find()["total"] == 0


def test_a_key_needs_the_scope_of_the_call(calls: Calls) -> None:
    assert calls.create_by_server(key=READ_KEY).status_code == 403
    assert calls.create_by_server(key=WRITE_KEY).status_code == 201
    assert calls.send("GET", "getLeads", key=WRITE_KEY).status_code == 403
    assert calls.send("GET", "getLeads", key=READ_KEY).status_code == 200


# --- what is answered ------------------------------------------------------------------------


@pytest.mark.parametrize("call", BOTH, ids=lambda call: f"LT-8-{call}")
def test_a_new_lead_is_answered_with_its_number_and_identifier(calls: Calls, call: str) -> None:
    answer = calls.send("POST", call, lead(uniqueIdentifier="crm-lead-456"), key=KEY)
    assert answer.status_code == 201
    assert answer.get_json() == {
        "message": CREATED,
        "leadId": 1,
        "uniqueIdentifier": "crm-lead-456",
    }
    second = calls.send("POST", call, lead(), key=KEY).get_json()
    assert second == {"message": CREATED, "leadId": 2, "uniqueIdentifier": None}


@pytest.mark.parametrize("first", BOTH)
@pytest.mark.parametrize("then", BOTH)
def test_lt_9_lt_10_lt_43_a_known_event_updates_by_either_call(
    calls: Calls, first: str, then: str
) -> None:
    body = lead(formData={"uniqueEventId": "evt_1"}, uniqueIdentifier="crm-1")
    assert calls.send("POST", first, body, key=KEY).status_code == 201
    answer = calls.send("POST", then, lead(formData={"uniqueEventId": "evt_1"}), key=KEY)
    assert answer.status_code == 200
    assert answer.get_json() == {"message": UPDATED, "leadId": 1, "uniqueIdentifier": "crm-1"}
    assert calls.find()["total"] == 1


# --- the project -----------------------------------------------------------------------------

PROJECTS = [
    pytest.param(..., 400, "Missing required field: projectId", id="LT-11-missing"),
    pytest.param("", 400, "Missing required field: projectId", id="LT-12-blank"),
    pytest.param(None, 400, "Missing required field: projectId", id="LT-12-null"),
    pytest.param(16, 201, CREATED, id="LT-12-number"),
    pytest.param(True, 400, "projectId must be a string", id="LT-12-boolean"),
    pytest.param(16.5, 400, "projectId must be a string", id="LT-12-fraction"),
    pytest.param(["16"], 400, "projectId must be a string", id="LT-12-list"),
    pytest.param({"id": "16"}, 400, "projectId must be a string", id="LT-12-object"),
    pytest.param("nobody", 404, "Project not found", id="LT-13-unknown"),
    pytest.param("ACME\x00", 404, "Project not found", id="LT-13-nul"),
    pytest.param("x" * 10_000, 404, "Project not found", id="LT-13-long"),
    pytest.param("\ud800", 404, "Project not found", id="LT-13-surrogate"),
    pytest.param(10**40, 404, "Project not found", id="LT-13-large-number"),
    pytest.param("closed", 403, "Project subscription is inactive", id="LT-14-inactive"),
]


@pytest.mark.parametrize(("project", "status", "message"), PROJECTS)
def test_the_project_is_judged(calls: Calls, project: Any, status: int, message: str) -> None:
    assert said(calls.create(lead(projectId=project))) == (status, message)
    key = CLOSED_KEY if project == "closed" else KEY
    assert said(calls.create_by_server(lead(projectId=project), key)) == (status, message)
    assert len(calls.stored()) == (2 if status == 201 else 0)


def test_lt_13_an_archived_project_is_not_found(runtime: Any, calls: Calls) -> None:
    apply(runtime, {"projects": [{"id": "16"}]}, prune=True)
    assert calls.create(lead(projectId="other")).status_code == 404
    assert calls.send("GET", "getLeads", key=OTHER_KEY).status_code == 401


def test_lt_14_an_inactive_project_reads_nothing_either(calls: Calls) -> None:
    expected = (403, "Project subscription is inactive")
    assert said(calls.send("GET", "getLeads", key=CLOSED_KEY)) == expected
    assert said(calls.send("GET", "getLead?leadId=1", key=CLOSED_KEY)) == expected


# --- what has to be said ---------------------------------------------------------------------

NOTHING = "userData and attributionData say nothing: one of them has to"
MISSING_USER = "Missing required field: userData"
EMPTY_IDS = {"gclid": "", "wbraid": "", "cid": "", "fbp": "", "fbc": ""}

SAID = [  # user data, attribution, then what each call answers where it is no new lead
    pytest.param(..., ..., NOTHING, MISSING_USER, id="LT-15-both-absent"),
    pytest.param({}, {}, NOTHING, NOTHING, id="LT-15-both-empty"),
    pytest.param([], [], NOTHING, NOTHING, id="LT-15-LT-18-both-empty-as-php-writes-them"),
    pytest.param(None, None, NOTHING, MISSING_USER, id="LT-15-both-null"),
    pytest.param(USER, ..., None, None, id="LT-15-user-alone"),
    pytest.param(..., {"gclid": "a"}, None, MISSING_USER, id="LT-15-LT-16-attribution-alone"),
    pytest.param(None, {"gclid": "a"}, None, MISSING_USER, id="LT-16-null-user"),
    pytest.param({}, {"gclid": "a"}, None, None, id="LT-16-empty-user"),
    pytest.param({}, EMPTY_IDS, None, None, id="LT-17-nothing-but-empty-ids"),
    pytest.param({"email": ""}, ..., None, None, id="LT-17-an-empty-value"),
    pytest.param([], {"gclid": "a"}, None, None, id="LT-18-empty-user-list"),
    pytest.param(USER, [], None, None, id="LT-18-empty-attribution-list"),
    pytest.param(USER, None, None, None, id="LT-18-null-attribution"),
]


@pytest.mark.parametrize(("user", "attribution", "page", "server"), SAID)
def test_one_of_user_and_attribution_has_to_say_something(
    calls: Calls, user: Any, attribution: Any, page: str | None, server: str | None
) -> None:
    body = lead(userData=user, attributionData=attribution)
    assert said(calls.create(body)) == ((400, page) if page else (201, CREATED))
    assert said(calls.create_by_server(body)) == ((400, server) if server else (201, CREATED))
    assert calls.stored() == ["stored"] * ((page is None) + (server is None))


@pytest.mark.parametrize("part", ["userData", "attributionData", "formData", "deviceData"])
@pytest.mark.parametrize("value", ["text", 5, True, ["x"], [{}], 1.5], ids=lambda v: f"LT-19-{v}")
def test_a_part_of_another_shape_is_named(calls: Calls, part: str, value: Any) -> None:
    expected = (400, f"{part} must be an object")
    assert said(calls.create(lead(**{part: value}))) == expected
    assert said(calls.create_by_server(lead(**{part: value}))) == expected
    assert calls.stored() == []
    assert calls.turned_away() == [expected, expected]


@pytest.mark.parametrize("part", ["formData", "deviceData"])
@pytest.mark.parametrize("value", [[], {}, None, ...])
def test_lt_18_lt_29_the_other_parts_may_be_empty(calls: Calls, part: str, value: Any) -> None:
    assert calls.create(lead(**{part: value})).status_code == 201


# --- the identifier --------------------------------------------------------------------------

LONGEST = "é" * 255

IDENTIFIERS = [
    pytest.param({"uniqueIdentifier": "a"}, "a", id="LT-35"),
    pytest.param({"unique_identifier": "a"}, "a", id="LT-35-alias"),
    pytest.param({"uniqueIdentifier": "a", "unique_identifier": "b"}, "a", id="LT-36-both"),
    pytest.param({"uniqueIdentifier": "", "unique_identifier": "b"}, "b", id="LT-36-blank"),
    pytest.param({"uniqueIdentifier": None, "unique_identifier": "b"}, "b", id="LT-36-null"),
    pytest.param({"uniqueIdentifier": 0, "unique_identifier": "b"}, "b", id="LT-36-zero"),
    pytest.param({"uniqueIdentifier": LONGEST}, LONGEST, id="LT-37-255-characters"),
    pytest.param({"uniqueIdentifier": "\U0001f600" * 255}, "\U0001f600" * 255, id="LT-38-emoji"),
    pytest.param({"uniqueIdentifier": 4711}, "4711", id="LT-39-number"),
    pytest.param({"uniqueIdentifier": 4711.0}, "4711", id="LT-39-whole-float"),
    pytest.param({}, None, id="LT-40-absent"),
    pytest.param({"uniqueIdentifier": ""}, None, id="LT-40-blank"),
    pytest.param({"uniqueIdentifier": None}, None, id="LT-40-null"),
    pytest.param({"uniqueIdentifier": " x "}, " x ", id="LT-35-blanks-stay"),
]


@pytest.mark.parametrize(("given", "answered"), IDENTIFIERS)
def test_the_identifier_is_taken(calls: Calls, given: dict[str, Any], answered: str | None) -> None:
    answer = calls.create(lead(**given)).get_json()
    assert answer["uniqueIdentifier"] == answered
    assert calls.get(answer["leadId"])["uniqueIdentifier"] == answered


@pytest.mark.parametrize("name", ["uniqueIdentifier", "unique_identifier"])
@pytest.mark.parametrize(
    ("value", "problem"),
    [
        pytest.param("x" * 256, "must not have more than 255 characters", id="LT-38-256"),
        pytest.param("é" * 100_000, "must not have more than 255 characters", id="LT-38-huge"),
        pytest.param(True, "must be a string", id="LT-38-boolean"),
        pytest.param({"a": 1}, "must be a string", id="LT-38-object"),
        pytest.param(["a"], "must be a string", id="LT-38-list"),
    ],
)
def test_an_identifier_that_is_none_is_refused(
    calls: Calls, name: str, value: Any, problem: str
) -> None:
    assert said(calls.create(lead(**{name: value}))) == (400, f"{name} {problem}")
    assert calls.stored() == []


def test_lt_41_two_leads_may_share_an_identifier_and_the_newest_is_found(calls: Calls) -> None:
    first, second = calls.made(uniqueIdentifier="same"), calls.made(uniqueIdentifier="same")
    assert first != second
    answer = calls.send("GET", "getLead?uniqueIdentifier=same", key=KEY).get_json()
    assert answer["lead"]["id"] == second
    assert sorted(calls.ids(uniqueIdentifier="same")) == [first, second]


# --- the body --------------------------------------------------------------------------------


TYPES = (
    *(None, "", "text/plain", "text/plain;charset=UTF-8", "application/x-www-form-urlencoded"),
    *("application/octet-stream", "multipart/form-data; boundary=x", "text/xml", "nonsense"),
)


@pytest.mark.parametrize("content_type", TYPES, ids=lambda name: f"LT-21-{name}")
def test_json_is_taken_under_whatever_type_it_comes(calls: Calls, content_type: str | None) -> None:
    body = json.dumps(lead(), ensure_ascii=False).encode()
    number = calls.create(body, content_type=content_type).get_json()["leadId"]
    assert calls.get(number)["userData"] == USER
    by_server = calls.create_by_server(body, content_type=content_type)
    assert by_server.status_code == 201


def test_lt_49_lt_50_what_the_calls_do_not_know_has_no_effect(calls: Calls) -> None:
    number = calls.made(
        status="converted",
        platform="x",
        createdBy="me",
        id=99,
        price=5,
        note="n",
        email="e@e.ee",
        userData={"firstName": "A"},
    )
    found = calls.get(number)
    assert (found["id"], found["status"], found["price"], found["note"]) == (1, "open", None, None)
    assert found["email"] is None
    assert found["formData"] is None
    assert set(found["userData"]) == {"firstName"}
