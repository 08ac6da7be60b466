"""What providers list is read as their webhooks are: the same lead, known by the same event."""

import json
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from relay.catalog import load_catalog
from relay.core.adapter import MappingRules
from relay.core.contract import (
    Inbound,
    Json,
    Kind,
    Listed,
    ListedPage,
    Outcome,
    Parsed,
    Reply,
    Request,
)
from relay.core.fixtures import Fixture, fixtures_of
from relay.core.kinds import SourceKind

KINDS = {name: kind for name, kind in load_catalog().sources.items() if kind.source.listing}
NOW = 1772452387.0
SINCE = NOW - 7200

SETTINGS: dict[str, Json] = {
    "typeform": {"access_token": "a token", "form_ids": ["kR4nVx2P", "f2"]},
    "instapage": {"access_token": "a token", "workspace_id": "77"},
    "jotform": {"api_key": "a key of a user", "form_ids": ["243231271343446", "2"]},
    "tally": {"api_key": "a key of a user", "form_ids": ["mZA0Av", "f2"]},
    "meta_lead_ads": {"access_token": "a token", "form_ids": ["1616801872291121", "2"]},
}


def capture(name: str) -> Fixture:
    return fixtures_of(KINDS[name])[0]


def ask(name: str, cursor: str | None, *said: Json, **settings: Any) -> tuple[list[Request], Any]:
    """One page of a kind's list, asked for and answered so: the requests, and what it ends with."""
    listing = KINDS[name].source.listing
    assert listing is not None
    paging = listing.page(SETTINGS[name] | settings, SINCE, cursor, NOW)
    asked = [next(paging)]
    replies = [one if isinstance(one, Reply) else reply(one) for one in said]
    for one in replies:
        try:
            asked.append(paging.send(one))
        except StopIteration as end:
            return asked, end.value
    raise AssertionError("more was asked than is answered")


def reply(said: Json) -> Reply:
    return Reply(status=200, body=json.dumps(said).encode())


def parsed(name: str, listed: Listed) -> Parsed:
    inbound = Inbound(headers={"content-type": listed.content_type}, body=listed.body)
    (one,) = KINDS[name].source.parse(inbound, SETTINGS[name])
    return one


def lead(kind: SourceKind, one: Parsed, region: str | None = None) -> Json:
    mapped = kind.adapter.map(one, MappingRules(region=region, noise=kind.source.noise))
    assert mapped.reasons == []
    return mapped.document


def by_webhook(name: str) -> tuple[Parsed, Json]:
    fixture, kind = capture(name), KINDS[name]
    (one,) = kind.source.parse(fixture.inbound, {})
    return one, lead(kind, one, fixture.expected.get("region"))


def by_list(name: str, listed: Listed) -> tuple[Parsed, Json]:
    one = parsed(name, listed)
    return one, lead(KINDS[name], one, capture(name).expected.get("region"))


def without(document: Json, *places: str) -> Json:
    """The lead without what the list lacks, or says more of."""
    left = json.loads(json.dumps(document))
    for place in places:
        *way, last = place.strip("/").split("/")
        within = left
        for step in way:
            within = within.get(step, {})
        within.pop(last, None)
    return left


def test_every_kind_that_lists_is_here() -> None:
    assert SETTINGS.keys() == KINDS.keys()


@pytest.mark.parametrize("name", SETTINGS)
def test_a_list_is_ready_with_its_settings_alone(name: str) -> None:
    listing = KINDS[name].source.listing
    assert listing is not None
    assert listing.ready(SETTINGS[name])
    for missing in SETTINGS[name]:
        assert not listing.ready(SETTINGS[name] | {missing: ""})
    assert not listing.ready({})


@pytest.mark.parametrize("name", SETTINGS)
def test_the_access_is_in_a_header_and_not_in_the_address(name: str) -> None:
    listing = KINDS[name].source.listing
    assert listing is not None
    request = next(listing.page(SETTINGS[name], SINCE, None, NOW))
    secret = SETTINGS[name].get("access_token") or SETTINGS[name]["api_key"]
    assert request.url.startswith("https://")
    assert secret not in request.url
    assert any(secret in value for value in request.headers.values())


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Reply(status=401, body=b"{}"), Kind.UNAUTHORIZED),
        (Reply(status=429, headers={"retry-after": "30"}), Kind.THROTTLED),
        (Reply(status=500), Kind.RETRY),
        (Reply(status=200, body=b'{"data": [', cut=True), Kind.RETRY),
    ],
)
def test_a_page_that_cannot_be_had_says_why(name: str, answer: Reply, kind: Kind) -> None:
    _, outcome = ask(name, None, answer)
    assert isinstance(outcome, Outcome)
    assert outcome.kind is kind


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("odd", [None, [], 7, {}, {"items": 7}, {"data": [5]}, {"content": {}}])
def test_a_page_of_another_shape_is_an_empty_one(name: str, odd: Json) -> None:
    listing = KINDS[name].source.listing
    assert listing is not None
    paging = listing.page(SETTINGS[name], SINCE, None, NOW)
    next(paging)
    found: Any = None
    for _ in range(3):
        try:
            paging.send(reply(odd))
        except StopIteration as end:
            found = end.value
            break
    assert isinstance(found, ListedPage)
    assert list(found.submissions) == []


# --- typeform ---------------------------------------------------------------------------------


def typeform_reply() -> tuple[Json, Json]:
    """The form, and its one response, as the APIs give what the capture's webhook says."""
    said = json.loads(capture("typeform").inbound.body)["form_response"]
    form = {"id": said["form_id"], "title": said["definition"]["title"]}
    form["fields"] = said["definition"]["fields"]
    names = ("token", "landed_at", "submitted_at", "hidden", "calculated", "answers")
    item = {name: said[name] for name in names if name in said}
    item |= {"response_id": said["token"], "response_type": "completed"}
    item["metadata"] = {"user_agent": "Mozilla/5.0", "platform": "other", "referer": "https://x"}
    return form, item


def test_typeforms_responses_are_read_as_its_events() -> None:
    form, item = typeform_reply()
    asked, page = ask("typeform", None, form, {"items": [item], "total_items": 1})
    assert [urlsplit(one.url).path for one in asked] == [
        "/forms/kR4nVx2P",
        "/forms/kR4nVx2P/responses",
    ]
    query = parse_qs(urlsplit(asked[1].url).query)
    assert query["since"] == ["2026-03-02T09:53:07"]
    assert page.cursor == "1 "
    (listed,) = page.submissions
    assert listed.at == 1772452387.0
    event, document = by_list("typeform", listed)
    posted, expected = by_webhook("typeform")
    assert (event.event_id, event.lead_id) == (posted.event_id, posted.lead_id)
    assert (event.partial, event.test) == (False, False)
    assert document == without(expected, "/keys/external", "/form/url")


def test_typeforms_next_page_begins_behind_the_last_response() -> None:
    form, item = typeform_reply()
    items = [item | {"token": f"t{number}"} for number in range(100)]
    _, page = ask("typeform", None, form, {"items": items})
    assert page.cursor == "0 t99"
    asked, page = ask("typeform", page.cursor, form, {"items": items[:1]})
    query = parse_qs(urlsplit(asked[1].url).query)
    assert query == {"page_size": ["100"], "after": ["t99"]}
    assert page.cursor == "1 "
    _, last = ask("typeform", "1 ", form, {"items": []})
    assert last.cursor is None


@pytest.mark.parametrize(
    ("centre", "host"), [("eu", "api.eu.typeform.com"), ("typeform.eu", "api.typeform.eu")]
)
def test_typeforms_european_accounts_are_asked_where_they_are(centre: str, host: str) -> None:
    asked, _ = ask("typeform", None, *typeform_reply(), data_centre=centre)
    assert {urlsplit(one.url).hostname for one in asked} == {host}


def test_typeforms_unfinished_responses_are_left_out() -> None:
    form, item = typeform_reply()
    started = {"token": "t", "response_type": "started", "landed_at": "2026-03-02T11:00:00Z"}
    partial = item | {"token": "p", "response_type": "partial"}
    _, page = ask("typeform", None, form, {"items": [started, partial, item]})
    assert len(page.submissions) == 1


# --- instapage --------------------------------------------------------------------------------


def test_instapages_submissions_have_ids_and_say_what_its_webhook_says() -> None:
    said = json.loads(capture("instapage").inbound.body)
    about = ("page_id", "page_name", "page_url", "variant", "ip", "timestamp", "referralsource")
    fields = {name: value for name, value in said.items() if name not in about}
    row = {"id": "sub-1", "pageId": said["page_id"], "variationName": "A", "fields": fields}
    row["createdAt"] = int(NOW)
    asked, page = ask("instapage", None, {"data": [row], "meta": {"nextPageToken": "next"}})
    assert asked[0].method == "POST"
    assert asked[0].url == "https://api.instapage.com/v1/workspaces/77/submissions"
    assert json.loads(asked[0].body) == {"timeframe": {"start": int(SINCE), "end": int(NOW)}}
    assert page.cursor == "next"
    event, document = by_list("instapage", page.submissions[0])
    posted, expected = by_webhook("instapage")
    assert (event.event_id, posted.event_id) == ("listed sub-1", None)
    assert document["contact"] == expected["contact"]
    assert document["form"] == expected["form"]
    assert document["attribution"]["page_id"] == expected["attribution"]["page_id"]
    asked, last = ask("instapage", "next", {"data": [], "meta": {}}, page_ids=["1", "2"])
    assert json.loads(asked[0].body)["nextPageToken"] == "next"
    assert json.loads(asked[0].body)["pages"] == [1, 2]
    assert last.cursor is None


# --- jotform ----------------------------------------------------------------------------------


def test_jotforms_submissions_are_read_as_its_posts() -> None:
    kind, fixture = KINDS["jotform"], capture("jotform")
    person = {"first": "Sam", "last": "Example"}
    answers = {
        "3": answer("Student's Name", "studentsName", person, "fullname"),
        "12": answer("E-mail Address", "email", "sam@example.com", "email"),
        "13": answer("Phone Number", "phoneNumber", {"full": "(202) 555-0143"}, "phone"),
        "33": answer("Type of Tutoring", "typeOf", "Online Tutoring", "dropdown"),
        "34": answer("Subject for Tutoring", "subjectFor", ["Math", "Physics"], "checkbox"),
        "7": answer("Description", "description", "", "textarea"),
        "15": answer(
            "Date",
            "date",
            {"month": "03", "day": "09", "year": "2026", "datetime": "2026-03-09 00:00:00"},
            "datetime",
        ),
        "5": answer("Identity Proof", "identityProof", [UPLOAD], "fileupload"),
        "40": answer("utm_source", "utm_source", "google", "textbox"),
        "1": {"name": "heading", "order": "1", "text": "Tutors", "type": "control_head"},
    }  # fmt: skip
    row = {"id": "6084250982513018472", "form_id": "243231271343446", "ip": "192.0.2.17"}
    row |= {"created_at": "2026-03-02 06:53:07", "status": "ACTIVE", "answers": answers}
    gone = row | {"id": "2", "status": "DELETED"}
    asked, page = ask("jotform", None, {"responseCode": 200, "content": [row, gone]})
    query = parse_qs(urlsplit(asked[0].url).query)
    assert json.loads(query["filter"][0]) == {"created_at:gt": "2026-03-01 18:53:07"}
    assert page.cursor == "1 0"
    (listed,) = page.submissions
    event, document = by_list("jotform", listed)
    (posted,) = kind.source.parse(fixture.inbound, {})
    assert (event.event_id, event.lead_id) == (posted.event_id, posted.lead_id)
    expected = lead(kind, posted, fixture.expected.get("region"))
    for place in ("first_name", "last_name", "email", "phone"):
        assert document["contact"][place] == expected["contact"][place], place
    fields = expected["form"]["fields"]
    for label in ("Type of Tutoring", "Subject for Tutoring", "Date"):
        assert document["form"]["fields"][label] == fields[label], label
    assert document["attribution"]["utm"] == expected["attribution"]["utm"]
    assert document["device"] == expected["device"]
    assert document["form"]["files"] == expected["form"]["files"]


UPLOAD = (
    "https://www.jotform.com/uploads/UserExample/243231271343446/6111139644845227683/Student_ID.png"
)


def answer(text: str, name: str, said: Json, kind: str) -> Json:
    return {"name": name, "order": "2", "text": text, "type": f"control_{kind}", "answer": said}


def test_jotforms_next_page_skips_what_was_had() -> None:
    row = {"id": "1", "form_id": "2", "status": "ACTIVE", "answers": {}}
    _, page = ask("jotform", "0 100", {"content": [row] * 100})
    assert page.cursor == "0 200"
    asked, page = ask("jotform", "1 0", {"content": [row]}, data_centre="eu")
    assert asked[0].url.startswith("https://eu-api.jotform.com/form/2/submissions?")
    assert page.cursor is None


# --- tally ------------------------------------------------------------------------------------


def tally_reply() -> Json:
    """What the API gives of what the capture's webhook says."""
    data = json.loads(capture("tally").inbound.body)["data"]
    questions, responses = [], []
    for field in data["fields"]:
        id_ = field["key"].removeprefix("question_")
        if field["type"] in ("CHECKBOXES", "HIDDEN_FIELDS"):
            continue
        options = {one["id"]: one["text"] for one in field.get("options", [])}
        value = field["value"]
        value = [options[one] for one in value] if options else value
        questions.append({"id": id_, "type": field["type"], "title": field["label"]})
        responses.append({"id": f"r-{id_}", "questionId": id_, "answer": value})
    questions.append(
        {"id": "mVGEg3", "type": "HIDDEN_FIELDS", "fields": [{"title": "utm_campaign"}]}
    )
    hidden = {"utm_campaign": "spring", "email": "prefilled@example.com"}
    responses.append({"id": "h", "questionId": "mVGEg3", "answer": hidden})
    row = {"id": data["submissionId"], "formId": data["formId"], "isCompleted": True}
    row |= {"respondentId": data["respondentId"], "submittedAt": data["createdAt"]}
    return {
        "hasMore": False,
        "questions": questions,
        "submissions": [row | {"responses": responses}],
    }


def test_tallys_submissions_are_read_as_its_events() -> None:
    asked, page = ask("tally", None, tally_reply())
    query = parse_qs(urlsplit(asked[0].url).query)
    assert query["startDate"] == ["2026-03-02T09:53:07Z"]
    assert query["filter"] == ["completed"]
    (listed,) = page.submissions
    event, document = by_list("tally", listed)
    posted, expected = by_webhook("tally")
    assert (event.event_id, event.lead_id) == (posted.event_id, posted.lead_id)
    lacks = ("/keys/external/event_id", "/form/name", "/consent", "/form/fields/Interested in")
    assert without(document, *lacks) == without(expected, *lacks)


def test_tallys_pages_follow_each_other_form_by_form() -> None:
    more = tally_reply() | {"hasMore": True}
    _, page = ask("tally", None, more)
    assert page.cursor == "0 2"
    _, page = ask("tally", "0 2", tally_reply())
    assert page.cursor == "1 1"
    _, page = ask("tally", "1 1", {"hasMore": True, "submissions": []})
    assert page.cursor is None


# --- meta -------------------------------------------------------------------------------------


def test_metas_leads_are_read_as_those_it_gives_notice_of() -> None:
    kind, fixture = KINDS["meta_lead_ads"], capture("meta_lead_ads")
    ((turn,),) = fixture.expected["fetched"]
    told = json.loads(turn["reply"]["body"])
    paging = {"cursors": {"before": "b", "after": "QVFI"}, "next": "https://graph.facebook.com/x"}
    asked, page = ask("meta_lead_ads", None, {"data": [told], "paging": paging})
    query = parse_qs(urlsplit(asked[0].url).query)
    filtering = [{"field": "time_created", "operator": "GREATER_THAN", "value": int(SINCE)}]
    assert json.loads(query["filtering"][0]) == filtering
    assert page.cursor == "0 QVFI"
    (listed,) = page.submissions
    event, document = by_list("meta_lead_ads", listed)
    (notice,) = kind.source.parse(fixture.inbound, {})
    assert (event.event_id, event.lead_id) == (notice.event_id, notice.lead_id)
    (expected,) = fixture.expected["submissions"]
    assert document == without(expected["lead"], "/attribution/page_id")
    fetch = kind.source.fetch
    assert fetch is not None
    assert fetch(event, SETTINGS["meta_lead_ads"], NOW) is None
    _, last = ask("meta_lead_ads", "1 ", {"data": [], "paging": {"cursors": {"after": "z"}}})
    assert last.cursor is None


def test_a_listed_submission_of_another_day_is_another_event() -> None:
    form, item = typeform_reply()
    _, page = ask("typeform", None, form, {"items": [item, item | {"token": "other"}]})
    first, second = (parsed("typeform", one) for one in page.submissions)
    assert first.event_id != second.event_id
    assert replace(first, event_id=None) != first
