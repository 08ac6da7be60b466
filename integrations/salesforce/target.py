"""Salesforce: puts each lead into the object Lead of an org, by an external id where it has one.

Calls: `PATCH` and `POST /services/data/vNN.0/sobjects/Lead`, and `GET /query` before a second
`POST` (Salesforce REST API: Insert or Update a Record Using an External ID; Query).
"""

from collections.abc import Generator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from integrations.salesforce.access import GRANT, asked, instance_of
from integrations.salesforce.record import fields_of
from integrations.salesforce.settings import SETTINGS
from integrations.salesforce.verdicts import (
    hold_of,
    is_incomplete,
    refusal,
    refused_fields,
    verdict_of,
)
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
    joined_text,
    keyed_by,
    left_out,
    said_object,
)

MOST_LEFT_OUT = 5
"""How many fields that Salesforce refuses are left out before the lead itself counts as refused."""

Writing = Generator[Request, Reply, Outcome]


def deliver(payload: Json, settings: Settings, duty: Duty) -> Conversation:
    """Change the lead that it became, where that is known and still there; else put it in."""
    outcome: Outcome | None = None
    if duty.remote_id:
        outcome = yield from _change(payload, settings, duty)
    if outcome is None:
        put = _upsert if settings.get("external_id_field") else _create
        outcome = yield from put(payload, settings, duty)
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
    reply, outcome = yield from _send("PATCH", path, payload, settings, duty, new=False)
    return None if reply.status == 404 else outcome


def _upsert(payload: Json, settings: Settings, duty: Duty) -> Writing:
    """Put the record in by the external id, which is the lead's own where no mapping says else.

    By another one somebody's record may be found: it gets what the lead says alone, and what
    Salesforce wants beside it only where it says that this is missing.
    """
    name, value = settings["external_id_field"], joined_text(payload.get("$external_id") or "")
    own = value in ("", duty.lead_id)
    path = f"sobjects/Lead/{name}/{quote(value or duty.lead_id, safe='')}"
    body = {key: part for key, part in payload.items() if key != name}
    if source := settings.get("lead_source", "Web"):
        body.setdefault("LeadSource", source)
    reply, outcome = yield from _send("PATCH", path, body, settings, duty, new=own)
    if not own and is_incomplete(reply):
        _, outcome = yield from _send("PATCH", path, body, settings, duty, new=True)
    return outcome


def _create(payload: Json, settings: Settings, duty: Duty) -> Writing:
    """Make a record; a second try looks first for the one that the first try may have made."""
    if duty.again:
        question = _query(fields_of(payload, settings, duty, new=True), duty)
        reply = yield asked("GET", f"query?q={quote(question, safe='')}", settings, duty.access)
        if refused := refusal(reply, duty):
            return refused
        mark = f"Lead {duty.lead_id}," if payload.get("$lead") else ""
        if found := _found(said_object(reply).get("records"), mark):
            return Outcome(kind=Kind.DELIVERED, message="found", remote_id=found)
    _, outcome = yield from _send("POST", "sobjects/Lead", payload, settings, duty, new=True)
    return outcome


def _send(
    method: str, path: str, payload: Json, settings: Settings, duty: Duty, *, new: bool
) -> Generator[Request, Reply, tuple[Reply, Outcome]]:
    """Write the record; fields whose values Salesforce refuses are left out, and said: a country
    that is not in the org's list is no reason to lose a lead."""
    refused: list[str] = []
    while True:
        fields = fields_of(payload, settings, duty, refused=refused, new=new)
        reply = yield asked(method, path, settings, duty.access, fields, _headers(settings))
        more = refused_fields(reply, fields)
        if not more or len(refused) + len(more) > MOST_LEFT_OUT:
            break
        refused += more
    outcome = verdict_of(reply, settings, duty)
    if refused and outcome.kind is Kind.DELIVERED:
        outcome = replace(outcome, message=left_out(refused, "Salesforce"))
    return reply, outcome


def _query(fields: dict[str, Json], duty: Duty) -> str:
    """The question for leads of this name and address that came to be after this one (SOQL)."""
    since = datetime.fromtimestamp(duty.occurred_at, UTC) - timedelta(minutes=1)
    by = [name for name in ("LastName", "Company", "Email", "Phone") if fields.get(name)]
    wanted = " AND ".join(f"{name} = '{_quoted(joined_text(fields[name]))}'" for name in by)
    made = f"CreatedDate >= {since:%Y-%m-%dT%H:%M:%SZ} ORDER BY CreatedDate LIMIT 100"
    return f"SELECT Id, Description FROM Lead WHERE {wanted} AND {made}"  # noqa: S608 - SOQL, quoted


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return escaped.replace("\r", "\\r").replace("\n", "\\n")


def _found(records: Json, mark: str) -> str | None:
    """The record whose description names this lead: a person may have sent another one since."""
    for one in records if isinstance(records, list) else ():
        if isinstance(one, dict) and one.get("Id") and mark in str(one.get("Description")):
            return str(one["Id"])
    return None


def _headers(settings: Settings) -> dict[str, str]:
    allowed = settings.get("allow_duplicates", False)
    return {"Sforce-Duplicate-Rule-Header": "allowSave=true"} if allowed else {}


TARGET = Target(
    label="Salesforce",
    summary="Puts each lead into the object Lead of a Salesforce org.",
    settings=SETTINGS,
    deliver=deliver,
    check=check,
    repeat="lookup",
    events=("created", "updated"),
    rate_key=keyed_by("my_domain"),
    fallback_wait=300.0,
    in_flight=10,
    api_version="v66.0",
    grant=GRANT,
    evidence="derived schema",
    unverified="No org was at hand: made from Salesforce's documentation.",
)
