"""Looking for a person at Close, which has no upsert and tells no repeats."""

from collections.abc import Generator, Mapping
from urllib.parse import quote

from integrations.close.asking import ask
from integrations.close.verdicts import verdict_of
from relay.core.contract import Duty, Json, Kind, Outcome, Reply, Request, Settings, said_object

Found = Mapping[str, Json]

FIELDS = "id,name,contacts"

MOST = 5


def find(
    contact: Mapping[str, Json], known: str | None, settings: Settings, duty: Duty
) -> Generator[Request, Reply, Found | Outcome | None]:
    """The lead of this person: by its id where that is known, else by e-mail, else by phone; an
    Outcome where Close could not say."""
    if known:
        reply = yield ask("GET", f"/lead/{quote(known, safe='')}/?_fields={FIELDS}", settings)
        if reply.status == 200 and said_object(reply).get("id"):
            return said_object(reply)
        if reply.status != 404:
            return _unsaid(reply, duty)
    for field, value in (("email", contact.get("email")), ("phone", contact.get("phone"))):
        if value:
            reply = yield ask("POST", "/data/search/", settings, _query(field, str(value)))
            listed = said_object(reply).get("data")
            if reply.status != 200 or not isinstance(listed, list):
                return _unsaid(reply, duty)
            if leads := [one for one in listed if isinstance(one, dict) and one.get("id")]:
                return leads[0]
    return None


def contact_of(lead: Found, contact: Mapping[str, Json], *, alone: bool) -> Found | None:
    """The contact of a lead that is this person: who has the e-mail; or the phone, which colleagues
    may share, where no two e-mails tell them apart; where `alone`, also the lead's only one."""
    contacts = [one for one in lead.get("contacts") or () if isinstance(one, dict)]
    email, phone = contact.get("email"), contact.get("phone")
    for one in contacts:
        if _has(one, "email", email):
            return one
    for one in contacts:
        if _has(one, "phone", phone) and not (email and one.get("emails")):
            return one
    return contacts[0] if alone and len(contacts) == 1 else None


def _unsaid(reply: Reply, duty: Duty) -> Outcome:
    verdict = verdict_of(reply, duty)
    if verdict.kind is not Kind.DELIVERED:
        return verdict
    return Outcome(kind=Kind.RETRY, message=f"answered {reply.status} without a list of leads")


def _has(contact: Found, name: str, wanted: Json) -> bool:
    said = [one.get(name) for one in contact.get(f"{name}s") or () if isinstance(one, dict)]
    return bool(wanted) and str(wanted).lower() in {str(one).lower() for one in said}


def _query(field: str, value: str) -> Json:
    """Leads with a contact that has this address (developer.close.com/api/resources/
    advanced-filtering); e-mails are kept in small letters."""
    kind = f"contact_{field}"
    said = value.lower() if field == "email" else value
    condition = {
        "type": "field_condition",
        "field": {"type": "regular_field", "object_type": kind, "field_name": field},
        "condition": {"type": "text", "mode": "exact_value", "value": said},
    }
    of_contact = _related("contact", kind, condition)
    queries = [
        {"type": "object_type", "object_type": "lead"},
        _related("lead", "contact", of_contact),
    ]
    return {
        "query": {"type": "and", "queries": queries},
        "_fields": {"lead": FIELDS.split(",")},
        "_limit": MOST,
    }


def _related(this: str, related: str, query: Json) -> Json:
    return {
        "type": "has_related",
        "this_object_type": this,
        "related_object_type": related,
        "related_query": query,
    }
