"""Google Ads lead forms at the door: the key in the body opens it, and is kept nowhere."""

import json
from typing import Any

from tests.web.doors import KEY, add_source, kept, refused

DOOR = f"/in/{KEY}"
SECRET = "the key of the form in Google Ads"
LEAD = {
    "lead_id": "lead-1",
    "user_column_data": [{"column_id": "EMAIL", "string_value": "ada@example.com"}],
    "api_version": "1.0",
    "form_id": 9007199254740993,
    "is_test": False,
}


def a_source(runtime: Any) -> None:
    add_source(runtime, "google_lead_form", settings={"secrets": ["an older key", SECRET]})


def test_the_key_opens_the_door_and_is_masked_in_what_is_kept(runtime: Any, client: Any) -> None:
    a_source(runtime)
    assert client.post(DOOR, json=LEAD | {"google_key": SECRET}).status_code == 200
    (row,) = kept(runtime)
    assert row.state == "received"
    assert json.loads(row.body) == LEAD | {"google_key": "***"}
    assert SECRET not in json.dumps(row.document)
    assert row.document["form"]["id"] == "9007199254740993"


def test_another_key_is_401_and_is_not_kept_either(runtime: Any, client: Any) -> None:
    a_source(runtime)
    other = "the key of somebody else's form"
    long = "a" * 20_000  # what is kept of the body breaks off before its end
    for lead in (LEAD, {"padding": long, **LEAD}):
        answer = client.post(DOOR, json=lead | {"google_key": other})
        assert answer.status_code == 401
    first = {"google_key": other, "padding": long, **LEAD}
    assert client.post(DOOR, json=first).status_code == 401
    for lead in (LEAD, LEAD | {"google_key": 7}, LEAD | {"google_key": None}, [LEAD], "x"):
        assert client.post(DOOR, json=lead).status_code == 401
    assert kept(runtime) == []
    assert all(other.encode() not in row.body for row in refused(runtime))


def test_tests_are_never_repeats_and_leads_are_by_their_id(runtime: Any, client: Any) -> None:
    a_source(runtime)
    test = LEAD | {"google_key": SECRET, "is_test": True, "lead_id": "TeSter-123"}
    for body in (test, test, LEAD | {"google_key": SECRET}, LEAD | {"google_key": "an older key"}):
        assert client.post(DOOR, json=body).status_code == 200
    assert [(row.state, row.test) for row in kept(runtime)] == [
        ("received", True),
        ("received", True),
        ("received", False),
        ("duplicate", False),
    ]
