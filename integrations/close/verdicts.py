"""What Close says of a request."""

import re
from collections.abc import Iterator, Mapping

from relay.core.contract import Duty, Json, Kind, Outcome, Reply, judge_status, judged, said_object

KINDS = {403: Kind.UNAUTHORIZED, 404: Kind.REJECTED}
"""403: the key's owner may not do that, which a person has to change."""

REFUSABLE: Mapping[str, str] = {
    "emails": "/contact/email",
    "phones": "/contact/phone",
    "title": "/contact/title",
    "url": "/url",
    "addresses": "/address",
}
"""Close's names of fields whose values it may not take, by where they stand in the payload."""


def verdict_of(reply: Reply, duty: Duty) -> Outcome:
    """The outcome for what was written, which the reply holds with its id."""
    said = words_of(reply)
    if reply.status == 429:
        return judged(Kind.THROTTLED, reply, duty, said, wait_of(reply))
    if refused := judge_status(reply, duty, KINDS, said):
        return refused
    made = said_object(reply).get("id")
    if not made:
        return Outcome(kind=Kind.RETRY, message=f"answered {reply.status} without an id")
    return Outcome(kind=Kind.DELIVERED, remote_id=str(made), hold=rest_of(reply))


def wait_of(reply: Reply) -> float | None:
    """The seconds that a 429 asks for: by the body's `rate_reset`, else by the header RateLimit;
    None leaves it to Retry-After (developer.close.com/api/overview/rate-limits)."""
    error = said_object(reply).get("error")
    asked = error.get("rate_reset") if isinstance(error, dict) else None
    if isinstance(asked, int | float):
        return float(asked)
    return _limit(reply, "reset")


def rest_of(reply: Reply) -> float | None:
    """How long nothing may be sent where the header says that nothing remains."""
    return _limit(reply, "reset") if _limit(reply, "remaining") == 0 else None


def words_of(reply: Reply) -> str:
    """The words of an error: of the whole request, then field by field."""
    said = said_object(reply)
    error = said.get("error")
    whole = error.get("message") if isinstance(error, dict) else error
    parts = [whole, *_texts(said.get("errors")), *_texts(said.get("field-errors"))]
    return "; ".join(str(part) for part in parts if part)


def refused_places(reply: Reply) -> list[str]:
    """Where in the payload the values stand that Close does not take."""
    if reply.status != 400:
        return []
    errors = said_object(reply).get("field-errors")
    named = set(_names(errors))
    custom = [f"/{name}" for name in sorted(named) if name.startswith("custom.")]
    return [place for name, place in REFUSABLE.items() if name in named] + custom


def _limit(reply: Reply, name: str) -> float | None:
    said = re.search(rf"\b{name}=([0-9]+(?:\.[0-9]+)?)", reply.headers.get("ratelimit", ""))
    return float(said[1][:9]) if said else None


def _names(errors: Json) -> Iterator[str]:
    if isinstance(errors, dict):
        for name, inner in errors.items():
            yield name
            yield from _names(inner)


def _texts(errors: Json, at: str = "") -> Iterator[str]:
    if isinstance(errors, str):
        yield f"{at}: {errors}" if at else errors
    elif isinstance(errors, list):
        for inner in errors:
            yield from _texts(inner, at)
    elif isinstance(errors, dict):
        for name, inner in errors.items():
            step = "" if name == "errors" or name.isdigit() else name
            yield from _texts(inner, step or at)
