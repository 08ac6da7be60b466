"""Follow Up Boss: tells of each lead as an event, which its lead flow takes up.

Calls: `POST /v1/events` alone; people made by other calls never pass the lead flow
(docs.followupboss.com/reference/events-post).
"""

from collections.abc import Mapping
from datetime import UTC, datetime

from integrations.follow_up_boss.settings import SETTINGS, TYPES
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
    basic_authorization,
    instant,
    json_request,
    judge_status,
    keyed_by,
    remainder_of,
    said_object,
)

HOST = "https://api.followupboss.com/v1"

WEB = "https://app.followupboss.com/2/people/view"

PLACES: Mapping[str, str] = {
    "/source": "/attribution/website",
    "/message": "/form/message",
    "/pageUrl": "/attribution/page_url",
    "/pageTitle": "/attribution/page_title",
    "/pageReferrer": "/attribution/referrer",
    "/person/firstName": "/contact/first_name",
    "/person/lastName": "/contact/last_name",
    "/person/emails/0/value": "/contact/email",
    "/person/phones/0/value": "/contact/phone",
    "/person/addresses/0/street": "/contact/address/street",
    "/person/addresses/0/city": "/contact/address/city",
    "/person/addresses/0/state": "/contact/address/region",
    "/person/addresses/0/code": "/contact/address/postal_code",
    "/person/addresses/0/country": "/contact/address/country",
    "/campaign/source": "/attribution/utm/source",
    "/campaign/medium": "/attribution/utm/medium",
    "/campaign/term": "/attribution/utm/term",
    "/campaign/content": "/attribution/utm/content",
    "/campaign/campaign": "/attribution/utm/campaign",
}
"""Which values of a lead have a field; the others follow the message."""

REST_LENGTH = 20_000

SOURCE = "Website"
"""The lead source where neither the settings nor the lead say one."""

AUTOMATED_WITHIN = 86_400
"""Seconds: an event that happened longer ago starts no automation."""

KINDS = {403: Kind.UNAUTHORIZED, 404: Kind.REJECTED}
"""403: the key's owner may not do that, which a person has to change."""


def deliver(payload: Json, settings: Settings, duty: Duty) -> Conversation:
    """Send the event, for the person of an earlier one where there is one. A person who is gone by
    now is found or made by name, e-mail and phone, as Follow Up Boss does with everybody."""
    event = _event(payload, settings, duty)
    known = duty.remote_id
    if known and known.isascii() and known.isdigit() and len(known) < 19:
        person = {"id": int(known), **event["person"]}
        reply = yield _request("POST", "/events", settings, {**event, "person": person})
        if reply.status != 404:
            return _verdict(reply, duty)
    reply = yield _request("POST", "/events", settings, event)
    return _verdict(reply, duty)


def check(settings: Settings, duty: Duty) -> Conversation:
    """Ask whose key it is."""
    reply = yield _request("GET", "/identity", settings)
    return judge_status(reply, duty, KINDS, _words(reply)) or Outcome(kind=Kind.DELIVERED)


def _event(payload: Json, settings: Settings, duty: Duty) -> dict[str, Json]:
    """The event at its own time. The person's words come first in its message, then the rest."""
    own = {name: value for name, value in payload.items() if not name.startswith("$")}
    if "source" in settings:
        own["source"] = settings["source"]
    rest = remainder_of({**payload, **own}, PLACES, duty, REST_LENGTH)
    return {
        "source": SOURCE,
        "type": settings.get("type", TYPES[0]),
        **own,
        "system": settings.get("system", "Lead Relay"),
        "message": "\n\n".join(part for part in (own.get("message"), rest.text) if part),
        "occurredAt": instant(datetime.fromtimestamp(duty.occurred_at, UTC)),
        "person": own.get("person", {}),
    }


def _verdict(reply: Reply, duty: Duty) -> Outcome:
    if refused := judge_status(reply, duty, KINDS, _words(reply)):
        return refused
    if reply.status == 204:
        message = "the lead flow of this source is archived at Follow Up Boss"
        return Outcome(kind=Kind.IGNORED, message=message, hold=_rest(reply))
    person = said_object(reply).get("id")
    if not person:
        return Outcome(kind=Kind.RETRY, message=f"answered {reply.status} without a person's id")
    is_old = duty.now - duty.occurred_at > AUTOMATED_WITHIN
    return Outcome(
        kind=Kind.DELIVERED,
        message="older than a day: it starts no automations" if is_old else "",
        remote_id=str(person),
        remote_url=f"{WEB}/{person}",
        hold=_rest(reply),
    )


def _words(reply: Reply) -> str:
    return str(said_object(reply).get("errorMessage") or "")


def _rest(reply: Reply) -> float | None:
    """How long nothing may be sent where the window's requests are used up."""
    if reply.headers.get("x-ratelimit-remaining", "").strip() != "0":
        return None
    window = reply.headers.get("x-ratelimit-window", "").strip()
    return float(window) if window.isascii() and window.isdigit() and len(window) < 5 else 10.0


def _request(method: str, path: str, settings: Settings, body: Json = None) -> Request:
    headers = {
        **basic_authorization(settings["api_key"]),
        "Accept": "application/json",
        "X-System": settings.get("system", "Lead Relay"),
    }
    if "system_key" in settings:
        headers["X-System-Key"] = settings["system_key"]
    return json_request(method, HOST + path, body, headers)


TARGET = Target(
    label="Follow Up Boss",
    summary="Tells Follow Up Boss of each lead as an event, which its lead flow takes up.",
    settings=SETTINGS,
    deliver=deliver,
    check=check,
    repeat="may double",
    events=("created", "updated"),
    # 125 in 10 seconds without a system key; new events are said to be without a limit
    limits=("100/10 second",),
    rate_key=keyed_by("api_key"),
    fallback_wait=10.0,
    evidence="derived schema",
    unverified="No account was at hand: made from the vendor's documentation.",
)
