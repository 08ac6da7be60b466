"""Google Data Manager API: tells Google Ads of new leads and of what became of them.

Calls: `POST /v1/events:ingest` with one event, since one bad event refuses a whole request, and
half an hour later `GET /v1/requestStatus:retrieve` (discovery document datamanager.v1.json).
"""

from urllib.parse import quote

from integrations.google_data_manager.events import can_be_found, event_of
from integrations.google_data_manager.settings import SETTINGS
from integrations.google_data_manager.verdicts import (
    ASKED_AFTER,
    CLICK_WAIT,
    judge_ingested,
    judge_processed,
)
from relay.core.contract import (
    Conversation,
    Duty,
    Grant,
    Json,
    Kind,
    Note,
    Outcome,
    Reply,
    Request,
    Settings,
    Target,
    account_of,
    ask_as_account,
    event_for,
    json_request,
    judge_google,
    not_told,
    project_of,
    said_object,
    sha256_hex,
)

HOST = "https://datamanager.googleapis.com/v1"

SCOPE = "https://www.googleapis.com/auth/datamanager"


def deliver(payload: Json, settings: Settings, duty: Duty) -> Conversation:
    """Hand the event in, or ask what became of the one that was handed in."""
    noted = duty.noted if isinstance(duty.noted, dict) else {}
    if noted.get("request") and noted.get("refused_at", duty.now) == duty.now:
        return (yield from _ask(noted, duty))
    state = payload.get("$state") or {}
    action = event_for(settings["events"], state.get("stage"), duty)
    if action is None:
        return not_told(duty)
    event = event_of(payload, duty)
    if not can_be_found(event):
        said = "the lead has no click of a Google ad, no e-mail and no international phone number"
        return Outcome(kind=Kind.IGNORED, message=said)
    reply = yield _ingest(action, event, settings, duty, validate=duty.trial)
    if refused := judge_ingested(reply, duty):
        return refused
    if duty.trial:
        return Outcome(kind=Kind.DELIVERED, message="Google finds it right; a test is not counted")
    return (yield from _handed_in(reply))


def check(settings: Settings, duty: Duty) -> Conversation:
    """Ask whether Google would take an event for the first conversion action; none is counted."""
    person = {"emailAddress": sha256_hex("test@example.com")}
    event = event_of({}, duty) | {"userData": {"userIdentifiers": [person]}}
    action = next(iter(settings["events"].values()))
    reply = yield _ingest(action, event, settings, duty, validate=True)
    return judge_ingested(reply, duty) or Outcome(kind=Kind.DELIVERED)


def _handed_in(reply: Reply) -> Conversation:
    """What is known of the request by now: its id, by which the next attempt asks."""
    said = said_object(reply)
    request = str(said.get("requestId") or "")
    if not request:
        return Outcome(kind=Kind.RETRY, message=f"answered {reply.status} without a request's id")
    yield Note({"request": request, "asked": 0})
    warnings = said.get("fieldWarnings")
    listed = [one for one in warnings or () if isinstance(one, dict)]
    words = ", ".join(f"{one.get('field')} {one.get('reason')}" for one in listed)
    message = "taken; what Google makes of it is asked in half an hour"
    return Outcome(
        kind=Kind.ACCEPTED,
        message=f"{message}; {words}" if words else message,
        retry_after=ASKED_AFTER,
        remote_id=request,
    )


def _ask(noted: Json, duty: Duty) -> Conversation:
    """Ask what became of a request; the Note says what the next attempt is to do.

    A request that failed for the account's sake is handed in again by a later attempt, not by this
    one with another token. One that Google has forgotten, or could not take yet, is too.
    """
    request, asked = str(noted["request"]), int(noted.get("asked") or 0)
    path = f"requestStatus:retrieve?requestId={quote(request, safe='')}"
    reply = yield json_request("GET", f"{HOST}/{path}", headers=_authorized(duty))
    if reply.status == 404:
        yield Note({"request": None})
        return Outcome(kind=Kind.RETRY, message="Google has forgotten the request")
    if refused := judge_google(reply, duty):
        return refused
    outcome = judge_processed(reply, request, asked)
    if outcome.kind is Kind.UNAUTHORIZED:
        yield Note({**noted, "refused_at": duty.now})
    elif outcome.kind is Kind.RETRY:
        yield Note({"request": None})
    else:
        yield Note({**noted, "asked": asked + 1})
    return outcome


def _ingest(action: str, event: Json, settings: Settings, duty: Duty, *, validate: bool) -> Request:
    destination = {
        "operatingAccount": _account(settings["customer_id"]),
        "productDestinationId": action,
    }
    if manager := settings.get("login_customer_id"):
        destination["loginAccount"] = _account(manager)
    body: dict[str, Json] = {"destinations": [destination], "encoding": "HEX", "events": [event]}
    if validate:
        body["validateOnly"] = True
    return json_request("POST", f"{HOST}/events:ingest", body, _authorized(duty))


def _account(customer: str) -> dict[str, str]:
    return {"accountType": "GOOGLE_ADS", "accountId": customer.replace("-", "")}


def _authorized(duty: Duty) -> dict[str, str]:
    return {"Authorization": f"Bearer {duty.access.token if duty.access else ''}"}


TARGET = Target(
    label="Google Ads (Data Manager)",
    summary="Tells Google Ads of new leads and of what became of them.",
    settings=SETTINGS,
    deliver=deliver,
    check=check,
    repeat="key",
    events=("created", "status"),
    limits=("300/minute", "100000/day"),
    rate_key=project_of,
    fallback_wait=60.0,
    min_age=int(CLICK_WAIT),
    api_version="v1",
    consent=("ad_user_data", "ad_storage", "marketing"),
    grant=Grant(account=account_of, ask=ask_as_account(SCOPE)),
    evidence="official schema",
    unverified="No account was at hand: made from Google's discovery document and its reference.",
)
