"""Salesforce Web-to-Lead: posts each lead as the form that Salesforce makes for web pages.

Call: `POST /servlet/servlet.WebToLead`, which needs no API and confirms nothing (Salesforce Help:
Set Up Web-to-Lead; How can I be sure that no leads are lost).
"""

from collections.abc import Mapping

from relay.core.contract import (
    END,
    Conversation,
    Duty,
    Json,
    Kind,
    Outcome,
    Reply,
    Request,
    Settings,
    Target,
    form_request,
    has_agreed,
    joined_text,
    judge_status,
    judged,
    name_parts,
    shorten,
    with_remainder,
)

HOST = "webto.salesforce.com"

PLACES: Mapping[str, str] = {
    "/salutation": "/contact/salutation",
    "/first_name": "/contact/first_name",
    "/last_name": "/contact/last_name",
    "/company": "/contact/company",
    "/title": "/contact/job_title",
    "/email": "/contact/email",
    "/phone": "/contact/phone",
    "/URL": "/contact/website",
    "/street": "/contact/address/street",
    "/city": "/contact/address/city",
    "/state": "/contact/address/region",
    "/zip": "/contact/address/postal_code",
    "/country": "/contact/address/country",
    "/description": "/form/message",
}
"""Which values of a lead have a field; the others go into the description."""

LONGEST = 32_000
"""Characters of the description."""

NOT_CONFIRMED = "Salesforce answers the same whether it takes a web lead or not"

_LABEL = "[a-z0-9]([a-z0-9-]*[a-z0-9])?"

SETTINGS: Json = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["oid"],
    "additionalProperties": False,
    "properties": {
        "oid": {
            "type": "string",
            "title": "Organization ID",
            "description": "The value of oid in the form that Salesforce makes, such as"
            " 00D5g000004abcd.",
            "pattern": f"^00D[A-Za-z0-9]{{12}}([A-Za-z0-9]{{3}})?{END}",
        },
        "my_domain": {
            "type": "string",
            "title": "My Domain",
            "description": "Only where your form's address has it, as in a sandbox:"
            " acme--test.sandbox.my.salesforce.com.",
            "pattern": f"^{_LABEL}(\\.{_LABEL})?\\.my\\.salesforce\\.com{END}",
        },
        "lead_source": {
            "type": "string",
            "title": "Lead source",
            "description": "One of the values of the field Lead Source, for every lead.",
            "maxLength": 255,
            "default": "Web",
        },
        "campaign_id": {
            "type": "string",
            "title": "Campaign ID",
            "description": "A campaign of Salesforce's that every lead becomes a member of.",
            "pattern": f"^701[A-Za-z0-9]{{12}}([A-Za-z0-9]{{3}})?{END}",
        },
        "debug_email": {
            "type": "string",
            "title": "Send a debug mail to",
            "description": "Salesforce writes to this address what became of each lead. For"
            " trying out.",
            "format": "email",
            "maxLength": 254,
        },
    },
}


def deliver(payload: Json, settings: Settings, duty: Duty) -> Conversation:
    """Post the form; what Salesforce answers says little more than that it is there."""
    reply = yield _request(settings, _fields(payload, settings, duty))
    if refused := judge_status(reply, duty):
        return refused
    if said := _exception(reply):
        return judged(Kind.REJECTED, reply, duty, said)
    return Outcome(kind=Kind.DELIVERED, message=NOT_CONFIRMED)


def check(settings: Settings, duty: Duty) -> Conversation:
    """Post a form without an organization, of which nothing can become: Web-to-Lead is there."""
    reply = yield form_request("POST", f"https://{_host(settings)}{_PATH}", {"encoding": "UTF-8"})
    return judge_status(reply, duty) or Outcome(kind=Kind.DELIVERED, message=NOT_CONFIRMED)


def _exception(reply: Reply) -> str:
    """What the header Is-Processed tells of a lead that was not taken. Salesforce documents it
    nowhere; others saw `Exception:` with the name of one there."""
    said = reply.headers.get("is-processed", "")
    return f"Is-Processed: {said}" if "exception" in said.lower() else ""


def _fields(payload: Json, settings: Settings, duty: Duty) -> dict[str, str]:
    fields = {"oid": str(settings["oid"])}
    fields |= {name: _text(part) for name, part in payload.items() if not name.startswith("$")}
    if not fields.get("last_name"):
        first, last = name_parts((payload.get("$lead") or {}).get("contact", {}))
        fields |= {"first_name": shorten(first, 40), "last_name": shorten(last, 80)}
    if not fields.get("company"):
        fields["company"] = fields.get("email", "").rpartition("@")[2] or "Unknown"
    if payload.get("$lead"):
        said = fields.get("description", "")
        fields["description"] = with_remainder(said, payload, PLACES, duty, LONGEST)
    if has_agreed(payload.get("$marketing")) is False:
        fields.setdefault("emailOptOut", "1")
    fields.setdefault("lead_source", str(settings.get("lead_source", "Web")))
    if campaign := settings.get("campaign_id"):
        fields.setdefault("Campaign_ID", str(campaign))
    if address := settings.get("debug_email"):
        fields |= {"debug": "1", "debugEmail": str(address)}
    return {name: value for name, value in fields.items() if value}


def _text(value: Json) -> str:
    """A value as a form sends it: a tick is 1."""
    if value is None or isinstance(value, bool):
        return "1" if value else ""
    return joined_text(value)


_PATH = "/servlet/servlet.WebToLead?encoding=UTF-8"


def _request(settings: Settings, fields: Mapping[str, str]) -> Request:
    url = f"https://{_host(settings)}{_PATH}&orgId={settings['oid']}"
    return form_request("POST", url, fields)


def _host(settings: Settings) -> str:
    return str(settings.get("my_domain") or HOST)


def _rate_key(settings: Settings) -> str:
    """An organization's id is written with 15 or with 18 characters."""
    return str(settings["oid"])[:15]


TARGET = Target(
    label="Salesforce Web-to-Lead",
    summary="Posts each lead as a web form to a Salesforce org without an API.",
    settings=SETTINGS,
    deliver=deliver,
    check=check,
    repeat="may double",
    limits=("500/day",),
    rate_key=_rate_key,
    fallback_wait=300.0,
    in_flight=4,
    evidence="derived schema",
    unverified="No org was at hand: made from Salesforce's help pages.",
)
