"""LeadTrackr's getLead and updateLeadStatus."""

from typing import Any

import pytest

from relay.services.ledger import ledger
from relay.services.status import process_status
from relay.store.tables import status_changes
from tests.web.apis.leadtrackr_calls import (
    EVERY_KEY,
    KEY,
    KEYS,
    LABEL,
    OTHER_KEY,
    READ_KEY,
    USER,
    Calls,
    add_key_of_all,
    configure,
    lead,
    said,
)

pytestmark = [
    pytest.mark.redis,
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]

LABELS = [
    {"id": LABEL, "name": "Converted"},
    {"id": "1", "name": "open"},
    {"id": "2", "name": "pending"},
]


@pytest.fixture
def calls(runtime: Any, client: Any) -> Calls:
    configure(runtime, conversion_labels=LABELS)
    return Calls(runtime, client)


def rate(calls: Calls, body: Any, key: str = KEY) -> Any:
    return calls.send("POST", "updateLeadStatus", body, key=key)


# --- getLead ---------------------------------------------------------------------------------


@pytest.fixture
def four(calls: Calls) -> Calls:
    """Leads 1 to 4; 4 is like 1 in all that a lead may be named by."""
    who = {"uniqueIdentifier": "crm-1"}
    calls.made(**who)
    calls.made(userData={"email": "two@example.com"})
    calls.made(userData={"phone": "+31 6 99 99 99 99"})
    calls.made(**who)
    return calls


FOUND = [
    pytest.param("leadId=2", 2, id="LT-82-id"),
    pytest.param("leadId=2&uniqueIdentifier=crm-1&email=x&phone=y", 2, id="LT-82-id-first"),
    pytest.param("uniqueIdentifier=crm-1&email=two@example.com", 4, id="LT-82-identifier-second"),
    pytest.param("email=two@example.com&phone=06+12345678", 2, id="LT-82-email-third"),
    pytest.param("phone=%2B31+6+99+99+99+99", 3, id="LT-82-phone-last"),
    pytest.param("phone=+31+6+99+99+99+99", 3, id="LT-82-phone-with-a-lost-plus"),
    pytest.param("leadId=&email=two@example.com", 2, id="LT-82-blank-is-not-given"),
    pytest.param("leadId=1&leadId=2", 2, id="LT-82-the-last-one-counts"),
    pytest.param("uniqueIdentifier=crm-1", 4, id="LT-84-newest-identifier"),
    pytest.param("email=John@Example.com", 4, id="LT-84-newest-email"),
    pytest.param("phone=06%2012345678", 4, id="LT-84-newest-phone"),
    pytest.param("leadId=5", None, id="LT-82-unknown-id"),
    pytest.param("leadId=99&email=two@example.com", None, id="LT-82-others-are-ignored"),
    pytest.param("uniqueIdentifier=CRM-1", None, id="LT-82-identifier-is-exact"),
    pytest.param("leadId=-1", None, id="LT-86-negative"),
    pytest.param("leadId=999999999999999999999999", None, id="LT-86-large"),
]


@pytest.mark.parametrize(("query", "number"), FOUND)
def test_a_lead_is_found_by_what_counts_first(four: Calls, query: str, number: int | None) -> None:
    answer = four.send("GET", f"getLead?{query}", key=KEY)
    if number is None:
        assert said(answer) == (404, "Lead not found")
    else:
        assert said(answer) == (200, "Lead retrieved")
        assert answer.get_json()["lead"]["id"] == number


def test_lt_83_something_has_to_be_given(four: Calls) -> None:
    for query in ("", "?", "?name=x", "?email=&leadId="):
        answer = four.send("GET", f"getLead{query}", key=KEY)
        assert said(answer) == (
            400,
            "One of leadId, uniqueIdentifier, email, phone has to be given",
        )


def test_lt_85_the_lead_has_the_documented_members_and_no_others(four: Calls) -> None:
    answer = four.send("GET", "getLead?leadId=1", key=KEY).get_json()
    assert set(answer) == {"message", "lead"}
    assert tuple(answer["lead"]) == KEYS
    assert answer["lead"] == {
        "id": 1,
        "status": "open",
        "formName": None,
        **USER,
        "price": None,
        "note": None,
        "formData": None,
        "userData": USER,
        "attributionData": {"gclid": "abc123"},
        "channelFlow": None,
        "uniqueIdentifier": "crm-1",
        "createdAt": "2026-03-02T12:00:00.000Z",
    }


@pytest.mark.parametrize("given", ["abc", "1x", "1.5", "0x1", "%00", "1e3", "é", "١"])
def test_lt_86_an_id_that_is_no_number_is_refused(four: Calls, given: str) -> None:
    answer = four.send("GET", f"getLead?leadId={given}", key=KEY)
    assert said(answer) == (400, "leadId must be a number")


def test_lt_87_another_project_s_lead_is_not_found(four: Calls) -> None:
    for query in ("leadId=1", "uniqueIdentifier=crm-1", "email=John@Example.com"):
        assert four.send("GET", f"getLead?{query}", key=OTHER_KEY).status_code == 404
    assert rate(four, {"leadId": 1, "conversionId": "open"}, OTHER_KEY).status_code == 404


def test_a_key_of_all_projects_has_to_be_told_which(runtime: Any, four: Calls) -> None:
    add_key_of_all(runtime)
    assert four.send("GET", "getLead?leadId=1", key=EVERY_KEY).status_code == 400
    for project, status in (("16", 200), ("other", 404), ("nobody", 404), ("closed", 403)):
        answer = four.send("GET", f"getLead?leadId=1&projectId={project}", key=EVERY_KEY)
        assert answer.status_code == status
    assert four.create_by_server(lead(projectId="other"), EVERY_KEY).status_code == 201


# --- updateLeadStatus ------------------------------------------------------------------------

WRONG = [
    pytest.param({}, "Missing required field: conversionId", id="LT-88-missing"),
    pytest.param({"conversionId": ""}, "Missing required field: conversionId", id="LT-88-blank"),
    pytest.param({"conversionId": None}, "Missing required field: conversionId", id="LT-88-null"),
    pytest.param(
        {"conversionId": 5},
        "conversionId must be open, lost or one of the project's labels",
        id="LT-91-number",
    ),
    pytest.param({"conversionId": True}, "conversionId must be a string", id="LT-88-true"),
    pytest.param({"conversionId": [LABEL]}, "conversionId must be a string", id="LT-88-list"),
    pytest.param(
        {"conversionId": "Converted"},
        "conversionId must be open, lost or one of the project's labels",
        id="LT-91-unknown-label",
    ),
    pytest.param(
        {"conversionId": LABEL, "price": -1},
        "price must be from 0 to 9007199254740991 cents",
        id="LT-91-negative",
    ),
    pytest.param(
        {"conversionId": LABEL, "price": 2**53},
        "price must be from 0 to 9007199254740991 cents",
        id="LT-91-too-much",
    ),
    *(
        pytest.param(
            {"conversionId": LABEL, "price": price},
            "price must be a whole number of cents",
            id=f"LT-91-{price}",
        )
        for price in (1.5, "12,50", True, [1], {"a": 1}, "x" * 1000)
    ),
    pytest.param(
        {"conversionId": LABEL, "leadId": "x"}, "leadId must be a number", id="LT-86-body"
    ),
    pytest.param(
        {"conversionId": LABEL, "leadId": True}, "leadId must be a number", id="LT-86-true"
    ),
    pytest.param(
        {"conversionId": LABEL, "leadId": None, "email": ["a"]},
        "email must be a string",
        id="LT-82",
    ),
]


@pytest.mark.parametrize(("body", "message"), WRONG)
def test_a_change_that_cannot_be_is_refused(calls: Calls, body: Any, message: str) -> None:
    number = calls.made()
    assert said(rate(calls, {"leadId": number, **body})) == (400, message)
    assert calls.get(number)["status"] == "open"
    assert calls.get(number)["price"] is None


def test_lt_88_open_is_at_once_and_has_no_warnings(calls: Calls) -> None:
    number = calls.made(uniqueIdentifier="crm-1")
    answer = rate(calls, {"uniqueIdentifier": "crm-1", "conversionId": "open", "price": "1250"})
    assert answer.status_code == 200
    assert answer.get_json() == {
        "message": "Lead status updated to open",
        "leadId": number,
        "uniqueIdentifier": "crm-1",
        "status": "open",
        "queued": False,
    }
    assert calls.get(number)["price"] == 1250


CONVERSIONS = [(LABEL, "Converted"), ("lost", "lost"), ("1", "open"), ("2", "pending")]


@pytest.mark.parametrize(("label", "status"), CONVERSIONS, ids=["LT-89", "LT-89-lost", "a", "b"])
def test_a_conversion_waits_for_its_turn(
    runtime: Any, calls: Calls, label: str, status: str
) -> None:
    number = calls.made()
    answer = rate(calls, {"leadId": str(number), "conversionId": label, "price": 0})
    assert answer.status_code == 201
    assert answer.get_json() == {
        "message": "Lead queued for processing",
        "leadId": number,
        "uniqueIdentifier": None,
        "status": "pending",
        "queued": True,
        "warnings": [],
    }
    waiting = calls.get(number)
    assert (waiting["status"], waiting["price"]) == ("pending", 0)  # LT-91: the price is there
    process_status(runtime)
    assert calls.get(number)["status"] == status
    assert calls.ids(f"status={status}") == [number]
    assert ledger(runtime).gaps == []


def test_lt_89_a_label_whose_id_is_a_number_may_be_named_by_the_number(calls: Calls) -> None:
    calls.made()
    assert rate(calls, {"leadId": 1, "conversionId": 2}).status_code == 201


def test_lt_90_only_one_change_may_wait(runtime: Any, calls: Calls) -> None:
    number = calls.made()
    assert rate(calls, {"leadId": number, "conversionId": LABEL}).status_code == 201
    for wanted in (LABEL, "lost", "open"):
        answer = rate(calls, {"leadId": number, "conversionId": wanted, "price": 7})
        assert said(answer) == (409, "A status change of this lead is still being processed")
    assert calls.get(number)["price"] is None
    process_status(runtime)
    assert rate(calls, {"leadId": number, "conversionId": "open"}).status_code == 200
    assert calls.get(number)["status"] == "open"


def test_lt_90_a_label_that_is_called_pending_keeps_nothing_waiting(
    runtime: Any, calls: Calls
) -> None:
    number = calls.made()
    rate(calls, {"leadId": number, "conversionId": "2"})
    process_status(runtime)
    assert rate(calls, {"leadId": number, "conversionId": "open"}).status_code == 200


def test_an_update_leaves_status_and_price_as_they_are(runtime: Any, calls: Calls) -> None:
    event = {"uniqueEventId": "e"}
    number = calls.made(formData=event)
    rate(calls, {"leadId": number, "conversionId": LABEL, "price": 900})
    assert calls.create(lead(formData=event, userData={"firstName": "Jo"})).status_code == 200
    assert calls.get(number)["status"] == "pending"
    process_status(runtime)
    assert calls.create(lead(formData=event, status="open", price=1)).status_code == 200
    found = calls.get(number)
    assert (found["status"], found["price"]) == ("Converted", 900)


def test_a_change_needs_a_key_that_may_write_and_says_who_made_it(
    runtime: Any, calls: Calls
) -> None:
    number = calls.made()
    assert rate(calls, {"leadId": number, "conversionId": "open"}, READ_KEY).status_code == 403
    assert rate(calls, {"leadId": number, "conversionId": "open"}, "wrong").status_code == 401
    rate(calls, {"leadId": number, "conversionId": "lost"})
    with runtime.database.read() as connection:
        (row,) = connection.execute(status_changes.select()).all()
    assert row.actor == "LeadTrackr API, key all"
    assert row.label == "lost"
    assert row.change["native"] == {"leadtrackr": "lost"}


def test_what_is_no_object_changes_nothing(calls: Calls) -> None:
    for body in (b"", b"{", b"[]", b"null", b'{"conversionId": NaN}', b"[" * 10_000):
        assert rate(calls, body).status_code == 400
