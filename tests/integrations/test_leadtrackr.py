"""LeadTrackr's source: the shapes in which its clients write the same thing."""

import json
from typing import Any
from urllib.parse import quote

import pytest

from integrations.leadtrackr.channel_flow import read_flow
from integrations.leadtrackr.source import SOURCE, parse
from relay.catalog import load_catalog
from relay.core.adapter import MappingRules
from relay.core.contract import Inbound, Parsed

KIND = load_catalog().sources["leadtrackr"]


def parsed(body: Any, **headers: str) -> Parsed:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    inbound = Inbound(headers=names, body=json.dumps(body).encode())
    (found,) = parse(inbound, {})
    return found


def mapped(body: Any, **headers: str) -> Any:
    found = KIND.adapter.map(parsed(body, **headers), MappingRules(region="NL"))
    assert found.reasons == []
    return found.document


COMPACT = [
    {"t": 1772450000000, "ch": {"s": "google", "m": "cpc", "cm": "roofs", "ct": "a", "tm": "b"}},
    {"t": 1772452300000, "ch": {"s": "direct", "m": "none"}, "lp": "/roofs/"},
]
OLDER = [
    {
        "timestamp": 1772450000000,
        "channel": {
            "source": "google",
            "medium": "cpc",
            "campaign": "roofs",
            "content": "a",
            "term": "b",
        },
    },
    {
        "timestamp": 1772452300000,
        "channel": {
            "source": "direct",
            "medium": "none",
            "campaign": "",
            "content": "",
            "term": "",
        },
        "lp": "/roofs/",
    },
]
VISITS = [
    {
        "t": 1772450000000,
        "source": "google",
        "medium": "cpc",
        "campaign": "roofs",
        "content": "a",
        "term": "b",
    },
    {"t": 1772452300000, "source": "direct", "medium": "none", "landing": "/roofs/"},
]


@pytest.mark.parametrize("entries", [COMPACT, OLDER], ids=["compact", "older"])
@pytest.mark.parametrize("write", [list, json.dumps, lambda it: quote(json.dumps(it))])
def test_a_flow_is_read_in_every_form(entries: Any, write: Any) -> None:
    assert read_flow(write(entries)) == VISITS


@pytest.mark.parametrize(
    "flow",
    ["", "google", "%", "%5B", "[1, 2]", "[" * 5000, [], {}, [{"ch": "x"}], [{"t": 1}], 5, None],
)
def test_what_is_no_flow_stays_as_it_came(flow: Any) -> None:
    assert read_flow(flow) == flow


def test_a_visit_that_cannot_be_read_stays_among_those_that_can() -> None:
    assert read_flow([*COMPACT, "x", {"t": 1}]) == [*VISITS, "x", {"t": 1}]


FORM_FIELDS = [
    pytest.param({"Roof": "flat", "Size": 5}, {"Roof": "flat", "Size": 5}, id="object"),
    pytest.param([{"Roof": "flat"}, {"Size": 5}], {"Roof": "flat", "Size": 5}, id="list"),
    pytest.param([{"Roof": 1}, {"Roof": 2}], {"Roof": 1, "Roof (2)": 2}, id="twice"),
    pytest.param([{"label": "Roof", "value": "flat"}], {"Roof": "flat"}, id="labelled"),
    pytest.param({"Roof": ["flat", "green"]}, {"Roof": ["flat", "green"]}, id="several"),
    pytest.param({"Roof": {"a": {"b": 1}}}, {"Roof": {"a": {"b": 1}}}, id="nested"),
    pytest.param("Roof: flat", {"formFields": "Roof: flat"}, id="text"),
    pytest.param([], None, id="empty-list"),
    pytest.param({}, None, id="empty-object"),
    pytest.param(None, None, id="null"),
]


@pytest.mark.parametrize(("given", "fields"), FORM_FIELDS)
@pytest.mark.parametrize("within", [True, False], ids=["in-the-form", "beside-it"])
def test_form_fields_are_answers_under_their_labels(given: Any, fields: Any, within: bool) -> None:
    body = {"userData": {"email": "a@b.cc"}}
    body |= {"formData": {"formFields": given}} if within else {"formFields": given}
    assert mapped(body).get("form", {}).get("fields") == fields


def test_what_the_form_says_fills_what_the_contact_leaves_open() -> None:
    body = {"userData": {"email": ""}, "formData": {"formFields": {"Your e-mail": "a@b.cc"}}}
    assert mapped(body)["contact"]["email"] == "a@b.cc"


def test_parts_of_another_shape_are_kept_as_fields() -> None:
    """At an address of our own nobody is answered what is wrong."""
    document = mapped(
        {"userData": "Ada", "formData": {"x": 1}, "deviceData": [5], "other": {"y": 2}}
    )
    fields = {"userData": "Ada", "deviceData": [5], "other": {"y": 2}, "x": 1}
    assert document["form"]["fields"] == fields
    assert set(document["verbatim"]["leadtrackr"]) == {"formData"}


def test_an_empty_click_id_is_none_and_no_warning() -> None:
    empty = dict.fromkeys(("gclid", "cid", "fbp", "fbc", "msclkid"), "")
    found = KIND.adapter.map(parsed({"userData": {}, "attributionData": empty}), MappingRules())
    assert found.document is not None
    assert "attribution" not in found.document
    assert found.warnings == []


def test_every_id_of_the_tags_has_a_place() -> None:
    clicks = (
        *("gclid", "gbraid", "wbraid", "dclid", "fbclid", "fbc", "msclkid", "ttclid", "twclid"),
        *("li_fat_id", "rdt_cid", "epik", "oppref"),
    )
    browsers = ("fbp", "ttp", "scid", "rdt_uuid", "uetvid", "obref")
    names = (*clicks, *browsers, "scclid", "cid", "sid")
    told = mapped({"attributionData": {name: f"{name} ID" for name in names}})["attribution"]
    assert told["click_ids"] == {n: f"{n} ID" for n in clicks} | {"sccid": "scclid ID"}
    assert told["browser_ids"] == {n: f"{n} ID" for n in browsers}
    assert told["ga"] == {"client_id": "cid ID", "session_id": "sid ID"}


WEBHOOK = {"event_id": "e", "user_data": {"email": "a@b.cc"}}


def test_a_webhook_s_header_names_its_event_before_its_body() -> None:
    assert (parsed(WEBHOOK).event_id, parsed(WEBHOOK).lead_id) == ("e", "e")
    named = parsed(WEBHOOK, x_event_id="h")
    assert (named.event_id, named.lead_id) == ("h", "e")


def test_a_call_has_no_event_so_that_its_repeat_updates() -> None:
    found = parsed({"userData": {}, "formData": {"uniqueEventId": "e"}}, x_event_id="h")
    assert (found.event_id, found.lead_id, found.lead_scope) == (None, "e", "kind")


def test_a_connection_is_found_by_its_id() -> None:
    assert SOURCE.tokens is not None
    assert SOURCE.tokens({}) == []
    assert SOURCE.tokens({"connection": {"id": "shop", "token": "t"}}) == ["custom:shop"]
