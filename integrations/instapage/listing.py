"""Instapage's own list of submissions, which have ids there, as its webhook has not.

Source: devdocs.instapage.com, Form submissions (as transcribed by API Evangelist).
"""

import json

from relay.core.contract import (
    Json,
    Listed,
    ListedPage,
    Listing,
    Paging,
    Settings,
    json_request,
    judge_reply,
    objects_of,
    said_object,
)

API = "https://api.instapage.com/v1"

SETTINGS: Json = {
    "access_token": {
        "type": "string",
        "title": "API token",
        "description": "A personal token of the account. With it and the workspace's id, missing"
        " submissions are found.",
        "minLength": 8,
        "secret": True,
    },
    "workspace_id": {
        "type": "string",
        "title": "Id of the workspace",
        "pattern": "^[0-9]{1,20}(?![\\s\\S])",
    },
    "page_ids": {
        "type": "array",
        "title": "Ids of the pages",
        "description": "Only of these pages; without them of all pages of the workspace.",
        "items": {"type": "string", "pattern": "^[0-9]{1,20}(?![\\s\\S])"},
        "maxItems": 100,
    },
}

LARGEST = 4 * 1024 * 1024
"""Bytes of one page, which holds up to 100 submissions."""


def page(settings: Settings, since: float, cursor: str | None, now: float) -> Paging:
    """One page of the workspace's submissions."""
    asked: dict[str, Json] = {"timeframe": {"start": int(since), "end": int(now)}}
    if settings.get("page_ids"):
        asked["pages"] = [int(one) for one in settings["page_ids"]]
    if cursor is not None:
        asked["nextPageToken"] = cursor
    reply = yield json_request(
        "POST",
        f"{API}/workspaces/{settings['workspace_id']}/submissions",
        asked,
        {"Authorization": f"Bearer {settings['access_token']}", "Accept": "application/json"},
        largest=LARGEST,
    )
    said = said_object(reply)
    words = str(said.get("details") or said.get("title") or "")
    if refused := judge_reply(reply, now, {}, words):
        return refused
    meta = said.get("meta")
    following = meta.get("nextPageToken") if isinstance(meta, dict) else None
    data = said.get("data")
    rows = objects_of(data)
    listed = [
        Listed(body=json.dumps({"listed": row}, ensure_ascii=False).encode(), at=_at(row))
        for row in rows
    ]
    return ListedPage(submissions=listed, cursor=following if isinstance(following, str) else None)


def _at(row: dict[str, Json]) -> float | None:
    at = row.get("createdAt")
    return float(at) if isinstance(at, int | float) and not isinstance(at, bool) else None


LISTING = Listing(
    ready=lambda settings: bool(settings.get("access_token") and settings.get("workspace_id")),
    page=page,
    by_content=True,
)
