"""TrackDrive: directives are taken, judged, kept and shown, and those that do nothing are named."""

from typing import Any

import pytest

from relay.core.contract import Json
from tests.web.apis.trackdrive.schedules import OTHER, SCHEDULE, Calls, configure, source

WHO = f"lead_token={SCHEDULE}&caller_id=8004506787"
FLAGS = (
    *("update_all_matching_leads", "blocked", "unblock_contact", "expire_existing"),
    *("delete_existing", "restart_schedule", "auto_format_nested_fields"),
)
TRUE: tuple[Json, ...] = ("1", "true", "yes", "on", "TRUE", " Yes ", True, 1)
FALSE: tuple[Json, ...] = ("0", "false", "no", "off", "Off", False, 0)
WRONG: tuple[Json, ...] = ("maybe", "2", "t", 2, -1, 0.5, [], ["1"], {"a": 1})


@pytest.mark.parametrize("name", FLAGS)
def test_td_38_yes_and_no_in_every_word(calls: Calls, name: str) -> None:
    for value in (*TRUE, *FALSE):
        answer = calls.json(**{name: value})
        assert answer.status_code == 200, answer.text
        assert answer.json["lead"][name] is (value in TRUE)
    assert calls.document["directives"] == {name: False}


@pytest.mark.parametrize("value", WRONG)
def test_td_38_anything_else_is_422(calls: Calls, value: Json) -> None:
    for name in (*FLAGS, "update_only"):
        answer = calls.json(**{name: value})
        assert answer.status_code == 422
        assert list(answer.json["errors"]) == [name]
        assert "must be one of 1, true, yes, on" in answer.json["errors"][name][0]
    assert calls.nothing_stored()


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        pytest.param("email", " Ada@Example.com ", "Ada@example.com", id="TD-37 trimmed"),
        pytest.param("email", " not an address ", "not an address", id="TD-37 bad"),
        pytest.param("apply_to", "calls", "calls", id="TD-39"),
        pytest.param("schedule_callback_at", "2021-07-23 14:26:43 +0000",
                     "2021-07-23T14:26:43Z", id="TD-40"),
        pytest.param("schedule_callback_at", "2021-07-23T14:26:43+02:00",
                     "2021-07-23T12:26:43Z", id="TD-40 ISO"),
        pytest.param("next_action_at", "2021-07-23 14:26:43", "2021-07-23T14:26:43Z",
                     id="TD-40 without a zone"),
        pytest.param("next_action_at", "Fri, 23 Jul 2021 14:26:43 -0500",
                     "2021-07-23T19:26:43Z", id="TD-40 RFC 2822"),
        pytest.param("schedule_callback_in_seconds", "3600", 3600, id="TD-41 text"),
        pytest.param("schedule_callback_in_seconds", 3600, 3600, id="TD-41 number"),
        pytest.param("schedule_callback_in_seconds", 0, 0, id="TD-41 at once"),
        pytest.param("hours_to_expire", "24", 24, id="TD-50 hours"),
        pytest.param("max_contact_attempts", 3.0, 3, id="TD-50 attempts"),
        pytest.param("lead_priority", "-5", -5, id="TD-50 priority"),
        pytest.param("expires_in", 60, 60, id="TD-50 expires_in"),
        pytest.param("restart_schedule", "on", True, id="TD-51"),
        pytest.param("contact_field_type", 12, "12", id="TD-52 field type"),
        pytest.param("assign_trackdrive_number", True, True, id="TD-52 number"),
        pytest.param("assign_sms_number", "+15550000000", "+15550000000", id="TD-52 SMS number"),
    ],
)  # fmt: skip
def test_what_is_taken_is_kept_and_shown(calls: Calls, name: str, value: Json, kept: Json) -> None:
    answer = calls.json(**{name: value})
    assert answer.status_code == 200, answer.text
    assert answer.json["lead"][name] == kept
    document = calls.document
    assert (document["contact"] if name == "email" else document["directives"])[name] == kept
    assert calls.tokens == {}


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        pytest.param("email", ["a@b.example"], "must be one value", id="TD-37"),
        pytest.param("apply_to", "leads", "must be calls", id="TD-39"),
        pytest.param("apply_to", ["calls"], "must be one value", id="TD-39 a list"),
        pytest.param("schedule_callback_at", "soon", "valid time", id="TD-40 words"),
        pytest.param("schedule_callback_at", "2021-02-30 10:00", "valid time", id="TD-40 no day"),
        pytest.param("next_action_at", 5, "valid time", id="TD-40 number"),
        pytest.param("next_action_at", {"a": 1}, "valid time", id="TD-40 object"),
        pytest.param("schedule_callback_in_seconds", "-1", "between 0", id="TD-41 negative"),
        pytest.param("schedule_callback_in_seconds", "soon", "whole number", id="TD-41 words"),
        pytest.param("schedule_callback_in_seconds", 10**15, "between 0", id="TD-41 for ever"),
        pytest.param("schedule_callback_in_seconds", True, "whole number", id="TD-41 true"),
        pytest.param("hours_to_expire", "a day", "whole number", id="TD-50 hours"),
        pytest.param("hours_to_expire", "-1", "between 0", id="TD-50 negative hours"),
        pytest.param("max_contact_attempts", "1.5", "whole number", id="TD-50 attempts"),
        pytest.param("lead_priority", "high", "whole number", id="TD-50 priority"),
        pytest.param("lead_priority", [1], "whole number", id="TD-50 a list"),
        pytest.param("lead_priority", 10**40, "whole number", id="TD-50 huge"),
        pytest.param("assign_sms_number", {"a": 1}, "must be one value", id="TD-52"),
        pytest.param("traffic_source_id", {"a": 1}, "must be one value", id="TD-53"),
        pytest.param("sub_id", "x" * 2001, "at most 2000 characters", id="TD-53 long"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_422(calls: Calls, name: str, value: Json, reason: str) -> None:
    answer = calls.json(**{name: value})
    assert answer.status_code == 422
    assert reason in answer.json["errors"][name][0]
    assert calls.nothing_stored()
    assert [note.status for note in calls.turned_away] == [422]


def test_td_58_every_mistake_is_told_at_once(calls: Calls) -> None:
    answer = calls.json(caller_id="x", blocked="x", lead_priority="x", data="{x")
    assert set(answer.json["errors"]) == {"caller_id", "blocked", "lead_priority", "data"}


@pytest.mark.parametrize("value", ["", " ", None])
def test_a_blank_directive_says_nothing(calls: Calls, value: Json) -> None:
    answer = calls.json(**dict.fromkeys((*FLAGS, "lead_priority", "next_action_at"), value))
    assert answer.status_code == 200
    assert answer.json["warnings"] == []
    assert "directives" not in calls.document


def test_td_40_a_plus_that_the_address_lost_is_read_all_the_same(calls: Calls) -> None:
    answer = calls.send(f"{WHO}&schedule_callback_at=2021-07-23+14:26:43+%2B0200")
    assert answer.json["lead"]["schedule_callback_at"] == "2021-07-23T12:26:43Z"
    answer = calls.send(f"{WHO}&schedule_callback_at=2021-07-23+14:26:43++0200")
    assert answer.json["lead"]["schedule_callback_at"] == "2021-07-23T12:26:43Z"


# --- what does nothing is named --------------------------------------------------------------


def warned(answer: Any) -> set[str]:
    assert answer.status_code == 200, answer.text
    return {warning["parameter"] for warning in answer.json["warnings"]}


@pytest.mark.parametrize(
    "name",
    ["update_all_matching_leads", "expire_existing", "delete_existing", "blocked",
     "unblock_contact"],
)  # fmt: skip
def test_td_46_48_49_what_changes_other_leads_needs_the_source_s_leave(
    runtime: Any, client: Any, name: str
) -> None:
    configure(
        runtime, source("roofs", SCHEDULE), source("windows", OTHER, settings={"may": [name]})
    )
    calls = Calls(runtime, client)
    assert warned(calls.json(**{name: "yes"})) == {name}
    assert warned(calls.json(**{name: "no"})) == set()
    assert warned(calls.json(lead_token=OTHER, **{name: "yes"})) == set()


def test_td_51_what_no_route_obeys_is_kept_and_named(runtime: Any, client: Any) -> None:
    asked = {
        "schedule_callback_at": "2026-03-02 13:00:00 +0000", "schedule_callback_in_seconds": 60,
        "next_action_at": "2026-03-02 13:00:00 +0000", "hours_to_expire": 1,
        "max_contact_attempts": 1, "lead_priority": 1, "restart_schedule": True,
    }  # fmt: skip
    sources = (source("roofs", SCHEDULE), source("windows", OTHER))
    targets = [{"name": "crm", "kind": "webhook", "settings": {"url": "http://127.0.0.1:9/"}}]
    routes = [
        {"from": "roofs", "to": "crm"},
        {"from": "windows", "to": "crm", "directives": "obey"},
    ]
    configure(runtime, *sources, targets=targets, routes=routes)
    calls = Calls(runtime, client)
    assert warned(calls.json(**asked)) == set(asked)
    assert warned(calls.json(lead_token=OTHER, **asked)) == set()
    assert warned(calls.json(contact_field_type="1", assign_sms_number="1")) == set()


# --- what updates alone ----------------------------------------------------------------------


def test_td_47_update_only_makes_no_lead_and_updates_one(calls: Calls) -> None:
    answer = calls.json(update_only=True, interest="kittens")
    assert answer.status_code == 422
    assert list(answer.json["errors"]) == ["update_only"]
    assert calls.leads == []
    assert calls.json().status_code == 200
    answer = calls.json(update_only=True, interest="kittens")
    assert answer.status_code == 200
    assert answer.json["lead"]["data"] == {"interest": "kittens"}
    assert len(calls.leads) == 1
