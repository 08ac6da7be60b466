"""Typeform's own list of responses, each written as its webhook writes it.

Sources: typeform.com/developers/responses/reference/retrieve-responses and
typeform.com/developers/create/reference/retrieve-form. Very recent responses may be missing there.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import quote, urlencode

from relay.core.contract import (
    Fetching,
    Json,
    Listed,
    ListedPage,
    Listing,
    Outcome,
    Paging,
    Request,
    Settings,
    judge_reply,
    moment,
    objects_of,
    said_object,
)

HOSTS = {
    "us": "https://api.typeform.com",
    "eu": "https://api.eu.typeform.com",
    "typeform.eu": "https://api.typeform.eu",
}

SETTINGS: Json = {
    "access_token": {
        "type": "string",
        "title": "Personal access token",
        "description": "With the scopes Forms: Read and Responses: Read. With it and the ids of"
        " forms, missing responses are found.",
        "minLength": 8,
        "secret": True,
    },
    "form_ids": {
        "type": "array",
        "title": "Ids of the forms",
        "description": "As in the form's address, such as lT4Z3j.",
        "items": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}(?![\\s\\S])"},
        "maxItems": 50,
    },
    "data_centre": {
        "title": "Where the account is kept",
        "enum": list(HOSTS),
        "default": "us",
    },
}

PAGE = 100
"""Responses of one page."""

LARGEST = 8 * 1024 * 1024
"""Bytes of one page, and of a form."""


def page(settings: Settings, since: float, cursor: str | None, now: float) -> Paging:
    """One page of one form's responses; the cursor is the form's place, and the last token."""
    number, _, after = (cursor or "0 ").partition(" ")
    forms = settings["form_ids"]
    form_id = forms[int(number)]
    form = yield from _get(f"forms/{quote(form_id, safe='')}", {}, settings, now)
    if isinstance(form, Outcome):
        return form
    path = f"forms/{quote(form_id, safe='')}/responses"
    said = yield from _get(path, _query(since, after), settings, now)
    if isinstance(said, Outcome):
        return said
    items = [one for one in objects_of(said.get("items")) if isinstance(one.get("token"), str)]
    following = f"{int(number) + 1} " if int(number) + 1 < len(forms) else None
    if len(items) >= PAGE:
        following = f"{number} {items[-1]['token']}"
    return ListedPage(submissions=list(_written(form_id, form, items)), cursor=following)


def _query(since: float, after: str) -> dict[str, str]:
    """The first page begins at a time, the next ones behind a response: never both at once."""
    if after:
        return {"page_size": str(PAGE), "after": after}
    begun = datetime.fromtimestamp(since, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return {"page_size": str(PAGE), "since": begun, "sort": "submitted_at,asc"}


def _get(path: str, query: dict[str, str], settings: Settings, now: float) -> Fetching:
    host = HOSTS[settings.get("data_centre", "us")]
    reply = yield Request(
        method="GET",
        url=f"{host}/{path}" + (f"?{urlencode(query)}" if query else ""),
        headers={"Authorization": f"Bearer {settings['access_token']}"},
        largest=LARGEST,
    )
    said = said_object(reply)
    return judge_reply(reply, now, {}, str(said.get("description") or "")) or said


def _written(form_id: str, form: dict[str, Json], items: list[dict[str, Json]]) -> Iterator[Listed]:
    """Each complete response as the event of its webhook."""
    definition = {"id": form_id, "title": form.get("title"), "fields": form.get("fields")}
    for item in items:
        if item.get("response_type", "completed") != "completed":
            continue
        response = {name: item[name] for name in _SAME if item.get(name) is not None}
        response |= {"form_id": form_id, "definition": definition}
        event = {"event_type": "form_response", "form_response": response}
        body = json.dumps(event, ensure_ascii=False).encode("utf-8", "replace")
        yield Listed(body=body, at=_at(item.get("submitted_at")))


_SAME = ("token", "landed_at", "submitted_at", "calculated", "variables", "hidden", "answers")
"""What a list and a webhook both say, and in the same way."""


def _at(submitted: Json) -> float | None:
    try:
        return moment(submitted).timestamp()
    except ValueError:
        return None


LISTING = Listing(
    ready=lambda settings: bool(settings.get("access_token") and settings.get("form_ids")),
    page=page,
)
