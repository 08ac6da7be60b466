"""The engine says of every answer where it went and who decided so."""

from typing import Any

import pytest

from relay.core.adapter import InboundAdapter, MappingRules
from relay.core.contract import Parsed
from relay.core.lead import LeadSchema

FORM = {
    "type": "object",
    "required": ["answers"],
    "properties": {
        "form": {"lead": "/form/id"},
        "score": {"lead": {"field": "Score"}},
        "build": {"lead": {"drop": "envelope"}},
        "answers": {"lead": {"answers": True}},
        "copies": {"lead": {"answers": "known"}},
    },
}


def told(lead: LeadSchema, document: Any, **rules: Any) -> dict[str, tuple[Any, ...]]:
    """Cause, place and rule of each answer by its title, in their order."""
    adapter = InboundAdapter(FORM, lead)
    mapped, placed = adapter.explain(Parsed(document=document), MappingRules(**rules))
    assert mapped == adapter.map(Parsed(document=document), MappingRules(**rules))
    return {one.item.title: (one.by, one.place, one.rule) for one in placed}


def test_every_answer_says_who_decided(lead: LeadSchema) -> None:
    document = {
        "form": "f1",
        "score": 12,
        "build": 7,
        "answers": [
            {"label": "Where do you work?", "value": "Engines Ltd"},
            {"label": "National id", "value": "123"},
            {"label": "Ear", "type": "phone_number", "value": "0612345678"},
            {"label": "Vorname", "value": "Ada"},
            {"label": "The mail of yours", "value": "ada@example.com"},
            {"label": "Favourite engine", "value": "analytical"},
            {"label": "csrfmiddlewaretoken", "value": "abc"},
            {"label": "Company", "value": ""},
        ],
        "copies": {"colour": "blue"},
    }
    mapping = {"Where do you work?": "/tokens/work", "National id": "drop"}
    assert told(lead, document, mapping=mapping) == {
        "form": ("adapter", "/form/id", None),
        "score": ("adapter", "/form/fields/Score", None),
        "build": ("adapter", None, "envelope"),
        "Where do you work?": ("mapping", "/tokens/work", None),
        "National id": ("mapping", None, "mapping"),
        "Ear": ("type", "/contact/phone", None),
        "Vorname": ("name", "/contact/first_name", None),
        "The mail of yours": ("looks", "/contact/email", None),
        "Favourite engine": ("field", "/form/fields/Favourite engine", None),
        "csrfmiddlewaretoken": ("noise", None, "forgery token"),
        "Company": ("empty", None, "empty"),
        "colour": ("elsewhere", None, None),
    }


def test_what_could_not_go_where_it_was_meant_for_says_so(lead: LeadSchema) -> None:
    answers = [
        {"label": "Email", "value": "ada@example.com"},
        {"label": "Work email", "value": "ada@engines.example"},
        {"label": "Phone", "value": {"left": 1}},
    ]
    adapter = InboundAdapter(FORM, lead)
    _, placed = adapter.explain(Parsed(document={"answers": answers}), MappingRules())
    missed = {one.item.title: (one.place, one.missed) for one in placed}
    assert missed["Email"] == ("/contact/email", ())
    assert missed["Work email"] == ("/form/fields/Work email", ("/contact/email",))
    assert missed["Phone"][1] == ("/contact/phone",)


def test_what_is_no_submission_shows_its_values_unread(lead: LeadSchema) -> None:
    assert told(lead, {"person": {"mail": "ada@example.com"}}) == {
        "person.mail": ("unread", None, None)
    }


@pytest.mark.parametrize(
    ("mapping", "readable"),
    [
        ({"/person/mail": "/contact/email"}, True),
        ({"/person/mail": "/contact/email", "/not/there": "/contact/phone"}, True),
        ({"person.mail": "/contact/email"}, False),  # a label or path may be another form's
        ({"/person/mail": "drop"}, False),
        ({"/person/mail": {"field": "Mail"}}, False),
        ({"/person/blank": "/contact/email"}, False),
        ({"/answers/0": "/contact/email"}, False),
    ],
)
def test_a_pointer_in_the_mapping_reads_what_the_adapter_does_not_know(
    lead: LeadSchema, mapping: Any, readable: bool
) -> None:
    document = {"person": {"mail": "ada@example.com", "phone": "+31612345678", "blank": ""}}
    adapter = InboundAdapter(FORM, lead)
    mapped = adapter.map(Parsed(document=document), MappingRules(mapping=mapping))
    assert (mapped.document is not None) is readable
    assert bool(mapped.reasons) is not readable
    if readable:  # the other answers find their places as in any form
        assert mapped.document["contact"]["email"] == "ada@example.com"
        assert mapped.document["contact"]["phone"]["e164"] == "+31612345678"
        assert mapped.warnings[0]["kind"] == "envelope"
