"""Close: looks for the person, then makes a lead or adds to the one that is there, and a note.

Calls: `POST /data/search/`, `/lead/`, `/contact/` and `/activity/note/`, as Close's API reference
describes them.
"""

from collections.abc import Generator, Mapping
from functools import partial
from urllib.parse import quote

from integrations.close.asking import ask
from integrations.close.finding import Found, contact_of, find
from integrations.close.settings import SETTINGS
from integrations.close.verdicts import refused_places, verdict_of
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
    judge_status,
    keyed_by,
    left_out,
    name_parts,
    put_and_note,
    remainder_of,
    said_objects,
)

PLACES: Mapping[str, str] = {
    "/name": "/contact/company",
    "/url": "/contact/website",
    "/address/address_1": "/contact/address/street",
    "/address/address_2": "/contact/address/street2",
    "/address/city": "/contact/address/city",
    "/address/state": "/contact/address/region",
    "/address/zipcode": "/contact/address/postal_code",
    "/address/country": "/contact/address/country",
    "/contact/name": "/contact/full_name",
    "/contact/title": "/contact/job_title",
    "/contact/email": "/contact/email",
    "/contact/phone": "/contact/phone",
}
"""Which values have a field at a new lead; the others go into the note."""

ADDED = {place: PLACES[place] for place in ("/contact/email", "/contact/phone")}
"""And which ones are brought to a lead that is there in any case."""

NOTE_LENGTH = 30_000

MOST_LEFT_OUT = 5


def deliver(payload: Json, settings: Settings, duty: Duty) -> Conversation:
    """Find or make the lead, then write its note."""
    payload = _named(payload)
    note = partial(_note, payload, settings, duty) if settings.get("note", True) else None
    return put_and_note(_put_in(payload, settings, duty), note, duty, "lead")


def check(settings: Settings, duty: Duty) -> Conversation:
    """Ask whose key it is."""
    reply = yield ask("GET", "/me/", settings)
    return verdict_of(reply, duty)


def _named(payload: Json) -> Json:
    """The payload with names for the contact and the lead, which want one each."""
    contact = dict(payload.get("contact", {}))
    said = payload.get("$lead", {}).get("contact", {})
    if not contact.get("name") and (said.get("first_name") or said.get("last_name")):
        contact["name"] = " ".join(name for name in name_parts(said) if name)
    name = payload.get("name") or contact.get("name") or "Unknown"
    return {**payload, "contact": contact, "name": name}


def _put_in(payload: Json, settings: Settings, duty: Duty) -> Putting:
    """The verdict on the lead, whether it is a new one, and what is not taken of it."""
    found = yield from find(payload.get("contact", {}), duty.remote_id, settings, duty)
    if isinstance(found, Outcome):
        return found, None
    made, refused = yield from _written(payload, found, settings, duty)
    if made.kind is not Kind.DELIVERED:
        return made, None
    lead = str(found["id"]) if found else str(made.remote_id)
    outcome = Outcome(
        kind=Kind.DELIVERED,
        message=left_out(refused, "Close"),
        remote_id=lead,
        remote_url=f"https://app.close.com/lead/{lead}/",
    )
    return outcome, {"new": found is None, "refused": refused}


def _written(
    payload: Json, found: Found | None, settings: Settings, duty: Duty
) -> Generator[Request, Reply, tuple[Outcome, list[str]]]:
    """The verdict on the new lead or on the contact of the one that was found, and the places of
    values that are not taken: a wrong address is no reason to lose a lead."""
    refused: list[str] = []
    verdict = Outcome(kind=Kind.DELIVERED)
    for _ in range(MOST_LEFT_OUT + 1):
        request = _request(_without(payload, refused), found, settings, duty)
        if request is None:
            break
        reply = yield request
        verdict = verdict_of(reply, duty)
        more = [place for place in refused_places(reply) if place not in refused]
        if not more or len(refused) >= MOST_LEFT_OUT:
            break
        refused += more
    own = {name: value for name, value in payload.items() if name.startswith("custom.")}
    own = {name: value for name, value in own.items() if f"/{name}" not in refused}
    if found and own and verdict.kind is Kind.DELIVERED:
        reply = yield ask("PUT", f"/lead/{quote(str(found['id']), safe='')}/", settings, own)
        verdict = verdict_of(reply, duty)
    return verdict, refused


def _without(payload: Json, refused: list[str]) -> Json:
    contact = {
        name: value
        for name, value in payload["contact"].items()
        if f"/contact/{name}" not in refused
    }
    rest = {name: value for name, value in payload.items() if f"/{name}" not in refused}
    return {**rest, "contact": contact}


def _request(payload: Json, found: Found | None, settings: Settings, duty: Duty) -> Request | None:
    """What is to be written: a lead; or, of a lead that is there, what its contact lacks. What
    people wrote there stays: names, address and status are not touched."""
    if found is None:
        return ask("POST", "/lead/", settings, _lead(payload, settings))
    there = contact_of(found, payload["contact"], alone=duty.remote_id is not None)
    contact = _contact(payload["contact"], there or {})
    if there is None:
        return ask("POST", "/contact/", settings, {"lead_id": found["id"], **contact})
    path = f"/contact/{quote(str(there.get('id')), safe='')}/"
    return ask("PUT", path, settings, contact) if contact else None


def _lead(payload: Json, settings: Settings) -> Json:
    lead = {
        name: value
        for name, value in payload.items()
        if not name.startswith("$") and name not in ("contact", "address")
    }
    if "status_id" in settings:
        lead.setdefault("status_id", settings["status_id"])
    if address := payload.get("address"):
        lead["addresses"] = [{"label": "business", **address}]
    if contact := _contact(payload["contact"], {}):
        lead["contacts"] = [contact]
    return lead


def _contact(contact: Mapping[str, Json], there: Found) -> dict[str, Json]:
    """What the contact lacks; addresses that it has already stay beside the new one."""
    lists = {"email": "emails", "phone": "phones"}
    told = {
        name: value for name, value in contact.items() if name not in lists and not there.get(name)
    }
    for name, member in lists.items():
        before = [one for one in there.get(member) or () if isinstance(one, dict)]
        value = contact.get(name)
        if value and not any(str(one.get(name)).lower() == str(value).lower() for one in before):
            told[member] = [*before, {"type": "office", name: value}]
    return told


def _note(
    payload: Json, settings: Settings, duty: Duty, lead: str, put: Mapping[str, Json]
) -> Generator[Request, Reply, Outcome]:
    """Write the note, unless an earlier try has written it already."""
    places = PLACES if put["new"] else ADDED
    note = remainder_of(_without(payload, put["refused"]), places, duty, NOTE_LENGTH)
    if duty.again:
        path = f"/activity/note/?lead_id={quote(lead, safe='')}&_limit=100&_fields=id,note"
        reply = yield ask("GET", path, settings)
        if any(note.stands_in(str(one.get("note"))) for one in said_objects(reply, "data")):
            return Outcome(kind=Kind.DELIVERED)
        if judge_status(reply, duty):
            return verdict_of(reply, duty)
    body = {"lead_id": lead, "note": f"{note.title}\n\n{note.text}"}
    reply = yield ask("POST", "/activity/note/", settings, body)
    return verdict_of(reply, duty)


TARGET = Target(
    label="Close",
    summary="Puts each lead into Close: a new lead, or a contact and a note at the one there.",
    settings=SETTINGS,
    deliver=deliver,
    check=check,
    repeat="lookup",
    events=("created", "updated"),
    rate_key=keyed_by("api_key"),
    fallback_wait=15.0,
    in_flight=4,
    evidence="official schema",
    unverified="No account was at hand: made from Close's API reference.",
)
