"""What a lead holds twice: custom tokens and what an API was sent, beside what they mean."""

from typing import Any

from relay.core.adapter import InboundAdapter, Mapped, MappingRules
from relay.core.contract import Json, Parsed
from relay.core.lead import LeadSchema
from relay.core.places import Around, read

SCHEMA: Json = {
    "properties": {
        "tokens": {"lead": "/tokens"},
        "known": {"lead": {"answers": "known"}},
        "verbatim": {"lead": "/verbatim/api"},
    }
}


def mapped(lead: LeadSchema, fields: Json, **rules: Any) -> Mapped:
    document = {"tokens": fields, "known": fields, "verbatim": {"data": fields}}
    return InboundAdapter(SCHEMA, lead).map(Parsed(document=document), MappingRules(**rules))


def test_answers_that_are_kept_elsewhere_are_placed_where_they_are_known(lead: LeadSchema) -> None:
    fields = {"first_name": "Ada", "interest": "kittens"}
    found = mapped(lead, fields).document
    assert found["contact"] == {"first_name": "Ada", "full_name": "Ada"}
    assert found["tokens"] == fields
    assert "form" not in found


def test_they_become_a_form_field_where_the_mapping_says_so(lead: LeadSchema) -> None:
    found = mapped(lead, {"interest": "kittens"}, mapping={"interest": {"field": "Loves"}})
    assert found.document["form"] == {"fields": {"Loves": "kittens"}}


def test_thousands_of_them_are_no_form_fields_either(lead: LeadSchema) -> None:
    fields = {f"token_{number}": "x" for number in range(2500)}
    found = mapped(lead, fields).document
    assert len(found["tokens"]) == 2500
    assert "form" not in found


def test_a_blank_token_is_kept_and_null_is_not(lead: LeadSchema) -> None:
    found = mapped(lead, {"address2": "", "list": [], "none": None, "no": False})
    assert found.document["tokens"] == {"address2": "", "list": [], "no": False}


def test_what_is_dropped_stays_in_no_copy(lead: LeadSchema) -> None:
    fields = {"ssn": "123-45", "other": "123-45", "list": [{"ssn": "6"}]}
    found = mapped(lead, fields, mapping={"ssn": "drop"})
    kept = {"other": "123-45", "list": [{"ssn": "6"}]}
    assert found.document["tokens"] == kept
    assert found.document["verbatim"] == {"api": {"data": kept}}
    assert found.dropped == ["123-45"]


def test_a_phone_that_was_read_already_keeps_how_it_was_written() -> None:
    said = {"raw": "(719) 222-1234", "e164": "+17192221234"}
    found = read("phone", said, Around("NL"))
    assert found is not None
    assert found.value == {**said, "region": "US"}
    assert read("phone", {"raw": "x", "e164": "8004506787"}, Around("US")) is None
    assert read("phone", {"raw": 1, "e164": "+18004506787"}, Around("US")) is None
