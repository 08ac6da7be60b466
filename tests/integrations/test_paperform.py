"""Paperform: custom keys, partial submissions, and what of a payment is kept."""

import json
from typing import Any

import pytest

from relay.catalog import load_catalog
from relay.core.adapter import MappingRules
from relay.core.contract import Inbound, Json, Parsed

KIND = load_catalog().sources["paperform"]


def question(value: Json, type_: str = "text", title: str = "Roof", **more: Json) -> Json:
    said = {"title": title, "description": "Which one?", "type": type_, "key": "k1"}
    return {**said, "custom_key": None, "value": value, **more}


def body(*questions: Json, **more: Json) -> Json:
    said = {"form_id": "f1", "submission_id": "s1", "created_at": "2026-03-02 11:53:07"}
    return {"data": list(questions), **said, "trigger": "submission", **more}


def parse(given: Json) -> Parsed:
    (parsed,) = KIND.source.parse(Inbound(body=json.dumps(given).encode()), {})
    return parsed


def lead(given: Json, mapping: Json = None) -> Any:
    found = KIND.adapter.map(parse(given), MappingRules(mapping=mapping or {}))
    assert found.reasons == []
    return found.document


@pytest.mark.parametrize("name", ["k1", "my_roof", "Roof"])
def test_a_mapping_goes_by_key_custom_key_or_title(name: str) -> None:
    document = lead(body(question("flat", custom_key="my_roof")), {name: "/form/subject"})
    assert document["form"] == {"id": "f1", "subject": "flat"}


@pytest.mark.parametrize(
    ("given", "place", "value"),
    [
        (question("ada@example.com", "email"), "email", "ada@example.com"),
        (question("ada@example.com", custom_key="email"), "email", "ada@example.com"),
        (question("1 Main St", "address"), "address", {"street": "1 Main St"}),
        (
            question("Example Ltd", title="Who pays?", custom_key="company"),
            "company",
            "Example Ltd",
        ),
    ],
)
def test_type_and_custom_key_tell_what_a_title_does_not(
    given: Json, place: str, value: Json
) -> None:
    assert lead(body(given))["contact"][place] == value


def test_files_and_signatures_are_files() -> None:
    plan = {"name": "a.pdf", "url": "https://f.example/a.pdf", "type": "application/pdf", "size": 3}
    drawn = question("https://f.example/s.png", "signature", "Sign", key="k2")
    assert lead(body(question([plan], "file"), drawn))["form"]["files"] == [
        {**plan, "label": "Roof"},
        {"url": "https://f.example/s.png", "label": "Sign"},
    ]


def test_calculations_name_nobody_and_hidden_fields_give_way() -> None:
    hidden = question("guess@example.com", "hidden", "email", key="h")
    asked = question("ada@example.com", "email", "Mail", key="m")
    document = lead(body(question("Ada", "calculations", "Name", key="c"), hidden, asked))
    assert document["contact"] == {"email": "ada@example.com"}
    assert document["form"]["fields"] == {"Name": "Ada", "email": "guess@example.com"}


def test_of_a_payment_the_total_is_kept_and_of_a_device_the_visit() -> None:
    charge = {"total": 49, "summary": "1 x Kit", "receipt_email": "x@example.com", "tax": 0}
    device = {"url": "https://x.example/?utm_source=g", "platform": "Windows", "utm_medium": None}
    document = lead(body(charge=charge, device=device))
    assert document["form"]["fields"] == {"charge": 49, "charge summary": "1 x Kit"}
    assert document["attribution"]["utm"] == {"source": "g"}
    assert "x@example.com" not in json.dumps(document)
    assert "fields" not in lead(body(charge={"total": 0, "summary": ""}))["form"]


def test_a_partial_submission_is_marked_and_belongs_to_its_complete_one() -> None:
    complete = parse(body())
    partial = parse(body(trigger="partial_submission"))
    nameless = parse(body(submission_id=None, created_at=None, trigger=None))
    assert (complete.partial, partial.partial, nameless.partial) == (False, True, True)
    assert complete.event_id == "f1 s1" != partial.event_id
    assert complete.lead_id == partial.lead_id == "f1 s1"
    assert nameless.event_id is None
    assert nameless.lead_id is None
    assert KIND.source.repeat_window == 600


@pytest.mark.parametrize("odd", [[None, 1, "x", []], [{}], [{"type": [], "key": {}}], []])
def test_answers_of_any_shape_cost_no_submission(odd: list[Json]) -> None:
    assert lead(body(*odd, charge=odd, device=odd))["form"]["id"] == "f1"


@pytest.mark.parametrize("given", [{}, [], {"data": None}, {"data": {}}, "text"])
def test_what_is_no_submission_has_a_reason(given: Json) -> None:
    found = KIND.adapter.map(parse(given), MappingRules())
    assert found.document is None
    assert found.reasons
