"""Requests to Pipedrive, and what its replies mean.

Refusals are `{success: false, error, error_info}`, with a `code` in version 2 (Pipedrive: HTTP
status codes; Rate limiting).
"""

from typing import TypeVar

from relay.core.contract import (
    Duty,
    Json,
    Kind,
    Outcome,
    Reply,
    Request,
    Settings,
    json_request,
    judge_status,
    judged,
    said_object,
)

Id = TypeVar("Id", int, str)

HOST = "https://api.pipedrive.com"

KINDS = {
    402: Kind.UNAUTHORIZED,
    403: Kind.UNAUTHORIZED,
    404: Kind.REJECTED,
    409: Kind.REJECTED,
    410: Kind.REJECTED,
}
"""402 is an account that is not paid for, or a plan without this."""

BLOCKED = 3600.0
"""Seconds to wait where Cloudflare keeps out who went on after 429, or the day's tokens are used
up; neither says until when."""

USED_UP = ("x-daily-ratelimit-token-remaining", "x-daily-requests-left")


def asked(method: str, path: str, settings: Settings, body: Json = None) -> Request:
    """One request; version 1 is below /v1, version 2 below /api/v2."""
    return json_request(method, f"{HOST}/{path}", body, {"x-api-token": settings["api_token"]})


def refusal(reply: Reply, duty: Duty) -> Outcome | None:
    """The outcome of a request that Pipedrive refuses, None where it takes it."""
    said, words = said_object(reply), words_of(reply)
    if reply.status == 403 and not said:
        return judged(Kind.THROTTLED, reply, duty, words or "kept out for a while", wait=BLOCKED)
    if reply.status == 429:
        return judged(Kind.THROTTLED, reply, duty, words, wait=_wait(reply))
    if refused := judge_status(reply, duty, KINDS, words):
        return refused
    if said.get("success") is False:
        return judged(Kind.REJECTED, reply, duty, words)
    return None


def made(reply: Reply, duty: Duty, of: type[Id]) -> Id | Outcome:
    """The id of the record that a reply tells of: a number for persons, a text for leads. Else the
    outcome of having none."""
    if refused := refusal(reply, duty):
        return refused
    data = said_object(reply).get("data")
    found = data.get("id") if isinstance(data, dict) else None
    if isinstance(found, of) and found:
        return found
    return judged(Kind.RETRY, reply, duty, "no record came back")


def hold_of(reply: Reply) -> float | None:
    """How long the account rests where this reply says that nothing is left."""
    if any(reply.headers.get(name) == "0" for name in USED_UP):
        return BLOCKED
    return _reset(reply) if reply.headers.get("x-ratelimit-remaining") == "0" else None


def words_of(reply: Reply) -> str:
    """Pipedrive's words and its code; where it only points to its documentation nothing is."""
    said = said_object(reply)
    error, info = str(said.get("error") or ""), str(said.get("error_info") or "")
    parts = [error, "" if "developers.pipedrive.com" in info else info, str(said.get("code") or "")]
    return "; ".join(dict.fromkeys(part for part in parts if part))


def _wait(reply: Reply) -> float | None:
    """The wait after 429: None where `Retry-After` or nothing tells."""
    if any(reply.headers.get(name) == "0" for name in USED_UP):
        return BLOCKED
    return None if "retry-after" in reply.headers else _reset(reply)


def _reset(reply: Reply) -> float | None:
    try:
        return max(float(reply.headers["x-ratelimit-reset"]), 1.0)
    except (KeyError, ValueError):
        return None
