"""Freshsales: puts each lead into the contacts, by upsert, and the rest into a note.

Calls: `POST /contacts/upsert`, `PUT /contacts/{id}` and `POST /notes`
(developers.freshworks.com/crm/api; support.freshsales.io, article 50000010026).
"""

import html
from collections.abc import Generator, Mapping
from dataclasses import replace
from functools import partial
from urllib.parse import quote, urlsplit

from integrations.freshsales.settings import SETTINGS
from integrations.freshsales.verdicts import refused_field, verdict_of, wants_a_name
from relay.core.contract import (
    Conversation,
    Duty,
    Json,
    Kind,
    Outcome,
    Putting,
    Reply,
    Request,
    Settings,
    Target,
    json_request,
    judge_status,
    left_out,
    name_parts,
    not_taken,
    put_and_note,
    remainder_of,
    said_object,
    said_objects,
)

PLACES: Mapping[str, str] = {
    "/first_name": "/contact/first_name",
    "/last_name": "/contact/last_name",
    "/email": "/contact/email",
    "/mobile_number": "/contact/phone",
    "/job_title": "/contact/job_title",
    "/address": "/contact/address/street",
    "/city": "/contact/address/city",
    "/state": "/contact/address/region",
    "/zipcode": "/contact/address/postal_code",
    "/country": "/contact/address/country",
    "/medium": "/attribution/utm/medium",
    "/keyword": "/attribution/utm/term",
}
"""Which values of a lead have a field; the others go into the note."""

NOTE_LENGTH = 20_000

MOST_LEFT_OUT = 3

IDENTIFIERS = {"email": "emails", "mobile_number": "mobile_number"}
"""By what a contact is found, the first one that it has, and what Freshsales calls it there."""


def deliver(payload: Json, settings: Settings, duty: Duty) -> Conversation:
    """Put the contact in, then its note."""
    note = partial(_note, payload, settings, duty) if settings.get("note", True) else None
    return put_and_note(_put_in(payload, settings, duty), note, duty)


def check(settings: Settings, duty: Duty) -> Conversation:
    """Ask who may own contacts."""
    reply = yield _request("GET", "/selector/owners", settings)
    if reply.status == 200 and "users" in said_object(reply):
        return Outcome(kind=Kind.DELIVERED)
    return verdict_of(reply, duty, "users")


def _fields(payload: Json, settings: Settings) -> dict[str, Json]:
    fields = {name: value for name, value in payload.items() if not name.startswith("$")}
    contact = payload.get("$lead", {}).get("contact", {})
    if contact.get("full_name") and not (fields.get("last_name") or fields.get("first_name")):
        first, last = name_parts(contact)
        fields |= {"first_name": first, "last_name": last} if first else {"last_name": last}
    if "lead_source_id" in settings:
        fields.setdefault("lead_source_id", settings["lead_source_id"])
    return fields


def _put_in(payload: Json, settings: Settings, duty: Duty) -> Putting:
    """The verdict on the contact, and the fields whose values are not taken.

    Those are left out, as a phone number that another contact has already; without an e-mail
    address and a number nobody could be found again. A contact that is gone is put in anew. A name
    is made up only where it is wanted: a person who is there already has one.
    """
    fields, refused = _fields(payload, settings), list[str]()
    known = duty.remote_id
    for _ in range(MOST_LEFT_OUT + 3):
        reply = yield _contact_request(fields, known, settings, duty)
        field = refused_field(reply, fields)
        if wants_a_name(reply) and not fields.get("last_name"):
            fields["last_name"] = name_parts(payload.get("$lead", {}).get("contact", {}))[1]
        elif known and reply.status == 404:
            known = None
        elif (
            field
            and len(refused) < MOST_LEFT_OUT
            and IDENTIFIERS.keys() & (fields.keys() - {field})
        ):
            del fields[field]
            refused.append(field)
        else:
            break
    made = verdict_of(reply, duty, "contact")
    if made.kind is not Kind.DELIVERED:
        return made, refused
    page = f"{_base(settings)}/contacts/{made.remote_id}"
    return replace(made, message=left_out(refused, "Freshsales"), remote_url=page), refused


def _contact_request(
    fields: Mapping[str, Json], known: str | None, settings: Settings, duty: Duty
) -> Request:
    if known:
        return _request("PUT", f"/contacts/{quote(known, safe='')}", settings, {"contact": fields})
    found_by = next(
        ({called: str(fields[name])} for name, called in IDENTIFIERS.items() if fields.get(name)),
        {"external_id": duty.lead_id},
    )
    body = {"unique_identifier": found_by, "contact": fields}
    return _request("POST", "/contacts/upsert", settings, body)


def _note(
    payload: Json, settings: Settings, duty: Duty, contact: str, refused: list[str]
) -> Generator[Request, Reply, Outcome]:
    """Write the note, unless an earlier try has written it already. Notes are HTML."""
    note = remainder_of(payload, PLACES, duty, NOTE_LENGTH, not_taken(payload, refused))
    if duty.again:
        path = f"/contacts/{quote(contact, safe='')}?include=notes"
        reply = yield _request("GET", path, settings)
        notes = said_objects(reply, "notes")
        if any(note.stands_in(str(one.get("description"))) for one in notes):
            return Outcome(kind=Kind.DELIVERED)
        failed = judge_status(reply, duty, {404: Kind.REJECTED})
        if failed and failed.kind is not Kind.REJECTED:
            return verdict_of(reply, duty, "contact")
    text = html.escape(f"{note.title}\n\n{note.text}", quote=False).replace("\n", "<br>")
    of = {"targetable_type": "Contact", "targetable_id": _number(contact)}
    reply = yield _request("POST", "/notes", settings, {"note": {"description": text, **of}})
    return verdict_of(reply, duty, "note")


def _number(text: str) -> Json:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else text


def _base(settings: Settings) -> str:
    """The address of the account, whatever was copied of it."""
    alias = settings["bundle_alias"].removeprefix("https://")
    return f"https://{urlsplit(f'https://{alias}').hostname}/crm/sales"


def _request(method: str, path: str, settings: Settings, body: Json = None) -> Request:
    headers = {
        "Authorization": f"Token token={settings['api_key']}",
        "Accept": "application/json",
    }
    return json_request(method, f"{_base(settings)}/api{path}", body, headers)


TARGET = Target(
    label="Freshsales",
    summary="Puts each lead into the contacts of Freshsales, without making one twice.",
    settings=SETTINGS,
    deliver=deliver,
    check=check,
    repeat="upsert",
    events=("created", "updated"),
    # 400 requests a minute, of which a lead and its note take two; those of an hour go by the plan
    limits=("200/minute",),
    rate_key=_base,
    fallback_wait=60.0,
    in_flight=4,
    evidence="derived schema",
    unverified="No account was at hand: made from the vendor's documentation and others' code.",
)
