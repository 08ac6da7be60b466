"""Dynamics 365: puts each lead into the table lead of a Dataverse environment, and a note.

Calls: `PATCH /leads(...)` and `PATCH /annotations(...)`, which make the row where it is not there
(learn.microsoft.com/power-apps/developer/data-platform/webapi/update-delete-entities-using-web-api).
"""

import re
from collections.abc import Generator, Mapping
from dataclasses import replace
from functools import partial
from urllib.parse import quote
from uuid import UUID, uuid5

from integrations.dynamics_365.access import GRANT, api_of, web_of
from integrations.dynamics_365.settings import SETTINGS
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
    judged,
    name_parts,
    put_and_note,
    remainder_of,
    said_object,
    shorten,
)

PLACES: Mapping[str, str] = {
    "/subject": "/form/subject",
    "/salutation": "/contact/salutation",
    "/firstname": "/contact/first_name",
    "/lastname": "/contact/last_name",
    "/companyname": "/contact/company",
    "/jobtitle": "/contact/job_title",
    "/emailaddress1": "/contact/email",
    "/telephone1": "/contact/phone",
    "/websiteurl": "/contact/website",
    "/address1_line1": "/contact/address/street",
    "/address1_line2": "/contact/address/street2",
    "/address1_city": "/contact/address/city",
    "/address1_stateorprovince": "/contact/address/region",
    "/address1_postalcode": "/contact/address/postal_code",
    "/address1_country": "/contact/address/country",
    "/description": "/form/message",
}
"""Which values of a lead have a column; the others go into the note."""

NOTE_LENGTH, TITLE_LENGTH = 100_000, 500

LONGEST_NAME = 50

KINDS = {403: Kind.UNAUTHORIZED, 404: Kind.REJECTED, 412: Kind.REJECTED}
"""403: the application user lacks a privilege, which a person has to give it. 412: by the rules
for duplicates the lead is there already."""

RACES = frozenset({"0x80040237", "0x80060892", "0x80060882"})
"""Codes of two writers who met at one row: the next try finds it."""

_ID = re.compile(r"\(([0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})\)")


def deliver(payload: Json, settings: Settings, duty: Duty) -> Conversation:
    """Write the row and its note. Both have ids that follow from the lead, so that a repeat writes
    the same once more."""
    is_found = bool(_key_of(payload, settings, duty) or duty.remote_id)
    is_new = duty.event == "created" and not duty.replay and not is_found
    if not is_new:  # what people wrote there stays; the note says what is new
        payload = {name: value for name, value in payload.items() if name != "description"}
    put = _put_in(payload, settings, duty, is_new=is_new)
    note = partial(_note, payload, settings, duty) if settings.get("note", True) else None
    return put_and_note(put, note, duty, "lead")


def check(settings: Settings, duty: Duty) -> Conversation:
    """Ask for one lead, to see whether the application user may read them."""
    reply = yield _request("GET", "leads?$select=leadid&$top=1", settings, duty)
    if reply.status == 200 and isinstance(said_object(reply).get("value"), list):
        return Outcome(kind=Kind.DELIVERED)
    return _verdict(reply, duty, "leadid")


def _put_in(payload: Json, settings: Settings, duty: Duty, *, is_new: bool) -> Putting:
    reply = yield _row_request(_fields(payload, settings, is_new=is_new), settings, duty)
    outcome = _verdict(reply, duty, "leadid")
    page = f"main.aspx?pagetype=entityrecord&etn=lead&id={outcome.remote_id}"
    made = replace(outcome, remote_url=f"{web_of(settings)}/{page}")
    return (made if outcome.kind is Kind.DELIVERED else outcome), None


def _fields(payload: Json, settings: Settings, *, is_new: bool) -> dict[str, Json]:
    """The columns; a last name is made where a new row has none, for people look for one. In a row
    that is there it would take the place of somebody's name."""
    fields = {name: value for name, value in payload.items() if not name.startswith("$")}
    contact = payload.get("$lead", {}).get("contact", {})
    is_named = any(contact.get(name) for name in ("first_name", "last_name", "full_name"))
    if not fields.get("lastname") and (is_new or is_named):
        first, last = name_parts(contact)
        fields |= {"firstname": shorten(first, LONGEST_NAME)} if first else {}
        fields["lastname"] = shorten(last, LONGEST_NAME)
    if "lead_source" in settings:
        fields.setdefault("leadsourcecode", settings["lead_source"])
    if (refuses := _refuses_mail(payload.get("$marketing"), is_new=is_new)) is not None:
        fields.setdefault("donotbulkemail", refuses)
    return fields


def _refuses_mail(consent: Json, *, is_new: bool) -> bool | None:
    """What was said of bulk e-mail, turned round; a yes lifts no refusal that came after it."""
    agreed = has_agreed(consent)
    return None if agreed is None or (agreed and not is_new) else not agreed


def _row_request(fields: dict[str, Json], settings: Settings, duty: Duty) -> Request:
    """The row that the lead became, the one of its alternate key, or one with the lead's own id."""
    column = settings.get("match_by")
    key = str(_uuid(duty.lead_id))
    if column and duty.remote_id and _ID.fullmatch(f"({duty.remote_id})"):
        key = duty.remote_id
    elif column and (value := _key_of(fields, settings, duty)):
        fields.pop(column, None)
        quoted = value.replace("'", "''")
        key = f"{column}='{quote(quoted, safe='')}'"
    headers = {"Prefer": "return=representation"}
    if settings.get("detect_duplicates"):
        headers["MSCRM.SuppressDuplicateDetection"] = "false"
    return _request("PATCH", f"leads({key})?$select=leadid", settings, duty, fields, headers)


def _key_of(fields: Mapping[str, Json], settings: Settings, duty: Duty) -> str:
    """The value of the alternate key; a column that nothing is sent for gets the lead's id, but not
    where it would be taken for the person's e-mail address."""
    column = settings.get("match_by", "")
    other = duty.lead_id if column and f"/{column}" not in PLACES else ""
    return str(fields.get(column) or other)


def _note(
    payload: Json, settings: Settings, duty: Duty, row: str, _put: None
) -> Generator[Request, Reply, Outcome]:
    note = remainder_of(payload, PLACES, duty, NOTE_LENGTH)
    body = {
        "subject": shorten(note.title, TITLE_LENGTH),
        "notetext": note.text,
        "objectid_lead@odata.bind": f"/leads({row})",
    }
    path = f"annotations({uuid5(UUID(row), note.mark)})?$select=annotationid"
    prefer = {"Prefer": "return=representation"}
    reply = yield _request("PATCH", path, settings, duty, body, prefer)
    return _verdict(reply, duty, "annotationid")


def _uuid(text: str) -> UUID:
    """The lead's id, which is one; a row's id has to be one."""
    try:
        return UUID(text)
    except ValueError:
        return uuid5(UUID(int=0), text)


def _verdict(reply: Reply, duty: Duty, column: str) -> Outcome:
    """The outcome for a row: a success names its id, in the body or in OData-EntityId."""
    error = said_object(reply).get("error")
    error = error if isinstance(error, dict) else {}
    code = str(error.get("code") or "").lower()
    said = " ".join(str(part) for part in (code, error.get("message")) if part)
    if code in RACES and reply.status >= 300:
        return judged(Kind.RETRY, reply, duty, said)
    if refused := judge_status(reply, duty, KINDS, said):
        return refused
    named = _ID.search(reply.headers.get("odata-entityid", "") if reply.status == 204 else "")
    made = str(said_object(reply).get(column) or (named[1] if named else ""))
    if not _ID.fullmatch(f"({made})"):
        return Outcome(kind=Kind.RETRY, message=f"answered {reply.status} without {column}")
    return Outcome(kind=Kind.DELIVERED, remote_id=made)


def _request(
    method: str,
    path: str,
    settings: Settings,
    duty: Duty,
    body: Json = None,
    headers: Mapping[str, str] | None = None,
) -> Request:
    told = {
        "Authorization": f"Bearer {duty.access.token if duty.access else ''}",
        "Accept": "application/json",
        "OData-MaxVersion": "4.0",
        "OData-Version": "4.0",
        **(headers or {}),
    }
    return json_request(method, f"{api_of(settings)}/{path}", body, told)


def _rate_key(settings: Settings) -> str:
    return f"{web_of(settings)} {settings['client_id']}"


TARGET = Target(
    label="Microsoft Dynamics 365",
    summary="Puts each lead into the leads of a Dynamics 365 Sales environment, with a note.",
    settings=SETTINGS,
    deliver=deliver,
    check=check,
    repeat="upsert",
    events=("created", "updated"),
    # 6,000 requests in 5 minutes for each user, of which a lead and its note take two
    limits=("3000/5 minute",),
    rate_key=_rate_key,
    fallback_wait=30.0,
    api_version="v9.2",
    grant=GRANT,
    evidence="derived schema",
    unverified="No environment was at hand: made from Microsoft's documentation.",
)
