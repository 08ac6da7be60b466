"""Pipedrive: puts each lead into the Leads Inbox, at its person, with a note of all it says.

Calls: `POST` and `PATCH /v1/leads`, `POST /v1/notes`, and the look-ups `GET /v1/leads` and
`GET /v1/notes` before a second try; for persons see there (Pipedrive API reference).
"""

from collections.abc import Generator
from dataclasses import replace
from html import escape
from urllib.parse import quote

from integrations.pipedrive.persons import add_to_person, put_person
from integrations.pipedrive.settings import SETTINGS
from integrations.pipedrive.verdicts import asked, hold_of, made, refusal
from relay.core.contract import (
    Conversation,
    Duty,
    Json,
    Kind,
    Note,
    Outcome,
    Remainder,
    Reply,
    Request,
    Settings,
    Target,
    keyed_by,
    remainder_of,
    said_object,
    said_objects,
    shorten,
    to_major,
)

LONGEST_TITLE = 255

LONGEST_NOTE = 90_000
"""Bytes of a note with its markup; Pipedrive takes 100 kB."""

LOOKED_AT = 100
"""Leads of a person, or notes of a lead, that a look-up asks for."""

Lead = Generator[Request, Reply, str | Outcome]


def deliver(payload: Json, settings: Settings, duty: Duty) -> Conversation:
    """Person, lead, note, one after the other; what an earlier attempt has made is not made again,
    for Pipedrive tells no repeats."""
    done: dict[str, Json] = dict(duty.noted) if isinstance(duty.noted, dict) else {}
    if "lead" not in done and duty.remote_id:
        lead = yield from _change(payload, settings, duty)
        if isinstance(lead, Outcome):
            return lead
        done = {"lead": lead} if lead else done
    if "lead" not in done and "person" not in done:
        person = yield from put_person(payload, settings, duty)
        if isinstance(person, Outcome):
            return person
        done = {"person": person}
        yield Note(done)
    if "lead" not in done:
        lead = yield from _put_in(payload, done["person"], settings, duty)
        if isinstance(lead, Outcome):
            return lead
        done = {**done, "lead": lead}
    yield Note(done)
    outcome = yield from _write_note(payload, str(done["lead"]), settings, duty)
    if outcome.kind is not Kind.DELIVERED:
        said = f"the lead is there, its note is not: {outcome.message}"
        return replace(outcome, message=said, remote_id=str(done["lead"]))
    return replace(
        outcome, remote_id=str(done["lead"]), remote_url=_link(str(done["lead"]), settings)
    )


def check(settings: Settings, duty: Duty) -> Conversation:
    """Ask who the token's user is."""
    reply = yield asked("GET", "v1/users/me", settings)
    return refusal(reply, duty) or Outcome(kind=Kind.DELIVERED, hold=hold_of(reply))


def _change(
    payload: Json, settings: Settings, duty: Duty
) -> Generator[Request, Reply, str | Outcome | None]:
    """Change the lead that was made before, and its person; its id. A lead that is gone refuses
    changes, but a delivery that is replayed makes it anew, and then there is no id."""
    path = f"v1/leads/{quote(str(duty.remote_id), safe='')}"
    reply = yield asked("GET", path, settings)
    if reply.status == 404 and duty.event == "created":
        return None
    if refused := refusal(reply, duty):
        gone = "the lead is gone, or has become a deal" if reply.status == 404 else ""
        return replace(refused, message=f"{gone}: {refused.message}") if gone else refused
    data = said_object(reply).get("data")
    person = data.get("person_id") if isinstance(data, dict) else None
    if isinstance(person, int):
        completed = yield from add_to_person(person, payload, settings, duty)
        if isinstance(completed, Outcome):
            return completed
    fields = {name: value for name, value in _lead(payload).items() if name != "title"}
    if not fields:
        return duty.remote_id
    reply = yield asked("PATCH", path, settings, fields)
    return made(reply, duty, str)


def _put_in(payload: Json, person: Json, settings: Settings, duty: Duty) -> Lead:
    """The id of the lead, which a second try looks for among those of its person."""
    if duty.again:
        path = f"v1/leads?person_id={person}&limit={LOOKED_AT}&sort=add_time%20DESC"
        reply = yield asked("GET", path, settings)
        if refused := refusal(reply, duty):
            return refused
        if found := _same(said_object(reply).get("data"), duty):
            return found
    lead = _lead(payload)
    lead["title"] = shorten(str(lead.get("title") or _rest(payload, duty).title), LONGEST_TITLE)
    for name in ("owner_id", "label_ids", "channel"):
        if name in settings:
            lead.setdefault(name, settings[name])
    body = {**lead, "person_id": person, "origin_id": duty.lead_id}
    reply = yield asked("POST", "v1/leads", settings, body)
    return made(reply, duty, str)


def _same(leads: Json, duty: Duty) -> str | None:
    """The id of the lead that an earlier try made: Pipedrive keeps ours as its origin_id."""
    for one in leads if isinstance(leads, list) else ():
        if isinstance(one, dict) and one.get("origin_id") == duty.lead_id:
            return str(one["id"]) if one.get("id") else None
    return None


def _lead(payload: Json) -> dict[str, Json]:
    """What the lead has of Pipedrive's own; a value needs its currency."""
    given = payload.get("lead", {})
    fields = {name: value for name, value in given.items() if value is not None}
    state = (payload.get("$lead") or {}).get("state", {})
    minor, currency = state.get("value_minor"), state.get("currency")
    if isinstance(minor, int) and currency and "value" not in fields:
        fields["value"] = {"amount": to_major(minor, currency), "currency": currency}
    return fields


def _write_note(
    payload: Json, lead: str, settings: Settings, duty: Duty
) -> Generator[Request, Reply, Outcome]:
    """Write the note, unless an earlier try has written it already."""
    rest = _rest(payload, duty)
    if duty.again:
        path = f"v1/notes?lead_id={quote(lead, safe='')}&limit={LOOKED_AT}&sort=add_time%20DESC"
        reply = yield asked("GET", path, settings)
        if refused := refusal(reply, duty):
            return refused
        if any(rest.stands_in(str(note)) for note in said_objects(reply, "data")):
            return Outcome(kind=Kind.DELIVERED)
    content = _markup(rest.text)
    if len(content.encode()) > LONGEST_NOTE:
        content = _markup(_rest(payload, duty, LONGEST_NOTE // len("&amp;")).text)
    reply = yield asked("POST", "v1/notes", settings, {"content": content, "lead_id": lead})
    if refused := refusal(reply, duty):
        return refused
    return Outcome(kind=Kind.DELIVERED, hold=hold_of(reply))


def _rest(payload: Json, duty: Duty, most: int = LONGEST_NOTE // 2) -> Remainder:
    """The note. It says the whole lead: of a person who was there already nothing is replaced, so
    that what this lead says of it may stand nowhere else."""
    return remainder_of(payload, {}, duty, most)


def _markup(text: str) -> str:
    """The text as HTML, in which notes are written."""
    return escape(text, quote=False).replace("\n", "<br>")


def _link(lead: str, settings: Settings) -> str | None:
    domain = settings.get("company_domain")
    return f"https://{domain}.pipedrive.com/leads/inbox/{lead}" if domain else None


TARGET = Target(
    label="Pipedrive",
    summary="Puts each lead into the Leads Inbox of Pipedrive, at its person.",
    settings=SETTINGS,
    deliver=deliver,
    check=check,
    repeat="lookup",
    events=("created", "updated"),
    limits=("2/second",),
    rate_key=keyed_by("api_token"),
    fallback_wait=10.0,
    in_flight=4,
    api_version="v1 and v2",
    evidence="official schema",
    unverified="No account was at hand: made from Pipedrive's OpenAPI files and documentation.",
)
