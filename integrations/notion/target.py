"""Notion: writes leads as pages of a database, one page each.

Calls: query a data source, create a page, update page properties, append block children.
"""

from collections.abc import Generator
from uuid import UUID

from integrations.notion.page import blocks_of, properties_of, sections_of
from integrations.notion.settings import LEAD_ID, SETTINGS, VERSION
from relay.core.contract import (
    Conversation,
    Duty,
    Json,
    Kind,
    Outcome,
    Reply,
    Request,
    Settings,
    Target,
    json_request,
    judge_status,
    keyed_by,
    said_object,
)

API = "https://api.notion.com/v1"

NOT_SHARED = "share the database with the connection (••• > Connections)"

Found = Generator[Request, Reply, str | Outcome | None]
"""The id of a page, the outcome of a search that failed, or None where there is no page."""


def deliver(payload: Json, settings: Settings, duty: Duty) -> Conversation:
    """Make the lead's page, or change the one that it has.

    Notion tells no repeats: what may have been made before is looked for by the lead's id.
    """
    page: str | Outcome | None = duty.remote_id
    if page is None and (duty.again or duty.event != "created"):
        page = yield from _find(settings, duty)
    if isinstance(page, Outcome):
        return page
    if page is not None:
        return (yield from _change(page, payload, settings, duty))
    body: dict[str, Json] = {
        "parent": {"type": "data_source_id", "data_source_id": _source(settings)},
        "properties": _properties(payload, settings, duty),
    }
    if settings.get("text", True) and (sections := sections_of(payload)):
        body["children"] = blocks_of(sections)
    reply = yield _request("POST", "/pages", settings, body)
    return _judge(reply, duty) or _done(reply)


def check(settings: Settings, duty: Duty) -> Conversation:
    """Ask for the data source."""
    reply = yield _request("GET", f"/data_sources/{_source(settings)}", settings)
    return _judge(reply, duty) or Outcome(kind=Kind.DELIVERED)


def _find(settings: Settings, duty: Duty) -> Found:
    name = str(settings.get("lead_id", LEAD_ID))
    query = {"filter": {"property": name, "rich_text": {"equals": duty.lead_id}}, "page_size": 1}
    reply = yield _request("POST", f"/data_sources/{_source(settings)}/query", settings, query)
    if failed := _judge(reply, duty):
        return failed
    results = said_object(reply).get("results")
    first = results[0] if isinstance(results, list) and results else None
    return str(first["id"]) if isinstance(first, dict) and first.get("id") else None


def _change(page: str, payload: Json, settings: Settings, duty: Duty) -> Conversation:
    """Change the properties, and add those parts of the text that the page does not have yet."""
    body = {"properties": _properties(payload, settings, duty)}
    reply = yield _request("PATCH", f"/pages/{page}", settings, body)
    if failed := _judge(reply, duty, Kind.REJECTED):
        return failed
    changed = _done(reply)
    if changed.kind is not Kind.DELIVERED or not settings.get("text", True):
        return changed
    reply = yield _request("GET", f"/blocks/{page}/children?page_size=100", settings)
    if failed := _judge(reply, duty, Kind.REJECTED):
        return failed
    there = _texts(reply)
    news = [section for section in sections_of(payload) if section[1] not in there]
    if news:
        added = {"children": blocks_of(news)}
        reply = yield _request("PATCH", f"/blocks/{page}/children", settings, added)
        if failed := _judge(reply, duty, Kind.REJECTED):
            return failed
    return changed


def _texts(reply: Reply) -> set[str]:
    """The texts of a page's blocks."""
    results = said_object(reply).get("results")
    return {_text(block) for block in results} if isinstance(results, list) else set()


def _text(block: Json) -> str:
    inner = block.get(str(block.get("type"))) if isinstance(block, dict) else None
    pieces = inner.get("rich_text") if isinstance(inner, dict) else None
    return "".join(
        str(piece.get("plain_text", ""))
        for piece in (pieces if isinstance(pieces, list) else ())
        if isinstance(piece, dict)
    )


def _properties(payload: Json, settings: Settings, duty: Duty) -> dict[str, Json]:
    return properties_of(payload, duty.lead_id, str(settings.get("lead_id", LEAD_ID)))


def _done(reply: Reply) -> Outcome:
    said = said_object(reply)
    if not said.get("id"):
        return Outcome(kind=Kind.RETRY, message=f"answered {reply.status} without a page's id")
    page = said.get("url")
    return Outcome(
        kind=Kind.DELIVERED,
        remote_id=str(said["id"]),
        remote_url=page if isinstance(page, str) else None,
    )


def _judge(reply: Reply, duty: Duty, missing: Kind = Kind.UNAUTHORIZED) -> Outcome | None:
    """A 404 is what the connection does not see: the database, or a single page that was removed.
    What passes is 409 (conflict_error), 429, 5xx and 529 (Status codes)."""
    said = said_object(reply)
    words = ": ".join(str(said[name]) for name in ("code", "message") if said.get(name))
    more = said.get("additional_data")
    if isinstance(more, dict) and more.get("rate_limit_reason"):
        words = f"{words} ({more['rate_limit_reason']})"
    if reply.status == 404 and missing is Kind.UNAUTHORIZED:
        words = f"{NOT_SHARED}; {words}"
    return judge_status(reply, duty, {403: Kind.UNAUTHORIZED, 404: missing}, words)


def _source(settings: Settings) -> str:
    return str(UUID(settings["data_source"]))


def _request(method: str, path: str, settings: Settings, body: Json = None) -> Request:
    headers = {
        "Authorization": f"Bearer {settings['token']}",
        "Notion-Version": str(settings.get("version", VERSION)),
    }
    return json_request(method, API + path, body, headers)


TARGET = Target(
    label="Notion",
    summary="Writes leads as pages of a database.",
    settings=SETTINGS,
    deliver=deliver,
    check=check,
    repeat="lookup",
    events=("created", "updated"),
    limits=("2/second",),
    rate_key=keyed_by("token"),
    in_flight=4,
    api_version=VERSION,
    evidence="official schema",
    unverified="No account was at hand: made from the vendor's API schema and documentation.",
)
