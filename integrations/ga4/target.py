"""Google Analytics 4: new leads and what became of them, as events of the visitor who came.

Calls: `POST /mp/collect`, and `POST /debug/mp/collect` for tests, of the Measurement Protocol
(developers.google.com/analytics/devguides/collection/protocol/ga4).
"""

from urllib.parse import quote

from integrations.ga4.events import body_of, client_of
from integrations.ga4.settings import EVENTS, SETTINGS
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
    event_for,
    happened_at,
    json_request,
    judge_status,
    not_told,
    said_object,
    too_old,
)

HOST = "https://www.google-analytics.com"
EU_HOST = "https://region1.google-analytics.com"

DAYS = 3
"""GA4 takes nothing older than 72 hours."""

FOUND_RIGHT = "GA4 finds the event right; it never says whether ID and secret are"


def deliver(payload: Json, settings: Settings, duty: Duty) -> Conversation:
    """Send one event. GA4 says nothing of what it takes, so that 2xx is all there is to know."""
    state = payload.get("$state") or {}
    name = event_for(settings.get("events", EVENTS), state.get("stage"), duty)
    if name is None:
        return not_told(duty)
    client = client_of(payload, settings, duty)
    if client is None:
        said = "the lead has no GA4 client id: the form does not hand over the cookie _ga"
        return Outcome(kind=Kind.IGNORED, message=said)
    if late := too_old(happened_at(duty, payload.get("$submitted")), duty, DAYS):
        return late
    body = body_of(name, client, payload, settings, duty)
    if duty.trial:
        reply = yield _request("/debug/mp/collect", settings, body)
        return _judge_tried(reply, duty)
    reply = yield _request("/mp/collect", settings, body)
    return judge_status(reply, duty) or Outcome(kind=Kind.DELIVERED)


def check(settings: Settings, duty: Duty) -> Conversation:
    """Let GA4 judge an event that it does not count."""
    name = next(iter(settings.get("events", EVENTS).values()))
    reply = yield _request("/debug/mp/collect", settings, body_of(name, "1.1", {}, settings, duty))
    return _judge_tried(reply, duty)


def _judge_tried(reply: Reply, duty: Duty) -> Outcome:
    """What the debugging address finds wrong; it records nothing."""
    if refused := judge_status(reply, duty):
        return refused
    listed = said_object(reply).get("validationMessages")
    if not isinstance(listed, list):
        return Outcome(kind=Kind.RETRY, message="GA4 answered without a verdict")
    found = [one for one in listed if isinstance(one, dict)]
    if not found:
        return Outcome(kind=Kind.DELIVERED, message=FOUND_RIGHT)
    words = "; ".join(f"{one.get('fieldPath')}: {one.get('description')}" for one in found)
    return Outcome(kind=Kind.REJECTED, message=words[:300])


def _request(path: str, settings: Settings, body: Json) -> Request:
    host = EU_HOST if settings.get("eu") else HOST
    stream = quote(settings["measurement_id"], safe="")
    secret = quote(settings["api_secret"], safe="")
    url = f"{host}{path}?measurement_id={stream}&api_secret={secret}"
    return json_request("POST", url, body)


TARGET = Target(
    label="Google Analytics 4",
    summary="Counts new leads, and what became of them, as events of the visitor who came.",
    settings=SETTINGS,
    deliver=deliver,
    check=check,
    repeat="may double",
    events=("created", "status"),
    rate_key=lambda settings: settings["measurement_id"],
    fallback_wait=60.0,
    max_age=DAYS * 86_400,
    consent=("analytics_storage",),
    evidence="official schema",
    unverified="No property was at hand: made from Google's documentation and its own schema.",
)
