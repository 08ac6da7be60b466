"""What Salesforce's replies mean.

Refusals are a list of `{message, errorCode, fields}`; the code says more than the status
(Salesforce REST API: Status Codes and Error Responses).
"""

import re
from collections.abc import Collection, Mapping

from relay.core.contract import (
    Duty,
    Json,
    Kind,
    Outcome,
    Reply,
    Settings,
    judge_status,
    judged,
    said_json,
    said_object,
)

CODES: Mapping[str, Kind] = {
    **dict.fromkeys(
        (
            "UNABLE_TO_LOCK_ROW",
            "SERVER_UNAVAILABLE",
            "REQUEST_RUNNING_TOO_LONG",
            "QUERY_TIMEOUT",
            "UNKNOWN_EXCEPTION",
        ),
        Kind.RETRY,
    ),
    **dict.fromkeys(("REQUEST_LIMIT_EXCEEDED", "STORAGE_LIMIT_EXCEEDED"), Kind.THROTTLED),
    **dict.fromkeys(
        ("INVALID_SESSION_ID", "API_DISABLED_FOR_ORG", "API_CURRENTLY_DISABLED"),
        Kind.UNAUTHORIZED,
    ),
    **dict.fromkeys(
        (
            "INSUFFICIENT_ACCESS_OR_READONLY",
            "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
            "CANNOT_UPDATE_CONVERTED_LEAD",
            "ENTITY_IS_DELETED",
        ),
        Kind.REJECTED,
    ),
}
"""Codes that mean something else than their status."""

REFUSALS = frozenset(
    {
        "FIELD_INTEGRITY_EXCEPTION",
        "INVALID_EMAIL_ADDRESS",
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        "STRING_TOO_LONG",
    }
)
"""Codes that mean the value of a field, such as a country that is not in the org's list."""

KINDS = {300: Kind.REJECTED, 403: Kind.UNAUTHORIZED, 404: Kind.REJECTED, 409: Kind.REJECTED}

PASSING = "Too many SOQL queries"
"""Words of an org's own automations when they do too much at once: later it may work."""

REST = 900.0
"""Seconds that the account rests near its limit. It is counted over the last 24 hours, so that a
little comes free all the time, and the next reply tells."""


def verdict_of(reply: Reply, settings: Settings, duty: Duty) -> Outcome:
    """The verdict on one record that was written."""
    if refused := refusal(reply, duty):
        return refused
    saved = said_object(reply)
    if saved.get("success") is False:
        said = _words(saved.get("errors"))
        return judged(_kind(saved.get("errors"), said) or Kind.REJECTED, reply, duty, said)
    if reply.status != 204 and not saved.get("id"):
        return judged(Kind.RETRY, reply, duty, "no record came back")
    made = saved.get("id") or duty.remote_id
    return Outcome(
        kind=Kind.DELIVERED,
        remote_id=str(made) if made else None,
        hold=hold_of(reply, settings),
    )


def refusal(reply: Reply, duty: Duty) -> Outcome | None:
    """The outcome of a request that Salesforce refuses, None where it takes it."""
    errors = said_json(reply)
    if reply.status == 300:
        return judged(Kind.REJECTED, reply, duty, "several leads have this external id")
    said = _words(errors)
    kind = _kind(errors, said)
    if kind and not 200 <= reply.status < 300:
        return judged(kind, reply, duty, said)
    return judge_status(reply, duty, KINDS, said)


def refused_fields(reply: Reply, fields: Collection[str]) -> list[str]:
    """Which of these fields were refused for their values, if that is all that is wrong."""
    errors = _listed(said_json(reply)) if reply.status == 400 else []
    named = [name for one in errors for name in one.get("fields") or () if name in fields]
    alone = all(_code(one) in REFUSALS and one.get("fields") for one in errors)
    return list(dict.fromkeys(named)) if alone and "LastName" not in named else []


def is_incomplete(reply: Reply) -> bool:
    """Whether a field that Salesforce wants is missing."""
    codes = [_code(one) for one in _listed(said_json(reply))]
    return reply.status == 400 and "REQUIRED_FIELD_MISSING" in codes


def hold_of(reply: Reply, settings: Settings) -> float | None:
    """How long the account rests where its share of the day's calls is used up."""
    usage = re.search(r"\bapi-usage=([0-9]+)/([0-9]+)", reply.headers.get("sforce-limit-info", ""))
    if not usage:
        return None
    used, most = int(usage[1]), int(usage[2])
    return REST if used * 100 >= most * int(settings.get("usage_share", 80)) else None


def _kind(errors: Json, said: str) -> Kind | None:
    if PASSING in said:
        return Kind.RETRY
    codes = [_code(one) for one in _listed(errors)]
    return next((CODES[code] for code in codes if code in CODES), None)


def _words(errors: Json) -> str:
    """Salesforce's words, each with its code and the fields it is about."""
    return "; ".join(
        f"{_code(one)}: {one.get('message', '')}" + _about(one.get("fields"))
        for one in _listed(errors)
    )


def _about(fields: Json) -> str:
    return f" ({', '.join(map(str, fields))})" if isinstance(fields, list) and fields else ""


def _code(error: Mapping[str, Json]) -> str:
    return str(error.get("errorCode") or error.get("statusCode") or "")


def _listed(errors: Json) -> list[dict[str, Json]]:
    listed = errors if isinstance(errors, list) else []
    return [one for one in listed if isinstance(one, dict)]
