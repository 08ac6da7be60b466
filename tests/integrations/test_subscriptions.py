"""Nobody is subscribed who did not say so in the form, or who may have left since."""

import json
from dataclasses import replace
from typing import Any

import pytest

from relay.core.contract import Conversation, Duty, Json, Reply, Request
from tests.integrations.conversing import catalog, duty_of, usual

WISHES: dict[str, Json] = {
    "mailchimp": {"new_members": "subscribed"},
    "klaviyo": {"subscribe_list": "Y6nRLr", "past_consent": True},
    "brevo": {"mailing_lists": [7]},
    "activecampaign": {"lists": [2]},
}
"""Settings that ask for subscriptions."""

SIGNS = ('"status_if_new":"subscribed"', "SUBSCRIBED", "listIds", "contactList")
AGREED = {"state": "granted", "raw": "yes", "at": "2026-03-02T11:59:50Z"}
TAKEN = {"id": 42, "data": {"id": "P"}, "contact": {"id": "10"}}


def said(name: str, consent: Json, settings: Json, **duty: Any) -> str:
    """All that is sent of a lead with this consent, in one text."""
    kind, recorded = catalog().targets[name], usual(name)
    lead = {**recorded["lead"], "consent": {"marketing": consent}}
    whole = {**recorded["settings"], **settings, **({} if name == "klaviyo" else {"note": False})}
    given: Duty = replace(duty_of(recorded["duty"]), **duty)
    conversation = kind.target.deliver(kind.adapter.build(lead, {}).payload, whole, given)
    return "\n".join(bodies(conversation))


def bodies(conversation: Conversation) -> list[str]:
    found: list[str] = []
    try:
        step = next(conversation)
        while True:
            assert isinstance(step, Request)
            found.append(step.body.decode())
            step = conversation.send(Reply(status=201, body=json.dumps(TAKEN).encode()))
    except StopIteration:
        return found


def subscribes(text: str) -> bool:
    return any(sign in text for sign in SIGNS)


@pytest.mark.parametrize("name", WISHES)
def test_who_agreed_is_subscribed_where_the_settings_ask_for_it(name: str) -> None:
    assert subscribes(said(name, AGREED, WISHES[name]))
    assert not subscribes(said(name, AGREED, {}))


@pytest.mark.parametrize("name", WISHES)
@pytest.mark.parametrize(
    "consent",
    [
        {"state": "denied", "raw": "no"},
        {"state": "unknown", "raw": "perhaps"},
        {"state": "unknown", "raw": None},
        {"state": "granted", "raw": None},
    ],
)
def test_who_did_not_say_so_is_not(name: str, consent: Json) -> None:
    assert not subscribes(said(name, consent, WISHES[name]))


@pytest.mark.parametrize("name", [name for name in WISHES if name != "mailchimp"])
@pytest.mark.parametrize("duty", [{"event": "updated"}, {"remote_id": "1", "replay": True}])
def test_who_is_known_is_not_subscribed_again(name: str, duty: Json) -> None:
    assert not subscribes(said(name, AGREED, WISHES[name], **duty))


def test_mailchimp_is_never_told_to_change_a_status() -> None:
    for consent in (AGREED, {"state": "denied", "raw": "no"}):
        for event in ("created", "updated"):
            text = said("mailchimp", consent, WISHES["mailchimp"], event=event)
            assert '"status"' not in text


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-03-02T11:59:50Z", "2026-03-02T11:59:50Z"),
        ("yesterday", "2026-03-02T11:59:58Z"),
        (None, "2026-03-02T11:59:58Z"),
        ("2036-01-01", "2026-03-02T11:59:58Z"),
    ],
)
def test_klaviyo_hears_a_time_of_consent_in_the_past(at: str | None, expected: str) -> None:
    text = said("klaviyo", {**AGREED, "at": at} if at else AGREED | {"at": ""}, WISHES["klaviyo"])
    assert f'"consented_at":"{expected}"' in text
