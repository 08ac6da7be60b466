"""Instapage: two encodings of the same, keys that say the same twice, and what a page adds."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from relay.catalog import load_catalog
from relay.core.adapter import Mapped, MappingRules
from relay.core.contract import Inbound, Json, Unreadable

KIND = load_catalog().sources["instapage"]
FORM = {"content-type": "application/x-www-form-urlencoded"}
PAGE = {
    "page_id": "20189025",
    "page_name": "Solar roofs",
    "page_url": "https://lp.example.com/solar?utm_source=google&gclid=Cj0K",
    "variant": "B",
    "ip": "192.0.2.10",
    "Full Name": "Jane Sample",
    "Email": "jane@example.com",
    "Phone Number (Optional)": "+12025550143",
    "Roof size*": "120 m²",
}


def mapped(body: bytes, headers: Any = None, mapping: Json = None) -> Mapped:
    (parsed,) = KIND.source.parse(Inbound(body=body, headers=headers or {}), {})
    assert parsed.event_id is None
    return KIND.adapter.map(parsed, MappingRules(mapping=mapping or {}, noise=KIND.source.noise))


def lead(fields: Json, **more: Any) -> Any:
    found = mapped(json.dumps(fields).encode(), **more)
    assert found.reasons == []
    return found.document


def test_json_and_form_encoded_are_the_same_lead() -> None:
    as_json = lead({**PAGE, "page_id": 20189025})
    as_form = mapped(urlencode(PAGE).encode(), FORM).document
    assert as_json == as_form
    assert as_json["attribution"]["page_id"] == "20189025"
    assert as_json["contact"]["email"] == "jane@example.com"
    assert as_json["contact"]["phone"]["e164"] == "+12025550143"
    assert as_json["attribution"]["click_ids"] == {"gclid": "Cj0K"}
    assert as_json["form"]["fields"] == {"Roof size*": "120 m²"}


@pytest.mark.parametrize(
    ("first", "second", "place"),
    [
        ("ip", "ipaddress", ("device", "ip")),
        ("page_name", "pageshown", ("attribution", "page_title")),
        ("variant", "variationshown", ("attribution", "variant")),
    ],
)
def test_the_same_said_twice_is_kept_once_and_what_differs_is_kept_beside_it(
    first: str, second: str, place: tuple[str, str]
) -> None:
    same = lead({"Email": "jane@example.com", first: "one", second: "one"})
    assert same[place[0]][place[1]] == "one"
    assert "form" not in same
    for order in ((first, second), (second, first)):
        other = lead({"Email": "jane@example.com", order[0]: "one", order[1]: "two"})
        assert other[place[0]][place[1]] == "one"
        assert other["form"]["fields"] == {order[1]: "two"}


@pytest.mark.parametrize(
    ("key", "value", "place", "kept"),
    [
        ("desktopmobile", "mobile", ("device", "kind"), "mobile"),
        ("timestamp", "2026-03-24 10:00:00", ("times", "submitted"), "2026-03-24T10:00:00Z"),
        ("referralsource", "https://a.example/?x=1", ("attribution", "referrer"), None),
        ("adcampaign", "Spring", ("attribution", "ads"), {"campaign_name": "Spring"}),
    ],
)
def test_the_other_fixed_keys_have_places(
    key: str, value: str, place: tuple[str, str], kept: Json
) -> None:
    document = lead({"Email": "jane@example.com", key: value})
    assert document[place[0]][place[1]] == (kept or value)
    assert "form" not in document


def test_the_campaign_is_read_out_of_the_referrer() -> None:
    referrer = "https://lp.example.com/?utm_source=google&utm_campaign=spring"
    document = lead({"Email": "jane@example.com", "referralsource": referrer})
    assert document["attribution"]["utm"] == {"source": "google", "campaign": "spring"}


def test_hidden_inputs_of_the_page_are_noise_by_name() -> None:
    names = list(KIND.source.noise)
    assert {"lpsSubmissionConfig", "redirect", "thank-you-message", "download_file"} <= set(names)
    found = mapped(urlencode({"Email": "jane@example.com", **dict.fromkeys(names, "x")}).encode())
    assert found.document == {"v": 1, "contact": {"email": "jane@example.com"}}
    rules = {warning["place"]: warning["rule"] for warning in found.warnings}
    assert rules == dict.fromkeys((f"/fields/{name}" for name in names), "page builder")


@pytest.mark.parametrize("label", ["Phone_", "Phone.", "Phone ", "phone:", "Phone (Optional)"])
def test_a_label_as_php_or_a_marketer_writes_it_is_known(label: str) -> None:
    document = lead({label: "+12025550143"})
    assert document["contact"]["phone"]["e164"] == "+12025550143"


def test_a_mapping_goes_by_the_label() -> None:
    fields = {"Email": "jane@example.com", "Which course?": "Yoga"}
    document = lead(fields, mapping={"which course": "/form/subject"})
    assert document["form"] == {"subject": "Yoga"}


def test_an_upload_is_noted_and_mixes_with_no_field() -> None:
    body = (
        b'--b\r\nContent-Disposition: form-data; name="Email"\r\n\r\njane@example.com\r\n'
        b'--b\r\nContent-Disposition: form-data; name="Plan"; filename="a.pdf"\r\n'
        b"Content-Type: application/pdf\r\n\r\n%PDF\r\n--b--\r\n"
    )
    document = mapped(body, {"content-type": "multipart/form-data; boundary=b"}).document
    assert document["contact"]["email"] == "jane@example.com"
    assert document["form"]["files"] == [
        {"label": "Plan", "name": "a.pdf", "type": "application/pdf", "size": 4}
    ]
    assert "fields" not in document["form"]


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"null", b"not a form", b"{"])
def test_a_body_without_fields_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        KIND.source.parse(Inbound(body=body), {})


@pytest.mark.parametrize("body", [b"[1]", b"7", b'"text"', b"false"])
def test_a_body_that_is_no_object_has_a_reason(body: bytes) -> None:
    found = mapped(body, {"content-type": "application/json"})
    assert found.document is None
    assert found.reasons[0]["place"] == "/fields"


def test_equal_content_is_a_repeat_for_ten_minutes() -> None:
    assert KIND.source.repeat_window == 600
    assert not KIND.source.retries
