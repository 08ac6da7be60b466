"""What Google's APIs have in common: service accounts, and how a refusal is said.

Facts: developers.google.com/identity/protocols/oauth2/service-account (RFC 7523), and the error
model of cloud.google.com/apis/design/errors (google.rpc.Status).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from relay.core.bodies import read_json
from relay.core.conversations import (
    Access,
    Duty,
    Granting,
    Json,
    Kind,
    Outcome,
    Reply,
    Settings,
)
from relay.core.inbound import Unreadable
from relay.core.jws import write_signed
from relay.core.replies import form_request, judge_reply, judged, said_object

TOKENS = "https://oauth2.googleapis.com/token"
"""Where tokens are had, whatever a key file names."""

LASTS = 3600
"""Seconds, the longest that Google allows."""

SERVICE_ACCOUNT: Json = {
    "type": "string",
    "title": "Service account key",
    "description": "The whole JSON file that Google Cloud made under IAM & Admin, Service accounts,"
    " Keys, Add key.",
    "pattern": r'^\s*\{(?=[\s\S]*"client_email")(?=[\s\S]*"private_key")[\s\S]*\}\s*$',
    "secret": True,
}
"""The setting `service_account`, as JSON Schema."""

_JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"

STATUSES = {
    401: Kind.UNAUTHORIZED,
    403: Kind.UNAUTHORIZED,
    404: Kind.UNAUTHORIZED,  # what one has no right to see is said not to be there
    429: Kind.THROTTLED,
}
"""What Google means by a status, beside what HTTP does."""

PASSING = frozenset(
    {"RATE_LIMIT_EXCEEDED", "RESOURCE_EXHAUSTED", "rateLimitExceeded", "userRateLimitExceeded"}
)
"""Reasons that mean "too many requests", also with a status of 403."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a refused request is answered with: all `reasons` that are named, and words."""

    reasons: frozenset[str]
    message: str


def account_of(settings: Settings) -> str:
    """The address of the service account, with which things have to be shared."""
    return str(_key(settings).get("client_email") or "the service account")


def project_of(settings: Settings) -> str:
    """The Cloud project that the account belongs to, by which Google counts."""
    return str(_key(settings).get("project_id") or account_of(settings))


def ask_as_account(scope: str) -> Callable[[Settings, Access | None, float], Granting]:
    """Asks for an access token by a signed assertion, for a `Grant`."""

    def ask(settings: Settings, _before: Access | None, now: float) -> Granting:
        key = _key(settings)
        claims = {
            "iss": key.get("client_email"),
            "scope": scope,
            "aud": TOKENS,
            "iat": int(now),
            "exp": int(now) + LASTS,
        }
        named = {"kid": str(key["private_key_id"])} if key.get("private_key_id") else {}
        try:
            assertion = write_signed(claims, str(key.get("private_key")), "RS256", named)
        except ValueError:
            said = "the private key of the service account is none"
            return Outcome(kind=Kind.UNAUTHORIZED, message=said)
        fields = {"grant_type": _JWT_BEARER, "assertion": assertion}
        return _granted((yield form_request("POST", TOKENS, fields)), now)

    return ask


def judge_google(
    reply: Reply, duty: Duty, kinds: Mapping[str, Kind] | None = None
) -> Outcome | None:
    """What a Google API's reply says by its status and its reasons; None for 2xx.

    `kinds` are the reasons to which an API gives a meaning of its own.
    """
    if 200 <= reply.status < 300:
        return None
    said = refusal_of(reply)
    known = kinds or {}
    kind = next((known[reason] for reason in sorted(said.reasons) if reason in known), None)
    if kind is None and said.reasons & PASSING:
        kind = Kind.THROTTLED
    kind = kind or STATUSES.get(reply.status)
    if kind is None:
        return judge_reply(reply, duty.now, {}, said.message)
    return judged(kind, reply, duty, said.message)


def refusal_of(reply: Reply) -> Refusal:
    """What a refusal names: the status of the error, the reasons in its details, its words."""
    error = said_object(reply).get("error")
    if not isinstance(error, dict):
        return Refusal(frozenset(), "")
    details = _objects(error.get("details"))
    violations = [
        violation for detail in details for violation in _objects(detail.get("fieldViolations"))
    ]
    inner = (*details, *violations, *_objects(error.get("errors")))
    found = [error.get("status"), *(one.get("reason") for one in inner)]
    named = [str(reason) for reason in found if reason]
    words = [str(error.get("message") or "")]
    words += [f"{one.get('field')}: {one.get('description')}" for one in violations]
    said = dict.fromkeys(filter(None, (*named, *words)))
    return Refusal(frozenset(named), "; ".join(said))


def _objects(value: Json) -> list[dict[str, Json]]:
    listed = value if isinstance(value, list) else []
    return [one for one in listed if isinstance(one, dict)]


def _key(settings: Settings) -> Mapping[str, Json]:
    """The key file; an empty one where it cannot be read."""
    try:
        read = read_json(str(settings.get("service_account", "")))
    except Unreadable:
        return {}
    return read if isinstance(read, dict) else {}


def _granted(reply: Reply, now: float) -> Access | Outcome:
    said = said_object(reply)
    if 400 <= reply.status < 500 and reply.status not in {408, 429}:
        words = f"{said.get('error', reply.status)}: {said.get('error_description', '')}"
        return Outcome(kind=Kind.UNAUTHORIZED, message=f"Google grants no access: {words}"[:300])
    if refused := judge_reply(reply, now, {}, "Google grants no access"):
        return refused
    token, lasts = said.get("access_token"), said.get("expires_in")
    if not isinstance(token, str) or not token:
        return Outcome(kind=Kind.RETRY, message="Google answered without a token")
    is_number = isinstance(lasts, int | float) and not isinstance(lasts, bool)
    return Access(token=token, expires_in=lasts if is_number else None)
