"""Typeform's traps: every answer type in each of its shapes, and what identifies a response."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from relay.catalog import load_catalog
from relay.core.adapter import Mapped, MappingRules
from relay.core.contract import Inbound, Json, Parsed, Unreadable
from relay.core.fixtures import Fixture, fixtures_of
from relay.core.verify import verify

KIND = load_catalog().sources["typeform"]
QUESTION = {"id": "x1", "ref": "outlook", "type": "multiple_choice", "title": "Outlook for today"}
CHOICES = [{"id": "c1", "ref": "one", "label": "One"}, {"id": "c2", "ref": "two", "label": "Two"}]


def event(*answers: Json, fields: Json = (), kind: str = "form_response", **more: Json) -> Json:
    response = {
        "form_id": "lT4Z3j",
        "token": "a3a12ec6",
        "submitted_at": "2026-03-02T11:53:07Z",
        "definition": {"id": "lT4Z3j", "title": "A form", "fields": list(fields)},
        "answers": list(answers),
        **more,
    }
    return {"event_id": "e1", "event_type": kind, "form_response": response}


def parse(document: Json) -> Parsed:
    (parsed,) = KIND.source.parse(Inbound(body=json.dumps(document).encode()), {})
    return parsed


def mapped(document: Json, mapping: Mapping[str, Json] | None = None) -> Mapped:
    return KIND.adapter.map(parse(document), MappingRules(mapping=mapping or {}))


def lead(document: Json, mapping: Mapping[str, Json] | None = None) -> Any:
    found = mapped(document, mapping)
    assert found.reasons == []
    return found.document


def answer(type_: str, value: Json, field_type: str = "short_text") -> Json:
    return {"type": type_, type_: value, "field": {"id": "x1", "type": field_type}}


# --- answers --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (answer("text", "It's cold\n", "long_text"), "It's cold"),
        (answer("url", "https://calendly.com/e/1", "calendly"), "https://calendly.com/e/1"),
        (answer("date", "2005-10-15", "date"), "2005-10-15"),
        (answer("boolean", value=False, field_type="yes_no"), False),
        (answer("number", 0, "opinion_scale"), 0),
        (answer("number", 4.5, "rating"), 4.5),
        (answer("choice", {"label": "London"}), "London"),
        (answer("choice", {"id": "c1", "ref": "one", "label": "London"}), "London"),
        (answer("choice", {"other": "Paris"}), "Paris"),
        (answer("choice", {"label": None, "other": "Paris"}), "Paris"),
        (answer("choice", {"label": "Other", "other": "Paris"}), ["Other", "Paris"]),
        (answer("choice", {"id": "c2"}), "Two"),
        (answer("choice", {"ref": "one"}), "One"),
        (answer("choice", {"id": "unknown"}), {"id": "unknown"}),
        (answer("choice", "London"), "London"),
        (answer("choices", {"labels": ["A", "B"]}), ["A", "B"]),
        (answer("choices", {"ids": ["c1"], "labels": ["A", "B", "C"]}), ["A", "B", "C"]),
        (answer("choices", {"labels": None, "other": "JIM"}), ["JIM"]),
        (answer("choices", {"labels": ["A"], "other": "JIM"}), ["A", "JIM"]),
        (answer("choices", {"ids": ["c2", "c1"], "labels": None}), ["One", "Two"]),
        (answer("choices", [{"id": "c1", "label": "A"}, {"label": "B"}], "checkbox"), ["A", "B"]),
        (answer("choices", ["A", "B"], "ranking"), ["A", "B"]),
        (
            answer("payment", {"amount": "1", "last4": "4242", "name": "X", "success": True}),
            {"amount": "1", "success": True},
        ),
        (
            answer("multi_format", {"video_id": "v", "transcript": "Hi"}, "multi_format"),
            {"video_id": "v", "transcript": "Hi"},
        ),
        (answer("matrix_row", {"x": 1}, "matrix"), {"x": 1}),
        (answer("new_type", ["whatever"], "new"), ["whatever"]),
        ({"type": "text", "choice": {"label": "A"}, "field": {"id": "x1"}}, {"label": "A"}),
    ],
)
def test_an_answer_is_kept_under_its_question(given: Json, kept: Json) -> None:
    fields = lead(event(given, fields=[{**QUESTION, "choices": CHOICES}]))["form"]["fields"]
    assert fields == {"Outlook for today": kept}


@pytest.mark.parametrize(
    ("given", "place", "value"),
    [
        (answer("email", "ada@example.com", "email"), "email", "ada@example.com"),
        (answer("email", "ada@example.com", "contact_info"), "email", "ada@example.com"),
        (answer("phone_number", "+493023125001"), "phone", "+493023125001"),
        (answer("text", "ada@example.com", "email"), "email", "ada@example.com"),
    ],
)
def test_an_answer_is_placed_by_what_its_type_tells(given: Json, place: str, value: str) -> None:
    found = lead(event(given, fields=[QUESTION]))["contact"][place]
    assert (found["raw"] if place == "phone" else found) == value


@pytest.mark.parametrize(("ticked", "state"), [(True, "granted"), (False, "denied")])
def test_a_legal_question_is_consent_with_the_words_that_were_shown(
    ticked: bool, state: str
) -> None:
    flag = lead(event(answer("boolean", ticked, "legal"), fields=[QUESTION]))["consent"]["privacy"]
    assert flag == {"state": state, "raw": ticked, "text": "Outlook for today"}


@pytest.mark.parametrize(
    "given",
    [
        answer("file_url", "https://files/x.pdf", "file_upload"),
        answer("signature", {"url": "https://files/x.pdf", "type": "drawn"}, "signature"),
    ],
)
def test_files_and_signatures_are_noted_as_files(given: Json) -> None:
    files = lead(event(given, fields=[QUESTION]))["form"]["files"]
    assert files == [{"url": "https://files/x.pdf", "label": "Outlook for today"}]


def test_an_email_that_was_asked_for_with_a_short_text_is_found_by_its_question() -> None:
    fields = [{**QUESTION, "type": "short_text", "title": "Email of contact person"}]
    document = lead(event(answer("text", "person@example.com"), fields=fields))
    assert document["contact"]["email"] == "person@example.com"


def test_the_card_of_a_payment_is_listed_as_noise_and_not_kept() -> None:
    payment = {"amount": "1", "last4": "4242", "name": "CARD HOLDER", "success": False}
    found = mapped(event(answer("payment", payment), fields=[QUESTION]))
    assert "4242" not in json.dumps(found.document)
    assert "CARD HOLDER" not in json.dumps(found.document)
    assert "payment card" in [warning.get("rule") for warning in found.warnings]


def test_a_group_of_questions_is_an_answer_for_each_part() -> None:
    parts = {"first_name": "Ada", "email": "ada@example.com", "phone": "+493023125001"}
    group = {"id": "x1", "type": "contact_info", "title": "About you"}
    contact = lead(event(answer("contact_info", parts, "contact_info"), fields=[group]))["contact"]
    assert contact["first_name"] == "Ada"
    assert contact["email"] == "ada@example.com"
    assert contact["phone"]["e164"] == "+493023125001"


def test_a_question_inside_a_group_is_found() -> None:
    inner = {"id": "x1", "type": "short_text", "subfield_key": "last_name", "title": ""}
    group = {"id": "g", "type": "contact_info", "properties": {"fields": [inner]}}
    document = lead(event(answer("text", "Example"), fields=[group]))
    assert document["contact"]["last_name"] == "Example"


# --- questions ------------------------------------------------------------------------------


def test_a_ref_that_only_the_definition_knows_counts_for_the_mapping() -> None:
    given = event(answer("text", "Example Ltd"), fields=[QUESTION])
    for name in ("x1", "outlook", "Outlook for today", "outlook for TODAY?"):
        assert lead(given, {name: "/contact/company"})["contact"] == {"company": "Example Ltd"}
    assert lead(given, {"x2": "/contact/company"}).get("contact") is None


def test_a_question_of_several_lines_with_placeholders_has_one_stable_name() -> None:
    title = "Thanks, {{field:abc}}!\n  What's it like, {{hidden:x}}?"
    document = lead(event(answer("text", "fine"), fields=[{**QUESTION, "title": title}]))
    assert document["form"]["fields"] == {"Thanks, …! What's it like, …?": "fine"}


@pytest.mark.parametrize("definition", [None, {}, {"fields": None}, {"fields": [None, {"id": 1}]}])
def test_without_its_question_an_answer_is_kept_by_its_ref_or_id(definition: Json) -> None:
    named = {**answer("text", "a"), "field": {"id": "O7Kx1Q", "ref": "my_outlook"}}
    bare = {**answer("text", "b"), "field": {"id": "Zk4Pm9"}}
    document = lead(event(named, bare, definition=definition))
    assert document["form"]["fields"] == {"my_outlook": "a", "Zk4Pm9": "b"}


def test_two_questions_of_the_same_words_are_both_kept() -> None:
    second = {**answer("text", "b"), "field": {"id": "x2"}}
    fields = [QUESTION, {**QUESTION, "id": "x2"}]
    kept = lead(event(answer("text", "a"), second, fields=fields))["form"]["fields"]
    assert list(kept.values()) == ["a", "b"]


# --- the rest of the response ---------------------------------------------------------------


def test_hidden_fields_bring_attribution_and_give_way_to_answers() -> None:
    hidden = {
        "email": "prefilled@example.com",
        "utm_source": "google",
        "utmCampaign": "roofs",
        "gclid": "Cj0K_x-Y",
        "referrer": "https://www.example.com/",
        "customer": 7,
        "empty": None,
    }
    document = lead(event(answer("email", "ada@example.com", "email"), hidden=hidden))
    assert document["contact"]["email"] == "ada@example.com"
    assert document["attribution"]["utm"] == {"source": "google", "campaign": "roofs"}
    assert document["attribution"]["click_ids"] == {"gclid": "Cj0K_x-Y"}
    assert document["attribution"]["referrer"] == "https://www.example.com/"
    assert document["form"]["fields"] == {
        "email": "prefilled@example.com",
        "customer": 7,
        "empty": None,
    }


def test_score_and_variables_are_form_fields_and_name_nobody() -> None:
    variables = [
        {"key": "score", "type": "number", "number": 4},
        {"key": "name", "type": "text", "text": "typeform"},
    ]
    document = lead(event(calculated={"score": 9}, variables=variables))
    assert document["form"]["fields"] == {"score": 9, "score (2)": 4, "name": "typeform"}
    assert "contact" not in document
    document = lead(event(variables=variables), {"name": "/form/custom_name", "score": "drop"})
    assert document["form"]["custom_name"] == "typeform"
    assert "fields" not in document["form"]
    assert lead(event(calculated=None, variables=None))["form"].get("fields") is None


@pytest.mark.parametrize("variables", ["odd", [1], [{"key": 1}], {"a": 1}, [{"key": "k"}]])
def test_odd_variables_do_not_cost_the_lead(variables: Json) -> None:
    assert lead(event(variables=variables))["form"]["id"] == "lT4Z3j"


def test_times_form_and_address_of_the_response_are_placed() -> None:
    document = lead(event(landed_at="2026-03-02T11:50:41Z", response_url="https://admin/x"))
    assert document["times"] == {
        "submitted": "2026-03-02T11:53:07Z",
        "landed": "2026-03-02T11:50:41Z",
    }
    assert document["form"] == {"id": "lT4Z3j", "name": "A form", "url": "https://admin/x"}
    assert document["keys"]["submission_id"] == "a3a12ec6"


def test_what_typeform_adds_one_day_is_kept() -> None:
    document = lead(event(answer("text", "a"), fields=[QUESTION], brand_new={"thing": 1}))
    assert "brand_new" in json.dumps(document["form"]["fields"])


# --- what identifies it ---------------------------------------------------------------------


def test_a_repeat_is_known_by_form_token_and_kind_and_not_by_its_event_id() -> None:
    first = parse(event())
    assert parse({**event(), "event_id": "another"}).event_id == first.event_id
    for changed in (event(token="b"), event(form_id="b"), event(kind="form_response_partial")):
        assert parse(changed).event_id != first.event_id
    assert first.event_id is not None


def test_a_partial_response_and_its_complete_one_are_the_same_lead_whatever_the_source() -> None:
    partial, complete = parse(event(kind="form_response_partial")), parse(event())
    assert partial.partial
    assert not complete.partial
    assert partial.lead_id == complete.lead_id
    assert partial.lead_scope == complete.lead_scope == "kind"
    assert parse(event(token="b")).lead_id != complete.lead_id
    assert parse(event(form_id="b")).lead_id != complete.lead_id


LOREM = answer("text", "Lorem ipsum dolor")
BARCELONA = answer("choice", {"label": "Barcelona"})


@pytest.mark.parametrize(
    ("given", "is_test"),
    [
        ([LOREM], True),
        ([LOREM, BARCELONA, answer("choices", {"labels": ["Barcelona"]})], True),
        ([LOREM, answer("email", "an_account@example.com", "email")], True),
        ([LOREM, answer("choice", {"label": "Berlin"})], False),
        ([LOREM, answer("text", "Please call me")], False),
        ([BARCELONA], False),
        ([], False),
    ],
)
def test_the_test_button_is_known_by_its_words(given: list[Json], is_test: bool) -> None:
    assert parse(event(*given)).test is is_test


def test_the_test_button_is_known_by_an_event_id_that_is_the_token() -> None:
    assert parse({**event(answer("text", "Hello")), "event_id": "a3a12ec6"}).test


# --- what is no response --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("document", "place", "says"),
    [
        ({}, "", "form_response"),
        ([], "", "object"),
        ({"form_response": None}, "/form_response", "object"),
        ({"form_response": []}, "/form_response", "object"),
        (event(token=None), "/form_response/token", "string"),
        (event(token=""), "/form_response/token", "match"),
        (event(token="b c"), "/form_response/token", "match"),
        (event(form_id="a\n"), "/form_response/form_id", "match"),
        (event(form_id=7), "/form_response/form_id", "string"),
        (event(kind="form_deleted"), "/event_type", "form_response"),
    ],
)
def test_what_is_no_response_has_a_reason_with_its_place(
    document: Json, place: str, says: str
) -> None:
    found = mapped(document)
    assert found.document is None
    assert any(one["place"] == place and says in one["message"] for one in found.reasons)


@pytest.mark.parametrize("body", [b"", b"  ", b"{", b'{"form_response": ', b"\xff\xfe\x00"])
def test_a_cut_body_is_unreadable(body: bytes) -> None:
    inbound = Inbound(body=body, headers={"content-type": "application/json"})
    with pytest.raises(Unreadable):
        KIND.source.parse(inbound, {})


# --- signature ------------------------------------------------------------------------------

BODY = b'{"event_id":"LtWXD3crgy"}'
GENUINE = "sha256=LTaEhxBUuQCEg941tEr+tMfmmskyyhBUnsnxP0bCXas="


@pytest.mark.parametrize(
    ("header", "secrets", "genuine"),
    [
        (GENUINE, ["abc123"], True),
        (GENUINE, ["newer", "abc123"], True),
        (GENUINE, ["newer"], False),
        (GENUINE.removeprefix("sha256="), ["abc123"], False),
        (GENUINE.replace("sha256", "sha1"), ["abc123"], False),
        (GENUINE.rstrip("="), ["abc123"], False),
        ("", ["abc123"], False),
        (None, ["abc123"], False),
        (None, None, True),
    ],
)
def test_the_signature_of_the_documentation(header: Any, secrets: Any, genuine: bool) -> None:
    headers = {} if header is None else {"typeform-signature": header}
    given = {} if secrets is None else {"secrets": secrets}
    reason = verify(KIND.source, Inbound(body=BODY, headers=headers), given, 0)
    assert (reason is None) == genuine


# --- the captures as a whole ------------------------------------------------------------------


@pytest.mark.parametrize("fixture", fixtures_of(KIND), ids=lambda fixture: str(fixture.name))
def test_no_capture_loses_an_answer(fixture: Fixture) -> None:
    document = json.loads(fixture.inbound.body)
    kept = json.dumps(lead(document), ensure_ascii=False)
    for one in document["form_response"]["answers"]:
        value = one[one["type"]]
        said = value.get("label") if isinstance(value, dict) else value
        if isinstance(said, str):
            assert json.dumps(said.strip(), ensure_ascii=False)[1:-1] in kept
