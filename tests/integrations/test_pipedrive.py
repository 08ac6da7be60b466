"""Pipedrive's own: two hundred leads at a peer that answers what is asked, with nobody there."""

import json

import pytest

from relay.core.contract import Json, Kind, Note, Outcome, Reply, Request
from tests.integrations.conversing import catalog, duty_of, usual
from tests.integrations.many_leads import least, many, whole
from tests.integrations.vendor_schemas import FOLDER, schema_for

LEAD = "adf21080-0e10-11eb-879b-05d71fb426ec"


class Vendor:
    """Pipedrive as far as it is asked here, with what it was given."""

    def __init__(self, lead: str = LEAD, person: Json = 1092) -> None:
        self.heard: list[Request] = []
        self._ids: dict[str, Json] = {"persons": person, "leads": lead, "notes": 501}

    def answer(self, request: Request) -> Reply:
        self.heard.append(request)
        name = request.url.partition("?")[0].rpartition("/")[2]
        data: Json = {"items": []} if name == "search" else {"id": self._ids[name]}
        return Reply(status=200, body=json.dumps({"success": True, "data": data}).encode())

    def written(self, name: str) -> Json:
        """The body of what was made of one sort."""
        (body,) = (one.body for one in self.heard if one.url.endswith(name) and one.body)
        return json.loads(body)


def brought(lead: Json, vendor: Vendor) -> Outcome:
    kind, recorded = catalog().targets["pipedrive"], usual("pipedrive")
    built = kind.adapter.build(lead, {})
    assert built.errors == []
    duty = duty_of(recorded["duty"])
    conversation = kind.target.deliver(built.payload, recorded["settings"], duty)
    step = next(conversation)
    while True:
        try:
            said = Reply(status=0) if isinstance(step, Note) else vendor.answer(_request(step))
            step = conversation.send(said)
        except StopIteration as ended:
            return ended.value  # type: ignore[no-any-return]  # an Outcome


def _request(step: object) -> Request:
    assert isinstance(step, Request)
    return step


def test_two_hundred_new_people_and_their_leads() -> None:
    for lead in [*many(), whole(), least()]:
        vendor = Vendor()
        outcome = brought(lead, vendor)
        assert (outcome.kind, outcome.remote_id) == (Kind.DELIVERED, LEAD), outcome
        person, made = vendor.written("/persons"), vendor.written("/leads")
        assert 0 < len(person["name"]) <= 255
        assert 0 < len(made["title"]) <= 255
        assert made["person_id"] == 1092
        assert len(vendor.written("/notes")["content"].encode()) < 100_000
        for request in vendor.heard:
            if FOLDER.is_dir() and (schema := schema_for(request)):
                assert schema.problems(request) == []


@pytest.mark.parametrize("person", ["1092", None, 0, {"a": 1}])
def test_a_person_without_a_number_is_none(person: Json) -> None:
    assert brought(least(), Vendor(person=person)).kind is Kind.RETRY
