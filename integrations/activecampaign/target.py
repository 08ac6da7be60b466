"""ActiveCampaign: adds and updates contacts, who are subscribed only where they agreed.

Calls of the API v3: sync a contact's data, update list status, add a tag, create a note.
"""

import re
from collections.abc import Generator, Iterator
from dataclasses import replace
from urllib.parse import urlsplit

from integrations.activecampaign.contact import contact_of, lists_of, note_of, plain, tags_of
from integrations.activecampaign.settings import SETTINGS
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
    said_object,
    said_objects,
)

SUBSCRIBED = "1"
_NUMBER = re.compile("[0-9]{1,18}")

Step = Generator[Request, Reply, Outcome | None]
"""A part of the conversation: the outcome that ends it early, or None."""


def deliver(payload: Json, settings: Settings, duty: Duty) -> Conversation:
    """Add or update the contact, then subscribe and tag it, and write its note."""
    reply = yield _request("POST", "/contact/sync", settings, contact_of(payload))
    if failed := _judge(reply, duty, Kind.GONE):
        return failed
    made = said_object(reply).get("contact")
    number = str(made.get("id", "")) if isinstance(made, dict) else ""
    if not _NUMBER.fullmatch(number):
        return Outcome(kind=Kind.RETRY, message=f"answered {reply.status} without a contact's id")
    for what, path, body in _additions(number, payload, settings, duty):
        reply = yield _request("POST", path, settings, body)
        if failed := _judge(reply, duty, Kind.REJECTED):
            return _but(failed, what)
    if settings.get("note", True) and (text := note_of(payload)):
        failed = yield from _write_note(number, text, settings, duty)
        if failed:
            return _but(failed, "its note is not")
    host = urlsplit(settings["url"]).netloc.partition(".")[0]
    page = f"https://{host}.activehosted.com/app/contacts/{number}"
    return Outcome(kind=Kind.DELIVERED, remote_id=number, remote_url=page)


def check(settings: Settings, duty: Duty) -> Conversation:
    """Ask who the key belongs to."""
    reply = yield _request("GET", "/users/me", settings)
    return _judge(reply, duty, Kind.GONE) or Outcome(kind=Kind.DELIVERED)


def _additions(
    number: str, payload: Json, settings: Settings, duty: Duty
) -> Iterator[tuple[str, str, Json]]:
    """What is wrong where it fails, the path and the body of each further request."""
    for chosen in lists_of(payload, settings, duty):
        entry = {"list": str(chosen), "contact": number, "status": SUBSCRIBED}
        yield f"it is not subscribed to list {chosen}", "/contactLists", {"contactList": entry}
    for tag in tags_of(payload, settings, duty):
        given = {"contact": int(number), "tag": tag}
        yield f"it has no tag {tag}", "/contactTags", {"contactTag": given}


def _write_note(number: str, text: str, settings: Settings, duty: Duty) -> Step:
    """Write the note, unless it is there from an earlier try or event."""
    if duty.again or duty.event != "created":
        reply = yield _request("GET", f"/contacts/{number}/notes", settings)
        if failed := _judge(reply, duty, Kind.REJECTED):
            return failed
        if any(plain(one.get("note")) == plain(text) for one in said_objects(reply, "notes")):
            return None
    note = {"note": text, "relid": int(number), "reltype": "Subscriber"}
    reply = yield _request("POST", "/notes", settings, {"note": note})
    return _judge(reply, duty, Kind.REJECTED)


def _but(failed: Outcome, what: str) -> Outcome:
    return replace(failed, message=f"the contact is saved, {what}: {failed.message}")


def _judge(reply: Reply, duty: Duty, missing: Kind) -> Outcome | None:
    """403 is the key or the plan, 402 an account that is not paid for; a 404 is the account's, or
    that of what a later request names."""
    kinds = {402: Kind.UNAUTHORIZED, 403: Kind.UNAUTHORIZED, 404: missing}
    return judge_status(reply, duty, kinds, "; ".join(_said(reply)))


def _said(reply: Reply) -> Iterator[str]:
    if message := said_object(reply).get("message"):
        yield str(message)
    for one in said_objects(reply, "errors"):
        yield ": ".join(str(one[name]) for name in ("title", "detail", "code") if one.get(name))


def _request(method: str, path: str, settings: Settings, body: Json = None) -> Request:
    url = f"{str(settings['url']).rstrip('/')}/api/3{path}"
    return json_request(method, url, body, {"Api-Token": settings["api_key"]})


def _account(settings: Settings) -> str:
    return urlsplit(settings["url"]).netloc.partition(".")[0]


TARGET = Target(
    label="ActiveCampaign",
    summary="Adds and updates contacts; only who agreed is subscribed to a list.",
    settings=SETTINGS,
    deliver=deliver,
    check=check,
    repeat="upsert",
    events=("created", "updated"),
    limits=("2/second",),
    rate_key=_account,
    in_flight=4,
    evidence="derived schema",
    unverified="No account was at hand: made from the vendor's API reference.",
)
