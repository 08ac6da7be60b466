"""TrackDrive: the ways in which a lead is sent, whose it is, and what becomes of its number."""

import json
from typing import Any

import pytest

from tests.web.apis.trackdrive.schedules import (
    CALLER,
    FORM,
    OFFER,
    OTHER,
    PATH,
    SCHEDULE,
    Calls,
    configure,
    source,
)

JSON = "application/json"
TOKEN = f"lead_token={SCHEDULE}"
WHO = f"{TOKEN}&caller_id=8004506787"
AS_JSON = json.dumps({"lead_token": SCHEDULE, "caller_id": CALLER}).encode()
PART = '--b\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
MULTIPART = "".join(
    PART.format(*pair)
    for pair in (("lead_token", SCHEDULE), ("caller_id", CALLER), ("data[loan_amount]", "500"))
)


# --- the ways in ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path"),
    [
        pytest.param("POST", PATH, id="TD-1"),
        pytest.param("PUT", PATH, id="TD-2"),
        pytest.param("POST", f"{PATH}.json", id="TD-3 json"),
        pytest.param("PUT", f"{PATH}.json", id="TD-3 json by PUT"),
        pytest.param("POST", f"{PATH}/", id="TD-3 slash"),
        pytest.param("POST", f"{PATH}.json/", id="TD-3 both"),
        pytest.param("POST", f"{PATH}/create_or_update", id="TD-3 create_or_update"),
        pytest.param("PUT", f"{PATH}/create_or_update", id="TD-3 create_or_update by PUT"),
        pytest.param("POST", f"{PATH}/create_or_update.json/", id="TD-3 all of it"),
    ],
)
def test_every_address_creates_and_updates(calls: Calls, method: str, path: str) -> None:
    for interest in ("kittens", "puppies"):
        answer = calls.send(f"{WHO}&interest={interest}", method=method, path=path)
        assert answer.status_code == 200
        assert answer.content_type == JSON
        assert answer.json["success"] is True
        assert answer.json["id"] == answer.json["lead_id"] == calls.leads[0].number
        assert answer.json["lead"]["data"] == {"interest": interest}
    [lead] = calls.leads
    assert lead.version == 2


@pytest.mark.parametrize(
    ("query", "body", "content_type"),
    [
        pytest.param("", f"{WHO}&data[loan_amount]=500", FORM, id="TD-4"),
        pytest.param("", AS_JSON[:-1] + b', "data": {"loan_amount": "500"}}', JSON, id="TD-5"),
        pytest.param(f"{WHO}&loan_amount=500", "", "", id="TD-6"),
        pytest.param(f"{WHO}&loan_amount=500", "", JSON, id="TD-7 empty under a type"),
        pytest.param("", MULTIPART + "--b--\r\n", "multipart/form-data; boundary=b", id="TD-8"),
        pytest.param("", f"{WHO}&data%5Bloan_amount%5D=500", f"{FORM}; charset=UTF-8", id="TD-9"),
        pytest.param(TOKEN, "caller_id=800-450-6787&loan_amount=500", FORM, id="TD-10 form"),
        pytest.param(f"{TOKEN}&loan_amount=500", AS_JSON, JSON, id="TD-10 JSON"),
        pytest.param(f"{WHO}&loan_amount=500", "loan_amount=7", FORM, id="TD-11 address wins"),
        pytest.param(f"{WHO}&data[loan_amount]=500", '{"data": {"loan_amount": 7, "b": 1}}', JSON,
                     id="TD-11 shallow"),
        pytest.param(TOKEN, "caller_id=%2B18004506787&data%5Bloan_amount%5D=500", FORM,
                     id="TD-12 jQuery"),
    ],
)  # fmt: skip
def test_every_way_of_sending_brings_the_same_lead(
    calls: Calls, query: str, body: Any, content_type: str
) -> None:
    content = body if isinstance(body, bytes) else body.encode()
    answer = calls.send(query, content, content_type)
    assert answer.status_code == 200, answer.text
    assert answer.json["lead"]["caller_id"] == CALLER
    assert answer.json["lead"]["data"] == {"loan_amount": "500"}
    assert calls.tokens == {"loan_amount": "500"}


@pytest.mark.parametrize("accept", ["*/*", "application/json", None, "text/html"])
def test_td_64_the_answer_is_json_whatever_is_accepted(calls: Calls, accept: str | None) -> None:
    headers = {} if accept is None else {"Accept": accept}
    answer = calls.send(WHO, headers=headers)
    assert answer.content_type == JSON
    assert answer.json["success"] is True


def test_td_60_a_stray_authorization_is_ignored_and_not_kept(calls: Calls) -> None:
    answer = calls.send(WHO, headers={"Authorization": "Bearer stray-credential-1"})
    assert answer.status_code == 200
    assert "stray-credential-1" not in str(calls.kept)


# --- whose lead it is ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "owner"),
    [
        pytest.param({"lead_token": SCHEDULE}, "roofs", id="TD-23 schedule"),
        pytest.param({"lead_token": OFFER}, "summer", id="TD-23 offer"),
        pytest.param({"lead_token": f" {OFFER} "}, "summer", id="TD-23 with blanks"),
        pytest.param({"schedule_lead_token": OTHER}, "windows", id="TD-24 schedule"),
        pytest.param({"offer_lead_token": OFFER}, "summer", id="TD-24 offer"),
        pytest.param({"lead_token": SCHEDULE, "schedule_lead_token": OTHER}, "windows",
                     id="TD-25 schedule wins"),
        pytest.param({"lead_token": SCHEDULE, "offer_lead_token": OFFER}, "summer",
                     id="TD-25 offer wins"),
        pytest.param({"lead_token": OFFER, "schedule_lead_token": ""}, "summer",
                     id="TD-25 a blank one says nothing"),
    ],
)  # fmt: skip
def test_a_token_finds_its_owner(calls: Calls, said: Any, owner: str) -> None:
    answer = calls.json({"caller_id": CALLER, **said})
    assert answer.status_code == 200
    assert answer.json["lead"]["owner_name"] == owner
    assert answer.json["lead"]["owner"] == ("offer" if owner == "summer" else "schedule")


@pytest.mark.parametrize(
    ("said", "field"),
    [
        pytest.param({"schedule_lead_token": OFFER}, "schedule_lead_token", id="TD-25 offer's"),
        pytest.param({"offer_lead_token": SCHEDULE}, "offer_lead_token", id="TD-25 schedule's"),
        pytest.param({"lead_token": SCHEDULE, "offer_lead_token": "no"}, "offer_lead_token",
                     id="TD-25 a wrong one wins too"),
        pytest.param({"lead_token": "nobody's-token-7"}, "lead_token", id="TD-26"),
        pytest.param({"lead_token": "key-of-the-source"}, "lead_token", id="TD-26 another kind's"),
        pytest.param({"lead_token": [SCHEDULE]}, "lead_token", id="TD-26 a list"),
        pytest.param({"lead_token": True}, "lead_token", id="TD-26 no text"),
        pytest.param({}, "lead_token", id="TD-27"),
        pytest.param({"lead_token": ""}, "lead_token", id="TD-27 blank"),
        pytest.param({"lead_token": None}, "lead_token", id="TD-27 null"),
    ],
)  # fmt: skip
def test_a_token_of_nobody_is_422_and_nothing_is_stored(
    calls: Calls, said: Any, field: str
) -> None:
    answer = calls.json({"caller_id": CALLER, **said})
    assert answer.status_code == 422
    assert list(answer.json["errors"]) == [field]
    assert calls.nothing_stored()
    assert calls.turned_away == []


def test_td_26_the_token_of_an_archived_source_is_nobody_s(runtime: Any, client: Any) -> None:
    configure(runtime)
    configure(runtime, source("windows", OTHER), prune=True)
    calls = Calls(runtime, client)
    assert calls.send(WHO).status_code == 422
    assert calls.send(f"lead_token={OTHER}&caller_id={CALLER[1:]}").status_code == 200


@pytest.mark.parametrize(
    ("query", "said"),
    [(TOKEN, {}), ("", {"lead_token": SCHEDULE}), (TOKEN, {"lead_token": SCHEDULE}),
     (TOKEN, {"lead_token": "another-token-1"})],
    ids=["TD-28 address", "TD-28 body", "TD-28 both", "TD-28 the address wins"],
)  # fmt: skip
def test_the_token_may_stand_in_either_place(calls: Calls, query: str, said: Any) -> None:
    assert calls.json({"caller_id": CALLER, **said}, query).status_code == 200


def test_td_29_no_credential_is_kept_returned_or_logged(
    calls: Calls, caplog: pytest.LogCaptureFixture
) -> None:
    secret = "account-7f3e9c1b"
    good = calls.json(auth_token=secret, data={"note": f"see {SCHEDULE}", "auth_token": secret})
    bad = calls.json(auth_token=secret, caller_id="nobody")
    in_address = calls.send(f"{WHO}&auth_token={secret}")
    assert (good.status_code, bad.status_code, in_address.status_code) == (200, 422, 200)
    everything = [
        *(answer.text for answer in (good, bad, in_address)),
        str(calls.kept),
        str(calls.turned_away),
        str(calls.document),
        caplog.text,
    ]
    for text in everything:
        assert secret not in text
        assert SCHEDULE not in text
    assert calls.turned_away


# --- the number ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("caller_id", "reason"),
    [
        pytest.param(None, "is required", id="TD-30 null"),
        pytest.param("", "is required", id="TD-30 blank"),
        pytest.param("call me", "is not a phone number", id="TD-34 letters"),
        pytest.param("12345", "is not a phone number", id="TD-34 short"),
        pytest.param("+1234567890123456", "is not a phone number", id="TD-34 long"),
        pytest.param(["8004506787"], "must be one value", id="TD-34 a list"),
        pytest.param({"a": 1}, "must be one value", id="TD-34 an object"),
        pytest.param(True, "is not a phone number", id="TD-34 true"),
    ],
)
def test_what_is_no_number_is_422(calls: Calls, caller_id: Any, reason: str) -> None:
    answer = calls.json(caller_id=caller_id)
    assert answer.status_code == 422
    assert answer.json["errors"] == {"caller_id": [reason]}
    assert calls.nothing_stored()
    [note] = calls.turned_away
    assert note.status == 422
    assert "caller_id" in note.reason


def test_td_30_a_call_without_a_number_is_422(calls: Calls) -> None:
    answer = calls.send(TOKEN)
    assert answer.status_code == 422
    assert answer.json["errors"] == {"caller_id": ["is required"]}


@pytest.mark.parametrize(
    ("query", "number"),
    [
        pytest.param("caller_id=%2B18004506787", CALLER, id="TD-31"),
        pytest.param("caller_id=(800)%20450-6787", CALLER, id="TD-31 brackets"),
        pytest.param("caller_id=+18004506787", CALLER, id="TD-32"),
        pytest.param("caller_id=+31612345678", "+31612345678", id="TD-32 abroad"),
        pytest.param("caller_id=0031612345678", "+31612345678", id="TD-33"),
    ],
)
def test_the_answer_has_the_number_in_e164(calls: Calls, query: str, number: str) -> None:
    answer = calls.send(f"{TOKEN}&{query}")
    assert answer.json["lead"]["caller_id"] == number
    assert calls.document["contact"]["phone"]["e164"] == number


def test_td_35_a_number_in_json_is_a_number(calls: Calls) -> None:
    assert calls.json(caller_id=18004506787).json["lead"]["caller_id"] == CALLER
    assert calls.json(caller_id=8004506787.0).json["lead"]["caller_id"] == CALLER
    assert len(calls.leads) == 1


def test_td_36_every_spelling_is_the_same_lead(calls: Calls) -> None:
    for caller_id in ("+18004506787", "(800) 450-6787", "1-800-450-6787", " 18004506787"):
        assert calls.json(caller_id=caller_id).json["lead"]["caller_id"] == CALLER
    [lead] = calls.leads
    assert lead.phone == CALLER
    assert calls.document["contact"]["phone"]["raw"] == "+18004506787"


def test_td_31_the_country_is_the_source_s(runtime: Any, client: Any) -> None:
    configure(runtime, source("roofs", SCHEDULE, settings={"country": "NL"}))
    answer = Calls(runtime, client).json(caller_id="06 12345678")
    assert answer.json["lead"]["caller_id"] == "+31612345678"
