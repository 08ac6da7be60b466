"""A payload is made of what the lead has; where the target would not take it, errors say why."""

import copy
from typing import Any

import pytest

from relay.core.outbound import Built, OutboundAdapter

LEAD: dict[str, Any] = {
    "v": 1,
    "contact": {
        "first_name": "Ada",
        "email": "",
        "phone": {"raw": "06 12345678", "e164": "+31612345678"},
    },
    "form": {"fields": {"Pets": False, "Rooms": 0, "a/b~c": "odd"}},
    "attribution": {"click_ids": {"gclid": "G"}},
}
SCHEMA = {
    "type": "object",
    "required": ["phone"],
    "properties": {
        "phone": {"type": "string", "lead": ["/contact/phone/e164", "/contact/phone/raw"]},
        "mail": {"type": "string", "lead": "/contact/email", "maxLength": 5},
        "source": {"lead": "/attribution/utm/source", "default": "website"},
        "pets": {"lead": "/form/fields/Pets"},
        "rooms": {"lead": "/form/fields/Rooms"},
        "person": {"properties": {"first": {"lead": "/contact/first_name"}}},
    },
}


def build(schema: Any, mapping: Any = None, lead: Any = LEAD) -> Built:
    return OutboundAdapter(schema).build(lead, mapping or {})


def test_annotations_say_where_values_come_from() -> None:
    assert build(SCHEMA) == Built(
        {
            "phone": "+31612345678",
            "source": "website",
            "pets": False,
            "rooms": 0,
            "person": {"first": "Ada"},
        },
        [],
    )


def test_the_first_present_pointer_wins() -> None:
    lead = {"contact": {"phone": {"raw": "06 12"}}}
    assert build(SCHEMA, lead=lead).payload["phone"] == "06 12"


def test_the_empty_pointer_is_the_whole_lead() -> None:
    assert build({"properties": {"data": {"lead": ""}}}).payload == {"data": LEAD}
    assert build({"lead": ""}).payload == LEAD


def test_errors_name_the_place_and_not_the_value() -> None:
    built = build(SCHEMA, {"/mail": {"value": ["much"]}, "/phone": {"value": 4711}})
    assert built.errors == [
        'mail: the value is not of type "string"',
        'phone: the value is not of type "string"',
    ]
    assert build(SCHEMA, lead={}).errors == ['the payload: "phone" is a required property']


@pytest.mark.parametrize(
    ("wish", "value"),
    [
        ("/contact/first_name", "Ada"),
        ("/form/fields/a~1b~0c", "odd"),
        (["/contact/email", "/contact/first_name"], "Ada"),
        ({"value": {"any": [1, None]}}, {"any": [1, None]}),
        ({"value": False}, False),
        ({"template": "Dear [first_name], [company]{friend}"}, "Dear Ada, friend"),
        ({"template": "[gclid]"}, "G"),
    ],
)
def test_a_mapping_is_laid_over(wish: Any, value: Any) -> None:
    built = build(SCHEMA, {"/person/first": wish, "/new/deep": wish})
    assert built.payload["person"]["first"] == value
    assert built.payload["new"]["deep"] == value
    assert built.payload["phone"] == "+31612345678"


def test_null_takes_out_a_value_and_all_that_is_within() -> None:
    payload = build(SCHEMA, {"/person": None, "/source": None}).payload
    assert payload == {"phone": "+31612345678", "pets": False, "rooms": 0}


def test_what_the_lead_lacks_is_left_out() -> None:
    wishes = ["/contact/company", ["/contact/company"], {"template": "[company]"}]
    for wish in wishes:
        payload = build(SCHEMA, {"/none": wish, "/source": wish}).payload
        assert "none" not in payload
        assert "source" not in payload
    assert build({}, {"/a": {"value": ""}}).payload == {"a": ""}


def test_lists_are_made_by_position_and_have_no_gaps() -> None:
    schema = {
        "properties": {
            "lines": {
                "type": "array",
                "prefixItems": [
                    {"properties": {"kind": {"lead": "/contact/company"}}},
                    {
                        "properties": {
                            "value": {"lead": "/contact/first_name"},
                            "kind": {"lead": "/attribution/click_ids/gclid"},
                        }
                    },
                ],
            }
        }
    }
    assert build(schema).payload == {"lines": [{"value": "Ada", "kind": "G"}]}
    mapping = {"/tags/0": {"value": "web"}, "/tags/1": "/contact/first_name"}
    assert build({}, mapping).payload == {"tags": ["web", "Ada"]}
    assert build({}, {"/answers/7": {"value": 1}}).payload == {"answers": {"7": 1}}


def test_references_and_parts_are_followed_even_in_circles() -> None:
    schema = {
        "allOf": [{"$ref": "#/$defs/person"}],
        "$defs": {
            "person": {
                "properties": {
                    "name": {"lead": "/contact/first_name"},
                    "child": {"$ref": "#/$defs/person"},
                }
            }
        },
    }
    assert build(schema).payload == {"name": "Ada"}


def test_the_lead_is_left_untouched() -> None:
    before = copy.deepcopy(LEAD)
    build({"properties": {"all": {"lead": ""}}}, {"/all/contact/first_name": {"value": "Eve"}})
    assert before == LEAD


@pytest.mark.parametrize(
    "wish", [7, {"template": 7}, {"other": 1}, ["no pointer"], "no pointer", {}]
)
def test_a_wish_that_means_nothing_is_an_error_of_the_payload(wish: Any) -> None:
    assert build({}, {"/a": wish}).errors == ["mapping of /a: cannot be followed"]


def test_a_place_that_is_no_pointer_is_an_error_of_the_payload() -> None:
    assert build({}, {"a": "/contact/first_name"}).errors == ["mapping of a: cannot be followed"]
