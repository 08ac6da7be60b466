"""Airtable's records: what they are merged on, and that their texts are not too long."""

import json

import pytest

from integrations.airtable.record import LONGEST
from relay.core.contract import Conversation, Json, Kind, Outcome, Request
from tests.integrations.conversing import catalog, duty_of, usual


def begun(lead: Json, **settings: Json) -> Conversation:
    kind = catalog().targets["airtable"]
    built = kind.adapter.build(lead, {})
    assert built.errors == []
    recorded = usual("airtable")
    return kind.target.deliver(
        built.payload, {**recorded["settings"], **settings}, duty_of(recorded["duty"])
    )


def test_a_lead_without_what_records_are_merged_on_makes_no_record() -> None:
    lead = {"v": 1, "contact": {"company": "Example & Sons"}}
    with pytest.raises(StopIteration) as ended:
        next(begun(lead, merge_on=["Email", "Name"]))
    outcome = ended.value.value
    assert isinstance(outcome, Outcome)
    assert outcome.kind is Kind.REJECTED
    assert "Email, Name" in outcome.message


def test_texts_fit_into_their_fields_and_say_what_is_cut() -> None:
    fields = {f"Question {at}": "word " * 300 for at in range(100)}
    form = {"message": "word " * 30_000, "fields": fields}
    request = next(begun({"v": 1, "ids": {"id": "1"}, "form": form}))
    assert isinstance(request, Request)
    (record,) = json.loads(request.body)["records"]
    assert all(len(text) <= LONGEST for text in record["fields"].values())
    assert "lines are cut)" in record["fields"]["Details"]
