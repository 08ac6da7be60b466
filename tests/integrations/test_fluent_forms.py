"""Fluent Forms: parts of names and addresses, what stands beside all fields, and machinery."""

import json
from typing import Any

import pytest

from relay.catalog import load_catalog
from relay.core.adapter import Mapped, MappingRules
from relay.core.contract import Inbound, Json, Parsed, Unreadable

KIND = load_catalog().sources["fluent_forms"]
SUBMISSION = {"id": 7, "form_id": "2", "source_url": "https://www.example.com/quote/"}


def parse(body: Json, agent: str = "") -> Parsed:
    inbound = Inbound(body=json.dumps(body).encode(), headers={"user-agent": agent})
    (parsed,) = KIND.source.parse(inbound, {})
    return parsed


def mapped(body: Json, mapping: Json = None) -> Mapped:
    rules = MappingRules(mapping=mapping or {}, region="US", noise=KIND.source.noise)
    found = KIND.adapter.map(parse(body), rules)
    assert found.reasons == []
    return found


def lead(body: Json, mapping: Json = None) -> Any:
    return mapped(body, mapping).document


def test_names_and_addresses_come_in_parts() -> None:
    contact = lead(
        {
            "names": {"first_name": "Ada", "middle_name": "", "last_name": "Lovelace"},
            "address_1": {
                "address_line_1": "1 Main St",
                "city": "London",
                "zip": "N1",
                "state": "",
            },
        }
    )["contact"]
    assert contact == {
        "first_name": "Ada",
        "last_name": "Lovelace",
        "full_name": "Ada Lovelace",
        "address": {"street": "1 Main St", "city": "London", "postal_code": "N1"},
    }


def test_a_mapping_goes_by_name_and_by_part() -> None:
    body = {"names": {"first_name": "Ada"}, "input_text_1": "roof"}
    mapping = {"names.first_name": "/tokens/who", "input_text_1": "/form/subject"}
    document = lead(body, mapping)
    assert document["tokens"] == {"who": "Ada"}
    assert document["form"]["subject"] == "roof"


def test_what_was_left_empty_is_listed_and_not_kept() -> None:
    found = mapped({"a": "", "b": [], "c": {"d": "", "e": None}, "f": {}, "g": 0, "h": False})
    assert found.document["form"]["fields"] == {"g": 0, "h": False}
    assert parse({"a": "", "c": {"d": ""}, "g": 0}).document["empty"] == ["a", "c.d"]


@pytest.mark.parametrize("name", ["gdpr-agreement", "terms-n-condition"])
def test_agreements_are_consent_to_the_privacy_notice(name: str) -> None:
    assert lead({name: "on"})["consent"]["privacy"]["state"] == "granted"


def test_uploads_are_files_with_the_names_of_their_fields() -> None:
    plan = "https://www.example.com/wp-content/uploads/fluentform/ff-1-plan.pdf"
    assert lead({"file-upload": [plan]})["form"]["files"] == [{"url": plan, "label": "file-upload"}]
    other = ["https://www.example.com/about"]
    assert lead({"links": other})["form"]["fields"] == {"links": other}


def test_tokens_and_honeypots_are_noise() -> None:
    body = {
        "_fluentform_3_fluentformnonce": "a",
        "__fluent_form_embded_post_id": "2",
        "__entry_intermediate_hash": "c",
        "item__3__fluent_sf": "d",
        "_wp_http_referer": "/quote/",
        "email": "ada@example.com",
    }
    found = mapped(body)
    assert found.document == {"v": 1, "contact": {"email": "ada@example.com"}}
    assert len(found.warnings) == 5


def test_the_submission_s_own_copy_and_its_cards_are_not_kept() -> None:
    said = {**SUBMISSION, "user_inputs": {"email": "x"}, "user_id": "9", "payment_status": "paid"}
    body = {
        "email": "ada@example.com",
        "__submission": said,
        "__transactions": [{"last_4": "4242"}],
    }
    document = lead(body)
    assert "4242" not in json.dumps(document)
    assert document["form"] == {"id": "2", "fields": {"payment_status": "paid"}}
    assert document["attribution"] == {"page_url": "https://www.example.com/quote/"}


@pytest.mark.parametrize("said", ["text", 7, [], None, {"payment_total": {"odd": 1}}])
def test_a_submission_of_any_shape_costs_no_lead(said: Json) -> None:
    document = lead({"email": "ada@example.com", "__submission": said})
    assert document["contact"] == {"email": "ada@example.com"}


@pytest.mark.parametrize(
    ("body", "agent", "event"),
    [
        ({"__submission": SUBMISSION}, "", "www.example.com 2 7"),
        ({"form_id": 2, "submission_id": 7}, "WordPress/6; https://x.example", "x.example 2 7"),
        ({"form_id": "2", "submission_id": "7"}, "", " 2 7"),
        ({"__submission": {"id": 7}}, "", None),
        ({"email": "ada@example.com"}, "", None),
    ],
)
def test_a_submission_is_known_by_site_form_and_number(
    body: Json, agent: str, event: str | None
) -> None:
    assert parse(body, agent).event_id == event
    assert KIND.source.repeat_window == 600


def test_only_the_preview_is_a_test() -> None:
    preview = "https://x.example/?fluent_forms_pages=1&design_mode=1&preview_id=3"
    assert parse({"__submission": {**SUBMISSION, "source_url": preview}}).test
    assert not parse({"__submission": SUBMISSION}).test


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"[1]", b"7"])
def test_a_body_without_fields_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        KIND.source.parse(Inbound(body=body), {})
