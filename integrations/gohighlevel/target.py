"""GoHighLevel: puts each lead into a location's contacts, by upsert, and the rest into a note.

Calls: `POST /contacts/upsert`, `PUT` and `POST .../notes` of a contact, as the vendor's OpenAPI
files (GoHighLevel/highlevel-api-docs) describe them.
"""

from collections.abc import Generator, Mapping
from dataclasses import replace
from functools import partial
from urllib.parse import quote

from integrations.gohighlevel.settings import SETTINGS
from integrations.gohighlevel.verdicts import is_gone, refused_field, verdict_of
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
    keyed_by,
    left_out,
    name_parts,
    not_taken,
    put_and_note,
    remainder_of,
    said_object,
    said_objects,
)

HOST = "https://services.leadconnectorhq.com"

WEB = "https://app.gohighlevel.com/v2/location"

NOTES_VERSION = "2021-07-28"
"""The only version that a contact's notes are described in."""

PLACES: Mapping[str, str] = {
    "/firstName": "/contact/first_name",
    "/lastName": "/contact/last_name",
    "/name": "/contact/full_name",
    "/email": "/contact/email",
    "/phone": "/contact/phone",
    "/companyName": "/contact/company",
    "/website": "/contact/website",
    "/gender": "/contact/gender",
    "/dateOfBirth": "/contact/birthday",
    "/address1": "/contact/address/street",
    "/city": "/contact/address/city",
    "/state": "/contact/address/region",
    "/postalCode": "/contact/address/postal_code",
    "/country": "/contact/address/country",
    "/timezone": "/device/time_zone",
    "/source": "/attribution/utm/source",
}
"""Which values of a lead have a field; the others go into the note."""

NOTE_LENGTH, SURE_LENGTH = 20_000, 5_000
"""No longest note is documented: one that is refused is written once more, shorter."""

MOST_LEFT_OUT = 5


def deliver(payload: Json, settings: Settings, duty: Duty) -> Conversation:
    """Put the contact in, then its note."""
    payload = _country_by_code(payload)
    note = partial(_note, payload, settings, duty) if settings.get("note", True) else None
    return put_and_note(_put_in(_fields(payload, settings), settings, duty), note, duty)


def check(settings: Settings, duty: Duty) -> Conversation:
    """Ask for one contact of the location."""
    path = f"/contacts/?locationId={settings['location_id']}&limit=1"
    reply = yield _request("GET", path, settings, NOTES_VERSION)
    if reply.status == 200 and "contacts" in said_object(reply):
        return Outcome(kind=Kind.DELIVERED)
    return verdict_of(reply, duty, "contact")


def _country_by_code(payload: Json) -> Json:
    """The payload with its country as the code that is wanted; another stays for the note."""
    said = str(payload.get("country") or "").strip()
    rest = {name: value for name, value in payload.items() if name != "country"}
    is_code = len(said) == 2 and said.isascii() and said.isalpha()
    return {**rest, "country": said.upper()} if is_code else rest


def _fields(payload: Json, settings: Settings) -> dict[str, Json]:
    """The contact; custom fields become the list that the API's version wants. Somebody who is
    known by an address or a number is not renamed after it."""
    fields = {
        name: value
        for name, value in payload.items()
        if not name.startswith("$") and name != "custom"
    }
    if not any(name in fields for name in ("firstName", "lastName", "name", "email", "phone")):
        fields["name"] = name_parts(payload.get("$lead", {}).get("contact", {}))[1]
    named = "fieldValue" if settings.get("api_version") == "v3" else "field_value"
    custom = [{"id": id_, named: _told(value)} for id_, value in payload.get("custom", {}).items()]
    if custom:
        fields["customFields"] = custom
    return fields


def _told(value: Json) -> Json:
    """A value as custom fields take it: a text, or a list of texts."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return [str(_told(item)) for item in value]
    return value if isinstance(value, dict) else str(value)


def _put_in(fields: dict[str, Json], settings: Settings, duty: Duty) -> Putting:
    """The verdict on the contact, and the fields whose values are not taken.

    Those are left out: a wrong web address is no reason to lose a lead; without an address and a
    number nobody could be found again. A contact that is gone by now is put in as a new one.
    """
    refused: list[str] = []
    known = duty.remote_id
    for _ in range(MOST_LEFT_OUT + 2):
        reply = yield _contact_request(fields, known, settings)
        field = refused_field(reply, fields)
        if known and is_gone(reply):
            known = None
        elif (
            field
            and len(refused) < MOST_LEFT_OUT
            and {"email", "phone"} & (fields.keys() - {field})
        ):
            del fields[field]
            refused.append(field)
        else:
            break
    made = verdict_of(reply, duty, "contact")
    if made.kind is not Kind.DELIVERED:
        return made, refused
    page = f"{WEB}/{settings['location_id']}/contacts/detail/{made.remote_id}"
    return replace(made, message=left_out(refused, "GoHighLevel"), remote_url=page), refused


def _contact_request(fields: Mapping[str, Json], known: str | None, settings: Settings) -> Request:
    version = settings.get("api_version", "2021-07-28")
    if known:
        return _request("PUT", f"/contacts/{quote(known, safe='')}", settings, version, fields)
    body = {"locationId": settings["location_id"], **fields}
    return _request("POST", "/contacts/upsert", settings, version, body)


def _note(
    payload: Json, settings: Settings, duty: Duty, contact: str, refused: list[str]
) -> Generator[Request, Reply, Outcome]:
    """Write the note, unless an earlier try has written it already."""
    note, shorter = (
        remainder_of(payload, PLACES, duty, most, not_taken(payload, refused))
        for most in (NOTE_LENGTH, SURE_LENGTH)
    )
    path = f"/contacts/{quote(contact, safe='')}/notes"
    if duty.again:
        reply = yield _request("GET", path, settings, NOTES_VERSION)
        notes = said_objects(reply, "notes")
        if any(note.stands_in(str(one.get("body"))) for one in notes):
            return Outcome(kind=Kind.DELIVERED)
        failed = judge_status(reply, duty, {404: Kind.REJECTED})
        if failed and failed.kind is not Kind.REJECTED:
            return verdict_of(reply, duty, "note")
    reply = yield _request("POST", path, settings, NOTES_VERSION, {"body": note.text})
    if reply.status in (400, 422) and shorter.text != note.text:
        reply = yield _request("POST", path, settings, NOTES_VERSION, {"body": shorter.text})
    return verdict_of(reply, duty, "note")


def _request(
    method: str, path: str, settings: Settings, version: str, body: Json = None
) -> Request:
    headers = {
        "Authorization": f"Bearer {settings['token']}",
        "Version": version,
        "Accept": "application/json",
    }
    return json_request(method, HOST + path, body, headers)


TARGET = Target(
    label="GoHighLevel",
    summary="Puts each lead into the contacts of a GoHighLevel location, without making one twice.",
    settings=SETTINGS,
    deliver=deliver,
    check=check,
    repeat="upsert",
    events=("created", "updated"),
    # 100 in 10 seconds and 200,000 a day, of which a lead and its note take two
    limits=("50/10 second", "100000/day"),
    rate_key=keyed_by("location_id"),
    fallback_wait=10.0,
    api_version="2021-07-28",
    evidence="official schema",
    unverified="No account was at hand: made from the vendor's OpenAPI files.",
)
