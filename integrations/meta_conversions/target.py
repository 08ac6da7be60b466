"""Meta Conversions API: tells a dataset of new leads and of what became of them.

Source: developers.facebook.com, Conversions API: Using the API, Server event parameters, Customer
information parameters, and Conversion Leads: Payload specification.
"""

from integrations.meta_conversions.people import can_be_found, user_data
from integrations.meta_conversions.settings import EVENTS, SETTINGS, VERSION
from integrations.meta_conversions.verdicts import judge
from relay.core.contract import (
    Conversation,
    Duty,
    Json,
    Kind,
    Outcome,
    Request,
    Settings,
    Target,
    bare_url,
    event_for,
    event_id,
    happened_at,
    json_request,
    not_told,
    said_object,
    sha256_hex,
    too_old,
    value_of,
)

HOST = "https://graph.facebook.com"

DAYS = 7
"""An older event fails the whole request."""


def deliver(payload: Json, settings: Settings, duty: Duty) -> Conversation:
    """Send one event. Meta knows a repeat by its name and id for 48 hours."""
    state = payload.get("$state") or {}
    name = event_for(settings.get("events", EVENTS), state.get("stage"), duty)
    if name is None:
        return not_told(duty)
    if duty.trial and "test_event_code" not in settings:
        return Outcome(kind=Kind.IGNORED, message="a test would count: set a test event code first")
    event = _event(payload, settings, duty, name)
    if late := too_old(event["event_time"], duty, DAYS):
        return late
    if not can_be_found(event["user_data"]):
        return Outcome(kind=Kind.IGNORED, message="the lead has nothing that Meta knows people by")
    reply = yield _request(settings, event)
    return judge(reply, duty)


def check(settings: Settings, duty: Duty) -> Conversation:
    """Send a test event where there is a code for it, else ask whether the token is one."""
    if "test_event_code" in settings:
        person = {"em": [sha256_hex("test@example.com")]}
        event = {
            "event_name": "Lead",
            "event_time": int(duty.now),
            "event_id": duty.id,
            "action_source": "system_generated",
            "user_data": person,
        }
        reply = yield _request(settings, event)
        return judge(reply, duty)
    headers = {"Authorization": f"Bearer {settings['access_token']}"}
    reply = yield Request(method="GET", url=f"{_base(settings)}/me?fields=id", headers=headers)
    if reply.status == 200 and said_object(reply).get("id"):
        words = "the token is good; set a test event code to try the dataset too"
        return Outcome(kind=Kind.DELIVERED, message=words)
    return judge(reply, duty)


def _event(payload: Json, settings: Settings, duty: Duty, name: str) -> dict[str, Json]:
    """One server event. What happened in the browser says so only where all that this needs is
    there; leads of Instant Forms, and what becomes of any lead, are the CRM's."""
    person, url = user_data(payload, duty), bare_url(payload.get("event_source_url"))
    native = "lead_id" in person
    on_site = duty.event != "status" and not native
    website = on_site and url is not None and "client_user_agent" in person
    given = payload.get("event_id") if duty.event == "created" else None
    event = {
        "event_name": name,
        "event_time": int(happened_at(duty, None if native else payload.get("$submitted"))),
        "event_id": str(given or event_id(duty)),
        "event_source_url": url if website else None,
        "referrer_url": bare_url(payload.get("referrer_url")) if website else None,
        "action_source": "website" if website else "system_generated",
        "user_data": person,
        "custom_data": _custom_data(payload, settings, crm=not on_site),
    }
    return {name: part for name, part in event.items() if part not in (None, {})}


def _custom_data(payload: Json, settings: Settings, *, crm: bool) -> dict[str, Json]:
    data = dict(payload.get("custom_data") or {})
    if worth := value_of(payload.get("$state")):
        data["value"], data["currency"] = worth
    if crm:
        data |= {"event_source": "crm", "lead_event_source": settings.get("crm", "Lead relay")}
    return data


def _request(settings: Settings, event: dict[str, Json]) -> Request:
    """The token goes in the body: addresses are written into logs on their way."""
    body = {"data": [event], "access_token": settings["access_token"]}
    if code := settings.get("test_event_code"):
        body["test_event_code"] = code
    return json_request("POST", f"{_base(settings)}/{settings['dataset_id']}/events", body)


def _base(settings: Settings) -> str:
    return f"{HOST}/{settings.get('api_version', VERSION)}"


TARGET = Target(
    label="Meta Conversions API",
    summary="Tells Facebook and Instagram ads of new leads and of what became of them.",
    settings=SETTINGS,
    deliver=deliver,
    check=check,
    repeat="key",
    events=("created", "status"),
    rate_key=lambda settings: settings["dataset_id"],
    fallback_wait=60.0,
    max_age=DAYS * 86_400,
    api_version=VERSION,
    consent=("ad_user_data", "ad_storage", "marketing"),
    evidence="derived schema",
    unverified="No account was at hand: made from Meta's documentation and its own SDK.",
)
