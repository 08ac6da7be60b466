"""The canonical lead holds, to the letter, what the three lead APIs take."""

import json
from typing import Any

import jsonschema
import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.catalog import ROOT
from relay.core import pointers
from relay.core.checks import branches, schema_problems
from relay.core.lead import LeadSchema, is_empty, match_keys, merge, outgoing, summary
from relay.core.places import KINDS

TEXT = "Aa+/=_-~ %2B é 😀"

# every value of the recommended lossless shape, with a value as it comes
SHAPE: dict[str, Any] = {
    "/keys/unique_event_id": "Evt-1/ÄÖ",
    "/keys/unique_identifier": "x" * 255,
    "/keys/session_id": "octa-1",
    "/keys/external": {"salesforce": "00Q…", "number": 7},
    "/contact/first_name": "Ada",
    "/contact/last_name": "Lovelace",
    "/contact/full_name": "Ada Lovelace",
    "/contact/email": "Ada@x.example",
    "/contact/phone": {"raw": "06 12345678", "e164": "+31612345678", "region": "NL"},
    "/contact/company": "Engines",
    "/contact/address/street": "Weg 1",
    "/contact/address/city": "Delft",
    "/contact/address/region": "ZH",
    "/contact/address/postal_code": "2611",
    "/contact/address/country": "NL",
    "/form/id": "f1",
    "/form/name": "Contact",
    "/form/custom_name": "Contact us",
    "/form/message": "Hello\nthere",
    "/form/fields": {"Any label?": [1, {"nested": None}], "": False},
    "/tokens": {"loan_amount": "500", "Zip": "007", "flag": False, "blank": "", "list": ["1"]},
    **{
        f"/attribution/click_ids/{name}": TEXT
        for name in (
            "gclid", "wbraid", "gbraid", "dclid", "fbclid", "fbc", "msclkid", "ttclid", "li_fat_id",
            "twclid", "rdt_cid", "sccid", "epik", "oppref", "any_other_click_id",
        )
    },
    **{
        f"/attribution/browser_ids/{name}": TEXT
        for name in ("fbp", "ttp", "scid", "rdt_uuid", "uetvid", "obref", "any_other_browser_id")
    },
    "/attribution/ga/client_id": "123.456",
    "/attribution/ga/session_id": "789",
    **{
        f"/attribution/utm/{name}": TEXT
        for name in ("source", "medium", "campaign", "content", "term")
    },
    "/attribution/channel_flow": [
        {"t": 0, "source": "g", "medium": "", "campaign": None, "content": None, "landing": "/a"}
    ],
    "/attribution/website": "https://x.example",
    "/attribution/path": "/a",
    "/attribution/conversion_page": "https://x.example/thanks",
    "/attribution/traffic_source_id": "TS-1",
    "/attribution/sub_id": "S1",
    "/attribution/extra": {"keyword": "engine", "sid": "1"},
    **{
        f"/consent/{name}": {"state": state, "raw": raw}
        for name, state, raw in (
            ("ad_storage", "granted", "granted"),
            ("ad_user_data", "denied", False),
            ("ad_personalization", "unknown", {"odd": [1]}),
            ("analytics_storage", "granted", 1),
            ("marketing", "denied", "no"),
        )
    },
    "/consent/tcf": "CPc…",
    "/consent/gpp": "DBABM…",
    "/consent/tcpa/given": {"state": "granted", "raw": "true"},
    "/consent/tcpa/text": "I agree to be called",
    "/consent/tcpa/at": "2021-07-23 14:26:43 +0000",
    "/consent/tcpa/url": "https://x.example",
    "/consent/tcpa/ip": "192.0.2.1",
    "/consent/certificates": [
        {"type": "trustedform", "value": "https://cert.trustedform.com/1"},
        {"type": "jornaya", "value": "0FE3"},
    ],
    "/device/ip": "192.0.2.1",
    "/device/user_agent": "Mozilla/5.0",
    "/directives/schedule_callback_at": "2021-07-23 14:26:43 +0000",
    "/directives/blocked": "on",
    "/directives/update_only": True,
    "/directives/hours_to_expire": 5,
    "/directives/anything_else": {"kept": "as it came"},
    "/state/stage": "open",
    "/state/native": {"leadtrackr": "open", "octanist": "qualified"},
    "/state/value_minor": 1999,
    "/state/currency": "EUR",
    "/state/note": "Call back",
    "/state/loss_reason": "price",
    "/times/submitted": "2026-01-02T03:04:05Z",
    "/verbatim/leadtrackr": {
        "userData": {"firstName": "", "company": None, "email": " A@b "},
        "attributionData": {"gclid": "", "anything": [1]},
        "formData": {"uniqueEventId": 5, "a": {"b": [{}]}},
        "deviceData": {"ipAdress": "192.0.2.1"},
        "channelFlow": [],
        "channelFlowKey": "lt_channelflow",
    },
    "/verbatim/octanist": {"custom": '{"a":1}', "fields": {"name": None, "consent": " true "}},
    "/verbatim/trackdrive": {"params_query": {"a": "1"}, "params_body": {}, "merged": {"data": {}}},
}  # fmt: skip


@pytest.fixture(scope="module")
def validator(lead: LeadSchema) -> Any:
    return jsonschema_rs.validator_for(lead.schema)


@pytest.mark.parametrize("pointer", SHAPE)
def test_each_value_of_the_lead_apis_has_its_place(
    lead: LeadSchema, validator: Any, pointer: str
) -> None:
    document: Any = {"v": 1}
    assert pointers.put(document, pointer, SHAPE[pointer])
    assert validator.is_valid(document), [str(error) for error in validator.iter_errors(document)]
    assert lead.place(pointer) is not None
    assert lead.knows(pointer)


def test_all_of_them_together_survive_storing_and_merging(lead: LeadSchema, validator: Any) -> None:
    document: Any = {"v": 1}
    for pointer, value in SHAPE.items():
        pointers.put(document, pointer, value)
    assert validator.is_valid(document)
    stored = json.loads(json.dumps(document))
    assert stored == document
    assert list(stored["verbatim"]["leadtrackr"]) == list(SHAPE["/verbatim/leadtrackr"])
    assert merge(document, {"v": 1}) == document
    assert merge({"v": 1}, document) == document


def test_identifiers_and_events_are_read_but_never_written(lead: LeadSchema) -> None:
    for pointer in ("/ids/id", "/ids/number", "/ids/public_id", "/ids/version", "/event/type"):
        assert lead.knows(pointer)
        assert lead.place(pointer) is None
    assert lead.knows("")
    assert lead.knows("/consent/certificates/0/value")
    assert not lead.knows("/consent/certificates/first/value")
    assert not lead.knows("/contact/mail")
    assert not lead.knows("/contact/email/domain")
    assert lead.place("/contact") is None
    assert lead.place("") is None
    assert lead.place("contact/email") is None


def test_what_goes_out_is_valid_too(lead: LeadSchema, validator: Any) -> None:
    ids = {"id": "0195", "number": 1, "public_id": "lead_1", "version": 1}
    event = {"type": "created", "at": "2026-01-02T03:04:05Z", "label": ""}
    assert validator.is_valid(outgoing({"v": 1, "contact": {"email": "a@b.co"}}, ids, event))


def test_the_schema_is_sound(lead: LeadSchema) -> None:
    assert schema_problems(lead.schema) == []
    jsonschema.Draft202012Validator.check_schema(lead.schema)
    reads = {branch["x-reads"] for _, branch in branches(lead.schema) if "x-reads" in branch}
    assert reads <= KINDS
    for place in lead.places.values():
        assert place.title, place.pointer
        assert {"x-names", "x-names-beside"}.isdisjoint(place.annotations) or place.reads != "map"


def test_personal_data_and_match_keys_are_marked(lead: LeadSchema) -> None:
    personal = set(lead.personal)
    for pointer in (
        "/contact/email", "/contact/phone", "/contact/full_name", "/contact/address/street",
        "/form/message", "/form/fields", "/form/files", "/tokens", "/device/ip", "/verbatim",
        "/attribution/click_ids/gclid", "/consent/tcpa/ip", "/state/note",
    ):  # fmt: skip
        assert pointer in personal
    assert "/attribution/utm/source" not in personal
    matches = {place.match: pointer for pointer, place in lead.places.items() if place.match}
    assert matches == {"email": "/contact/email", "phone": "/contact/phone"}


def test_names_in_other_words_are_personal_too(lead: LeadSchema) -> None:
    named = lead.place("/attribution/click_ids/brand_new")
    assert named is not None
    assert named.personal
    assert named.reads == "opaque"


# --- merging ----------------------------------------------------------------------------------


def test_an_update_erases_nothing() -> None:
    older = {"v": 1, "contact": {"email": "a@b.co"}, "attribution": {"click_ids": {"gclid": "G"}}}
    newer = {
        "v": 1,
        "contact": {"email": "", "company": "X"},
        "attribution": {"click_ids": {"gclid": None, "fbc": "F"}},
    }
    assert merge(older, newer) == {
        "v": 1,
        "contact": {"email": "a@b.co", "company": "X"},
        "attribution": {"click_ids": {"gclid": "G", "fbc": "F"}},
    }
    assert older["contact"] == {"email": "a@b.co"}


def test_false_and_zero_win_over_what_was() -> None:
    older = {"form": {"fields": {"Pets": True, "Rooms": 3}}, "state": {"value_minor": 5}}
    newer = {"form": {"fields": {"Pets": False, "Rooms": 0}}, "state": {"value_minor": 0}}
    assert merge(older, newer) == newer


def test_a_phone_and_a_consent_are_taken_whole() -> None:
    older = {
        "contact": {"phone": {"raw": "06 1", "e164": "+3161", "extension": "5"}},
        "consent": {"marketing": {"state": "granted", "raw": "yes", "text": "News"}},
    }
    newer = {
        "contact": {"phone": {"raw": "12"}},
        "consent": {"marketing": {"state": "denied", "raw": False}},
    }
    assert merge(older, newer) == newer


def test_a_default_consent_outweighs_none_that_was_said() -> None:
    said = {"consent": {"marketing": {"state": "granted", "raw": "yes"}}}
    default = {"consent": {"marketing": {"state": "denied", "raw": None}}}
    assert merge(said, default) == said
    assert merge(default, said) == said
    assert merge({"consent": {"marketing": {"state": "granted", "raw": None}}}, default) == default


def test_answers_called_raw_are_answers_like_others() -> None:
    older = {"form": {"fields": {"a": 1, "raw": "x"}}, "tokens": {"b": 2}}
    newer = {"form": {"fields": {"raw": "y"}}, "tokens": {"raw": 1}}
    assert merge(older, newer) == {
        "form": {"fields": {"a": 1, "raw": "y"}},
        "tokens": {"b": 2, "raw": 1},
    }


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(older=VALUES, newer=VALUES)
def test_merging_twice_is_merging_once(older: Any, newer: Any) -> None:
    once = merge(older, newer)
    assert merge(once, newer) == once
    assert merge(older, older) == older


# --- what lists and matching look at ----------------------------------------------------------


def test_a_summary_has_what_people_search_for() -> None:
    found = summary(
        {
            "contact": {
                "full_name": "Ada",
                "email": "Ada@X.example",
                "phone": {"raw": "06", "e164": "+31612345678"},
            },
            "state": {"stage": "won", "value_minor": 5, "currency": "EUR"},
        }
    )
    assert (found.name, found.email, found.phone) == ("Ada", "ada@x.example", "+31612345678")
    assert (found.status, found.value_minor, found.currency) == ("won", 5, "EUR")
    assert summary({"v": 1}).status == "open"
    assert summary({"contact": {"phone": {"raw": "12"}}}).phone == "12"


def test_only_a_known_number_is_a_key() -> None:
    assert match_keys({"contact": {"phone": {"raw": "12"}, "email": "A@b.co"}}) == {
        "email": "a@b.co"
    }


@pytest.mark.parametrize("value", [None, "", " \n", [], {}, [None, ""], [[" "]]])
def test_what_says_nothing(value: Any) -> None:
    assert is_empty(value)


@pytest.mark.parametrize("value", [False, 0, 0.0, "0", [0], [False], {"a": None}])
def test_what_says_something(value: Any) -> None:
    assert not is_empty(value)


def test_the_file_is_the_one_the_catalog_loads() -> None:
    loaded = LeadSchema.load(ROOT / "jsonschemas" / "lead.json")
    assert loaded.places["/contact/email"].title == "E-mail"
