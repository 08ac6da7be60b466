"""Tally's own list of submissions, each written as its webhook writes it.

Source: developers.tally.so/api-reference/endpoint/forms/submissions/list.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from urllib.parse import quote, urlencode

from relay.core.contract import (
    Json,
    Listed,
    ListedPage,
    Listing,
    Paging,
    Request,
    Settings,
    judge_reply,
    moment,
    objects_of,
    said_object,
)

API = "https://api.tally.so"

SETTINGS: Json = {
    "api_key": {
        "type": "string",
        "title": "API key",
        "description": "Settings → API keys. With it and the forms' ids, missing responses are"
        " found.",
        "minLength": 8,
        "secret": True,
    },
    "form_ids": {
        "type": "array",
        "title": "Ids of the forms",
        "description": "As in the form's address, such as mZA0Av.",
        "items": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}(?![\\s\\S])"},
        "maxItems": 50,
    },
}

PAGE = 50
"""Submissions of one page."""

LARGEST = 8 * 1024 * 1024
"""Bytes of one page."""

_SINGLE = ("MULTIPLE_CHOICE", "DROPDOWN")
_NAMED_WITHIN = ("HIDDEN_FIELDS", "CALCULATED_FIELDS")
"""Questions whose answers are objects by the names of what they hold."""


def page(settings: Settings, since: float, cursor: str | None, now: float) -> Paging:
    """One page of one form's complete submissions; the cursor is the form's place, and the page."""
    number, _, sheet = (cursor or "0 1").partition(" ")
    forms = settings["form_ids"]
    query = {
        "filter": "completed",
        "startDate": datetime.fromtimestamp(since, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "page": sheet,
        "limit": str(PAGE),
    }
    form = quote(forms[int(number)], safe="")
    reply = yield Request(
        method="GET",
        url=f"{API}/forms/{form}/submissions?{urlencode(query)}",
        headers={"Authorization": f"Bearer {settings['api_key']}"},
        largest=LARGEST,
    )
    said = said_object(reply)
    if refused := judge_reply(reply, now, {}, str(said.get("message") or "")):
        return refused
    questions = {one.get("id"): one for one in objects_of(said.get("questions"))}
    submissions = objects_of(said.get("submissions"))
    rows = [one for one in submissions if one.get("isCompleted") is not False]
    following = f"{int(number) + 1} 1" if int(number) + 1 < len(forms) else None
    if said.get("hasMore") is True and submissions:
        following = f"{number} {int(sheet) + 1}"
    listed = [_written(row, questions) for row in rows]
    return ListedPage(submissions=listed, cursor=following)


def _written(row: dict[str, Json], questions: Mapping[Json, dict[str, Json]]) -> Listed:
    """A submission as the event of its webhook."""
    fields = [
        field
        for response in objects_of(row.get("responses"))
        for field in _fields(response, questions.get(response.get("questionId"), {}))
    ]
    data = {
        "submissionId": row.get("id"),
        "responseId": row.get("id"),
        "respondentId": row.get("respondentId"),
        "formId": row.get("formId"),
        "createdAt": row.get("submittedAt"),
        "fields": fields,
    }
    told = {"data": {name: value for name, value in data.items() if value is not None}}
    return Listed(body=json.dumps(told, ensure_ascii=False).encode(), at=_at(row))


def _fields(response: dict[str, Json], question: dict[str, Json]) -> Iterator[dict[str, Json]]:
    """An answer as a field; hidden and calculated ones are a field for each name.

    The list gives the words of what was chosen, where the webhook gives ids with their words.
    """
    type_, value = question.get("type"), response.get("answer", response.get("value"))
    key = f"question_{response.get('questionId')}"
    if type_ in _NAMED_WITHIN and isinstance(value, dict):
        for name, said in value.items():
            yield {"key": f"{key}_{name}", "label": name, "type": type_, "value": said}
        return
    if type_ in _SINGLE and isinstance(value, list) and len(value) == 1:
        value = value[0]
    title = question.get("title") or next(
        (one.get("title") for one in objects_of(question.get("fields"))), None
    )
    yield {"key": key, "label": title, "type": type_, "value": value}


def _at(row: dict[str, Json]) -> float | None:
    try:
        return moment(row.get("submittedAt")).timestamp()
    except ValueError:
        return None


LISTING = Listing(
    ready=lambda settings: bool(settings.get("api_key") and settings.get("form_ids")),
    page=page,
)
