"""What comes in by a lead API goes out to it as it came, and to the others without loss."""

import json
from functools import cache
from typing import Any

import pytest

from relay.catalog import load_catalog
from relay.core import pointers
from relay.core.adapter import MappingRules
from relay.core.contract import Duty, Inbound, Json
from relay.core.fixtures import Fixture, fixtures_of
from relay.core.kinds import Catalog
from relay.core.lead import outgoing

APIS = ("leadtrackr", "octanist", "trackdrive")
SETTINGS: dict[str, Json] = {
    "leadtrackr": {"project_id": "there", "api_key": "k"},
    "octanist": {"api_key": "k"},
    "trackdrive": {"url": "https://there.example.com", "token": "t"},
}
OWN = {
    "leadtrackr": {"token": "x"},
    "octanist": {},
    "trackdrive": {"owner": "schedule", "token": "YOUR_TOKEN"},
}
IDS = {
    "id": "0195571e-5a00-7000-8000-0000000000a1",
    "number": 1,
    "public_id": "lead_a",
    "version": 1,
}
DUTY = Duty(
    id="d",
    event="created",
    lead_id=IDS["id"],
    version=1,
    occurred_at=1772452798.0,
    now=1772452800.0,
)


@cache
def catalog() -> Catalog:
    return load_catalog()


def captures(name: str) -> list[Fixture]:
    return fixtures_of(catalog().sources[name])


def understood(name: str, inbound: Inbound) -> Json:
    """The canonical lead of a call."""
    kind = catalog().sources[name]
    (parsed,) = kind.source.parse(inbound, OWN[name])
    mapped = kind.adapter.map(parsed, MappingRules(region="NL"))
    assert mapped.reasons == []
    return mapped.document


def sent(name: str, lead: Json) -> Any:
    """The body that goes to the API of this name."""
    kind = catalog().targets[name]
    event = {"type": "created", "label": "", "at": "2026-03-02T11:59:58Z"}
    built = kind.adapter.build(outgoing(lead, IDS, event), {})
    assert built.errors == []
    request = next(kind.target.deliver(built.payload, SETTINGS[name], DUTY))
    return json.loads(request.body)


def again(name: str, body: Json) -> Json:
    """The canonical lead of what was sent, as the other side would understand it."""
    inbound = Inbound(
        method="POST",
        url="https://there.example.com/",
        query=(),
        headers={"content-type": "application/json"},
        body=json.dumps(body).encode(),
        address="192.0.2.1",
        received_at=0.0,
    )
    return understood(name, inbound)


def within(part: Json, whole: Json) -> bool:
    """Whether everything of the part stands in the whole; what is empty says nothing."""
    if isinstance(part, dict) and isinstance(whole, dict):
        said = {name: value for name, value in part.items() if value not in ({}, "")}
        return all(within(value, whole.get(name)) for name, value in said.items())
    return bool(part == whole and type(part) is type(whole))


CALLS = [
    pytest.param(name, capture, id=f"{name}-{capture.name}")
    for name in APIS
    for capture in captures(name)
]


@pytest.mark.parametrize(("name", "capture"), CALLS)
def test_nothing_is_lost_on_the_way_to_the_same_api(name: str, capture: Fixture) -> None:
    lead = understood(name, capture.inbound)
    verbatim = lead["verbatim"][name]
    body = sent(name, lead)
    if name == "leadtrackr":
        parts = ("userData", "attributionData", "formData", "deviceData")
        for part in (*parts, "channelFlow", "uniqueIdentifier"):
            assert within(verbatim.get(part, {}), body.get(part, {})), part
    elif name == "octanist":
        assert within(verbatim.get("fields", {}), body)
    else:
        hidden = {
            "lead_token",
            "schedule_lead_token",
            "offer_lead_token",
            "auth_token",
            "caller_id",
        }
        asked = {key: value for key, value in verbatim["merged"].items() if key not in hidden}
        assert set(asked) <= set(body)
        assert body["caller_id"] == lead["contact"]["phone"]["e164"]


PLACES = (
    "/contact/email",
    "/contact/phone/e164",
    "/contact/full_name",
    "/contact/company",
    "/form/name",
    "/form/message",
    "/attribution/click_ids",
    "/attribution/browser_ids/fbp",
    "/attribution/ga/client_id",
    "/attribution/utm/source",
    "/attribution/traffic_source_id",
    "/attribution/sub_id",
)


WAYS = [
    pytest.param(name, capture, other, id=f"{name}-{capture.name}-{other}")
    for name in APIS
    for capture in captures(name)
    for other in APIS
    # TrackDrive knows leads by their number alone
    if other != "trackdrive" or "phone" in understood(name, capture.inbound).get("contact", {})
]


@pytest.mark.parametrize(("name", "capture", "other"), WAYS)
def test_what_the_other_side_can_hold_arrives_there(
    name: str, capture: Fixture, other: str
) -> None:
    lead = understood(name, capture.inbound)
    arrived = again(other, sent(other, lead))
    for place in PLACES:
        value = pointers.get(lead, place)
        if value:
            assert _found(value, arrived), place


def _found(value: Json, arrived: Json) -> bool:
    """Whether the value stands anywhere in the lead that arrived, each of an object's by itself."""
    if isinstance(value, dict):
        return all(_found(member, arrived) for member in value.values())
    return json.dumps(value) in json.dumps(arrived) or str(value) in json.dumps(arrived)


@pytest.mark.parametrize("consent", [None, True, False, "granted"])
def test_a_consent_that_octanist_was_not_given_is_no_denial(consent: Json) -> None:
    fields = {"email": "a@example.com"} | ({} if consent is None else {"ad_storage": consent})
    body = sent("leadtrackr", again("octanist", fields))
    told = body.get("attributionData", {}).get("consent", {}).get("ad_storage")
    assert told == ("granted" if consent is True else None)


@pytest.mark.parametrize(("said", "told"), [("granted", True), ("denied", False), (None, None)])
def test_a_consent_of_leadtrackr_is_true_or_false_at_octanist(said: Json, told: Json) -> None:
    consent = {} if said is None else {"consent": {"ad_storage": said}}
    lead = {"userData": {"email": "a@example.com"}, "attributionData": {"gclid": "x", **consent}}
    assert sent("octanist", again("leadtrackr", lead)).get("ad_storage") is told
