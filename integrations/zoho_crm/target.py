"""Zoho CRM: puts each lead into the module Leads, by upsert, and the rest into a note.

Calls: `POST /crm/v8/Leads/upsert`, `PUT /crm/v8/Leads/{id}` and `POST /crm/v8/Notes`, as Zoho's
OpenAPI files (zoho/crm-oas) describe them.
"""

from collections.abc import Generator, Mapping
from dataclasses import replace
from functools import partial
from urllib.parse import quote

from integrations.zoho_crm.access import GRANT, api_of, centre_of
from integrations.zoho_crm.settings import SETTINGS
from integrations.zoho_crm.verdicts import missing_field, refused_field, verdict_of
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
    has_agreed,
    json_request,
    judge_status,
    left_out,
    name_parts,
    not_taken,
    put_and_note,
    remainder_of,
    said_object,
    said_objects,
    shorten,
)

PLACES: Mapping[str, str] = {
    "/First_Name": "/contact/first_name",
    "/Last_Name": "/contact/last_name",
    "/Email": "/contact/email",
    "/Phone": "/contact/phone",
    "/Company": "/contact/company",
    "/Designation": "/contact/job_title",
    "/Website": "/contact/website",
    "/Street": "/contact/address/street",
    "/City": "/contact/address/city",
    "/State": "/contact/address/region",
    "/Zip_Code": "/contact/address/postal_code",
    "/Country": "/contact/address/country",
}
"""Which values of a lead have a field; the others go into the note."""

NOTE_LENGTH, TITLE_LENGTH = 32_000, 120

MOST_LEFT_OUT = 5
"""How many fields that Zoho refuses are left out before the lead itself counts as refused."""


def deliver(payload: Json, settings: Settings, duty: Duty) -> Conversation:
    """Put the lead in, then its note."""
    note = partial(_note, payload, settings, duty) if settings.get("note", True) else None
    return put_and_note(_put_in(payload, settings, duty), note, duty, "lead")


def check(settings: Settings, duty: Duty) -> Conversation:
    """Ask for one lead, to see whether the access suffices; there may be none (204)."""
    reply = yield _request("GET", "Leads?fields=Last_Name&per_page=1", settings, duty)
    if reply.status == 204 or (reply.status == 200 and "data" in said_object(reply)):
        return Outcome(kind=Kind.DELIVERED)
    return verdict_of(reply, duty)


def _fields(payload: Json, settings: Settings) -> dict[str, Json]:
    """The record, with a last name of whatever name there is, for Zoho wants one."""
    fields = {name: value for name, value in payload.items() if not name.startswith("$")}
    contact = payload.get("$lead", {}).get("contact", {})
    is_named = any(contact.get(name) for name in ("first_name", "last_name", "full_name"))
    if is_named and not fields.get("Last_Name"):
        first, last = name_parts(contact)
        fields |= {"First_Name": shorten(first, 40), "Last_Name": shorten(last, 80)}
    if "lead_source" in settings:
        fields.setdefault("Lead_Source", settings["lead_source"])
    if has_agreed(payload.get("$marketing")) is False:  # a yes lifts no opt-out that stands
        fields.setdefault("Email_Opt_Out", True)
    return {name: value for name, value in fields.items() if value != ""}


def _put_in(payload: Json, settings: Settings, duty: Duty) -> Putting:
    """The verdict on the record, and the fields that Zoho does not take the values of.

    A field may be left out: a wrong web address is no reason to lose a lead. A record that is
    known by its id and gone by now is put in as a new one. A last name is made up only where Zoho
    says that it is missing: a person who is there already has one.
    """
    fields, refused = _fields(payload, settings), list[str]()
    known = duty.remote_id
    for _ in range(MOST_LEFT_OUT + 3):
        reply = yield _record_request(fields, known, settings, duty)
        field = refused_field(reply)
        if missing_field(reply) == "Last_Name" and "Last_Name" not in fields:
            _, last = name_parts(payload.get("$lead", {}).get("contact", {}))
            fields["Last_Name"] = shorten(last, 80)
            continue
        if field == "id" and known:
            known = None
        elif field in fields and field != "Last_Name" and len(refused) < MOST_LEFT_OUT:
            del fields[field]
            refused.append(field)
        else:
            break
    made = verdict_of(reply, duty)
    if made.kind is not Kind.DELIVERED:
        return made, refused
    page = f"{centre_of(settings).web}/crm/EntityInfo.do?module=Leads&id={made.remote_id}"
    return replace(made, message=left_out(refused, "Zoho"), remote_url=f"https://{page}"), refused


def _record_request(
    fields: Mapping[str, Json], known: str | None, settings: Settings, duty: Duty
) -> Request:
    body: dict[str, Json] = {"data": [fields]}
    if (trigger := settings.get("triggers", "all")) != "all":
        body["trigger"] = [] if trigger == "none" else [trigger]
    if known:
        return _request("PUT", f"Leads/{quote(known, safe='')}", settings, duty, body)
    body["duplicate_check_fields"] = settings.get("duplicate_check_fields", ["Email"])
    return _request("POST", "Leads/upsert", settings, duty, body)


def _note(
    payload: Json, settings: Settings, duty: Duty, record: str, refused: list[str]
) -> Generator[Request, Reply, Outcome]:
    """Write the note, unless an earlier try has written it already."""
    note = remainder_of(payload, PLACES, duty, NOTE_LENGTH, not_taken(payload, refused))
    if duty.again:
        path = f"Leads/{quote(record, safe='')}/Notes?fields=Note_Title,Note_Content&per_page=200"
        reply = yield _request("GET", path, settings, duty)
        notes = said_objects(reply, "data")
        if any(note.stands_in(str(one.get("Note_Content"))) for one in notes):
            return Outcome(kind=Kind.DELIVERED)
        failed = judge_status(reply, duty, {404: Kind.REJECTED}, "notes cannot be read")
        if failed and failed.kind is not Kind.REJECTED:
            return verdict_of(reply, duty)
    of = {"module": {"api_name": "Leads"}, "id": record}
    title = shorten(note.title, TITLE_LENGTH)
    written = {"Note_Title": title, "Note_Content": note.text, "Parent_Id": of}
    reply = yield _request("POST", "Notes", settings, duty, {"data": [written]})
    return verdict_of(reply, duty)


def _request(method: str, path: str, settings: Settings, duty: Duty, body: Json = None) -> Request:
    base = f"{api_of(settings, duty.access)}/crm/{settings.get('api_version', 'v8')}"
    token = duty.access.token if duty.access else ""
    headers = {"Authorization": f"Zoho-oauthtoken {token}"}
    return json_request(method, f"{base}/{path}", body, headers)


def _rate_key(settings: Settings) -> str:
    return f"{settings.get('data_centre', 'com')} {settings['client_id']}"


TARGET = Target(
    label="Zoho CRM",
    summary="Puts each lead into the module Leads of Zoho CRM, without making one twice.",
    settings=SETTINGS,
    deliver=deliver,
    check=check,
    repeat="upsert",
    events=("created", "updated"),
    rate_key=_rate_key,
    fallback_wait=60.0,
    in_flight=5,
    api_version="v8",
    grant=GRANT,
    evidence="official schema",
    unverified="No account was at hand: made from Zoho's OpenAPI files and its documentation.",
)
