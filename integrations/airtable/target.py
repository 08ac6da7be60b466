"""Airtable: writes leads as records of a table, one record each.

Call: update multiple records, with performUpsert (Web API).
"""

from urllib.parse import quote

from integrations.airtable.record import fields_of
from integrations.airtable.settings import DETAILS, MERGED_ON, SETTINGS
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
    judged,
    keyed_by,
    said_object,
    said_objects,
)

API = "https://api.airtable.com/v0"

PENALTY = 30.0
"""Seconds to wait after too many requests (Rate limits); no header says it."""

OUT_OF_CALLS = "PUBLIC_API_BILLING_LIMIT_EXCEEDED"
OUT_OF_CALLS_WAIT = 3600.0
"""The workspace's plan has no calls left this month: nothing else helps than to ask seldom."""


def deliver(payload: Json, settings: Settings, duty: Duty) -> Conversation:
    """Make the record, or change the one that has the same in the fields to merge on."""
    fields = fields_of(payload, str(settings.get("details", DETAILS)))
    merged_on = list(settings.get("merge_on", [MERGED_ON]))
    if missing := [name for name in merged_on if fields.get(name) in (None, "", [])]:
        words = f"the lead has nothing for {', '.join(missing)}, which records are merged on"
        return Outcome(kind=Kind.REJECTED, message=words)
    body = {
        "performUpsert": {"fieldsToMergeOn": merged_on},
        "records": [{"fields": fields}],
        "typecast": True,
    }
    reply = yield json_request("PATCH", _table(settings), body, _headers(settings))
    if failed := _judge(reply, duty):
        return failed
    first = next(iter(said_objects(reply, "records")), {})
    if not first.get("id"):
        return Outcome(kind=Kind.RETRY, message=f"answered {reply.status} without a record's id")
    return _done(str(first["id"]), settings)


def check(settings: Settings, duty: Duty) -> Conversation:
    """Ask for a record of the table."""
    url = f"{_table(settings)}?pageSize=1"
    reply = yield Request(method="GET", url=url, headers=_headers(settings))
    return _judge(reply, duty) or Outcome(kind=Kind.DELIVERED)


def _done(record: str, settings: Settings) -> Outcome:
    """A record has an address where the table is known by its id."""
    table = str(settings["table"])
    page = f"https://airtable.com/{settings['base']}/{table}/{record}"
    known = table.startswith("tbl")
    return Outcome(kind=Kind.DELIVERED, remote_id=record, remote_url=page if known else None)


def _judge(reply: Reply, duty: Duty) -> Outcome | None:
    """A 403 is a token without access, a 404 a base or table that it does not see."""
    code, words = _said(reply)
    if reply.status == 429:
        wait = OUT_OF_CALLS_WAIT if code == OUT_OF_CALLS else PENALTY
        return judged(Kind.THROTTLED, reply, duty, words, wait)
    kinds = {403: Kind.UNAUTHORIZED, 404: Kind.GONE}
    return judge_status(reply, duty, kinds, words)


def _said(reply: Reply) -> tuple[str, str]:
    """The code and the words of an error, which Airtable writes in three ways."""
    said = said_object(reply)
    errors = said.get("errors")
    error = errors[0] if isinstance(errors, list) and errors else said.get("error")
    if isinstance(error, str):
        return error, error
    if not isinstance(error, dict):
        return "", ""
    code = str(error.get("type") or error.get("error") or "")
    return code, ": ".join(part for part in (code, str(error.get("message") or "")) if part)


def _table(settings: Settings) -> str:
    return f"{API}/{settings['base']}/{quote(str(settings['table']), safe='')}"


def _headers(settings: Settings) -> dict[str, str]:
    return {"Authorization": f"Bearer {settings['token']}"}


TARGET = Target(
    label="Airtable",
    summary="Writes leads as records of a table.",
    settings=SETTINGS,
    deliver=deliver,
    check=check,
    repeat="upsert",
    events=("created", "updated"),
    limits=("5/second",),
    rate_key=keyed_by("base"),
    fallback_wait=PENALTY,
    evidence="derived schema",
    unverified="No account was at hand: made from the vendor's API reference.",
)
