"""Salesforce: puts each lead into the object Lead of an org, by an external id where it has one.

Calls: `PATCH` and `POST /services/data/vNN.0/sobjects/Lead`, and `GET /query` before a second
`POST` (Salesforce REST API: Insert or Update a Record Using an External ID; Query).
"""

import json
from collections.abc import Generator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from integrations.salesforce.access import GRANT, asked, instance_of
from integrations.salesforce.settings import SETTINGS
from integrations.salesforce.verdicts import hold_of, refusal, verdict_of
from relay.core.contract import (
    Conversation,
    Duty,
    Json,
    Kind,
    Outcome,
    Reply,
    Request,
    Settings,
    Target,
    name_parts,
    remainder_of,
    said_object,
    shorten,
)

PLACES = {
    "/Salutation": "/contact/salutation",
    "/FirstName": "/contact/first_name",
    "/LastName": "/contact/last_name",
    "/Company": "/contact/company",
    "/Title": "/contact/job_title",
    "/Email": "/contact/email",
    "/Phone": "/contact/phone",
    "/Website": "/contact/website",
    "/Street": "/contact/address/street",
    "/City": "/contact/address/city",
    "/State": "/contact/address/region",
    "/PostalCode": "/contact/address/postal_code",
    "/Country": "/contact/address/country",
    "/Description": "/form/message",
}
"""Which values of a lead have a field; the others go into the description."""

LONGEST = 32_000
"""Characters of the field Description."""

LEAST_ROOM = 8_000
"""Characters of it that are kept for the rest where the message is very long."""

Writing = Generator[Request, Reply, Outcome]


def deliver(payload: Json, settings: Settings, duty: Duty) -> Conversation:
    """Change the lead that it became, where that is known and still there; else put it in."""
    outcome: Outcome | None = None
    if duty.remote_id:
        outcome = yield from _change(payload, settings, duty)
    if outcome is None:
        fields = _new_fields(payload, settings, duty)
        if settings.get("external_id_field"):
            outcome = yield from _upsert(payload, fields, settings, duty)
        else:
            outcome = yield from _create(fields, settings, duty)
    if outcome.kind is not Kind.DELIVERED or not outcome.remote_id:
        return outcome
    url = f"{instance_of(settings, duty.access)}/{quote(outcome.remote_id, safe='')}"
    return replace(outcome, remote_url=url)


def check(settings: Settings, duty: Duty) -> Conversation:
    """Ask what the object Lead is, to see whether the app's user may see it."""
    reply = yield asked("GET", "sobjects/Lead", settings, duty.access)
    return refusal(reply, duty) or Outcome(kind=Kind.DELIVERED, hold=hold_of(reply, settings))


def _change(
    payload: Json, settings: Settings, duty: Duty
) -> Generator[Request, Reply, Outcome | None]:
    """Change the record by its own id; None where it is gone, so that it is put in anew."""
    path = f"sobjects/Lead/{quote(str(duty.remote_id), safe='')}"
    fields = _fields(payload, settings, duty)
    reply = yield asked("PATCH", path, settings, duty.access, fields, _headers(settings))
    outcome = verdict_of(reply, settings, duty)
    return None if reply.status == 404 else outcome


def _upsert(payload: Json, fields: Json, settings: Settings, duty: Duty) -> Writing:
    """Put the record in by the external id, which is the lead's own where no mapping says else."""
    name = settings["external_id_field"]
    value = quote(_text(payload.get("$external_id") or duty.lead_id), safe="")
    body = {key: part for key, part in fields.items() if key != name}
    path = f"sobjects/Lead/{name}/{value}"
    reply = yield asked("PATCH", path, settings, duty.access, body, _headers(settings))
    return verdict_of(reply, settings, duty)


def _create(fields: dict[str, Json], settings: Settings, duty: Duty) -> Writing:
    """Make a record; a second try looks first for the one that the first try may have made."""
    if duty.again:
        path = f"query?q={quote(_query(fields, duty), safe='')}"
        reply = yield asked("GET", path, settings, duty.access)
        if refused := refusal(reply, duty):
            return refused
        if found := _first(said_object(reply).get("records")):
            return Outcome(kind=Kind.DELIVERED, message="found", remote_id=found)
    reply = yield asked("POST", "sobjects/Lead", settings, duty.access, fields, _headers(settings))
    return verdict_of(reply, settings, duty)


def _query(fields: dict[str, Json], duty: Duty) -> str:
    """The question for a lead of this name and address that came to be after this one (SOQL)."""
    since = datetime.fromtimestamp(duty.occurred_at, UTC) - timedelta(minutes=1)
    by = [name for name in ("LastName", "Company", "Email", "Phone") if fields.get(name)]
    wanted = " AND ".join(f"{name} = '{_quoted(_text(fields[name]))}'" for name in by)
    made = f"CreatedDate >= {since:%Y-%m-%dT%H:%M:%SZ} ORDER BY CreatedDate LIMIT 1"
    return f"SELECT Id FROM Lead WHERE {wanted} AND {made}"  # noqa: S608 - SOQL, values quoted


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return escaped.replace("\r", "\\r").replace("\n", "\\n")


def _first(records: Json) -> str | None:
    first = records[0] if isinstance(records, list) and records else None
    found = first.get("Id") if isinstance(first, dict) else None
    return str(found) if found else None


def _new_fields(payload: Json, settings: Settings, duty: Duty) -> dict[str, Json]:
    """The fields of a new record, with what Salesforce wants where the lead has none."""
    fields = _fields(payload, settings, duty)
    contact = (payload.get("$lead") or {}).get("contact", {})
    if not fields.get("LastName"):
        first, last = name_parts(contact)
        named = any(contact.get(name) for name in ("first_name", "last_name", "full_name"))
        fields["LastName"] = shorten(last if named else settings.get("last_name") or last, 80)
        if first:
            fields["FirstName"] = shorten(first, 40)
        else:
            fields.pop("FirstName", None)
    if not fields.get("Company"):
        domain = str(fields.get("Email") or "").rpartition("@")[2]
        fields["Company"] = settings.get("company") or domain or "Unknown"
    if source := settings.get("lead_source", "Web"):
        fields.setdefault("LeadSource", source)
    return fields


def _fields(payload: Json, settings: Settings, duty: Duty) -> dict[str, Json]:
    fields = {name: _value(part) for name, part in payload.items() if not name.startswith("$")}
    if settings.get("opt_out", True) and _is_denied(payload.get("$marketing")):
        fields.setdefault("HasOptedOutOfEmail", True)
    if payload.get("$lead"):
        said = str(fields.get("Description") or "")
        room = max(LONGEST - len(said) - 2, LEAST_ROOM)
        rest = remainder_of(payload, PLACES, duty, room).text
        said = shorten(said, LONGEST - len(rest) - 2)
        fields["Description"] = f"{said}\n\n{rest}".strip()
    return fields


def _is_denied(consent: Json) -> bool:
    """Whether the person said no; a yes lifts no opt-out that stands at Salesforce."""
    said = consent if isinstance(consent, dict) else {}
    return said.get("state") == "denied" and said.get("raw") is not None


def _value(value: Json) -> Json:
    """A value as a field holds it: choices of a list end in semicolons, objects are JSON text."""
    return _text(value) if isinstance(value, dict | list) else value


def _text(value: Json) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(item, str | int | float) for item in value):
        return ";".join(_text(item) for item in value)
    return json.dumps(value, ensure_ascii=False)


def _headers(settings: Settings) -> dict[str, str]:
    allowed = settings.get("allow_duplicates", False)
    return {"Sforce-Duplicate-Rule-Header": "allowSave=true"} if allowed else {}


def _rate_key(settings: Settings) -> str:
    return str(settings["my_domain"])


TARGET = Target(
    label="Salesforce",
    summary="Puts each lead into the object Lead of a Salesforce org.",
    settings=SETTINGS,
    deliver=deliver,
    check=check,
    repeat="lookup",
    events=("created", "updated"),
    rate_key=_rate_key,
    fallback_wait=300.0,
    in_flight=10,
    api_version="v66.0",
    grant=GRANT,
    evidence="derived schema",
    unverified="No org was at hand: made from Salesforce's documentation.",
)
