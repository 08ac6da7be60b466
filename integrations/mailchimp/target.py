"""Mailchimp: adds people to an audience, who are asked by mail before they are subscribed.

Calls of the Marketing API 3.0: list members, member tags, member notes.
"""

import hashlib
from collections.abc import Generator, Mapping
from dataclasses import replace

from integrations.mailchimp.member import member_of, notes_of, tags_of
from integrations.mailchimp.settings import SETTINGS
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
    basic_authorization,
    json_request,
    judge_status,
    keyed_by,
    said_object,
    said_objects,
)

PATIENCE = 120.0
"""Seconds after which Mailchimp itself gives up a request (Fundamentals: timeouts)."""

CONNECTIONS = 10
"""Requests that an account may have open at once (Fundamentals: throttling)."""

PASSING = "more signups for now"
"""In the words about an address that joined many lists of late: it may join this one later."""

LISTED_NOTES = 1000

Step = Generator[Request, Reply, Outcome | None]
"""A part of the conversation: the outcome that ends it early, or None."""


def deliver(payload: Json, settings: Settings, duty: Duty) -> Conversation:
    """Add or update the member, then give it its tags and its notes.

    Merge fields that Mailchimp refuses are left out in a second request and stand in the note: an
    odd phone number must not cost the lead.
    """
    member = member_of(payload, settings, duty)
    place = _place(settings, member)
    reply = yield _request("PUT", place + "?skip_merge_validation=true", settings, member)
    if refused := _refused_fields(reply, member):
        kept = {tag: v for tag, v in member["merge_fields"].items() if tag not in refused}
        member = {**member, "merge_fields": kept}
        reply = yield _request("PUT", place + "?skip_merge_validation=true", settings, member)
    if failed := _judge(reply, duty):
        return failed
    made = said_object(reply)
    if not made.get("id"):
        return Outcome(kind=Kind.RETRY, message=f"answered {reply.status} without a member's id")
    done = _done(made, settings, refused)
    failed = yield from _finish(payload, settings, duty, member)
    return done if failed is None else replace(failed, remote_id=done.remote_id)


def check(settings: Settings, duty: Duty) -> Conversation:
    """Ask for the audience."""
    reply = yield _request("GET", f"/lists/{settings['audience']}?fields=id,name", settings)
    return _judge(reply, duty) or Outcome(kind=Kind.DELIVERED)


def _finish(payload: Json, settings: Settings, duty: Duty, member: Mapping[str, Json]) -> Step:
    """Tags, once, and notes; what is wrong with them says that the member is saved."""
    place = _place(settings, member)
    tags = tags_of(payload, settings) if duty.event == "created" else []
    if tags:
        given = {"tags": [{"name": name, "status": "active"} for name in tags]}
        reply = yield _request("POST", f"{place}/tags", settings, given)
        if failed := _judge(reply, duty):
            return replace(
                failed, message=f"the member is saved, its tags are not: {failed.message}"
            )
    if settings.get("note", True):
        failed = yield from _write_notes(place, notes_of(payload, member), settings, duty)
        if failed:
            return replace(
                failed, message=f"the member is saved, its note is not: {failed.message}"
            )
    return None


def _write_notes(place: str, notes: list[str], settings: Settings, duty: Duty) -> Step:
    """Write the notes, the last one first, so that the first stands on top. Those that may be there
    already, from an earlier try or event, are looked for and not written again."""
    there: set[str] = set()
    if duty.again or duty.event != "created":
        listing = f"{place}/notes?count={LISTED_NOTES}&fields=notes.note"
        reply = yield _request("GET", listing, settings)
        if failed := _judge(reply, duty):
            return failed
        there = _texts(reply)
    for text in reversed(notes):
        if text.strip() not in there:
            reply = yield _request("POST", f"{place}/notes", settings, {"note": text})
            if failed := _judge(reply, duty):
                return failed
    return None


def _texts(reply: Reply) -> set[str]:
    return {str(one.get("note")).strip() for one in said_objects(reply, "notes")}


def _refused_fields(reply: Reply, member: Mapping[str, Json]) -> set[str]:
    """The tags of the merge fields that were sent and refused."""
    if reply.status != 400:
        return set()
    named = {str(one.get("field")) for one in said_objects(reply, "errors")}
    return named & set(member.get("merge_fields", {}))


def _done(made: Mapping[str, Json], settings: Settings, refused: set[str]) -> Outcome:
    words = f"without {', '.join(sorted(refused))}, which Mailchimp refused" if refused else ""
    found = f"https://{_center(settings)}.admin.mailchimp.com/lists/members/view?id="
    web = made.get("web_id")
    return Outcome(
        kind=Kind.DELIVERED,
        message=words,
        remote_id=str(made["id"]),
        remote_url=f"{found}{web}" if isinstance(web, int) else None,
    )


def _judge(reply: Reply, duty: Duty) -> Outcome | None:
    """What Mailchimp's problem document (RFC 7807) means; a 403 without one is its throttling, and
    a 404 says that there is no such audience (Errors: glossary)."""
    problem = said_object(reply)
    told = problem.get("title") or problem.get("detail")
    kinds = {
        400: Kind.RETRY if PASSING in str(problem.get("detail")) else Kind.REJECTED,
        403: Kind.UNAUTHORIZED if told else Kind.THROTTLED,
        404: Kind.GONE,
    }
    return judge_status(reply, duty, kinds, _said(problem))


def _said(problem: Mapping[str, Json]) -> str:
    words = [str(problem[name]) for name in ("title", "detail") if problem.get(name)]
    errors = problem.get("errors")
    words += [
        f"{one.get('field', '')} {one.get('message', '')}".strip()
        for one in (errors if isinstance(errors, list) else ())
        if isinstance(one, dict)
    ]
    return ": ".join(words)


def _place(settings: Settings, member: Mapping[str, Json]) -> str:
    """A member's place: the MD5 of the address in small letters."""
    address = str(member["email_address"]).lower().encode()
    digest = hashlib.md5(address, usedforsecurity=False).hexdigest()
    return f"/lists/{settings['audience']}/members/{digest}"


def _request(method: str, path: str, settings: Settings, body: Json = None) -> Request:
    url = f"https://{_center(settings)}.api.mailchimp.com/3.0{path}"
    headers = basic_authorization("relay", settings["api_key"])
    return json_request(method, url, body, headers, timeout=PATIENCE)


def _center(settings: Settings) -> str:
    return str(settings["api_key"]).rpartition("-")[2]


TARGET = Target(
    label="Mailchimp",
    summary="Adds people to an audience; they are asked by mail before they are subscribed.",
    settings=SETTINGS,
    deliver=deliver,
    check=check,
    repeat="upsert",
    events=("created", "updated"),
    rate_key=keyed_by("api_key"),
    in_flight=CONNECTIONS,
    evidence="official schema",
    unverified="No account was at hand: made from the vendor's API schema and documentation.",
)
