"""HubSpot forms: submits each lead to a form of HubSpot's, so that its own attribution is kept.

Calls: `POST /submissions/v3/integration/submit/{portalId}/{formGuid}` of api.hsforms.com, and
`/secure/submit/` with a key (HubSpot: Submit data to a form, legacydocs, v3).
"""

import re
from collections.abc import Collection, Iterator, Mapping

from integrations.hubspot_forms.settings import SETTINGS
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
    has_agreed,
    joined_text,
    json_request,
    judge_status,
    judged,
    left_out,
    said_object,
    said_objects,
    with_remainder,
)

HOST = "https://api.hsforms.com"

PLACES: Mapping[str, str] = {
    "/fields/email": "/contact/email",
    "/fields/firstname": "/contact/first_name",
    "/fields/lastname": "/contact/last_name",
    "/fields/phone": "/contact/phone",
    "/fields/company": "/contact/company",
    "/fields/jobtitle": "/contact/job_title",
    "/fields/website": "/contact/website",
    "/fields/address": "/contact/address/street",
    "/fields/city": "/contact/address/city",
    "/fields/state": "/contact/address/region",
    "/fields/zip": "/contact/address/postal_code",
    "/fields/country": "/contact/address/country",
    "/fields/message": "/form/message",
    "/context/hutk": "/attribution/browser_ids/hubspot_utk",
    "/context/pageUri": "/attribution/page_url",
    "/context/pageName": "/attribution/page_title",
    "/context/ipAddress": "/device/ip",
}
"""Which values of a lead have a place of their own; the others go into the field for the rest."""

LONGEST = 65_536
"""Characters of a field."""

CONTEXT = {"INVALID_HUTK": "hutk", "INVALID_IP_ADDRESS": "ipAddress", "INVALID_PAGE_URI": "pageUri"}
"""Refusals of what tells of the visit, and what is left out then: a lead is worth more."""

OF_A_FIELD = frozenset(
    {
        "FIELD_NOT_IN_FORM_DEFINITION",
        "VALUE_NOT_IN_FIELD_DEFINITION",
        "INVALID_NUMBER",
        "NUMBER_OUT_OF_RANGE",
    }
)
"""Refusals of one field, without which the form may be submitted."""

MOST_SUBMISSIONS = 3
"""How often one lead is submitted, each time without what was refused before."""

KINDS = {
    403: Kind.UNAUTHORIZED,
    404: Kind.GONE,
}
"""403 is an account that may not post, or a key without the scope; 404 a form that is none."""


def deliver(payload: Json, settings: Settings, duty: Duty) -> Conversation:
    """Submit the form, and again without what HubSpot does not take of the visit or as a field: a
    refused submission is none, so nothing is there twice."""
    dropped: list[str] = []
    for _ in range(MOST_SUBMISSIONS):
        body = _submission(_without(payload, dropped), settings, duty, dropped)
        if not body["fields"]:
            return Outcome(kind=Kind.REJECTED, message="the lead has none of the form's fields")
        reply = yield _request(settings, body)
        sent = {one["name"] for one in body["fields"]} | body.get("context", {}).keys()
        more = [name for name in _wrong(reply) if name in sent]
        if not more:
            break
        dropped += dict.fromkeys(more)
    if refused := judge_status(reply, duty, KINDS, _said(reply)):
        return refused
    if said_object(reply).get("status") == "error":
        return judged(Kind.REJECTED, reply, duty, _said(reply))
    return Outcome(kind=Kind.DELIVERED, message=left_out(dropped, "HubSpot"))


def check(settings: Settings, duty: Duty) -> Conversation:
    """Submit nothing at all, to see whether the form and the key are known: HubSpot refuses an
    empty submission (400) after it has looked at both."""
    reply = yield _request(settings, {"fields": []})
    if reply.status == 400:
        return Outcome(kind=Kind.DELIVERED)
    return judge_status(reply, duty, KINDS, _said(reply)) or Outcome(kind=Kind.DELIVERED)


def _without(payload: Json, dropped: Collection[str]) -> Json:
    parts = {
        part: {name: value for name, value in payload[part].items() if name not in dropped}
        for part in ("fields", "context")
        if part in payload
    }
    return {**payload, **parts}


def _submission(
    payload: Json, settings: Settings, duty: Duty, dropped: Collection[str]
) -> dict[str, Json]:
    fields = [one for one in _fields(payload, settings, duty) if one["name"] not in dropped]
    body: dict[str, Json] = {"submittedAt": int(duty.occurred_at * 1000), "fields": fields}
    if context := payload.get("context"):
        body["context"] = {name: str(value) for name, value in context.items()}
    if consent := _consent(payload.get("$consent") or {}, settings):
        body["legalConsentOptions"] = {"consent": consent}
    return body


def _fields(payload: Json, settings: Settings, duty: Duty) -> Iterator[Json]:
    """The form's fields; what the form has no field for goes into the one for the rest."""
    known, rest = settings.get("fields"), settings.get("rest_field", "message")
    sent = payload.get("fields", {})
    if known:
        sent = {name: value for name, value in sent.items() if name in known}
    given = {name: joined_text(value) for name, value in sent.items() if value is not None}
    if rest and payload.get("$lead") and (not known or rest in known):
        shown = {**payload, "fields": sent}
        given[rest] = with_remainder(given.get(rest, ""), shown, PLACES, duty, LONGEST)
    for name, value in given.items():
        if value:
            yield {"objectTypeId": "0-1", "name": name, "value": value}


def _consent(said: Mapping[str, Json], settings: Settings) -> Json:
    """What the person said, and nothing that was not said; None where that is nothing."""
    processing, marketing = has_agreed(said.get("privacy")), has_agreed(said.get("marketing"))
    subscription = settings.get("subscription_type_id")
    if subscription is None:
        marketing = None
    if processing is None and marketing is None:
        return None
    text = settings.get("processing_text")
    consent = {
        "consentToProcess": bool(processing),
        "text": _shown(said.get("privacy"), text),
    }
    if marketing is not None:
        shown = _shown(said.get("marketing"), settings.get("marketing_text"))
        told = {"value": marketing, "subscriptionTypeId": subscription, "text": shown}
        consent["communications"] = [told]
    return consent


def _shown(consent: Json, fallback: str | None) -> str:
    """The words that the person agreed to, else those of the settings, else the answer."""
    given = consent if isinstance(consent, dict) else {}
    return str(given.get("text") or fallback or f"Answer: {given.get('raw', 'none')}")


def _request(settings: Settings, body: Json) -> Request:
    token, path = settings.get("token"), f"{settings['portal_id']}/{settings['form_id']}"
    if token:
        url = f"{HOST}/submissions/v3/integration/secure/submit/{path}"
        return json_request("POST", url, body, {"Authorization": f"Bearer {token}"})
    return json_request("POST", f"{HOST}/submissions/v3/integration/submit/{path}", body)


def _wrong(reply: Reply) -> Iterator[str]:
    """What of the visit, and which fields but the e-mail address, the form does not take."""
    for one in said_objects(reply, "errors") if reply.status == 400 else ():
        kind, named = str(one.get("errorType")), _FIELD.search(str(one.get("message")))
        if kind in CONTEXT:
            yield CONTEXT[kind]
        elif kind in OF_A_FIELD and named and named[1] != "email":
            yield named[1]


_FIELD = re.compile(r"'fields\.(?:0-1/)?([a-z0-9_]+)'")


def _said(reply: Reply) -> str:
    details = [
        f"{one.get('errorType')}: {one.get('message')}" for one in said_objects(reply, "errors")
    ]
    return "; ".join(details) or str(said_object(reply).get("message") or "")


def _rate_key(settings: Settings) -> str:
    """The key's account, else the address that open submissions come from, which is ours."""
    return str(settings.get("token") or "open")


TARGET = Target(
    label="HubSpot forms",
    summary="Submits each lead to a form of HubSpot's, which keeps HubSpot's own attribution.",
    settings=SETTINGS,
    deliver=deliver,
    check=check,
    repeat="may double",
    limits=("50/10 seconds",),
    rate_key=_rate_key,
    fallback_wait=10.0,
    api_version="v3",
    evidence="derived schema",
    unverified="No account was at hand: made from HubSpot's documentation and public bug reports.",
)
