"""What Freshsales says of a request."""

from collections.abc import Collection

from relay.core.contract import Duty, Json, Kind, Outcome, Reply, judge_status, judged, said_object

KINDS = {403: Kind.UNAUTHORIZED, 404: Kind.REJECTED}
"""403: the plan or the key's owner does not allow it, which a person has to change."""

BUSY = ("response_code :: 429", "too many requests")
"""Words of a 400 that means: later (one of Freshsales' own services was asked too often)."""


def verdict_of(reply: Reply, duty: Duty, member: str) -> Outcome:
    """The outcome for a contact or a note, which the reply holds as this member, with its id."""
    said = "; ".join(words_of(reply))
    if reply.status == 400 and any(words in said.lower() for words in BUSY):
        return judged(Kind.THROTTLED, reply, duty, said)
    if refused := judge_status(reply, duty, KINDS, said):
        return refused
    if errors := said_object(reply).get("errors"):
        return judged(Kind.REJECTED, reply, duty, said or str(errors))
    made = said_object(reply).get(member)
    made_id = made.get("id") if isinstance(made, dict) else None
    if not made_id:
        message = f"answered {reply.status} without the id of a {member}"
        return Outcome(kind=Kind.RETRY, message=message)
    return Outcome(kind=Kind.DELIVERED, remote_id=str(made_id))


def words_of(reply: Reply) -> list[str]:
    """The messages of an error, which come as one text or as a list."""
    said = said_object(reply)
    errors = said.get("errors")
    message: Json = errors.get("message") if isinstance(errors, dict) else said.get("message")
    parts = message if isinstance(message, list) else [message]
    return [str(part) for part in parts if part]


def wants_a_name(reply: Reply) -> bool:
    """Whether a last name is what is missing."""
    said = "".join(words_of(reply)).replace("_", "").replace(" ", "").lower()
    return reply.status in (400, 422) and "lastname" in said


def refused_field(reply: Reply, fields: Collection[str]) -> str | None:
    """The field that the first word of a message names ("MobileNumber is not unique")."""
    if reply.status not in (400, 422):
        return None
    firsts = {words.split(" ", 1)[0].replace("_", "").lower() for words in words_of(reply)}
    return next((name for name in fields if name.replace("_", "") in firsts), None)
