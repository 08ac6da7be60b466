"""What GoHighLevel says of a request."""

from collections.abc import Collection

from relay.core.contract import Duty, Json, Kind, Outcome, Reply, judge_status, judged, said_object

KINDS = {403: Kind.UNAUTHORIZED, 404: Kind.REJECTED}
"""403: the token is of another location or lacks the scope, which a person has to change."""

DAY_WAIT = 3600.0
"""Seconds to rest when the day's requests are used up; when the day ends is not said."""


def verdict_of(reply: Reply, duty: Duty, member: str) -> Outcome:
    """The outcome for a contact or a note, which the reply holds as this member, with its id."""
    said = words_of(reply)
    if reply.status == 429:
        return judged(Kind.THROTTLED, reply, duty, said, _rest(reply))
    if refused := judge_status(reply, duty, KINDS, said):
        return refused
    made = said_object(reply).get(member)
    made_id = made.get("id") if isinstance(made, dict) else None
    if not made_id:
        message = f"answered {reply.status} without the id of a {member}"
        return Outcome(kind=Kind.RETRY, message=message)
    return Outcome(kind=Kind.DELIVERED, remote_id=str(made_id), hold=_rest(reply))


def words_of(reply: Reply) -> str:
    """The messages of an error, which come as one text or as a list."""
    message: Json = said_object(reply).get("message")
    parts = message if isinstance(message, list) else [message]
    return "; ".join(str(part) for part in parts if part)


def refused_field(reply: Reply, fields: Collection[str]) -> str | None:
    """The field that the first word of a message names ("email must be an email")."""
    if reply.status not in (400, 422):
        return None
    firsts = [part.split(" ", 1)[0].strip("'\"") for part in words_of(reply).split("; ")]
    return next((first for first in firsts if first in fields), None)


def is_gone(reply: Reply) -> bool:
    """Whether the contact that was to be changed is not there any more."""
    words = words_of(reply).lower()
    return reply.status == 404 or (reply.status == 400 and "contact" in words and "not" in words)


def _rest(reply: Reply) -> float | None:
    """How long nothing may be sent, by the headers: the day's requests or those of the interval."""
    if _number(reply, "x-ratelimit-daily-remaining") == 0:
        return DAY_WAIT
    if _number(reply, "x-ratelimit-remaining") == 0 or reply.status == 429:
        return (_number(reply, "x-ratelimit-interval-milliseconds") or 10_000) / 1000
    return None


def _number(reply: Reply, header: str) -> int | None:
    said = reply.headers.get(header, "").strip()
    return int(said) if said.isascii() and said.isdigit() and len(said) < 10 else None
