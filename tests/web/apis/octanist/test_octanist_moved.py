"""Clients of a hosted account see the leads that were moved here as they saw them there."""

from typing import Any

import pytest

from relay.services import configured, imported
from relay.services.hosted import Hosted
from tests.vendors import KEY, Octanist, octanist_lead
from tests.web.apis.octanist.calls import Call, error


@pytest.fixture
def moved(runtime: Any, call: Call) -> list[dict[str, Any]]:
    """Two leads that were moved here."""
    told = {"status": "won", "value": 19.99, "note": "call", "conversionName": "Sale"}
    leads = [
        octanist_lead("a", googleAdsCampaignName="Roofs"),
        octanist_lead("b", **told, qualifiedAt="2025-06-16T09:00:00Z", createdAt="2025-07-01"),
    ]
    project = configured.project_by_public_id(runtime, "acme")
    assert project is not None
    source = configured.source_of_kind(runtime, project.id, "octanist")
    assert source is not None
    assert source.kind.source.account is not None
    vendor = Octanist(leads)
    hosted = Hosted(runtime, source.kind.source.account, vendor.url, KEY)
    imported.take_over(runtime, project, source, hosted, lambda _more, _all: None)
    hosted.close()
    vendor.close()
    return leads


def test_a_moved_lead_is_shown_as_it_was(call: Call, moved: list[dict[str, Any]]) -> None:
    for lead in moved:
        shown = call("GET", f"/api/leads/{lead['id']}").get_json()["data"]
        kept = {name: shown[name] for name in lead if name not in {"updatedAt", "createdAt"}}
        assert kept == {name: lead[name] for name in kept}
        assert shown["createdAt"][:10] == lead["createdAt"][:10]


def test_a_moved_lead_is_found_and_changed_by_its_id(
    call: Call, moved: list[dict[str, Any]]
) -> None:
    change = {"id": "lead_a", "status": "lost", "lossReason": "too dear"}
    assert call("PATCH", "/api/leads", change).get_json()["data"]["leadId"] == "lead_a"
    assert call("GET", "/api/leads/lead_a").get_json()["data"]["status"] == "lost"
    listed = call("GET", "/api/leads?createdAt[gte]=2025-07-01").get_json()["data"]
    assert [lead["id"] for lead in listed] == ["lead_b"]
    assert error(call("GET", "/api/leads/lead_c")) == (404, "NOT_FOUND")
