"""Jotform's own list of submissions, each written as its webhook writes it.

Source: api.jotform.com/docs, GET /form/{id}/submissions. Times are in the account's own zone.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlencode

from relay.core.contract import (
    Json,
    Listed,
    ListedPage,
    Listing,
    Paging,
    Request,
    Settings,
    judge_reply,
    objects_of,
    said_object,
)

HOSTS = {
    "us": "https://api.jotform.com",
    "eu": "https://eu-api.jotform.com",
    "hipaa": "https://hipaa-api.jotform.com",
}

SETTINGS: Json = {
    "api_key": {
        "type": "string",
        "title": "API key",
        "description": "Account → Settings → API, to read. With it and the forms' ids, missing"
        " submissions are found.",
        "minLength": 8,
        "secret": True,
    },
    "form_ids": {
        "type": "array",
        "title": "Ids of the forms",
        "description": "As in the form's address.",
        "items": {"type": "string", "pattern": "^[0-9]{1,20}(?![\\s\\S])"},
        "maxItems": 50,
    },
    "data_centre": {
        "title": "Where the account is kept",
        "enum": list(HOSTS),
        "default": "us",
    },
}

PAGE = 100
"""Submissions of one page."""

ZONE = 15 * 3600
"""Seconds by which the account's time may be behind UTC, and one more hour."""

LARGEST = 8 * 1024 * 1024
"""Bytes of one page."""

_MADE_UP = frozenset({"datetime", "prettyFormat"})
"""Members of an answer that the list alone has, made of the others."""


def page(settings: Settings, since: float, cursor: str | None, now: float) -> Paging:
    """One page of one form's submissions; the cursor is the form's place, and how many to skip."""
    number, _, offset = (cursor or "0 0").partition(" ")
    forms = settings["form_ids"]
    begun = datetime.fromtimestamp(since - ZONE, UTC).strftime("%Y-%m-%d %H:%M:%S")
    query = {
        "filter": json.dumps({"created_at:gt": begun}),
        "orderby": "created_at",
        "limit": str(PAGE),
        "offset": offset,
    }
    host = HOSTS[settings.get("data_centre", "us")]
    reply = yield Request(
        method="GET",
        url=f"{host}/form/{forms[int(number)]}/submissions?{urlencode(query)}",
        headers={"APIKEY": settings["api_key"]},
        largest=LARGEST,
    )
    said = said_object(reply)
    if refused := judge_reply(reply, now, {}, str(said.get("message") or "")):
        return refused
    rows = said.get("content")
    rows = objects_of(rows)
    following = f"{int(number) + 1} 0" if int(number) + 1 < len(forms) else None
    if len(rows) >= PAGE:
        following = f"{number} {int(offset) + len(rows)}"
    return ListedPage(submissions=list(_written(rows)), cursor=following)


def _written(rows: list[dict[str, Json]]) -> Iterator[Listed]:
    """Each submission that was not deleted, as its webhook posts it; when it was made is not known
    to the hour."""
    for row in rows:
        if row.get("status", "ACTIVE") != "ACTIVE":
            continue
        answers = row.get("answers")
        asked = list(_in_order(answers)) if isinstance(answers, dict) else []
        post = {
            "formID": str(row.get("form_id")),
            "submissionID": str(row.get("id")),
            "ip": row.get("ip"),
            "rawRequest": dict(map(_answer, asked)),
            "pretty": ", ".join(filter(None, (_line(answer) for _, answer in asked))),
        }
        told = {name: value for name, value in post.items() if value not in (None, "")}
        yield Listed(body=json.dumps(told, ensure_ascii=False).encode("utf-8", "replace"))


def _in_order(answers: dict[str, Json]) -> Iterator[tuple[str, dict[str, Json]]]:
    found = [(key, one) for key, one in answers.items() if isinstance(one, dict)]
    answered = [(key, one) for key, one in found if one.get("answer") not in (None, "", [], {})]
    yield from sorted(answered, key=lambda pair: (_place(pair[1].get("order")), pair[0]))


def _place(order: Json) -> int:
    text = str(order)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


def _answer(pair: tuple[str, dict[str, Json]]) -> tuple[str, Json]:
    """An answer under the name that a post has for it; uploads stand under their bare names."""
    number, said = pair
    name, answer = str(said.get("name") or number), said["answer"]
    if isinstance(answer, dict):
        answer = {part: value for part, value in answer.items() if part not in _MADE_UP}
    bare = said.get("type") == "control_fileupload"
    return (name if bare else f"q{number}_{name}"), answer


def _line(said: dict[str, Json]) -> str:
    """A question and its answer as the readable line of a post has them."""
    label, answer = said.get("text"), said.get("prettyFormat") or said["answer"]
    if isinstance(answer, list | dict):
        parts = answer.values() if isinstance(answer, dict) else answer
        answer = " ".join(str(one) for one in parts)
    return f"{label}:{answer}" if label else ""


LISTING = Listing(
    ready=lambda settings: bool(settings.get("api_key") and settings.get("form_ids")),
    page=page,
)
