"""Brevo: adds and updates contacts, who are on mailing lists only where they agreed.

Calls of the API v3: create a contact, get a contact's details, create and get notes.
"""

from collections.abc import Generator, Mapping
from dataclasses import replace
from urllib.parse import quote

from integrations.brevo.contact import contact_of, notes_of, plain
from integrations.brevo.settings import SETTINGS
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
    said_json,
    said_object,
)

API = "https://api.brevo.com/v3"

OF_THE_ACCOUNT = frozenset(
    {
        "unauthorized",
        "permission_denied",
        "reseller_permission_denied",
        "not_enough_credits",
        "account_under_validation",
    }
)
"""Codes that mean the account or its key, and no lead (errorModel)."""

LISTED_NOTES = 50

Step = Generator[Request, Reply, Outcome | None]
"""A part of the conversation: the outcome that ends it early, or None."""


def deliver(payload: Json, settings: Settings, duty: Duty) -> Conversation:
    """Add or update the contact, then write its notes.

    A phone number that Brevo refuses, or that is another contact's, is left out in a second
    request; it stands in the note.
    """
    contact = contact_of(payload, settings, duty)
    reply = yield _request("POST", "/contacts", settings, contact)
    refused = _refuses_phone(reply, contact)
    if refused:
        kept = {name: v for name, v in contact["attributes"].items() if name != "SMS"}
        contact = {**contact, "attributes": kept}
        reply = yield _request("POST", "/contacts", settings, contact)
    if failed := _judge(reply, duty):
        return failed
    made = reply
    if reply.status != 201:
        made = yield _request("GET", _place(contact), settings)
        if failed := _judge(made, duty):
            return _but(failed, "its id is not known")
    number = said_object(made).get("id")
    if not isinstance(number, int):
        return Outcome(kind=Kind.RETRY, message=f"answered {made.status} without a contact's id")
    if settings.get("note", True) and (
        failed := (yield from _write_notes(number, notes_of(payload), settings, duty))
    ):
        return _but(failed, "its note is not")
    words = "without SMS: the number is refused, or another contact's" if refused else ""
    rest = _rest(made)
    return Outcome(kind=Kind.DELIVERED, message=words, remote_id=str(number), hold=rest)


def check(settings: Settings, duty: Duty) -> Conversation:
    """Ask for the account."""
    reply = yield _request("GET", "/account", settings)
    return _judge(reply, duty) or Outcome(kind=Kind.DELIVERED)


def _write_notes(number: int, notes: list[str], settings: Settings, duty: Duty) -> Step:
    """Write the notes; those that may be there from an earlier try or event are looked for."""
    there: set[str] = set()
    if duty.again or duty.event != "created":
        listing = f"/crm/notes?entity=contacts&entityIds={number}&limit={LISTED_NOTES}"
        reply = yield _request("GET", listing, settings)
        if failed := _judge(reply, duty):
            return failed
        listed = said_json(reply)
        there = {
            plain(one.get("text"))
            for one in (listed if isinstance(listed, list) else ())
            if isinstance(one, dict)
        }
    for text in notes:
        if plain(text) not in there:
            body = {"text": text, "contactIds": [number]}
            reply = yield _request("POST", "/crm/notes", settings, body)
            if failed := _judge(reply, duty):
                return failed
    return None


def _but(failed: Outcome, what: str) -> Outcome:
    """The contact is saved, and something beside it is not. Notes have a limit of their own, so
    other leads need not wait for it."""
    kind = Kind.RETRY if failed.kind is Kind.THROTTLED else failed.kind
    return replace(failed, kind=kind, message=f"the contact is saved, {what}: {failed.message}")


def _refuses_phone(reply: Reply, contact: Mapping[str, Json]) -> bool:
    """Whether the contact is refused for its number: `duplicate_parameter` names the identifier,
    `invalid_parameter` says it in words."""
    if reply.status != 400 or "SMS" not in contact["attributes"] or "email" not in contact:
        return False
    said = said_object(reply)
    metadata = said.get("metadata")
    named = metadata.get("duplicate_identifiers") if isinstance(metadata, dict) else None
    words = f"{said.get('message', '')} {named or ''}".lower()
    return any(word in words for word in ("sms", "phone", "mobile"))


def _judge(reply: Reply, duty: Duty) -> Outcome | None:
    """Brevo says when a limit opens again in a header of its own. An address that two requests add
    at once is a duplicate for one of them, which passes."""
    said = said_object(reply)
    code = str(said.get("code", ""))
    words = " ".join(str(said[name]) for name in ("code", "message") if said.get(name))
    if reply.status == 429:
        return judged(Kind.THROTTLED, reply, duty, words, _wait(reply))
    kind = Kind.REJECTED
    if code in OF_THE_ACCOUNT:
        kind = Kind.UNAUTHORIZED
    elif code in {"duplicate_parameter", "duplicate_request"}:
        kind = Kind.RETRY
    kinds = {400: kind, 402: Kind.UNAUTHORIZED, 403: Kind.UNAUTHORIZED, 404: kind}
    return judge_status(reply, duty, kinds, words)


def _rest(reply: Reply) -> float | None:
    """How long the account rests after the last request that its limit had room for."""
    return _wait(reply) if reply.headers.get("x-sib-ratelimit-remaining") == "0" else None


def _wait(reply: Reply) -> float | None:
    """Seconds until a limit opens again (Rate limit headers); None where that is not said."""
    said = reply.headers.get("x-sib-ratelimit-reset", "")
    return float(said) if said.isascii() and said.isdigit() else None


def _place(contact: Mapping[str, Json]) -> str:
    if "email" in contact:
        return f"/contacts/{quote(str(contact['email']), safe='')}?identifierType=email_id"
    return f"/contacts/{quote(contact['attributes']['SMS'], safe='')}?identifierType=phone_id"


def _request(method: str, path: str, settings: Settings, body: Json = None) -> Request:
    headers = {"api-key": settings["api_key"], "Accept": "application/json"}
    return json_request(method, API + path, body, headers)


TARGET = Target(
    label="Brevo",
    summary="Adds and updates contacts; only who agreed is on a mailing list.",
    settings=SETTINGS,
    deliver=deliver,
    check=check,
    repeat="upsert",
    events=("created", "updated"),
    limits=("5/second", "18000/hour"),
    rate_key=keyed_by("api_key"),
    evidence="derived schema",
    unverified="No account was at hand: made from the vendor's libraries and documentation.",
)
