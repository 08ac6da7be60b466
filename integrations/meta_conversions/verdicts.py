"""What Meta's answers mean.

Sources: Graph API, Handling errors and Rate limits; Conversions API, Troubleshooting;
rudder-transformer, src/v0/util/facebookUtils/networkHandler.js.
"""

from relay.core.contract import (
    Duty,
    Json,
    Kind,
    Outcome,
    Reply,
    Unreadable,
    judged,
    read_json,
    said_object,
)

THROTTLED = frozenset({4, 17, 32, 613, *range(80000, 80015)})
"""Limits of the app, the user, the page, and of business use cases."""

PASSING = frozenset({1, 2, 341, 368, 5000, 21009})

OF_THE_TOKEN = frozenset({10, 102, 190, 200})
"""The token is no good, or lacks a permission: no lead is at fault."""

PERMANENT = frozenset({3, 100, 105})

NO_DATASET = 33

_MINUTE = 60.0


def judge(reply: Reply, duty: Duty) -> Outcome:
    """The outcome of sending one event."""
    document = said_object(reply)
    error = document.get("error")
    if isinstance(error, dict):
        return _refused(error, reply, duty)
    if not 200 <= reply.status < 300:
        return _wordless(reply, duty)
    received = document.get("events_received")
    if type(received) is int and received > 0:
        messages = document.get("messages")
        said = "; ".join(map(str, messages)) if isinstance(messages, list) else ""
        return Outcome(kind=Kind.DELIVERED, message=said[:300])
    return Outcome(kind=Kind.RETRY, message=f"answered {reply.status}, but received no event")


def _wordless(reply: Reply, duty: Duty) -> Outcome:
    """An answer that is none of the API's passes, whatever its status; a page of HTML is one."""
    kind = Kind.THROTTLED if reply.status == 429 else Kind.RETRY
    return judged(kind, reply, duty)


def _refused(error: dict[str, Json], reply: Reply, duty: Duty) -> Outcome:
    words = _words(error)
    kind = _kind(error)
    if kind is Kind.THROTTLED:
        return judged(kind, reply, duty, words, _wait(reply))
    return judged(kind, reply, duty, words)


def _kind(error: dict[str, Json]) -> Kind:
    """A code that is not listed passes, as do all that Meta itself calls passing."""
    code, subcode = error.get("code"), error.get("error_subcode")
    if code in THROTTLED:
        return Kind.THROTTLED
    if error.get("is_transient") is True or code in PASSING:
        return Kind.RETRY
    if code in OF_THE_TOKEN or (code == 100 and subcode == NO_DATASET):
        return Kind.UNAUTHORIZED
    return Kind.REJECTED if code in PERMANENT else Kind.RETRY


def _words(error: dict[str, Json]) -> str:
    numbers = [str(error[name]) for name in ("code", "error_subcode") if error.get(name)]
    told = [error.get("error_user_title"), error.get("error_user_msg") or error.get("message")]
    if error.get("error_subcode") == NO_DATASET and error.get("code") == 100:
        told.append("(the dataset ID is wrong, or the token may not use it)")
    text = " ".join(str(one) for one in told if one)
    return f"{'/'.join(numbers)} {text}".strip()


def _wait(reply: Reply) -> float | None:
    """Seconds until the limit opens again, as the header of business use cases says in minutes."""
    try:
        usage = read_json(reply.headers.get("x-business-use-case-usage", ""))
    except Unreadable:
        return None
    entries = [
        one
        for account in (usage.values() if isinstance(usage, dict) else ())
        for one in (account if isinstance(account, list) else ())
        if isinstance(one, dict)
    ]
    minutes = [one.get("estimated_time_to_regain_access") for one in entries]
    known = [float(one) for one in minutes if type(one) is int and one > 0]
    return max(known) * _MINUTE if known else None
