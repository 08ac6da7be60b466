"""HubSpot: puts each lead into the contacts of an account, by upsert, and the rest into a note.

Calls of the CRM objects API, `/crm/objects/2026-09/contacts`: `POST /batch/upsert`, `PATCH /{id}`,
`POST` and `POST /search`, as HubSpot's own OpenAPI files describe them.
"""

from collections.abc import Collection, Generator
from dataclasses import replace
from functools import partial
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
    Outcome,
    Putting,
    Reply,
    Request,
    Settings,
    Target,
    joined_text,
    keyed_by,
    left_out,
    name_parts,
    put_and_note,
    with_remainder,
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

TOLD_APART_BY = ("phone", "firstname", "lastname")
"""What a contact without an e-mail address is looked for by."""

IDENTITY = ("email", *TOLD_APART_BY)
"""What says who a contact is."""

MOST_LEFT_OUT = 5
"""How many properties that HubSpot refuses are left out before the lead counts as refused."""

PuttingOnce = Generator[Request, Reply, Put]


def deliver(payload: Json, settings: Settings, duty: Duty) -> Conversation:
    """Put the contact in, then its note, unless the rest stands in its message."""
    wanted = settings.get("rest", "note") != "message" and payload.get("$lead")
    note = partial(_note, payload, settings, duty) if wanted else None
    return put_and_note(_put(payload, settings, duty), note, duty)


def check(settings: Settings, duty: Duty) -> Conversation:
    """Upsert no contact at all, to see whether the key may: HubSpot refuses the empty list (400)
    after it has looked at the key."""
    reply = yield asked("POST", "contacts/batch/upsert", settings, {"inputs": []})
    if reply.status == 400:
        return Outcome(kind=Kind.DELIVERED)
    return refusal(reply, duty) or Outcome(kind=Kind.DELIVERED)


def _put(payload: Json, settings: Settings, duty: Duty) -> Putting:
    """What became of the contact, and the properties that it is without: a value that HubSpot does
    not take is no reason to lose a lead, as long as something says who it is."""
    refused: list[str] = []
    while True:
        properties = _properties(_without(payload, refused), settings, duty)
        properties = {name: text for name, text in properties.items() if name not in refused}
        put = yield from _put_once(properties, settings, duty)
        more = [name for name in put.refused if name in properties]
        known = any(properties.get(name) for name in IDENTITY if name not in more)
        if not (more and known) or len(refused) + len(more) > MOST_LEFT_OUT:
            break
        refused += more
    if not refused or put.outcome.kind is not Kind.DELIVERED:
        return put.outcome, refused
    words = "; ".join(filter(None, (put.outcome.message, left_out(refused, "HubSpot"))))
    return replace(put.outcome, message=words), refused


def _put_once(properties: dict[str, str], settings: Settings, duty: Duty) -> PuttingOnce:
    """The contact as it is now at HubSpot: changed by its id where that is known and still there,
    else found by the e-mail address, else made. The address may be another contact's (409)."""
    if duty.remote_id:
        path = f"contacts/{quote(duty.remote_id, safe='')}"
        reply = yield asked("PATCH", path, settings, {"properties": properties})
        if reply.status != 404 and not (reply.status == 409 and properties.get("email")):
            return of_one(reply, duty)
    email = properties.get("email")
    properties = {name: text for name, text in properties.items() if name != "email"}
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


def _make(properties: dict[str, str], settings: Settings, duty: Duty) -> PuttingOnce:
    """A contact without an e-mail address, by which HubSpot would tell it: a second try looks for
    what the first one may have made, and writes it again, as it may be the person's other lead."""
    by = {name: properties[name] for name in TOLD_APART_BY if properties.get(name)}
    if duty.again and by:
        since = {"propertyName": "createdate", "operator": "GTE", "value": _milliseconds(duty)}
        filters = [{"propertyName": name, "operator": "EQ", "value": by[name]} for name in by]
        search = {"filterGroups": [{"filters": [*filters, since]}], "limit": 1}
        reply = yield asked("POST", "contacts/search", settings, search)
        if refused := refusal(reply, duty):
            return Put(refused)
        if found := found_in(reply):
            path = f"contacts/{quote(found, safe='')}"
            reply = yield asked("PATCH", path, settings, {"properties": properties})
            return of_one(reply, duty)
    body = {"properties": properties, "associations": []}
    reply = yield asked("POST", "contacts", settings, body)
    return of_one(reply, duty)


def _note(
    payload: Json, settings: Settings, duty: Duty, contact: str, refused: list[str]
) -> Generator[Request, Reply, Outcome]:
    rest = note_of(_without(payload, refused), PLACES, duty)
    return (yield from write_note(rest, contact, settings, duty))


def _without(payload: Json, refused: Collection[str]) -> Json:
    given = payload.get("properties", {})
    kept = {name: value for name, value in given.items() if name not in refused}
    return {**payload, "properties": kept}


def _milliseconds(duty: Duty) -> str:
    """A minute before the lead's own time, for clocks differ."""
    return str(int((duty.occurred_at - 60) * 1000))


def _stage(put: Put, wished: str, settings: Settings, duty: Duty) -> PuttingOnce:
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
    properties = {name: joined_text(value) for name, value in given.items() if value is not None}
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
        properties["message"] = with_remainder(said, payload, PLACES | MESSAGE, duty, LONGEST)
    return properties


TARGET = Target(
    label="HubSpot",
    summary="Puts each lead into the contacts of HubSpot, without making one twice.",
    settings=SETTINGS,
    deliver=deliver,
    check=check,
    repeat="upsert",
    events=("created", "updated"),
    limits=("100/10 seconds", "250000/day"),
    rate_key=keyed_by("token"),
    fallback_wait=10.0,
    api_version="2026-09",
    api_version_ends="2028-03-08",
    evidence="official schema",
    unverified="No account was at hand: made from HubSpot's OpenAPI files and its documentation.",
)
