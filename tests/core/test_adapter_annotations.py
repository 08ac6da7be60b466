"""What an adapter's annotations say is done, and nothing that comes in can break it."""

import json
import time
from typing import Any

from relay.core.adapter import InboundAdapter, MappingRules
from relay.core.contract import Parsed
from relay.core.lead import LeadSchema
from tests.core.conftest import Mapping


def mapped_by(lead: LeadSchema, schema: Any, document: Any) -> Any:
    return InboundAdapter(schema, lead).map(Parsed(document=document), MappingRules(region="NL"))


def test_annotations_of_the_matching_branch_only_are_followed(lead: LeadSchema) -> None:
    schema = {
        "properties": {
            "who": {
                "if": {"type": "string"},
                "then": {"lead": "/contact/email"},
                "else": {"properties": {"mail": {"lead": "/contact/email"}}},
            },
            "how": {"anyOf": [{"type": "string", "lead": "/contact/phone"}, {"type": "object"}]},
        },
    }
    plain = mapped_by(lead, schema, {"who": "ada@x.example", "how": "0612345678"}).document
    assert plain["contact"]["email"] == "ada@x.example"
    assert plain["contact"]["phone"]["e164"] == "+31612345678"
    nested = mapped_by(lead, schema, {"who": {"mail": "ada@x.example"}, "how": {"tel": 1}}).document
    assert nested["contact"] == {"email": "ada@x.example"}
    assert nested["form"]["fields"] == {"how": {"tel": 1}}


def test_families_of_keys_go_where_their_pattern_says(lead: LeadSchema) -> None:
    schema = {
        "patternProperties": {"^x_": {"lead": "/attribution/extra"}},
        "properties": {"meta": {"lead": "/attribution/extra"}},
        "additionalProperties": {"lead": {"field": "Rest"}},
    }
    mapped = mapped_by(lead, schema, {"meta": {"a": 1, "b": ""}, "x_1": {"c": "2"}, "z": "3"})
    assert mapped.document["attribution"]["extra"] == {"a": 1, "c": "2"}
    assert mapped.document["form"]["fields"] == {"Rest": "3"}


def test_what_no_annotation_speaks_of_is_kept(lead: LeadSchema) -> None:
    schema = {"properties": {"a": {"properties": {"b": {"lead": "/contact/email"}}}}}
    document = {"a": {"b": "ada@x.example", "c": [1]}, "d": {"e": None}, "f": "text"}
    assert mapped_by(lead, schema, document).document == {
        "v": 1,
        "contact": {"email": "ada@x.example"},
        "form": {"fields": {"a.c": [1], "d": {"e": None}, "f": "text"}},
    }
    assert mapped_by(lead, {}, "just text").document["form"]["fields"] == {"answer": "just text"}


def test_answers_leave_out_what_has_an_annotation_of_its_own(lead: LeadSchema) -> None:
    schema = {
        "lead": {"answers": True},
        "properties": {
            "id": {"lead": "/keys/submission_id"},
            "junk": {"lead": {"drop": "machinery"}},
            "in": {"properties": {"form": {"lead": "/form/id"}}},
        },
    }
    document = {"id": 5, "junk": [1], "in": {"form": "f", "phone": "1"}, "email": "ada@x.example"}
    mapped = mapped_by(lead, schema, document)
    assert mapped.document["keys"] == {"submission_id": "5"}
    assert mapped.document["form"] == {"id": "f", "fields": {"in.phone": "1"}}
    assert mapped.document["contact"] == {"email": "ada@x.example"}
    assert [(w["place"], w["rule"]) for w in mapped.warnings] == [("/junk", "machinery")]


def test_what_is_no_submission_has_reasons_that_do_not_repeat_it(lead: LeadSchema) -> None:
    schema = {
        "type": "object",
        "required": ["answers"],
        "properties": {"answers": {"type": "array"}, "a/b": {"type": "string"}},
    }
    mapped = mapped_by(lead, schema, {"answers": "my secret", "a/b": 4711})
    assert mapped.document is None
    assert mapped.reasons == [
        {"place": "/answers", "message": 'the value is not of type "array"'},
        {"place": "/a~1b", "message": 'the value is not of type "string"'},
    ]
    assert mapped_by(lead, schema, {}).reasons == [
        {"place": "", "message": '"answers" is a required property'}
    ]
    assert mapped_by(lead, schema, None).reasons[0]["place"] == ""


# --- hostile input ----------------------------------------------------------------------------


def test_what_databases_refuse_is_cleaned(form: Mapping) -> None:
    fields = {
        "a\x00b": "x\x00y",
        "ab": "other",
        "lone \ud800": "\udfff!",
        "nan": float("nan"),
        "inf": [float("-inf")],
        "huge": 10**30,
        "pair": "\ud83d\ude00",
    }
    assert form(fields).document["form"]["fields"] == {
        "ab": "xy",
        "ab_": "other",
        "lone \ufffd": "\ufffd!",
        "nan": "nan",
        "inf": ["-inf"],
        "huge": "1" + "0" * 30,
        "pair": "😀",
    }


def test_thousands_of_levels_are_kept_as_text(form: Mapping) -> None:
    document: Any = "the core"
    for level in range(20_000):
        document = {"k": document} if level % 2 else [document]
    mapped = form({"deep": document, "email": "ada@x.example"})
    assert mapped.document["contact"] == {"email": "ada@x.example"}
    assert "the core" in json.dumps(mapped.document)


def test_keys_of_every_kind_are_kept(form: Mapping) -> None:
    fields = {"": "1", " ": "2", "a/b": "3", "a~b": "4", "a.b": "5", "a": {"b": "6"}, "/": "7"}
    kept = form(fields).document["form"]["fields"]
    assert sorted(kept.values()) == ["1", "2", "3", "4", "5", "6", "7"]
    assert kept["a.b"] == "5"
    assert kept["a.b (2)"] == "6"


def test_very_long_labels_and_values_are_kept(form: Mapping) -> None:
    long = "email " * 50_000
    mapped = form({long: "x", "email": "a" * 500_000 + "@x.example", "phone": "1" * 100_000})
    assert mapped.document["form"]["fields"][long] == "x"
    assert mapped.document["contact"]["email"] == "a" * 500_000 + "@x.example"
    assert mapped.document["contact"]["phone"] == {"raw": "1" * 100_000}


def test_a_thousand_fields_cost_no_more_than_their_number(form: Mapping) -> None:
    fields = {f"Question about {number}": number for number in range(1000)}
    fields |= {f"name {letter}": letter for letter in "abcdefgh"}
    started = time.process_time()
    kept = form(fields).document["form"]["fields"]
    assert len(kept) == 1008
    assert time.process_time() - started < 2


def test_a_thousand_answers_of_one_label_are_all_kept(form: Mapping) -> None:
    kept = form([{"label": "Same", "value": n} for n in range(1000)]).document["form"]["fields"]
    assert sorted(kept.values()) == list(range(1000))
