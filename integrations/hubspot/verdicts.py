"""What HubSpot's replies mean.

Refusals are `{status, category, message, errors}`; a batch says them within a 200 or 207, beside
fewer results, or none (HubSpot: Error handling; the batch responses of its OpenAPI files).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from relay.core.contract import (
    Duty,
    Json,
    Kind,
    Outcome,
    Reply,
    Unreadable,
    judge_status,
    judged,
    objects_of,
    read_json,
    said_object,
)

KINDS = {
    403: Kind.UNAUTHORIZED,
    404: Kind.REJECTED,
    409: Kind.REJECTED,
    477: Kind.THROTTLED,
}
"""Statuses with a meaning of HubSpot's own: 403 is a missing scope or a blocked account, 477 an
account that is being moved."""

CATEGORIES = {
    "VALIDATION_ERROR": Kind.REJECTED,
    "OBJECT_NOT_FOUND": Kind.REJECTED,
    "OBJECT_ALREADY_EXISTS": Kind.REJECTED,
    "CONFLICT": Kind.REJECTED,
    "MISSING_SCOPES": Kind.UNAUTHORIZED,
    "INVALID_AUTHENTICATION": Kind.UNAUTHORIZED,
    "EXPIRED_AUTHENTICATION": Kind.UNAUTHORIZED,
    "BANNED": Kind.UNAUTHORIZED,
    "RATE_LIMITS": Kind.THROTTLED,
}
"""Categories of errors within a success; any other may pass."""

DAY_IS_USED_UP = 3600.0
"""Seconds to wait where the day's calls are used up; HubSpot does not say until when."""


@dataclass(frozen=True, slots=True)
class Put:
    """What became of a contact, and the properties that HubSpot answered with or refused."""

    outcome: Outcome
    properties: Mapping[str, Json] = field(default_factory=dict)
    refused: tuple[str, ...] = ()
    """The properties whose values are all that HubSpot does not take."""


def of_batch(reply: Reply, duty: Duty) -> Put:
    """The verdict on a batch of one: a success without a result is none."""
    if refused := refusal(reply, duty):
        return Put(refused, refused=refused_in(said_object(reply)))
    document = said_object(reply)
    results = document.get("results")
    if isinstance(results, list) and results and isinstance(results[0], dict):
        return _put(results[0], reply)
    error = next(iter(objects_of(document.get("errors"))), None)
    if error is None:
        return Put(judged(Kind.RETRY, reply, duty, "no contact came back"))
    kind = CATEGORIES.get(str(error.get("category")), Kind.RETRY)
    return Put(judged(kind, reply, duty, words_of(error)), refused=refused_in(error))


def of_one(reply: Reply, duty: Duty) -> Put:
    """The verdict on one record."""
    if refused := refusal(reply, duty):
        return Put(refused, refused=refused_in(said_object(reply)))
    record = said_object(reply)
    if not record.get("id"):
        return Put(judged(Kind.RETRY, reply, duty, "no record came back"))
    return _put(record, reply)


def found_in(reply: Reply) -> str | None:
    """The id of the first record that a search found, None where it found none."""
    record = next(iter(objects_of(said_object(reply).get("results"))), {})
    return str(record["id"]) if record.get("id") else None


def refusal(reply: Reply, duty: Duty) -> Outcome | None:
    """The outcome of a request that HubSpot refuses as a whole, None where it takes it."""
    error = said_object(reply)
    if reply.status == 429 and error.get("policyName") == "DAILY":
        return judged(Kind.THROTTLED, reply, duty, words_of(error), wait=DAY_IS_USED_UP)
    return judge_status(reply, duty, KINDS, words_of(error))


def refused_in(error: Mapping[str, Json]) -> tuple[str, ...]:
    """The properties whose values were refused, if that is all that this error says. One that the
    account lacks is not among them: somebody has to make it, or to take it out of the mapping."""
    if error.get("category") != "VALIDATION_ERROR":
        return ()
    found = [*_details(error.get("errors")), *_listed_in(str(error.get("message") or ""))]
    alone = all(one.name and str(one.code).startswith("INVALID_") for one in found)
    return tuple(dict.fromkeys(one.name for one in found)) if alone else ()


def hold_of(reply: Reply) -> float | None:
    """How long the account rests where this reply says that its calls are used up."""
    if reply.headers.get("x-hubspot-ratelimit-daily-remaining") == "0":
        return DAY_IS_USED_UP
    if reply.headers.get("x-hubspot-ratelimit-remaining") != "0":
        return None
    interval = reply.headers.get("x-hubspot-ratelimit-interval-milliseconds", "")
    return int(interval) / 1000 if interval.isascii() and interval.isdecimal() else 10.0


def words_of(error: Mapping[str, Json]) -> str:
    """HubSpot's words, each property with its name."""
    said = str(error.get("message") or "")
    found = [*_details(error.get("errors")), *_listed_in(said)]
    details = [words for detail in found if (words := detail.words)]
    if details:
        said = "; ".join(dict.fromkeys(details))
    return ": ".join(word for word in (str(error.get("category") or ""), said) if word)


def _put(record: Mapping[str, Json], reply: Reply) -> Put:
    url, properties = record.get("url"), record.get("properties")
    return Put(
        Outcome(
            kind=Kind.DELIVERED,
            remote_id=str(record.get("id")),
            remote_url=url if isinstance(url, str) and url.startswith("https://") else None,
            hold=hold_of(reply),
        ),
        properties if isinstance(properties, dict) else {},
    )


@dataclass(frozen=True, slots=True)
class _Detail:
    """What is said of one property."""

    name: str
    message: Json
    code: Json

    @property
    def words(self) -> str:
        """What is said, with the property's name before it and the code behind it."""
        said = f"{self.message or ''} ({self.code})" if self.code else str(self.message or "")
        return f"{self.name}: {said}" if self.name else said


def _details(errors: Json) -> Iterator[_Detail]:
    for one in objects_of(errors):
        held = one.get("context")
        context = held if isinstance(held, dict) else {}
        names = (
            context.get("propertyName") or context.get("requiredGranularScopes") or one.get("in")
        )
        name = ", ".join(map(str, names)) if isinstance(names, list) else str(names or "")
        yield _Detail(name, one.get("message"), one.get("code"))


def _listed_in(said: str) -> Iterator[_Detail]:
    """Some refusals hold a JSON list within their message, an object for each property."""
    listed = re.search(r"\[\{.*\}\]", said, re.DOTALL)
    if not listed:
        return
    try:
        errors = read_json(listed[0])
    except Unreadable:
        return
    for one in objects_of(errors):
        yield _Detail(str(one.get("name") or ""), one.get("message"), one.get("error"))
