"""LinkedIn Conversions API: tells conversion rules of new leads and of what became of them.

Source: learn.microsoft.com/linkedin/marketing, Conversions API and its schema, Versioning, Error
handling; action-destinations, linkedin-conversions.
"""

from integrations.linkedin_conversions.access import NO_TOKEN, account_of, ask, rate_key, token_of
from integrations.linkedin_conversions.settings import SETTINGS, URN, VERSION
from relay.core.contract import (
    COUNTRIES,
    Conversation,
    Duty,
    Grant,
    Json,
    Kind,
    Outcome,
    Reply,
    Request,
    Settings,
    Target,
    event_for,
    event_id,
    happened_at,
    is_hashed,
    json_request,
    judge_status,
    judged,
    not_told,
    plain_email,
    said_object,
    sha256_hex,
    too_old,
    value_of,
)

URL = "https://api.linkedin.com/rest/conversionEvents"

DAYS = 90

FORM_RESPONSE = "urn:li:leadGenFormResponse:"

REVOKED = 65601
"""serviceErrorCode of a token that a member took back (65602: one that expired)."""


def deliver(payload: Json, settings: Settings, duty: Duty) -> Conversation:
    """Send one event. LinkedIn knows a repeat by its id."""
    state = payload.get("$state") or {}
    rule = event_for(settings["events"], state.get("stage"), duty)
    if rule is None:
        return not_told(duty)
    if duty.trial:
        return Outcome(kind=Kind.IGNORED, message="LinkedIn has no test events: a test would count")
    if not token_of(settings, duty):
        return NO_TOKEN
    at = happened_at(duty, payload.get("$submitted"))
    if late := too_old(at, duty, DAYS):
        return late
    user = _user(payload)
    if not (user["userIds"] or "userInfo" in user or "lead" in user):
        words = "the lead has nothing that LinkedIn knows people by"
        return Outcome(kind=Kind.IGNORED, message=words)
    given = payload.get("eventId") if duty.event == "created" else None
    element = {
        "conversion": rule if rule.startswith(URN) else URN + rule,
        "conversionHappenedAt": int(at * 1000),
        "user": user,
        "eventId": str(given or event_id(duty)),
    }
    if worth := value_of(state):
        element["conversionValue"] = {"currencyCode": worth[1], "amount": str(worth[0])}
    reply = yield _request([element], settings, duty)
    return _judge(reply, settings, duty)


def check(settings: Settings, duty: Duty) -> Conversation:
    """Send a batch without events: for being empty it is refused only after token and version."""
    if not token_of(settings, duty):
        return NO_TOKEN
    reply = yield _request([], settings, duty)
    if reply.status in {200, 201, 400, 422}:
        words = "token and version are taken; the first event shows whether its conversion is"
        return Outcome(kind=Kind.DELIVERED, message=words)
    return _judge(reply, settings, duty)


def _user(payload: Json) -> dict[str, Json]:
    """Who it is. The list of ids must be there, even empty; then names must be, both of them."""
    ids = []
    email = payload.get("email")
    if isinstance(email, str) and ("@" in email or is_hashed(email)):
        ids.append({"idType": "SHA256_EMAIL", "idValue": sha256_hex(plain_email(email))})
    if click := payload.get("li_fat_id"):
        kind = "LINKEDIN_FIRST_PARTY_ADS_TRACKING_UUID"
        ids.append({"idType": kind, "idValue": str(click)})
    user: dict[str, Json] = {"userIds": ids}
    info = {name: str(value) for name, value in (payload.get("userInfo") or {}).items() if value}
    if info.get("countryCode", "").upper() not in COUNTRIES:
        info.pop("countryCode", None)
    if "firstName" in info and "lastName" in info:
        user["userInfo"] = info
    if response := payload.get("lead"):
        text = str(response)
        user["lead"] = text if text.startswith(FORM_RESPONSE) else FORM_RESPONSE + text
    return user


def _request(elements: list[Json], settings: Settings, duty: Duty) -> Request:
    headers = {
        "Authorization": f"Bearer {token_of(settings, duty)}",
        "LinkedIn-Version": settings.get("api_version", VERSION),
        "X-Restli-Protocol-Version": "2.0.0",
        "X-RestLi-Method": "BATCH_CREATE",
    }
    return json_request("POST", URL, {"elements": elements}, headers)


def _judge(reply: Reply, settings: Settings, duty: Duty) -> Outcome:
    """A batch answers 200 with a status for each of its elements."""
    said = said_object(reply)
    if reply.status == 426 or said.get("code") == "NONEXISTENT_VERSION":
        version = settings.get("api_version", VERSION)
        words = f"LinkedIn takes version {version} no more: set a newer month as version of the API"
        return judged(Kind.GONE, reply, duty, words)
    words = _words(said)
    kinds = {403: Kind.UNAUTHORIZED, 404: Kind.REJECTED}
    if refused := judge_status(reply, duty, kinds, words):
        return refused
    elements = said.get("elements")
    first = elements[0] if isinstance(elements, list) and elements else None
    status = first.get("status") if isinstance(first, dict) else None
    if type(status) is not int:
        message = f"answered {reply.status} without a result"
        return Outcome(kind=Kind.RETRY, message=message)
    inner = Reply(status=status, headers=reply.headers)
    error = first.get("error") if isinstance(first, dict) else None
    words = _words(error) if isinstance(error, dict) else ""
    return judge_status(inner, duty, kinds, words) or Outcome(kind=Kind.DELIVERED)


def _words(said: dict[str, Json]) -> str:
    told = [said.get("code"), said.get("serviceErrorCode"), said.get("message")]
    if said.get("serviceErrorCode") == REVOKED or said.get("code") == "REVOKED_ACCESS_TOKEN":
        told.append("(a member took the permission back: a new token is needed)")
    return " ".join(str(one) for one in told if one)


TARGET = Target(
    label="LinkedIn Conversions API",
    summary="Tells LinkedIn ads of new leads and of what became of them.",
    settings=SETTINGS,
    deliver=deliver,
    check=check,
    repeat="key",
    events=("created", "status"),
    limits=("600/minute", "300000/day"),
    rate_key=rate_key,
    fallback_wait=60.0,
    max_age=DAYS * 86_400,
    api_version=VERSION,
    api_version_ends="2027-07-15",
    grant=Grant(account=account_of, ask=ask),
    consent=("ad_user_data", "ad_storage", "marketing"),
    evidence="derived schema",
    unverified="No account was at hand: made from LinkedIn's documentation.",
)
