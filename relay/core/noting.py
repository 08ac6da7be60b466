"""A record and, beside it, the note of all that it has no field for: two steps, in this order.

Where only the second one fails, the first is not done again.
"""

from collections.abc import Callable, Generator
from dataclasses import replace

from relay.core.conversations import Conversation, Duty, Json, Kind, Note, Outcome, Reply, Request

Putting = Generator[Request, Reply, tuple[Outcome, Json]]
"""Puts a record in: returns the outcome, with the record's id, and what its note has to know of it
(JSON, for it is kept with the delivery), such as the fields that were refused."""

Noting = Callable[[str, Json], Generator[Request, Reply, Outcome]]
"""Writes the note of the record with this id, told what `Putting` returned."""


def put_and_note(
    put: Putting, write: Noting | None, duty: Duty, record: str = "contact"
) -> Conversation:
    """Put the record in, then write its note, or none; what an earlier attempt made is kept.

    `record` is the word for it, for people who read that its note is missing.
    """
    kept = duty.noted if isinstance(duty.noted, dict) else {}
    if "record" in kept:
        made, told = Outcome(kind=Kind.DELIVERED, **kept["record"]), kept["told"]
    else:
        made, told = yield from put
    if write is None or made.kind is not Kind.DELIVERED:
        return made
    if "record" not in kept:
        yield Note({"record": _identity(made), "told": told})
    noted = yield from write(str(made.remote_id), told)
    if noted.kind is Kind.DELIVERED:
        return replace(made, hold=noted.hold or made.hold)
    message = f"the {record} is there, its note is not: {noted.message}"
    return replace(noted, message=message, remote_id=made.remote_id)


def _identity(made: Outcome) -> dict[str, Json]:
    return {"remote_id": made.remote_id, "remote_url": made.remote_url, "message": made.message}
