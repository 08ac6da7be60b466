"""TikTok Events API: tells a pixel or a CRM event set of new leads and of what became of them.

Sources: business-api.tiktok.com, Events API 2.0 and Return codes; ads.tiktok.com/help, How to
postback signals through Events API; rudder-transformer, tiktok_ads/networkHandler.js.
"""

from integrations.tiktok_events.people import can_be_found, user
from integrations.tiktok_events.settings import CRM, EVENTS, SETTINGS, VERSION
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
    bare_url,
    event_for,
    event_id,
    happened_at,
    json_request,
    judge_status,
    judged,
    not_told,
    said_object,
    sha256_hex,
    value_of,
)

API = "https://business-api.tiktok.com/open_api"

OK, TAKEN_IN_PART = 0, 20001

BAD_DATA = 40002

KINDS = {
    40001: Kind.UNAUTHORIZED,
    40101: Kind.UNAUTHORIZED,
    40102: Kind.UNAUTHORIZED,
    40104: Kind.UNAUTHORIZED,
    40105: Kind.UNAUTHORIZED,
    40100: Kind.THROTTLED,
    BAD_DATA: Kind.REJECTED,
    40007: Kind.REJECTED,
}
"""Codes within an answer 200: a permission is missing, the token expired, is missing or wrong; too
many requests; a bad parameter, an object that does not exist. Others are tried again."""


def deliver(payload: Json, settings: Settings, duty: Duty) -> Conversation:
    """Send one event. TikTok knows a repeat by its name and id."""
    state = payload.get("$state") or {}
    name = event_for(settings.get("events", EVENTS), state.get("stage"), duty)
    if name is None:
        return not_told(duty)
    if duty.trial and "test_event_code" not in settings:
        return Outcome(kind=Kind.IGNORED, message="a test would count: set a test event code first")
    event = _event(payload, settings, duty, name)
    if not can_be_found(event["user"], event.get("lead", {})):
        words = "the lead has nothing that TikTok knows people by"
        return Outcome(kind=Kind.IGNORED, message=words)
    reply = yield _request(settings, [event])
    return _judge(reply, duty)


def check(settings: Settings, duty: Duty) -> Conversation:
    """Send a test event where there is a code for it, else none: that is refused as bad data only
    where the token is good."""
    if "test_event_code" in settings:
        event = {
            "event": "SubmitForm",
            "event_time": int(duty.now),
            "event_id": duty.id,
            "user": {"email": sha256_hex("test@example.com")},
        }
        reply = yield _request(settings, [event])
        return _judge(reply, duty)
    reply = yield _request(settings, [])
    if reply.status == 200 and said_object(reply).get("code") in {OK, BAD_DATA}:
        words = "the token is good; set a test event code to try the data source too"
        return Outcome(kind=Kind.DELIVERED, message=words)
    return _judge(reply, duty)


def _event(payload: Json, settings: Settings, duty: Duty, name: str) -> dict[str, Json]:
    given = payload.get("event_id") if duty.event == "created" else None
    crm = settings.get("event_source") == "crm"
    properties = dict(payload.get("properties") or {})
    if worth := value_of(payload.get("$state")):
        properties["value"], properties["currency"] = worth
    page = {name: bare_url(url) for name, url in (payload.get("page") or {}).items()}
    event = {
        "event": name,
        "event_time": int(happened_at(duty, payload.get("$submitted"))),
        "event_id": str(given or event_id(duty)),
        "user": user(payload),
        "properties": properties,
        "page": {} if crm else {name: url for name, url in page.items() if url},
        "lead": _lead(payload, settings) if crm else {},
    }
    return {name: part for name, part in event.items() if part or name == "user"}


def _lead(payload: Json, settings: Settings) -> dict[str, Json]:
    """TikTok's own id of a lead from its forms, and what the CRM is called."""
    lead = {"lead_event_source": settings.get("crm", CRM)}
    if number := (payload.get("lead") or {}).get("lead_id"):
        lead["lead_id"] = str(number)
    return lead


def _request(settings: Settings, events: list[Json]) -> Request:
    body = {
        "event_source": settings.get("event_source", "web"),
        "event_source_id": settings["event_source_id"],
        "data": events,
    }
    if code := settings.get("test_event_code"):
        body["test_event_code"] = code
    url = f"{API}/{settings.get('api_version', VERSION)}/event/track/"
    return json_request("POST", url, body, {"Access-Token": settings["access_token"]})


def _judge(reply: Reply, duty: Duty) -> Outcome:
    """TikTok answers 200 to most errors too: the code within says what it means."""
    said = said_object(reply)
    code = said.get("code")
    words = " ".join(str(said[name]) for name in ("code", "message") if said.get(name))
    if kind := KINDS.get(code) if type(code) is int else None:
        return judged(kind, reply, duty, words)
    if refused := judge_status(reply, duty, {403: Kind.UNAUTHORIZED}, words):
        return refused
    if type(code) is int and code == OK:
        return Outcome(kind=Kind.DELIVERED)
    if code == TAKEN_IN_PART:
        return Outcome(kind=Kind.DELIVERED, message=f"taken in part: {words}"[:300])
    return judged(Kind.RETRY, reply, duty, words)


TARGET = Target(
    label="TikTok Events API",
    summary="Tells TikTok ads of new leads and of what became of them.",
    settings=SETTINGS,
    deliver=deliver,
    check=check,
    repeat="key",
    events=("created", "status"),
    limits=("1000/second", "600000/minute"),
    rate_key=lambda settings: settings["event_source_id"],
    fallback_wait=60.0,
    api_version=VERSION,
    consent=("ad_user_data", "ad_storage", "marketing"),
    evidence="derived schema",
    unverified="No account was at hand: made from TikTok's documentation and what others send.",
)
