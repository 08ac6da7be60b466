"""The person that a lead at Pipedrive belongs to: found, else made.

Pipedrive has no upsert: `GET /api/v2/persons/search`, then `POST` or `PATCH /api/v2/persons`
(Pipedrive: Persons, API version 2).
"""

from collections.abc import Generator, Mapping
from urllib.parse import quote

from integrations.pipedrive.verdicts import asked, made, refusal
from relay.core.contract import (
    Duty,
    Json,
    Kind,
    Outcome,
    Reply,
    Request,
    Settings,
    has_agreed,
    name_parts,
    said_object,
    shorten,
)

Person = Mapping[str, Json]
Finding = Generator[Request, Reply, Person | Outcome | None]
Putting = Generator[Request, Reply, int | Outcome]

MARKETING = "marketing_status"

LONGEST = 255
"""Characters of a name."""


def put_person(payload: Json, settings: Settings, duty: Duty) -> Putting:
    """The id of the lead's person at Pipedrive, or the outcome of not getting one."""
    person = _person(payload, settings, duty)
    found = yield from _find(person, settings, duty)
    if isinstance(found, Outcome):
        return found
    if found:
        return (yield from complete_person(found, person, settings, duty))
    if "owner_id" in settings:
        person.setdefault("owner_id", settings["owner_id"])
    return (yield from _send("POST", "api/v2/persons", person, settings, duty))


def add_to_person(person_id: int, payload: Json, settings: Settings, duty: Duty) -> Putting:
    """Give a person that is known by its id what it lacks; there may be none any more."""
    reply = yield asked("GET", f"api/v2/persons/{person_id}", settings)
    if reply.status == 404:
        return person_id
    if refused := refusal(reply, duty):
        return refused
    found = said_object(reply).get("data")
    if not isinstance(found, dict) or found.get("id") != person_id:
        return made(reply, duty, int)
    return (yield from complete_person(found, _person(payload, settings, duty), settings, duty))


def complete_person(found: Person, person: Person, settings: Settings, duty: Duty) -> Putting:
    """Give a person what it lacks. What people keep there is never replaced: a list of addresses
    that is sent takes the place of the whole list."""
    kept = {name for name in ("emails", "phones") if found.get(name)} | {"name"}
    lacking = {name: value for name, value in person.items() if name not in kept}
    if found.get(MARKETING) == lacking.get(MARKETING):
        lacking.pop(MARKETING, None)
    if not lacking:
        return int(found["id"])
    sent = yield from _send("PATCH", f"api/v2/persons/{found['id']}", lacking, settings, duty)
    is_refused = isinstance(sent, Outcome) and sent.kind is Kind.REJECTED
    return int(found["id"]) if is_refused and lacking.keys() == {MARKETING} else sent


def _send(method: str, path: str, person: Person, settings: Settings, duty: Duty) -> Putting:
    """Write a person; where that is refused, once more without the marketing status, which cannot
    always be changed: that is no reason to lose a lead."""
    reply = yield asked(method, path, settings, person)
    sent = made(reply, duty, int)
    rest = {name: value for name, value in person.items() if name != MARKETING}
    is_refused = isinstance(sent, Outcome) and sent.kind is Kind.REJECTED
    if not (is_refused and rest and len(rest) < len(person)):
        return sent
    return made((yield asked(method, path, settings, rest)), duty, int)


def _find(person: Person, settings: Settings, duty: Duty) -> Finding:
    """The person of this e-mail address, else of this phone. Who has another e-mail address only
    shares the phone."""
    for field in ("email", "phone"):
        term = next((one["value"] for one in person.get(f"{field}s", ())), "")
        if not term:
            continue
        search = f"term={quote(term, safe='')}&fields={field}&exact_match=true&limit=10"
        reply = yield asked("GET", f"api/v2/persons/search?{search}", settings)
        if refused := refusal(reply, duty):
            return refused
        people = list(_people(reply))
        if field == "phone" and person.get("emails"):
            people = [one for one in people if not one.get("emails")]
        if people:
            return min(people, key=lambda one: int(one["id"]))
    return None


def _people(reply: Reply) -> Generator[Person]:
    data = said_object(reply).get("data")
    items = data.get("items") if isinstance(data, dict) else None
    for one in items if isinstance(items, list) else ():
        item = one.get("item") if isinstance(one, dict) else None
        if isinstance(item, dict) and isinstance(item.get("id"), int):
            yield item


def _person(payload: Json, settings: Settings, duty: Duty) -> dict[str, Json]:
    """The person as version 2 takes one; Pipedrive wants a name."""
    given = payload.get("person", {})
    person = {name: value for name, value in given.items() if value not in (None, [], {})}
    for name in ("emails", "phones"):
        if name in person:
            person[name] = list(_labelled(person[name]))
            if not person[name]:
                del person[name]
    lead = payload.get("$lead") or {}
    person["name"] = shorten(str(person.get("name") or _name(lead, person)), LONGEST)
    is_new = duty.event == "created" and duty.remote_id is None  # who left since then stays away
    if is_new and settings.get("subscribe", False) and has_agreed(payload.get("$marketing")):
        person[MARKETING] = "subscribed"
    return person


def _labelled(values: Json) -> Generator[Json]:
    for one in values:
        if isinstance(one, dict) and one.get("value"):
            yield {"value": str(one["value"]), "primary": one is values[0], "label": "work"} | one


def _name(lead: Person, person: Person) -> str:
    contact = lead.get("contact", {})
    if any(contact.get(name) for name in ("full_name", "first_name", "last_name")):
        return " ".join(part for part in name_parts(contact) if part)
    reached = [one["value"] for name in ("emails", "phones") for one in person.get(name, ())]
    return str(next(iter([*reached, contact.get("company") or "Unknown"])))
