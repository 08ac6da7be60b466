"""What holds for all dialects alike: each reads what another brought, and refuses in its words."""

import json
from typing import Any

import pytest

from relay.services.configure import apply
from relay.services.leads import store_batch
from tests.web.apis.trackdrive.schedules import CALLER, SCHEDULE, source

KEY = "a-key-of-acme-of-every-scope"
FORM_KEY = "the-key-of-a-generic-source"

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def browser(runtime: Any, client: Any) -> Any:
    """A client of a project with a schedule and a form, whose key is KEY."""
    form = {"name": "form", "kind": "generic", "key": FORM_KEY}
    keys = [{"name": "all", "key": KEY, "scopes": ["read", "write", "manage"]}]
    sources = [source("roofs", SCHEDULE), form]
    apply(runtime, {"projects": [{"id": "acme", "api_keys": keys, "sources": sources}]})
    return client


def _read(browser: Any) -> tuple[Any, Any]:
    """The project's one lead, as LeadTrackr and as Octanist show it."""
    headers = {"X-API-Key": KEY}
    (mine,) = browser.get("/api/leads/getLeads", headers=headers).get_json()["leads"]
    (theirs,) = browser.get("/api/leads", headers=headers).get_json()["data"]
    return mine, theirs


def test_tokens_of_trackdrive_are_fields_for_the_others(browser: Any) -> None:
    tokens = {"first_name": "Ada", "loan_amount": "500", "car": {"make": "vw"}}
    sent = {"lead_token": SCHEDULE, "caller_id": CALLER, "data": tokens}
    assert browser.post("/api/v1/leads", json=sent).status_code == 200
    mine, theirs = _read(browser)
    assert mine["formData"] == tokens
    assert json.loads(theirs["custom"]) == tokens
    assert (mine["firstName"], theirs["name"]) == ("Ada", "Ada")
    assert mine["phone"] == theirs["phone"] == CALLER


@pytest.mark.parametrize("door", ["octanist", "form"])
def test_a_name_of_one_word_is_a_first_name_for_leadtrackr(
    runtime: Any, browser: Any, door: str
) -> None:
    sent = {"name": "Ada", "email": "ada@example.com"}
    if door == "form":
        assert browser.post(f"/in/{FORM_KEY}", json=sent).status_code == 200
        store_batch(runtime)
    else:
        assert browser.post("/api/leads", json=sent, headers={"X-API-Key": KEY}).status_code == 200
    mine, theirs = _read(browser)
    assert (mine["firstName"], mine["lastName"], theirs["name"]) == ("Ada", None, "Ada")
    assert mine["userData"] == {"firstName": "Ada", "email": "ada@example.com"}


UNHEARD = {
    "LT-55": ("/api/leads/createLead", "POST, OPTIONS", {"message": "Method not allowed"}),
    "LT-55-custom": ("/api/integrations/custom/x", "POST, OPTIONS", None),
    "TD-70": ("/api/v1/leads/create_or_update/", "POST, PUT, OPTIONS", None),
    "OC-37": ("/api/leads", "POST, GET, PATCH, HEAD, OPTIONS", None),
    "own": ("/api/relay/v1/leads", "GET, HEAD, OPTIONS", None),
}


@pytest.mark.parametrize(("path", "allowed", "body"), UNHEARD.values(), ids=UNHEARD)
def test_a_method_that_nobody_has_heard_of_is_not_allowed(
    browser: Any, path: str, allowed: str, body: Any
) -> None:
    answer = browser.open(path, method="BREW")
    usual = browser.open(path, method="DELETE")
    assert (answer.status_code, answer.headers["Allow"]) == (405, allowed)
    assert usual.headers["Allow"] == allowed
    assert set(answer.get_json()) == set(usual.get_json())
    assert body is None or answer.get_json() == body
