"""HubSpot: puts each lead into the contacts of an account, by upsert, and the rest into a note.

Calls of the CRM objects API, `/crm/objects/2026-09/contacts`: `POST /batch/upsert`, `PATCH /{id}`,
`POST` and `POST /search`, as HubSpot's own OpenAPI files describe them.
"""

import json
from collections.abc import Generator
from dataclasses import replace
from urllib.parse import quote

from integrations.hubspot.notes import LONGEST, note_of, write_note
from integrations.hubspot.requests import asked
from integrations.hubspot.settings import SETTINGS
from integrations.hubspot.verdicts import Put, found_in, of_batch, of_one, refusal
from relay.core.contract import (
    Conversation,
    Duty,
    Json,
    Kind,
    Note,
    Outcome,
    Reply,
    Request,
    Settings,
    Target,
    name_parts,
    remainder_of,
    shorten,
)

PLACES = {
    "/properties/email": "/contact/email",
    "/properties/firstname": "/contact/first_name",
    "/properties/lastname": "/contact/last_name",
    "/properties/phone": "/contact/phone",
    "/properties/company": "/contact/company",
    "/properties/jobtitle": "/contact/job_title",
    "/properties/salutation": "/contact/salutation",
    "/properties/website": "/contact/website",
    "/properties/address": "/contact/address/street",
    "/properties/city": "/contact/address/city",
    "/properties/state": "/contact/address/region",
    "/properties/zip": "/contact/address/postal_code",
    "/properties/country": "/contact/address/country",
}
"""Which values of a lead have a property that tells of the person; the others go into the note, and
so does the message, for the person's next lead will bring another one."""

MESSAGE = {"/properties/message": "/form/message"}

LEAST_ROOM = 8_000
"""Characters of the property Message that are kept for the rest where it has to hold both."""

TOLD_APART_BY = ("phone", "firstname", "lastname")
"""What a contact without an e-mail address is looked for by."""

Putting = Generator[Request, Reply, Put]


def deliver(payload: Json, settings: Settings, duty: Duty) -> Conversation:
    """Put the contact in, then its note; what an earlier attempt has made is not made again."""
    before = duty.noted if isinstance(duty.noted, dict) else {}
    if before.get("contact"):
        put = Put(Outcome(kind=Kind.DELIVERED, remote_id=before["contact"], **before["said"]))
    else:
        put = yield from _put(payload, settings, duty)
        if put.outcome.kind is not Kind.DELIVERED:
            return put.outcome
        made = put.outcome
        said = {"message": made.message, "remote_url": made.remote_url}
        yield Note({"contact": made.remote_id, "said": said})
    if settings.get("rest", "note") == "message" or not payload.get("$lead"):
        return put.outcome
    rest = note_of(payload, PLACES, duty)
    noted = yield from write_note(rest, str(put.outcome.remote_id), settings, duty)
    if noted.kind is Kind.DELIVERED:
        return replace(put.outcome, hold=noted.hold or put.outcome.hold)
    missing = f"the contact is there, its note is not: {noted.message}"
    return replace(noted, message=missing, remote_id=put.outcome.remote_id)


def check(settings: Settings, duty: Duty) -> Conversation:
    """Upsert no contact at all, to see whether the key may: HubSpot refuses the empty list (400)
    after it has looked at the key."""
    reply = yield asked("POST", "contacts/batch/upsert", settings, {"inputs": []})
    if reply.status == 400:
        return Outcome(kind=Kind.DELIVERED)
    return refusal(reply, duty) or Outcome(kind=Kind.DELIVERED)


def _put(payload: Json, settings: Settings, duty: Duty) -> Putting:
    """The contact as it is now at HubSpot: changed by its id where that is known and still there,
    else found by the e-mail address, else made."""
    properties = _properties(payload, settings, duty)
    if duty.remote_id:
        path = f"contacts/{quote(duty.remote_id, safe='')}"
        reply = yield asked("PATCH", path, settings, {"properties": properties})
        if reply.status != 404:
            return of_one(reply, duty)
    email = properties.pop("email", None)
    if not email:
        return (yield from _make(properties, settings, duty))
    one = {"id": email, "idProperty": "email", "objectWriteTraceId": duty.id}
    inputs = [{**one, "properties": properties}]
    reply = yield asked("POST", "contacts/batch/upsert", settings, {"inputs": inputs})
    put = of_batch(reply, duty)
    wished = properties.get("lifecyclestage")
    if put.outcome.kind is Kind.DELIVERED and wished:
        return (yield from _stage(put, wished, settings, duty))
    return put


def _make(properties: dict[str, str], settings: Settings, duty: Duty) -> Putting:
    """A contact without an e-mail address, by which HubSpot would tell it: a second try looks for
    what the first one may have made."""
    by = {name: properties[name] for name in TOLD_APART_BY if properties.get(name)}
    if duty.again and by:
        since = {"propertyName": "createdate", "operator": "GTE", "value": _milliseconds(duty)}
        filters = [{"propertyName": name, "operator": "EQ", "value": by[name]} for name in by]
        search = {"filterGroups": [{"filters": [*filters, since]}], "limit": 1}
        reply = yield asked("POST", "contacts/search", settings, search)
        if refused := refusal(reply, duty):
            return Put(refused)
        if found := found_in(reply):
            return found
    body = {"properties": properties, "associations": []}
    reply = yield asked("POST", "contacts", settings, body)
    return of_one(reply, duty)


def _milliseconds(duty: Duty) -> str:
    """A minute before the lead's own time, for clocks differ."""
    return str(int((duty.occurred_at - 60) * 1000))


def _stage(put: Put, wished: str, settings: Settings, duty: Duty) -> Putting:
    """See to the lifecycle stage, which HubSpot only moves forward; it goes back by way of none."""
    stage = put.properties.get("lifecyclestage")
    if not stage or stage == wished:
        return put
    if not settings.get("stage_backwards", False):
        said = f"HubSpot keeps the lifecycle stage {stage}"
        return replace(put, outcome=replace(put.outcome, message=said))
    path = f"contacts/{put.outcome.remote_id}"
    for value in ("", wished):
        change = {"properties": {"lifecyclestage": value}}
        reply = yield asked("PATCH", path, settings, change)
        if refused := refusal(reply, duty):
            return Put(refused)
    return put


def _properties(payload: Json, settings: Settings, duty: Duty) -> dict[str, str]:
    """The properties, all of them texts as HubSpot wants them."""
    given = payload.get("properties", {})
    properties = {name: _text(value) for name, value in given.items() if value is not None}
    contact = (payload.get("$lead") or {}).get("contact", {})
    if contact.get("full_name") and not properties.keys() & {"firstname", "lastname"}:
        first, last = name_parts(contact)
        properties |= {"firstname": first, "lastname": last} if first else {"lastname": last}
    if duty.event == "created":
        for setting, name in (("stage", "lifecyclestage"), ("lead_status", "hs_lead_status")):
            if settings.get(setting):
                properties.setdefault(name, settings[setting])
    if settings.get("rest", "note") == "message" and payload.get("$lead"):
        said = properties.get("message", "")
        room = max(LONGEST - len(said) - 2, LEAST_ROOM)
        rest = remainder_of(payload, PLACES | MESSAGE, duty, room).text
        properties["message"] = f"{shorten(said, LONGEST - len(rest) - 2)}\n\n{rest}".strip()
    return properties


def _text(value: Json) -> str:
    """A value as HubSpot writes it: choices of a list end in semicolons."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(item, str | int | float) for item in value):
        return ";".join(_text(item) for item in value)
    return json.dumps(value, ensure_ascii=False)


def _rate_key(settings: Settings) -> str:
    return str(settings["token"])


TARGET = Target(
    label="HubSpot",
    summary="Puts each lead into the contacts of HubSpot, without making one twice.",
    settings=SETTINGS,
    deliver=deliver,
    check=check,
    repeat="upsert",
    events=("created", "updated"),
    limits=("100/10 seconds", "250000/day"),
    rate_key=_rate_key,
    fallback_wait=10.0,
    api_version="2026-09",
    api_version_ends="2028-03-08",
    evidence="official schema",
    unverified="No account was at hand: made from HubSpot's OpenAPI files and its documentation.",
)
